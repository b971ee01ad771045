-- The yearly values of the binding indicators by responsible unit: chapter 12 asks for the break-down, and a unit that
-- misses one binding yearly value fails its year. What nobody assigned or gave is not assessable.
{%- set compared_decimals -%}
    greatest(owed.decimals, {{ printed_decimals('owed.baseline_printed') }})
{%- endset %}
with

owed as (
    select
        plan_id,
        indicator_code,
        unit,
        decimals,
        baseline_printed,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from {{ ref('dim_indicator') }}
    where attribute = 'binding'
),

-- A printed sign is read as it stands; without one more is better (DEC-G3).
operators as (
    select
        plan_id,
        indicator_code,
        bool_or(operator = 'le') as is_ceiling
    from {{ ref('targets') }}
    where
        effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
    group by plan_id, indicator_code
),

-- A bound ("over 9000") is no figure to assess by.
actuals as (
    select
        actual.plan_id,
        actual.indicator_code,
        cast(actual.reference_period as integer) as reference_year,
        actual.value,
        actual.source_id,
        actual.origin
    from {{ ref('fct_indicator_values') }} as actual
    inner join {{ ref('plans') }} as plans
        on actual.plan_id = plans.plan_id and actual.area_code = plans.area_code
    where actual.frequency = 'A' and actual.tags not like '%BOUND%'
),

compared as (
    select
        owed.*,
        due.reference_year,
        due.yearly_value,
        due.value_basis,
        due.value_source,
        actuals.value as actual_value,
        actuals.source_id as actual_source_id,
        actuals.origin,
        coalesce(operators.is_ceiling, false) as is_ceiling,
        {{ rounded_as_printed('due.yearly_value', compared_decimals) }} as due_compared,
        {{ rounded_as_printed('actuals.value', compared_decimals) }} as actual_compared,
        make_date(due.reference_year, 12, 31) <= {{ reference_month_end() }} as is_over
    from owed
    inner join {{ ref('int_yearly_values__due') }} as due
        on owed.plan_id = due.plan_id and owed.indicator_code = due.indicator_code
    left join operators on owed.plan_id = operators.plan_id and owed.indicator_code = operators.indicator_code
    left join actuals
        on
            due.plan_id = actuals.plan_id
            and due.indicator_code = actuals.indicator_code
            and due.reference_year = actuals.reference_year
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
