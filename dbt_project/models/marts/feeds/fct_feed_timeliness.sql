-- How each table kept its publishing calendar (raw/publishing_calendar.py) in the thirteen months before the as-of date.
select
    feed,
    table_name,
    reference_month,
    cast(expected_date as date) as expected_date,
    cast(late_after_date as date) as late_after_date,
    cast(first_landed_date as date) as first_landed_date,
    cast(late_days as integer) as late_days,
    timeliness
from {{ source('landing', 'feed_timeliness') }}
