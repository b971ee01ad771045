{#-
    The newest version of each row that was in force and known on the as-of date. A version that was published later is
    not seen, and until then the one before it has not ended either.
-#}
{% macro version_in_force(relation, key, published='cast(null as date)') -%}
    select * exclude (_successor_published_on)
    from (
        select
            *,
            lead({{ published }}) over (partition by {{ key }} order by effective_from) as _successor_published_on
        from {{ relation }}
    )
    where
        effective_from <= {{ as_of_date() }}
        and coalesce({{ published }}, effective_from) <= {{ as_of_date() }}
        and (
            effective_to is null
            or effective_to > {{ as_of_date() }}
            or coalesce(_successor_published_on > {{ as_of_date() }}, false)
        )
    qualify row_number() over (partition by {{ key }} order by effective_from desc) = 1
{%- endmacro %}

{#-
    Each decision with the letter in force on the as-of date: a decision that was taken anew has a row for each day it was
    decided, and the newest of those known counts. One first taken after the as-of date may be declared to hold from
    before it: it is used, and marked retroactive. One whose newest row has ended is in force no more.
-#}
{% macro decisions_in_force() -%}
    select
        *,
        exists(
            select options.decision_id
            from {{ ref('decision_options') }} as options
            where options.plan_id = known.plan_id and options.decision_id = known.decision_id
        ) as is_computed
    from (
        select
            *,
            decided_on > {{ as_of_date() }} as is_retroactive
        from {{ ref('decisions') }}
        where effective_from <= {{ as_of_date() }}
        -- Of the known the latest, of those to come the first: either way the nearest.
        qualify
            row_number() over (
                partition by plan_id, decision_id
                order by decided_on > {{ as_of_date() }}, abs(date_diff('day', decided_on, {{ as_of_date() }}))
            ) = 1
    ) as known
    where effective_to is null or effective_to > {{ as_of_date() }}
{%- endmacro %}

{#- The words of the chosen letter among options written "A: …; B: …". -#}
{% macro words_of_letter(options) -%}
    trim(regexp_extract('; ' || {{ options }} || '; ', '; ' || chosen_option || ': (.*?); (?:[A-Z]: |$)', 1))
{%- endmacro %}

{#- Columns that say which target a row is about. -#}
{% macro same_target(one, other) -%}
    {{ one }}.plan_id = {{ other }}.plan_id
    and {{ one }}.target_type = {{ other }}.target_type
    and {{ one }}.target_id = {{ other }}.target_id
{%- endmacro %}

{#- Does a value satisfy the target, at the printed precision and within the decided tolerance (rule 2.8.5)? -#}
{% macro meets_target(value, targets) -%}
    case {{ targets }}.operator
        when 'gt' then {{ rounded_to_compare(value, targets) }} > {{ targets }}.target_value - {{ targets }}.tolerance_abs
        when 'le' then {{ rounded_to_compare(value, targets) }} <= {{ targets }}.target_value + {{ targets }}.tolerance_abs
        else {{ rounded_to_compare(value, targets) }} >= {{ targets }}.target_value - {{ targets }}.tolerance_abs
    end
{%- endmacro %}

{#- Does a value satisfy the target as it stands, with nothing rounded away? -#}
{% macro meets_exactly(value, targets) -%}
    case {{ targets }}.operator
        when 'gt' then round({{ value }}, 6) > {{ targets }}.target_value - {{ targets }}.tolerance_abs
        when 'le' then round({{ value }}, 6) <= {{ targets }}.target_value + {{ targets }}.tolerance_abs
        else round({{ value }}, 6) >= {{ targets }}.target_value - {{ targets }}.tolerance_abs
    end
{%- endmacro %}

{#- Words for a target that only the rounding to the printed precision lets be met; nothing otherwise. -#}
{% macro rounding_told(meets, meets_exactly, language) -%}
    case
        when {{ meets }} and not {{ meets_exactly }}
            then {{ "'；按印刷精度取整后才达到'" if language == 'zh' else "'; met only when rounded as printed'" }}
        else ''
    end
{%- endmacro %}

{#- How many whole steps of its lattice a share is: 52.38 of 21 sections is 11. -#}
{% macro lattice_steps(value, targets) -%} round({{ value }} * {{ targets }}.lattice_n / 100) {%- endmacro %}

{#- Attainment 实现程度 (method 2.6.1): x / T, for a target not to be exceeded T / x. -#}
{% macro attainment_of(value, targets) -%}
    case
        when {{ targets }}.operator = 'le' then 100.0 * {{ targets }}.target_value / nullif({{ value }}, 0)
        else 100.0 * {{ value }} / nullif({{ targets }}.target_value, 0)
    end
{%- endmacro %}

{#- Yearly growth factor from one value to another; none between values of different sign or from zero (rule 2.8.2). -#}
{% macro growth_factor(later, earlier, years) -%}
    case
        when cast({{ earlier }} as double) * cast({{ later }} as double) > 0 and {{ years }} > 0
            then power(cast({{ later }} as double) / cast({{ earlier }} as double), 1.0 / {{ years }})
    end
{%- endmacro %}

{#-
    Growth ratio R in per cent: observed over required yearly growth, d * CAGR_o / |CAGR_T| (Open SDG, method of
    Statistics Canada, docs/progress-methodology.md; Eurostat SDI uses the same ratio; method 2.1).
-#}
{% macro growth_ratio_pct(value, baseline, goal, years_passed, years_all, operator) -%}
    100 * case when {{ operator }} = 'le' then -1 else 1 end
    * ({{ growth_factor(value, baseline, years_passed) }} - 1)
    / nullif(abs({{ growth_factor(goal, baseline, years_all) }} - 1), 0)
{%- endmacro %}

{#- Words for the growth ratio: cuts 95, 60 and 0 per cent (method 2.1); a target that is met is achieved. -#}
{% macro status_from_growth_ratio(meets, ratio) -%}
    case
        when {{ ratio }} is null then null
        when {{ meets }} then 'achieved'
        when {{ ratio }} >= 95 then 'on_track'
        when {{ ratio }} >= 60 then 'acceleration_needed'
        when {{ ratio }} >= 0 then 'limited_progress'
        else 'deterioration'
    end
{%- endmacro %}

{#-
    Two methods disagree when one says on track, behind or going the wrong way, and the other says another of these.
    Where either says nothing there is no disagreement.
-#}
{% macro methods_disagree(status, second_status) -%}
    case
        when {{ status }} in ('achieved_early', 'met', 'ahead', 'on_schedule')
            then {{ second_status }} not in ('achieved', 'on_track')
        when {{ status }} in ('slightly_behind', 'lagging')
            then {{ second_status }} not in ('acceleration_needed', 'limited_progress')
        when {{ status }} = 'reversing' then {{ second_status }} != 'deterioration'
    end
{%- endmacro %}

{#-
    P of the UN progress chart (method 2.3, as applied by Eustat): the share of the way that is covered in the target
    year if the value goes on growing as it has, v_e = x (1 + CAGR_o)^(years left), P = (v_e - b) / (T - b).
-#}
{% macro un_progress(value, baseline, goal, years_passed, years_all) -%}
    (
        {{ value }} * power({{ growth_factor(value, baseline, years_passed) }}, {{ years_all }} - {{ years_passed }})
        - {{ baseline }}
    ) / case when {{ baseline }} * {{ goal }} > 0 then nullif({{ goal }} - {{ baseline }}, 0) end
{%- endmacro %}

{#- Score of the UN progress chart: 3 from 0.95, 2 from 0.10, else 1. -#}
{% macro un_score(progress) -%}
    case when {{ progress }} is null then null when {{ progress }} >= 0.95 then 3 when {{ progress }} >= 0.10 then 2 else 1 end
{%- endmacro %}

{#-
    Whether a yearly rate has no logarithm: a reduction of 100 per cent or more, a growth of -100 or less. Such a figure is
    a slip (a level taken for a rate, a comma lost), and compounded with it every other year would be lost too.
-#}
{% macro cannot_be_compounded(value, measure, target_kind) -%}
    coalesce(
        ({{ target_kind }} = 'assigned_by_superior' and {{ value }} >= 100)
        or (
            ({{ target_kind }} in ('period_average_growth', 'relative_series') or {{ measure }} = 'YOY')
            and {{ value }} <= -100
        ),
        false
    )
{%- endmacro %}

{#- Completion of a compounded reduction: ln(1 - cum) / ln(1 - R), method 2.6.4; both in per cent. -#}
{% macro log_completion_pct(log_remaining, target) -%}
    100 * {{ log_remaining }} / nullif(ln(1 - {{ target }} / 100), 0)
{%- endmacro %}

{#- Rank of a stage by how firm it is: the least firm of the inputs is that of the result. -#}
{% macro stage_rank(stage) -%}
    case {{ stage }} when 'preliminary' then 1 when 'revised' then 3 when 'final' then 4 else 2 end
{%- endmacro %}

{% macro stage_of_rank(rank) -%}
    case {{ rank }} when 1 then 'preliminary' when 2 then 'unknown' when 3 then 'revised' when 4 then 'final' end
{%- endmacro %}

{#- Letters of SDMX CL_OBS_STATUS from the least to the most firm; one that is not among them counts as the least. -#}
{% macro obs_status_rank(obs_status) -%} strpos('?LMFIEPBDUSA', coalesce({{ obs_status }}, 'A')) {%- endmacro %}

{% macro obs_status_of_rank(rank) -%} substr('?LMFIEPBDUSA', cast(greatest({{ rank }}, 1) as integer), 1) {%- endmacro %}

{#- The columns that say how a target stands, in the order both marts of progress have them. -#}
{% macro progress_columns(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- for column in [
        'as_of_date', 'reference_period', 'baseline_value', 'target_value', 'value', 'attainment_pct', 'progress_pct',
        'schedule_pct', 'status', 'status_reason', 'status_reason_en', 'lamp', 'method_id', 'decision_ids', 'origin',
        'owing_units', 'latest_value', 'latest_reference_period', 'latest_measure', 'latest_source_id', 'status_age_years',
        'target_kind', 'target_version', 'baseline_version', 'phasing', 'gap_pp', 'baseline_rebased_value',
        'progress_rebased_pct', 'attainable_target_value', 'required_yearly_change', 'required_yearly_rate_pct',
        'required_yearly_rate_floor_pct', 'second_method_id', 'second_value', 'second_status', 'methods_disagree',
        'outlook_low', 'outlook_high', 'outlook_method', 'outlook_reading', 'partial_period', 'partial_value',
        'partial_progress_pct', 'partial_schedule_pct', 'partial_status', 'weakest_stage', 'weakest_obs_status',
        'yearly_veto', 'is_soft', 'retroactive_decision_ids', 'notice_zh', 'notice_en'
    ] -%}
        {{ prefix }}{{ column }}{{ ',\n    ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- What people set in place of a computed status, of `overrides` in force on the as-of date. -#}
{% macro override_fields(overrides) -%}
    {{ overrides }}.override_id,
    {{ overrides }}.status as override_status,
    {{ overrides }}.lamp as override_lamp,
    {{ overrides }}.reason_zh as override_reason_zh,
    {{ overrides }}.reason_en as override_reason_en,
    {{ overrides }}.approved_by as override_approved_by,
    {{ overrides }}.approved_on as override_approved_date,
    {{ overrides }}.expires_on as override_expiry_date,
    {{ overrides }}.origin as override_origin
{%- endmacro %}

{#- The same, and what is therefore shown; what was computed keeps its own columns, and a lamp not set stays. -#}
{% macro override_columns(computed, overrides='overrides') -%}
    {{ override_fields(overrides) }},
    {{ shown_status(computed, overrides) }} as shown_status,
    coalesce({{ overrides }}.lamp, {{ computed }}.lamp) as shown_lamp
{%- endmacro %}

{#- The status that is shown: the one set by hand while it is in force, else the computed one. -#}
{% macro shown_status(computed, overrides='overrides') -%}
    coalesce({{ overrides }}.status, {{ computed }}.status)
{%- endmacro %}

{#-
    A reason that says first what was set by hand, by whom and until when, and then what was computed. An approver who
    stands in both languages, Chinese first, is named in the one that is read.
-#}
{% macro overridden_reason(reason, language) -%}
    {%- set words = {
        'zh': ('人工认定 ', '（', ' 批准，', ' 前有效）：', '；计算结果：', 1),
        'en': ('set by hand, ', ' (approved by ', ', until ', '): ', '; computed: ', -1),
    }[language] -%}
    case
        when override_id is null then {{ reason }}
        else
            '{{ words[0] }}' || override_id || '{{ words[1] }}'
            || string_split(override_approved_by, ' / ')[{{ words[5] }}] || '{{ words[2] }}'
            || override_expiry_date || '{{ words[3] }}' || override_reason_{{ language }} || '{{ words[4] }}' || {{ reason }}
    end
{%- endmacro %}

{#- What the decisions say of one parameter; a decision about the target itself goes before one about the whole plan. -#}
{% macro decided_parameter(parameter) -%}
    arg_min(parameters.parameter_value, parameters.target_type = 'plan')
        filter (where parameters.is_read and parameters.parameter = '{{ parameter }}')
{%- endmacro %}
