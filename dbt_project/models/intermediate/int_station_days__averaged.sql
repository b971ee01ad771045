-- One pass over the hours: what a station's day amounts to; null where too few hours are there (GB 3095, table 4).
-- The 8-hour means of ozone are those within the day, ending at hours 8 to 24. Lists, not one aggregate an hour:
-- over ten years of all stations that is twice as fast (tests/benchmarks/air_aqi.py).
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
        list(o3) as o3_values,
        list(air_hour) as o3_hours
    from {{ ref('int_station_hours__united') }}
    group by station_code, air_date
),

-- Ozone by the hour: null where the hour is absent, or present without a value.
with_ozone as (
    select
        * exclude (o3_values, o3_hours),
        [
            {%- for hour in range(1, 25) %}
                o3_values[list_position(o3_hours, cast({{ hour }} as utinyint))]{{ "," if not loop.last }}
            {%- endfor %}
        ] as o3
    from counted
),

with_ozone_runs as (
    select
        with_ozone.*,
        rules.*,
        list_max(with_ozone.o3) as o3_1h,
        [
            {%- for end in range(8, 25) %}
                case
                    when list_count(with_ozone.o3[{{ end - 7 }}:{{ end }}]) >= rules.o3_8h_hours
                        then list_avg(with_ozone.o3[{{ end - 7 }}:{{ end }}])
                end{{ "," if not loop.last }}
            {%- endfor %}
        ] as o3_runs
    from with_ozone
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
