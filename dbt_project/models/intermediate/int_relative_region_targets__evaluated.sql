-- Kind relative_region: district minus comparator region in the same year. A missing comparator is never a red lamp; nor
-- is a preliminary figure held against a final one (DEC-G2: same year, same stage).
with

district as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.operator,
        targets.last_year,
        annual.value,
        annual.reference_year,
        annual.origin,
        comparator.value as comparator_value,
        comparator.origin as comparator_origin,
        annual.stage,
        comparator.stage as comparator_stage,
        coalesce((annual.stage = 'preliminary') != (comparator.stage = 'preliminary'), false) as is_other_stage,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            -- The latest year that can be compared, else the latest year there is.
            order by
                (
                    comparator.value is null
                    or coalesce((annual.stage = 'preliminary') != (comparator.stage = 'preliminary'), false)
                ) asc,
                annual.reference_year desc
        ) as recency
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as annual
        on {{ same_target('targets', 'annual') }} and targets.area_code = annual.area_code
    left join {{ ref('int_target_values__annual') }} as comparator
        on
            {{ same_target('targets', 'comparator') }}
            and targets.comparator_area_code = comparator.area_code
            and annual.reference_year = comparator.reference_year
    where targets.target_kind = 'relative_region'
),

judged as (
    select
        *,
        value - comparator_value as difference,
        case
            when comparator_value is null or is_other_stage then 'comparator_missing'
            when
                case operator
                    when 'ge' then value >= comparator_value
                    when 'le' then value <= comparator_value
                    else value > comparator_value
                end
                then case when reference_year = last_year then 'met' else 'on_schedule' end
            else 'lagging'
        end as status
    from district
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
    {{ stored('difference') }} as gap_pp,
    status,
    case status when 'comparator_missing' then 'grey' when 'lagging' then 'yellow' else 'green' end as lamp,
    'relative_region' as method_id,
    case when 'simulated' in (origin, comparator_origin) then 'simulated' else origin end as origin,
    case
        when comparator_value is null then reference_year || '年为 ' || {{ figure('value') }} || '；全市同期数未发布，无法比较'
        when is_other_stage
            then
                reference_year || '年为 ' || {{ figure('value') }} || '（' || {{ stage_word('stage', 'zh') }} || '），全市 '
                || {{ figure('comparator_value') }} || '（' || {{ stage_word('comparator_stage', 'zh') }} || '）；数据阶段不同，不作比较'
        else
            reference_year || '年为 ' || {{ figure('value') }} || '，全市 ' || {{ figure('comparator_value') }} || '，相差 '
            || {{ figure('difference') }}
    end as reason_zh,
    case
        when comparator_value is null
            then
                {{ figure('value') }} || ' in ' || reference_year
                || '; the city figure of that year is not published, so there is no comparison'
        when is_other_stage
            then
                {{ figure('value') }} || ' in ' || reference_year || ' (' || {{ stage_word('stage', 'en') }} || ') beside '
                || {{ figure('comparator_value') }} || ' (' || {{ stage_word('comparator_stage', 'en') }}
                || ') of the city; the stages differ, so there is no comparison'
        else
            {{ figure('value') }} || ' in ' || reference_year || ', city ' || {{ figure('comparator_value') }}
            || ', difference ' || {{ figure('difference') }}
    end as reason_en
from judged
