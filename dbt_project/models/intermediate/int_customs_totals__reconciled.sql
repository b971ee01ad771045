-- Qingdao's lines against the published totals: the same months, year to date, and by how much they differ.
-- Of several releases that say a total the last one counts, as far as the reference month. First prints are revised
-- later, so the two need not agree to the yuan; the gate stops what is too far apart. Empty where no lines came.
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
        covered_period,
        sum(trade_value_cny) over so_far as lines_value_cny,
        count(*) over so_far as month_count
    from lines
    window so_far as (
        partition by series_code, covered_period
        order by reference_period
        rows between unbounded preceding and current row
    )
),

published as (
    select totals.*
    from {{ ref('int_customs_monthly_totals__observations') }} as totals
    inner join {{ ref('int_customs_monthly_totals__sources') }} as sources on totals.source_id = sources.source_id
    where totals.area_code = 'CN-370200' and totals.measure = 'YTD' and totals.unit_measure = 'CNY'
    qualify
        row_number() over (
            partition by totals.series_code, totals.reference_period
            order by
                {{ last_day_of_known('sources.published_date_printed') }} desc nulls last,
                totals.first_seen_date desc,
                totals.source_id desc
        ) = 1
)

select
    published.series_code,
    published.reference_period,
    published.source_id,
    running.covered_period,
    running.lines_value_cny,
    published.value * power(10, series.unit_mult) as published_value_cny,
    100 * (running.lines_value_cny / (published.value * power(10, series.unit_mult)) - 1) as difference_pct
from running
inner join published
    on running.series_code = published.series_code and running.reference_period = published.reference_period
inner join {{ ref('series') }} as series on published.series_code = series.series_code
where
    running.month_count = cast(running.reference_period[6:7] as integer)
    and {{ period_end('running.reference_period') }} <= {{ reference_month_end() }}
