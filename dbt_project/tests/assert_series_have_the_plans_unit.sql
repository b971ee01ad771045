-- A series that measures an indicator is conformed to the unit the plan prints.
select
    'dbt_project/seeds/reference/series.csv, series ' || series.series_code as where_found,
    'unit ' || series.unit as found,
    'unit ' || indicators.unit || ' of indicator ' || indicators.indicator_code as expected,
    'set unit and unit_mult of the series to those of the plan' as remedy
from {{ ref('indicator_series') }} as indicator_series
inner join {{ ref('indicators') }} as indicators
    on
        indicator_series.plan_id = indicators.plan_id
        and indicator_series.indicator_code = indicators.indicator_code
inner join {{ ref('series') }} as series on indicator_series.series_code = series.series_code
where
    indicator_series.measure = 'LEVEL'
    and series.unit != indicators.unit
