{#- The whole row where a value is missing, so that it can be found; dbt itself shows the missing value alone. -#}
{% macro default__test_not_null(model, column_name) -%}
    select * from {{ model }} where {{ column_name }} is null
{%- endmacro %}
