-- The value each indicator owes in each year of the plan: printed or published, assigned, else derived from the path of
-- its target (DEC-G4) or from the value assigned for the whole period. None where neither gives one. A level target is
-- itself the printed value of its final year, and a floor or ceiling that of every year. On a lattice only whole steps
-- can be owed: what the path has not yet filled is not due. `compare_decimals` is the precision an actual figure is held
-- against it with: as printed; two decimals at least of what is assigned, whose own zeros are not kept; what is derived is
-- not rounded, except for a step to its printed digits.
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
    from {{ ref('int_milestones__effective') }}
    where target_type = 'indicator'
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
        known.document_date,
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
            when
                targets.attainable_target_value is not null and targets.baseline_value is not null
                and years.reference_year < targets.last_year
                then
                    {{ rounded_as_printed(
                        '(100.0 * floor(round('
                        ~ lattice_steps('targets.baseline_value', 'targets') ~ ' + ('
                        ~ lattice_steps('targets.attainable_target_value', 'targets') ~ ' - '
                        ~ lattice_steps('targets.baseline_value', 'targets') ~ ')'
                        ~ ' * (path.path_value - targets.baseline_value)'
                        ~ ' / nullif(targets.target_value - targets.baseline_value, 0), 6)) / targets.lattice_n)',
                        'targets.compare_decimals'
                    ) }}
            else path.path_value
        end as yearly_value,
        targets.attainable_target_value is not null as is_on_lattice,
        case
            when targets.target_kind in ('floor', 'ceiling') then 'printed'
            when
                targets.target_kind not in ('cumulative_sum', 'period_average_growth')
                and years.reference_year = targets.last_year
                then 'printed'
            else 'derived'
        end as value_basis,
        case when value_basis = 'printed' then targets.citation else 'DEC-G4' end as value_source,
        4 as preference
    from years
    inner join {{ ref('int_target_path__yearly') }} as path
        on
            years.plan_id = path.plan_id
            and path.target_type = 'indicator'
            and years.indicator_code = path.target_id
            and years.reference_year = path.reference_year
            and path.path_value is not null
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('path', 'targets') }}
    left join {{ ref('int_target_path__yearly') }} as before
        on
            path.plan_id = before.plan_id
            and path.target_type = before.target_type
            and path.target_id = before.target_id
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
    united.value_source,
    cast(
        case
            when united.value_basis != 'derived'
                then greatest(
                    coalesce(targets.compare_decimals, 0),
                    {{ printed_decimals(figure('cast(united.yearly_value as decimal(24, 6))')) }},
                    case united.value_basis when 'assigned' then 2 else 0 end
                )
            when united.is_on_lattice then targets.compare_decimals
            else 6
        end as integer
    ) as compare_decimals,
    coalesce(united.value_basis != 'derived' or targets.veto_basis = 'derived_too', false) as counts_for_veto
from years
left join united
    on
        years.plan_id = united.plan_id
        and years.indicator_code = united.indicator_code
        and years.reference_year = united.reference_year
left join {{ ref('int_targets__effective') }} as targets
    on
        years.plan_id = targets.plan_id
        and targets.target_type = 'indicator'
        and years.indicator_code = targets.target_id
qualify
    row_number() over (
        partition by years.plan_id, years.indicator_code, years.reference_year
        order by united.preference asc, united.document_date desc
    ) = 1
