-- A figure nobody owes would never be asked for.
with

owed as (
    select
        indicator_code,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from {{ ref('indicators') }}
)

select
    'dbt_project/seeds/plan/indicators.csv, indicator ' || owed.indicator_code as where_found,
    'responsible unit ' || owed.unit_id as found,
    'an id that stands in responsible_units.csv' as expected,
    'correct the id, or add the unit' as remedy
from owed
left join {{ ref('responsible_units') }} as units on owed.unit_id = units.unit_id
where units.unit_id is null
