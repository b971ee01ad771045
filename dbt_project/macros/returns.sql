{#- Id of the source that one return of one unit is: plan, unit, month. Every model that names a return uses this. -#}
{% macro return_source_id(relation) -%}
    'R-' || {{ relation }}.plan_id || '-' || {{ relation }}.unit_id || '-' || {{ relation }}.return_month
{%- endmacro %}
