-- generated from raw/feeds/bureau_releases.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                page_id,
                page_url,
                page_title,
                published_date,
                reference_period,
                table_number,
                table_heading,
                label_header,
                row_key,
                row_label,
                parent_label,
                printed_number,
                column_header,
                measure,
                unit,
                obs_value
        ) as first_seen_date
    from {{ source('bureau_releases', 'figures') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(page_id as varchar) as page_id,
    cast(page_url as varchar) as page_url,
    cast(page_title as varchar) as page_title,
    cast(nullif(published_date, '') as date) as published_date,
    cast(reference_period as varchar) as reference_period,
    cast(table_number as varchar) as table_number,
    cast(table_heading as varchar) as table_heading,
    cast(label_header as varchar) as label_header,
    cast(row_key as varchar) as row_key,
    cast(row_label as varchar) as row_label,
    cast(parent_label as varchar) as parent_label,
    cast(printed_number as varchar) as printed_number,
    cast(column_header as varchar) as column_header,
    cast(measure as varchar) as measure,
    cast(unit as varchar) as unit,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
