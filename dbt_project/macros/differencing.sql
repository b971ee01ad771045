{#- The month before a month: 2021-06 for 2021-07. -#}
{% macro previous_month(month) -%}
    strftime(cast({{ month }} || '-01' as date) - interval 1 month, '%Y-%m')
{%- endmacro %}

{#-
    How far a printed figure may lie from what was counted: half a unit of its last digit. Zeros at its end are not
    kept by the store, so 62.20 counts as 62.2 and the bound is rather too wide than too narrow.
-#}
{% macro rounding_error(value) -%}
    cast(
        power(10, -length(split_part(rtrim(cast({{ value }} as varchar), '0'), '.', 2))) / 2 as decimal(24, 6)
    )
{%- endmacro %}

{#- Whether a row of the seed series_breaks is about a series; an empty area or scope is about all of them. -#}
{% macro break_concerns(breaks, observation) -%}
    {{ breaks }}.series_code = {{ observation }}.series_code
    and coalesce({{ breaks }}.area_code, {{ observation }}.area_code) = {{ observation }}.area_code
    and coalesce({{ breaks }}.scope, {{ observation }}.scope) = {{ observation }}.scope
{%- endmacro %}
