select * exclude (is_selected, is_held, selection_rank, selection_reason_zh, selection_reason_en)
from {{ ref('fct_observation_vintages') }}
where is_selected
