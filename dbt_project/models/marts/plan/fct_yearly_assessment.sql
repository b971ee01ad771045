-- The yearly values of the binding indicators by responsible unit: chapter 12 asks for the break-down, and a unit that
-- misses one binding yearly value fails its year. What nobody assigned or gave is not assessable.
with

owed as (
    select
        indicators.plan_id,
        indicators.indicator_code,
        indicators.name_zh,
        indicators.name_en,
        indicators.unit,
        unnest(string_split(indicators.responsible_unit_ids, ';')) as unit_id
    from {{ ref('indicators') }} as indicators
    where
        indicators.attribute = 'binding'
        and indicators.effective_from <= {{ as_of_date() }}
        and (indicators.effective_to is null or indicators.effective_to > {{ as_of_date() }})
),

compared as (
    select
        owed.*,
        due.reference_year,
        due.yearly_value,
        due.value_basis,
        due.value_source,
        annual.value as actual_value,
        annual.source_id as actual_source_id,
        annual.origin,
        targets.operator = 'le' as is_ceiling,
        {{ rounded_to_compare('due.yearly_value', 'targets') }} as due_compared,
        {{ rounded_to_compare('annual.value', 'targets') }} as actual_compared,
        make_date(due.reference_year, 12, 31) <= {{ reference_month_end() }} as is_over
    from owed
    inner join {{ ref('int_targets__effective') }} as targets
        on owed.plan_id = targets.plan_id and owed.indicator_code = targets.indicator_code
    inner join {{ ref('int_yearly_values__due') }} as due
        on owed.plan_id = due.plan_id and owed.indicator_code = due.indicator_code
    left join {{ ref('int_indicator_values__annual') }} as annual
        on
            due.plan_id = annual.plan_id
            and due.indicator_code = annual.indicator_code
            and due.reference_year = annual.reference_year
            and targets.area_code = annual.area_code
),

assessed as (
    select
        *,
        case
            when not is_over then 'not_due'
            when yearly_value is null or actual_value is null then 'not_assessable'
            when is_ceiling and actual_compared <= due_compared then 'reached'
            when not is_ceiling and actual_compared >= due_compared then 'reached'
            else 'missed'
        end as assessment,
        case value_basis
            when 'printed' then '印刷' when 'assigned' then '下达' else '推算'
        end as basis_zh
    from compared
)

select
    plan_id,
    indicator_code,
    unit_id,
    reference_year,
    cast(yearly_value as double) as yearly_value,
    value_basis as yearly_value_basis,
    value_source as yearly_value_source,
    cast(actual_value as double) as actual_value,
    unit,
    round(
        case
            when is_ceiling then 100.0 * yearly_value / nullif(actual_value, 0)
            else 100.0 * actual_value / nullif(yearly_value, 0)
        end, 6
    ) as completion_rate_pct,
    assessment,
    assessment = 'missed' as is_vetoed,
    case
        when assessment = 'not_due' then '年度未结束'
        when assessment = 'not_assessable' and yearly_value is null then '没有下达或可推算的年度值，不予评定'
        when assessment = 'not_assessable' then '年度值 ' || {{ figure('yearly_value') }} || '，没有实际数，不予评定'
        else
            '实际 ' || {{ figure('actual_value') }} || '，年度值 ' || {{ figure('yearly_value') }} || '（' || basis_zh || '）'
            || case when assessment = 'missed' then '；未完成，该年度考核一票否决' else '；完成' end
    end as reason_zh,
    case
        when assessment = 'not_due' then 'the year is not over'
        when assessment = 'not_assessable' and yearly_value is null
            then 'no yearly value was assigned or can be derived: not assessed'
        when assessment = 'not_assessable'
            then 'yearly value ' || {{ figure('yearly_value') }} || ', no actual figure: not assessed'
        else
            {{ figure('actual_value') }} || ' against a yearly value of ' || {{ figure('yearly_value') }} || ' (' || value_basis
            || ')' || case when assessment = 'missed' then '; missed, which fails the unit''s year' else '; reached' end
    end as reason_en,
    actual_source_id,
    origin
from assessed
