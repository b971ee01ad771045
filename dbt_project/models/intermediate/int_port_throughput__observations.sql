-- The ministry's monthly table and reviewed transcriptions, in the shape of all figures (see _sources__models.yml).
-- Cumulative figures stand as YTD, the month's own as LEVEL where one is printed; nothing is differenced here.
with

printed as (
    select
        * exclude (measure, obs_value),
        case measured
            when 'CARGO' then 'PORT_CARGO_THROUGHPUT'
            when 'CARGO_FOREIGN' then 'PORT_CARGO_FOREIGN'
            else 'PORT_CONTAINER_THROUGHPUT'
        end as series_code,
        'PORT_WHOLE' as scope,
        'M-' || attachment as source_id,
        -- 为去年同期% is an index: 105.3 says 5.3 per cent more.
        replace(measure, 'INDEX', 'YOY') as measure,
        if(measure like 'INDEX%', obs_value - 100, obs_value) as obs_value
    from {{ ref('stg_port_throughput__monthly') }}
    where
        obs_value is not null
        and measure not like '%_UNSTATED'
        -- January and February are published as one: whatever stands there as "this month" is no February.
        and not (time_period like '%-02' and measure in ('LEVEL', 'YOY', 'INDEX'))
),

of_our_ports as (
    select
        printed.*,
        ports.area_code
    from printed
    inner join {{ ref('ports') }} as ports
        on
            printed.port = ports.port
            and printed.row_kind = ports.row_kind
            and printed.uploaded_date between ports.valid_from and coalesce(ports.valid_to, date '9999-12-31')
),

-- A table of a whole year is the cumulative table of its December, and the figure of the year.
dated as (
    select
        *,
        'M' as frequency,
        if(time_period like '____', time_period || '-12', time_period) as reference_period
    from of_our_ports
    union all by name
    select
        * exclude (measure),
        if(measure = 'YTD', 'LEVEL', 'YOY') as measure,
        'A' as frequency,
        time_period as reference_period
    from of_our_ports
    where time_period like '____' and measure in ('YTD', 'YOY_YTD')
),

transcribed as (
    select
        indicator as series_code,
        ref_area as area_code,
        scope,
        measure,
        freq as frequency,
        time_period as reference_period,
        obs_value,
        unit,
        'T-' || release as source_id,
        origin,
        first_seen_date,
        landing_id,
        file_sha256,
        row_number,
        place
    from {{ ref('stg_port_throughput__transcriptions') }}
),

figures as (
    select
        series_code,
        area_code,
        scope,
        measure,
        frequency,
        reference_period,
        obs_value,
        unit,
        source_id,
        origin,
        first_seen_date,
        landing_id,
        file_sha256,
        row_number,
        place
    from dated
    union all by name
    select * from transcribed
),

with_units as (
    select
        *,
        case unit when '%' then 'PT' when '万TEU' then 'TEU' else 'T' end as unit_measure,
        case unit when '%' then 0 when '亿吨' then 8 else 4 end as unit_mult
    from figures
)

select
    figures.series_code,
    figures.area_code,
    figures.measure,
    figures.scope,
    figures.frequency,
    figures.reference_period,
    figures.unit_measure,
    'A' as obs_status,
    cast(null as varchar) as stage,
    '' as tags,
    figures.source_id,
    figures.origin,
    figures.first_seen_date,
    figures.landing_id,
    figures.file_sha256,
    figures.row_number,
    figures.place,
    cast(
        case
            when figures.measure like 'YOY%' then figures.obs_value
            else figures.obs_value * power(10, figures.unit_mult - series.unit_mult)
        end as decimal(24, 6)
    ) as value,
    case when figures.measure like 'YOY%' then '%' else series.unit end as unit,
    case when figures.measure like 'YOY%' then 'PT' else series.unit_measure end as expected_unit_measure
from with_units as figures
left join {{ ref('series') }} as series on figures.series_code = series.series_code
