-- Kinds level, level_without_baseline and coverage (methods 2.6.1 attainment, 2.6.2 progress, 2.6.3 schedule).
-- attainment = x / T (T / x where lower is better); progress = (x - b) / (T - b), for either direction;
-- schedule = the share of the way that the path has gone: k / n on a linear one, compounded on a geometric one.
-- Second method: the growth ratio R (2.1), and P of the UN progress chart (2.3) beside it.
-- Where the re-based baseline counts (DEC-11) and meets the target already, the target is one to hold (rule 2.8.3): its
-- worst value is held against it, and no ratio is formed.
with

annual as (
    select
        values_.*,
        row_number() over newest as recency,
        first_value(values_.comparable_value) over oldest as first_value,
        first_value(values_.reference_year) over oldest as first_value_year,
        min(values_.comparable_value) over oldest_to_newest as lowest_value,
        max(values_.comparable_value) over oldest_to_newest as highest_value
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
        ),
        oldest_to_newest as (partition by values_.plan_id, values_.target_type, values_.target_id)
),

based as (
    select
        targets.*,
        latest.value,
        latest.comparable_value,
        coalesce(latest.comparable_value, latest.tested_value) as testable_value,
        latest.lowest_value,
        latest.highest_value,
        latest.reference_year,
        latest.break_ids,
        latest.breaks_zh,
        latest.breaks_en,
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

-- On a lattice that is counted in steps, value, base and target are whole numbers of what is counted. A figure of another
-- ground than the plan's has no base, though a decision may let it be held against the target.
scaled as (
    select
        *,
        case when is_in_steps then round(testable_value * lattice_n / 100) else testable_value end as compared_value,
        case
            when is_in_steps then round(coalesce(stated_base, case when proxy_year is not null then first_value end) * lattice_n / 100)
            else coalesce(stated_base, case when proxy_year is not null then first_value end)
        end as base_value,
        case when is_in_steps then attainable_target_value * lattice_n / 100 else target_value end as goal_value,
        coalesce(proxy_year, baseline_year) as base_year
    from based
),

held as (
    select
        *,
        case
            when stated_base is null or comparable_value is null then false
            when is_in_steps then base_value >= round(goal_value)
            else coalesce({{ meets_exactly('base_value', 'scaled') }}, false)
        end as is_to_hold,
        -- A share that stands on the step of its printed baseline has not moved: 52.381 is 52.38, 11 of 21.
        case
            when
                lattice_n is not null and not is_in_steps
                and round(compared_value * lattice_n / 100) = round(base_value * lattice_n / 100)
                then base_value
            else compared_value
        end as followed_value
    from scaled
),

based_or_held as (
    select
        * replace (case when comparable_value is not null and not is_to_hold then base_value end as base_value),
        case when operator = 'le' then highest_value else lowest_value end as worst_value
    from held
),

measured as (
    select
        scaled.*,
        case when compared_value is not null then {{ attainment_of('testable_value', 'scaled') }} end as attainment_pct,
        case
            when is_in_steps then compared_value >= round(goal_value)
            else {{ meets_target('compared_value', 'scaled') }}
        end as meets,
        is_in_steps or {{ meets_exactly('compared_value', 'scaled') }} as meets_exactly,
        {{ meets_target('worst_value', 'scaled') }} as holds,
        100.0 * (followed_value - base_value) / nullif(goal_value - base_value, 0) as progress_pct,
        -- A re-based baseline that meets the target already leaves no way to go.
        case
            when not {{ meets_exactly('rebased_value', 'scaled') }}
                then 100.0 * (comparable_value - rebased_value) / nullif(target_value - rebased_value, 0)
        end as progress_rebased_pct,
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
            'followed_value', 'base_value', 'goal_value',
            '(reference_year - base_year)', '(last_year - base_year)', 'operator'
        ) }} as growth_ratio_pct,
        {{ un_progress(
            'followed_value', 'base_value', 'goal_value',
            '(reference_year - base_year)', '(last_year - base_year)'
        ) }} as un_progress,
        last_year - reference_year as years_left,
        -- Where only whole steps can be taken the way that is left ends on the step that satisfies the target.
        coalesce(attainable_target_value, target_value) as reachable_target_value
    from based_or_held as scaled
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            -- Neither target nor baseline stands on the ground of the figure.
            when measured.compared_value is null then 'no_baseline'
            when measured.target_value is null then 'target_pending'
            when measured.is_to_hold
                then
                    case
                        when not measured.holds then 'breached'
                        when measured.reference_year >= measured.last_year then 'met'
                        else 'on_schedule'
                    end
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
    inner join {{ ref('int_status_thresholds__effective') }} as thresholds on measured.plan_id = thresholds.plan_id
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
    case when not is_to_hold then 'level' when operator = 'le' then 'ceiling' else 'floor' end as method_id,
    origin,
    case
        when comparable_value is not null and not is_to_hold and not meets and years_left > 0
            then {{ stored('(reachable_target_value - comparable_value) / years_left') }}
    end as required_yearly_change,
    case
        when not meets and not is_to_hold
            then {{ stored('100 * (' ~ growth_factor('reachable_target_value', 'comparable_value', 'years_left') ~ ' - 1)') }}
    end as required_yearly_rate_pct,
    case when growth_ratio_pct is not null then 'growth_ratio' end as second_method_id,
    {{ stored('growth_ratio_pct') }} as second_value,
    {{ status_from_growth_ratio('meets', 'growth_ratio_pct') }} as second_status,
    {{ stored('un_progress') }} as un_progress,
    {{ un_score('un_progress') }} as un_score,
    reference_year || '年为 ' || {{ figure('value') }}
    || case
        when compared_value is null
            then
                '；序列自规划基期以来间断（' || break_ids || coalesce('；' || breaks_zh, '')
                || '），没有衔接系数，不与基期、目标比较'
        when comparable_value is null
            then
                '，目标 ' || {{ figure('target_value') }} || '；序列自规划基期以来间断（' || break_ids
                || '），按决定只以末年数值与目标比较，不算进展'
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
            || case
                when status = 'no_baseline'
                    then
                        coalesce('；实现程度 ' || {{ said('attainment_pct') }} || '%', '')
                        || '；没有基期，无法判断序时'
                when status = 'not_due'
                    then
                        coalesce('；进展 ' || {{ said('progress_pct') }} || '%', '')
                        || '；没有录入中间年份应达数，末年前只判断是否达到'
                when is_to_hold
                    then
                        '；重算基期 ' || {{ figure(stored('stated_base')) }} || ' 已达目标，按保持评价，期内最差 '
                        || {{ figure(stored('worst_value')) }}
                else ''
            end
    end
    || {{ rounding_told('meets', 'meets_exactly', 'zh') }}
    || case when proxy_year is not null then '；以首个观测值（' || proxy_year || '年）代替基期' else '' end
    -- At the end nothing is early any more.
    || case
        when baseline_status = 'rebased' and years_left > 0 then '；基期为普查前口径，提前达到可能是口径变化所致'
        when baseline_status = 'rebased' then '；基期为普查前口径'
        else ''
    end as reason_zh,
    {{ figure('value') }} || ' in ' || reference_year
    || case
        when compared_value is null
            then
                '; the series breaks after the baseline (' || break_ids || coalesce('; ' || breaks_en, '')
                || ') without a link, so it is compared with neither baseline nor target'
        when comparable_value is null
            then
                ', target ' || {{ figure('target_value') }} || '; the series breaks after the baseline (' || break_ids
                || '), so by decision the figure of the final year is held against the target alone, without progress'
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
            || case
                when status = 'no_baseline'
                    then
                        coalesce('; attainment ' || {{ said('attainment_pct') }} || '%', '')
                        || '; without a baseline no schedule can be judged'
                when status = 'not_due'
                    then
                        coalesce('; progress ' || {{ said('progress_pct') }} || '%', '')
                        || '; no value for the years between is entered, so before the final year only achievement is judged'
                when is_to_hold
                    then
                        '; the re-based baseline ' || {{ figure(stored('stated_base')) }}
                        || ' meets the target already, so it is one to hold; worst value of the period '
                        || {{ figure(stored('worst_value')) }}
                else ''
            end
    end
    || {{ rounding_told('meets', 'meets_exactly', 'en') }}
    || case
        when proxy_year is not null then '; the first observation (' || proxy_year || ') stands in for the baseline' else ''
    end
    || case
        when baseline_status = 'rebased' and years_left > 0
            then '; the baseline predates the census, so early achievement may be an artefact of re-basing'
        when baseline_status = 'rebased' then '; the baseline predates the census'
        else ''
    end as reason_en
from judged
