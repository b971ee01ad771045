-- Every source a figure can come from: publications of the bureaus and returns of responsible units.
with

unioned as (
    select * from {{ ref('int_bureau_statistics__sources') }}
    union all by name
    select * from {{ ref('int_unit_returns__sources') }}
    union all by name
    select * from {{ ref('int_bureau_nbs__sources') }}
    union all by name
    select * from {{ ref('int_bureau_releases__sources') }}
    union all by name
    select * from {{ ref('int_port_throughput__sources') }}
    union all by name
    select * from {{ ref('int_environment_reports__sources') }}
    union all by name
    select * from {{ ref('int_environment_water__sources') }}
    union all by name
    select * from {{ ref('int_environment_air__sources') }}
    union all by name
    select * from {{ ref('int_customs_monthly_totals__sources') }}
    union all by name
    select * from {{ ref('int_customs_declarations__sources') }}
)

select
    unioned.source_id,
    unioned.title,
    coalesce(responsible_units.name_zh, unioned.publisher) as publisher,
    -- A source nobody has classified yet is trusted least, and a test names it.
    coalesce(unioned.publisher_class, source_classes.publisher_class, 'second_hand') as publisher_class,
    {{ last_day_of_known('unioned.published_date_printed') }} as published_date,
    {{ date_precision('unioned.published_date_printed') }} as published_precision,
    unioned.url,
    unioned.origin
from unioned
left join {{ ref('source_classes') }} as source_classes on unioned.source_id = source_classes.source_id
left join {{ ref('responsible_units') }} as responsible_units on unioned.publisher = responsible_units.unit_id
