-- Decisions of interpretation with the letter in force on the as-of date. `is_computed`: another letter would change what
-- is computed; the other decisions say in words what the models, the seeds or the units do.
select
    decision_id,
    plan_id,
    coalesce(indicator_code, '') as indicator_code,
    question_zh,
    question_en,
    options,
    decision_zh,
    decision_en,
    reason_zh,
    reason_en,
    decided_by,
    decided_on,
    state,
    coalesce(parameter, '') as parameter,
    coalesce(parameter_value, '') as parameter_value,
    options_en,
    chosen_option,
    effective_from,
    effective_to,
    citation,
    {{ words_of_letter('options') }} as chosen_option_zh,
    {{ words_of_letter('options_en') }} as chosen_option_en,
    is_computed
from ({{ decisions_in_force() }})
