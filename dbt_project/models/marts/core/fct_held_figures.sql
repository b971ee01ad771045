-- Every figure that somebody has to decide on or has decided on, and what is shown in its place.
with

held as (
    -- Cast: the view has no types where nothing is held.
    select
        cast(landing_table as varchar) as landing_table,
        cast(series_code as varchar) as series_code,
        cast(area_code as varchar) as area_code,
        cast(measure as varchar) as measure,
        cast(reference_period as varchar) as reference_period,
        cast(value as decimal(24, 6)) as value,
        cast(state as varchar) as held_state,
        cast(rule as varchar) as held_rule,
        cast(what_zh as varchar) as held_what_zh,
        cast(what_en as varchar) as held_what_en,
        cast(remedy as varchar) as held_remedy,
        cast(held_on as date) as held_date,
        cast(decided_by as varchar) as held_decided_by,
        cast(note as varchar) as held_note
    from {{ source('landing', 'held_figures') }}
),

indicators as (
    select
        plan_id,
        indicator_code,
        series_code
    from {{ ref('indicator_series') }}
)

select
    indicators.plan_id,
    indicators.indicator_code,
    vintages.series_code,
    vintages.series_name_zh,
    vintages.series_name_en,
    vintages.area_code,
    vintages.measure,
    vintages.scope,
    vintages.frequency,
    vintages.reference_period,
    vintages.value as held_value,
    vintages.unit,
    vintages.source_id,
    vintages.vintage_date,
    held.held_state,
    held.held_rule,
    held.held_what_zh,
    held.held_what_en,
    held.held_remedy,
    held.held_date,
    held.held_decided_by,
    held.held_note,
    shown.value as shown_value,
    shown.source_id as shown_source_id,
    shown.vintage_date as shown_vintage_date,
    vintages.landing_id,
    vintages.file_sha256,
    vintages.row_number,
    vintages.place
from {{ ref('fct_observation_vintages') }} as vintages
inner join held on {{ is_held_figure('vintages', 'held') }}
left join indicators on vintages.series_code = indicators.series_code
left join {{ ref('fct_observations') }} as shown
    on
        vintages.series_code = shown.series_code
        and vintages.area_code = shown.area_code
        and vintages.measure = shown.measure
        and vintages.scope = shown.scope
        and vintages.frequency = shown.frequency
        and vintages.reference_period = shown.reference_period
