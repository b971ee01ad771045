-- Target, baseline and decided parameters of each indicator as they stand on the as-of date.
with

targets as (
    select * from {{ ref('targets') }}
    where
        effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
),

baselines as (
    select * from {{ ref('baselines') }}
    where
        effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
),

decisions as (
    select
        plan_id,
        indicator_code,
        string_agg(decision_id, '; ' order by decision_id) as decision_ids,
        max(case when parameter = 'tolerance_abs' then cast(parameter_value as double) end) as tolerance_abs,
        coalesce(bool_or(parameter = 'status_withheld' and parameter_value = 'true'), false) as is_status_withheld
    from {{ ref('decisions') }}
    where indicator_code is not null
    group by plan_id, indicator_code
)

select
    targets.plan_id,
    targets.indicator_code,
    targets.target_kind,
    targets.operator,
    targets.target_value,
    targets.target_printed,
    targets.decimals,
    targets.phasing,
    targets.comparator_indicator_code,
    baselines.baseline_value,
    baselines.baseline_printed,
    baselines.baseline_status,
    plans.area_code,
    plans.comparator_area_code,
    plans.baseline_year,
    plans.first_year,
    plans.last_year,
    decisions.decision_ids,
    coalesce(decisions.tolerance_abs, 0) as tolerance_abs,
    coalesce(decisions.is_status_withheld, false) as is_status_withheld
from targets
inner join {{ ref('plans') }} as plans on targets.plan_id = plans.plan_id
left join baselines on targets.plan_id = baselines.plan_id and targets.indicator_code = baselines.indicator_code
left join decisions on targets.plan_id = decisions.plan_id and targets.indicator_code = decisions.indicator_code
