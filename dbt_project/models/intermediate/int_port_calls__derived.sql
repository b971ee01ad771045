-- Calls at the two harbours: a ship at rest (under 1 knot) inside a geofence, from its first to its last position
-- at rest there, for at least 2 hours. It has left when it is next heard outside, or not at all for 12 hours:
-- a shorter silence does not end a call, and moving inside the harbour does not either. A view, because a
-- released file holds no records of single ships.
{{ config(materialized='view') }}

with

edges as (
    select
        harbour_code,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to,
        longitude as from_longitude,
        latitude as from_latitude,
        coalesce(
            lead(longitude) over by_vertex, first_value(longitude) over by_vertex
        ) as to_longitude,
        coalesce(
            lead(latitude) over by_vertex, first_value(latitude) over by_vertex
        ) as to_latitude
    from {{ ref('port_geofences') }}
    window by_vertex as (partition by harbour_code, valid_from order by vertex_number)
),

boxes as (
    select
        harbour_code,
        valid_from,
        valid_to,
        min(from_longitude) as west,
        max(from_longitude) as east,
        min(from_latitude) as south,
        max(from_latitude) as north
    from edges
    group by all
),

near as (
    select
        positions.mmsi,
        positions.position_time,
        positions.longitude,
        positions.latitude,
        boxes.harbour_code,
        boxes.valid_from
    from {{ ref('int_port_calls__positions') }} as positions
    inner join boxes
        on
            positions.longitude between boxes.west and boxes.east
            and positions.latitude between boxes.south and boxes.north
            and cast(positions.position_time as date) between boxes.valid_from and boxes.valid_to
),

-- A point is inside a polygon when a ray to the east crosses an odd number of its edges.
inside as (
    select
        near.mmsi,
        near.position_time,
        near.harbour_code
    from near
    inner join edges
        on
            near.harbour_code = edges.harbour_code
            and near.valid_from = edges.valid_from
            and (near.latitude < edges.from_latitude) != (near.latitude < edges.to_latitude)
            and near.longitude < edges.from_longitude
            + (edges.to_longitude - edges.from_longitude) * (near.latitude - edges.from_latitude)
            / (edges.to_latitude - edges.from_latitude)
    group by all
    having count(*) % 2 = 1
),

followed as (
    select
        positions.mmsi,
        positions.position_time,
        positions.speed_kn,
        positions.vessel_type,
        positions.origin,
        inside.harbour_code,
        lag(inside.harbour_code) over by_time as harbour_before,
        lag(positions.position_time) over by_time as time_before
    from {{ ref('int_port_calls__positions') }} as positions
    left join inside
        on positions.mmsi = inside.mmsi and positions.position_time = inside.position_time
    where positions.mmsi in (select visitors.mmsi from inside as visitors)
    window by_time as (partition by positions.mmsi order by positions.position_time)
),

stays as (
    select
        *,
        count(*) filter (
            where harbour_before is distinct from harbour_code
            or position_time - time_before > interval 12 hour
        ) over (partition by mmsi order by position_time) as stay_number
    from followed
)

select
    mmsi,
    harbour_code,
    min(position_time) filter (where speed_kn < 1) as arrived_at,
    max(position_time) filter (where speed_kn < 1) as left_at,
    max(vessel_type) as vessel_type,
    if(bool_or(origin = 'simulated'), 'simulated', 'derived') as origin
from stays
where harbour_code is not null
group by mmsi, harbour_code, stay_number
having max(position_time) filter (where speed_kn < 1) - min(position_time) filter (where speed_kn < 1) >= interval 2 hour
