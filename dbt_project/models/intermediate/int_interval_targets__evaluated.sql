-- Kind interval: the distance of the newest year to the interval, nought within it. No progress: neither end is a goal.
with

latest as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.target_low,
        targets.target_high,
        targets.last_year,
        annual.value,
        annual.comparable_value,
        annual.break_ids,
        annual.reference_year,
        annual.origin,
        {{ rounded_to_compare('annual.comparable_value', 'targets') }} as rounded_value,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by annual.reference_year desc
        ) as recency
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    where targets.target_kind = 'interval'
),

judged as (
    select
        *,
        greatest(coalesce(target_low - rounded_value, 0), coalesce(rounded_value - target_high, 0), 0) as distance,
        case
            when comparable_value is null then 'no_baseline'
            when rounded_value < target_low or rounded_value > target_high then 'breached'
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
    {{ stored('case when comparable_value is not null then 0 - cast(distance as double) end') }} as gap_pp,
    status,
    case status when 'breached' then 'red' when 'no_baseline' then 'grey' else 'green' end as lamp,
    'interval' as method_id,
    origin,
    reference_year || '年为 ' || {{ figure('value') }} || '，区间 ' || coalesce({{ figure('target_low') }}, '…') || '–'
    || coalesce({{ figure('target_high') }}, '…')
    || case
        when comparable_value is null then '；序列间断（' || break_ids || '），没有衔接系数，不作比较'
        else '，距区间 ' || {{ figure(stored('distance')) }}
    end as reason_zh,
    {{ figure('value') }} || ' in ' || reference_year || ', interval ' || coalesce({{ figure('target_low') }}, '…') || ' to '
    || coalesce({{ figure('target_high') }}, '…')
    || case
        when comparable_value is null then '; the series breaks (' || break_ids || ') without a link: not compared'
        else ', distance ' || {{ figure(stored('distance')) }}
    end as reason_en
from judged
