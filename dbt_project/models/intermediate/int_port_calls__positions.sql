-- Ship positions with real types; what means "not available" in AIS is NULL and never a number
-- (ITU-R M.1371: speed 102.3, course 360, heading 511, dimensions 0, status 15).
{{ config(materialized='view') }}

select
    positions.mmsi,
    cast(replace(positions.base_date_time, 'T', ' ') as timestamp) as position_time,
    cast(positions.latitude as double) as latitude,
    cast(positions.longitude as double) as longitude,
    if(positions.sog >= 102.3 or positions.sog < 0, null, cast(positions.sog as double)) as speed_kn,
    -- Old files write courses beyond 204.7 as negative: which course that is, nobody says.
    if(positions.cog >= 360 or positions.cog < 0, null, cast(positions.cog as double)) as course_degrees,
    if(positions.heading >= 360 or positions.heading < 0, null, cast(positions.heading as double)) as heading_degrees,
    nullif(regexp_replace(coalesce(positions.imo, ''), '^IMO|^0+$', ''), '') as imo_number,
    -- Types have two digits; the four-digit codes of old files are another list.
    if(positions.vessel_type between 1 and 99, cast(positions.vessel_type as integer), null) as vessel_type,
    nullif(
        if(
            regexp_full_match(positions.status, '[0-9]+(\.0)?'),
            cast(split_part(positions.status, '.', 1) as integer),
            named.status_code
        ),
        15
    ) as status_code,
    nullif(cast(positions.length as double), 0) as length_m,
    nullif(cast(positions.width as double), 0) as width_m,
    nullif(cast(positions.draft as double), 0) as draught_m,
    positions.origin
from {{ ref('stg_port_calls__positions') }} as positions
left join {{ ref('ais_navigational_status') }} as named on lower(trim(positions.status)) = named.status_text
