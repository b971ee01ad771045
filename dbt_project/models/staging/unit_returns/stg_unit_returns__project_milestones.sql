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
                project_id,
                stage_id,
                reached_on,
                planned_on,
                completed_quantity,
                quantity_unit,
                evidence,
                note
        ) as first_seen_date
    from {{ source('unit_returns', 'project_milestones') }}
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
    cast(project_id as varchar) as project_id,
    cast(stage_id as varchar) as stage_id,
    cast(nullif(reached_on, '') as date) as reached_on,
    cast(nullif(planned_on, '') as date) as planned_on,
    cast(nullif(completed_quantity, '') as decimal(24, 6)) as completed_quantity,
    cast(quantity_unit as varchar) as quantity_unit,
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
