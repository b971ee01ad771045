-- generated from raw/feeds/unit_returns.yml by python -m raw generate; do not edit
with

landed as (
    select
        *,
        -- The same words may stand in many vintages; this is when they were first said.
        min(_vintage_date) over (
            partition by
                plan_id,
                unit_id,
                return_month,
                reporter,
                reported_on,
                indicator_code,
                assigned_period,
                base_year,
                assigned_value,
                unit,
                assigning_authority,
                document_title,
                document_no,
                document_date,
                evidence,
                note
        ) as first_seen_date
    from {{ source('unit_returns', 'superior_assignments') }}
),

current_rows as (
    {{ current_vintage('landed') }}
)

select
    cast(plan_id as varchar) as plan_id,
    cast(unit_id as varchar) as unit_id,
    cast(return_month as varchar) as return_month,
    cast(reporter as varchar) as reporter,
    cast(nullif(reported_on, '') as date) as reported_on,
    cast(indicator_code as varchar) as indicator_code,
    cast(assigned_period as varchar) as assigned_period,
    cast(base_year as varchar) as base_year,
    cast(nullif(assigned_value, '') as decimal(24, 6)) as assigned_value,
    cast(unit as varchar) as unit,
    cast(assigning_authority as varchar) as assigning_authority,
    cast(document_title as varchar) as document_title,
    cast(document_no as varchar) as document_no,
    cast(nullif(document_date, '') as date) as document_date,
    cast(evidence as varchar) as evidence,
    cast(note as varchar) as note,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
