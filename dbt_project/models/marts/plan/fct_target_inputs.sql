-- What each judgement rests on, one row an input, each with the place it stands in: figures with their landed file,
-- what the plan and the superior authority say, and the decisions with the parameter they set.
with

targets as (
    select * from {{ ref('int_targets__effective') }}
),

figures as (
    select
        used.plan_id,
        used.target_type,
        used.target_id,
        used.input_role,
        used.area_code,
        used.reference_period,
        cast(used.value as double) as value,
        used.unit,
        used.stage,
        used.obs_status,
        used.origin,
        used.source_id,
        used.vintage_date,
        used.landing_id,
        used.file_sha256,
        used.row_number,
        used.place
    from {{ ref('int_target_inputs__used') }} as used
),

plan_values as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'baseline' as input_role,
        cast(targets.baseline_year as varchar) as reference_period,
        cast(targets.baseline_value as double) as value,
        targets.unit,
        targets.baseline_version as version,
        case targets.target_type when 'indicator' then 'baselines' else 'text_targets' end as seed
    from targets
    where targets.baseline_value is not null
    union all by name
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'baseline' as input_role,
        cast(targets.baseline_year as varchar) as reference_period,
        cast(targets.rebased_baseline_value as double) as value,
        targets.unit,
        targets.rebased_version as version,
        'baselines' as seed
    from targets
    where targets.rebased_baseline_value is not null
    union all by name
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'target' as input_role,
        cast(targets.last_year as varchar) as reference_period,
        cast(targets.target_value as double) as value,
        targets.unit,
        targets.version,
        case targets.target_type when 'indicator' then 'targets' else 'text_targets' end as seed
    from targets
    where targets.assignment_id is null
    union all by name
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'threshold' as input_role,
        cast(targets.last_year as varchar) as reference_period,
        cast(targets.threshold_value as double) as value,
        targets.threshold_unit as unit,
        targets.version,
        'text_targets' as seed
    from targets
    where targets.threshold_value is not null
),

-- The cuts count where a gap to a schedule was judged.
cuts as (
    {% for cut in ['ahead_above_pp', 'behind_below_pp', 'lagging_below_pp', 'red_below_pp'] %}
        select
            progress.plan_id,
            progress.target_type,
            progress.target_id,
            'threshold' as input_role,
            thresholds.{{ cut }} as value,
            'pp' as unit,
            'plan' as origin,
            'dbt_project/seeds/plan/status_thresholds.csv, {{ cut }}' as place
        from {{ ref('int_progress__unioned') }} as progress
        inner join {{ ref('int_status_thresholds__effective') }} as thresholds on progress.plan_id = thresholds.plan_id
        where progress.schedule_pct is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- What was assigned, and what the register says was not published.
assignments as (
    select
        plan_id,
        indicator_code,
        assigned_year,
        period_first_year,
        period_last_year,
        assigned_value,
        origin,
        document_date,
        landing_id,
        file_sha256,
        place
    from {{ ref('int_superior_assignments__known') }}
    union all by name
    select
        plan_id,
        indicator_code,
        assigned_year,
        period_first_year,
        period_last_year,
        'plan' as origin,
        'dbt_project/seeds/plan/superior_assignments.csv, ' || assignment_id || ', ' || assignment_status as place
    from ({{ version_in_force(ref('superior_assignments'), 'plan_id, indicator_code, assigned_year', 'document_date') }})
    where
        assignment_status != 'assigned'
        -- What a document has assigned since is no longer unpublished.
        and (plan_id, indicator_code) not in (
            select
                known.plan_id,
                known.indicator_code
            from {{ ref('int_superior_assignments__known') }} as known
            where known.assigned_year is null
        )
),

assigned as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'assignment' as input_role,
        coalesce(
            cast(assignments.assigned_year as varchar),
            assignments.period_first_year || '/' || assignments.period_last_year
        ) as reference_period,
        cast(assignments.assigned_value as double) as value,
        '%' as unit,
        assignments.origin,
        assignments.document_date as vintage_date,
        assignments.landing_id,
        assignments.file_sha256,
        assignments.place
    from targets
    inner join assignments
        on
            targets.plan_id = assignments.plan_id
            and targets.target_type = 'indicator'
            and targets.target_id = assignments.indicator_code
),

decided as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        'decision' as input_role,
        'plan' as origin,
        parameters.decision_id,
        parameters.decided_on as vintage_date,
        parameters.is_retroactive,
        parameters.is_computed,
        'dbt_project/seeds/plan/decisions.csv, ' || parameters.decision_id
        || coalesce(', ' || parameters.parameter || ' = ' || parameters.parameter_value, '') as place
    from targets
    inner join {{ ref('int_decision_parameters__effective') }} as parameters
        on
            targets.plan_id = parameters.plan_id
            and (
                (targets.target_type = parameters.target_type and targets.target_id = parameters.target_id)
                or (parameters.target_type = 'plan' and parameters.is_read)
            )
    -- What only projects are judged by is no input of a target.
    left join {{ ref('decision_parameters') }} as readers on parameters.parameter = readers.parameter
    where
        parameters.target_type != 'plan'
        or coalesce(readers.read_by not like '%project%' or readers.read_by like '%int_target%', true)
),

unioned as (
    select * from figures
    union all by name
    select
        * exclude (seed),
        'plan' as origin,
        'dbt_project/seeds/plan/' || seed || '.csv, ' || target_id as place
    from plan_values
    union all by name
    select * from cuts
    union all by name
    select * from assigned
    union all by name
    select * from decided
)

select
    plan_id,
    target_type,
    target_id,
    input_role,
    coalesce(area_code, '') as area_code,
    reference_period,
    value,
    unit,
    stage,
    obs_status,
    origin,
    coalesce(source_id, '') as source_id,
    vintage_date,
    coalesce(landing_id, '') as landing_id,
    coalesce(file_sha256, '') as file_sha256,
    cast(row_number as bigint) as row_number,
    place,
    coalesce(decision_id, '') as decision_id,
    coalesce(is_retroactive, false) as is_retroactive,
    cast(version as integer) as version,
    is_computed
from unioned
