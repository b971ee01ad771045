-- A slip in a coordinate of the list (3216A of 漳州: 114.66 instead of 117.6). The stations of a city lie within a degree
-- and a half of their median, some 150 km: the widest prefectures' urban stations are not farther apart.
{{ config(severity='warn') }}
with

listed as (
    select
        *,
        median(longitude) over (partition by listed_city) as median_longitude,
        median(latitude) over (partition by listed_city) as median_latitude,
        -- Of two that differ nobody can say which is wrong.
        count(longitude) over (partition by listed_city) as located_number
    from {{ ref('stg_environment_air__station_list') }}
)

select
    landing_id || ', ' || place as where_found,
    station_code || ' ' || listed_city || ' at ' || longitude || ', ' || latitude as found,
    'near ' || round(median_longitude, 2) || ', ' || round(median_latitude, 2)
    || ', where the other stations of the city are' as expected,
    'look the place up; a station of Qingdao is corrected in dbt_project/seeds/reference/air_stations.csv' as remedy
from listed
where
    located_number >= 3
    and greatest(abs(longitude - median_longitude), abs(latitude - median_latitude)) > 1.5
