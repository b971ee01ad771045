-- A newer list of stations is no use while nobody carries it over: hours of a station the seed does not know are left out.
{{ config(severity='warn') }}
select
    listed.landing_id || ', ' || listed.place as where_found,
    listed.station_code || ' ' || listed.station_name
    || coalesce(', opened ' || listed.opened_on, '') || coalesce(', closed ' || listed.closed_on, '') as found,
    case
        when stations.station_code is null then 'a row of the seed air_stations'
        else
            'what air_stations says: from ' || stations.valid_from || coalesce(' to ' || stations.valid_to, '')
            || if(stations.is_background, ', background', ', no background')
    end as expected,
    'carry the station over to air_stations.csv and air_station_areas.csv in dbt_project/seeds/reference, with its days'
        as remedy
from {{ ref('stg_environment_air__station_list') }} as listed
left join {{ ref('air_stations') }} as stations on listed.station_code = stations.station_code
where
    listed.listed_city in (select known.listed_city_zh from {{ ref('air_stations') }} as known)
    and (
        stations.station_code is null
        or stations.is_background != (listed.is_background = 'Y')
        or stations.valid_from > listed.opened_on
        or coalesce(stations.valid_to, date '9999-12-31') > listed.closed_on
    )
