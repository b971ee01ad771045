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
    coalesce(parameter_value, '') as parameter_value
from {{ ref('decisions') }}
