-- One row an indicator. What cannot be judged says so, and says who owes the figure. A status set by hand stands beside.
select
    progress.plan_id,
    progress.target_id as indicator_code,
    {{ progress_columns('progress') }},
    {{ override_columns('progress') }}
from {{ ref('int_progress__completed') }} as progress
left join {{ ref('int_status_overrides__effective') }} as overrides on {{ same_target('progress', 'overrides') }}
where progress.target_type = 'indicator'
