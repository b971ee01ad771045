-- What customs publish of a region's trade, in the shape of all figures (see _sources__models.yml).
with

totals as (
    select
        *,
        measure_zh in ('当月同比', '年初至今同比') as is_rate,
        length(reference_period) = 4 as is_year
    from {{ ref('stg_customs_monthly_totals__totals') }}
)

select
    -- An item or an area nobody has listed stops the build at the tests of units and areas.
    coalesce(items.series_code, totals.item_zh) as series_code,
    coalesce(areas.area_code, totals.area) as area_code,
    case
        -- The year to date of a whole year is the year's own level.
        when totals.is_year and totals.is_rate then 'YOY'
        when totals.is_year then 'LEVEL'
        when totals.measure_zh = '当月' then 'LEVEL'
        when totals.measure_zh = '当月同比' then 'YOY'
        when totals.measure_zh = '年初至今' then 'YTD'
        else 'YOY_YTD'
    end as measure,
    '_T' as scope,
    case when totals.is_year then 'A' else 'M' end as frequency,
    totals.reference_period,
    case
        when totals.is_rate then 'PT'
        when totals.value_unit = '亿元' then 'CNY'
        else 'USD'
    end as unit_measure,
    -- Customs finalise a year in the next one; until then its totals are preliminary.
    'P' as obs_status,
    'preliminary' as stage,
    -- A rate was printed as such, whatever was done to the level beside it.
    case
        when totals.release_marks = '-' then ''
        when totals.is_rate
            then trim(replace(';' || totals.release_marks || ';', ';CONV;', ';'), ';')
        else totals.release_marks
    end as tags,
    totals.release as source_id,
    totals.origin,
    totals.first_seen_date,
    totals.landing_id,
    totals.file_sha256,
    totals.row_number,
    totals.place,
    -- Both editions print hundreds of millions, as the series do.
    totals.total_value as value,
    case when totals.is_rate then '%' else series.unit end as unit,
    case when totals.is_rate then 'PT' else series.unit_measure end as expected_unit_measure
from totals
left join {{ ref('customs_total_items') }} as items
    on totals.item_zh = items.item_zh and totals.edition = items.edition
left join {{ ref('areas') }} as areas on totals.area = areas.name_zh
left join {{ ref('series') }} as series on items.series_code = series.series_code
