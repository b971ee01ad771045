-- The monthly air reports, in the shape of all figures (see _sources__models.yml): one row a printed cell.
{%- set columns = {
    "composite_index_value": ("AQI_COMPOSITE_INDEX", "LEVEL", "IX"),
    "good_days_ratio_pct": ("AQI_GOOD_DAYS_RATIO", "LEVEL", "PT"),
    "good_days_ytd_days": ("AQI_GOOD_DAYS", "YTD", "DAY"),
    "pm25_ug_m3": ("PM25", "LEVEL", "UG_M3"),
    "pm25_yoy_pct": ("PM25", "YOY", "PT"),
    "pm10_ug_m3": ("PM10", "LEVEL", "UG_M3"),
    "pm10_yoy_pct": ("PM10", "YOY", "PT"),
    "so2_ug_m3": ("SO2", "LEVEL", "UG_M3"),
    "so2_yoy_pct": ("SO2", "YOY", "PT"),
    "no2_ug_m3": ("NO2", "LEVEL", "UG_M3"),
    "no2_yoy_pct": ("NO2", "YOY", "PT"),
    "co_mg_m3": ("CO", "LEVEL", "MG_M3"),
    "co_yoy_pct": ("CO", "YOY", "PT"),
    "o3_ug_m3": ("O3", "LEVEL", "UG_M3"),
    "o3_yoy_pct": ("O3", "YOY", "PT"),
} %}
with

printed as (
    {%- for column, (series_code, measure, unit_measure) in columns.items() %}
        select
            reports.*,
            '{{ series_code }}' as series_code,
            '{{ measure }}' as measure,
            '{{ unit_measure }}' as unit_measure,
            reports.{{ column }} as value
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
    'A' as obs_status,
    cast(null as varchar) as stage,
    case printed.is_reprint when '是' then 'COPY' else '' end as tags,
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
