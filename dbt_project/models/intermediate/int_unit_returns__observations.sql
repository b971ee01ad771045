-- What the responsible units return, in the shape of all figures (see _sources__models.yml).
select
    indicator_series.series_code,
    plans.area_code,
    returns.measure,
    indicator_series.scope,
    returns.frequency,
    returns.reference_period,
    returns.unit as unit_measure,
    returns.obs_status,
    nullif(returns.stage, '') as stage,
    '' as tags,
    'R-' || returns.unit_id || '-' || returns.return_month as source_id,
    returns.origin,
    returns.first_seen_date,
    returns.landing_id,
    returns.file_sha256,
    returns.row_number,
    returns.place,
    returns.value,
    returns.unit,
    indicators.unit as expected_unit_measure
from {{ ref('stg_unit_returns__returns') }} as returns
inner join {{ ref('plans') }} as plans on returns.plan_id = plans.plan_id
inner join {{ ref('indicators') }} as indicators
    on returns.plan_id = indicators.plan_id and returns.indicator_code = indicators.indicator_code
inner join {{ ref('indicator_series') }} as indicator_series
    on returns.plan_id = indicator_series.plan_id and returns.indicator_code = indicator_series.indicator_code
-- A row that says "no figure" is kept in staging; it is not an observation.
where returns.value is not null
