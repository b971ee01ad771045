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
                paragraph_number,
                obs_value,
                unit,
                indicator,
                ref_area,
                measure,
                reference_period,
                extracted_by,
                reviewed_by,
                reviewed_on
        ) as first_seen_date
    from {{ source('bureau_releases', 'extractions') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(page_id as varchar) as page_id,
    cast(page_url as varchar) as page_url,
    cast(page_title as varchar) as page_title,
    cast(nullif(published_date, '') as date) as published_date,
    cast(paragraph_number as varchar) as paragraph_number,
    cast(nullif(obs_value, '') as decimal(24, 6)) as obs_value,
    cast(unit as varchar) as unit,
    cast(indicator as varchar) as indicator,
    cast(ref_area as varchar) as ref_area,
    cast(measure as varchar) as measure,
    cast(reference_period as varchar) as reference_period,
    cast(extracted_by as varchar) as extracted_by,
    cast(reviewed_by as varchar) as reviewed_by,
    cast(nullif(reviewed_on, '') as date) as reviewed_on,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
