-- Whether each return a unit owes came by the day the feed's calendar gives. A unit owes one for the months in which a
-- period of its indicators ends: every month with a monthly indicator, else December; from the month it was first asked
-- for (seed return_requests; in a rehearsal every unit is asked), and not before the plan was adopted. The first day
-- counts, which only the vintages know: a correction renews that day, and staging holds the correction. It is the later
-- of the day the unit writes and the day the return was landed; simulated returns are all landed on one day.
with

requests as (
    select
        units.plan_id,
        units.unit_id,
        units.is_monthly,
        plans.first_year,
        plans.last_year,
        greatest(strftime(plans.adopted_on, '%Y-%m'), coalesce(asked.first_month, '')) as first_month
    from (
        select
            owed.plan_id,
            owed.unit_id,
            bool_or(owed.frequency = 'M') as is_monthly
        from (
            select
                plan_id,
                frequency,
                unnest(string_split(responsible_unit_ids, ';')) as unit_id
            from {{ ref('indicators') }}
            where
                effective_from <= {{ as_of_date() }}
                and (effective_to is null or effective_to > {{ as_of_date() }})
        ) as owed
        group by owed.plan_id, owed.unit_id
    ) as units
    inner join {{ ref('plans') }} as plans on units.plan_id = plans.plan_id
    left join {{ ref('return_requests') }} as asked
        on
            units.plan_id = asked.plan_id
            and units.unit_id = asked.unit_id
            and asked.requested_on <= {{ as_of_date() }}
    where asked.unit_id is not null or '{{ var("release_kind") }}' = 'rehearsal'
),

due as (
    select
        requests.plan_id,
        requests.unit_id,
        calendar.reference_month as return_month,
        cast(calendar.reference_month[1:4] as integer) as reference_year,
        cast(calendar.late_after_date as date) as late_after_date
    from requests
    inner join {{ source('landing', 'publishing_calendar') }} as calendar
        on
            calendar.feed = 'unit_returns'
            and cast(calendar.reference_month[1:4] as integer) between requests.first_year and requests.last_year
            and requests.first_month <= calendar.reference_month
            and (requests.is_monthly or calendar.reference_month like '%-12')
),

arrived as (
    select
        plan_id,
        unit_id,
        return_month,
        min(
            case
                when _origin = 'simulated' then cast(nullif(reported_on, '') as date)
                else greatest(cast(nullif(reported_on, '') as date), _vintage_date)
            end
        ) as first_reported_date
    from {{ source('unit_returns', 'returns') }}
    where
        cast(nullif(reported_on, '') as date) <= {{ as_of_date() }}
        and not {{ is_sample_return('reporter') }}
    group by plan_id, unit_id, return_month
)

select
    due.plan_id,
    due.unit_id,
    due.return_month,
    due.reference_year,
    due.late_after_date,
    arrived.first_reported_date,
    case
        when arrived.first_reported_date <= due.late_after_date then 'on_time'
        when arrived.first_reported_date is not null then 'late'
        when due.late_after_date < {{ as_of_date() }} then 'missing'
        else 'not_due'
    end as timeliness
from due
left join arrived
    on due.plan_id = arrived.plan_id and due.unit_id = arrived.unit_id and due.return_month = arrived.return_month
