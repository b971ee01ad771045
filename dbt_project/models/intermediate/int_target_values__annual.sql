-- Yearly values of the plan period, the only ones a yearly target is judged by. A bound is no figure to judge by.
-- `comparable_value` stands on the ground the plan was written on: after a break it is the figure through the link,
-- and empty where there is no link (rule 2.8.7), unless a decision compares across the break. `tested_value` is there
-- where a decision lets the figure of the final year be held against the target as it stands, and against no baseline.
-- Printed rates of growth say themselves what they compare. December's cumulative figure is the year, where the year itself
-- is not published. A rate that cannot be compounded (a fall by everything, a reduction of everything) is no figure: it is
-- left out here and named by the test assert_rates_can_be_compounded.
with

yearly as (
    select
        * exclude (reference_period),
        reference_period[1:4] as reference_period
    from {{ ref('int_target_values__selected') }}
    where
        tags not like '%BOUND%'
        and (
            frequency = 'A'
            or (measure = 'YTD' and (reference_period like '____-12' or reference_period like '____-Q4'))
        )
    qualify
        row_number() over (
            partition by plan_id, target_type, target_id, area_code, reference_period[1:4]
            order by frequency = 'A' desc, frequency = 'M' desc
        ) = 1
),

annual as (
    select
        selected.*,
        targets.baseline_year,
        targets.last_year,
        targets.across_breaks,
        cast(selected.reference_period as integer) as reference_year
    from yearly as selected
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('selected', 'targets') }}
    where
        cast(selected.reference_period as integer) between targets.first_year and targets.last_year
        and not {{ cannot_be_compounded('selected.value', 'selected.measure', 'targets.target_kind') }}
),

crossed as (
    select
        annual.plan_id,
        annual.target_type,
        annual.target_id,
        annual.area_code,
        annual.reference_year,
        string_agg(breaks.break_id, '; ' order by breaks.break_month) as break_ids,
        string_agg(breaks.break_month || '起：' || breaks.reason_zh, '；' order by breaks.break_month) as breaks_zh,
        string_agg('from ' || breaks.break_month || ': ' || breaks.reason_en, '; ' order by breaks.break_month)
            as breaks_en,
        case when count(*) = count(breaks.link_factor) then product(breaks.link_factor) end as link_factor
    from annual
    inner join {{ ref('series_breaks') }} as breaks on {{ break_concerns('breaks', 'annual') }}
    where
        annual.measure in ('LEVEL', 'YTD')
        and breaks.break_month > annual.baseline_year || '-12'
        and breaks.break_month <= annual.reference_year || '-12'
    group by all
)

select
    annual.plan_id,
    annual.target_type,
    annual.target_id,
    annual.area_code,
    annual.reference_year,
    annual.value,
    case
        when crossed.break_ids is null or annual.across_breaks = 'compared' then annual.value
        else annual.value / crossed.link_factor
    end as comparable_value,
    case
        when annual.across_breaks = 'final_year_only' and annual.reference_year = annual.last_year then annual.value
    end as tested_value,
    crossed.break_ids,
    crossed.breaks_zh,
    crossed.breaks_en,
    annual.unit,
    annual.measure,
    annual.growth_price_basis,
    annual.origin,
    annual.stage,
    annual.obs_status,
    annual.source_id,
    annual.vintage_date,
    annual.landing_id,
    annual.file_sha256,
    annual.row_number,
    annual.place
from annual
left join crossed
    on
        {{ same_target('annual', 'crossed') }}
        and annual.area_code = crossed.area_code
        and annual.reference_year = crossed.reference_year
