-- generated from raw/feeds/environment_air.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('environment_air', 'live_hours')) }}
)

select
    cast(nullif(date, '') as date) as file_date,
    cast(hour as varchar) as hour_ending,
    cast(station as varchar) as station_code,
    cast(nullif(aqi, '') as decimal(24, 6)) as aqi,
    cast(nullif("PM2.5", '') as decimal(24, 6)) as pm2_5,
    cast(nullif("PM2.5_24h", '') as decimal(24, 6)) as pm2_5_24h,
    cast(nullif(pm10, '') as decimal(24, 6)) as pm10,
    cast(nullif(pm10_24h, '') as decimal(24, 6)) as pm10_24h,
    cast(nullif(so2, '') as decimal(24, 6)) as so2,
    cast(nullif(so2_24h, '') as decimal(24, 6)) as so2_24h,
    cast(nullif(no2, '') as decimal(24, 6)) as no2,
    cast(nullif(no2_24h, '') as decimal(24, 6)) as no2_24h,
    cast(nullif(o3, '') as decimal(24, 6)) as o3,
    cast(nullif(o3_24h, '') as decimal(24, 6)) as o3_24h,
    cast(nullif(o3_8h, '') as decimal(24, 6)) as o3_8h,
    cast(nullif(o3_8h_24h, '') as decimal(24, 6)) as o3_8h_24h,
    cast(nullif(co, '') as decimal(24, 6)) as co,
    cast(nullif(co_24h, '') as decimal(24, 6)) as co_24h,
    cast(primary_pollutant as varchar) as primary_pollutant,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
