-- The validity rules in one row.
select
    max(minimum) filter (where rule = 'daily_mean_hours') as daily_mean_hours,
    max(minimum) filter (where rule = 'o3_8h_hours') as o3_8h_hours,
    max(minimum) filter (where rule = 'o3_daily_runs') as o3_daily_runs,
    max(minimum) filter (where rule = 'o3_8h_limit') as o3_8h_limit,
    max(minimum) filter (where rule = 'year_days') as year_days,
    max(minimum) filter (where rule = 'month_days') as month_days,
    max(minimum) filter (where rule = 'february_days') as february_days,
    max(minimum) filter (where rule = 'station_share') as station_share,
    max(minimum) filter (where rule = 'good_index') as good_index
from {{ ref('air_validity_rules') }}
