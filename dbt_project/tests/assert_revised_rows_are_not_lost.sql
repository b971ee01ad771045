-- Every staged figure that was known on the as-of date stands in the vintages mart: nothing is lost on the way.
select
    conformed.landing_id || ', ' || conformed.place as where_found,
    conformed.series_code || ' ' || conformed.reference_period || ' from ' || conformed.source_id as found,
    'the same row in fct_observation_vintages' as expected,
    'look for the join that drops it in int_observations__ranked' as remedy
from {{ ref('int_observations__conformed') }} as conformed
left join {{ ref('fct_observation_vintages') }} as vintages
    on
        conformed.landing_id = vintages.landing_id
        and conformed.row_number = vintages.row_number
where
    vintages.landing_id is null
    and conformed.vintage_date <= {{ as_of_date() }}
    and conformed.period_end_date <= {{ reference_month_end() }}
