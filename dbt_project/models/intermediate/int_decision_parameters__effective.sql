-- What the decisions in force say about each target: one row a target and parameter. The pair of the decision's own row
-- counts, unless decision_options lists that very pair under another option than the chosen one; else the chosen option's.
-- Of two decisions the one that touches fewer things counts, then the later one. A decision may be younger than the
-- as-of date and yet be declared to hold from before it: it is then used, and marked retroactive.
with

decisions as (
    {{ decisions_in_force() }}
),

own_parameters as (
    select
        decisions.plan_id,
        decisions.decision_id,
        decisions.parameter,
        decisions.parameter_value
    from decisions
    left join {{ ref('decision_options') }} as others
        on
            decisions.plan_id = others.plan_id
            and decisions.decision_id = others.decision_id
            and decisions.parameter = others.parameter
            and decisions.parameter_value = others.parameter_value
            and decisions.chosen_option != others.option
    where decisions.parameter is not null and others.option is null
),

parameters as (
    select * from own_parameters
    union all by name
    select
        options.plan_id,
        options.decision_id,
        options.parameter,
        options.parameter_value
    from {{ ref('decision_options') }} as options
    inner join decisions
        on
            options.plan_id = decisions.plan_id
            and options.decision_id = decisions.decision_id
            and options.option = decisions.chosen_option
    left join own_parameters
        on
            options.plan_id = own_parameters.plan_id
            and options.decision_id = own_parameters.decision_id
            and options.parameter = own_parameters.parameter
    where own_parameters.parameter is null
),

touched as (
    select
        *,
        count(*) over (partition by plan_id, decision_id) as touched_count
    from (
        select distinct
            plan_id,
            decision_id,
            target_type,
            target_id
        from {{ ref('decision_targets') }}
    )
)

select
    touched.plan_id,
    touched.target_type,
    touched.target_id,
    decisions.decision_id,
    decisions.is_retroactive,
    decisions.decided_on,
    decisions.is_computed,
    parameters.parameter,
    parameters.parameter_value,
    parameters.parameter is not null and row_number() over (
        partition by touched.plan_id, touched.target_type, touched.target_id, parameters.parameter
        order by touched.touched_count asc, decisions.decided_on desc, decisions.decision_id desc
    ) = 1 as is_read
from touched
inner join decisions on touched.plan_id = decisions.plan_id and touched.decision_id = decisions.decision_id
left join parameters on touched.plan_id = parameters.plan_id and touched.decision_id = parameters.decision_id
