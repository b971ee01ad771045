-- The bureaus' pages; a page with figures read out of its sentences is one more source, by the day of review.
select distinct
    'P-' || page_id as source_id,
    page_title as title,
    '统计局' as publisher,
    cast(published_date as varchar) as published_date_printed,
    page_url as url,
    'statistics_bureau' as publisher_class,
    origin
from {{ ref('stg_bureau_releases__figures') }}
union all by name
select distinct
    'X-' || page_id || '-' || reviewed_on as source_id,
    page_title || '（正文摘录，' || extracted_by || ' 摘录，' || reviewed_by || ' 复核 / read out of its text by two people）' as title,
    '统计局' as publisher,
    cast(published_date as varchar) as published_date_printed,
    page_url as url,
    'statistics_bureau' as publisher_class,
    origin
from {{ ref('stg_bureau_releases__extractions') }}
