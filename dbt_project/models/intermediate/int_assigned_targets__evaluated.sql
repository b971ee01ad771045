-- Kind assigned_by_superior: without an assigned value there is nothing to judge by (DEC-13, DEC-14). With one
-- (target_value > 0, in per cent of compounded reduction, counted from its base year): completion = ln(1 - cum) / ln(1 - R),
-- cum = 1 - prod(1 - r), the method of the statistics bureaus for energy use per unit of GDP (2.6.4). The schedule follows
-- the yearly assigned values where each year has one, else equal yearly reductions. Whether a year misses its own assigned
-- value is for the yearly assessment (fct_yearly_assessment).
with

yearly_assignments as (
    select
        plan_id,
        indicator_code,
        assigned_year,
        any_value(assigned_value) as assigned_value
    from {{ ref('int_superior_assignments__known') }}
    where assigned_year is not null
    group by plan_id, indicator_code, assigned_year
),

years as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_value,
        targets.compare_decimals,
        targets.first_year,
        targets.last_year,
        annual.reference_year,
        annual.value,
        annual.origin,
        yearly_assignments.assigned_value,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by annual.reference_year
        ) as year_number
    from {{ ref('int_targets__effective') }} as targets
    left join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    left join yearly_assignments
        on
            targets.plan_id = yearly_assignments.plan_id
            and targets.target_type = 'indicator'
            and targets.target_id = yearly_assignments.indicator_code
            and annual.reference_year = yearly_assignments.assigned_year
    where targets.target_kind = 'assigned_by_superior'
),

accumulated as (
    select
        plan_id,
        target_type,
        target_id,
        any_value(target_value) as target_value,
        any_value(compare_decimals) as compare_decimals,
        any_value(first_year) as first_year,
        any_value(last_year - first_year + 1) as period_years,
        any_value(last_year) as last_year,
        max(case when reference_year = first_year + year_number - 1 then reference_year end) as reference_year,
        sum(case when reference_year = first_year + year_number - 1 then ln(1 - cast(value as double) / 100) end)
            as log_remaining,
        sum(case when reference_year = first_year + year_number - 1 then ln(1 - cast(assigned_value as double) / 100) end)
            as log_assigned,
        count(case when reference_year = first_year + year_number - 1 then 1 end) as year_count,
        count(case when reference_year = first_year + year_number - 1 then assigned_value end) as assigned_count,
        coalesce(bool_or(origin = 'simulated'), false) as is_simulated
    from years
    group by plan_id, target_type, target_id
),

measured as (
    select
        accumulated.*,
        100 * (1 - exp(accumulated.log_remaining)) as cumulative_reduction,
        {{ log_completion_pct('accumulated.log_remaining', 'accumulated.target_value') }} as progress_pct,
        -- The same divided linearly, for comparison: it flatters.
        100 * (100 * (1 - exp(accumulated.log_remaining))) / nullif(accumulated.target_value, 0) as linear_completion_pct,
        case
            when accumulated.assigned_count = accumulated.year_count and accumulated.year_count > 0
                then {{ log_completion_pct('accumulated.log_assigned', 'accumulated.target_value') }}
            else 100.0 * accumulated.year_count / accumulated.period_years
        end as schedule_pct,
        {{ rounded_as_printed(
            'round(100 * (1 - exp(accumulated.log_remaining)), 6)',
            'greatest(accumulated.compare_decimals, ' ~ printed_decimals(figure('accumulated.target_value')) ~ ')'
        ) }} >= accumulated.target_value as meets,
        round(100 * (1 - exp(accumulated.log_remaining)), 6) >= accumulated.target_value as meets_exactly,
        case
            when accumulated.period_years > accumulated.year_count
                then
                    100 * (
                        1 - exp(
                            (ln(1 - accumulated.target_value / 100) - coalesce(accumulated.log_remaining, 0))
                            / (accumulated.period_years - accumulated.year_count)
                        )
                    )
        end as required_yearly_reduction
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
    inner join {{ ref('int_status_thresholds__effective') }} as thresholds on measured.plan_id = thresholds.plan_id
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    first_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('cumulative_reduction') }} as value,
    {{ stored('case when target_value is not null then 100 * cumulative_reduction / target_value end') }} as attainment_pct,
    {{ stored('progress_pct') }} as progress_pct,
    {{ stored('case when target_value is not null and year_count > 0 then schedule_pct end') }} as schedule_pct,
    {{ stored('gap_pp') }} as gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'assigned_by_superior' as method_id,
    case when is_simulated then 'simulated' when year_count > 0 then 'derived' end as origin,
    {{ stored('case when not coalesce(meets, false) then required_yearly_reduction end') }} as required_yearly_rate_pct,
    {{ stored('linear_completion_pct') }} as linear_completion_pct,
    case
        when status = 'target_pending'
            then
                '上级下达的目标值尚未录入'
                || coalesce('；' || reference_year || '年止累计降低 ' || {{ said('cumulative_reduction', 2) }} || '%', '')
        when status = 'no_data' then '目标已下达，尚无年度数据'
        else
            '累计降低 ' || {{ said('cumulative_reduction', 2) }} || '%，目标 ' || {{ figure('target_value') }} || '%；完成 '
            || {{ said('progress_pct') }} || '%，序时 ' || {{ said('schedule_pct') }} || '%'
            || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'zh') }}
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
            || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'en') }}
    end as reason_en
from judged
