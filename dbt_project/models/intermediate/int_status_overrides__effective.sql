-- The override in force for each target on the as-of date: approved by then, not yet expired; of several the latest.
select
    plan_id,
    override_id,
    target_type,
    target_id,
    status,
    lamp,
    reason_zh,
    reason_en,
    approved_by,
    approved_on,
    expires_on,
    evidence,
    origin
from {{ ref('status_overrides') }}
where
    approved_on <= {{ as_of_date() }}
    and expires_on > {{ as_of_date() }}
qualify row_number() over (partition by plan_id, target_type, target_id order by approved_on desc, override_id desc) = 1
