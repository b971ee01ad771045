-- Kinds level, level_without_baseline and coverage (methods 2.6.1 attainment, 2.6.2 progress, 2.6.3 schedule).
-- attainment = x / T (T / x where lower is better); progress = (x - b) / (T - b), for either direction;
-- schedule = the share of the way that the path has gone: k / n on a linear one, compounded on a geometric one.
-- Second method: the growth ratio R (2.1), and P of the UN progress chart (2.3) beside it.
with

annual as (
    select
        values_.*,
        row_number() over newest as recency,
        first_value(values_.comparable_value) over oldest as first_value,
        first_value(values_.reference_year) over oldest as first_value_year
    from {{ ref('int_target_values__annual') }} as values_
    inner join {{ ref('plans') }} as plans on values_.plan_id = plans.plan_id and values_.area_code = plans.area_code
    window
        newest as (
            partition by values_.plan_id, values_.target_type, values_.target_id
            order by values_.reference_year desc
        ),
        oldest as (
            partition by values_.plan_id, values_.target_type, values_.target_id
            order by values_.reference_year
        )
),

based as (
    select
        targets.*,
        latest.value,
        latest.comparable_value,
        latest.reference_year,
        latest.break_ids,
        latest.origin,
        rebased.rebased_value,
        path.path_value,
        targets.lattice_basis = 'steps' and targets.lattice_n is not null as is_in_steps,
        -- The first observation may stand in for a baseline (DEC-24); it then is no observation of progress itself.
        case
            when
                targets.proxy_baseline = 'first_observation'
                and targets.baseline_value is null
                and latest.first_value_year < latest.reference_year
                then latest.first_value_year
        end as proxy_year,
        case
            when targets.baseline_used = 'rebased' then coalesce(rebased.rebased_value, targets.baseline_value)
            else targets.baseline_value
        end as stated_base,
        latest.first_value
    from {{ ref('int_targets__effective') }} as targets
    inner join annual as latest on {{ same_target('targets', 'latest') }} and latest.recency = 1
    left join {{ ref('int_baselines__rebased') }} as rebased on {{ same_target('targets', 'rebased') }}
    left join {{ ref('int_target_path__yearly') }} as path
        on
            {{ same_target('targets', 'path') }}
            and latest.reference_year = path.reference_year
            and path.is_from_milestones
    where targets.target_kind in ('level', 'level_without_baseline', 'coverage')
),

-- On a lattice that is counted in steps, value, base and target are whole numbers of what is counted.
scaled as (
    select
        *,
        case when is_in_steps then round(comparable_value * lattice_n / 100) else comparable_value end as compared_value,
        case
            when is_in_steps then round(coalesce(stated_base, case when proxy_year is not null then first_value end) * lattice_n / 100)
            else coalesce(stated_base, case when proxy_year is not null then first_value end)
        end as base_value,
        case when is_in_steps then attainable_target_value * lattice_n / 100 else target_value end as goal_value,
        coalesce(proxy_year, baseline_year) as base_year
    from based
),

measured as (
    select
        scaled.*,
        case when compared_value is not null then {{ attainment_of('comparable_value', 'scaled') }} end as attainment_pct,
        case
            when is_in_steps then compared_value >= round(goal_value)
            else {{ meets_target('compared_value', 'scaled') }}
        end as meets,
        100.0 * (compared_value - base_value) / nullif(goal_value - base_value, 0) as progress_pct,
        100.0 * (comparable_value - rebased_value) / nullif(target_value - rebased_value, 0) as progress_rebased_pct,
        case
            when base_value is null or compared_value is null then null
            when path_value is not null and base_value = baseline_value
                then 100.0 * (path_value - base_value) / nullif(goal_value - base_value, 0)
            when phasing in ('linear', 'seasonal')
                then 100.0 * (reference_year - base_year) / (last_year - base_year)
            when phasing = 'geometric'
                then
                    100.0 * (
                        base_value * power(
                            {{ growth_factor('goal_value', 'base_value', '(last_year - base_year)') }},
                            reference_year - base_year
                        ) - base_value
                    ) / nullif(goal_value - base_value, 0)
        end as schedule_pct,
        {{ growth_ratio_pct(
            'compared_value', 'base_value', 'goal_value',
            '(reference_year - base_year)', '(last_year - base_year)', 'operator'
        ) }} as growth_ratio_pct,
        {{ un_progress(
            'compared_value', 'base_value', 'goal_value',
            '(reference_year - base_year)', '(last_year - base_year)'
        ) }} as un_progress,
        last_year - reference_year as years_left
    from scaled
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            -- Neither target nor baseline stands on the ground of the figure.
            when measured.compared_value is null then 'no_baseline'
            when measured.target_value is null then 'target_pending'
            when
                measured.base_value is null
                and not measured.meets
                and measured.reference_year < measured.last_year
                then 'no_baseline'
            else
                {{ status_from_gap(
                    'measured.meets', 'measured.reference_year >= measured.last_year',
                    'measured.progress_pct', '(measured.progress_pct - measured.schedule_pct)', 'thresholds'
                ) }}
        end as status,
        thresholds.red_below_pp
    from measured
    inner join {{ ref('status_thresholds') }} as thresholds on measured.plan_id = thresholds.plan_id
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    reference_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('value') }} as value,
    {{ stored('attainment_pct') }} as attainment_pct,
    {{ stored('progress_pct') }} as progress_pct,
    {{ stored('progress_rebased_pct') }} as progress_rebased_pct,
    {{ stored('rebased_value') }} as baseline_rebased_value,
    {{ stored('schedule_pct') }} as schedule_pct,
    {{ stored('gap_pp') }} as gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'level' as method_id,
    origin,
    case
        when compared_value is not null and not meets and years_left > 0
            then {{ stored('(target_value - comparable_value) / years_left') }}
    end as required_yearly_change,
    case
        when not meets
            then {{ stored('100 * (' ~ growth_factor('target_value', 'comparable_value', 'years_left') ~ ' - 1)') }}
    end as required_yearly_rate_pct,
    case when growth_ratio_pct is not null then 'growth_ratio' end as second_method_id,
    {{ stored('growth_ratio_pct') }} as second_value,
    {{ status_from_growth_ratio('meets', 'growth_ratio_pct') }} as second_status,
    {{ stored('un_progress') }} as un_progress,
    {{ un_score('un_progress') }} as un_score,
    reference_year || '年为 ' || {{ figure('value') }}
    || case
        when compared_value is null
            then '；序列自规划基期以来间断（' || break_ids || '），没有衔接系数，不与基期、目标比较'
        else
            coalesce('，目标 ' || {{ figure('target_value') }}, '')
            || case
                when is_in_steps
                    then
                        '；' || cast(compared_value as integer) || ' 个' || counted_zh || '，需 '
                        || cast(goal_value as integer) || ' 个'
                else ''
            end
            || coalesce(
                '；进展 ' || {{ said('progress_pct') }} || '%，序时 ' || {{ said('schedule_pct') }} || '%', ''
            )
    end
    || case when proxy_year is not null then '；以首个观测值（' || proxy_year || '年）代替基期' else '' end
    || case when baseline_status = 'rebased' then '；基期为普查前口径，提前达到可能是口径变化所致' else '' end as reason_zh,
    {{ figure('value') }} || ' in ' || reference_year
    || case
        when compared_value is null
            then
                '; the series breaks after the baseline (' || break_ids
                || ') without a link, so it is compared with neither baseline nor target'
        else
            coalesce(', target ' || {{ figure('target_value') }}, '')
            || case
                when is_in_steps
                    then
                        '; ' || cast(compared_value as integer) || ' ' || counted_en || ', '
                        || cast(goal_value as integer) || ' are needed'
                else ''
            end
            || coalesce(
                '; progress ' || {{ said('progress_pct') }} || '% against a schedule of ' || {{ said('schedule_pct') }} || '%',
                ''
            )
    end
    || case
        when proxy_year is not null then '; the first observation (' || proxy_year || ') stands in for the baseline' else ''
    end
    || case
        when baseline_status = 'rebased'
            then '; the baseline predates the census, so early achievement may be an artefact of re-basing'
        else ''
    end as reason_en
from judged
