-- Kind relative_series: the cumulative real index against that of another indicator; in step when the index gap
-- is not below minus the tolerance (DEC-19). Both runs must be unbroken from the first year.
with

pairs as (
    select
        targets.plan_id,
        targets.indicator_code,
        targets.first_year,
        targets.last_year,
        targets.tolerance_abs,
        own.reference_year,
        own.value as own_growth,
        other.value as other_growth,
        own.origin,
        other.origin as other_origin,
        row_number() over (
            partition by targets.plan_id, targets.indicator_code
            order by own.reference_year
        ) as year_number
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_indicator_values__annual') }} as own
        on
            targets.plan_id = own.plan_id
            and targets.indicator_code = own.indicator_code
            and targets.area_code = own.area_code
    inner join {{ ref('int_indicator_values__annual') }} as other
        on
            targets.plan_id = other.plan_id
            and targets.comparator_indicator_code = other.indicator_code
            and targets.area_code = other.area_code
            and own.reference_year = other.reference_year
    where targets.target_kind = 'relative_series'
),

accumulated as (
    select
        plan_id,
        indicator_code,
        any_value(tolerance_abs) as tolerance_abs,
        any_value(last_year) as last_year,
        max(reference_year) as reference_year,
        exp(sum(ln(1 + cast(own_growth as double) / 100))) as own_index,
        exp(sum(ln(1 + cast(other_growth as double) / 100))) as other_index,
        bool_or('simulated' in (origin, other_origin)) as is_simulated
    from pairs
    where reference_year = first_year + year_number - 1
    group by plan_id, indicator_code
),

judged as (
    select
        *,
        100 * (own_index / other_index - 1) as index_gap_pct,
        case
            when 100 * (own_index / other_index - 1) < -tolerance_abs then 'lagging'
            when reference_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from accumulated
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    100 * (own_index - 1) as value,
    100 * own_index / other_index as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    index_gap_pct as gap_pp,
    status,
    case status when 'lagging' then 'yellow' else 'green' end as lamp,
    'relative_series' as method_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    '累计指数 ' || {{ said('own_index', 4) }} || '，对比指数 ' || {{ said('other_index', 4) }} || '，相差 '
    || {{ said('index_gap_pct', 2) }} || '%（容差 ' || {{ figure('tolerance_abs') }} || '%）' as reason_zh,
    'cumulative index ' || {{ said('own_index', 4) }} || ' against ' || {{ said('other_index', 4) }} || ', gap '
    || {{ said('index_gap_pct', 2) }} || '% (tolerance ' || {{ figure('tolerance_abs') }} || '%)' as reason_en
from judged
