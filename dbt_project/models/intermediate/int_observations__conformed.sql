-- One shape for every figure of every feed: the series' own unit, real dates, its source.
-- Nothing is chosen here; the same period may stand here from several sources.
with

unioned as (
    select * from {{ ref('int_bureau_statistics__observations') }}
    union all by name
    select * from {{ ref('int_unit_returns__observations') }}
    union all by name
    select * from {{ ref('int_bureau_nbs__observations') }}
    union all by name
    select * from {{ ref('int_bureau_releases__observations') }}
    union all by name
    select * from {{ ref('int_port_throughput__observations') }}
    union all by name
    select * from {{ ref('int_environment_reports__observations') }}
    union all by name
    select * from {{ ref('int_environment_water__observations') }}
    union all by name
    select * from {{ ref('int_environment_air__observations') }}
    union all by name
    select * from {{ ref('int_customs_monthly_totals__observations') }}
    union all by name
    select * from {{ ref('int_customs_declarations__observations') }}
),

-- The first period on new ground is marked, where an earlier one stands to be compared with (SDMX CL_OBS_STATUS B).
-- Printed rates of growth say themselves what they compare.
first_after_break as (
    select
        unioned.series_code,
        unioned.area_code,
        unioned.measure,
        unioned.scope,
        unioned.frequency,
        breaks.break_id,
        min(unioned.reference_period) filter (
            where {{ period_end('unioned.reference_period') }} >= cast(breaks.break_month || '-01' as date)
        ) as reference_period
    from unioned
    inner join {{ ref('series_breaks') }} as breaks on {{ break_concerns('breaks', 'unioned') }}
    where unioned.measure in ('LEVEL', 'YTD', 'INDEX')
    group by all
    having min({{ period_end('unioned.reference_period') }}) < cast(max(breaks.break_month) || '-01' as date)
),

breaking_periods as (
    select distinct
        series_code,
        area_code,
        measure,
        scope,
        frequency,
        reference_period
    from first_after_break
)

select
    unioned.* exclude (obs_status),
    case
        when unioned.obs_status = 'A' and breaking_periods.reference_period is not null then 'B'
        else unioned.obs_status
    end as obs_status,
    sources.publisher_class,
    publisher_classes.publisher_rank,
    sources.published_date,
    sources.published_precision,
    -- An unknown date of publication counts as the day we retrieved the figure.
    coalesce(sources.published_date, unioned.first_seen_date) as vintage_date,
    {{ period_end('unioned.reference_period') }} as period_end_date
from unioned
left join breaking_periods
    on
        unioned.series_code = breaking_periods.series_code
        and unioned.area_code = breaking_periods.area_code
        and unioned.measure = breaking_periods.measure
        and unioned.scope = breaking_periods.scope
        and unioned.frequency = breaking_periods.frequency
        and unioned.reference_period = breaking_periods.reference_period
left join {{ ref('int_sources__unioned') }} as sources on unioned.source_id = sources.source_id
left join {{ ref('publisher_classes') }} as publisher_classes
    on sources.publisher_class = publisher_classes.publisher_class
