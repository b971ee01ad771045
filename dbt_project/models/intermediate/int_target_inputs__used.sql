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
