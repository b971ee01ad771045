-- Every override approved by the as-of date, and whether it counts on that day.
select
    overrides.plan_id,
    overrides.override_id,
    overrides.target_type,
    overrides.target_id,
    overrides.status as override_status,
    overrides.lamp as override_lamp,
    overrides.reason_zh,
    overrides.reason_en,
    overrides.approved_by,
    overrides.approved_on as approved_date,
    overrides.expires_on as expiry_date,
    overrides.evidence,
    case
        when effective.override_id is not null then 'in_force'
        when overrides.expires_on <= {{ as_of_date() }} then 'expired'
        else 'replaced'
    end as override_state
from {{ ref('status_overrides') }} as overrides
left join {{ ref('int_status_overrides__effective') }} as effective
    on overrides.plan_id = effective.plan_id and overrides.override_id = effective.override_id
where overrides.approved_on <= {{ as_of_date() }}
