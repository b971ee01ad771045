-- The years of a target that have a figure waiting for a decision, by any of the series that measure it.
select
    mapped.plan_id,
    mapped.target_type,
    mapped.target_id,
    string_agg(distinct observations.reference_period, ', ' order by observations.reference_period) as held_periods
from {{ ref('int_target_series__mapped') }} as mapped
inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('mapped', 'targets') }}
inner join {{ ref('int_observations__ranked') }} as observations
    on
        mapped.series_code = observations.series_code
        and mapped.measure = observations.measure
        and mapped.scope = observations.scope
        and targets.area_code = observations.area_code
where
    observations.held_state = 'held'
    and observations.frequency = 'A'
    and cast(observations.reference_period[1:4] as integer) between targets.first_year and targets.last_year
group by mapped.plan_id, mapped.target_type, mapped.target_id
