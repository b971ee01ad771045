-- The returns of the responsible units.
select distinct
    'R-' || plan_id || '-' || unit_id || '-' || return_month as source_id,
    -- Who filled it in is part of what it is: a sample must be seen to be one.
    '责任单位月度报表 / return of the responsible unit ' || return_month || '；填报 / reported by: ' || reporter as title,
    unit_id as publisher,
    cast(reported_on as varchar) as published_date_printed,
    '' as url,
    'responsible_unit' as publisher_class,
    origin
from {{ ref('stg_unit_returns__returns') }}
