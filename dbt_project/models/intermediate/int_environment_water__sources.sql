-- What is computed here from the results of the sections: one source a release of a period.
select distinct
    source_id,
    '地表水断面结果测算 / computed from the results of the sections ' || reference_period as title,
    '本库测算 / computed here' as publisher,
    strftime(published_date, '%Y-%m-%d') as published_date_printed,
    '' as url,
    'computed' as publisher_class,
    origin
from {{ ref('int_water_shares__computed') }}
