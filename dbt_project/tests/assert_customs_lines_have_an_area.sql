-- A line that may or may not be the West Coast's: its month has no computed figure until its area is known.
{{ config(severity='warn') }}
select
    'int_customs_declarations__located, ' || reference_period || ' ' || direction as where_found,
    count(*) || ' lines without an area, ' || round(sum(trade_value_cny) / 1e8, 1) || ' 亿元' as found,
    'the administrative division, or a district that lies in one area' as expected,
    'ask customs for lines with 行政区划编码; the West Coast has no computed trade for that month' as remedy
from {{ ref('int_customs_declarations__located') }}
where supplier = 'customs_office' and area_code is null and coalesce(city_code, 'CN-370200') = 'CN-370200'
group by reference_period, direction
