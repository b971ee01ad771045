{#-
    Hook of every seed that was just loaded: the rows of plans the build is not about go, so that no model need know of
    them and the finished file holds none. Those are the plans not adopted by the as-of date and, outside a rehearsal,
    demonstration plans and simulated rows. Which plans they are is read from the file of the seed `plans` itself, because
    seeds load in no fixed order.
-#}
{% macro keep_what_the_build_is_about() -%}
    {%- if execute -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- if 'plan_id' in columns -%}
            {%- set plans = graph.nodes.values()
                | selectattr('resource_type', 'equalto', 'seed') | selectattr('name', 'equalto', 'plans') | first -%}
            delete from {{ this }}
            where plan_id in (
                select plan_id
                from read_csv('{{ plans.root_path }}/{{ plans.original_file_path }}', all_varchar = true)
                where
                    cast(adopted_on as date) > {{ as_of_date() }}
                    or (plan_kind = 'demonstration' and '{{ var("release_kind") }}' != 'rehearsal')
            )
            {%- if 'origin' in columns %}
            or (origin = 'simulated' and '{{ var("release_kind") }}' != 'rehearsal')
            {%- endif %}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
