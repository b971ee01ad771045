-- The downloads of lines from which figures are computed: one source for each day they were landed on and each
-- period that a file covers, which is what stands behind the day.
select
    source_id,
    regexp_extract(source_id, '(\d{4}(-\d{2})?)$', 1) || ' 海关明细汇总，入库 / sums of customs lines, landed '
    || max(first_seen_date) as title,
    '本库测算（青岛海关明细） / computed here from lines of Qingdao Customs' as publisher,
    cast(max(first_seen_date) as varchar) as published_date_printed,
    '' as url,
    'computed' as publisher_class,
    case when bool_or(origin = 'simulated') then 'simulated' else 'derived' end as origin
from {{ ref('int_customs_declarations__observations') }}
group by source_id
