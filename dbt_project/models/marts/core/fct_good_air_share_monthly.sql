-- Share of good days by month: under each edition, and under the one in force on each day (IN_FORCE).
select
    area_code,
    reference_period as reference_month,
    edition,
    good_days,
    valid_days,
    good_air_share_pct,
    is_representative,
    obs_status,
    case when is_simulated then 'simulated' else 'derived' end as origin
from {{ ref('int_good_air__summed') }}
-- Only periods that have ended by the month the release is about.
where frequency = 'M' and {{ period_end('reference_period') }} <= {{ reference_month_end() }}
