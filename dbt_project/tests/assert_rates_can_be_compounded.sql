-- A yearly rate without a logarithm (a reduction of 100 per cent, a growth of -100) is no figure to judge by: the judgement
-- leaves it out, and here it is named.
{{ config(severity = 'warn') }}
select
    selected.landing_id || ', ' || selected.place || ', ' || selected.target_id || ' ' || selected.reference_period as where_found,
    {{ figure('selected.value') }} || ' ' || coalesce(selected.unit, '') as found,
    case targets.target_kind
        when 'assigned_by_superior' then 'a yearly reduction below 100 %' else 'a yearly growth above -100 %'
    end as expected,
    'the year is not judged; ask the source for the figure and land its correction' as remedy
from {{ ref('int_target_values__selected') }} as selected
inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('selected', 'targets') }}
where
    selected.frequency = 'A'
    and {{ cannot_be_compounded('selected.value', 'selected.measure', 'targets.target_kind') }}
union all by name
select
    assigned.where_found,
    {{ figure('assigned.assigned_value') }} || ' %' as found,
    'an assigned reduction below 100 %' as expected,
    'the assignment is not used; correct it by the document' as remedy
from (
    select
        plan_id,
        indicator_code,
        assigned_value,
        'dbt_project/seeds/plan/superior_assignments.csv, ' || assignment_id as where_found
    from {{ ref('superior_assignments') }}
    union all by name
    select
        plan_id,
        indicator_code,
        assigned_value,
        landing_id || ', ' || place as where_found
    from {{ ref('stg_unit_returns__superior_assignments') }}
    where reported_on <= {{ as_of_date() }}
) as assigned
inner join {{ ref('int_targets__effective') }} as targets
    on
        assigned.plan_id = targets.plan_id
        and targets.target_type = 'indicator'
        and assigned.indicator_code = targets.target_id
where targets.target_kind = 'assigned_by_superior' and assigned.assigned_value >= 100
