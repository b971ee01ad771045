{#- Marts live in `main`, where readers look first; every other layer in the schema of its own name. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name is not none else "main" }}
{%- endmacro %}
