-- Monthly trade from the lines of the customs office: the West Coast's share, and Qingdao as a whole for control.
with

areas as (
    select
        'CN-370200' as area_code,
        located.* exclude (area_code)
    from {{ ref('int_customs_declarations__located') }} as located
    where located.supplier = 'customs_office'
    union all by name
    select * from {{ ref('int_customs_declarations__located') }}
    where supplier = 'customs_office' and area_code = 'CN-370211'
)

select
    area_code,
    reference_period,
    direction,
    covered_period,
    max(last_month) as last_month,
    sum(trade_value_cny) as trade_value_cny,
    count(*) as line_count,
    max(landing_vintage_date) as vintage_date,
    max(landing_id) as landing_id,
    max(file_sha256) as file_sha256,
    min(row_number) as first_row_number,
    -- One simulated line makes the sum simulated.
    case when bool_or(origin = 'simulated') then 'simulated' else 'derived' end as origin
from areas
group by area_code, reference_period, direction, covered_period
