-- generated from raw/feeds/environment_air.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('environment_air', 'city_days')) }}
)

select
    cast(city as varchar) as city,
    cast(nullif(date, '') as date) as file_date,
    cast(nullif(aqi, '') as decimal(24, 6)) as aqi,
    cast(range as varchar) as index_range,
    cast(level as varchar) as index_level,
    cast(nullif("PM2.5", '') as decimal(24, 6)) as pm2_5,
    cast(nullif(pm10, '') as decimal(24, 6)) as pm10,
    cast(nullif(so2, '') as decimal(24, 6)) as so2,
    cast(nullif(co, '') as decimal(24, 6)) as co,
    cast(nullif(no2, '') as decimal(24, 6)) as no2,
    cast(nullif(o3_8h, '') as decimal(24, 6)) as o3_8h,
    cast(rank as varchar) as national_rank,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
