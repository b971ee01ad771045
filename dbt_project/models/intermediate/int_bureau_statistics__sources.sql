-- The publications of the bureaus.
select distinct
    source as source_id,
    source_title as title,
    publisher,
    coalesce(published_date, '') as published_date_printed,
    source_url as url,
    origin
from {{ ref('stg_bureau_statistics__observations') }}
