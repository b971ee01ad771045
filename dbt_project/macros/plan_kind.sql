{#-
    Hook of every seed that was just loaded: outside a rehearsal the rows of demonstration plans go, so that no model
    need know of them and the finished file holds none. Which plans those are is read from the file of the seed `plans`
    itself, because seeds load in no fixed order.
-#}
{% macro drop_demonstration_plans() -%}
    {%- if execute and var('release_kind') != 'rehearsal' -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- if 'plan_id' in columns -%}
            {%- set plans = graph.nodes.values()
                | selectattr('resource_type', 'equalto', 'seed') | selectattr('name', 'equalto', 'plans') | first -%}
            delete from {{ this }}
            where plan_id in (
                select plan_id
                from read_csv('{{ plans.root_path }}/{{ plans.original_file_path }}', all_varchar = true)
                where plan_kind = 'demonstration'
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
