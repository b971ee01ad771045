-- The best year so far of each target: what a year left can be measured by. Levels by their change on the year before
-- (the printed baseline counts as a year), sums by the flow of a year, average growth by the growth of a year, an assigned
-- reduction by the reduction of a year, in per cent (more is better).
with

observed as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_kind,
        targets.operator,
        annual.reference_year,
        cast(annual.comparable_value as double) as value
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where
        annual.comparable_value is not null
        and annual.reference_year between targets.first_year and targets.last_year
    union all by name
    select
        plan_id,
        target_type,
        target_id,
        target_kind,
        operator,
        baseline_year as reference_year,
        cast(baseline_value as double) as value
    from {{ ref('int_targets__effective') }}
    where
        target_kind in ('level', 'coverage')
        and baseline_value is not null
        and baseline_status not in ('rebased', 'suspect')
),

compared as (
    select
        *,
        lag(value) over same_series as value_before,
        lag(reference_year) over same_series as year_before
    from observed
    window same_series as (partition by plan_id, target_type, target_id order by reference_year)
),

changes as (
    select
        plan_id,
        target_type,
        target_id,
        case
            when target_kind in ('cumulative_sum', 'period_average_growth', 'assigned_by_superior') then value
            when year_before = reference_year - 1
                then (value - value_before) * case when operator = 'le' then -1 else 1 end
        end as yearly_change
    from compared
    where
        target_kind in (
            'level', 'level_without_baseline', 'coverage', 'cumulative_sum', 'period_average_growth', 'assigned_by_superior'
        )
)

select
    plan_id,
    target_type,
    target_id,
    max(yearly_change) as best_yearly_change,
    count(yearly_change) as changes_count
from changes
group by plan_id, target_type, target_id
having count(yearly_change) > 0
