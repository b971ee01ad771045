-- Every kind of target in one shape. A kind is one readable model; adding a kind is one line here. A column that only
-- some kinds have stays empty for the others.
{%- set kinds = [
    'int_level_targets__evaluated',
    'int_average_growth_targets__evaluated',
    'int_cumulative_targets__evaluated',
    'int_floor_targets__evaluated',
    'int_ceiling_targets__evaluated',
    'int_interval_targets__evaluated',
    'int_reached_targets__evaluated',
    'int_relative_region_targets__evaluated',
    'int_relative_series_targets__evaluated',
    'int_assigned_targets__evaluated',
] %}
{% for kind in kinds %}
    select * from {{ ref(kind) }}
    {% if not loop.last %}union all by name{% endif %}
{% endfor %}
