-- The West Coast's monthly trade, computed from the customs office's lines, in the shape of all figures.
-- A total needs both directions; a year to date needs every month from January of one and the same file.
-- A month may stand in the file of its year and in one of its own. The one landed later counts; of two landed on one
-- day the year's does, so that the month and the year to date come from one file: its source sorts first.
with

directions as (
    select
        case direction when 'import' then 'TRADE_IMPORT' else 'TRADE_EXPORT' end as series_code,
        * exclude (direction)
    from {{ ref('int_customs_declarations__aggregated') }}
    where area_code = 'CN-370211'
),

totals as (
    select
        'TRADE_TOTAL' as series_code,
        area_code,
        reference_period,
        covered_period,
        min(last_month) as last_month,
        sum(trade_value_cny) as trade_value_cny,
        sum(line_count) as line_count,
        max(vintage_date) as vintage_date,
        max(landing_id) as landing_id,
        max(file_sha256) as file_sha256,
        min(first_row_number) as first_row_number,
        case when bool_or(origin = 'simulated') then 'simulated' else 'derived' end as origin
    from directions
    group by area_code, reference_period, covered_period
    having count(*) = 2
),

months as (
    select
        *,
        'LEVEL' as measure
    from directions
    union all by name
    select
        *,
        'LEVEL' as measure
    from totals
),

running as (
    select
        * exclude (trade_value_cny, line_count, measure),
        'YTD' as measure,
        sum(trade_value_cny) over so_far as trade_value_cny,
        sum(line_count) over so_far as line_count,
        count(*) over so_far as month_count
    from months
    window so_far as (
        partition by series_code, area_code, covered_period
        order by reference_period
        rows between unbounded preceding and current row
    )
),

figures as (
    select * from months
    union all by name
    select * exclude (month_count) from running
    where month_count = cast(reference_period[6:7] as integer)
)

select
    figures.series_code,
    figures.area_code,
    figures.measure,
    '_T' as scope,
    'M' as frequency,
    figures.reference_period,
    'CNY' as unit_measure,
    'A' as obs_status,
    cast(null as varchar) as stage,
    '' as tags,
    'CUSTOMS-LINES-' || figures.vintage_date || '-' || figures.covered_period as source_id,
    figures.origin,
    figures.vintage_date as first_seen_date,
    figures.landing_id,
    figures.file_sha256,
    figures.first_row_number as row_number,
    figures.line_count || ' 行之和 / sum of ' || figures.line_count || ' lines' as place,
    cast(figures.trade_value_cny / power(10, series.unit_mult) as decimal(24, 6)) as value,
    series.unit,
    series.unit_measure as expected_unit_measure
from figures
inner join {{ ref('series') }} as series on figures.series_code = series.series_code
