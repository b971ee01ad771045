-- generated from raw/feeds/environment_water.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                "月份",
                "发布日期",
                "断面编码",
                "断面名称",
                "水温（℃）",
                "pH（无量纲）",
                "溶解氧（mg/L）",
                "高锰酸盐指数（mg/L）",
                "化学需氧量（mg/L）",
                "五日生化需氧量（mg/L）",
                "氨氮（mg/L）",
                "总磷（mg/L）",
                "总氮（mg/L）",
                "粪大肠菌群（个/L）"
        ) as first_seen_date
    from {{ source('environment_water', 'section_results') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast("月份" as varchar) as reference_month,
    cast(nullif("发布日期", '') as date) as published_date,
    cast("断面编码" as varchar) as section_code,
    cast("断面名称" as varchar) as section_name,
    cast(nullif("水温（℃）", '') as decimal(24, 6)) as water_temperature_c,
    cast(nullif("pH（无量纲）", '') as decimal(24, 6)) as ph_value,
    cast(nullif("溶解氧（mg/L）", '') as decimal(24, 6)) as dissolved_oxygen_mg_l,
    cast(nullif("高锰酸盐指数（mg/L）", '') as decimal(24, 6)) as codmn_mg_l,
    cast(nullif("化学需氧量（mg/L）", '') as decimal(24, 6)) as cod_mg_l,
    cast(nullif("五日生化需氧量（mg/L）", '') as decimal(24, 6)) as bod5_mg_l,
    cast(nullif("氨氮（mg/L）", '') as decimal(24, 6)) as nh3_n_mg_l,
    cast(nullif("总磷（mg/L）", '') as decimal(24, 6)) as total_phosphorus_mg_l,
    cast(nullif("总氮（mg/L）", '') as decimal(24, 6)) as total_nitrogen_mg_l,
    cast(nullif("粪大肠菌群（个/L）", '') as decimal(24, 6)) as faecal_coliform_per_l,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
