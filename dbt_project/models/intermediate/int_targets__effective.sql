-- Every target in one shape as it stands on the as-of date: indicators and the targets of text and boxes, with baseline,
-- modifiers, comparator, assignment, lattice and what the decisions say (section 3.1 of the method note).
-- The kind a target is evaluated as follows from the printed kind, the decisions, and the baseline (rules 2.8.1, 2.8.3).
with

indicator_targets as (
    {{ version_in_force(ref('targets'), 'plan_id, indicator_code', 'published_on') }}
),

indicators as (
    {{ version_in_force(ref('indicators'), 'plan_id, indicator_code') }}
),

-- A baseline that a later row re-bases goes on standing beside it; one that a later row corrects does not.
stated_baselines as (
    select
        * replace (
            case
                when lead(version) over (partition by plan_id, indicator_code order by effective_from) is null
                    then effective_to
            end as effective_to
        )
    from {{ ref('baselines') }}
    qualify baseline_status != 'rebased' or version = 1
),

printed_baselines as (
    {{ version_in_force('stated_baselines', 'plan_id, indicator_code', 'published_on') }}
),

rebased_baselines as (
    select *
    from ({{ version_in_force(ref('baselines'), 'plan_id, indicator_code', 'published_on') }})
    where baseline_status = 'rebased' and version > 1
),

text_targets as (
    select *
    from ({{ version_in_force(ref('text_targets'), 'plan_id, text_target_id') }})
    where role = 'target'
),

-- Of two assignments for a whole period the later document counts, with its own base year and period.
assignments as (
    select *
    from {{ ref('int_superior_assignments__known') }}
    where assigned_year is null
    qualify
        row_number() over (
            partition by plan_id, indicator_code
            order by document_date desc nulls last, assignment_id desc
        ) = 1
),

listed as (
    select
        targets.plan_id,
        'indicator' as target_type,
        targets.indicator_code as target_id,
        targets.indicator_code,
        cast(null as varchar) as duplicate_of,
        targets.version,
        targets.target_kind as printed_kind,
        targets.operator,
        targets.modifiers,
        coalesce(assignments.assigned_value, targets.target_value) as target_value,
        targets.target_low,
        targets.target_high,
        targets.target_printed,
        targets.decimals,
        'printed' as figure_basis,
        targets.phasing as printed_phasing,
        indicators.unit,
        indicators.responsible_unit_ids,
        targets.comparator_indicator_code as printed_comparator_code,
        printed.baseline_value,
        printed.baseline_printed,
        printed.baseline_status,
        printed.version as baseline_version,
        rebased.baseline_value as rebased_baseline_value,
        rebased.version as rebased_version,
        coalesce(assignments.base_year, printed.baseline_year, plans.baseline_year) as baseline_year,
        case when assignments.base_year is not null then assignments.base_year + 1 else plans.first_year end as first_year,
        coalesce(assignments.period_last_year, targets.target_year, plans.last_year) as last_year,
        cast(null as decimal(24, 6)) as threshold_value,
        cast(null as varchar) as threshold_unit,
        assignments.assignment_id,
        targets.citation
    from indicator_targets as targets
    inner join {{ ref('plans') }} as plans on targets.plan_id = plans.plan_id
    inner join indicators
        on targets.plan_id = indicators.plan_id and targets.indicator_code = indicators.indicator_code
    left join printed_baselines as printed
        on targets.plan_id = printed.plan_id and targets.indicator_code = printed.indicator_code
    left join rebased_baselines as rebased
        on targets.plan_id = rebased.plan_id and targets.indicator_code = rebased.indicator_code
    left join assignments
        on targets.plan_id = assignments.plan_id and targets.indicator_code = assignments.indicator_code
    union all by name
    select
        targets.plan_id,
        'text_target' as target_type,
        targets.text_target_id as target_id,
        targets.indicator_code,
        targets.duplicate_of,
        targets.version,
        targets.target_kind as printed_kind,
        targets.operator,
        targets.modifiers,
        -- A milestone is reached or not: one is reached.
        case when targets.target_kind = 'milestone' then 1 else targets.target_value end as target_value,
        targets.target_low,
        targets.target_high,
        targets.figure_printed as target_printed,
        targets.decimals,
        targets.figure_basis,
        targets.phasing as printed_phasing,
        targets.unit,
        targets.responsible_unit_ids,
        targets.baseline_value,
        {{ figure('targets.baseline_value') }} as baseline_printed,
        case when targets.baseline_value is null then 'missing' else 'stated' end as baseline_status,
        targets.version as baseline_version,
        coalesce(targets.baseline_year, plans.baseline_year) as baseline_year,
        coalesce(targets.period_first_year, plans.first_year) as first_year,
        coalesce(targets.target_year, plans.last_year) as last_year,
        targets.threshold_value,
        targets.threshold_unit,
        targets.citation
    from text_targets as targets
    inner join {{ ref('plans') }} as plans on targets.plan_id = plans.plan_id
),

modified as (
    select
        listed.plan_id,
        listed.target_type,
        listed.target_id,
        bool_or(modifiers.effect = 'soft') as is_soft,
        bool_or(modifiers.effect = 'tolerance') as has_tolerance_word
    from (
        select
            plan_id,
            target_type,
            target_id,
            unnest(string_split(modifiers, ';')) as modifier
        from listed
    ) as listed
    inner join {{ ref('target_modifiers') }} as modifiers on listed.modifier = modifiers.modifier
    group by listed.plan_id, listed.target_type, listed.target_id
),

-- A decision about the whole plan holds for every target it does not decide about by itself.
decided as (
    select
        listed.plan_id,
        listed.target_type,
        listed.target_id,
        string_agg(distinct parameters.decision_id, '; ' order by parameters.decision_id)
        filter (where parameters.target_type = listed.target_type) as decision_ids,
        string_agg(distinct parameters.decision_id, '; ' order by parameters.decision_id)
        filter (where parameters.target_type = listed.target_type and parameters.is_retroactive)
            as retroactive_decision_ids,
        {{ decided_parameter('target_kind') }} as target_kind,
        {{ decided_parameter('tolerance_abs') }} as tolerance_abs,
        {{ decided_parameter('tolerance_factor') }} as tolerance_factor,
        {{ decided_parameter('status_withheld') }} as status_withheld,
        {{ decided_parameter('phasing') }} as phasing,
        {{ decided_parameter('baseline_used') }} as baseline_used,
        {{ decided_parameter('proxy_baseline') }} as proxy_baseline,
        {{ decided_parameter('lattice_basis') }} as lattice_basis,
        {{ decided_parameter('price_basis') }} as price_basis,
        {{ decided_parameter('comparison_precision') }} as comparison_precision,
        {{ decided_parameter('soft_lamp') }} as soft_lamp,
        {{ decided_parameter('veto_basis') }} as veto_basis,
        {{ decided_parameter('across_breaks') }} as across_breaks,
        {{ decided_parameter('weaker_than_before') }} as weaker_than_before
    from listed
    inner join {{ ref('int_decision_parameters__effective') }} as parameters
        on
            listed.plan_id = parameters.plan_id
            and (
                (listed.target_type = parameters.target_type and listed.target_id = parameters.target_id)
                or parameters.target_type = 'plan'
            )
    group by listed.plan_id, listed.target_type, listed.target_id
),

lattices as (
    {{ version_in_force(ref('target_lattice'), 'plan_id, target_type, target_id') }}
),

comparators as (
    {{ version_in_force(ref('comparators'), 'plan_id, target_type, target_id', 'published_on') }}
),

resolved as (
    select
        listed.*,
        coalesce(decided.target_kind, listed.printed_kind) as decided_kind,
        coalesce(modified.is_soft, false) and coalesce(decided.soft_lamp, 'never_red') = 'never_red' as is_soft,
        coalesce(modified.has_tolerance_word, false) and decided.tolerance_abs is null as is_tolerance_undecided,
        coalesce(cast(decided.tolerance_abs as double), 0) * coalesce(cast(decided.tolerance_factor as double), 1)
            as tolerance_abs,
        -- A sum has no yearly factor from nought: on a geometric path it is followed evenly.
        case
            when
                coalesce(decided.target_kind, listed.printed_kind) = 'cumulative_sum'
                and coalesce(decided.phasing, listed.printed_phasing) = 'geometric'
                then 'linear'
            else coalesce(decided.phasing, listed.printed_phasing, 'none')
        end as phasing,
        coalesce(decided.status_withheld = 'true', false) as is_status_withheld,
        coalesce(decided.baseline_used, 'printed') as baseline_used,
        coalesce(decided.proxy_baseline, 'none') as proxy_baseline,
        coalesce(decided.lattice_basis, 'printed_value') as lattice_basis,
        coalesce(decided.price_basis, 'real') as price_basis,
        coalesce(decided.comparison_precision, 'finer') as comparison_precision,
        coalesce(decided.veto_basis, 'printed_or_assigned') as veto_basis,
        coalesce(decided.across_breaks, 'not_compared') as across_breaks,
        coalesce(decided.weaker_than_before = 'noted', false) as is_noted_as_weaker,
        decided.decision_ids,
        decided.retroactive_decision_ids,
        lattices.lattice_n,
        lattices.counted_zh,
        lattices.counted_en,
        coalesce(comparators.area_code, plans.comparator_area_code) as comparator_area_code,
        coalesce(comparators.comparator_indicator_code, listed.printed_comparator_code) as comparator_indicator_code,
        plans.area_code,
        case
            when listed.operator = 'le' then listed.baseline_value <= listed.target_value
            else listed.baseline_value >= listed.target_value
        end as is_met_at_the_start
    from listed
    inner join {{ ref('plans') }} as plans on listed.plan_id = plans.plan_id
    left join modified on {{ same_target('listed', 'modified') }}
    left join decided on {{ same_target('listed', 'decided') }}
    left join lattices on {{ same_target('listed', 'lattices') }}
    left join comparators on {{ same_target('listed', 'comparators') }}
)

select
    * exclude (
        decided_kind,
        is_met_at_the_start,
        is_noted_as_weaker,
        comparison_precision,
        figure_basis,
        printed_phasing,
        printed_comparator_code
    ),
    case
        -- Rules 2.8.1 and 2.8.3: a target that its baseline already meets is to be held, never a ratio.
        when decided_kind = 'level' and is_met_at_the_start then case when operator = 'le' then 'ceiling' else 'floor' end
        when decided_kind = 'level' and baseline_value is null then 'level_without_baseline'
        else decided_kind
    end as target_kind,
    (
        coalesce(is_met_at_the_start, false)
        and baseline_value != target_value
        and decided_kind in ('level', 'floor', 'ceiling')
    )
    or is_noted_as_weaker as is_weaker_than_baseline,
    case
        -- What is not printed in digits has no printed precision.
        when comparison_precision = 'none' or figure_basis in ('read', 'worded') then 6
        when comparison_precision = 'target' then coalesce(decimals, 0)
        else greatest(coalesce(decimals, 0), {{ printed_decimals('baseline_printed') }})
    end as compare_decimals,
    -- The smallest value on the lattice that satisfies the target.
    case
        when lattice_n is not null and operator != 'le'
            then 100.0 * ceil(round(cast(target_value as double) * lattice_n / 100, 9)) / lattice_n
    end as attainable_target_value
from resolved
