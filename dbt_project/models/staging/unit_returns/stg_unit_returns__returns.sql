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
                reference_period,
                frequency,
                measure,
                value,
                unit,
                obs_status,
                stage,
                evidence_document,
                evidence_date,
                missing_reason,
                note,
                evidence_reference,
                price_basis
        ) as first_seen_date
    from {{ source('unit_returns', 'returns') }}
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
    cast(reference_period as varchar) as reference_period,
    cast(frequency as varchar) as frequency,
    cast(measure as varchar) as measure,
    cast(nullif(value, '') as decimal(24, 6)) as value,
    cast(unit as varchar) as unit,
    cast(obs_status as varchar) as obs_status,
    cast(stage as varchar) as stage,
    cast(evidence_document as varchar) as evidence_document,
    cast(nullif(evidence_date, '') as date) as evidence_date,
    cast(missing_reason as varchar) as missing_reason,
    cast(note as varchar) as note,
    cast(evidence_reference as varchar) as evidence_reference,
    cast(price_basis as varchar) as price_basis,
    _row_number as row_number,
    _place as place,
    _vintage_date as landing_vintage_date,
    _landing_id as landing_id,
    _file_sha256 as file_sha256,
    _origin as origin,
    _retrieved_at as retrieved_at,
    first_seen_date
from current_rows
