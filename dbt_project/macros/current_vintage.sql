{#-
    The rows of the newest vintage of each scope (the part of a table that one file replaces).
    Chosen per scope, never per row: a row that a publisher withdrew must go.
-#}
{% macro current_vintage(relation) -%}
    select *
    from {{ relation }}
    qualify
        dense_rank() over (
            partition by _scope
            order by _vintage_date desc, _vintage_sequence desc
        ) = 1
{%- endmacro %}
