-- generated from raw/feeds/environment_air.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('environment_air', 'watch_point_hours')) }}
)

select
    cast(nullif(date, '') as date) as file_date,
    cast(hour as varchar) as hour_ending,
    cast(watch_point as varchar) as watch_point,
    cast(nullif(aqi, '') as decimal(24, 6)) as aqi,
    cast(level as varchar) as index_level,
    cast(primary_pollutant as varchar) as primary_pollutant,
    cast(nullif("PM2.5", '') as decimal(24, 6)) as pm2_5,
    cast(nullif(pm10, '') as decimal(24, 6)) as pm10,
    cast(nullif(co, '') as decimal(24, 6)) as co,
    cast(nullif(no2, '') as decimal(24, 6)) as no2,
    cast(nullif(o3_1h, '') as decimal(24, 6)) as o3,
    cast(nullif(o3_8h, '') as decimal(24, 6)) as o3_8h,
    cast(nullif(so2, '') as decimal(24, 6)) as so2,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
