-- What English readers are told holds no Chinese: every column of a mart whose name ends in _en.
-- One exception: who approved an override is a name, and stands as its row writes it where that row gives no English.
{% set columns = [
    ("dim_area", ["name_en"]),
    ("dim_decision", ["question_en", "decision_en", "reason_en", "options_en", "chosen_option_en"]),
    ("dim_evaluation", ["name_en", "basis_en"]),
    ("dim_indicator", ["name_en", "category_en", "responsible_units_en"]),
    ("dim_responsible_unit", ["name_en"]),
    ("dim_task_chain", [
        "section_title_en", "box_title_en", "project_name_en", "target_name_en", "responsible_unit_name_en"
    ]),
    ("fct_evaluation_findings", ["subject_name_en", "text_en"]),
    ("fct_held_figures", ["series_name_en", "held_what_en"]),
    ("fct_indicator_quality", ["name_en"]),
    ("fct_monthly_flows", ["series_name_en", "flow_reason_en"]),
    ("fct_observation_vintages", ["series_name_en", "selection_reason_en"]),
    ("fct_observations", ["series_name_en"]),
    ("fct_port_calls_monthly", ["harbour_en"]),
    ("fct_project_lamps_by_box", ["title_en"]),
    ("fct_project_progress", ["name_en", "stage_name_en", "reason_en", "override_reason_en"]),
    ("fct_revision_proposals", ["name_en", "reason_en", "options_en"]),
    ("fct_status_overrides", ["reason_en"]),
    ("fct_target_progress", ["status_reason_en", "notice_en", "override_reason_en"]),
    ("fct_text_target_progress", ["statement_en", "status_reason_en", "notice_en", "override_reason_en"]),
    ("fct_yearly_assessment", ["reason_en"]),
    ("release_info", ["plan_name_en"]),
] %}
with

told as (
    {% for mart, names in columns %}
        {%- set last_mart = loop.last %}
        {%- for name in names %}
            select distinct
                '{{ mart }}.{{ name }}' as where_found,
                {{ name }} as text_en
            from {{ ref(mart) }}
            {% if not (last_mart and loop.last) %}union all{% endif %}
        {%- endfor %}
    {% endfor %}
)

select
    where_found,
    text_en as found,
    'English alone' as expected,
    'give the unit, name or wording its English in the seed or model it comes from' as remedy
from told
where regexp_matches(regexp_replace(text_en, '[(]approved by .*?, until', '', 'g'), '\p{Han}')
