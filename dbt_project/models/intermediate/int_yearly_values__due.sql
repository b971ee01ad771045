-- The value each indicator owes in each year of the plan: printed or published, assigned, else derived from the path of
-- its target (DEC-G4) or from the value assigned for the whole period. None where neither gives one.
with

years as (
    select
        indicators.plan_id,
        indicators.indicator_code,
        indicators.target_kind,
        cast(unnest(range(plans.first_year, plans.last_year + 1)) as integer) as reference_year
    from {{ ref('dim_indicator') }} as indicators
    inner join {{ ref('plans') }} as plans on indicators.plan_id = plans.plan_id
),

milestones as (
    select
        plan_id,
        target_id as indicator_code,
        milestone_year as reference_year,
        milestone_value as yearly_value,
        case when origin = 'assigned' then 'assigned' else 'printed' end as value_basis,
        citation as value_source,
        1 as preference
    from {{ ref('milestones') }}
    where
        target_type = 'indicator'
        and effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
),

assigned_yearly as (
    select
        plan_id,
        indicator_code,
        assigned_year as reference_year,
        assigned_value as yearly_value,
        'assigned' as value_basis,
        document_title || coalesce('（' || nullif(document_no, '') || '）', '') as value_source,
        2 as preference
    from {{ ref('int_superior_assignments__known') }}
    where assigned_year is not null
),

-- The same reduction every year that compounds to the whole (method of the statistics bureaus).
assigned_spread as (
    select
        years.plan_id,
        years.indicator_code,
        years.reference_year,
        100 * (
            1 - power(
                1 - known.assigned_value / 100.0,
                1.0 / (known.period_last_year - known.period_first_year + 1)
            )
        ) as yearly_value,
        'derived' as value_basis,
        known.document_title || coalesce('（' || nullif(known.document_no, '') || '）', '') as value_source,
        3 as preference
    from years
    inner join {{ ref('int_superior_assignments__known') }} as known
        on
            years.plan_id = known.plan_id
            and years.indicator_code = known.indicator_code
            and years.reference_year between known.period_first_year and known.period_last_year
    where known.assigned_year is null and years.target_kind = 'assigned_by_superior'
),

from_path as (
    select
        years.plan_id,
        years.indicator_code,
        years.reference_year,
        case
            when years.target_kind = 'cumulative_sum' then path.path_value - coalesce(before.path_value, 0)
            else path.path_value
        end as yearly_value,
        'derived' as value_basis,
        'DEC-G4' as value_source,
        4 as preference
    from years
    inner join {{ ref('fct_target_path') }} as path
        on
            years.plan_id = path.plan_id
            and years.indicator_code = path.indicator_code
            and years.reference_year = path.reference_year
    left join {{ ref('fct_target_path') }} as before
        on
            path.plan_id = before.plan_id
            and path.indicator_code = before.indicator_code
            and path.reference_year = before.reference_year + 1
),

united as (
    select * from milestones
    union all by name
    select * from assigned_yearly
    union all by name
    select * from assigned_spread
    union all by name
    select * from from_path
)

select
    years.plan_id,
    years.indicator_code,
    years.reference_year,
    cast(united.yearly_value as decimal(24, 6)) as yearly_value,
    united.value_basis,
    united.value_source
from years
left join united
    on
        years.plan_id = united.plan_id
        and years.indicator_code = united.indicator_code
        and years.reference_year = united.reference_year
qualify
    row_number() over (
        partition by years.plan_id, years.indicator_code, years.reference_year
        order by united.preference
    ) = 1
