-- Every source a figure can come from: publications of the bureaus and returns of responsible units.
with

published as (
    select distinct
        source as source_id,
        source_title as title,
        publisher,
        coalesce(published_date, '') as published_date_printed,
        source_url as url,
        'published' as origin
    from {{ ref('stg_bureau_statistics__observations') }}
),

returned as (
    select distinct
        'R-' || unit_id || '-' || return_month as source_id,
        -- Who filled it in is part of what it is: a sample must be seen to be one.
        '责任单位月度报表 / return of the responsible unit ' || return_month || '；填报 / reported by: ' || reporter as title,
        unit_id as publisher,
        cast(reported_on as varchar) as published_date_printed,
        '' as url,
        'returned' as origin
    from {{ ref('stg_unit_returns__returns') }}
),

unioned as (
    select * from published
    union all
    select * from returned
)

select
    unioned.source_id,
    unioned.title,
    coalesce(responsible_units.name_zh, unioned.publisher) as publisher,
    case
        when unioned.origin = 'returned' then 'responsible_unit'
        -- A source nobody has classified yet is trusted least, and a test names it.
        else coalesce(source_classes.publisher_class, 'second_hand')
    end as publisher_class,
    {{ last_day_of_known('unioned.published_date_printed') }} as published_date,
    {{ date_precision('unioned.published_date_printed') }} as published_precision,
    unioned.url,
    unioned.origin
from unioned
left join {{ ref('source_classes') }} as source_classes on unioned.source_id = source_classes.source_id
left join {{ ref('responsible_units') }} as responsible_units on unioned.publisher = responsible_units.unit_id
