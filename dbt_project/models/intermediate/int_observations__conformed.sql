-- One shape for every figure of every feed: the series' own unit, real dates, its source.
-- Nothing is chosen here; the same period may stand here from several sources.
with

published as (
    select
        observations.indicator as series_code,
        observations.ref_area as area_code,
        observations.measure,
        observations.scope,
        observations.freq as frequency,
        observations.time_period as reference_period,
        observations.unit_measure,
        observations.obs_status,
        nullif(observations.stage, '') as stage,
        coalesce(observations.tags, '') as tags,
        observations.source as source_id,
        observations.origin,
        observations.first_seen_date,
        observations.landing_id,
        observations.file_sha256,
        observations.row_number,
        observations.place,
        cast(
            case
                when observations.measure in ('YOY', 'YOY_YTD') then observations.obs_value
                else observations.obs_value * power(10, cast(observations.unit_mult as integer) - series.unit_mult)
            end as decimal(24, 6)
        ) as value,
        case when observations.measure in ('YOY', 'YOY_YTD') then '%' else series.unit end as unit,
        case when observations.measure in ('YOY', 'YOY_YTD') then 'PT' else series.unit_measure end
            as expected_unit_measure
    from {{ ref('stg_bureau_statistics__observations') }} as observations
    left join {{ ref('series') }} as series on observations.indicator = series.series_code
),

returned as (
    select
        indicator_series.series_code,
        plans.area_code,
        returns.measure,
        indicator_series.scope,
        returns.frequency,
        returns.reference_period,
        returns.unit as unit_measure,
        returns.obs_status,
        nullif(returns.stage, '') as stage,
        '' as tags,
        'R-' || returns.unit_id || '-' || returns.return_month as source_id,
        returns.origin,
        returns.first_seen_date,
        returns.landing_id,
        returns.file_sha256,
        returns.row_number,
        returns.place,
        returns.value,
        returns.unit,
        indicators.unit as expected_unit_measure
    from {{ ref('stg_unit_returns__returns') }} as returns
    inner join {{ ref('plans') }} as plans on returns.plan_id = plans.plan_id
    inner join {{ ref('indicators') }} as indicators
        on returns.plan_id = indicators.plan_id and returns.indicator_code = indicators.indicator_code
    inner join {{ ref('indicator_series') }} as indicator_series
        on returns.plan_id = indicator_series.plan_id and returns.indicator_code = indicator_series.indicator_code
    -- A row that says "no figure" is kept in staging; it is not an observation.
    where returns.value is not null
),

unioned as (
    select * from published
    union all by name
    select * from returned
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
