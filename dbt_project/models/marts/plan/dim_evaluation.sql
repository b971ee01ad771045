-- The evaluations of each plan, and which of them is the newest that is due on the as-of date.
select
    plan_id,
    evaluation_id,
    evaluation_kind,
    name_zh,
    name_en,
    due_on as due_date,
    assessed_first_year,
    assessed_last_year,
    coalesce(
        due_on = max(case when due_on <= {{ as_of_date() }} then due_on end) over (partition by plan_id), false
    ) as is_newest_due,
    basis_zh,
    basis_en,
    citation
from {{ ref('evaluations') }}
