-- The databases of the national bureau, as they stood on the day a figure was first seen.
select distinct
    source_id,
    '国家统计局数据库 / database of the National Bureau of Statistics ' || split_part(source_id, '-', 2) as title,
    '国家统计局' as publisher,
    '' as published_date_printed,
    'https://data.stats.gov.cn/' as url,
    'statistics_bureau' as publisher_class,
    origin
from {{ ref('int_bureau_nbs__observations') }}
