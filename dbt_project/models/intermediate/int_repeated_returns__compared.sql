-- What a unit returned under the id of a target in text that is judged by the series it repeats, where that return says
-- otherwise in the same year: the newest such year. It is told beside the judgement and changes nothing (DEC-R1).
select
    annual.plan_id,
    annual.target_type,
    annual.target_id,
    annual.reference_year,
    annual.value as used_value,
    returned.value as returned_value
from {{ ref('int_target_values__annual') }} as annual
inner join {{ ref('int_target_series__mapped') }} as own
    on {{ same_target('annual', 'own') }} and own.series_basis = 'own'
inner join {{ ref('int_observations__ranked') }} as returned
    on
        own.series_code = returned.series_code
        and own.measure = returned.measure
        and own.scope = returned.scope
        and annual.area_code = returned.area_code
        and returned.frequency = 'A'
        and returned.is_selected
        and cast(annual.reference_year as varchar) = returned.reference_period
where annual.target_type = 'text_target' and annual.value != returned.value
qualify
    row_number() over (
        partition by annual.plan_id, annual.target_type, annual.target_id
        order by annual.reference_year desc
    ) = 1
