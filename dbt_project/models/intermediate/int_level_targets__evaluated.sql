-- Kinds level and level_without_baseline (methods 2.6.1 attainment, 2.6.2 progress, 2.6.3 schedule).
-- attainment = x / T; progress = (x - b) / (T - b); schedule = k / n on a linear path.
with

latest as (
    select
        annual.*,
        row_number() over (
            partition by annual.plan_id, annual.indicator_code
            order by annual.reference_year desc
        ) as recency
    from {{ ref('int_indicator_values__annual') }} as annual
    inner join {{ ref('plans') }} as plans on annual.plan_id = plans.plan_id and annual.area_code = plans.area_code
),

measured as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.target_kind,
        targets.target_value,
        targets.baseline_value,
        targets.baseline_status,
        targets.last_year,
        latest.value,
        latest.reference_year,
        latest.origin,
        100.0 * latest.value / targets.target_value as attainment_pct,
        -- Rounded as plan and baseline are printed: 79.6 reaches 80 from a base of 78, 81.5 not 82 from one of 80.7.
        {{ rounded_to_compare('latest.value', 'targets') }} >= targets.target_value as meets,
        100.0 * (latest.value - targets.baseline_value) / nullif(targets.target_value - targets.baseline_value, 0)
            as progress_pct,
        case
            when targets.phasing = 'linear' and targets.baseline_value is not null
                then 100.0 * (latest.reference_year - targets.baseline_year) / (targets.last_year - targets.baseline_year)
        end as schedule_pct
    from {{ ref('int_targets__effective') }} as targets
    inner join latest
        on
            targets.plan_id = latest.plan_id
            and targets.indicator_code = latest.indicator_code
            and latest.recency = 1
    where targets.target_kind in ('level', 'level_without_baseline')
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            when measured.target_kind = 'level_without_baseline' and not measured.meets then 'no_baseline'
            else
                {{ status_from_gap(
                    'measured.meets', 'measured.reference_year = measured.last_year',
                    'measured.progress_pct', '(measured.progress_pct - measured.schedule_pct)', 'thresholds'
                ) }}
        end as status,
        thresholds.red_below_pp
    from measured
    inner join {{ ref('status_thresholds') }} as thresholds on measured.plan_id = thresholds.plan_id
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    cast(value as double) as value,
    attainment_pct,
    progress_pct,
    schedule_pct,
    gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'level' as method_id,
    origin,
    reference_year || '年为 ' || {{ figure('value') }} || '，目标 ' || {{ figure('target_value') }}
    || coalesce(
        '；进展 ' || {{ said('progress_pct') }} || '%，序时 ' || {{ said('schedule_pct') }} || '%', ''
    )
    || case when baseline_status = 'rebased' then '；基期为普查前口径，提前达到可能是口径变化所致' else '' end as reason_zh,
    {{ figure('value') }} || ' in ' || reference_year || ', target ' || {{ figure('target_value') }}
    || coalesce(
        '; progress ' || {{ said('progress_pct') }} || '% against a schedule of ' || {{ said('schedule_pct') }} || '%', ''
    )
    || case
        when baseline_status = 'rebased'
            then '; the baseline predates the census, so early achievement may be an artefact of re-basing'
        else ''
    end as reason_en
from judged
