-- The cuts between the status words, as they stand on the as-of date. A plan always has some: one that has not begun on
-- that day has those it begins with, or nothing of it could be told.
select *
from {{ ref('status_thresholds') }}
-- Of those in force by then the latest, of those to come the first: either way the nearest.
qualify
    row_number() over (
        partition by plan_id
        order by effective_from > {{ as_of_date() }}, abs(date_diff('day', effective_from, {{ as_of_date() }}))
    ) = 1
