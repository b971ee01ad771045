-- One pass over the hours: what a station's day amounts to, and whether it may be counted.
-- A mean needs enough hours (GB 3095, table 4). The 8-hour means of ozone are those that lie within the day,
-- ending at hours 8 to 24; an edition of the standards makes no difference here.
{% set means = ["pm2_5", "pm10", "so2", "no2", "co"] %}
with

counted as (
    select
        station_code,
        air_date,
        {%- for name in means %}
        avg({{ name }}) as {{ name }}_mean,
        count({{ name }}) as {{ name }}_hours,
        {%- endfor %}
        {%- for hour in range(1, 25) %}
        max(o3) filter (where air_hour = {{ hour }}) as o3_{{ hour }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_station_hours__united') }}
    group by station_code, air_date
),

with_ozone_runs as (
    select
        * exclude (
            {%- for hour in range(1, 25) %}o3_{{ hour }}{{ ", " if not loop.last }}{% endfor -%}
        ),
        greatest({% for hour in range(1, 25) %}o3_{{ hour }}{{ ", " if not loop.last }}{% endfor %}) as o3_max_1h,
        [
            {%- for end in range(8, 25) %}
            case
                when list_count([{% for hour in range(end - 7, end + 1) %}o3_{{ hour }}{{ ", " if not loop.last }}{% endfor %}])
                    >= {{ minimum('o3_8h_hours') }}
                    then list_avg([{% for hour in range(end - 7, end + 1) %}o3_{{ hour }}{{ ", " if not loop.last }}{% endfor %}])
            end{{ "," if not loop.last }}
            {%- endfor %}
        ] as o3_runs
    from counted
)

select
    station_code,
    air_date,
    {%- for name in means %}
    case when {{ name }}_hours >= {{ minimum('daily_mean_hours') }} then {{ name }}_mean end as {{ name }},
    {%- endfor %}
    cast(o3_max_1h as double) as o3_1h,
    case
        when
            list_count(o3_runs) >= {{ minimum('o3_daily_runs') }}
            or list_max(o3_runs) > {{ minimum('o3_8h_limit') }}
            then list_max(o3_runs)
    end as o3_8h
from with_ozone_runs
