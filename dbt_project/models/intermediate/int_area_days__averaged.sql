-- The day of an area: the mean of its stations' days, where enough of the stations of that day have one.
{% set items = ["pm2_5", "pm10", "so2", "no2", "co", "o3_1h", "o3_8h"] %}
with

expected as (
    select
        days.air_date,
        members.area_code,
        members.station_code
    from (select distinct averaged.air_date from {{ ref('int_station_days__averaged') }} as averaged) as days
    inner join {{ ref('air_station_areas') }} as members
        on days.air_date between members.valid_from and coalesce(members.valid_to, date '9999-12-31')
)

select
    expected.area_code,
    expected.air_date,
    {%- for item in items %}
        case
            when 100 * count(averaged.{{ item }}) >= any_value(rules.station_share) * count(*)
                then avg(averaged.{{ item }})
        end as {{ item }}{{ "," if not loop.last }}
    {%- endfor %}
from expected
left join {{ ref('int_station_days__averaged') }} as averaged
    on expected.station_code = averaged.station_code and expected.air_date = averaged.air_date
cross join {{ ref('int_air_rules__pivoted') }} as rules
group by expected.area_code, expected.air_date
