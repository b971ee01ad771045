-- generated from raw/feeds/bureau_releases.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('bureau_releases', 'paragraphs')) }}
)

select
    cast(page_id as varchar) as page_id,
    cast(page_url as varchar) as page_url,
    cast(page_title as varchar) as page_title,
    cast(nullif(published_date, '') as date) as published_date,
    cast(reference_period as varchar) as reference_period,
    cast(paragraph_number as varchar) as paragraph_number,
    cast(paragraph_text as varchar) as paragraph_text,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
