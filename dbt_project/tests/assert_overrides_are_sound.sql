-- An override is about something the plan has, in a word its kind of target knows, and ends after it begins.
with

known as (
    select
        plan_id,
        'indicator' as target_type,
        indicator_code as target_id
    from {{ ref('indicators') }}
    union
    select
        plan_id,
        'text_target' as target_type,
        text_target_id as target_id
    from {{ ref('text_targets') }}
    where role = 'target'
    union
    select
        plan_id,
        'project' as target_type,
        project_id as target_id
    from {{ ref('projects') }}
),

placed as (
    select
        overrides.*,
        'dbt_project/seeds/plan/status_overrides.csv, plan ' || overrides.plan_id || ', ' || overrides.override_id
            as where_found,
        known.target_id is not null as is_known
    from {{ ref('status_overrides') }} as overrides
    left join known
        on
            overrides.plan_id = known.plan_id
            and overrides.target_type = known.target_type
            and overrides.target_id = known.target_id
)

select
    where_found,
    target_type || ' ' || target_id as found,
    '规划中的对象 / a target of the plan' as expected,
    '更正 target_type 或 target_id / correct target_type or target_id' as remedy
from placed
where not is_known

union all

select
    where_found,
    'expires_on ' || expires_on || ', approved_on ' || approved_on as found,
    '失效日晚于批准日 / a day of expiry after the day of approval' as expected,
    '更正其一 / correct one of the two' as remedy
from placed
where expires_on <= approved_on

union all

select
    placed.where_found,
    'status ' || placed.status || ' of ' || placed.target_type as found,
    case placed.target_type
        when 'project' then '项目的状态之一 / a status of a project: completed, stage_only, overdue, …'
        else '目标的状态之一，见 evaluation_classes.csv / a status of a target, one of evaluation_classes.csv'
    end as expected,
    '更正 status / correct status' as remedy
from placed
left join {{ ref('evaluation_classes') }} as classes on placed.status = classes.status
where
    case placed.target_type
        when 'project'
            then
                placed.status not in (
                    'not_reported', 'completed', 'stage_reached', 'not_started', 'overdue', 'stage_only', 'ahead', 'on_schedule',
                    'slightly_behind', 'lagging'
                )
        else classes.status is null
    end
