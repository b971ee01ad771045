-- A figure in another unit than its series has is a slip at the publisher or a redefinition; neither may pass unseen.
select
    landing_id || ', ' || place as where_found,
    series_code || ' ' || area_code || ' ' || reference_period || ' in unit ' || coalesce(unit_measure, '(none)') as found,
    'unit ' || coalesce(expected_unit_measure, '(series is not in seeds/reference/series.csv)') as expected,
    'ask the publisher; if the unit really changed, change the series in dbt_project/seeds/reference/series.csv'
        as remedy
from {{ ref('int_observations__conformed') }}
where unit_measure is distinct from expected_unit_measure
