-- The selected observations of the series that measures a target, for the plan's area and its comparator. Of several
-- series the most preferred one counts that has any figure of the plan's area from the plan period.
with

matched as (
    select
        mapped.plan_id,
        mapped.target_type,
        mapped.target_id,
        mapped.preference,
        mapped.series_basis,
        mapped.growth_price_basis,
        targets.comparator_area_code,
        targets.area_code as plan_area_code,
        targets.baseline_year,
        observations.*
    from {{ ref('int_target_series__mapped') }} as mapped
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('mapped', 'targets') }}
    inner join {{ ref('int_observations__ranked') }} as observations
        on
            mapped.series_code = observations.series_code
            and mapped.scope = observations.scope
            and observations.area_code in (targets.area_code, targets.comparator_area_code)
            and (
                (observations.frequency = 'A' and mapped.measure = observations.measure)
                or (
                    observations.frequency != 'A'
                    and observations.measure in (mapped.measure, mapped.sub_annual_measure)
                )
            )
    where observations.is_selected
),

preferred as (
    select
        plan_id,
        target_type,
        target_id,
        coalesce(
            min(preference) filter (
                where area_code = plan_area_code and cast(reference_period[1:4] as integer) > baseline_year
            ),
            min(preference)
        ) as preference
    from matched
    group by plan_id, target_type, target_id
)

select
    matched.plan_id,
    matched.target_type,
    matched.target_id,
    matched.series_basis,
    -- What a figure says of its own prices goes before what is known of its series.
    case
        when list_contains(string_split(matched.tags, ';'), 'REAL') then 'real'
        when list_contains(string_split(matched.tags, ';'), 'NOMINAL') then 'nominal'
        else matched.growth_price_basis
    end as growth_price_basis,
    matched.area_code,
    matched.reference_period,
    matched.frequency,
    matched.measure,
    matched.scope,
    matched.value,
    matched.unit,
    matched.obs_status,
    matched.stage,
    matched.tags,
    matched.origin,
    matched.source_id,
    matched.published_date,
    matched.vintage_date,
    matched.series_code,
    matched.landing_id,
    matched.file_sha256,
    matched.row_number,
    matched.place,
    matched.period_end_date
from matched
inner join preferred
    on {{ same_target('matched', 'preferred') }} and matched.preference = preferred.preference
