-- The selected observations of the series that measure an indicator, for the plan's area and its comparator.
select
    * exclude (target_type, target_id, series_basis, growth_price_basis, scope),
    target_id as indicator_code
from {{ ref('int_target_values__selected') }}
where target_type = 'indicator'
