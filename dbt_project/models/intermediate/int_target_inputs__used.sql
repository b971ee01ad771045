-- The figures a judgement rests on: the target's own, and those it is compared with.
with

judged as (
    select
        progress.plan_id,
        progress.target_type,
        progress.target_id,
        progress.inputs_from_year,
        progress.judged_to_year,
        targets.target_kind,
        targets.area_code,
        targets.phasing,
        targets.comparator_area_code,
        targets.comparator_indicator_code
    from {{ ref('int_progress__unioned') }} as progress
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('progress', 'targets') }}
)

select
    judged.plan_id,
    judged.target_type,
    judged.target_id,
    case when annual.area_code = judged.area_code then 'value' else 'comparator' end as input_role,
    annual.area_code,
    annual.reference_year,
    cast(annual.reference_year as varchar) as reference_period,
    annual.value,
    annual.unit,
    annual.stage,
    annual.obs_status,
    annual.origin,
    annual.source_id,
    annual.vintage_date,
    annual.landing_id,
    annual.file_sha256,
    annual.row_number,
    annual.place
from judged
inner join {{ ref('int_target_values__annual') }} as annual
    on
        {{ same_target('judged', 'annual') }}
        and annual.reference_year between judged.inputs_from_year and judged.judged_to_year
where
    annual.area_code = judged.area_code
    or (judged.target_kind = 'relative_region' and annual.area_code = judged.comparator_area_code)
union all by name
select
    judged.plan_id,
    judged.target_type,
    judged.target_id,
    'comparator' as input_role,
    annual.area_code,
    annual.reference_year,
    cast(annual.reference_year as varchar) as reference_period,
    annual.value,
    annual.unit,
    annual.stage,
    annual.obs_status,
    annual.origin,
    annual.source_id,
    annual.vintage_date,
    annual.landing_id,
    annual.file_sha256,
    annual.row_number,
    annual.place
from judged
inner join {{ ref('int_target_values__annual') }} as annual
    on
        judged.plan_id = annual.plan_id
        and annual.target_type = 'indicator'
        and judged.comparator_indicator_code = annual.target_id
        and judged.area_code = annual.area_code
        and annual.reference_year between judged.inputs_from_year and judged.judged_to_year
where judged.target_kind = 'relative_series'
union all by name
-- A seasonal path judges the running year by its months: the newest cumulative figure is an input.
select
    judged.plan_id,
    judged.target_type,
    judged.target_id,
    'value' as input_role,
    selected.area_code,
    partial_years.reference_year,
    selected.reference_period,
    selected.value,
    selected.unit,
    selected.stage,
    selected.obs_status,
    selected.origin,
    selected.source_id,
    selected.vintage_date,
    selected.landing_id,
    selected.file_sha256,
    selected.row_number,
    selected.place
from judged
inner join {{ ref('int_partial_years__measured') }} as partial_years on {{ same_target('judged', 'partial_years') }}
inner join {{ ref('int_target_values__selected') }} as selected
    on
        {{ same_target('judged', 'selected') }}
        and judged.area_code = selected.area_code
        and partial_years.partial_period = selected.reference_period
where
    judged.phasing = 'seasonal'
    and judged.target_kind = 'cumulative_sum'
    and partial_years.partial_status is not null
    and selected.frequency = 'M'
    and selected.measure = 'YTD'
