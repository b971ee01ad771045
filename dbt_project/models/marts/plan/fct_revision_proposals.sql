-- Chapter 12: a revision is proposed where a target is clearly off course. Which deviation is large is a row of
-- revision_rules; what has no figure is never proposed for. The options are listed, none is chosen.
with

rules as (
    select * from {{ ref('revision_rules') }}
    where effective_from <= {{ as_of_date() }}
),

judged as (
    select
        classed.*,
        best.best_yearly_change,
        best.changes_count,
        case
            when classed.target_kind = 'period_average_growth'
                then coalesce(classed.required_yearly_rate_floor_pct, classed.required_yearly_rate_pct)
            -- Of an assigned target the rate that is left is a reduction a year, as its yearly figures are.
            when classed.target_kind = 'assigned_by_superior' then classed.required_yearly_rate_pct
            when classed.operator = 'le' then -classed.required_yearly_change
            else classed.required_yearly_change
        end as needed_yearly_change
    from {{ ref('int_evaluation_targets__classed') }} as classed
    left join {{ ref('int_yearly_changes__best') }} as best on {{ same_target('classed', 'best') }}
    where
        classed.value is not null
        and classed.reference_period is not null
        and classed.evaluation_class != 'not_assessable'
        and not classed.is_told_elsewhere
),

matched as (
    select
        judged.*,
        rules.rule_id,
        rules.name_zh as rule_name_zh,
        rules.name_en as rule_name_en
    from judged
    inner join rules on judged.plan_id = rules.plan_id
    where
        case rules.rule_id
            -- Only a gap to a schedule is one in points: a floor, a ceiling and a comparison have none.
            when 'gap_beyond_red'
                then
                    judged.schedule_pct is not null
                    and judged.gap_pp < rules.threshold_value
                    -- What people hold to be on course is not proposed for on a computed gap.
                    and (judged.override_id is null or judged.evaluation_class = 'lagging')
            when 'overtaken'
                then
                    judged.shown_status = 'achieved_early'
                    and judged.evaluation_kind != 'final'
                    and coalesce(judged.progress_pct, judged.attainment_pct) > rules.threshold_value
            when 'weaker_than_baseline'
                then
                    judged.is_weaker_than_baseline
                    or (
                        judged.target_kind = 'cumulative_sum'
                        and judged.baseline_value * (judged.last_year - judged.first_year + 1)
                        > judged.target_value * (1 + rules.threshold_value / 100)
                    )
            when 'rate_implausible'
                then
                    judged.evaluation_kind != 'final'
                    and judged.evaluation_class = 'lagging'
                    and judged.changes_count >= 2
                    and judged.needed_yearly_change > rules.threshold_value * judged.best_yearly_change
        end
),

drafted as (
    select
        * exclude (rule_id, rule_name_zh, rule_name_en),
        string_agg(rule_id, '; ' order by rule_id) as rule_ids,
        string_agg(rule_name_zh, '；' order by rule_id) as rule_names_zh,
        string_agg(rule_name_en, '; ' order by rule_id) as rule_names_en,
        bool_or(rule_id in ('gap_beyond_red', 'rate_implausible')) as is_behind
    from matched
    group by all
)

select
    plan_id,
    evaluation_id,
    target_type,
    target_id,
    name_zh,
    name_en,
    unit,
    rule_ids,
    rule_names_zh || '。' || {{ overridden_reason('status_reason', 'zh') }}
    || case
        when outlook_low is not null and outlook_observed_years < 3
            then '；展望只依据 ' || outlook_observed_years || ' 个年度数'
        else ''
    end as reason_zh,
    rule_names_en || '. ' || {{ overridden_reason('status_reason_en', 'en') }}
    || case
        when outlook_low is not null and outlook_observed_years < 3
            then '; the outlook rests on ' || outlook_observed_years || ' yearly values only'
        else ''
    end as reason_en,
    shown_status as status,
    shown_lamp as lamp,
    reference_period,
    cast(value as double) as value,
    cast(target_value as double) as target_value,
    cast(gap_pp as double) as gap_pp,
    {{ stored('needed_yearly_change') }} as needed_change_value,
    {{ stored('best_yearly_change') }} as best_change_value,
    cast(coalesce(changes_count, 0) as integer) as changes_number,
    cast(outlook_low as double) as outlook_low,
    cast(outlook_high as double) as outlook_high,
    outlook_reading,
    case when is_behind then '保持目标；调整目标；保持目标并提出整改措施' else '保持目标；调高或改写目标' end as options_zh,
    case
        when is_behind then 'keep the target; adjust it; keep it with remedial measures'
        else 'keep the target; raise or rewrite it'
    end as options_en,
    {{ target_evidence('drafted') }} as evidence_ids,
    origin
from drafted
