-- The daily air quality of each area under each edition of the standards.
select
    rated.place_code as area_code,
    rated.air_date,
    rated.edition,
    rated.is_in_force,
    rated.pm2_5 as pm2_5_ug_m3,
    rated.pm10 as pm10_ug_m3,
    rated.so2 as so2_ug_m3,
    rated.no2 as no2_ug_m3,
    rated.co as co_mg_m3,
    rated.o3_8h as o3_8h_ug_m3,
    rated.aqi as air_quality_index,
    rated.primary_pollutants,
    rated.day_status,
    rated.is_good,
    case when landed.is_simulated then 'simulated' else 'derived' end as origin
from {{ ref('int_air_days__rated') }} as rated
inner join {{ ref('int_air_days__landed') }} as landed
    on rated.place_code = landed.area_code and rated.air_date = landed.air_date
-- No day after the month the release is about.
where rated.place_type = 'area' and rated.air_date <= {{ reference_month_end() }}
