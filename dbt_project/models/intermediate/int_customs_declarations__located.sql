-- Lines of all commodities at 8 digits in yuan, each with its direction, its month, its city and the area it belongs to.
-- The administrative division on the declaration says the area; where there is none, the customs district does.
-- The city is what digits 1 to 4 of the customs district say (3702 Qingdao), or of the division where it has none.
{{ config(materialized='view') }}

select
    lines.supplier,
    lines.direction,
    lines.covered_period,
    lines.last_month,
    lines.data_month[1:4] || '-' || lines.data_month[5:6] as reference_period,
    case
        -- 370200 names the city, and nobody's part of it.
        when right(lines.division_code, 2) not in ('_T', '00') then 'CN-' || lines.division_code
        else districts.area_code
    end as area_code,
    'CN-' || coalesce(nullif(lines.district_code, '_T'), nullif(lines.division_code, '_T'))[1:4] || '00' as city_code,
    lines.trade_value_cny,
    lines.landing_vintage_date,
    lines.landing_id,
    lines.file_sha256,
    lines.origin,
    lines.row_number
from {{ ref('stg_customs_declarations__lines') }} as lines
left join {{ ref('customs_districts') }} as districts
    on
        lines.district_code = districts.district_code
        and strptime(lines.data_month, '%Y%m') >= districts.valid_from
        and strptime(lines.data_month, '%Y%m') <= coalesce(districts.valid_to, date '9999-12-31')
where
    lines.selection = 'all'
    and lines.code_length = '8'
    and lines.currency = 'CNY'
