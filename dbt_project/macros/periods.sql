{#- Last day of an SDMX period literal: 2022, 2022-Q3 or 2022-10 (SDMX 2.1, section 4.2, observational time). -#}
{% macro period_end(period) -%}
    case
        when {{ period }} like '____'
            then make_date(cast({{ period }} as integer), 12, 31)
        when {{ period }} like '____-Q_'
            then last_day(make_date(cast({{ period }}[1:4] as integer), cast({{ period }}[7:7] as integer) * 3, 1))
        else last_day(cast({{ period }} || '-01' as date))
    end
{%- endmacro %}

{% macro as_of_date() -%} cast('{{ var("as_of_date") }}' as date) {%- endmacro %}

{#- Last day of the month the release is about. -#}
{% macro reference_month_end() -%} last_day(cast('{{ var("reference_month") }}-01' as date)) {%- endmacro %}

{#- A date known only to the month or the year counts as its last day; an empty one stays empty. -#}
{% macro last_day_of_known(text) -%}
    case
        when {{ text }} like '____' then make_date(cast({{ text }} as integer), 12, 31)
        when {{ text }} like '____-__' then last_day(cast({{ text }} || '-01' as date))
        when {{ text }} = '' then null
        else cast({{ text }} as date)
    end
{%- endmacro %}

{% macro date_precision(text) -%}
    case
        when {{ text }} like '____' then 'year'
        when {{ text }} like '____-__' then 'month'
        when coalesce({{ text }}, '') = '' then 'unknown'
        else 'day'
    end
{%- endmacro %}

{#- A date, but not later than another; none where there is none (DuckDB's least would give the other). -#}
{% macro earlier_of(day, latest) -%}
    case when {{ day }} is not null then least({{ day }}, {{ latest }}) end
{%- endmacro %}
