-- The last word on each stage of a project, from whichever unit and month it came (the later day of reporting
-- counts), and whether it was reached by the end of the reference month. A counted project has one row. The first day
-- that was planned for it stays beside the last: a plan that is moved after the event is no plan that was kept.
select
    entries.plan_id,
    entries.counted_as_project_id as project_id,
    reports.stage_id,
    stages.stage_no,
    stages.name_zh as stage_name_zh,
    stages.name_en as stage_name_en,
    stages.cumulative_points_pct,
    case when reports.reached_on <= {{ reference_month_end() }} then reports.reached_on end as reached_on,
    reports.planned_on,
    arg_min(reports.planned_on, (reports.reported_on, reports.return_month, reports.unit_id, reports.project_id))
    filter (where reports.planned_on is not null)
        over (partition by entries.plan_id, entries.counted_as_project_id, reports.stage_id) as first_planned_on,
    reports.completed_quantity,
    nullif(reports.evidence, '') as evidence,
    reports.unit_id,
    reports.return_month,
    reports.reported_on,
    {{ return_source_id('reports') }} as source_id,
    reports.origin,
    reports.landing_id,
    reports.file_sha256,
    reports.row_number,
    reports.place
from {{ ref('stg_unit_returns__project_milestones') }} as reports
inner join {{ ref('int_project_entries__counted') }} as entries
    on reports.plan_id = entries.plan_id and reports.project_id = entries.project_id
left join {{ ref('int_project_stages__scored') }} as stages
    on
        entries.plan_id = stages.plan_id
        and entries.project_type = stages.project_type
        and reports.stage_id = stages.stage_id
where
    reports.reported_on <= {{ as_of_date() }}
    and reports.return_month <= '{{ var("reference_month") }}'
qualify
    row_number() over (
        partition by entries.plan_id, entries.counted_as_project_id, reports.stage_id
        order by reports.reported_on desc, reports.return_month desc, reports.unit_id asc, reports.project_id asc
    ) = 1
