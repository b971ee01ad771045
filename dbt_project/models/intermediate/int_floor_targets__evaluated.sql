-- Kind floor (hold): the worst value of the period against the floor. No ratio: T = b would divide by zero (rule 2.8.1).
with

worst as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_value,
        targets.first_year,
        targets.last_year,
        annual.value,
        annual.comparable_value,
        annual.break_ids,
        annual.reference_year,
        annual.origin,
        {{ rounded_to_compare('annual.comparable_value', 'targets') }} >= targets.target_value - targets.tolerance_abs
            as holds,
        round(annual.comparable_value, 6) >= targets.target_value - targets.tolerance_abs as holds_exactly,
        max(annual.reference_year) over (
            partition by targets.plan_id, targets.target_type, targets.target_id
        ) as latest_year,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by annual.comparable_value asc nulls last, annual.reference_year desc
        ) as badness
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where targets.target_kind = 'floor'
),

judged as (
    select
        *,
        case
            when comparable_value is null then 'no_baseline'
            when not holds then 'breached'
            when latest_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from worst
    where badness = 1
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    first_year as inputs_from_year,
    -- The worst year may be long past while newer ones hold: the judgement is as young as the newest.
    latest_year as judged_to_year,
    {{ stored('value') }} as value,
    {{ stored('100.0 * comparable_value / nullif(target_value, 0)') }} as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    {{ stored('comparable_value - target_value') }} as gap_pp,
    status,
    case status when 'breached' then 'red' when 'no_baseline' then 'grey' else 'green' end as lamp,
    'floor' as method_id,
    origin,
    '期内最低值 ' || {{ figure('value') }} || '（' || reference_year || '年），底线 ' || {{ figure('target_value') }}
    || coalesce('；序列间断（' || case when comparable_value is null then break_ids end || '），没有衔接系数，不作比较', '')
    || {{ rounding_told('holds', 'holds_exactly', 'zh') }} as reason_zh,
    'lowest value of the period ' || {{ figure('value') }} || ' (' || reference_year || '), floor '
    || {{ figure('target_value') }}
    || coalesce(
        '; the series breaks (' || case when comparable_value is null then break_ids end || ') without a link: not compared',
        ''
    )
    || {{ rounding_told('holds', 'holds_exactly', 'en') }} as reason_en
from judged
