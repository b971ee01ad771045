-- Where each project that is followed itself stands (headings are rolled up in the mart): stage, points, gap, lamp.
-- Types without points are judged by the dates of their stages alone (DEC-P1); cuts as for targets (status_thresholds).
-- Only the last stage completes a project: one the plan merely asks to start is done with its start, and not completed.
with

-- What is decided about dates that passed without the work (DEC-P8): the months to red, or that they are not judged.
decided as (
    select
        plan_id,
        cast(max(parameter_value) filter (where parameter = 'start_red_after_months') as integer) as red_after_months,
        coalesce(max(parameter_value) filter (where parameter = 'missed_dates'), 'judged') = 'judged' as are_dates_judged
    from {{ ref('int_decision_parameters__effective') }}
    where target_type = 'plan' and is_read
    group by plan_id
),

reported as (
    select
        plan_id,
        project_id,
        max(stage_no) filter (where reached_on is not null) as stage_no,
        max_by(stage_id, stage_no) filter (where reached_on is not null) as stage_id,
        max_by(stage_name_zh, stage_no) filter (where reached_on is not null) as stage_name_zh,
        max_by(stage_name_en, stage_no) filter (where reached_on is not null) as stage_name_en,
        max_by(reached_on, stage_no) filter (where reached_on is not null) as reached_on,
        max(cumulative_points_pct) filter (where reached_on is not null) as points_pct,
        -- An empty text, because max_by would skip a null and take the evidence of an earlier stage.
        max_by(coalesce(evidence, ''), stage_no) filter (where reached_on is not null) as stage_evidence,
        max(completed_quantity) as completed_quantity,
        max(evidence) filter (where completed_quantity is not null) as quantity_evidence,
        max_by(unit_id, (reported_on, return_month)) as unit_id,
        max_by(source_id, (reported_on, return_month)) as source_id,
        max(reported_on) as reported_on,
        case when bool_or(origin = 'simulated') then 'simulated' else any_value(origin) end as origin
    from {{ ref('int_project_stages__reached') }}
    group by plan_id, project_id
),

measured as (
    select
        entries.plan_id,
        entries.project_id,
        entries.measured_by,
        entries.quantity_value,
        entries.quantity_unit,
        entries.is_soft,
        reported.stage_no,
        reported.stage_id,
        reported.stage_name_zh,
        reported.stage_name_en,
        reported.reached_on,
        reported.completed_quantity,
        reported.unit_id,
        reported.source_id,
        reported.reported_on,
        reported.origin,
        coalesce(nullif(reported.stage_evidence, ''), reported.quantity_evidence) as evidence,
        schedules.planned_start_date,
        schedules.planned_end_date,
        schedules.schedule_basis,
        schedules.next_planned_date,
        schedules.replanned_days,
        schedules.schedule_pct,
        reported.project_id is not null as is_reported,
        coalesce(reported.stage_no, 0) >= entries.start_stage_no as has_started,
        case
            when entries.measured_by = 'counted' then reported.completed_quantity >= entries.quantity_value
            else coalesce(reported.stage_no, 0) >= entries.required_stage_no
        end as is_done,
        entries.measured_by = 'counted' or reported.stage_no >= entries.last_stage_no as is_last_stage,
        case
            when reported.project_id is null then null
            when entries.measured_by = 'counted' then 100.0 * reported.completed_quantity / entries.quantity_value
            when entries.goal_pct is not null then coalesce(reported.points_pct, 0)
        end as progress_pct,
        -- Where nothing is decided a quarter's delay is red.
        coalesce(decided.red_after_months, 3) as red_after_months,
        coalesce(decided.are_dates_judged, true) as are_dates_judged,
        thresholds.ahead_above_pp,
        thresholds.lagging_below_pp,
        thresholds.red_below_pp
    from {{ ref('int_project_entries__counted') }} as entries
    inner join {{ ref('int_project_schedules__expected') }} as schedules
        on entries.plan_id = schedules.plan_id and entries.project_id = schedules.project_id
    inner join {{ ref('int_status_thresholds__effective') }} as thresholds on entries.plan_id = thresholds.plan_id
    left join reported on entries.plan_id = reported.plan_id and entries.project_id = reported.project_id
    left join decided on entries.plan_id = decided.plan_id
),

late as (
    select
        *,
        progress_pct - schedule_pct as lag_pp,
        -- Of the dates that have passed without the work: the start, a planned stage, the end.
        case
            when are_dates_judged and not has_started and last_day(planned_start_date) <= {{ reference_month_end() }}
                then planned_start_date
        end as missed_start_date,
        case
            when
                are_dates_judged
                and progress_pct is null
                and last_day(least(next_planned_date, planned_end_date)) <= {{ reference_month_end() }}
                then least(next_planned_date, planned_end_date)
        end as missed_stage_date
    from measured
),

judged as (
    select
        *,
        case
            when not is_reported then 'not_reported'
            when is_done and is_last_stage then 'completed'
            when is_done then 'stage_reached'
            when missed_start_date is not null then 'not_started'
            when missed_stage_date is not null then 'overdue'
            when lag_pp is null and schedule_basis = 'returned' and are_dates_judged then 'on_schedule'
            when lag_pp is null then 'stage_only'
            when lag_pp > ahead_above_pp then 'ahead'
            when lag_pp >= 0 then 'on_schedule'
            when lag_pp > lagging_below_pp then 'slightly_behind'
            else 'lagging'
        end as status
    from late
),

dated as (
    select
        *,
        coalesce(
            coalesce(missed_start_date, missed_stage_date) + to_months(red_after_months) <= {{ reference_month_end() }}, false
        ) as is_late_beyond_red
    from judged
),

lit as (
    select
        *,
        case
            when status in ('not_reported', 'stage_only') then 'grey'
            when status in ('completed', 'stage_reached', 'ahead', 'on_schedule', 'slightly_behind') then 'green'
            when lag_pp < red_below_pp or is_late_beyond_red then 'red'
            else 'yellow'
        end as hard_lamp
    from dated
)

select
    * exclude (
        hard_lamp, is_last_stage, ahead_above_pp, lagging_below_pp, red_below_pp, red_after_months, are_dates_judged,
        is_late_beyond_red
    ),
    case when hard_lamp = 'red' and is_soft then 'yellow' else hard_lamp end as lamp,
    hard_lamp = 'red' and is_soft as is_softened,
    -- Where no date is late enough for red, the gap alone is what makes it so.
    hard_lamp = 'red' and not is_late_beyond_red as is_red_by_lag
from lit
