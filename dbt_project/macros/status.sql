{#-
    Status of a target that is followed along a path (method: schedule progress, 序时进度).
    gap = progress - schedule, in percentage points; cuts come from the seed status_thresholds.
-#}
{% macro status_from_gap(meets, is_final_year, progress, gap, thresholds) -%}
    case
        when {{ meets }} and {{ is_final_year }} then 'met'
        when {{ meets }} then 'achieved_early'
        when {{ progress }} < 0 then 'reversing'
        when {{ gap }} is null then 'not_due'
        when {{ gap }} > {{ thresholds }}.ahead_above_pp then 'ahead'
        when {{ gap }} >= {{ thresholds }}.behind_below_pp then 'on_schedule'
        when {{ gap }} >= {{ thresholds }}.lagging_below_pp then 'slightly_behind'
        else 'lagging'
    end
{%- endmacro %}

{#- Lamp beside the word: red is kept for a gap beyond the red cut, a reversal and a breach. -#}
{% macro lamp_of(status, gap, thresholds) -%}
    case
        when {{ status }} in ('achieved_early', 'met', 'ahead', 'on_schedule', 'slightly_behind') then 'green'
        when {{ status }} in ('reversing', 'breached') then 'red'
        when {{ status }} = 'lagging' and {{ gap }} < {{ thresholds }}.red_below_pp then 'red'
        when {{ status }} = 'lagging' then 'yellow'
        else 'grey'
    end
{%- endmacro %}

{#- One decimal for people; the store keeps full precision. -#}
{% macro said(number, decimals=1) -%} format('{:.{{ decimals }}f}', cast({{ number }} as double)) {%- endmacro %}

{#- A figure in words without the zeros that only the storage type adds: 82.86, not 82.860000. -#}
{% macro figure(number) -%}
    case
        when cast({{ number }} as varchar) like '%.%' then rtrim(rtrim(cast({{ number }} as varchar), '0'), '.')
        else cast({{ number }} as varchar)
    end
{%- endmacro %}

{#- Rounded to the decimals the target is printed with. Decimal arithmetic: DuckDB rounds decimals only by a constant. -#}
{% macro rounded_as_printed(number, decimals) -%}
    case {{ decimals }}
        {%- for places in range(5) %}
        when {{ places }} then cast(round({{ number }}, {{ places }}) as decimal(24, 6))
        {%- endfor %}
    end
{%- endmacro %}
