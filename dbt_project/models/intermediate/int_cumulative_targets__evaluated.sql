-- Kind cumulative_sum: the sum of yearly flows against [T]; no sum while any year is missing (DEC-20).
with

years as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.target_value,
        targets.decimals,
        targets.first_year,
        targets.last_year,
        annual.reference_year,
        annual.value,
        annual.origin
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_indicator_values__annual') }} as annual
        on
            targets.plan_id = annual.plan_id
            and targets.indicator_code = annual.indicator_code
            and targets.area_code = annual.area_code
    where targets.target_kind = 'cumulative_sum'
),

summed as (
    select
        plan_id,
        indicator_code,
        any_value(target_value) as target_value,
        any_value(decimals) as decimals,
        any_value(last_year) as last_year,
        any_value(last_year - first_year + 1) as period_years,
        max(reference_year) as reference_year,
        sum(value) as known_sum,
        count(*) = max(reference_year) - any_value(first_year) + 1 as is_complete,
        max(reference_year) - any_value(first_year) + 1 as year_count,
        bool_or(origin = 'simulated') as is_simulated,
        string_agg(reference_year || '年 ' || {{ figure('value') }}, '、' order by reference_year) as values_zh,
        string_agg(reference_year || ' ' || {{ figure('value') }}, ', ' order by reference_year) as values_en
    from years
    group by plan_id, indicator_code
),

measured as (
    select
        *,
        case when is_complete or {{ rounded_as_printed('known_sum', 'decimals') }} >= target_value then known_sum end as value,
        case when is_complete then 100.0 * known_sum / target_value end as progress_pct,
        case when is_complete then 100.0 * year_count / period_years end as schedule_pct,
        {{ rounded_as_printed('known_sum', 'decimals') }} >= target_value as meets
    from summed
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            -- Known years alone may already reach the target; what is missing can only add.
            when not measured.is_complete and not measured.meets then 'no_data'
            else
                {{ status_from_gap(
                    'measured.meets', 'measured.reference_year = measured.last_year',
                    'measured.progress_pct', '(measured.progress_pct - measured.schedule_pct)', 'thresholds'
                ) }}
        end as status,
        thresholds.red_below_pp
    from measured
    inner join {{ ref('status_thresholds') }} as thresholds on measured.plan_id = thresholds.plan_id
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    cast(value as double) as value,
    progress_pct as attainment_pct,
    progress_pct,
    schedule_pct,
    gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'cumulative_sum' as method_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    case
        when is_complete
            then
                values_zh || '，累计 ' || {{ figure('known_sum') }} || '，目标 ' || {{ figure('target_value') }} || '；完成 '
                || {{ said('progress_pct') }} || '%，序时 ' || {{ said('schedule_pct') }} || '%'
        else '年度值不全，不作累计；已知 ' || values_zh || '，至少 ' || {{ figure('known_sum') }}
    end as reason_zh,
    case
        when is_complete
            then
                values_en || '; sum ' || {{ figure('known_sum') }} || ', target ' || {{ figure('target_value') }} || '; '
                || {{ said('progress_pct') }} || '% done against a schedule of ' || {{ said('schedule_pct') }} || '%'
        else 'years are missing, so no sum is given; known: ' || values_en || ', at least ' || {{ figure('known_sum') }}
    end as reason_en
from judged
