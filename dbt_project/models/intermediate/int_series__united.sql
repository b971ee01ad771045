-- Every series by name: the published ones, and one of its own for each target in text, for what units return under its id.
select
    series_code,
    name_zh,
    name_en,
    unit
from {{ ref('series') }}
union all by name
select distinct
    plan_id || '.' || text_target_id as series_code,
    last_value(statement_zh) over same_target as name_zh,
    last_value(statement_en) over same_target as name_en,
    coalesce(last_value(unit) over same_target, '') as unit
from {{ ref('text_targets') }}
where role = 'target'
window same_target as (
    partition by plan_id, text_target_id
    order by version
    rows between unbounded preceding and unbounded following
)
