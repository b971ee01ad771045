-- generated from raw/feeds/customs_monthly_totals.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                release,
                release_title,
                release_publisher,
                released_on,
                release_url,
                release_marks,
                listed_period,
                area,
                edition,
                unit,
                time,
                item,
                measure,
                value
        ) as first_seen_date
    from {{ source('customs_monthly_totals', 'totals') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(release as varchar) as release,
    cast(release_title as varchar) as release_title,
    cast(release_publisher as varchar) as release_publisher,
    cast(released_on as varchar) as released_on,
    cast(release_url as varchar) as release_url,
    cast(release_marks as varchar) as release_marks,
    cast(listed_period as varchar) as listed_period,
    cast(area as varchar) as area,
    cast(edition as varchar) as edition,
    cast(unit as varchar) as value_unit,
    cast(time as varchar) as reference_period,
    cast(item as varchar) as item_zh,
    cast(measure as varchar) as measure_zh,
    cast(nullif(value, '') as decimal(24, 6)) as total_value,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
