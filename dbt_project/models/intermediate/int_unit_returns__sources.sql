-- The returns of the responsible units, whichever sheet of the workbook was filled in. Each table has its own current
-- vintage, so one return may be known from two workbooks; the later day of reporting names it.
with

sheets as (
    select
        plan_id,
        unit_id,
        return_month,
        reporter,
        reported_on,
        origin
    from {{ ref('stg_unit_returns__returns') }}
    union distinct
    select
        plan_id,
        unit_id,
        return_month,
        reporter,
        reported_on,
        origin
    from {{ ref('stg_unit_returns__project_milestones') }}
)

select
    {{ return_source_id('sheets') }} as source_id,
    -- Who filled it in is part of what it is: a sample must be seen to be one.
    '责任单位月度报表 / return of the responsible unit ' || return_month || '；填报 / reported by: ' || reporter as title,
    unit_id as publisher,
    cast(reported_on as varchar) as published_date_printed,
    '' as url,
    'responsible_unit' as publisher_class,
    origin
from sheets
qualify
    row_number() over (partition by plan_id, unit_id, return_month order by reported_on desc, reporter asc, origin asc) = 1
