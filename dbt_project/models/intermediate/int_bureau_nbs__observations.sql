-- What the national bureau publishes of nation and city, in the shape of all figures (see _sources__models.yml).
-- The seed nbs_series splices the catalogues of the base periods; what it does not name is no series of ours.
with

published as (
    select
        'easyquery' as source_system,
        *
    from {{ ref('stg_bureau_nbs__history') }}
    union all by name
    select
        'release_library' as source_system,
        *
    from {{ ref('stg_bureau_nbs__observations') }}
),

spliced as (
    select
        published.*,
        nbs_series.series_code,
        nbs_series.measure,
        nbs_series.index_base,
        nbs_series.measure in ('YOY', 'YOY_YTD') as is_rate,
        coalesce(published.unit, '') = coalesce(nbs_series.printed_unit, '') as is_in_its_unit
    from published
    inner join {{ ref('nbs_series') }} as nbs_series
        on
            published.source_system = nbs_series.source_system
            and published.database = nbs_series.database
            and published.catalogue_id = coalesce(nbs_series.catalogue_id, published.catalogue_id)
            and published.indicator_name = nbs_series.indicator_name
            and published.time_period >= coalesce(nbs_series.valid_from, '')
            and published.time_period <= coalesce(nbs_series.valid_to, '9999')
)

select
    spliced.series_code,
    'CN-' || spliced.region as area_code,
    spliced.measure,
    '_T' as scope,
    {{ frequency_of('spliced.time_period') }} as frequency,
    spliced.time_period as reference_period,
    case
        when not spliced.is_in_its_unit then coalesce(spliced.unit, '(none)')
        when spliced.is_rate then 'PT'
        else printed_units.unit_measure
    end as unit_measure,
    'A' as obs_status,
    cast(null as varchar) as stage,
    '' as tags,
    -- The publisher names no release: it is known by the day on which we first saw the figure.
    'NBS-' || spliced.database || '-' || spliced.first_seen_date as source_id,
    spliced.origin,
    spliced.first_seen_date,
    spliced.landing_id,
    spliced.file_sha256,
    spliced.row_number,
    spliced.place,
    cast(
        case
            -- 106.2 with the same period of the year before as 100 is growth of 6.2 per cent.
            when spliced.is_rate then spliced.obs_value - spliced.index_base
            else spliced.obs_value * power(10, printed_units.unit_mult - series.unit_mult)
        end as decimal(24, 6)
    ) as value,
    case when spliced.is_rate then '%' else series.unit end as unit,
    case when spliced.is_rate then 'PT' else series.unit_measure end as expected_unit_measure
from spliced
inner join {{ ref('series') }} as series on spliced.series_code = series.series_code
left join {{ ref('printed_units') }} as printed_units on spliced.unit = printed_units.unit_zh
