-- The releases of customs totals.
select distinct
    release as source_id,
    release_title as title,
    release_publisher as publisher,
    nullif(released_on, '-') as published_date_printed,
    nullif(release_url, '-') as url,
    origin
from {{ ref('stg_customs_monthly_totals__totals') }}
