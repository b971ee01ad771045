-- Monthly trade from the lines of the customs office: the West Coast's share, and Qingdao as a whole for control.
-- Lines of another city, and lines that say no place at all, are no part of either; a test counts them.
-- Where a line says neither division nor a district that lies in one area (37029 is most of the city), the West Coast
-- has no figure: without that line it would be too small.
with

qingdao as (
    select * from {{ ref('int_customs_declarations__located') }}
    where supplier = 'customs_office' and city_code = 'CN-370200'
),

areas as (
    select
        'CN-370200' as area_code,
        qingdao.* exclude (area_code)
    from qingdao
    union all by name
    select * from qingdao
    where area_code = 'CN-370211'
),

unplaced as (
    select distinct
        reference_period,
        direction,
        covered_period
    from {{ ref('int_customs_declarations__located') }}
    where supplier = 'customs_office' and area_code is null and coalesce(city_code, 'CN-370200') = 'CN-370200'
)

select
    areas.area_code,
    areas.reference_period,
    areas.direction,
    areas.covered_period,
    max(areas.last_month) as last_month,
    sum(areas.trade_value_cny) as trade_value_cny,
    count(*) as line_count,
    max(areas.landing_vintage_date) as vintage_date,
    max(areas.landing_id) as landing_id,
    max(areas.file_sha256) as file_sha256,
    min(areas.row_number) as first_row_number,
    -- One simulated line makes the sum simulated.
    case when bool_or(areas.origin = 'simulated') then 'simulated' else 'derived' end as origin
from areas
left join unplaced
    on
        areas.reference_period = unplaced.reference_period
        and areas.direction = unplaced.direction
        and areas.covered_period = unplaced.covered_period
where areas.area_code = 'CN-370200' or unplaced.direction is null
group by areas.area_code, areas.reference_period, areas.direction, areas.covered_period
