-- The stages of each type with the points the decision on stage_points gives them (DEC-P1). Points are steps between the
-- stages; where the decision gives none, or wants them from money spent, which no source tells, there are none.
select
    plans.plan_id,
    stages.project_type,
    stages.stage_id,
    stages.stage_no,
    stages.name_zh,
    stages.name_en,
    stages.is_start,
    case when coalesce(parameters.parameter_value, 'equal_steps') = 'equal_steps' then stages.cumulative_points_pct end
        as cumulative_points_pct
from {{ ref('project_stages') }} as stages
cross join {{ ref('plans') }} as plans
left join {{ ref('int_decision_parameters__effective') }} as parameters
    on
        plans.plan_id = parameters.plan_id
        and parameters.target_type = 'project_type'
        and stages.project_type = parameters.target_id
        and parameters.parameter = 'stage_points'
        and parameters.is_read
