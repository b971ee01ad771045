-- The running year of a flow that is published month by month (rule 2.8.6). What share of a year its first months make
-- is told by the years before: the mean of cumulative to the month over the whole year. Without such a profile the months
-- are told and not judged. A cumulative target adds them to its full years, schedule (full years + share) / n; a yearly
-- flow is held against what the path asks of that year.
with

cumulated as (
    select
        selected.plan_id,
        selected.target_type,
        selected.target_id,
        cast(selected.reference_period[1:4] as integer) as reference_year,
        cast(selected.reference_period[6:7] as integer) as month_number,
        selected.reference_period,
        selected.value,
        selected.origin
    from {{ ref('int_target_values__selected') }} as selected
    inner join {{ ref('int_targets__effective') }} as targets
        on {{ same_target('selected', 'targets') }} and selected.area_code = targets.area_code
    where
        targets.target_kind in ('level', 'cumulative_sum')
        and selected.frequency = 'M'
        and selected.measure = 'YTD'
        and selected.tags not like '%BOUND%'
),

whole_years as (
    select
        selected.plan_id,
        selected.target_type,
        selected.target_id,
        cast(selected.reference_period as integer) as reference_year,
        selected.value
    from {{ ref('int_target_values__selected') }} as selected
    inner join {{ ref('int_targets__effective') }} as targets
        on {{ same_target('selected', 'targets') }} and selected.area_code = targets.area_code
    where selected.frequency = 'A' and selected.measure = 'LEVEL' and selected.tags not like '%BOUND%'
),

-- December's cumulative figure is the year, where the year itself is not published.
closed_years as (
    select * from whole_years
    union all by name
    select
        cumulated.plan_id,
        cumulated.target_type,
        cumulated.target_id,
        cumulated.reference_year,
        cumulated.value
    from cumulated
    left join whole_years
        on {{ same_target('cumulated', 'whole_years') }} and cumulated.reference_year = whole_years.reference_year
    where cumulated.month_number = 12 and whole_years.value is null
),

running as (
    select * from cumulated
    where month_number < 12
    qualify
        row_number() over (
            partition by plan_id, target_type, target_id
            order by reference_period desc
        ) = 1
),

profiled as (
    select
        running.plan_id,
        running.target_type,
        running.target_id,
        avg(cast(cumulated.value as double) / nullif(closed_years.value, 0)) as seasonal_share
    from running
    inner join cumulated
        on
            {{ same_target('running', 'cumulated') }}
            and running.month_number = cumulated.month_number
            and running.reference_year > cumulated.reference_year
    inner join closed_years
        on {{ same_target('cumulated', 'closed_years') }} and cumulated.reference_year = closed_years.reference_year
    group by running.plan_id, running.target_type, running.target_id
),

full_years as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        sum(closed_years.value) as known_sum,
        count(*) as year_count
    from {{ ref('int_targets__effective') }} as targets
    inner join running on {{ same_target('targets', 'running') }}
    inner join closed_years
        on
            {{ same_target('targets', 'closed_years') }}
            and closed_years.reference_year between targets.first_year and running.reference_year - 1
    group by targets.plan_id, targets.target_type, targets.target_id
),

measured as (
    select
        targets.*,
        running.reference_period as partial_period,
        running.reference_year,
        running.origin,
        profiled.seasonal_share,
        case
            when targets.target_kind != 'cumulative_sum' then running.value
            when coalesce(full_years.year_count, 0) = running.reference_year - targets.first_year
                then running.value + coalesce(full_years.known_sum, 0)
        end as partial_value,
        case when targets.target_kind = 'cumulative_sum' then targets.target_value else path.path_value end as goal_value,
        case
            when targets.target_kind = 'cumulative_sum'
                then
                    100.0 * (running.reference_year - targets.first_year + profiled.seasonal_share)
                    / (targets.last_year - targets.first_year + 1)
            else 100.0 * profiled.seasonal_share
        end as partial_schedule_pct
    from running
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('running', 'targets') }}
    left join profiled on {{ same_target('running', 'profiled') }}
    left join full_years on {{ same_target('running', 'full_years') }}
    left join {{ ref('int_target_path__yearly') }} as path
        on {{ same_target('running', 'path') }} and running.reference_year = path.reference_year
    -- A running year that is closed by its own yearly figure is no partial one.
    left join closed_years
        on {{ same_target('running', 'closed_years') }} and running.reference_year = closed_years.reference_year
    where closed_years.value is null and running.reference_year between targets.first_year and targets.last_year
),

related as (
    select
        *,
        100.0 * partial_value / nullif(goal_value, 0) as partial_progress_pct,
        target_kind = 'cumulative_sum' and {{ rounded_to_compare('partial_value', 'measured') }} >= target_value as meets
    from measured
)

select
    related.plan_id,
    related.target_type,
    related.target_id,
    related.partial_period,
    related.reference_year,
    cast(related.partial_value as double) as partial_value,
    100.0 * related.seasonal_share as seasonal_share_pct,
    related.partial_progress_pct,
    case when related.partial_value is not null then related.partial_schedule_pct end as partial_schedule_pct,
    case
        when related.partial_value is null or (related.seasonal_share is null and not related.meets) then null
        else
            {{ status_from_gap(
                'related.meets', 'false', 'related.partial_progress_pct',
                '(related.partial_progress_pct - related.partial_schedule_pct)', 'thresholds'
            ) }}
    end as partial_status,
    thresholds.red_below_pp
from related
inner join {{ ref('int_status_thresholds__effective') }} as thresholds on related.plan_id = thresholds.plan_id
