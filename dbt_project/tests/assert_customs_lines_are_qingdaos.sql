-- Lines of another city, or of no place at all, are left out of Qingdao's sums: how many, and how much.
{{ config(severity='warn') }}
select
    'int_customs_declarations__located, ' || reference_period || ' ' || direction as where_found,
    count(*) || ' lines of ' || coalesce(city_code, 'no place') || ', '
    || round(sum(trade_value_cny) / 1e8, 1) || ' 亿元, left out' as found,
    'lines of Qingdao: 国内地区编码 that begins with 3702, or 行政区划编码 where there is none' as expected,
    'ask customs for Qingdao''s lines alone, or for the codes of the place where they lack' as remedy
from {{ ref('int_customs_declarations__located') }}
where supplier = 'customs_office' and city_code is distinct from 'CN-370200'
group by reference_period, direction, city_code
