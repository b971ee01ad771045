-- Where a target would stand in its final year, as a range of three continuations, never a point: the mean yearly change
-- goes on (linear), the mean yearly rate goes on (geometric), the last year's change goes on. It asks for two observed
-- yearly changes in an unbroken run of years on one ground; a printed baseline counts as an observation unless it is
-- re-based or suspect. Average growth is continued on its index, a cumulative sum on its yearly flows: a rate of growth is
-- itself a change of the index and a flow one of the sum, so two of them are enough (the note reads jobs of 8.0 and 7.9 as 40
-- in five years). The rate between two flows is seen only once and may be steep; the range is then wide, which is what is
-- known, and observed_years says on how many values it rests. No continuation leads beyond a natural limit
-- (natural_limits): no share covers more than everything.
with

observed as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        annual.reference_year,
        cast(annual.comparable_value as double) as value
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where
        targets.target_kind in ('level', 'level_without_baseline', 'coverage', 'cumulative_sum', 'period_average_growth')
        and annual.comparable_value is not null
    union all by name
    select
        plan_id,
        target_type,
        target_id,
        baseline_year as reference_year,
        cast(baseline_value as double) as value
    from {{ ref('int_targets__effective') }}
    where
        target_kind in ('level', 'coverage')
        and baseline_value is not null
        and baseline_status not in ('rebased', 'suspect')
),

-- The newest unbroken run: a year that follows a gap starts a new one.
runs as (
    select
        *,
        reference_year - row_number() over (
            partition by plan_id, target_type, target_id
            order by reference_year
        ) as run
    from observed
),

newest_runs as (
    select * from runs
    qualify run = max(run) over (partition by plan_id, target_type, target_id)
),

ends as (
    select
        plan_id,
        target_type,
        target_id,
        max(reference_year) as run_to_year
    from newest_runs
    group by plan_id, target_type, target_id
),

summed as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        any_value(targets.target_kind) as target_kind,
        any_value(targets.operator) as operator,
        any_value(targets.target_value - targets.tolerance_abs) as lowest_accepted,
        any_value(targets.target_value + targets.tolerance_abs) as highest_accepted,
        any_value(targets.first_year) as first_year,
        any_value(targets.last_year) as last_year,
        any_value(targets.compare_decimals) as compare_decimals,
        any_value(coalesce(targets.decimals, targets.compare_decimals)) as printed_decimals,
        min(newest_runs.reference_year) as run_from_year,
        max(newest_runs.reference_year) as run_to_year,
        arg_min(newest_runs.value, newest_runs.reference_year) as first_value,
        arg_max(newest_runs.value, newest_runs.reference_year) as last_value,
        max(case when newest_runs.reference_year = latest.run_to_year - 1 then newest_runs.value end) as value_before,
        sum(newest_runs.value) as total,
        exp(sum(ln(1 + case when targets.target_kind = 'period_average_growth' then newest_runs.value end / 100)))
            as growth_index
    from newest_runs
    inner join ends as latest on {{ same_target('newest_runs', 'latest') }}
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('newest_runs', 'targets') }}
    group by targets.plan_id, targets.target_type, targets.target_id
),

assessed as (
    select
        *,
        last_year - run_to_year as years_left,
        run_to_year - run_from_year as level_changes,
        run_to_year - run_from_year + 1 as flow_count,
        {{ growth_factor('last_value', 'first_value', '(run_to_year - run_from_year)') }} as yearly_factor,
        case
            when last_year <= run_to_year then 'none: period over'
            when target_kind in ('cumulative_sum', 'period_average_growth') and run_from_year > first_year
                then 'none: years missing'
            when
                run_to_year - run_from_year
                + case when target_kind in ('cumulative_sum', 'period_average_growth') then 1 else 0 end < 2
                then 'none: fewer than two yearly changes'
        end as refusal
    from summed
),

continued as (
    select
        *,
        case
            when target_kind = 'cumulative_sum' then total + years_left * total / flow_count
            when target_kind = 'period_average_growth'
                then
                    100 * (
                        power(
                            growth_index + years_left * (growth_index - 1) / flow_count, 1.0 / (last_year - first_year + 1)
                        ) - 1
                    )
            else last_value + years_left * (last_value - first_value) / level_changes
        end as linear_value,
        case
            when target_kind = 'cumulative_sum'
                then
                    -- Flows that go on by the same factor: last * (f + f^2 + ...), a geometric sum.
                    total + last_value * case
                        when abs(yearly_factor - 1) < 1e-9 then years_left
                        else yearly_factor * (power(yearly_factor, years_left) - 1) / (yearly_factor - 1)
                    end
            when target_kind = 'period_average_growth' then 100 * (power(growth_index, 1.0 / flow_count) - 1)
            else
                last_value * power(yearly_factor, years_left)
        end as geometric_value,
        case
            when target_kind = 'cumulative_sum' then total + years_left * last_value
            when target_kind = 'period_average_growth'
                then
                    100 * (
                        power(
                            growth_index * power(1 + last_value / 100, years_left), 1.0 / (last_year - first_year + 1)
                        ) - 1
                    )
            else last_value + years_left * (last_value - value_before)
        end as last_change_value
    from assessed
    where refusal is null
),

limited as (
    select
        continued.*,
        coalesce(cast(limits.natural_low as double), cast('-infinity' as double)) as natural_low,
        coalesce(
            cast(limits.natural_high as double),
            case when continued.target_kind = 'coverage' then 100.0 else cast('infinity' as double) end
        ) as natural_high
    from continued
    left join {{ ref('natural_limits') }} as limits on {{ same_target('continued', 'limits') }}
),

ranged as (
    select
        *,
        greatest(least(linear_value, geometric_value, last_change_value, natural_high), natural_low) as lowest,
        least(greatest(linear_value, geometric_value, last_change_value, natural_low), natural_high) as highest,
        -- Where the continuations agree the range is that of the printed digits.
        case when highest - lowest < 1e-6 then power(10, -printed_decimals) / 2 else 0 end as half_a_digit
    from limited
)

select
    assessed.plan_id,
    assessed.target_type,
    assessed.target_id,
    round(greatest(ranged.lowest - ranged.half_a_digit, ranged.natural_low), 6) as outlook_low,
    round(least(ranged.highest + ranged.half_a_digit, ranged.natural_high), 6) as outlook_high,
    case
        when ranged.plan_id is null then assessed.refusal
        when ranged.geometric_value is null then 'linear; last_change'
        else 'linear; geometric; last_change'
    end as outlook_method,
    case when ranged.plan_id is not null then cast(assessed.flow_count as integer) end as observed_years,
    case
        when ranged.plan_id is null or assessed.lowest_accepted is null then 'not_assessable'
        when assessed.operator = 'le'
            then
                case
                    when {{ rounded_as_printed('ranged.highest', 'ranged.compare_decimals') }} <= assessed.highest_accepted
                        then 'reaches'
                    when {{ rounded_as_printed('ranged.lowest', 'ranged.compare_decimals') }} > assessed.highest_accepted
                        then 'misses'
                    else 'uncertain'
                end
        when
            {{ rounded_as_printed('ranged.lowest', 'ranged.compare_decimals') }} > assessed.lowest_accepted
            or (
                assessed.operator != 'gt'
                and {{ rounded_as_printed('ranged.lowest', 'ranged.compare_decimals') }} = assessed.lowest_accepted
            )
            then 'reaches'
        when
            {{ rounded_as_printed('ranged.highest', 'ranged.compare_decimals') }} < assessed.lowest_accepted
            or (
                assessed.operator = 'gt'
                and {{ rounded_as_printed('ranged.highest', 'ranged.compare_decimals') }} = assessed.lowest_accepted
            )
            then 'misses'
        else 'uncertain'
    end as outlook_reading
from assessed
left join ranged on {{ same_target('assessed', 'ranged') }}
