-- The class of each listed section by month and year: the worst of its items. Without the four that every station
-- measures (oxygen, permanganate index, ammonia nitrogen, total phosphorus) there is none: a section that fell dry is
-- not a good one. The four are a decision of ours; the standard asks for all items.
with

worst as (
    select
        section_code,
        area_code,
        water_body,
        frequency,
        reference_period,
        standard_edition,
        max(class_rank) as worst_rank,
        count(class_rank) as items_number,
        count(class_rank) filter (
            where item in ('dissolved_oxygen', 'codmn', 'nh3_n', 'total_phosphorus')
        ) = 4 as is_rated
    from {{ ref('int_water_items__rated') }}
    group by all
),

deciding as (
    select
        items.section_code,
        items.frequency,
        items.reference_period,
        string_agg(items.item_zh, '、' order by items.item) as deciding_items
    from {{ ref('int_water_items__rated') }} as items
    inner join worst
        on
            items.section_code = worst.section_code
            and items.frequency = worst.frequency
            and items.reference_period = worst.reference_period
            and items.class_rank = worst.worst_rank
    group by all
)

select
    worst.section_code,
    worst.area_code,
    worst.water_body,
    worst.frequency,
    worst.reference_period,
    worst.standard_edition,
    worst.items_number,
    case when worst.is_rated then worst.worst_rank end as class_rank,
    case when worst.is_rated then worst.worst_rank <= 3 end as is_good,
    -- Water of class I and II has nothing that decides against it.
    case when worst.is_rated and worst.worst_rank > 2 then deciding.deciding_items end as deciding_items
from worst
left join deciding
    on
        worst.section_code = deciding.section_code
        and worst.frequency = deciding.frequency
        and worst.reference_period = deciding.reference_period
