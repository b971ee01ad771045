-- One row an entry of the boxes. A heading tells of the projects below it, each counted once (DEC-P3, DEC-P5).
with recursive

below as (
    select
        plan_id,
        project_id as heading_id,
        project_id
    from {{ ref('int_project_entries__counted') }}
    where measured_by = 'heading'
    union
    select
        below.plan_id,
        below.heading_id,
        entries.project_id
    from below
    inner join {{ ref('int_project_entries__counted') }} as entries
        on below.plan_id = entries.plan_id and below.project_id = entries.parent_project_id
),

children as (
    select distinct
        below.plan_id,
        below.heading_id,
        entries.counted_as_project_id
    from below
    inner join {{ ref('int_project_entries__counted') }} as entries
        on below.plan_id = entries.plan_id and below.project_id = entries.project_id
    where entries.measured_by != 'heading'
),

rolled as (
    select
        children.plan_id,
        children.heading_id as project_id,
        count(*) as child_count,
        count(*) filter (where evaluated.lamp = 'green') as green_count,
        count(*) filter (where evaluated.lamp = 'yellow') as yellow_count,
        count(*) filter (where evaluated.lamp = 'red') as red_count,
        count(*) filter (where evaluated.lamp = 'grey') as grey_count,
        count(*) filter (where evaluated.status = 'completed') as completed_count,
        count(*) filter (where evaluated.status = 'stage_reached') as stage_reached_count,
        coalesce(bool_or(evaluated.origin = 'simulated'), false) as is_simulated,
        max(evaluated.reported_on) as reported_on
    from children
    inner join {{ ref('int_projects__evaluated') }} as evaluated
        on children.plan_id = evaluated.plan_id and children.counted_as_project_id = evaluated.project_id
    group by children.plan_id, children.heading_id
),

-- Those about the project or its type, and of those about the whole plan the ones a project reads.
decisions as (
    select
        entries.plan_id,
        entries.project_id,
        string_agg(distinct decided.decision_id, '; ' order by decided.decision_id) as decision_ids
    from {{ ref('int_project_entries__counted') }} as entries
    inner join {{ ref('int_decision_parameters__effective') }} as decided
        on
            entries.plan_id = decided.plan_id
            and (
                (decided.target_type = 'project' and entries.project_id = decided.target_id)
                or (decided.target_type = 'project_type' and entries.project_type = decided.target_id)
                or (
                    decided.target_type = 'plan'
                    and decided.parameter in ('project_schedule', 'start_red_after_months', 'missed_dates')
                )
            )
    group by entries.plan_id, entries.project_id
),

told as (
    select
        entries.*,
        evaluated.stage_no,
        evaluated.stage_id,
        evaluated.stage_name_zh,
        evaluated.stage_name_en,
        evaluated.reached_on,
        evaluated.completed_quantity,
        evaluated.unit_id,
        evaluated.source_id,
        evaluated.evidence,
        evaluated.planned_start_date,
        evaluated.planned_end_date,
        evaluated.schedule_basis,
        evaluated.replanned_days,
        evaluated.progress_pct,
        evaluated.schedule_pct,
        evaluated.lag_pp,
        evaluated.missed_start_date,
        evaluated.missed_stage_date,
        evaluated.is_softened,
        evaluated.is_red_by_lag,
        {{ figure_in_english('evaluated.completed_quantity', 'units') }} as completed_en,
        {{ figure_in_english('entries.quantity_value', 'units') }} as quantity_en,
        rolled.child_count,
        rolled.green_count,
        rolled.yellow_count,
        rolled.red_count,
        rolled.grey_count,
        rolled.completed_count,
        rolled.stage_reached_count,
        decisions.decision_ids,
        coalesce(evaluated.reported_on, rolled.reported_on) as last_reported_on,
        case when entries.measured_by = 'heading' then 'heading' else evaluated.status end as status,
        case
            when entries.measured_by != 'heading' then evaluated.lamp
            when rolled.red_count > 0 then 'red'
            when rolled.yellow_count > 0 then 'yellow'
            when rolled.green_count > 0 then 'green'
            else 'grey'
        end as lamp,
        case when rolled.is_simulated then 'simulated' else evaluated.origin end as origin,
        {{ override_fields('overrides') }}
    from {{ ref('int_project_entries__counted') }} as entries
    left join {{ ref('int_projects__evaluated') }} as evaluated
        on entries.plan_id = evaluated.plan_id and entries.counted_as_project_id = evaluated.project_id
    left join {{ ref('measure_units') }} as units on entries.quantity_unit = units.unit_zh
    left join rolled on entries.plan_id = rolled.plan_id and entries.project_id = rolled.project_id
    left join decisions on entries.plan_id = decisions.plan_id and entries.project_id = decisions.project_id
    -- A second entry of a project shows what is said of the project.
    left join {{ ref('int_status_overrides__effective') }} as overrides
        on
            entries.plan_id = overrides.plan_id
            and entries.counted_as_project_id = overrides.target_id
            and overrides.target_type = 'project'
),

based as (
    select
        *,
        case
            when measured_by = 'counted'
                then '完成 ' || {{ figure('completed_quantity') }} || quantity_unit || '，目标 ' || {{ figure('quantity_value') }} || quantity_unit
            when stage_id is null then '尚未到达第一个阶段'
            else stage_name_zh || '（' || reached_on || '）'
        end as position_zh,
        case
            when measured_by = 'counted' then completed_en || ' of ' || quantity_en || ' done'
            when stage_id is null then 'no stage reached yet'
            else stage_name_en || ' (' || reached_on || ')'
        end as position_en,
        case schedule_basis
            when 'returned' then '单位自报计划' when 'printed' then '规划所印时间' else '规划期首日至末日'
        end as basis_zh,
        case schedule_basis
            when 'returned' then 'the unit''s own plan' when 'printed' then 'the printed years' else 'the plan period'
        end as basis_en
    from told
),

worded as (
    select
        *,
        '；进度 ' || {{ said('progress_pct') }} || '%，应达 ' || {{ said('schedule_pct') }} || '%（' || basis_zh || '）' as lag_zh,
        '; ' || {{ said('progress_pct') }} || '% against ' || {{ said('schedule_pct') }} || '% due by ' || basis_en as lag_en
    from based
)

select
    plan_id,
    project_id,
    counted_as_project_id,
    is_counted,
    name_zh,
    name_en,
    cast(box_no as integer) as box_number,
    section_id,
    project_type,
    measured_by,
    parent_project_id,
    {{ as_of_date() }} as as_of_date,
    stage_id,
    cast(stage_no as integer) as stage_number,
    stage_name_zh,
    stage_name_en,
    reached_on as stage_reached_date,
    completed_quantity as completed_quantity_value,
    quantity_value as planned_quantity_value,
    quantity_unit,
    planned_start_date,
    planned_end_date,
    schedule_basis,
    cast(replanned_days as integer) as replanned_days,
    round(cast(progress_pct as double), 6) as progress_pct,
    round(cast(schedule_pct as double), 6) as schedule_pct,
    round(cast(lag_pp as double), 6) as lag_pp,
    status,
    lamp,
    case
        when status = 'heading'
            then
                '下级项目 ' || coalesce(child_count, 0) || ' 个：完成 ' || coalesce(completed_count, 0) || '、达到要求阶段 '
                || coalesce(stage_reached_count, 0) || '；绿 ' || coalesce(green_count, 0) || '、黄 ' || coalesce(yellow_count, 0) || '、红 ' || coalesce(red_count, 0)
                || '、未报或无法判断 ' || coalesce(grey_count, 0)
        when status = 'not_reported' then '没有单位填报'
        when status = 'completed' then position_zh || '，已完成'
        when status = 'stage_reached' then position_zh || '，已达到规划要求的阶段，尚未到末一阶段'
        when missed_start_date is not null
            then
                position_zh || '；计划 ' || strftime(missed_start_date, '%Y-%m') || ' 开工，尚未开工'
                || case when is_red_by_lag then lag_zh else '' end
        when missed_stage_date is not null then position_zh || '；' || strftime(missed_stage_date, '%Y-%m') || ' 应达的阶段未达到'
        when lag_pp is null and status = 'on_schedule' then position_zh || '；按' || basis_zh || '没有逾期的阶段'
        when lag_pp is null and progress_pct is not null then position_zh || '；没有可比的时间进度'
        when lag_pp is null then position_zh || '；此类项目不计进度分，只报阶段'
        else position_zh || lag_zh
    end
    || case
        when replanned_days != 0
            then
                '；单位已改计划，完成时间比首次所报' || case when replanned_days > 0 then '晚' else '早' end || ' '
                || abs(replanned_days) || ' 天，仍按首次所报衡量'
        else ''
    end
    || case when is_softened then '；软目标，不亮红灯' else '' end as reason_zh,
    case
        when status = 'heading'
            then
                coalesce(child_count, 0) || ' projects below: ' || coalesce(completed_count, 0) || ' completed, '
                || coalesce(stage_reached_count, 0) || ' at the stage asked; green ' || coalesce(green_count, 0) || ', yellow ' || coalesce(yellow_count, 0) || ', red ' || coalesce(red_count, 0)
                || ', not reported or not to be judged ' || coalesce(grey_count, 0)
        when status = 'not_reported' then 'no unit reported it'
        when status = 'completed' then position_en || ', completed'
        when status = 'stage_reached' then position_en || ', what the plan asks for is reached; the last stage is not'
        when missed_start_date is not null
            then
                position_en || '; planned to start in ' || strftime(missed_start_date, '%Y-%m') || ', not started'
                || case when is_red_by_lag then lag_en else '' end
        when missed_stage_date is not null
            then position_en || '; a stage due in ' || strftime(missed_stage_date, '%Y-%m') || ' was not reached'
        when lag_pp is null and status = 'on_schedule' then position_en || '; by ' || basis_en || ' no stage is overdue'
        when lag_pp is null and progress_pct is not null then position_en || '; there is no schedule to compare with'
        when lag_pp is null then position_en || '; no points are given to this type, the stage alone is told'
        else position_en || lag_en
    end
    || case
        when replanned_days != 0
            then
                '; the unit has moved its end ' || abs(replanned_days) || ' days '
                || case when replanned_days > 0 then 'later' else 'earlier' end || ', it is held to its first plan'
        else ''
    end
    || case when is_softened then '; a soft target, never red' else '' end as reason_en,
    coalesce(responsible_unit_ids, '') as responsible_unit_ids,
    unit_id as reporting_unit_id,
    last_reported_on as reported_date,
    evidence,
    source_id,
    origin,
    cast(coalesce(child_count, 0) as integer) as children_number,
    coalesce(decision_ids, '') as decision_ids,
    override_id,
    override_status,
    override_lamp,
    override_reason_zh,
    override_reason_en,
    override_approved_by,
    override_approved_date,
    override_expiry_date,
    override_origin,
    coalesce(override_status, status) as shown_status,
    coalesce(override_lamp, lamp) as shown_lamp
from worded
