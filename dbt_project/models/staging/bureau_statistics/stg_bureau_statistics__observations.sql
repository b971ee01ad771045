-- generated from raw/feeds/bureau_statistics.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                freq,
                ref_area,
                indicator,
                measure,
                scope,
                time_period,
                obs_value,
                unit_measure,
                unit_mult,
                decimals,
                obs_status,
                stage,
                source,
                source_title,
                publisher,
                published_date,
                source_url,
                tags
        ) as first_seen_date
    from {{ source('bureau_statistics', 'observations') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(freq as varchar) as freq,
    cast(ref_area as varchar) as ref_area,
    cast(indicator as varchar) as indicator,
    cast(measure as varchar) as measure,
    cast(scope as varchar) as scope,
    cast(time_period as varchar) as time_period,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    cast(unit_measure as varchar) as unit_measure,
    cast(unit_mult as varchar) as unit_mult,
    cast(decimals as varchar) as decimals,
    cast(obs_status as varchar) as obs_status,
    cast(stage as varchar) as stage,
    cast(source as varchar) as source,
    cast(source_title as varchar) as source_title,
    cast(publisher as varchar) as publisher,
    cast(published_date as varchar) as published_date,
    cast(source_url as varchar) as source_url,
    cast(tags as varchar) as tags,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
