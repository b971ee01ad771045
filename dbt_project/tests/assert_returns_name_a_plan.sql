-- A return of a plan that is not here would be left out in silence. A demonstration plan is in rehearsals only; a plan
-- is here from its adoption. What is reported after the as-of date is not known yet.
with

known as (
    select string_agg(plan_id, ', ' order by plan_id) as plan_ids from {{ ref('plans') }}
)

select distinct
    returns.landing_id || ', ' || returns.place as where_found,
    'plan ' || returns.plan_id as found,
    'a plan of this build: ' || known.plan_ids as expected,
    'enter the plan in dbt_project/seeds/plan/plans.csv, or correct its adopted_on; take returns of a demonstration plan out of the landing' as remedy
from {{ ref('stg_unit_returns__returns') }} as returns
cross join known
left join {{ ref('plans') }} as plans on returns.plan_id = plans.plan_id
where plans.plan_id is null and returns.reported_on <= {{ as_of_date() }}
