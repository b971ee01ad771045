-- Good days and valid days of each area by month and by year: under each edition alone, and under the one in force
-- on each day (edition IN_FORCE), which is the series. Valid are the days that have an index; of the others
-- nobody can say whether they were good.
with

days as (
    select
        place_code as area_code,
        air_date,
        edition,
        is_good
    from {{ ref('int_air_days__rated') }}
    where place_type = 'area'
    union all by name
    select
        place_code as area_code,
        air_date,
        'IN_FORCE' as edition,
        is_good
    from {{ ref('int_air_days__rated') }}
    where place_type = 'area' and is_in_force
),

with_origin as (
    select
        days.*,
        landed.landed_date,
        landed.newest,
        landed.is_simulated,
        strftime(days.air_date, '%Y-%m') as reference_month
    from days
    inner join {{ ref('int_air_days__landed') }} as landed
        on days.area_code = landed.area_code and days.air_date = landed.air_date
),

months as (
    select
        area_code,
        edition,
        reference_month,
        count(*) filter (where is_good) as good_days,
        count(is_good) as valid_days,
        max(landed_date) as landed_date,
        arg_max(newest, (landed_date, newest.landing_id)) as newest,
        bool_or(is_simulated) as is_simulated
    from with_origin
    group by area_code, edition, reference_month
),

judged_months as (
    select
        months.*,
        rules.year_days,
        months.valid_days
        >= case when months.reference_month like '%-02' then rules.february_days else rules.month_days end
            as is_representative
    from months
    cross join {{ ref('int_air_rules__pivoted') }} as rules
),

periods as (
    select
        * exclude (reference_month, year_days),
        'M' as frequency,
        reference_month as reference_period
    from judged_months
    union all by name
    -- A year needs enough days, and enough in each of its twelve months (GB 3095-2026, table 4).
    select
        area_code,
        edition,
        'A' as frequency,
        reference_month[1:4] as reference_period,
        cast(sum(good_days) as bigint) as good_days,
        cast(sum(valid_days) as bigint) as valid_days,
        max(landed_date) as landed_date,
        arg_max(newest, (landed_date, newest.landing_id)) as newest,
        bool_or(is_simulated) as is_simulated,
        sum(valid_days) >= any_value(year_days) and count(*) filter (where is_representative) = 12
            as is_representative
    from judged_months
    group by area_code, edition, reference_month[1:4]
),

-- The first period under an edition that replaced another is a break of the series.
breaks as (
    select
        strftime(valid_from, '%Y-%m') as first_month,
        strftime(valid_from, '%Y') as first_year
    from {{ ref('air_standards') }}
    where valid_from > (select min(earlier.valid_from) from {{ ref('air_standards') }} as earlier)
)

select
    periods.*,
    100.0 * periods.good_days / nullif(periods.valid_days, 0) as good_air_share_pct,
    -- Days are provisional until the first ten days of the next month are over (HJ 633-2012, 5.1.5).
    case
        when {{ as_of_date() }} <= {{ period_end('periods.reference_period') }} + 10 then 'preliminary' else 'final'
    end as stage,
    case
        when breaks.first_month is not null then 'B'
        when {{ as_of_date() }} <= {{ period_end('periods.reference_period') }} + 10 then 'P'
        else 'A'
    end as obs_status
from periods
left join breaks
    on periods.edition = 'IN_FORCE' and periods.reference_period in (breaks.first_month, breaks.first_year)
