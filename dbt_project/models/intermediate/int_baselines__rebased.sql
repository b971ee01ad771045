-- The baseline as it is measured today, where that is not what the plan prints (rule 2.8.8): a re-based version in the
-- seed, else the figure now published for the baseline year.
with

observed as (
    select
        selected.plan_id,
        selected.target_type,
        selected.target_id,
        selected.value,
        selected.source_id
    from {{ ref('int_target_values__selected') }} as selected
    inner join {{ ref('int_targets__effective') }} as targets
        on {{ same_target('selected', 'targets') }} and selected.area_code = targets.area_code
    where
        selected.frequency = 'A'
        and selected.tags not like '%BOUND%'
        and selected.reference_period = cast(targets.baseline_year as varchar)
)

select
    targets.plan_id,
    targets.target_type,
    targets.target_id,
    cast(coalesce(targets.rebased_baseline_value, observed.value) as double) as rebased_value,
    case when targets.rebased_baseline_value is null then observed.source_id end as source_id
from {{ ref('int_targets__effective') }} as targets
left join observed on {{ same_target('targets', 'observed') }}
where
    coalesce(targets.rebased_baseline_value, {{ rounded_to_compare('observed.value', 'targets') }}) != targets.baseline_value
