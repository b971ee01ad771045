-- generated from raw/feeds/bureau_nbs.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                database,
                catalogue_id,
                indicator_code,
                region,
                region_name,
                indicator_name,
                unit,
                time_code,
                time_period,
                obs_value,
                obs_value_unrounded
        ) as first_seen_date
    from {{ source('bureau_nbs', 'observations') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(database as varchar) as database,
    cast(catalogue_id as varchar) as catalogue_id,
    cast(indicator_code as varchar) as indicator_code,
    cast(region as varchar) as region,
    cast(region_name as varchar) as region_name,
    cast(indicator_name as varchar) as indicator_name,
    cast(unit as varchar) as unit,
    cast(time_code as varchar) as time_code,
    cast(time_period as varchar) as time_period,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    cast(nullif(obs_value_unrounded, '') as decimal(24, 6)) as obs_value_unrounded,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
