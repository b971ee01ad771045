-- The daily index of every station and area, under each edition of the standards.
-- Concentrations are rounded first (GB/T 8170: whole µg/m³, CO one decimal), then rated; the index is the
-- largest sub-index. With a pollutant missing there is an index only where the others give more than 100
-- (HJ 633-2026, 5.3.1; taken for the 2012 edition too, decision DEC-15): a day that might have been bad is
-- neither good nor bad.
{% set whole = ["pm2_5", "pm10", "so2", "no2", "o3_1h", "o3_8h"] %}
{% set pollutants = ["pm2_5", "pm10", "so2", "no2", "co", "o3"] %}
with

places as (
    select
        'station' as place_type,
        station_code as place_code,
        * exclude (station_code)
    from {{ ref('int_station_days__averaged') }}
    union all by name
    select
        'area' as place_type,
        area_code as place_code,
        * exclude (area_code)
    from {{ ref('int_area_days__averaged') }}
),

rounded as (
    select
        place_type,
        place_code,
        air_date,
        {%- for name in whole %}
            {{ rounded_half_even(name) }} as {{ name }},
        {%- endfor %}
        {{ rounded_half_even("co", 10) }} as co_tenths
    from places
),

sub_indices as (
    select
        rounded.*,
        limits.edition,
        rules.good_index,
        rounded.air_date between limits.valid_from and coalesce(limits.valid_to, date '9999-12-31') as is_in_force,
        {{ iaqi("pm2_5_24h", "rounded.pm2_5") }} as pm2_5_iaqi,
        {{ iaqi("pm10_24h", "rounded.pm10") }} as pm10_iaqi,
        {{ iaqi("so2_24h", "rounded.so2") }} as so2_iaqi,
        {{ iaqi("no2_24h", "rounded.no2") }} as no2_iaqi,
        {{ iaqi("co_24h", "rounded.co_tenths", 10) }} as co_iaqi,
        greatest(
            {{ iaqi("o3_8h", "rounded.o3_8h") }},
            case when limits.rates_daily_o3_1h then {{ iaqi("o3_1h", "rounded.o3_1h") }} end
        ) as o3_iaqi
    from rounded
    cross join {{ ref('int_air_limits__pivoted') }} as limits
    cross join {{ ref('int_air_rules__pivoted') }} as rules
),

indexed as (
    select
        *,
        greatest({% for name in pollutants %}{{ name }}_iaqi{{ ", " if not loop.last }}{% endfor %}) as largest_iaqi,
        -- The highest hour alone does not tell what the highest eight were.
        pm2_5 is null or pm10 is null or so2 is null or no2 is null or co_tenths is null or o3_8h is null
            as is_incomplete
    from sub_indices
)

select
    place_type,
    place_code,
    air_date,
    edition,
    is_in_force,
    pm2_5,
    pm10,
    so2,
    no2,
    o3_1h,
    o3_8h,
    co_tenths / 10 as co,
    {%- for name in pollutants %}
        {{ name }}_iaqi,
    {%- endfor %}
    case
        when not is_incomplete then 'complete'
        when largest_iaqi > good_index then 'exceeds_without_all'
        else 'incomplete'
    end as day_status,
    case when not is_incomplete or largest_iaqi > good_index then largest_iaqi end as aqi,
    case
        when not is_incomplete or largest_iaqi > good_index
            then {{ primary_pollutants("largest_iaqi", {"PM2.5": "pm2_5_iaqi", "PM10": "pm10_iaqi", "SO2": "so2_iaqi",
                "NO2": "no2_iaqi", "CO": "co_iaqi", "O3": "o3_iaqi"}) }}
    end as primary_pollutants,
    case when not is_incomplete or largest_iaqi > good_index then largest_iaqi <= good_index end as is_good
from indexed
