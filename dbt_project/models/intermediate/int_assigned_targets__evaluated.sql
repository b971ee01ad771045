-- Kind assigned_by_superior: without an assigned value there is nothing to judge by (DEC-13, DEC-14).
-- With one (target_value > 0, in per cent of compounded reduction): completion = ln(1 - cum) / ln(1 - R),
-- cum = 1 - prod(1 - r), the method of the statistics bureaus for energy use per unit of GDP.
with

years as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.target_value,
        targets.first_year,
        targets.last_year,
        annual.reference_year,
        annual.value,
        annual.origin,
        row_number() over (
            partition by targets.plan_id, targets.indicator_code
            order by annual.reference_year
        ) as year_number
    from {{ ref('int_targets__effective') }} as targets
    left join {{ ref('int_indicator_values__annual') }} as annual
        on
            targets.plan_id = annual.plan_id
            and targets.indicator_code = annual.indicator_code
            and targets.area_code = annual.area_code
    where targets.target_kind = 'assigned_by_superior'
),

accumulated as (
    select
        plan_id,
        indicator_code,
        any_value(target_value) as target_value,
        any_value(last_year - first_year + 1) as period_years,
        any_value(last_year) as last_year,
        max(case when reference_year = first_year + year_number - 1 then reference_year end) as reference_year,
        sum(case when reference_year = first_year + year_number - 1 then ln(1 - cast(value as double) / 100) end)
            as log_remaining,
        count(case when reference_year = first_year + year_number - 1 then 1 end) as year_count,
        coalesce(bool_or(origin = 'simulated'), false) as is_simulated
    from years
    group by plan_id, indicator_code
),

measured as (
    select
        accumulated.*,
        100 * (1 - exp(accumulated.log_remaining)) as cumulative_reduction,
        100 * accumulated.log_remaining / ln(1 - accumulated.target_value / 100) as progress_pct,
        100.0 * accumulated.year_count / accumulated.period_years as schedule_pct,
        100 * (1 - exp(accumulated.log_remaining)) >= accumulated.target_value as meets
    from accumulated
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            when measured.target_value is null then 'target_pending'
            when measured.year_count = 0 then 'no_data'
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
    cumulative_reduction as value,
    case when target_value is not null then 100 * cumulative_reduction / target_value end as attainment_pct,
    progress_pct,
    case when target_value is not null and year_count > 0 then schedule_pct end as schedule_pct,
    gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'assigned_by_superior' as method_id,
    case when is_simulated then 'simulated' when year_count > 0 then 'derived' end as origin,
    case
        when status = 'target_pending'
            then
                '上级下达的目标值尚未录入'
                || coalesce('；' || reference_year || '年止累计降低 ' || {{ said('cumulative_reduction', 2) }} || '%', '')
        when status = 'no_data' then '目标已下达，尚无年度数据'
        else
            '累计降低 ' || {{ said('cumulative_reduction', 2) }} || '%，目标 ' || {{ figure('target_value') }} || '%；完成 '
            || {{ said('progress_pct') }} || '%，序时 ' || {{ said('schedule_pct') }} || '%'
    end as reason_zh,
    case
        when status = 'target_pending'
            then
                'the value assigned by the superior authority has not been entered'
                || coalesce('; reduced by ' || {{ said('cumulative_reduction', 2) }} || '% up to ' || reference_year, '')
        when status = 'no_data' then 'a target is assigned, no yearly figure yet'
        else
            'reduced by ' || {{ said('cumulative_reduction', 2) }} || '%, target ' || {{ figure('target_value') }} || '%; '
            || {{ said('progress_pct') }} || '% done against a schedule of ' || {{ said('schedule_pct') }} || '%'
    end as reason_en
from judged
