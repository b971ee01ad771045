-- The validity rules in one row.
{% set rules = [
    "daily_mean_hours", "o3_8h_hours", "o3_daily_runs", "o3_8h_limit", "year_days", "month_days",
    "february_days", "station_share", "good_index"
] %}
select
    {%- for rule in rules %}
    max(minimum) filter (where rule = '{{ rule }}') as {{ rule }}{{ "," if not loop.last }}
    {%- endfor %}
from {{ ref('air_validity_rules') }}
