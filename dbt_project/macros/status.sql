{#-
    Status of a target that is followed along a path (method: schedule progress, 序时进度).
    gap = progress - schedule, in percentage points; cuts come from the seed status_thresholds. In the final year
    there is nothing left to be slightly behind of: what is not met is lagging.
-#}
{% macro status_from_gap(meets, is_final_year, progress, gap, thresholds) -%}
    case
        when {{ meets }} and {{ is_final_year }} then 'met'
        when {{ meets }} then 'achieved_early'
        when {{ progress }} < 0 then 'reversing'
        when {{ is_final_year }} then 'lagging'
        when {{ gap }} is null then 'not_due'
        -- Six decimals: beyond them a difference is only the noise of floating point.
        when round({{ gap }}, 6) > {{ thresholds }}.ahead_above_pp then 'ahead'
        when round({{ gap }}, 6) >= {{ thresholds }}.behind_below_pp then 'on_schedule'
        when round({{ gap }}, 6) >= {{ thresholds }}.lagging_below_pp then 'slightly_behind'
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

{#-
    One decimal for people; the store keeps full precision. What is something and would round to nothing has its first
    digit instead: 0.01, not 0.0. Below a ten-thousandth it is as good as nothing.
-#}
{% macro said(number, decimals=1) -%}
    format(
        case
            when abs({{ number }}) between 0.0001 and 0.5 * power(10, -{{ decimals }}) then '{:.1g}' else '{:.{{ decimals }}f}'
        end,
        cast({{ number }} as double)
    )
{%- endmacro %}

{#- A figure in words without the zeros that only the storage type adds: 82.86, not 82.860000. -#}
{% macro figure(number) -%}
    case
        when cast({{ number }} as varchar) like '%.%' then rtrim(rtrim(cast({{ number }} as varchar), '0'), '.')
        else cast({{ number }} as varchar)
    end
{%- endmacro %}

{#-
    A figure and its unit as English says it: 2000 亿元 is 200 billion yuan, 千伏 is kV, a measure word is left out.
    `units` is a row of measure_units; one that is not there leaves the figure bare, and the links of the plan name it.
-#}
{% macro figure_in_english(number, units) -%}
    {%- set amount = 'cast(' ~ number ~ ' as double) * power(10, ' ~ units ~ '.unit_mult)' -%}
    replace(
        coalesce({{ units }}.wording_en, '{}'),
        '{}',
        case
            when coalesce({{ units }}.unit_mult, 0) = 0 then {{ figure(number) }}
            {%- for floor, word in [('1e9', ' billion'), ('1e6', ' million'), ('1', '')] %}
            when {{ amount }} >= {{ floor }}
                then {{ figure('cast(' ~ amount ~ ' / ' ~ floor ~ ' as decimal(38, 6))') }} || '{{ word }}'
            {%- endfor %}
            else {{ figure('cast(' ~ amount ~ ' as decimal(38, 6))') }}
        end
    )
{%- endmacro %}

{#- Decimals of a figure as it is printed: 2 of 25.65, none of 26 or of a dash. -#}
{% macro printed_decimals(printed) -%}
    coalesce(length(nullif(regexp_extract({{ printed }}, '^[0-9]+[.]([0-9]+)$', 1), '')), 0)
{%- endmacro %}

{#-
    A value rounded for the comparison with a target: to `compare_decimals`, by DEC-R2 the finer of the precisions the
    target and its baseline are printed with. At the target's alone a baseline of 25.65 would already be its target of 26.
-#}
{% macro rounded_to_compare(number, targets) -%}
    {{ rounded_as_printed(number, targets ~ '.compare_decimals') }}
{%- endmacro %}

{#- Rounded to so many decimals. Decimal arithmetic: DuckDB rounds decimals only by a constant. -#}
{% macro rounded_as_printed(number, decimals) -%}
    case {{ decimals }}
        {%- for places in range(7) %}
        when {{ places }} then cast(round({{ number }}, {{ places }}) as decimal(24, 6))
        {%- endfor %}
    end
{%- endmacro %}

{#- The stage of a figure, in words. -#}
{% macro stage_word(stage, language) -%}
    {%- set words = {
        'zh': {'preliminary': '初步数', 'revised': '修订数', 'final': '最终数', 'unknown': '阶段未注明'},
        'en': {'preliminary': 'preliminary', 'revised': 'revised', 'final': 'final', 'unknown': 'stage not stated'}
    }[language] -%}
    case {{ stage }}
        {%- for known in ['preliminary', 'revised', 'final'] %}
        when '{{ known }}' then '{{ words[known] }}'
        {%- endfor %}
        else '{{ words['unknown'] }}'
    end
{%- endmacro %}

{#- The price basis of a growth rate, in words. -#}
{% macro basis_word(basis, language) -%}
    {%- set words = {
        'zh': ('实际', '名义', '价格口径未注明'), 'en': ('real', 'nominal', 'price basis not stated')
    }[language] -%}
    case {{ basis }} when 'real' then '{{ words[0] }}' when 'nominal' then '{{ words[1] }}' else '{{ words[2] }}' end
{%- endmacro %}

{#- As it is kept: six decimals, beyond them a computed value holds only the noise of floating point. -#}
{% macro stored(number) -%} round(cast({{ number }} as double), 6) {%- endmacro %}
