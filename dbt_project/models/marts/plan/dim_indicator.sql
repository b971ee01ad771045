with

owners as (
    select
        owned.plan_id,
        owned.indicator_code,
        string_agg(units.name_zh, '; ' order by owned.position) as responsible_units,
        string_agg(units.name_en, '; ' order by owned.position) as responsible_units_en,
        string_agg(units.unit_id, ';' order by owned.position) as responsible_unit_ids
    from (
        select
            plan_id,
            indicator_code,
            unnest(string_split(responsible_unit_ids, ';')) as unit_id,
            generate_subscripts(string_split(responsible_unit_ids, ';'), 1) as position
        from {{ ref('indicators') }}
    ) as owned
    inner join {{ ref('responsible_units') }} as units on owned.unit_id = units.unit_id
    group by owned.plan_id, owned.indicator_code
)

select
    indicators.plan_id,
    indicators.indicator_code,
    indicators.name_zh,
    indicators.name_en,
    indicators.unit,
    indicators.attribute,
    indicators.category_zh,
    indicators.category_en,
    targets.target_kind,
    indicators.direction,
    owners.responsible_units,
    owners.responsible_units_en,
    owners.responsible_unit_ids,
    targets.target_printed,
    targets.baseline_printed,
    cast(targets.decimals as integer) as decimals,
    indicators.citation
from {{ ref('indicators') }} as indicators
inner join {{ ref('int_targets__effective') }} as targets
    on
        indicators.plan_id = targets.plan_id
        and targets.target_type = 'indicator'
        and indicators.indicator_code = targets.target_id
inner join owners on indicators.plan_id = owners.plan_id and indicators.indicator_code = owners.indicator_code
