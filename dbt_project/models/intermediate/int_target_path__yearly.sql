-- The path a target is followed along, year by year, from the baseline over what milestones there are to the target.
-- Between two known points: linear; geometric, equal yearly rates; step, unchanged until the next one (so without
-- milestones a step path says nothing before the end and is left out). A seasonal path is linear between years.
with

points as (
    select
        plan_id,
        target_type,
        target_id,
        baseline_year as point_year,
        case when target_kind = 'cumulative_sum' then 0 else cast(baseline_value as double) end as point_value
    from {{ ref('int_targets__effective') }}
    where target_kind in ('level', 'coverage', 'cumulative_sum', 'threshold_count')
    union all by name
    select
        plan_id,
        target_type,
        target_id,
        milestone_year as point_year,
        cast(milestone_value as double) as point_value
    from {{ ref('int_milestones__effective') }}
    union all by name
    select
        plan_id,
        target_type,
        target_id,
        last_year as point_year,
        cast(target_value as double) as point_value
    from {{ ref('int_targets__effective') }}
    where target_kind in ('level', 'coverage', 'cumulative_sum', 'threshold_count')
),

-- A milestone of the final year stands in the target already.
distinct_points as (
    select
        plan_id,
        target_type,
        target_id,
        point_year,
        any_value(point_value) as point_value
    from points
    where point_value is not null
    group by plan_id, target_type, target_id, point_year
),

stretches as (
    select
        *,
        lead(point_year) over path as next_year,
        lead(point_value) over path as next_value,
        count(*) over (partition by plan_id, target_type, target_id) as point_count
    from distinct_points
    window path as (partition by plan_id, target_type, target_id order by point_year)
),

yearly as (
    select
        stretches.*,
        unnest(range(point_year, coalesce(next_year, point_year + 1))) as reference_year
    from stretches
)

select
    targets.plan_id,
    targets.target_type,
    targets.target_id,
    cast(yearly.reference_year as integer) as reference_year,
    case
        when targets.phasing = 'step' or yearly.next_year is null or yearly.reference_year = yearly.point_year
            then yearly.point_value
        when targets.phasing = 'geometric'
            then
                yearly.point_value * power(
                    {{ growth_factor('yearly.next_value', 'yearly.point_value', '(yearly.next_year - yearly.point_year)') }},
                    yearly.reference_year - yearly.point_year
                )
        else
            yearly.point_value + (yearly.next_value - yearly.point_value)
            * (yearly.reference_year - yearly.point_year) / (yearly.next_year - yearly.point_year)
    end as path_value,
    case
        when targets.target_kind = 'cumulative_sum' and targets.phasing in ('linear', 'seasonal') then 'cumulative'
        when targets.phasing = 'seasonal' then 'linear'
        else targets.phasing
    end as path_kind,
    yearly.point_count > 2 as is_from_milestones
from {{ ref('int_targets__effective') }} as targets
inner join yearly on {{ same_target('targets', 'yearly') }}
where
    yearly.point_count >= 2
    and (
        targets.phasing in ('linear', 'geometric', 'seasonal')
        or (targets.phasing in ('step', 'assigned') and yearly.point_count > 2)
    )
union all by name
select
    plan_id,
    target_type,
    target_id,
    cast(unnest(range(baseline_year, last_year + 1)) as integer) as reference_year,
    cast(target_value as double) as path_value,
    'constant' as path_kind,
    false as is_from_milestones
from {{ ref('int_targets__effective') }}
where
    target_kind in ('floor', 'ceiling', 'period_average_growth')
    and target_value is not null
