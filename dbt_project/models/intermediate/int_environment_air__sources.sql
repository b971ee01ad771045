-- One source a period and landing: the hours it was computed from.
select
    source_id,
    '由监测点小时数据测算的优良天数比率 / share of good days computed from station hours, ' || reference_period as title,
    '本库测算 / computed here' as publisher,
    cast(max(first_seen_date) as varchar) as published_date_printed,
    '' as url,
    'computed' as publisher_class,
    case when bool_or(origin = 'simulated') then 'simulated' else 'derived' end as origin
from {{ ref('int_environment_air__observations') }}
group by source_id, reference_period
