-- One row an indicator. What cannot be judged says so, and says who owes the figure.
with

latest as (
    select
        selected.*,
        row_number() over (
            partition by selected.plan_id, selected.indicator_code
            order by selected.period_end_date desc, (selected.frequency = 'A') desc
        ) as recency
    from {{ ref('int_indicator_values__selected') }} as selected
    inner join {{ ref('plans') }} as plans
        on selected.plan_id = plans.plan_id and selected.area_code = plans.area_code
),

judged as (
    select
        indicators.plan_id,
        indicators.indicator_code,
        indicators.responsible_units,
        indicators.responsible_units_en,
        indicators.unit,
        targets.baseline_value,
        targets.target_value,
        targets.decision_ids,
        targets.is_status_withheld and progress.indicator_code is not null as is_withheld,
        progress.reference_period,
        coalesce(progress.judged_to_year, cast(progress.reference_period as integer)) as judged_to_year,
        progress.value,
        progress.attainment_pct,
        progress.progress_pct,
        progress.schedule_pct,
        progress.lamp,
        progress.method_id,
        progress.origin,
        progress.reason_zh,
        progress.reason_en,
        latest.value as latest_value,
        latest.reference_period as latest_reference_period,
        latest.measure as latest_measure,
        latest.source_id as latest_source_id,
        coalesce(progress.status, 'no_data') as status
    from {{ ref('dim_indicator') }} as indicators
    inner join {{ ref('int_targets__effective') }} as targets
        on indicators.plan_id = targets.plan_id and indicators.indicator_code = targets.indicator_code
    left join {{ ref('int_progress__unioned') }} as progress
        on indicators.plan_id = progress.plan_id and indicators.indicator_code = progress.indicator_code
    left join latest
        on
            indicators.plan_id = latest.plan_id
            and indicators.indicator_code = latest.indicator_code
            and latest.recency = 1
)

select
    plan_id,
    indicator_code,
    {{ as_of_date() }} as as_of_date,
    reference_period,
    cast(baseline_value as double) as baseline_value,
    cast(target_value as double) as target_value,
    -- Six decimals: beyond them a computed value holds only the noise of floating point.
    case when status != 'no_data' then round(value, 6) end as value,
    case when not is_withheld then round(attainment_pct, 6) end as attainment_pct,
    case when not is_withheld then round(progress_pct, 6) end as progress_pct,
    case when not is_withheld then round(schedule_pct, 6) end as schedule_pct,
    case when is_withheld then 'under_revision' else status end as status,
    case
        when is_withheld then '口径待责任单位确认，暂不发布状态；' || reason_zh
        when status = 'no_data'
            then coalesce(reason_zh || '；', '规划期内无已公布的年度数据；') || '应由' || responsible_units || '报送'
        else reason_zh
    end as status_reason,
    case
        when is_withheld then 'meaning awaits the unit''s confirmation, no status is published; ' || reason_en
        when status = 'no_data'
            then
                coalesce(reason_en || '; ', 'no yearly figure of the plan period is published; ')
                || 'owed by: ' || responsible_units_en
        else reason_en
    end as status_reason_en,
    case when is_withheld or status = 'no_data' then 'grey' else lamp end as lamp,
    coalesce(method_id, 'none') as method_id,
    coalesce(decision_ids, '') as decision_ids,
    origin,
    case when status = 'no_data' then responsible_units else '' end as owing_units,
    cast(latest_value as double) as latest_value,
    latest_reference_period,
    latest_measure,
    latest_source_id,
    case
        when not is_withheld and status not in ('no_data', 'target_pending')
            then cast(year({{ as_of_date() }}) - judged_to_year as integer)
    end as status_age_years
from judged
