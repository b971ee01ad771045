-- What the bureaus' pages say, in the shape of all figures (see _sources__models.yml): rows of tables by the seed
-- bureau_release_series, and figures in sentences that two people have read.
with

tabulated as (
    select
        mapped.series_code,
        mapped.area_code,
        figures.measure,
        figures.reference_period,
        figures.unit as printed_unit,
        figures.obs_value,
        'P-' || figures.page_id as source_id,
        figures.origin,
        figures.first_seen_date,
        figures.landing_id,
        figures.file_sha256,
        figures.row_number,
        figures.place
    from {{ ref('stg_bureau_releases__figures') }} as figures
    inner join {{ ref('bureau_release_series') }} as mapped
        on
            figures.table_heading = mapped.table_heading
            and figures.row_key = mapped.row_key
            and figures.reference_period[1:4] >= mapped.valid_from
            and figures.reference_period[1:4] <= coalesce(mapped.valid_to, '9999')
    where figures.measure in ('YTD', 'YOY_YTD')
),

extracted as (
    select
        indicator as series_code,
        ref_area as area_code,
        measure,
        reference_period,
        unit as printed_unit,
        obs_value,
        'X-' || page_id || '-' || reviewed_on as source_id,
        origin,
        first_seen_date,
        landing_id,
        file_sha256,
        row_number,
        place
    from {{ ref('stg_bureau_releases__extractions') }}
),

unioned as (
    select * from tabulated
    union all by name
    select * from extracted
),

measured as (
    select
        * exclude (measure),
        -- The cumulative figure of a whole year is the year's.
        case when reference_period like '____' then replace(replace(measure, 'YOY_YTD', 'YOY'), 'YTD', 'LEVEL') else measure end
            as measure,
        measure in ('YOY', 'YOY_YTD') as is_rate
    from unioned
)

select
    measured.series_code,
    measured.area_code,
    measured.measure,
    '_T' as scope,
    {{ frequency_of('measured.reference_period') }} as frequency,
    measured.reference_period,
    printed_units.unit_measure,
    'A' as obs_status,
    cast(null as varchar) as stage,
    '' as tags,
    measured.source_id,
    measured.origin,
    measured.first_seen_date,
    measured.landing_id,
    measured.file_sha256,
    measured.row_number,
    measured.place,
    cast(
        case
            when measured.is_rate then measured.obs_value
            else measured.obs_value * power(10, printed_units.unit_mult - series.unit_mult)
        end as decimal(24, 6)
    ) as value,
    case when measured.is_rate then '%' else series.unit end as unit,
    case when measured.is_rate then 'PT' else series.unit_measure end as expected_unit_measure
from measured
left join {{ ref('series') }} as series on measured.series_code = series.series_code
left join {{ ref('printed_units') }} as printed_units on measured.printed_unit = printed_units.unit_zh
