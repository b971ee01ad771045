-- Kind period_average_growth: the geometric mean of the yearly rates, on the unbroken run of years from the first. It is
-- held against the lowest accepted mean at the decided precision, as every other target (DEC-R2), or at that of the
-- tolerance where it is finer.
-- Progress is measured on the logarithm of the index, ln(prod(1 + g)) / (n ln(1 + T)), so equal years weigh equally.
with

years as (
    select
        annual.*,
        targets.target_value,
        targets.tolerance_abs,
        targets.compare_decimals,
        targets.first_year,
        targets.last_year,
        row_number() over (
            partition by annual.plan_id, annual.target_type, annual.target_id
            order by annual.reference_year
        ) as year_number
    from {{ ref('int_target_values__annual') }} as annual
    inner join {{ ref('int_targets__effective') }} as targets
        on {{ same_target('annual', 'targets') }} and annual.area_code = targets.area_code
    where targets.target_kind = 'period_average_growth'
),

accumulated as (
    select
        plan_id,
        target_type,
        target_id,
        any_value(target_value) as target_value,
        any_value(tolerance_abs) as tolerance_abs,
        any_value(compare_decimals) as compare_decimals,
        any_value(first_year) as first_year,
        any_value(last_year) as last_year,
        max(reference_year) as reference_year,
        count(*) as year_count,
        any_value(last_year - first_year + 1) as period_years,
        sum(ln(1 + cast(value as double) / 100)) as log_index,
        bool_or(origin = 'simulated') as is_simulated,
        string_agg(reference_year || '年 ' || {{ figure('value') }} || '%', '、' order by reference_year) as values_zh,
        string_agg(reference_year || ' ' || {{ figure('value') }} || '%', ', ' order by reference_year) as values_en
    from years
    -- A missing year ends the run: what comes after it cannot be compounded.
    where reference_year = first_year + year_number - 1
    group by plan_id, target_type, target_id
),

measured as (
    select
        *,
        100 * (exp(log_index / year_count) - 1) as mean_growth,
        100 * log_index / nullif(period_years * ln(1 + target_value / 100), 0) as progress_pct,
        100.0 * year_count / period_years as schedule_pct,
        target_value - tolerance_abs as lowest_accepted,
        {{ rounded_as_printed(
            'round(100 * (exp(log_index / year_count) - 1), 6)',
            'greatest(compare_decimals, ' ~ printed_decimals(figure('tolerance_abs')) ~ ')'
        ) }} >= target_value - tolerance_abs as meets,
        round(100 * (exp(log_index / year_count) - 1), 6) >= target_value - tolerance_abs as meets_exactly,
        {%- for column, goal in [
            ('required_growth', 'target_value'), ('required_growth_for_the_lowest', '(target_value - tolerance_abs)')
        ] %}
            case
                when year_count < period_years
                    then
                        100 * (
                            exp((period_years * ln(1 + {{ goal }} / 100) - log_index) / (period_years - year_count)) - 1
                        )
            end as {{ column }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from accumulated
),

judged as (
    select
        measured.*,
        measured.progress_pct - measured.schedule_pct as gap_pp,
        case
            when measured.target_value is null then 'target_pending'
            when measured.meets and measured.year_count = measured.period_years then 'met'
            when measured.mean_growth < 0 then 'reversing'
            when measured.year_count = measured.period_years then 'lagging'
            when round(measured.progress_pct - measured.schedule_pct, 6) > thresholds.ahead_above_pp then 'ahead'
            when measured.meets then 'on_schedule'
            when round(measured.progress_pct - measured.schedule_pct, 6) >= thresholds.lagging_below_pp
                then 'slightly_behind'
            else 'lagging'
        end as status,
        thresholds.red_below_pp
    from measured
    inner join {{ ref('int_status_thresholds__effective') }} as thresholds on measured.plan_id = thresholds.plan_id
)

select
    plan_id,
    target_type,
    target_id,
    cast(reference_year as varchar) as reference_period,
    first_year as inputs_from_year,
    reference_year as judged_to_year,
    {{ stored('mean_growth') }} as value,
    {{ stored('100 * mean_growth / nullif(target_value, 0)') }} as attainment_pct,
    {{ stored('progress_pct') }} as progress_pct,
    {{ stored('schedule_pct') }} as schedule_pct,
    {{ stored('gap_pp') }} as gap_pp,
    status,
    {{ lamp_of('status', 'gap_pp', 'judged') }} as lamp,
    'period_average_growth' as method_id,
    case when is_simulated then 'simulated' else 'derived' end as origin,
    {{ stored('required_growth') }} as required_yearly_rate_pct,
    {{ stored('required_growth_for_the_lowest') }} as required_yearly_rate_floor_pct,
    values_zh || '，至 ' || reference_year || ' 年年均 ' || {{ said('mean_growth', 2) }} || '%'
    || coalesce(
        '，目标 ' || {{ figure('target_value') }}
        || case
            when tolerance_abs > 0 then '% 左右（不低于 ' || {{ figure('lowest_accepted') }} || '%）'
            else '%'
        end, ''
    )
    || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'zh') }}
    || coalesce('；其余年份需年均 ' || {{ said('required_growth', 2) }} || '%', '') as reason_zh,
    values_en || '; ' || {{ said('mean_growth', 2) }} || '% a year up to ' || reference_year
    || coalesce(
        case
            when tolerance_abs > 0
                then
                    ', target about ' || {{ figure('target_value') }} || '% (not below '
                    || {{ figure('lowest_accepted') }} || '%)'
            else ', target ' || {{ figure('target_value') }} || '%'
        end, ''
    )
    || {{ rounding_told('coalesce(meets, false)', 'meets_exactly', 'en') }}
    || coalesce('; the remaining years need ' || {{ said('required_growth', 2) }} || '% a year', '') as reason_en
from judged
