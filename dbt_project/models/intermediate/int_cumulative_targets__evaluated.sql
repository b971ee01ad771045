-- Kind cumulative_sum: the sum of yearly flows against [T]; no sum while any year is missing (DEC-20), and none across a
-- break without a link (rule 2.8.7). Known years alone may reach the target: what is missing can only add, so the bound
-- stands for the sum, and the reason says that it is one.
with

years as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_value,
        targets.compare_decimals,
        targets.phasing,
        targets.first_year,
        targets.last_year,
        annual.reference_year,
        annual.value,
        annual.comparable_value,
        annual.break_ids,
        annual.origin
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where targets.target_kind = 'cumulative_sum'
),

summed as (
    select
        plan_id,
        target_type,
        target_id,
        any_value(target_value) as target_value,
        any_value(compare_decimals) as compare_decimals,
        any_value(phasing) as phasing,
        any_value(first_year) as first_year,
        any_value(last_year) as last_year,
        any_value(last_year - first_year + 1) as period_years,
        max(reference_year) as reference_year,
        sum(comparable_value) as known_sum,
        any_value(break_ids) filter (where comparable_value is null) as break_ids,
        count(comparable_value) = max(reference_year) - any_value(first_year) + 1 as is_complete,
        max(reference_year) - any_value(first_year) + 1 as year_count,
        bool_or(origin = 'simulated') as is_simulated,
        string_agg(reference_year || '年 ' || {{ figure('value') }}, '、' order by reference_year) as values_zh,
        string_agg(reference_year || ' ' || {{ figure('value') }}, ', ' order by reference_year) as values_en
    from years
    group by plan_id, target_type, target_id
),

measured as (
    select
        summed.*,
        {{ rounded_to_compare('summed.known_sum', 'summed') }} >= summed.target_value as meets,
        round(summed.known_sum, 6) >= summed.target_value as meets_exactly,
        case when summed.is_complete then 100.0 * summed.known_sum / nullif(summed.target_value, 0) end as progress_pct,
        case
            when not summed.is_complete then null
            when path.is_from_milestones then 100.0 * path.path_value / nullif(summed.target_value, 0)
            when summed.phasing in ('linear', 'seasonal') then 100.0 * summed.year_count / summed.period_years
        end as schedule_pct
    from summed
    left join {{ ref('int_target_path__yearly') }} as path
        on {{ same_target('summed', 'path') }} and summed.reference_year = path.reference_year
),

judged as (
    select
        measured.*,
        case when measured.is_complete or measured.meets then measured.known_sum end as value,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            when measured.target_value is null then 'target_pending'
            when not measured.is_complete and not coalesce(measured.meets, false)
                then case when measured.break_ids is null then 'no_data' else 'no_baseline' end
            else
                {{ status_from_gap(
                    'measured.meets', 'measured.reference_year >= measured.last_year',
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
    {{ stored('value') }} as value,
    {{ stored('progress_pct') }} as attainment_pct,
    {{ stored('progress_pct') }} as progress_pct,
    {{ stored('schedule_pct') }} as schedule_pct,
    {{ stored('gap_pp') }} as gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'cumulative_sum' as method_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    case
        when is_complete and not meets and last_year > reference_year
            then {{ stored('(target_value - known_sum) / (last_year - reference_year)') }}
    end as required_yearly_change,
    case
        when is_complete
            then
                values_zh || '，累计 ' || {{ figure(stored('known_sum')) }} || coalesce('，目标 ' || {{ figure('target_value') }}, '')
                || coalesce(
                    '；完成 ' || {{ said('progress_pct') }} || '%' || coalesce('，序时 ' || {{ said('schedule_pct') }} || '%', ''),
                    ''
                )
                || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'zh') }}
        else
            coalesce('序列间断（' || break_ids || '），没有衔接系数', '年度值不全')
            || case when coalesce(meets, false) then '' else '，不作累计' end || '；已知 ' || values_zh
            || case
                when meets
                    then
                        '；已知年份合计至少 ' || {{ figure(stored('known_sum')) }} || '，已达目标 ' || {{ figure('target_value') }}
                        || {{ rounding_told('meets', 'meets_exactly', 'zh') }}
                when break_ids is null and known_sum > 0 then '，至少 ' || {{ figure(stored('known_sum')) }}
                else ''
            end
    end as reason_zh,
    case
        when is_complete
            then
                values_en || '; sum ' || {{ figure(stored('known_sum')) }} || coalesce(', target ' || {{ figure('target_value') }}, '')
                || coalesce(
                    '; ' || {{ said('progress_pct') }} || '% done'
                    || coalesce(' against a schedule of ' || {{ said('schedule_pct') }} || '%', ''), ''
                )
                || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'en') }}
        else
            coalesce('the series breaks (' || break_ids || ') without a link', 'years are missing')
            || case when coalesce(meets, false) then '' else ', so no sum is given' end || '; known: ' || values_en
            || case
                when meets
                    then
                        '; the known years alone, at least ' || {{ figure(stored('known_sum')) }} || ', reach the target '
                        || {{ figure('target_value') }} || {{ rounding_told('meets', 'meets_exactly', 'en') }}
                when break_ids is null and known_sum > 0 then ', at least ' || {{ figure(stored('known_sum')) }}
                else ''
            end
    end as reason_en
from judged
