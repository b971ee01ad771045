{#- SDMX frequency of a period literal: 2022 is A, 2022-Q3 is Q, 2022-10 is M. -#}
{% macro frequency_of(period) -%}
    case
        when {{ period }} like '____' then 'A'
        when {{ period }} like '____-Q_' then 'Q'
        else 'M'
    end
{%- endmacro %}
