-- The share of good surface water, computed here from the results of the sections, in the shape of all figures (see
-- _sources__models.yml).
select
    'SURFACE_WATER_GOOD_RATIO' as series_code,
    shares.area_code,
    'LEVEL' as measure,
    '_T' as scope,
    shares.frequency,
    shares.reference_period,
    'PT' as unit_measure,
    case when shares.is_list_changed then 'B' else 'A' end as obs_status,
    cast(null as varchar) as stage,
    '' as tags,
    shares.source_id,
    shares.origin,
    shares.first_seen_date,
    shares.landing_id,
    shares.file_sha256,
    cast(1 as bigint) as row_number,
    shares.good_number || '/' || shares.rated_number || ' 断面 / sections' as place,
    shares.value,
    series.unit,
    series.unit_measure as expected_unit_measure
from {{ ref('int_water_shares__computed') }} as shares
inner join {{ ref('series') }} as series on series.series_code = 'SURFACE_WATER_GOOD_RATIO'
