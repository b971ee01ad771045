-- The monthly air reports, in the shape of all figures (see _sources__models.yml): one row a printed cell.
{%- set columns = {
    "composite_index_value": ("AQI_COMPOSITE_INDEX", "LEVEL", "IX", "综合指数"),
    "good_days_ratio_pct": ("AQI_GOOD_DAYS_RATIO", "LEVEL", "PT", "优良天数比率（%）"),
    "good_days_ytd_days": ("AQI_GOOD_DAYS", "YTD", "DAY", "优良天数累计（天）"),
    "pm25_ug_m3": ("PM25", "LEVEL", "UG_M3", "PM2.5（微克/立方米）"),
    "pm25_yoy_pct": ("PM25", "YOY", "PT", "PM2.5同比（%）"),
    "pm10_ug_m3": ("PM10", "LEVEL", "UG_M3", "PM10（微克/立方米）"),
    "pm10_yoy_pct": ("PM10", "YOY", "PT", "PM10同比（%）"),
    "so2_ug_m3": ("SO2", "LEVEL", "UG_M3", "SO2（微克/立方米）"),
    "so2_yoy_pct": ("SO2", "YOY", "PT", "SO2同比（%）"),
    "no2_ug_m3": ("NO2", "LEVEL", "UG_M3", "NO2（微克/立方米）"),
    "no2_yoy_pct": ("NO2", "YOY", "PT", "NO2同比（%）"),
    "co_mg_m3": ("CO", "LEVEL", "MG_M3", "CO（毫克/立方米）"),
    "co_yoy_pct": ("CO", "YOY", "PT", "CO同比（%）"),
    "o3_ug_m3": ("O3", "LEVEL", "UG_M3", "O3（微克/立方米）"),
    "o3_yoy_pct": ("O3", "YOY", "PT", "O3同比（%）"),
} %}
with

printed as (
    {%- for column, (series_code, measure, unit_measure, header) in columns.items() %}
        select
            reports.*,
            '{{ series_code }}' as series_code,
            '{{ measure }}' as measure,
            '{{ unit_measure }}' as unit_measure,
            reports.{{ column }} as value,
            -- The publisher's words for the column stand in the list of those that are only the lower end of a range.
            list_contains(string_split(coalesce(reports.lower_bounds, ''), '；'), '{{ header }}') as is_bound
        from {{ ref('stg_environment_reports__air') }} as reports
        where reports.{{ column }} is not null
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    printed.series_code,
    case printed.district when '西海岸新区' then 'CN-370211' else 'CN-370200' end as area_code,
    printed.measure,
    case printed.district when '青岛市区' then 'URBAN_AREA' else '_T' end as scope,
    'M' as frequency,
    printed.reference_month as reference_period,
    printed.unit_measure,
    case when printed.is_bound then 'E' else 'A' end as obs_status,
    cast(null as varchar) as stage,
    concat_ws(
        ';',
        case when printed.is_bound then 'BOUND' end,
        case when printed.is_reprint = '是' then 'COPY' end
    ) as tags,
    printed.source as source_id,
    printed.origin,
    printed.first_seen_date,
    printed.landing_id,
    printed.file_sha256,
    printed.row_number,
    printed.place,
    printed.value,
    case when printed.measure = 'YOY' then '%' else series.unit end as unit,
    case when printed.measure = 'YOY' then 'PT' else series.unit_measure end as expected_unit_measure
from printed
left join {{ ref('series') }} as series on printed.series_code = series.series_code
