-- Qingdao's lines against the published totals: the same months, year to date, and by how much they differ.
-- First prints are revised later, so the two need not agree to the yuan; a test names what is too far apart.
with

lines as (
    select
        case direction when 'import' then 'TRADE_IMPORT' else 'TRADE_EXPORT' end as series_code,
        reference_period,
        covered_period,
        trade_value_cny
    from {{ ref('int_customs_declarations__aggregated') }}
    where area_code = 'CN-370200'
    union all by name
    select
        'TRADE_TOTAL' as series_code,
        reference_period,
        covered_period,
        sum(trade_value_cny) as trade_value_cny
    from {{ ref('int_customs_declarations__aggregated') }}
    where area_code = 'CN-370200'
    group by reference_period, covered_period
    having count(*) = 2
),

running as (
    select
        series_code,
        reference_period,
        sum(trade_value_cny) over so_far as lines_value_cny,
        count(*) over so_far as month_count
    from lines
    window so_far as (
        partition by series_code, covered_period
        order by reference_period
        rows between unbounded preceding and current row
    )
)

select
    published.series_code,
    published.reference_period,
    published.source_id,
    running.lines_value_cny,
    published.value * power(10, series.unit_mult) as published_value_cny,
    100 * (running.lines_value_cny / (published.value * power(10, series.unit_mult)) - 1) as difference_pct
from running
inner join {{ ref('int_customs_monthly_totals__observations') }} as published
    on
        running.series_code = published.series_code
        and running.reference_period = published.reference_period
        and published.area_code = 'CN-370200'
        and published.measure = 'YTD'
inner join {{ ref('series') }} as series on published.series_code = series.series_code
where running.month_count = cast(running.reference_period[6:7] as integer)
