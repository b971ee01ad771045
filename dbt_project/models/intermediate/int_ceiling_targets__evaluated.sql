-- Kind ceiling: the margin T - x of the newest year. The baseline satisfies the target already, so there is no progress
-- and nothing is divided (method note 2.7, unemployment).
with

latest as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_value,
        targets.last_year,
        annual.value,
        annual.comparable_value,
        annual.break_ids,
        annual.reference_year,
        annual.origin,
        {{ rounded_to_compare('annual.comparable_value', 'targets') }} <= targets.target_value + targets.tolerance_abs
            as holds,
        round(annual.comparable_value, 6) <= targets.target_value + targets.tolerance_abs as holds_exactly,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by annual.reference_year desc
        ) as recency
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where targets.target_kind = 'ceiling'
),

judged as (
    select
        *,
        target_value - comparable_value as margin,
        case
            when comparable_value is null then 'no_baseline'
            when not holds then 'breached'
            when reference_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from latest
    where recency = 1
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    reference_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('value') }} as value,
    cast(null as double) as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    {{ stored('margin') }} as gap_pp,
    status,
    case status when 'breached' then 'red' when 'no_baseline' then 'grey' else 'green' end as lamp,
    'ceiling' as method_id,
    origin,
    reference_year || '年为 ' || {{ figure('value') }} || '，上限 ' || {{ figure('target_value') }}
    || coalesce('，余量 ' || {{ figure(stored('margin')) }}, '；序列间断（' || break_ids || '），没有衔接系数，不作比较')
    || {{ rounding_told('holds', 'holds_exactly', 'zh') }} as reason_zh,
    {{ figure('value') }} || ' in ' || reference_year || ', ceiling ' || {{ figure('target_value') }}
    || coalesce(
        ', margin ' || {{ figure(stored('margin')) }}, '; the series breaks (' || break_ids || ') without a link: not compared'
    )
    || {{ rounding_told('holds', 'holds_exactly', 'en') }} as reason_en
from judged
