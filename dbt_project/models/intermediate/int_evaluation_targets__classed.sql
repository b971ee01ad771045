-- Every target of a plan whose evaluation is due, in the words of the evaluation: the class its status falls into.
-- A status set by hand counts while it is in force, of whichever year; the computed one stays beside it, and is of
-- another year where its figure is.
-- A target in text that is judged by another one's figures is told of once, with that one.
-- An evaluation tells the last year it assesses: a status judged up to another year is no finding of it, save what was
-- reached before and cannot be undone.
with

matched as (
    select
        progress.*,
        evaluations.evaluation_id,
        evaluations.evaluation_kind,
        evaluations.due_date,
        targets.is_weaker_than_baseline,
        targets.operator,
        targets.last_year,
        targets.first_year,
        coalesce(indicators.name_zh, text_targets.statement_zh) as name_zh,
        coalesce(indicators.name_en, text_targets.statement_en) as name_en,
        coalesce(indicators.responsible_unit_ids, text_targets.responsible_unit_ids, '') as responsible_unit_ids,
        text_targets.section_id,
        coalesce(text_targets.duplicate_of is not null or progress.series_basis = 'of_indicator', false)
            as is_told_elsewhere,
        {{ override_columns('progress') }},
        least(evaluations.assessed_last_year, targets.last_year) as assessed_year,
        -- The words of the end are for what was judged at its end, whenever the evaluation is.
        case when progress.judged_to_year >= targets.last_year then classes.class_at_end else classes.class_before_end end
            as class_of_status,
        computed_classes.class_before_end = 'not_assessable' as is_computed_not_assessable
    from {{ ref('int_progress__completed') }} as progress
    inner join {{ ref('dim_evaluation') }} as evaluations
        on progress.plan_id = evaluations.plan_id and evaluations.is_newest_due
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('progress', 'targets') }}
    left join {{ ref('int_status_overrides__effective') }} as overrides on {{ same_target('progress', 'overrides') }}
    left join {{ ref('evaluation_classes') }} as classes on {{ shown_status('progress') }} = classes.status
    left join {{ ref('evaluation_classes') }} as computed_classes on progress.status = computed_classes.status
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
),

placed as (
    select
        *,
        case
            when is_computed_not_assessable then null
            when judged_to_year > assessed_year then 'later_year'
            when target_kind in ('milestone', 'cumulative_sum') and status in ('achieved_early', 'met') then null
            when judged_to_year < assessed_year then 'earlier_year'
        end as other_year
    from matched
),

-- What people say of this day stands, whichever year was judged.
shown as (
    select
        *,
        case when override_id is null then other_year end as shown_other_year
    from placed
)

select
    * exclude (class_of_status, is_computed_not_assessable, other_year, shown_other_year)
    replace (
        coalesce(other_year, status) as status,
        coalesce(shown_other_year, shown_status) as shown_status,
        case
            when shown_other_year is not null or (other_year is not null and override_lamp is null) then 'grey'
            else shown_lamp
        end as shown_lamp,
        case when other_year is null then lamp else 'grey' end as lamp,
        {%- for figure_of_the_year in ['value', 'attainment_pct', 'progress_pct', 'schedule_pct', 'gap_pp'] %}
            case when other_year is null then {{ figure_of_the_year }} end as {{ figure_of_the_year }},
        {%- endfor %}
        methods_disagree and other_year is null as methods_disagree,
        case other_year
            when 'earlier_year' then '没有' || assessed_year || '年的数，本次不评价；最近一次：' || status_reason
            when 'later_year'
                then
                    '已按' || judged_to_year || '年的数评定，' || assessed_year || '年的状态见以'
                    || strftime(due_date, '%Y-%m-%d') || '为截止日的发布，本次不评价'
            else status_reason
        end as status_reason,
        case other_year
            when 'earlier_year'
                then 'no figure of ' || assessed_year || ', not assessed here; the last one: ' || status_reason_en
            when 'later_year'
                then
                    'already judged by the figure of ' || judged_to_year || '; for the status of ' || assessed_year
                    || ' see a release that is as of ' || strftime(due_date, '%Y-%m-%d') || '; not assessed here'
            else status_reason_en
        end as status_reason_en
    ),
    case when shown_other_year is null then class_of_status else 'not_assessable' end as evaluation_class
from shown
