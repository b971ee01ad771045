-- One row an indicator. What cannot be judged says so, and says who owes the figure.
select
    plan_id,
    target_id as indicator_code,
    {{ progress_columns() }}
from {{ ref('int_progress__completed') }}
where target_type = 'indicator'
