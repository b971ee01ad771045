-- The selected observations of the series that measure an indicator, for the plan's area and its comparator.
select
    indicator_series.plan_id,
    indicator_series.indicator_code,
    observations.area_code,
    observations.reference_period,
    observations.frequency,
    observations.measure,
    observations.value,
    observations.unit,
    observations.obs_status,
    observations.stage,
    observations.tags,
    observations.origin,
    observations.source_id,
    observations.published_date,
    observations.vintage_date,
    observations.series_code,
    observations.landing_id,
    observations.file_sha256,
    observations.row_number,
    observations.place,
    observations.period_end_date
from {{ ref('indicator_series') }} as indicator_series
inner join {{ ref('plans') }} as plans on indicator_series.plan_id = plans.plan_id
inner join {{ ref('int_observations__ranked') }} as observations
    on
        indicator_series.series_code = observations.series_code
        and indicator_series.scope = observations.scope
        and observations.area_code in (plans.area_code, plans.comparator_area_code)
        and (
            (observations.frequency = 'A' and indicator_series.measure = observations.measure)
            or (
                observations.frequency != 'A'
                and observations.measure in (indicator_series.measure, indicator_series.sub_annual_measure)
            )
        )
where observations.is_selected
