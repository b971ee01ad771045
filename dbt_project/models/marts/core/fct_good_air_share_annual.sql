-- Share of good days by year: under each edition, and under the one in force on each day (IN_FORCE).
select
    area_code,
    cast(reference_period as integer) as reference_year,
    edition,
    good_days,
    valid_days,
    good_air_share_pct,
    is_representative,
    obs_status,
    case when is_simulated then 'simulated' else 'derived' end as origin
from {{ ref('int_good_air__summed') }}
-- Only periods that have ended by the month the release is about.
where frequency = 'A' and {{ period_end('reference_period') }} <= {{ reference_month_end() }}
