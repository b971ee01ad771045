-- Kind relative_series: the cumulative real index against that of another indicator; in step when the index gap
-- is not below minus the tolerance (DEC-19). Both runs must be unbroken from the first year, and both growth rates at the
-- decided prices: an index of nominal growth against one of real growth would only measure the prices.
with

pairs as (
    select
        targets.plan_id,
        targets.target_type,
        targets.target_id,
        targets.first_year,
        targets.last_year,
        targets.tolerance_abs,
        targets.price_basis,
        own.reference_year,
        own.value as own_growth,
        other.value as other_growth,
        own.origin,
        other.origin as other_origin,
        coalesce(own.growth_price_basis, 'unknown') as own_basis,
        coalesce(other.growth_price_basis, 'unknown') as other_basis,
        row_number() over (
            partition by targets.plan_id, targets.target_type, targets.target_id
            order by own.reference_year
        ) as year_number
    from {{ ref('int_targets__effective') }} as targets
    inner join {{ ref('int_target_values__annual') }} as own
        on {{ same_target('targets', 'own') }} and targets.area_code = own.area_code
    inner join {{ ref('int_target_values__annual') }} as other
        on
            targets.plan_id = other.plan_id
            and other.target_type = 'indicator'
            and targets.comparator_indicator_code = other.target_id
            and targets.area_code = other.area_code
            and own.reference_year = other.reference_year
    where targets.target_kind = 'relative_series'
),

accumulated as (
    select
        plan_id,
        target_type,
        target_id,
        any_value(tolerance_abs) as tolerance_abs,
        any_value(first_year) as first_year,
        any_value(last_year) as last_year,
        max(reference_year) as reference_year,
        count(*) as year_count,
        exp(sum(ln(1 + cast(own_growth as double) / 100))) as own_index,
        exp(sum(ln(1 + cast(other_growth as double) / 100))) as other_index,
        bool_or('simulated' in (origin, other_origin)) as is_simulated,
        -- One year at other prices spoils the run; one that does not say leaves it open.
        case when count(distinct own_basis) = 1 then any_value(own_basis) else 'unknown' end as own_basis,
        case when count(distinct other_basis) = 1 then any_value(other_basis) else 'unknown' end as other_basis,
        any_value(price_basis) as price_basis,
        bool_and(own_basis = price_basis and other_basis = price_basis) as is_comparable,
        bool_or('unknown' in (own_basis, other_basis)) as is_basis_open
    from pairs
    where reference_year = first_year + year_number - 1
    group by plan_id, target_type, target_id
),

measured as (
    select
        *,
        case when is_comparable then 100 * (own_index / other_index - 1) end as index_gap_pct,
        -- The second way to compare (method note 2.7): the ratio of the two average rates.
        case
            when is_comparable
                then
                    100 * (power(own_index, 1.0 / year_count) - 1) / nullif(power(other_index, 1.0 / year_count) - 1, 0)
        end as rate_ratio_pct
    from accumulated
),

judged as (
    select
        *,
        case
            -- The comparator is there: what is missing is what the two rates mean.
            when is_basis_open then 'under_revision'
            when not is_comparable then 'comparator_missing'
            when round(index_gap_pct, 6) < -tolerance_abs then 'lagging'
            when reference_year = last_year then 'met'
            else 'on_schedule'
        end as status
    from measured
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    first_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('100 * (own_index - 1)') }} as value,
    {{ stored('case when is_comparable then 100 * own_index / other_index end') }} as attainment_pct,
    cast(null as double) as progress_pct,
    cast(null as double) as schedule_pct,
    {{ stored('index_gap_pct') }} as gap_pp,
    status,
    case when not is_comparable then 'grey' when status = 'lagging' then 'yellow' else 'green' end as lamp,
    'relative_series' as method_id,
    case when rate_ratio_pct is not null then 'rate_ratio' end as second_method_id,
    {{ stored('rate_ratio_pct') }} as second_value,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    case
        when is_comparable
            then
                '累计指数 ' || {{ said('own_index', 4) }} || '，对比指数 ' || {{ said('other_index', 4) }} || '，相差 '
                || {{ said('index_gap_pct', 2) }} || '%（容差 ' || {{ figure('tolerance_abs') }} || '%）'
        else
            '至' || reference_year || '年累计增长 ' || {{ said('100 * (own_index - 1)', 2) }} || '%（'
            || {{ basis_word('own_basis', 'zh') }} || '），对比指标 ' || {{ said('100 * (other_index - 1)', 2) }} || '%（'
            || {{ basis_word('other_basis', 'zh') }} || '）；价格口径' || case when is_basis_open then '未注明，不作比较，请责任单位在填报中注明，' else '不同，不作比较，' end
            || '需双方均为' || {{ basis_word('price_basis', 'zh') }} || '增速'
    end as reason_zh,
    case
        when is_comparable
            then
                'cumulative index ' || {{ said('own_index', 4) }} || ' against ' || {{ said('other_index', 4) }}
                || ', gap ' || {{ said('index_gap_pct', 2) }} || '% (tolerance ' || {{ figure('tolerance_abs') }} || '%)'
        else
            'grown by ' || {{ said('100 * (own_index - 1)', 2) }} || '% up to ' || reference_year || ' ('
            || {{ basis_word('own_basis', 'en') }} || ') beside ' || {{ said('100 * (other_index - 1)', 2) }} || '% ('
            || {{ basis_word('other_basis', 'en') }} || '); '
            || case
                when is_basis_open then 'the price basis is not stated and there is no comparison until the return states it'
                else 'the price bases differ, so there is no comparison'
            end || ': both must be ' || {{ basis_word('price_basis', 'en') }} || ' growth'
    end as reason_en
from judged
