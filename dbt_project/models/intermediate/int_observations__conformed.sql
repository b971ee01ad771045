-- One shape for every figure of every feed: the series' own unit, real dates, its source.
-- Nothing is chosen here; the same period may stand here from several sources.
with

unioned as (
    select * from {{ ref('int_bureau_statistics__observations') }}
    union all by name
    select * from {{ ref('int_unit_returns__observations') }}
    union all by name
    select * from {{ ref('int_customs_monthly_totals__observations') }}
    union all by name
    select * from {{ ref('int_customs_declarations__observations') }}
)

select
    unioned.*,
    sources.publisher_class,
    publisher_classes.publisher_rank,
    sources.published_date,
    sources.published_precision,
    -- An unknown date of publication counts as the day we retrieved the figure.
    coalesce(sources.published_date, unioned.first_seen_date) as vintage_date,
    {{ period_end('unioned.reference_period') }} as period_end_date
from unioned
left join {{ ref('int_sources__unioned') }} as sources on unioned.source_id = sources.source_id
left join {{ ref('publisher_classes') }} as publisher_classes
    on sources.publisher_class = publisher_classes.publisher_class
