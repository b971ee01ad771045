-- generated from raw/feeds/customs_declarations.yml by python -m raw generate; do not edit
with

current_rows as (
    {{ current_vintage(source('customs_declarations', 'lines')) }}
)

select
    cast(supplier as varchar) as supplier,
    cast(direction as varchar) as direction,
    cast(period as varchar) as covered_period,
    cast(last_month as varchar) as last_month,
    cast(selection as varchar) as selection,
    cast(code_length as varchar) as code_length,
    cast(currency as varchar) as currency,
    cast("数据年月" as varchar) as data_month,
    cast("商品编码" as varchar) as hs_code,
    cast("商品名称" as varchar) as hs_name_zh,
    cast("贸易伙伴编码" as varchar) as partner_code,
    cast("贸易伙伴名称" as varchar) as partner_name_zh,
    cast("贸易方式编码" as varchar) as trade_mode_code,
    cast("贸易方式名称" as varchar) as trade_mode_name_zh,
    cast("注册地编码" as varchar) as registration_place_code,
    cast("注册地名称" as varchar) as registration_place_name_zh,
    cast("国内地区编码" as varchar) as district_code,
    cast("行政区划编码" as varchar) as division_code,
    cast("关区编码" as varchar) as customs_office_code,
    cast(nullif(nullif("第一数量", ''), '-') as decimal(24, 6)) as first_quantity_value,
    cast(nullif(nullif(nullif("第一计量单位", ''), '?'), '-') as varchar) as first_unit_zh,
    cast(
        case
            when nullif(nullif(nullif("第二计量单位", ''), '?'), '-') is not null
                then nullif(nullif("第二数量", ''), '-')
        end as decimal(24, 6)
    ) as second_quantity_value,
    cast(nullif(nullif(nullif("第二计量单位", ''), '?'), '-') as varchar) as second_unit_zh,
    cast(replace(nullif(nullif("人民币", ''), '-'), ',', '') as decimal(24, 6)) as trade_value_cny,
    cast(replace(nullif(nullif("美元", ''), '-'), ',', '') as decimal(24, 6)) as trade_value_usd,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    _vintage_date as first_seen_date
from current_rows
