-- generated from raw/feeds/port_calls.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('port_calls', 'positions')) }}
)

select
    cast(position_period as varchar) as position_period,
    cast(mmsi as varchar) as mmsi,
    cast(base_date_time as varchar) as base_date_time,
    cast(nullif(latitude, '') as decimal(24, 6)) as latitude,
    cast(nullif(longitude, '') as decimal(24, 6)) as longitude,
    cast(nullif(sog, '') as decimal(24, 6)) as sog,
    cast(nullif(cog, '') as decimal(24, 6)) as cog,
    cast(nullif(heading, '') as decimal(24, 6)) as heading,
    cast(vessel_name as varchar) as vessel_name,
    cast(imo as varchar) as imo,
    cast(call_sign as varchar) as call_sign,
    cast(nullif(vessel_type, '') as decimal(24, 6)) as vessel_type,
    cast(status as varchar) as status,
    cast(nullif(length, '') as decimal(24, 6)) as length,
    cast(nullif(width, '') as decimal(24, 6)) as width,
    cast(nullif(draft, '') as decimal(24, 6)) as draft,
    cast(nullif(cargo, '') as decimal(24, 6)) as cargo,
    cast(transceiver_class as varchar) as transceiver_class,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
