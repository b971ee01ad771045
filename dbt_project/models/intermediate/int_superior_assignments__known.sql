-- What the superior authority has assigned, as known on the as-of date: from the register of documents (seed) and from
-- the returns of the responsible units. Of two words on one period the later document counts. A reduction of everything or
-- more is no assignment: it is left out here and named by the test assert_rates_can_be_compounded.
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
        assignment_id,
        null as landing_id,
        null as file_sha256,
        'dbt_project/seeds/plan/superior_assignments.csv, ' || assignment_id as place
    from ({{ version_in_force(ref('superior_assignments'), 'plan_id, indicator_code, assigned_year', 'document_date') }})
    where assignment_status = 'assigned'
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
        'R-' || unit_id || '-' || return_month as assignment_id,
        landing_id,
        file_sha256,
        place
    from {{ ref('stg_unit_returns__superior_assignments') }}
    where reported_on <= {{ as_of_date() }}
)

select
    *,
    -- Empty where one value is assigned for the whole period.
    case when period_first_year = period_last_year then period_first_year end as assigned_year
from united
where
    assigned_value < 100
    or not exists (
        select targets.indicator_code
        from {{ ref('targets') }} as targets
        where
            united.plan_id = targets.plan_id
            and united.indicator_code = targets.indicator_code
            and targets.target_kind = 'assigned_by_superior'
    )
qualify
    row_number() over (
        partition by plan_id, indicator_code, period_first_year, period_last_year
        order by document_date desc, assignment_id desc
    ) = 1
