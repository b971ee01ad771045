-- The yearly values of the binding indicators by responsible unit: chapter 12 asks for the break-down, and a unit that
-- misses one binding yearly value fails its year, where that value is printed or assigned: one derived by us is told, fails
-- nobody and passes nobody (DEC-G11); where only whole steps can be owed, the words say which step reaches the target.
-- What nobody assigned or gave is not assessable, nor what stands behind a break without a link.
with

owed as (
    select
        plan_id,
        indicator_code,
        unit,
        target_kind,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from {{ ref('dim_indicator') }}
    where attribute = 'binding'
),

-- A printed sign is read as it stands; without one more is better (DEC-G3).
operators as (
    select
        plan_id,
        indicator_code,
        operator = 'le' as is_ceiling
    from ({{ version_in_force(ref('targets'), 'plan_id, indicator_code', 'published_on') }})
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

annual as (
    select
        annual.plan_id,
        annual.target_id as indicator_code,
        annual.reference_year,
        annual.comparable_value,
        annual.tested_value,
        annual.break_ids
    from {{ ref('int_target_values__annual') }} as annual
    inner join {{ ref('plans') }} as plans on annual.plan_id = plans.plan_id and annual.area_code = plans.area_code
    where annual.target_type = 'indicator'
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
        due.counts_for_veto,
        annual.break_ids,
        due.compare_decimals,
        -- A derived value below the target owes no step that is not yet due.
        case when due.value_basis = 'derived' and targets.lattice_n is not null then targets.attainable_target_value end
            as step_to_target,
        targets.target_value,
        targets.lattice_n,
        targets.counted_zh,
        targets.counted_en,
        -- After a break the figure through the link counts, and where there is none none does (rule 2.8.7); a rate that
        -- cannot be compounded is no figure here either.
        case
            when {{ cannot_be_compounded('actuals.value', "'LEVEL'", 'owed.target_kind') }} then null
            when annual.break_ids is null then actuals.value
            else coalesce(annual.comparable_value, annual.tested_value)
        end as comparable_value,
        make_date(due.reference_year, 12, 31) <= {{ reference_month_end() }} as is_over
    from owed
    inner join {{ ref('int_yearly_values__due') }} as due
        on owed.plan_id = due.plan_id and owed.indicator_code = due.indicator_code
    left join operators on owed.plan_id = operators.plan_id and owed.indicator_code = operators.indicator_code
    left join {{ ref('int_targets__effective') }} as targets
        on
            owed.plan_id = targets.plan_id
            and targets.target_type = 'indicator'
            and owed.indicator_code = targets.target_id
    left join actuals
        on
            due.plan_id = actuals.plan_id
            and due.indicator_code = actuals.indicator_code
            and due.reference_year = actuals.reference_year
    left join annual
        on
            due.plan_id = annual.plan_id
            and due.indicator_code = annual.indicator_code
            and due.reference_year = annual.reference_year
),

rounded as (
    select
        *,
        {{ rounded_as_printed('yearly_value', 'compare_decimals') }} as due_compared,
        {{ rounded_as_printed('comparable_value', 'compare_decimals') }} as actual_compared
    from compared
),

assessed as (
    select
        *,
        case
            when not is_over then 'not_due'
            when yearly_value is null or actual_compared is null then 'not_assessable'
            when is_ceiling and actual_compared <= due_compared then 'reached'
            when not is_ceiling and actual_compared >= due_compared then 'reached'
            else 'missed'
        end as assessment,
        case value_basis
            when 'printed' then '印刷' when 'assigned' then '下达' else '推算'
        end as basis_zh
    from rounded
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
            when is_ceiling then 100.0 * yearly_value / nullif(comparable_value, 0)
            else 100.0 * comparable_value / nullif(yearly_value, 0)
        end, 6
    ) as completion_rate_pct,
    assessment,
    assessment = 'missed' and counts_for_veto as is_vetoed,
    case
        when assessment = 'not_due' then '年度未结束'
        when assessment = 'not_assessable' and yearly_value is null then '没有下达或可推算的年度值，不予评定'
        when assessment = 'not_assessable' and actual_value is null
            then '年度值 ' || {{ figure('yearly_value') }} || '，没有实际数，不予评定'
        when assessment = 'not_assessable' and break_ids is null
            then '实际 ' || {{ figure('actual_value') }} || ' 不可能是年度降低率，不予评定'
        when assessment = 'not_assessable'
            then
                '实际 ' || {{ figure('actual_value') }} || '，年度值 ' || {{ figure('yearly_value') }} || '；序列间断（'
                || break_ids || '），没有衔接系数，不予评定'
        else
            '实际 ' || {{ figure('actual_value') }}
            || case
                when comparable_value != actual_value then '（衔接后 ' || {{ figure(stored('comparable_value')) }} || '）' else ''
            end
            || '，年度值 ' || {{ figure('yearly_value') }} || '（' || basis_zh || '）'
            || case
                when assessment = 'reached' and counts_for_veto then '；完成'
                when assessment = 'reached' then '；达到推算值；年度值未印刷、未下达，不作通过'
                when counts_for_veto then '；未完成，该年度考核一票否决'
                else '；未完成；年度值未印刷、未下达，不作否决'
            end
            || coalesce(
                '；推算值只计整个' || counted_zh || '（共 ' || lattice_n || ' 个），能达到目标 ' || {{ figure('target_value') }}
                || ' 的最小值为 ' || {{ said('step_to_target', 2) }},
                ''
            )
    end as reason_zh,
    case
        when assessment = 'not_due' then 'the year is not over'
        when assessment = 'not_assessable' and yearly_value is null
            then 'no yearly value was assigned or can be derived: not assessed'
        when assessment = 'not_assessable' and actual_value is null
            then 'yearly value ' || {{ figure('yearly_value') }} || ', no actual figure: not assessed'
        when assessment = 'not_assessable' and break_ids is null
            then {{ figure('actual_value') }} || ' cannot be a yearly reduction: not assessed'
        when assessment = 'not_assessable'
            then
                {{ figure('actual_value') }} || ' beside a yearly value of ' || {{ figure('yearly_value') }}
                || '; the series breaks (' || break_ids || ') without a link: not assessed'
        else
            {{ figure('actual_value') }}
            || case
                when comparable_value != actual_value then ' (' || {{ figure(stored('comparable_value')) }} || ' linked)' else ''
            end
            || ' against a yearly value of ' || {{ figure('yearly_value') }} || ' (' || value_basis || ')'
            || case
                when assessment = 'reached' and counts_for_veto then '; reached'
                when assessment = 'reached'
                    then '; the derived value is reached; it is neither printed nor assigned, so it passes nobody''s year'
                when counts_for_veto then '; missed, which fails the unit''s year'
                else '; missed; the value is neither printed nor assigned, so it fails nobody''s year'
            end
            || coalesce(
                '; only whole steps are derived (of ' || lattice_n || ' ' || counted_en
                || '), and the smallest share that reaches the target of ' || {{ figure('target_value') }} || ' is '
                || {{ said('step_to_target', 2) }},
                ''
            )
    end as reason_en,
    actual_source_id,
    origin,
    counts_for_veto
from assessed
