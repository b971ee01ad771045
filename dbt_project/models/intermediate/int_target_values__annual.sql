-- Yearly values of the plan period, the only ones a yearly target is judged by. A bound is no figure to judge by.
-- `comparable_value` stands on the ground the plan was written on: after a break it is the figure through the link,
-- and empty where there is no link (rule 2.8.7), unless a decision compares across the break. `tested_value` is there
-- where a decision lets the figure of the final year be held against the target as it stands, and against no baseline.
-- Printed rates of growth say themselves what they compare.
with

annual as (
    select
        selected.*,
        targets.baseline_year,
        targets.last_year,
        targets.across_breaks,
        cast(selected.reference_period as integer) as reference_year
    from {{ ref('int_target_values__selected') }} as selected
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('selected', 'targets') }}
    where
        selected.frequency = 'A'
        and selected.tags not like '%BOUND%'
        and cast(selected.reference_period as integer) between targets.first_year and targets.last_year
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
        annual.measure = 'LEVEL'
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
