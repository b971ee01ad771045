-- One row a target in the plan's text and boxes, in the words of the plan, with the same columns as an indicator.
select
    progress.plan_id,
    progress.target_id as text_target_id,
    text_targets.statement_zh,
    text_targets.statement_en,
    text_targets.unit,
    coalesce(text_targets.indicator_code, '') as indicator_code,
    coalesce(text_targets.duplicate_of, '') as duplicate_of,
    -- Said twice, counted once (DEC-T10): it is judged by the figures of the one that it repeats.
    coalesce(text_targets.duplicate_of is not null or progress.series_basis = 'of_indicator', false) as is_repeat,
    coalesce(text_targets.responsible_unit_ids, '') as responsible_unit_ids,
    text_targets.responsible_unit_status,
    text_targets.section_id,
    cast(text_targets.box_no as varchar) as box_no,
    text_targets.citation,
    {{ progress_columns('progress') }},
    {{ override_columns('progress') }}
from {{ ref('int_progress__completed') }} as progress
inner join {{ ref('text_targets') }} as text_targets
    on
        progress.plan_id = text_targets.plan_id
        and progress.target_id = text_targets.text_target_id
        and progress.target_version = text_targets.version
left join {{ ref('int_status_overrides__effective') }} as overrides on {{ same_target('progress', 'overrides') }}
where progress.target_type = 'text_target'
