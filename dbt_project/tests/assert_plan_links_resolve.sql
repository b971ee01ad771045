-- Every id one table of the plan names must stand in the other, under the same plan.
-- Per link: the seed, its own key, what it names (a word, or a column that says it) and the column of the id.
{% set links = [
    ("text_targets", "text_target_id", "'section'", "section_id"),
    ("text_targets", "text_target_id", "'box'", "box_no"),
    ("text_targets", "text_target_id", "'indicator'", "indicator_code"),
    ("text_targets", "text_target_id", "'text_target'", "duplicate_of"),
    ("text_targets", "text_target_id", "'unit'", "responsible_unit_ids"),
    ("text_targets", "text_target_id", "'modifier'", "modifiers"),
    ("text_targets", "text_target_id", "'unit of measure'", "threshold_unit"),
    ("targets", "indicator_code", "'modifier'", "modifiers"),
    ("plan_boxes", "box_no", "'section'", "section_id"),
    ("projects", "project_id", "'section'", "section_id"),
    ("projects", "project_id", "'box'", "box_no"),
    ("projects", "project_id", "'project'", "parent_project_id"),
    ("projects", "project_id", "'project'", "same_as_project_id"),
    ("projects", "project_id", "'unit'", "responsible_unit_ids"),
    ("projects", "project_id", "'modifier'", "required_modifiers"),
    ("projects", "project_id", "'stage of ' || project_type", "required_stage_id"),
    ("projects", "project_id", "'unit of measure'", "quantity_unit"),
    ("omissions", "omission_id", "'section'", "section_id"),
    ("omissions", "omission_id", "'box'", "box_no"),
    ("project_targets", "project_id", "'project'", "project_id"),
    ("project_targets", "project_id", "target_type", "target_id"),
    ("decision_targets", "decision_id", "target_type", "target_id"),
    ("comparators", "comparator_id", "target_type", "target_id"),
    ("comparators", "comparator_id", "'indicator'", "comparator_indicator_code"),
    ("superior_assignments", "assignment_id", "'indicator'", "indicator_code"),
    ("milestones", "target_id", "target_type", "target_id"),
] %}
{% set own = [
    ("plans", "'plan'", "plan_id"),
    ("plan_sections", "'section'", "section_id"),
    ("plan_boxes", "'box'", "box_no"),
    ("indicators", "'indicator'", "indicator_code"),
    ("text_targets", "'text_target'", "text_target_id"),
    ("projects", "'project'", "project_id"),
] %}
-- What belongs to no one plan is known to all of them.
{% set shared = [
    ("responsible_units", "'unit'", "unit_id"),
    ("target_modifiers", "'modifier'", "modifier"),
    ("measure_units", "'unit of measure'", "unit_zh"),
    ("project_types", "'project_type'", "project_type"),
    ("project_stages", "'stage of ' || project_type", "stage_id"),
] %}
with

named as (
    {% for seed, key, names, id in links %}
        select
            '{{ seed }}' as seed,
            plan_id,
            cast({{ key }} as varchar) as row_key,
            {{ names }} as names,
            unnest(string_split(cast({{ id }} as varchar), ';')) as id
        from {{ ref(seed) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

known as (
    {% for seed, names, id in own %}
        select
            plan_id,
            {{ names }} as names,
            cast({{ id }} as varchar) as id
        from {{ ref(seed) }}
        union all
    {% endfor %}
    {% for seed, names, id in shared %}
        select
            plans.plan_id,
            {{ names }} as names,
            shared.{{ id }} as id
        from {{ ref('plans') }} as plans
        cross join {{ ref(seed) }} as shared
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    'dbt_project/seeds/plan/' || named.seed || '.csv, plan ' || named.plan_id || ', ' || named.row_key as where_found,
    named.names || ' ' || named.id as found,
    'an id that stands in its own table under the same plan' as expected,
    'correct the id, or add the row it names' as remedy
from named
left join known on named.plan_id = known.plan_id and named.names = known.names and named.id = known.id
where named.id is not null and known.id is null
