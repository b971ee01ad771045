-- The share of good days computed here from the station hours, in the shape of all figures (see
-- _sources__models.yml): each day by the standard in force on it, and only periods with enough valid days.
select
    'AQI_GOOD_DAYS_RATIO' as series_code,
    area_code,
    'LEVEL' as measure,
    '_T' as scope,
    frequency,
    reference_period,
    'PT' as unit_measure,
    obs_status,
    stage,
    '' as tags,
    'AIR-' || reference_period || '-' || landed_date as source_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    landed_date as first_seen_date,
    struct_extract(newest, 'landing_id') as landing_id,
    struct_extract(newest, 'file_sha256') as file_sha256,
    struct_extract(newest, 'row_number') as row_number,
    struct_extract(newest, 'place') as place,
    cast(good_air_share_pct as decimal(24, 6)) as value,
    '%' as unit,
    'PT' as expected_unit_measure
from {{ ref('int_good_air__summed') }}
where edition = 'IN_FORCE' and is_representative
