-- Kind relative_region: district minus city in the same year. A missing city figure is never a red lamp.
with

district as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.comparator_area_code,
        targets.last_year,
        annual.value,
        annual.reference_year,
        annual.origin,
        comparator.value as comparator_value,
        comparator.origin as comparator_origin,
        row_number() over (
            partition by targets.plan_id, targets.indicator_code
            -- The latest year that can be compared, else the latest year there is.
            order by (comparator.value is null) asc, annual.reference_year desc
        ) as recency
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_indicator_values__annual') }} as annual
        on
            targets.plan_id = annual.plan_id
            and targets.indicator_code = annual.indicator_code
            and targets.area_code = annual.area_code
    left join {{ ref('int_indicator_values__annual') }} as comparator
        on
            targets.plan_id = comparator.plan_id
            and targets.indicator_code = comparator.indicator_code
            and targets.comparator_area_code = comparator.area_code
            and annual.reference_year = comparator.reference_year
    where targets.target_kind = 'relative_region'
),

judged as (
    select
        *,
        value - comparator_value as difference,
        case
            when comparator_value is null then 'comparator_missing'
            when value > comparator_value and reference_year = last_year then 'met'
            when value > comparator_value then 'on_schedule'
            else 'lagging'
        end as status
    from district
    where recency = 1
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    cast(value as double) as value,
    cast(null as double) as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    cast(difference as double) as gap_pp,
    status,
    case status when 'comparator_missing' then 'grey' when 'lagging' then 'yellow' else 'green' end as lamp,
    'relative_region' as method_id,
    case when 'simulated' in (origin, comparator_origin) then 'simulated' else origin end as origin,
    case
        when comparator_value is null then reference_year || '年为 ' || {{ figure('value') }} || '；全市同期数未发布，无法比较'
        else
            reference_year || '年为 ' || {{ figure('value') }} || '，全市 ' || {{ figure('comparator_value') }} || '，相差 '
            || {{ figure('difference') }}
    end as reason_zh,
    case
        when comparator_value is null
            then
                {{ figure('value') }} || ' in ' || reference_year
                || '; the city figure of that year is not published, so there is no comparison'
        else
            {{ figure('value') }} || ' in ' || reference_year || ', city ' || {{ figure('comparator_value') }}
            || ', difference ' || {{ figure('difference') }}
    end as reason_en
from judged
