-- The pair in a decision's row belongs to another letter than the chosen one: the letter counts, and the row says two things.
{{ config(severity='warn') }}
select
    'dbt_project/seeds/plan/decisions.csv, plan ' || decisions.plan_id || ', ' || decisions.decision_id || ', decided on '
    || decisions.decided_on as where_found,
    'letter ' || decisions.chosen_option || ', but ' || decisions.parameter || ' = ' || decisions.parameter_value
    || ' of letter ' || others.option as found,
    coalesce(
        chosen.parameter || ' = ' || chosen.parameter_value || '，字母所定 / what the letter sets',
        '空，字母没有参数 / empty: the letter sets nothing'
    ) as expected,
    '改字母时一并改 parameter_value，或留空 / change parameter_value with the letter, or leave both empty' as remedy
from {{ ref('decisions') }} as decisions
inner join {{ ref('decision_options') }} as others
    on
        decisions.plan_id = others.plan_id
        and decisions.decision_id = others.decision_id
        and decisions.parameter = others.parameter
        and decisions.parameter_value = others.parameter_value
        and decisions.chosen_option != others.option
left join {{ ref('decision_options') }} as chosen
    on
        decisions.plan_id = chosen.plan_id
        and decisions.decision_id = chosen.decision_id
        and decisions.chosen_option = chosen.option
where chosen.parameter is distinct from decisions.parameter or chosen.parameter_value is distinct from decisions.parameter_value
