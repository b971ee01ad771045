-- From the part of the plan to the unit that answers: section, box, project, the target it moves, the unit. A link
-- the plan does not make is empty; who merely returns a figure is not made responsible for it (DEC-G9).
with

targets as (
    select
        plan_id,
        'indicator' as target_type,
        indicator_code as target_id,
        name_zh,
        name_en,
        responsible_unit_ids,
        'named' as unit_status,
        null as section_id,
        null as box_no
    from {{ ref('indicators') }}
    where
        effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
    union all by name
    select
        plan_id,
        'text_target' as target_type,
        text_target_id as target_id,
        statement_zh as name_zh,
        statement_en as name_en,
        responsible_unit_ids,
        responsible_unit_status as unit_status,
        section_id,
        box_no
    from {{ ref('text_targets') }}
    where
        role = 'target'
        and effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
),

by_project as (
    select
        projects.plan_id,
        projects.section_id,
        projects.box_no,
        projects.project_id,
        projects.name_zh as project_name_zh,
        projects.name_en as project_name_en,
        projects.parent_project_id,
        targets.target_type,
        targets.target_id,
        targets.name_zh as target_name_zh,
        targets.name_en as target_name_en,
        links.link_basis,
        coalesce(projects.responsible_unit_ids, targets.responsible_unit_ids) as unit_ids,
        case
            when projects.responsible_unit_ids is not null then projects.responsible_unit_status
            when targets.responsible_unit_ids is not null then 'of_target'
            else 'not_named'
        end as unit_status
    from {{ ref('projects') }} as projects
    left join {{ ref('project_targets') }} as links
        on projects.plan_id = links.plan_id and projects.project_id = links.project_id
    left join targets
        on
            links.plan_id = targets.plan_id
            and links.target_type = targets.target_type
            and links.target_id = targets.target_id
),

without_project as (
    select
        targets.plan_id,
        targets.section_id,
        targets.box_no,
        null as project_id,
        null as project_name_zh,
        null as project_name_en,
        null as parent_project_id,
        targets.target_type,
        targets.target_id,
        targets.name_zh as target_name_zh,
        targets.name_en as target_name_en,
        null as link_basis,
        targets.responsible_unit_ids as unit_ids,
        targets.unit_status
    from targets
    left join {{ ref('project_targets') }} as links
        on
            targets.plan_id = links.plan_id
            and targets.target_type = links.target_type
            and targets.target_id = links.target_id
    where links.project_id is null
),

united as (
    select * from by_project
    union all by name
    select * from without_project
),

-- One row a unit; a row without one stays.
owed as (
    select
        united.* exclude (unit_ids),
        unnest(string_split(coalesce(united.unit_ids, ''), ';')) as unit_id
    from united
)

select
    owed.plan_id,
    coalesce(owed.section_id, '') as section_id,
    coalesce(sections.title_zh, '') as section_title_zh,
    coalesce(sections.title_en, '') as section_title_en,
    cast(owed.box_no as integer) as box_number,
    coalesce(boxes.title_zh, '') as box_title_zh,
    coalesce(boxes.title_en, '') as box_title_en,
    coalesce(owed.project_id, '') as project_id,
    coalesce(owed.project_name_zh, '') as project_name_zh,
    coalesce(owed.project_name_en, '') as project_name_en,
    coalesce(owed.parent_project_id, '') as parent_project_id,
    coalesce(owed.target_type, '') as target_type,
    coalesce(owed.target_id, '') as target_id,
    coalesce(owed.target_name_zh, '') as target_name_zh,
    coalesce(owed.target_name_en, '') as target_name_en,
    coalesce(owed.link_basis, '') as link_basis,
    owed.unit_id as responsible_unit_id,
    coalesce(units.name_zh, '') as responsible_unit_name_zh,
    coalesce(units.name_en, '') as responsible_unit_name_en,
    owed.unit_status as responsible_unit_status
from owed
left join {{ ref('plan_sections') }} as sections
    on owed.plan_id = sections.plan_id and owed.section_id = sections.section_id
left join {{ ref('plan_boxes') }} as boxes on owed.plan_id = boxes.plan_id and owed.box_no = boxes.box_no
left join {{ ref('responsible_units') }} as units on owed.unit_id = units.unit_id
