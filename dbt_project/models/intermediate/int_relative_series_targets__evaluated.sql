-- Kind relative_series: the cumulative real index against that of another indicator; in step when the index gap
-- is not below minus the tolerance (DEC-19). Both runs must be unbroken from the first year, and both growth rates
-- real: an index of nominal growth against one of real growth would only measure the prices.
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
        coalesce(own_series.growth_price_basis, 'unknown') as own_basis,
        coalesce(other_series.growth_price_basis, 'unknown') as other_basis,
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
    left join {{ ref('indicator_series') }} as own_series
        on targets.plan_id = own_series.plan_id and targets.indicator_code = own_series.indicator_code
    left join {{ ref('indicator_series') }} as other_series
        on
            targets.plan_id = other_series.plan_id
            and targets.comparator_indicator_code = other_series.indicator_code
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
        bool_or('simulated' in (origin, other_origin)) as is_simulated,
        any_value(own_basis) as own_basis,
        any_value(other_basis) as other_basis,
        any_value(own_basis) = 'real' and any_value(other_basis) = 'real' as is_comparable
    from pairs
    where reference_year = first_year + year_number - 1
    group by plan_id, indicator_code
),

measured as (
    select
        *,
        case when is_comparable then 100 * (own_index / other_index - 1) end as index_gap_pct
    from accumulated
),

judged as (
    select
        *,
        case
            when not is_comparable then 'comparator_missing'
            when index_gap_pct < -tolerance_abs then 'lagging'
            when reference_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from measured
)

select
    plan_id,
    indicator_code,
    cast(reference_year as varchar) as reference_period,
    100 * (own_index - 1) as value,
    case when is_comparable then 100 * own_index / other_index end as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    index_gap_pct as gap_pp,
    status,
    case status when 'comparator_missing' then 'grey' when 'lagging' then 'yellow' else 'green' end as lamp,
    'relative_series' as method_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    case
        when is_comparable
            then
                '累计指数 ' || {{ said('own_index', 4) }} || '，对比指数 ' || {{ said('other_index', 4) }} || '，相差 '
                || {{ said('index_gap_pct', 2) }} || '%（容差 ' || {{ figure('tolerance_abs') }} || '%）'
        else
            '至' || reference_year || '年累计增长 ' || {{ said('100 * (own_index - 1)', 2) }} || '%（'
            || {{ basis_word('own_basis', 'zh') }} || '），对比指标 ' || {{ said('100 * (other_index - 1)', 2) }} || '%（'
            || {{ basis_word('other_basis', 'zh') }} || '）；价格口径不同或不明，不作比较，需双方均为实际增速'
    end as reason_zh,
    case
        when is_comparable
            then
                'cumulative index ' || {{ said('own_index', 4) }} || ' against ' || {{ said('other_index', 4) }}
                || ', gap ' || {{ said('index_gap_pct', 2) }} || '% (tolerance ' || {{ figure('tolerance_abs') }} || '%)'
        else
            'grown by ' || {{ said('100 * (own_index - 1)', 2) }} || '% up to ' || reference_year || ' ('
            || {{ basis_word('own_basis', 'en') }} || ') beside ' || {{ said('100 * (other_index - 1)', 2) }} || '% ('
            || {{ basis_word('other_basis', 'en') }} || '); the price bases differ or are not known, so there is no '
            || 'comparison: both must be real growth'
    end as reason_en
from judged
