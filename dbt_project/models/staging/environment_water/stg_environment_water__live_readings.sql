-- generated from raw/feeds/environment_water.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('environment_water', 'live_readings')) }}
)

select
    cast(nullif("取得日", '') as date) as answered_on,
    cast("省份" as varchar) as province,
    cast("流域" as varchar) as basin,
    cast("断面名称" as varchar) as station_name,
    cast("监测时间" as varchar) as measured_at_printed,
    cast("水质类别" as varchar) as water_class_printed,
    cast(nullif("水温", '') as decimal(24, 6)) as water_temperature_c,
    cast(nullif(ph, '') as decimal(24, 6)) as ph_value,
    cast(nullif("溶解氧", '') as decimal(24, 6)) as dissolved_oxygen_mg_l,
    cast(nullif("电导率", '') as decimal(24, 6)) as conductivity_us_cm,
    cast(nullif("浊度", '') as decimal(24, 6)) as turbidity_ntu,
    cast(nullif("高锰酸盐指数", '') as decimal(24, 6)) as codmn_mg_l,
    cast(nullif("氨氮", '') as decimal(24, 6)) as nh3_n_mg_l,
    cast(nullif("总磷", '') as decimal(24, 6)) as total_phosphorus_mg_l,
    cast(nullif("总氮", '') as decimal(24, 6)) as total_nitrogen_mg_l,
    cast(nullif("叶绿素α", '') as decimal(24, 6)) as chlorophyll_a_value,
    cast(nullif("藻密度", '') as decimal(24, 6)) as algal_density_value,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
