-- Every target of a plan whose evaluation is due, in the words of the evaluation: the class its status falls into.
-- A status set by hand counts while it is in force; the computed one stays beside it.
-- A target in text that is judged by another one's figures is told of once, with that one.
select
    progress.*,
    evaluations.evaluation_id,
    evaluations.evaluation_kind,
    targets.is_weaker_than_baseline,
    targets.operator,
    targets.last_year,
    targets.first_year,
    coalesce(indicators.name_zh, text_targets.statement_zh) as name_zh,
    coalesce(indicators.name_en, text_targets.statement_en) as name_en,
    coalesce(indicators.responsible_unit_ids, text_targets.responsible_unit_ids, '') as responsible_unit_ids,
    text_targets.section_id,
    coalesce(text_targets.duplicate_of is not null or progress.series_basis = 'of_indicator', false) as is_told_elsewhere,
    {{ override_columns('progress') }},
    case when evaluations.evaluation_kind = 'final' then classes.class_at_end else classes.class_before_end end
        as evaluation_class
from {{ ref('int_progress__completed') }} as progress
inner join {{ ref('dim_evaluation') }} as evaluations
    on progress.plan_id = evaluations.plan_id and evaluations.is_newest_due
inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('progress', 'targets') }}
left join {{ ref('int_status_overrides__effective') }} as overrides on {{ same_target('progress', 'overrides') }}
left join {{ ref('evaluation_classes') }} as classes on {{ shown_status('progress') }} = classes.status
left join {{ ref('dim_indicator') }} as indicators
    on
        progress.target_type = 'indicator'
        and progress.plan_id = indicators.plan_id
        and progress.target_id = indicators.indicator_code
left join {{ ref('text_targets') }} as text_targets
    on
        progress.target_type = 'text_target'
        and progress.plan_id = text_targets.plan_id
        and progress.target_id = text_targets.text_target_id
        and progress.target_version = text_targets.version
