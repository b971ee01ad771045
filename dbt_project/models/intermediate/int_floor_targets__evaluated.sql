-- Kind floor (hold): the worst value of the period against the floor. No ratio: T = b would divide by zero.
with

worst as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.target_value,
        targets.last_year,
        annual.value,
        annual.reference_year,
        annual.origin,
        {{ rounded_to_compare('annual.value', 'targets') }} >= targets.target_value as holds,
        max(annual.reference_year) over (partition by targets.plan_id, targets.indicator_code) as latest_year,
        row_number() over (
            partition by targets.plan_id, targets.indicator_code
            order by annual.value asc, annual.reference_year desc
        ) as badness
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_indicator_values__annual') }} as annual
        on
            targets.plan_id = annual.plan_id
            and targets.indicator_code = annual.indicator_code
            and targets.area_code = annual.area_code
    where targets.target_kind = 'floor'
),

judged as (
    select
        *,
        case
            when not holds then 'breached'
            when latest_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from worst
    where badness = 1
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    -- The worst year may be long past while newer ones hold: the judgement is as young as the newest.
    latest_year as judged_to_year,
    cast(value as double) as value,
    100.0 * value / target_value as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    cast(value - target_value as double) as gap_pp,
    status,
    case when status = 'breached' then 'red' else 'green' end as lamp,
    'floor' as method_id,
    origin,
    '期内最低值 ' || {{ figure('value') }} || '（' || reference_year || '年），底线 ' || {{ figure('target_value') }} as reason_zh,
    'lowest value of the period ' || {{ figure('value') }} || ' (' || reference_year || '), floor '
    || {{ figure('target_value') }} as reason_en
from judged
