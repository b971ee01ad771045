{#- Whether an observation is a held figure: what its table says of it, in whichever of the table's files. -#}
{% macro is_held_figure(observation, held) -%}
    split_part({{ observation }}.landing_id, '/vintage=', 1) = {{ held }}.landing_table
    and {{ observation }}.series_code = {{ held }}.series_code
    and {{ observation }}.area_code = {{ held }}.area_code
    and {{ observation }}.measure = {{ held }}.measure
    and {{ observation }}.reference_period = {{ held }}.reference_period
    and {{ observation }}.value = {{ held }}.value
{%- endmacro %}
