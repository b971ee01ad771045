-- Where the days of an area come from: the newest landed file among the hours of its stations, one row of it.
select
    members.area_code,
    hours.air_date,
    max(hours.landing_vintage_date) as landed_date,
    arg_max(
        struct_pack(
            landing_id := hours.landing_id,
            file_sha256 := hours.file_sha256,
            row_number := hours.row_number,
            place := hours.place
        ),
        (hours.landing_vintage_date, hours.landing_id, hours.air_hour, hours.station_code)
    ) as newest,
    bool_or(hours.origin = 'simulated') as is_simulated
from {{ ref('int_station_hours__united') }} as hours
inner join {{ ref('air_station_areas') }} as members
    on
        hours.station_code = members.station_code
        and hours.air_date between members.valid_from and coalesce(members.valid_to, date '9999-12-31')
group by members.area_code, hours.air_date
