-- What a unit returned under the id of a target in text that is judged by the series it repeats, where that return says
-- otherwise in the same year, or tells of a year that series has no figure of: the newest such year. It is told beside
-- the judgement and changes nothing (DEC-R1).
with

repeating as (
    select distinct
        plan_id,
        target_type,
        target_id
    from {{ ref('int_target_values__selected') }}
    where target_type = 'text_target' and series_basis != 'own'
),

returned as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.area_code,
        observations.value,
        cast(observations.reference_period as integer) as reference_year
    from repeating
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('repeating', 'targets') }}
    inner join {{ ref('int_target_series__mapped') }} as own
        on {{ same_target('repeating', 'own') }} and own.series_basis = 'own'
    inner join {{ ref('int_observations__ranked') }} as observations
        on
            own.series_code = observations.series_code
            and own.measure = observations.measure
            and own.scope = observations.scope
            and targets.area_code = observations.area_code
            and observations.frequency = 'A'
            and observations.is_selected
            and cast(observations.reference_period[1:4] as integer) between targets.first_year and targets.last_year
)

select
    returned.plan_id,
    returned.target_type,
    returned.target_id,
    returned.reference_year,
    annual.value as used_value,
    returned.value as returned_value
from returned
left join {{ ref('int_target_values__annual') }} as annual
    on
        {{ same_target('returned', 'annual') }}
        and returned.area_code = annual.area_code
        and returned.reference_year = annual.reference_year
where annual.value is distinct from returned.value
qualify
    row_number() over (
        partition by returned.plan_id, returned.target_type, returned.target_id
        order by returned.reference_year desc
    ) = 1
