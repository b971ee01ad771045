-- Yearly values of the plan period, the only ones a yearly target is judged by. A bound is no figure to judge by.
select
    selected.plan_id,
    selected.indicator_code,
    selected.area_code,
    selected.value,
    selected.origin,
    selected.stage,
    selected.source_id,
    cast(selected.reference_period as integer) as reference_year
from {{ ref('int_indicator_values__selected') }} as selected
inner join {{ ref('plans') }} as plans on selected.plan_id = plans.plan_id
where
    selected.frequency = 'A'
    and selected.tags not like '%BOUND%'
    and cast(selected.reference_period as integer) between plans.first_year and plans.last_year
