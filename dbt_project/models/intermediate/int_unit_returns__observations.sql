-- What the responsible units return, in the shape of all figures (see _sources__models.yml). A figure returned under
-- the id of a target in text becomes a series of its own.
with

units as (
    select
        plan_id,
        indicator_code as target_id,
        any_value(unit) as unit
    from {{ ref('indicators') }}
    group by plan_id, indicator_code
    union all by name
    select
        plan_id,
        text_target_id as target_id,
        any_value(unit) as unit
    from {{ ref('text_targets') }}
    where role = 'target'
    group by plan_id, text_target_id
)

select
    mapped.series_code,
    plans.area_code,
    returns.measure,
    mapped.scope,
    returns.frequency,
    returns.reference_period,
    returns.unit as unit_measure,
    returns.obs_status,
    nullif(returns.stage, '') as stage,
    -- The unit itself says at which prices its rate of growth is.
    coalesce(upper(returns.price_basis), '') as tags,
    {{ return_source_id('returns') }} as source_id,
    returns.origin,
    returns.first_seen_date,
    returns.landing_id,
    returns.file_sha256,
    returns.row_number,
    returns.place,
    returns.value,
    returns.unit,
    -- A target that is reached or not has no unit to be in.
    coalesce(units.unit, returns.unit) as expected_unit_measure
from {{ ref('stg_unit_returns__returns') }} as returns
inner join {{ ref('plans') }} as plans on returns.plan_id = plans.plan_id
inner join units on returns.plan_id = units.plan_id and returns.indicator_code = units.target_id
inner join {{ ref('int_target_series__mapped') }} as mapped
    on
        returns.plan_id = mapped.plan_id
        and returns.indicator_code = mapped.target_id
        and mapped.series_basis = 'own'
-- A row that says "no figure" is kept in staging; it is not an observation.
where returns.value is not null
