{#- The knots of the sub-index (HJ 633-2012 table 1, HJ 633-2026 table 3). -#}
{% macro index_knots() -%} {{ return([0, 50, 100, 150, 200, 300, 400, 500]) }} {%- endmacro %}

{#- The items of those tables, by their columns in the seed. -#}
{% macro index_items() -%}
    {{ return([
        "so2_24h", "so2_1h", "no2_24h", "no2_1h", "pm10_24h", "co_24h", "co_1h", "o3_1h", "o3_8h", "pm2_5_24h"
    ]) }}
{%- endmacro %}

{#-
    Sub-index of a rounded concentration by formula (1), rounded up; ``limits`` is a row of
    int_air_limits__pivoted. CO comes in tenths (scale 10), so that all is computed in whole numbers: a knot
    gives exactly its index, and nothing just below it is carried past it.
-#}
{% macro iaqi(item, concentration, scale=1) -%}
    case
        when {{ concentration }} is null then null
        {%- for upper in index_knots()[1:] %}
        {%- set lower = index_knots()[loop.index0] %}
        {%- set below = "limits." ~ item ~ "_" ~ lower %}
        {%- set above = "limits." ~ item ~ "_" ~ upper %}
        when {{ concentration }} <= {{ above }}{{ " * " ~ scale if scale != 1 }}
            then cast(
                ceil({{ lower }} + {{ upper - lower }} * ({{ concentration }} - {{ below }}{{ " * " ~ scale if scale != 1 }})
                / (({{ above }} - {{ below }}){{ " * " ~ scale if scale != 1 }})) as integer
            )
        {%- endfor %}
        {#- Above the table the index ends at 500 (HJ 633-2026, 4.1.1), but for the two items with notes. #}
        else {{ "limits." ~ item ~ "_above" if item in ("o3_8h", "so2_1h") else 500 }}
    end
{%- endmacro %}

{#-
    GB/T 8170: to whole numbers, half to even. A mean is a quotient of small whole numbers, so what lies closer
    than a millionth to a half is a half: the first rounding takes away what the division by floats added.
-#}
{% macro rounded_half_even(number, scale=1) -%}
    round_even(round({{ number }}{{ " * " ~ scale if scale != 1 }}, 6), 0)
{%- endmacro %}

{#- The mean of the stations that have a value, where enough of those that should have one do. -#}
{% macro mean_of_enough(item) -%}
    case when 100 * count({{ item }}) >= any_value(rules.station_share) * count(*) then avg({{ item }}) end
{%- endmacro %}

{#- Names of the pollutants whose sub-index is the index, where it is above 50; ties stand together. -#}
{% macro primary_pollutants(index, sub_indices) -%}
    case
        when {{ index }} > 50
            then concat_ws(
                ','
                {%- for name, sub_index in sub_indices.items() %},
                case when {{ sub_index }} = {{ index }} then '{{ name }}' end
                {%- endfor %}
            )
    end
{%- endmacro %}
