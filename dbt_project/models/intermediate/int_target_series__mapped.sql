-- Which series measures a target, in order of preference. A target in text that repeats an indicator, in the same unit, is
-- one matter with it (DEC-T9, DEC-T10): the series of the indicator counts, where official figures go first (DEC-R1); else
-- that of the statement it repeats; else a series of its own, what units return under its id.
with

own as (
    select
        plan_id,
        'indicator' as target_type,
        indicator_code as target_id,
        series_code,
        measure,
        sub_annual_measure,
        scope,
        growth_price_basis
    from {{ ref('indicator_series') }}
    union all by name
    select distinct
        plan_id,
        'text_target' as target_type,
        text_target_id as target_id,
        plan_id || '.' || text_target_id as series_code,
        case when target_kind in ('period_average_growth', 'relative_series') then 'YOY' else 'LEVEL' end as measure,
        case
            when target_kind in ('period_average_growth', 'relative_series') then 'YOY_YTD'
            when target_kind = 'cumulative_sum' then 'YTD'
            else 'LEVEL'
        end as sub_annual_measure,
        '_T' as scope,
        cast(null as varchar) as growth_price_basis
    from {{ ref('text_targets') }}
    where role = 'target'
),

units as (
    select
        plan_id,
        indicator_code,
        any_value(unit) as unit
    from {{ ref('indicators') }}
    group by plan_id, indicator_code
)

select
    own.*,
    case own.target_type when 'indicator' then 1 else 3 end as preference,
    'own' as series_basis
from own
union all by name
select
    targets.plan_id,
    targets.target_type,
    targets.target_id,
    own.series_code,
    own.measure,
    own.sub_annual_measure,
    own.scope,
    own.growth_price_basis,
    2 as preference,
    'of_repeated' as series_basis
from {{ ref('int_targets__effective') }} as targets
inner join own
    on targets.plan_id = own.plan_id and own.target_type = 'text_target' and targets.duplicate_of = own.target_id
union all by name
select
    targets.plan_id,
    targets.target_type,
    targets.target_id,
    own.series_code,
    own.measure,
    own.sub_annual_measure,
    own.scope,
    own.growth_price_basis,
    1 as preference,
    'of_indicator' as series_basis
from {{ ref('int_targets__effective') }} as targets
inner join own
    on targets.plan_id = own.plan_id and own.target_type = 'indicator' and targets.indicator_code = own.target_id
inner join units on targets.plan_id = units.plan_id and targets.indicator_code = units.indicator_code
where
    targets.target_type = 'text_target'
    and coalesce(targets.unit, units.unit) = units.unit
