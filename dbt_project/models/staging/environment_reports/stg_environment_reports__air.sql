-- generated from raw/feeds/environment_reports.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                "编号",
                "标题",
                "来源",
                "发布日期",
                "原文",
                "转载",
                "月份",
                "区市",
                "下限",
                "综合指数",
                "优良天数比率（%）",
                "优良天数累计（天）",
                "PM2.5（微克/立方米）",
                "PM2.5同比（%）",
                "PM10（微克/立方米）",
                "PM10同比（%）",
                "SO2（微克/立方米）",
                "SO2同比（%）",
                "NO2（微克/立方米）",
                "NO2同比（%）",
                "CO（毫克/立方米）",
                "CO同比（%）",
                "O3（微克/立方米）",
                "O3同比（%）"
        ) as first_seen_date
    from {{ source('environment_reports', 'air') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast("编号" as varchar) as source,
    cast("标题" as varchar) as source_title,
    cast("来源" as varchar) as publisher,
    cast("发布日期" as varchar) as published_date,
    cast("原文" as varchar) as source_url,
    cast("转载" as varchar) as is_reprint,
    cast("月份" as varchar) as reference_month,
    cast("区市" as varchar) as district,
    cast("下限" as varchar) as lower_bounds,
    cast(nullif("综合指数", '') as decimal(24, 6)) as composite_index_value,
    cast(nullif("优良天数比率（%）", '') as decimal(24, 6)) as good_days_ratio_pct,
    cast(nullif("优良天数累计（天）", '') as decimal(24, 6)) as good_days_ytd_days,
    cast(nullif("PM2.5（微克/立方米）", '') as decimal(24, 6)) as pm25_ug_m3,
    cast(nullif("PM2.5同比（%）", '') as decimal(24, 6)) as pm25_yoy_pct,
    cast(nullif("PM10（微克/立方米）", '') as decimal(24, 6)) as pm10_ug_m3,
    cast(nullif("PM10同比（%）", '') as decimal(24, 6)) as pm10_yoy_pct,
    cast(nullif("SO2（微克/立方米）", '') as decimal(24, 6)) as so2_ug_m3,
    cast(nullif("SO2同比（%）", '') as decimal(24, 6)) as so2_yoy_pct,
    cast(nullif("NO2（微克/立方米）", '') as decimal(24, 6)) as no2_ug_m3,
    cast(nullif("NO2同比（%）", '') as decimal(24, 6)) as no2_yoy_pct,
    cast(nullif("CO（毫克/立方米）", '') as decimal(24, 6)) as co_mg_m3,
    cast(nullif("CO同比（%）", '') as decimal(24, 6)) as co_yoy_pct,
    cast(nullif("O3（微克/立方米）", '') as decimal(24, 6)) as o3_ug_m3,
    cast(nullif("O3同比（%）", '') as decimal(24, 6)) as o3_yoy_pct,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
