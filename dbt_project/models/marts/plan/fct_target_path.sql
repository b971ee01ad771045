-- The path a target is followed along, year by year; only where a baseline and a number exist.
with

years as (
    select unnest(range(2000, 2101)) as reference_year
)

select
    targets.plan_id,
    targets.indicator_code,
    cast(years.reference_year as integer) as reference_year,
    cast(
        case
            when targets.target_kind = 'level'
                then
                    targets.baseline_value + (targets.target_value - targets.baseline_value)
                    * (years.reference_year - targets.baseline_year) / (targets.last_year - targets.baseline_year)
            when targets.target_kind = 'cumulative_sum'
                then
                    targets.target_value * (years.reference_year - targets.baseline_year)
                    / (targets.last_year - targets.baseline_year)
            else targets.target_value
        end as double
    ) as path_value,
    case
        when targets.target_kind = 'level' then 'linear'
        when targets.target_kind = 'cumulative_sum' then 'cumulative'
        else 'constant'
    end as path_kind
from {{ ref('int_targets__effective') }} as targets
cross join years
where
    years.reference_year between targets.baseline_year and targets.last_year
    and targets.target_value is not null
    and (
        (targets.target_kind in ('level', 'cumulative_sum') and targets.phasing = 'linear')
        or targets.target_kind in ('floor', 'period_average_growth')
    )
