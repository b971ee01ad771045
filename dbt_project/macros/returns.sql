{#- Id of the source that one return of one unit is: plan, unit, month. Every model that names a return uses this. -#}
{% macro return_source_id(relation) -%}
    'R-' || {{ relation }}.plan_id || '-' || {{ relation }}.unit_id || '-' || {{ relation }}.return_month
{%- endmacro %}

{#- Whether a return is one of the samples that come with the project, which no unit sent: its reporter says so. -#}
{% macro is_sample_return(reporter) -%} starts_with({{ reporter }}, '样表') {%- endmacro %}
