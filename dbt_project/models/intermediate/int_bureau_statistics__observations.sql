-- What the bureaus publish, in the shape of all figures (see _sources__models.yml).
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
