-- How good the figures of each indicator are, by the quality concepts of the European Statistical System: completeness,
-- timeliness (TP1), revisions (A6: MR, MAR) and comparability over time (CC2). What cannot be computed is null.
with

released as (
    select
        plan_id,
        reference_month,
        as_of_date,
        plan_area_code,
        plan_first_year,
        plan_last_year,
        -- A year is over once its last month is the reference month or before it.
        least(
            plan_last_year,
            cast(left(reference_month, 4) as integer) - case when reference_month like '%-12' then 0 else 1 end
        ) as last_year_over
    from {{ ref('release_info') }}
),

yearly as (
    select
        values_of_plan.*,
        cast(values_of_plan.reference_period as integer) as reference_year
    from {{ ref('fct_indicator_values') }} as values_of_plan
    inner join released
        on
            values_of_plan.plan_id = released.plan_id
            and values_of_plan.area_code = released.plan_area_code
    where values_of_plan.frequency = 'A'
),

dated as (
    select
        yearly.plan_id,
        yearly.indicator_code,
        date_diff('day', make_date(yearly.reference_year, 12, 31), yearly.published_date) as lag_days
    from yearly
    inner join {{ ref('dim_source') }} as sources on yearly.source_id = sources.source_id
    -- A day that is known only to the month or year, or lies before the period's end, measures no lag.
    where
        sources.published_precision = 'day'
        and yearly.published_date > make_date(yearly.reference_year, 12, 31)
        and yearly.origin in ('published', 'returned')
),

lags as (
    select
        plan_id,
        indicator_code,
        cast(round(median(lag_days)) as integer) as publication_lag_days,
        cast(count(*) as integer) as lags_number
    from dated
    group by plan_id, indicator_code
),

statements as (
    select
        yearly.plan_id,
        yearly.indicator_code,
        yearly.reference_period,
        count(*) as statements_number,
        arg_min(vintages.value, (vintages.vintage_date, vintages.selection_rank)) as first_value,
        arg_max(vintages.value, (vintages.vintage_date, -vintages.selection_rank)) as latest_value
    from yearly
    inner join {{ ref('fct_observation_vintages') }} as vintages
        on
            yearly.series_code = vintages.series_code
            and yearly.area_code = vintages.area_code
            and yearly.measure = vintages.measure
            and yearly.frequency = vintages.frequency
            and yearly.reference_period = vintages.reference_period
    where not vintages.is_held and vintages.tags not like '%BOUND%'
    group by yearly.plan_id, yearly.indicator_code, yearly.reference_period
),

revisions as (
    select
        plan_id,
        indicator_code,
        cast(count(*) filter (where statements_number > 1) as integer) as compared_periods_number,
        cast(count(*) filter (where statements_number > 1 and latest_value <> first_value) as integer)
            as revised_periods_number,
        cast(avg(latest_value - first_value) filter (where statements_number > 1) as double) as mean_revision_value,
        cast(avg(abs(latest_value - first_value)) filter (where statements_number > 1) as double)
            as mean_absolute_revision_value
    from statements
    group by plan_id, indicator_code
),

counted as (
    select
        yearly.plan_id,
        yearly.indicator_code,
        cast(count(distinct yearly.reference_year) filter (
            where yearly.reference_year between released.plan_first_year and released.last_year_over
        ) as integer) as years_present_number,
        cast(count(distinct yearly.reference_year) filter (where yearly.origin = 'published') as integer)
            as published_years_number,
        cast(count(distinct yearly.reference_year) filter (where yearly.origin = 'returned') as integer)
            as returned_years_number,
        cast(count(distinct yearly.reference_year) filter (where yearly.origin = 'derived') as integer)
            as derived_years_number,
        cast(count(distinct yearly.reference_year) filter (where yearly.origin = 'simulated') as integer)
            as simulated_years_number,
        cast(count(*) filter (where yearly.obs_status = 'P') as integer) as preliminary_years_number,
        cast(count(*) filter (where yearly.obs_status = 'B') as integer) as breaks_number,
        cast(max(yearly.reference_year) filter (where yearly.obs_status = 'B') as integer) as last_break_year,
        cast(max(yearly.reference_year) as integer) as latest_year
    from yearly
    inner join released on yearly.plan_id = released.plan_id
    group by yearly.plan_id, yearly.indicator_code
),

comparable as (
    select
        yearly.plan_id,
        yearly.indicator_code,
        cast(count(distinct yearly.reference_year) as integer) as comparable_years_number
    from yearly
    inner join counted
        on yearly.plan_id = counted.plan_id and yearly.indicator_code = counted.indicator_code
    where yearly.reference_year >= coalesce(counted.last_break_year, 0)
    group by yearly.plan_id, yearly.indicator_code
),

held as (
    select
        plan_id,
        indicator_code,
        cast(count(*) as integer) as held_figures_number
    from {{ ref('fct_held_figures') }}
    where held_state = 'held'
    group by plan_id, indicator_code
)

select
    indicators.plan_id,
    indicators.indicator_code,
    indicators.name_zh,
    indicators.name_en,
    indicators.unit,
    cast(greatest(released.last_year_over - released.plan_first_year + 1, 0) as integer) as years_over_number,
    coalesce(counted.years_present_number, 0) as years_present_number,
    case
        when released.last_year_over >= released.plan_first_year
            then cast(round(
                100.0 * coalesce(counted.years_present_number, 0)
                / (released.last_year_over - released.plan_first_year + 1), 1
            ) as double)
    end as completeness_pct,
    coalesce(counted.published_years_number, 0) as published_years_number,
    coalesce(counted.returned_years_number, 0) as returned_years_number,
    coalesce(counted.derived_years_number, 0) as derived_years_number,
    coalesce(counted.simulated_years_number, 0) as simulated_years_number,
    coalesce(counted.preliminary_years_number, 0) as preliminary_years_number,
    counted.latest_year as latest_value_year,
    lags.publication_lag_days,
    coalesce(lags.lags_number, 0) as lags_number,
    coalesce(revisions.compared_periods_number, 0) as compared_periods_number,
    coalesce(revisions.revised_periods_number, 0) as revised_periods_number,
    revisions.mean_revision_value,
    revisions.mean_absolute_revision_value,
    coalesce(counted.breaks_number, 0) as breaks_number,
    counted.last_break_year as last_break_value_year,
    coalesce(comparable.comparable_years_number, 0) as comparable_years_number,
    coalesce(held.held_figures_number, 0) as held_figures_number
from {{ ref('dim_indicator') }} as indicators
inner join released on indicators.plan_id = released.plan_id
left join counted
    on indicators.plan_id = counted.plan_id and indicators.indicator_code = counted.indicator_code
left join lags
    on indicators.plan_id = lags.plan_id and indicators.indicator_code = lags.indicator_code
left join revisions
    on indicators.plan_id = revisions.plan_id and indicators.indicator_code = revisions.indicator_code
left join comparable
    on indicators.plan_id = comparable.plan_id and indicators.indicator_code = comparable.indicator_code
left join held
    on indicators.plan_id = held.plan_id and indicators.indicator_code = held.indicator_code
