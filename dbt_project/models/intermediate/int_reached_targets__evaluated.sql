-- Kinds that are reached or not: threshold_count (how many pass a threshold), service_radius, rank and milestone
-- (1 is reached). Between nothing and the target the plan prints no path: until the final year what is not reached is not
-- due, unless milestones say what was due by then.
with

latest as (
    select
        targets.*,
        annual.value,
        annual.reference_year,
        annual.origin,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by annual.reference_year desc
        ) as recency
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where targets.target_kind in ('threshold_count', 'service_radius', 'rank', 'milestone')
),

milestones as (
    select
        latest.plan_id,
        latest.target_type,
        latest.target_id,
        arg_max(milestones.milestone_value, milestones.milestone_year) as due_value
    from latest
    inner join {{ ref('int_milestones__effective') }} as milestones
        on {{ same_target('latest', 'milestones') }} and latest.reference_year >= milestones.milestone_year
    where latest.recency = 1
    group by latest.plan_id, latest.target_type, latest.target_id
),

measured as (
    select
        latest.*,
        milestones.due_value,
        {{ meets_target('latest.value', 'latest') }} as meets,
        {{ meets_exactly('latest.value', 'latest') }} as meets_exactly,
        case when latest.target_kind = 'threshold_count' then {{ attainment_of('latest.value', 'latest') }} end
            as attainment_pct,
        case
            when latest.target_kind = 'threshold_count'
                then 100.0 * milestones.due_value / nullif(latest.target_value, 0)
        end as schedule_pct,
        {{ figure_in_english('latest.threshold_value', 'units') }} as threshold_en
    from latest
    left join {{ ref('measure_units') }} as units on latest.threshold_unit = units.unit_zh
    left join milestones on {{ same_target('latest', 'milestones') }}
    where latest.recency = 1
),

judged as (
    select
        measured.*,
        measured.attainment_pct - measured.schedule_pct as gap_pp,
        case
            when measured.target_value is null then 'target_pending'
            when measured.schedule_pct is null and measured.due_value is not null and not measured.meets
                then
                    case
                        when measured.reference_year >= measured.last_year then 'lagging'
                        when
                            (measured.operator = 'le' and measured.value <= measured.due_value)
                            or (measured.operator != 'le' and measured.value >= measured.due_value)
                            then 'on_schedule'
                        else 'lagging'
                    end
            else
                {{ status_from_gap(
                    'measured.meets', 'measured.reference_year >= measured.last_year',
                    'measured.attainment_pct', '(measured.attainment_pct - measured.schedule_pct)', 'thresholds'
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
    reference_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('value') }} as value,
    {{ stored('attainment_pct') }} as attainment_pct,
    {{ stored('case when schedule_pct is not null then attainment_pct end') }} as progress_pct,
    {{ stored('schedule_pct') }} as schedule_pct,
    {{ stored('gap_pp') }} as gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    target_kind as method_id,
    origin,
    case
        when target_kind = 'milestone' then reference_year || '年：' || case when meets then '已达到' else '未达到' end
        else reference_year || '年为 ' || {{ figure('value') }} || coalesce('，目标 ' || {{ figure('target_value') }}, '')
    end
    || coalesce('（门槛 ' || {{ figure('threshold_value') }} || coalesce(threshold_unit, '') || '）', '')
    || coalesce('；当年应达 ' || {{ figure('due_value') }}, '')
    || case when status = 'not_due' then '；规划与单位均未给出中间年份应达数，末年前不判断是否落后' else '' end
    || {{ rounding_told('meets', 'meets_exactly', 'zh') }} as reason_zh,
    case
        when target_kind = 'milestone'
            then case when meets then 'reached' else 'not reached' end || ' as of ' || reference_year
        else {{ figure('value') }} || ' in ' || reference_year || coalesce(', target ' || {{ figure('target_value') }}, '')
    end
    || coalesce(' (threshold ' || threshold_en || ')', '')
    || coalesce('; due by then: ' || {{ figure('due_value') }}, '')
    || case
        when status = 'not_due'
            then '; neither plan nor unit says what is due in between, so nothing is late before the final year'
        else ''
    end
    || {{ rounding_told('meets', 'meets_exactly', 'en') }} as reason_en
from judged
