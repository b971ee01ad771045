-- generated from raw/feeds/environment_water.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                "断面编码",
                "断面名称",
                "水体类型",
                "地区代码",
                "启用日期",
                "停用日期"
        ) as first_seen_date
    from {{ source('environment_water', 'section_list') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast("断面编码" as varchar) as section_code,
    cast("断面名称" as varchar) as section_name,
    cast("水体类型" as varchar) as water_body,
    cast("地区代码" as varchar) as area_code,
    cast(nullif("启用日期", '') as date) as valid_from,
    cast(nullif("停用日期", '') as date) as valid_to,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
