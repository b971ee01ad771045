-- generated from raw/feeds/port_throughput.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                time_period,
                period_printed,
                port,
                port_printed,
                row_kind,
                measured,
                measure,
                obs_value,
                unit,
                attachment,
                uploaded_date,
                source_title,
                publisher,
                published_date,
                source_url
        ) as first_seen_date
    from {{ source('port_throughput', 'monthly') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(time_period as varchar) as time_period,
    cast(period_printed as varchar) as period_printed,
    cast(port as varchar) as port,
    cast(port_printed as varchar) as port_printed,
    cast(row_kind as varchar) as row_kind,
    cast(measured as varchar) as measured,
    cast(measure as varchar) as measure,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    cast(unit as varchar) as unit,
    cast(attachment as varchar) as attachment,
    cast(nullif(uploaded_date, '') as date) as uploaded_date,
    cast(source_title as varchar) as source_title,
    cast(publisher as varchar) as publisher,
    cast(published_date as varchar) as published_date,
    cast(source_url as varchar) as source_url,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
