-- generated from raw/feeds/environment_air.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                station,
                name,
                city,
                longitude,
                latitude,
                is_background,
                opened_on,
                closed_on
        ) as first_seen_date
    from {{ source('environment_air', 'station_list') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(station as varchar) as station_code,
    cast(name as varchar) as station_name,
    cast(city as varchar) as listed_city,
    cast(nullif(longitude, '') as decimal(24, 6)) as longitude,
    cast(nullif(latitude, '') as decimal(24, 6)) as latitude,
    cast(is_background as varchar) as is_background,
    cast(nullif(opened_on, '') as date) as opened_on,
    cast(nullif(closed_on, '') as date) as closed_on,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
