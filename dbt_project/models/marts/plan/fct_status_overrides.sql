-- Every override approved by the as-of date, whether it counts on that day, and what is computed beside it. One in force
-- is overtaken where what it is about is reached meanwhile: it then hides the better word. One that withholds a status
-- doubts the figure itself, and no figure overtakes it.
{%- set reached = "('completed', 'met', 'achieved_early')" %}
with

computed as (
    select
        plan_id,
        'indicator' as target_type,
        indicator_code as target_id,
        status,
        lamp
    from {{ ref('fct_target_progress') }}
    union all
    select
        plan_id,
        'text_target' as target_type,
        text_target_id as target_id,
        status,
        lamp
    from {{ ref('fct_text_target_progress') }}
    union all
    select
        plan_id,
        'project' as target_type,
        project_id as target_id,
        status,
        lamp
    from {{ ref('fct_project_progress') }}
)

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
    end as override_state,
    overrides.origin,
    computed.status as computed_status,
    computed.lamp as computed_lamp,
    coalesce(
        effective.override_id is not null
        and computed.status in {{ reached }}
        and overrides.status not in {{ reached }}
        and overrides.status != 'under_revision',
        false
    ) as is_overtaken
from {{ ref('status_overrides') }} as overrides
left join {{ ref('int_status_overrides__effective') }} as effective
    on overrides.plan_id = effective.plan_id and overrides.override_id = effective.override_id
left join computed on {{ same_target('overrides', 'computed') }}
where overrides.approved_on <= {{ as_of_date() }}
