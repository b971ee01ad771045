-- What the superior authority has assigned, as known on the as-of date: from the register of documents (seed) and from
-- the returns of the responsible units. Of two words on one period the later document counts.
with

united as (
    select
        plan_id,
        indicator_code,
        coalesce(assigned_year, period_first_year) as period_first_year,
        coalesce(assigned_year, period_last_year) as period_last_year,
        base_year,
        assigned_value,
        assigning_authority,
        document_title,
        document_no,
        document_date,
        'published' as origin,
        assignment_id
    from {{ ref('superior_assignments') }}
    where
        assigned_value is not null
        and effective_from <= {{ as_of_date() }}
        and (effective_to is null or effective_to > {{ as_of_date() }})
    union all by name
    select
        plan_id,
        indicator_code,
        cast(assigned_period[1:4] as integer) as period_first_year,
        cast(assigned_period[-4:] as integer) as period_last_year,
        cast(base_year as integer) as base_year,
        assigned_value,
        assigning_authority,
        document_title,
        document_no,
        document_date,
        origin,
        'R-' || unit_id || '-' || return_month as assignment_id
    from {{ ref('stg_unit_returns__superior_assignments') }}
    where reported_on <= {{ as_of_date() }}
)

select
    *,
    -- Empty where one value is assigned for the whole period.
    case when period_first_year = period_last_year then period_first_year end as assigned_year
from united
qualify
    row_number() over (
        partition by plan_id, indicator_code, period_first_year, period_last_year
        order by document_date desc, assignment_id desc
    ) = 1
