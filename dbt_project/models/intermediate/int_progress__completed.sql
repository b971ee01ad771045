-- One row a target, indicators and text alike: its judgement, what a second method says, where it leads, how firm its
-- inputs are. What cannot be judged says so, and says who owes the figure; a figure that waits for a decision is owed by
-- nobody.
with

latest as (
    select selected.*
    from {{ ref('int_target_values__selected') }} as selected
    inner join {{ ref('plans') }} as plans
        on selected.plan_id = plans.plan_id and selected.area_code = plans.area_code
    qualify
        row_number() over (
            partition by selected.plan_id, selected.target_type, selected.target_id
            order by selected.period_end_date desc, (selected.frequency = 'A') desc
        ) = 1
),

owners as (
    select
        owned.plan_id,
        owned.target_type,
        owned.target_id,
        string_agg(units.name_zh, '; ' order by owned.position) as responsible_units,
        string_agg(units.name_en, '; ' order by owned.position) as responsible_units_en
    from (
        select
            plan_id,
            target_type,
            target_id,
            unnest(string_split(responsible_unit_ids, ';')) as unit_id,
            generate_subscripts(string_split(responsible_unit_ids, ';'), 1) as position
        from {{ ref('int_targets__effective') }}
    ) as owned
    inner join {{ ref('responsible_units') }} as units on owned.unit_id = units.unit_id
    group by owned.plan_id, owned.target_type, owned.target_id
),

firmness as (
    select
        plan_id,
        target_type,
        target_id,
        {{ stage_of_rank("min(" ~ stage_rank('stage') ~ ")") }} as weakest_stage,
        {{ obs_status_of_rank("min(" ~ obs_status_rank('obs_status') ~ ")") }} as weakest_obs_status
    from {{ ref('int_target_inputs__used') }}
    group by plan_id, target_type, target_id
),

-- The newest assessed year that can fail, whatever the colour says. Units that answer for it jointly have the same figure.
vetoes as (
    select
        plan_id,
        'indicator' as target_type,
        indicator_code as target_id,
        reference_year as veto_year,
        bool_or(is_vetoed) as yearly_veto,
        any_value(yearly_value) as owed_value,
        any_value(yearly_value_basis) as owed_basis
    from {{ ref('fct_yearly_assessment') }}
    where counts_for_veto and assessment in ('reached', 'missed')
    group by plan_id, indicator_code, reference_year
    qualify row_number() over (partition by plan_id, indicator_code order by reference_year desc) = 1
),

-- A seasonal path judges the running year by its months; every other one waits for the year to end.
seasonal_years as (
    select
        partial_years.*,
        targets.target_value
    from {{ ref('int_partial_years__measured') }} as partial_years
    inner join {{ ref('int_targets__effective') }} as targets on {{ same_target('partial_years', 'targets') }}
    where
        targets.phasing = 'seasonal'
        and targets.target_kind = 'cumulative_sum'
        and partial_years.partial_status is not null
),

seasoned as (
    select
        progress.* replace (
            case when partial.target_id is null then progress.reference_period else partial.partial_period end
                as reference_period,
            case when partial.target_id is null then progress.judged_to_year else partial.reference_year end
                as judged_to_year,
            case when partial.target_id is null then progress.value else partial.partial_value end as value,
            case when partial.target_id is null then progress.attainment_pct else partial.partial_progress_pct end
                as attainment_pct,
            case when partial.target_id is null then progress.progress_pct else partial.partial_progress_pct end
                as progress_pct,
            case when partial.target_id is null then progress.schedule_pct else partial.partial_schedule_pct end
                as schedule_pct,
            case
                when partial.target_id is null then progress.gap_pp
                else partial.partial_progress_pct - partial.partial_schedule_pct
            end as gap_pp,
            case when partial.target_id is null then progress.status else partial.partial_status end as status,
            case
                when partial.target_id is null then progress.lamp
                else
                    {{ lamp_of(
                        'partial.partial_status', '(partial.partial_progress_pct - partial.partial_schedule_pct)', 'partial'
                    ) }}
            end as lamp,
            case
                when partial.target_id is null then progress.reason_zh
                else
                    '至 ' || partial.partial_period || ' 累计 ' || {{ figure(stored('partial.partial_value')) }}
                    || '，目标 ' || {{ figure('partial.target_value') }} || '；完成 ' || {{ said('partial.partial_progress_pct') }}
                    || '%' || coalesce('，序时 ' || {{ said('partial.partial_schedule_pct') }} || '%（按往年同月占全年比重）', '')
            end as reason_zh,
            case
                when partial.target_id is null then progress.reason_en
                else
                    'sum up to ' || partial.partial_period || ' ' || {{ figure(stored('partial.partial_value')) }}
                    || ', target ' || {{ figure('partial.target_value') }} || '; ' || {{ said('partial.partial_progress_pct') }}
                    || '% done' || coalesce(
                        ' against a schedule of ' || {{ said('partial.partial_schedule_pct') }}
                        || '% by the share these months had of earlier years', ''
                    )
            end as reason_en
        )
    from {{ ref('int_progress__unioned') }} as progress
    left join seasonal_years as partial on {{ same_target('progress', 'partial') }}
),

judged as (
    select
        targets.*,
        owners.responsible_units,
        coalesce(owners.responsible_units, '责任单位未载明 not named in the plan') as owing,
        coalesce(owners.responsible_units_en, 'not named in the plan') as owing_en,
        targets.is_status_withheld and progress.target_id is not null as is_withheld,
        coalesce(progress.status, 'no_data') as evaluated_status,
        progress.reference_period,
        progress.judged_to_year,
        progress.value,
        progress.attainment_pct,
        progress.progress_pct,
        progress.schedule_pct,
        progress.gap_pp,
        progress.lamp,
        progress.method_id,
        progress.origin,
        progress.reason_zh,
        progress.reason_en,
        progress.baseline_rebased_value,
        progress.progress_rebased_pct,
        progress.required_yearly_change,
        progress.required_yearly_rate_pct,
        progress.required_yearly_rate_floor_pct,
        progress.second_method_id,
        progress.second_value,
        progress.second_status,
        vetoes.yearly_veto,
        vetoes.veto_year,
        vetoes.owed_value,
        vetoes.owed_basis,
        latest.value as latest_value,
        latest.reference_period as latest_reference_period,
        latest.measure as latest_measure,
        latest.source_id as latest_source_id,
        latest.series_basis,
        outlooks.outlook_low,
        outlooks.outlook_high,
        outlooks.outlook_method,
        outlooks.outlook_reading,
        outlooks.observed_years,
        partial_years.partial_period,
        partial_years.partial_value,
        partial_years.partial_progress_pct,
        partial_years.partial_schedule_pct,
        partial_years.partial_status,
        firmness.weakest_stage,
        firmness.weakest_obs_status,
        repeated.reference_year as repeated_year,
        repeated.returned_value,
        case when coalesce(progress.status, 'no_data') = 'no_data' then held.held_periods end as awaited_periods
    from {{ ref('int_targets__effective') }} as targets
    left join owners on {{ same_target('targets', 'owners') }}
    left join seasoned as progress on {{ same_target('targets', 'progress') }}
    left join latest on {{ same_target('targets', 'latest') }}
    left join {{ ref('int_outlooks__ranged') }} as outlooks on {{ same_target('targets', 'outlooks') }}
    left join {{ ref('int_partial_years__measured') }} as partial_years
        on {{ same_target('targets', 'partial_years') }}
    left join firmness on {{ same_target('targets', 'firmness') }}
    left join vetoes on {{ same_target('targets', 'vetoes') }}
    left join {{ ref('int_repeated_returns__compared') }} as repeated on {{ same_target('targets', 'repeated') }}
    left join {{ ref('int_target_figures__held') }} as held on {{ same_target('targets', 'held') }}
),

-- A soft target is told in the same words and never shows red.
lit as (
    select
        *,
        case
            when is_withheld then 'under_revision'
            when awaited_periods is not null then 'held'
            else evaluated_status
        end as status,
        case
            when is_withheld or evaluated_status = 'no_data' then 'grey'
            when is_soft and lamp = 'red' then 'yellow'
            else lamp
        end as shown_lamp,
        coalesce({{ methods_disagree('evaluated_status', 'second_status') }} and not is_withheld, false) as methods_disagree
    from judged
)

select
    plan_id,
    target_type,
    target_id,
    target_kind,
    version as target_version,
    baseline_version,
    phasing,
    unit,
    {{ as_of_date() }} as as_of_date,
    reference_period,
    judged_to_year,
    cast(baseline_value as double) as baseline_value,
    cast(target_value as double) as target_value,
    case when evaluated_status != 'no_data' then {{ stored('value') }} end as value,
    {%- for column in [
        'attainment_pct', 'progress_pct', 'schedule_pct', 'gap_pp', 'baseline_rebased_value', 'progress_rebased_pct',
        'required_yearly_change', 'required_yearly_rate_pct', 'required_yearly_rate_floor_pct', 'second_value',
        'outlook_low', 'outlook_high', 'partial_value', 'partial_progress_pct', 'partial_schedule_pct'
    ] %}
        case when not is_withheld then {{ stored(column) }} end as {{ column }},
    {%- endfor %}
    {{ stored('attainable_target_value') }} as attainable_target_value,
    status,
    case
        -- What is withheld is told by its figure alone: a progress would give the status away.
        when is_withheld
            then
                '口径待责任单位确认，暂不发布状态'
                || coalesce('；' || reference_period || '年为 ' || {{ figure(stored('value')) }}, '')
        when status = 'held'
            then coalesce(reason_zh || '；', '') || awaited_periods || '年的数因检查未通过而扣留，核对后评价'
        when status = 'no_data' and responsible_units is null
            then coalesce(reason_zh || '；', '规划期内无已公布的年度数据；') || '责任单位未载明'
        when status = 'no_data'
            then coalesce(reason_zh || '；', '规划期内无已公布的年度数据；') || '应由' || responsible_units || '报送'
        else reason_zh
    end
    || case
        when yearly_veto and not is_withheld
            then
                '；' || veto_year || '年未达年度值 ' || {{ figure('owed_value') }} || '（'
                || case owed_basis when 'printed' then '印刷' when 'assigned' then '下达' else '推算' end
                || '），该年度考核一票否决'
        else ''
    end as status_reason,
    case
        when is_withheld
            then
                'meaning awaits the unit''s confirmation, no status is published'
                || coalesce('; ' || {{ figure(stored('value')) }} || ' in ' || reference_period, '')
        when status = 'held'
            then
                coalesce(reason_en || '; ', '') || 'the figure of ' || awaited_periods
                || ' failed a check and is held; judged once that is decided'
        when status = 'no_data'
            then coalesce(reason_en || '; ', 'no yearly figure of the plan period is published; ') || 'owed by: ' || owing_en
        else reason_en
    end
    || case
        when yearly_veto and not is_withheld
            then
                '; ' || veto_year || ' misses its yearly value of ' || {{ figure('owed_value') }} || ' (' || owed_basis
                || '), which fails the yearly assessment'
        else ''
    end as status_reason_en,
    shown_lamp as lamp,
    coalesce(method_id, 'none') as method_id,
    coalesce(decision_ids, '') as decision_ids,
    coalesce(retroactive_decision_ids, '') as retroactive_decision_ids,
    origin,
    case when status = 'no_data' then owing else '' end as owing_units,
    cast(latest_value as double) as latest_value,
    latest_reference_period,
    latest_measure,
    latest_source_id,
    case
        when not is_withheld and status not in ('no_data', 'held', 'target_pending')
            -- Full years up to the end of the reference month: the same release is no older when it is made later.
            then
                cast(
                    greatest(year({{ reference_month_end() }} + interval 1 day) - 1 - judged_to_year, 0) as integer
                )
    end as status_age_years,
    case when not is_withheld then second_method_id end as second_method_id,
    case when not is_withheld then second_status end as second_status,
    methods_disagree,
    case
        when is_withheld then 'none: status withheld'
        when outlook_method is not null then outlook_method
        when
            target_kind in ('level', 'level_without_baseline', 'coverage', 'cumulative_sum', 'period_average_growth')
            then 'none: no figures'
        else 'none: kind of target'
    end as outlook_method,
    case when is_withheld then 'not_assessable' else coalesce(outlook_reading, 'not_assessable') end as outlook_reading,
    case when not is_withheld then observed_years end as outlook_observed_years,
    case when not is_withheld then partial_period end as partial_period,
    case when not is_withheld then partial_status end as partial_status,
    weakest_stage,
    weakest_obs_status,
    case when not is_withheld then yearly_veto end as yearly_veto,
    is_soft,
    series_basis,
    concat_ws(
        '；',
        case
            when is_weaker_than_baseline and target_kind in ('floor', 'ceiling') then '目标弱于基期，按保持评价'
            when is_weaker_than_baseline then '目标弱于此前已实现数，按印刷目标评价'
        end,
        case
            when target_kind = 'cumulative_sum' and baseline_value * (last_year - first_year + 1) > target_value
                then '目标低于基期年水平的累计'
        end,
        case
            when lattice_n is not null
                then
                    '共 ' || lattice_n || ' 个' || counted_zh || '，能达到目标的最小值为 '
                    || {{ said('attainable_target_value', 2) }}
        end,
        case when is_tolerance_undecided then '“左右”等词的容差尚无决定，按无容差评价' end,
        case
            when outlook_low is not null and observed_years < 3 and not is_withheld
                then '展望只依据 ' || observed_years || ' 个年度数'
        end,
        case when is_soft then '软目标，不亮红灯' end,
        case series_basis
            when 'of_indicator' then '按指标 ' || indicator_code || ' 的数据评价'
            when 'of_repeated' then '与 ' || duplicate_of || ' 重复，按其数据评价'
        end,
        '单位按 ' || target_id || ' 另报 ' || {{ figure('returned_value') }} || '（' || repeated_year || '年），与所用数不同',
        case when methods_disagree then '增速比法（R = ' || {{ said('second_value') }} || '%）结论不同' end
    ) as notice_zh,
    concat_ws(
        '; ',
        case
            when is_weaker_than_baseline and target_kind in ('floor', 'ceiling')
                then 'the target is weaker than its baseline and is judged as one to hold'
            when is_weaker_than_baseline
                then 'the target is weaker than what was achieved before, and is judged as printed'
        end,
        case
            when target_kind = 'cumulative_sum' and baseline_value * (last_year - first_year + 1) > target_value
                then 'the target is below the run rate of the baseline year'
        end,
        case
            when lattice_n is not null
                then
                    'of ' || lattice_n || ' ' || counted_en || ' the smallest share that reaches the target is '
                    || {{ said('attainable_target_value', 2) }}
        end,
        case when is_tolerance_undecided then 'no tolerance is decided for a word such as about: judged without' end,
        case
            when outlook_low is not null and observed_years < 3 and not is_withheld
                then 'the outlook rests on ' || observed_years || ' yearly values only'
        end,
        case when is_soft then 'a soft target, never red' end,
        case series_basis
            when 'of_indicator' then 'judged by the figures of indicator ' || indicator_code
            when 'of_repeated' then 'repeats ' || duplicate_of || ', judged by its figures'
        end,
        'returned under ' || target_id || ': ' || {{ figure('returned_value') }} || ' (' || repeated_year
        || '), not the figure used',
        case when methods_disagree then 'the growth ratio (R = ' || {{ said('second_value') }} || '%) says otherwise' end
    ) as notice_en
from lit
