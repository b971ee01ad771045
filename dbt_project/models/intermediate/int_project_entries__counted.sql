-- Every entry of a box with the entry it is counted as: two entries of one project are one project (DEC-P3).
with

entries as (
    select
        projects.*,
        least(projects.project_id, coalesce(projects.same_as_project_id, projects.project_id)) as counted_as_project_id
    from {{ ref('projects') }} as projects
),

-- What decisions say of an entry: whether its verb asks for a stage (DEC-P6), whether a soft word keeps it from red (DEC-T6).
decided as (
    select
        plan_id,
        target_id as project_id,
        max(parameter_value) filter (where parameter = 'required_stage') as required_stage,
        max(parameter_value) filter (where parameter = 'soft_lamp') as soft_lamp
    from {{ ref('int_decision_parameters__effective') }}
    where target_type = 'project' and is_read
    group by plan_id, target_id
),

-- What the text asks of either entry is asked of the project.
asked as (
    select
        entries.plan_id,
        entries.counted_as_project_id,
        min(case when coalesce(decided.required_stage, 'by_verb') = 'by_verb' then entries.required_stage_id end)
            as required_stage_id,
        min(case when coalesce(decided.soft_lamp, 'never_red') = 'never_red' then entries.required_modifiers end)
            as required_modifiers
    from entries
    left join decided on entries.plan_id = decided.plan_id and entries.project_id = decided.project_id
    group by entries.plan_id, entries.counted_as_project_id
),

stages as (
    select
        plan_id,
        project_type,
        max(stage_no) as last_stage_no,
        max(case when is_start then stage_no end) as start_stage_no,
        max_by(cumulative_points_pct, stage_no) as last_points_pct
    from {{ ref('int_project_stages__scored') }}
    group by plan_id, project_type
)

select
    entries.plan_id,
    entries.project_id,
    entries.counted_as_project_id,
    entries.project_id = entries.counted_as_project_id as is_counted,
    entries.project_type,
    project_types.measured_by,
    entries.parent_project_id,
    entries.box_no,
    entries.section_id,
    entries.name_zh,
    entries.name_en,
    entries.quantity_value,
    entries.quantity_unit,
    entries.responsible_unit_ids,
    entries.responsible_unit_status,
    -- A date known only to the year counts as its last day.
    make_date(entries.planned_start_year, 12, 31) as printed_start_date,
    make_date(entries.planned_end_year, 12, 31) as printed_end_date,
    stages.start_stage_no,
    stages.last_stage_no,
    coalesce(required.stage_no, stages.last_stage_no) as required_stage_no,
    case
        when project_types.measured_by = 'counted' then 100
        when asked.required_stage_id is null then stages.last_points_pct
        else required.cumulative_points_pct
    end as goal_pct,
    coalesce(modifiers.is_soft, false) as is_soft
from entries
inner join asked
    on entries.plan_id = asked.plan_id and entries.counted_as_project_id = asked.counted_as_project_id
inner join {{ ref('project_types') }} as project_types on entries.project_type = project_types.project_type
left join stages on entries.plan_id = stages.plan_id and entries.project_type = stages.project_type
left join {{ ref('int_project_stages__scored') }} as required
    on
        entries.plan_id = required.plan_id
        and entries.project_type = required.project_type
        and asked.required_stage_id = required.stage_id
left join lateral (
    select bool_or(words.effect = 'soft') as is_soft
    from {{ ref('target_modifiers') }} as words
    where list_contains(string_split(asked.required_modifiers, ';'), words.modifier)
) as modifiers on true
