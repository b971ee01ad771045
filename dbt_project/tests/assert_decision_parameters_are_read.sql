-- A parameter nobody reads would let a decision change nothing, unseen.
select
    'dbt_project/seeds/plan/decisions.csv, ' || decisions.decision_id as where_found,
    'parameter ' || decisions.parameter || ' = ' || coalesce(decisions.parameter_value, '(empty)') as found,
    coalesce('one of ' || parameters.parameter_values, 'a parameter listed in decision_parameters.csv') as expected,
    'correct it; a new parameter needs a reader and a row in dbt_project/seeds/plan/decision_parameters.csv' as remedy
from {{ ref('decisions') }} as decisions
left join {{ ref('decision_parameters') }} as parameters on decisions.parameter = parameters.parameter
where
    decisions.parameter is not null
    and (
        parameters.parameter is null
        or decisions.parameter_value is null
        or (
            parameters.parameter_values like '%;%'
            and not list_contains(string_split(parameters.parameter_values, ';'), decisions.parameter_value)
        )
        or (parameters.parameter_values = 'number' and not regexp_matches(decisions.parameter_value, '^-?[0-9]+([.][0-9]+)?$'))
    )
