{{ config(materialized='view') }}
-- The hours of Qingdao's stations from all layouts, as hours of a day of 24: an hour is named by its end, so
-- hour 0 is the 24th of the day before (HJ 633-2012, 5.1.2). Where several have an hour, the daily file's counts,
-- then the archive's: what was kept of the live list may have been corrected since.
{% set measured = [
    "pm2_5", "pm10", "so2", "no2", "o3", "co", "pm2_5_24h", "pm10_24h", "so2_24h", "o3_8h"
] %}
with

all_layouts as (
    select
        1 as layout_rank,
        *
    from {{ ref('stg_environment_air__station_hours') }}
    union all by name
    select
        2 as layout_rank,
        *
    from {{ ref('stg_environment_air__archive_hours') }}
    union all by name
    select
        3 as layout_rank,
        *
    from {{ ref('stg_environment_air__live_hours') }}
),

of_qingdao as (
    select *
    from all_layouts
    where station_code in (select stations.station_code from {{ ref('air_stations') }} as stations)
    qualify
        row_number() over (partition by station_code, file_date, hour_ending order by layout_rank asc) = 1
)

select
    station_code,
    cast(case when hour_ending = '0' then file_date - 1 else file_date end as date) as air_date,
    cast(case when hour_ending = '0' then '24' else hour_ending end as utinyint) as air_hour,
    {%- for name in measured %}
        cast({{ name }} as decimal(9, 3)) as {{ name }},
    {%- endfor %}
    aqi as published_aqi,
    origin,
    landing_vintage_date,
    landing_id,
    file_sha256,
    row_number,
    place
from of_qingdao
