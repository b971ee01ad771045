-- The path an indicator is followed along, year by year; only where a baseline and a number exist.
select
    plan_id,
    target_id as indicator_code,
    reference_year,
    path_value,
    path_kind
from {{ ref('int_target_path__yearly') }}
where target_type = 'indicator' and path_value is not null
