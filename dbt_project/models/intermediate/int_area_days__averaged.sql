-- The day of an area: the mean of its stations' days, where enough of the stations of that day have one.
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
    {{ mean_of_enough('averaged.pm2_5') }} as pm2_5,
    {{ mean_of_enough('averaged.pm10') }} as pm10,
    {{ mean_of_enough('averaged.so2') }} as so2,
    {{ mean_of_enough('averaged.no2') }} as no2,
    {{ mean_of_enough('averaged.co') }} as co,
    {{ mean_of_enough('averaged.o3_1h') }} as o3_1h,
    {{ mean_of_enough('averaged.o3_8h') }} as o3_8h
from expected
left join {{ ref('int_station_days__averaged') }} as averaged
    on expected.station_code = averaged.station_code and expected.air_date = averaged.air_date
cross join {{ ref('int_air_rules__pivoted') }} as rules
group by expected.area_code, expected.air_date
