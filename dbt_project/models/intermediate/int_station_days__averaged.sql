-- One pass over the hours: what a station's day amounts to; null where too few hours are there (GB 3095, table 4).
-- The 8-hour means of ozone are those within the day, ending at hours 8 to 24.
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
        [
            {%- for hour in range(1, 25) %}
                max(o3) filter (where air_hour = {{ hour }}){{ "," if not loop.last }}
            {%- endfor %}
        ] as o3
    from {{ ref('int_station_hours__united') }}
    group by station_code, air_date
),

with_ozone_runs as (
    select
        counted.*,
        rules.*,
        list_max(counted.o3) as o3_1h,
        [
            {%- for end in range(8, 25) %}
                case
                    when list_count(counted.o3[{{ end - 7 }}:{{ end }}]) >= rules.o3_8h_hours
                        then list_avg(counted.o3[{{ end - 7 }}:{{ end }}])
                end{{ "," if not loop.last }}
            {%- endfor %}
        ] as o3_runs
    from counted
    cross join {{ ref('int_air_rules__pivoted') }} as rules
)

select
    station_code,
    air_date,
    {%- for name in means %}
        case when {{ name }}_hours >= daily_mean_hours then {{ name }}_mean end as {{ name }},
    {%- endfor %}
    cast(o3_1h as double) as o3_1h,
    -- Too few runs do not matter once one of them is above the limit.
    case when list_count(o3_runs) >= o3_daily_runs or list_max(o3_runs) > o3_8h_limit then list_max(o3_runs) end
        as o3_8h
from with_ozone_runs
