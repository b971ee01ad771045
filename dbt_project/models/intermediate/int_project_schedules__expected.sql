-- What is due of each project at the end of the reference month: by the printed years, else the unit's own plan, else the
-- plan period, which also stands where nothing is decided; by the printed years alone, or not at all, where the decision on
-- project_schedule says that (DEC-P7). The unit is held to its first plan, and no plan runs on beyond the plan's last year;
-- by how much the last one differs is told. Between two dates the points rise evenly.
with

periods as (
    select
        plans.plan_id,
        make_date(plans.first_year, 1, 1) as first_date,
        make_date(plans.last_year, 12, 31) as last_date,
        case when coalesce(parameters.parameter_value, 'plan_period') = 'plan_period' then make_date(plans.last_year, 12, 31) end
            as default_end_date,
        coalesce(parameters.parameter_value, '') not in ('printed', 'none') as is_own_plan_used,
        coalesce(parameters.parameter_value, '') != 'none' as is_followed
    from {{ ref('plans') }} as plans
    left join {{ ref('int_decision_parameters__effective') }} as parameters
        on
            plans.plan_id = parameters.plan_id
            and parameters.target_type = 'plan'
            and parameters.parameter = 'project_schedule'
            and parameters.is_read
),

returned as (
    select
        entries.plan_id,
        entries.project_id,
        -- Of a project that is only asked to be prepared no start is due.
        min(case when reached.stage_no = entries.start_stage_no then reached.first_planned_on end)
        filter (where entries.start_stage_no <= entries.required_stage_no) as start_date,
        min(
            case
                when reached.stage_no = entries.required_stage_no or entries.measured_by = 'counted'
                    then reached.first_planned_on
            end
        ) as end_date,
        min(
            case
                when reached.stage_no = entries.required_stage_no or entries.measured_by = 'counted'
                    then reached.planned_on
            end
        ) as replanned_end_date,
        count(reached.first_planned_on) > 0 as has_plan,
        -- The first planned stage that is due and was not reached.
        min(case when reached.reached_on is null and entries.measured_by = 'staged' then reached.first_planned_on end)
            as next_planned_date
    from {{ ref('int_project_entries__counted') }} as entries
    inner join {{ ref('int_project_stages__reached') }} as reached
        on entries.plan_id = reached.plan_id and entries.counted_as_project_id = reached.project_id
    inner join periods on entries.plan_id = periods.plan_id
    where entries.is_counted and periods.is_own_plan_used
    group by entries.plan_id, entries.project_id
),

planned as (
    select
        entries.plan_id,
        entries.project_id,
        entries.goal_pct,
        entries.required_stage_no,
        periods.first_date,
        periods.is_own_plan_used,
        case
            when periods.is_followed
                then
                    coalesce(
                        entries.printed_start_date,
                        {{ earlier_of('returned.start_date', 'coalesce(entries.printed_end_date, periods.last_date)') }}
                    )
        end as planned_start_date,
        case
            when periods.is_followed
                then
                    coalesce(
                        entries.printed_end_date,
                        {{ earlier_of('returned.end_date', 'periods.last_date') }},
                        periods.default_end_date
                    )
        end as planned_end_date,
        returned.end_date as first_planned_end_date,
        returned.replanned_end_date,
        case
            when not periods.is_followed then 'none'
            when entries.printed_end_date is not null then 'printed'
            when returned.has_plan then 'returned'
            when entries.printed_start_date is not null then 'printed'
            when periods.default_end_date is not null then 'default'
            else 'none'
        end as schedule_basis,
        returned.next_planned_date
    from {{ ref('int_project_entries__counted') }} as entries
    inner join periods on entries.plan_id = periods.plan_id
    left join returned on entries.plan_id = returned.plan_id and entries.project_id = returned.project_id
    where entries.is_counted and entries.measured_by != 'heading'
),

anchors as (
    select
        plan_id,
        project_id,
        first_date as anchor_date,
        0 as points_pct
    from planned
    union all
    select
        planned.plan_id,
        planned.project_id,
        reached.first_planned_on,
        reached.cumulative_points_pct
    from planned
    inner join {{ ref('int_project_stages__reached') }} as reached
        on planned.plan_id = reached.plan_id and planned.project_id = reached.project_id
    where
        reached.first_planned_on < planned.planned_end_date
        and reached.stage_no < planned.required_stage_no
        and planned.is_own_plan_used
    union all
    select
        plan_id,
        project_id,
        planned_end_date,
        goal_pct
    from planned
    where planned_end_date is not null
),

around as (
    select
        plan_id,
        project_id,
        max(anchor_date) filter (where anchor_date <= {{ reference_month_end() }}) as date_before,
        max(points_pct) filter (where anchor_date <= {{ reference_month_end() }}) as points_before,
        min(anchor_date) filter (where anchor_date > {{ reference_month_end() }}) as date_after,
        min_by(points_pct, (anchor_date, points_pct)) filter (where anchor_date > {{ reference_month_end() }}) as points_after
    from anchors
    group by plan_id, project_id
)

select
    planned.plan_id,
    planned.project_id,
    planned.planned_start_date,
    planned.planned_end_date,
    planned.schedule_basis,
    planned.next_planned_date,
    case when planned.schedule_basis = 'returned' then date_diff('day', planned.first_planned_end_date, planned.replanned_end_date) end
        as replanned_days,
    case
        when planned.goal_pct is null or planned.planned_end_date is null then null
        when around.date_before is null then 0
        when around.date_after is null then planned.goal_pct
        else
            round(
                around.points_before
                + (around.points_after - around.points_before)
                * date_diff('day', around.date_before, {{ reference_month_end() }})
                / date_diff('day', around.date_before, around.date_after), 6
            )
    end as schedule_pct
from planned
left join around on planned.plan_id = around.plan_id and planned.project_id = around.project_id
