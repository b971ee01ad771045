-- generated from raw/feeds/port_throughput.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                release,
                ref_area,
                scope,
                indicator,
                measure,
                freq,
                time_period,
                obs_value,
                unit,
                source_title,
                publisher,
                published_date,
                source_url,
                place_in_source,
                transcribed_by,
                reviewed_by
        ) as first_seen_date
    from {{ source('port_throughput', 'transcriptions') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(release as varchar) as release,
    cast(ref_area as varchar) as ref_area,
    cast(scope as varchar) as scope,
    cast(indicator as varchar) as indicator,
    cast(measure as varchar) as measure,
    cast(freq as varchar) as freq,
    cast(time_period as varchar) as time_period,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    cast(unit as varchar) as unit,
    cast(source_title as varchar) as source_title,
    cast(publisher as varchar) as publisher,
    cast(nullif(published_date, '') as date) as published_date,
    cast(source_url as varchar) as source_url,
    cast(place_in_source as varchar) as place_in_source,
    cast(transcribed_by as varchar) as transcribed_by,
    cast(reviewed_by as varchar) as reviewed_by,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
