-- Lamps of each box: every project once, in the box it is counted in; headings are no projects of their own.
-- What was set by hand counts while it is in force.
select
    boxes.plan_id,
    cast(boxes.box_no as integer) as box_number,
    boxes.title_zh,
    boxes.title_en,
    boxes.section_id,
    cast(count(progress.project_id) as integer) as entries_number,
    cast(count(*) filter (where progress.status = 'heading') as integer) as headings_number,
    cast(count(*) filter (where not progress.is_counted) as integer) as counted_elsewhere_number,
    cast(count(*) filter (where progress.is_counted and progress.status != 'heading') as integer) as projects_number,
    {%- for lamp in ("green", "yellow", "red", "grey") %}
        cast(
            count(*) filter (where progress.is_counted and progress.status != 'heading' and progress.shown_lamp = '{{ lamp }}')
            as integer
        ) as {{ lamp }}_number,
    {%- endfor %}
    cast(count(*) filter (where progress.is_counted and progress.shown_status = 'completed') as integer) as completed_number,
    cast(count(*) filter (where progress.is_counted and progress.shown_status = 'stage_reached') as integer) as stage_reached_number,
    cast(count(*) filter (where progress.is_counted and progress.shown_status = 'not_reported') as integer) as not_reported_number
from {{ ref('plan_boxes') }} as boxes
left join {{ ref('fct_project_progress') }} as progress
    on boxes.plan_id = progress.plan_id and boxes.box_no = progress.box_number
group by boxes.plan_id, boxes.box_no, boxes.title_zh, boxes.title_en, boxes.section_id
