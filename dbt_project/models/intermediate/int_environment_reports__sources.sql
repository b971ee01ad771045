-- The monthly air reports, each a source of its own.
select distinct
    source as source_id,
    source_title as title,
    publisher,
    coalesce(published_date, '') as published_date_printed,
    source_url as url,
    origin
from {{ ref('stg_environment_reports__air') }}
