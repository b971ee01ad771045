-- One row a unit and year: its returns, its binding yearly values, and, in the year the release is about, where its
-- indicators and projects stand. No index: the plan prints no weights (DEC-G5).
{%- set statuses = [
    "achieved_early", "met", "ahead", "on_schedule", "slightly_behind", "lagging", "reversing", "breached",
    "target_pending", "comparator_missing", "no_baseline", "no_data", "held", "not_due", "under_revision",
] %}
{%- set lamps = ["green", "yellow", "red", "grey"] %}
with

owed as (
    select
        plan_id,
        indicator_code,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from {{ ref('dim_indicator') }}
),

by_status as (
    select
        owed.plan_id,
        owed.unit_id,
        count(*) as indicator_count,
    {%- for status in statuses %}
        count(*) filter (where progress.shown_status = '{{ status }}') as {{ status }}_count
        {{- "," if not loop.last }}
    {%- endfor %}
    from owed
    inner join {{ ref('fct_target_progress') }} as progress
        on owed.plan_id = progress.plan_id and owed.indicator_code = progress.indicator_code
    group by owed.plan_id, owed.unit_id
),

-- One that repeats an indicator or another statement counts with that one, and not again (DEC-T10).
text_counted as (
    select
        targets.plan_id,
        targets.text_target_id,
        targets.responsible_unit_ids
    from {{ ref('text_targets') }} as targets
    where
        targets.role = 'target'
        and targets.effective_from <= {{ as_of_date() }}
        and (targets.effective_to is null or targets.effective_to > {{ as_of_date() }})
        and not exists (
            select mapped.target_id
            from {{ ref('int_target_series__mapped') }} as mapped
            where
                mapped.plan_id = targets.plan_id
                and mapped.target_type = 'text_target'
                and mapped.target_id = targets.text_target_id
                and mapped.series_basis != 'own'
        )
),

text_owed as (
    select
        plan_id,
        text_target_id,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from text_counted
    where responsible_unit_ids is not null
),

text_returned as (
    select distinct
        returns.plan_id,
        returns.unit_id,
        returns.indicator_code as text_target_id
    from {{ ref('stg_unit_returns__returns') }} as returns
    where
        returns.value is not null
        and returns.reported_on <= {{ as_of_date() }}
        -- The same table holds the indicators.
        and exists (
            select text_counted.text_target_id
            from text_counted
            where returns.plan_id = text_counted.plan_id and returns.indicator_code = text_counted.text_target_id
        )
),

by_text_target as (
    select
        coalesce(text_owed.plan_id, text_returned.plan_id) as plan_id,
        coalesce(text_owed.unit_id, text_returned.unit_id) as unit_id,
        count(text_owed.text_target_id) as owed_count,
        count(text_returned.text_target_id) as returned_count
    from text_owed
    full outer join text_returned
        on
            text_owed.plan_id = text_returned.plan_id
            and text_owed.unit_id = text_returned.unit_id
            and text_owed.text_target_id = text_returned.text_target_id
    group by coalesce(text_owed.plan_id, text_returned.plan_id), coalesce(text_owed.unit_id, text_returned.unit_id)
),

-- Of the units it names, else the one that reports it.
by_lamp as (
    select
        plan_id,
        unnest(string_split(coalesce(nullif(responsible_unit_ids, ''), reporting_unit_id), ';')) as unit_id,
        shown_lamp as lamp
    from {{ ref('fct_project_progress') }}
    where is_counted and status != 'heading'
),

project_lamps as (
    select
        plan_id,
        unit_id,
    {%- for lamp in lamps %}
        count(*) filter (where lamp = '{{ lamp }}') as {{ lamp }}_count
        {{- "," if not loop.last }}
    {%- endfor %}
    from by_lamp
    group by plan_id, unit_id
),

-- A unit without an indicator answers for its targets in text and its projects.
answering as (
    select
        plan_id,
        unit_id
    from owed
    union
    select
        plan_id,
        unit_id
    from by_text_target
    union
    select
        plan_id,
        unit_id
    from project_lamps
),

units as (
    select
        answering.plan_id,
        answering.unit_id,
        cast(unnest(range(plans.first_year, least(year({{ reference_month_end() }}), plans.last_year) + 1)) as integer)
            as reference_year,
        -- After the plan its last year keeps being told of.
        least(year({{ reference_month_end() }}), plans.last_year) as last_told_year
    from answering
    inner join {{ ref('plans') }} as plans on answering.plan_id = plans.plan_id
),

by_return as (
    select
        plan_id,
        unit_id,
        reference_year,
        count(*) filter (where timeliness != 'not_due') as due_count,
        count(*) filter (where timeliness = 'on_time') as on_time_count,
        count(*) filter (where timeliness = 'late') as late_count,
        count(*) filter (where timeliness = 'missing') as missing_count
    from {{ ref('int_unit_returns__timeliness') }}
    where return_month <= '{{ var("reference_month") }}'
    group by plan_id, unit_id, reference_year
),

by_year as (
    select
        plan_id,
        unit_id,
        reference_year,
        count(*) as binding_count,
        -- A value derived by us passes nobody, as it fails nobody (DEC-G11).
        count(*) filter (where assessment in ('reached', 'missed') and counts_for_veto) as assessed_count,
        count(*) filter (where is_vetoed) as missed_count,
        string_agg(indicator_code, '; ' order by indicator_code) filter (where is_vetoed) as missed_codes
    from {{ ref('fct_yearly_assessment') }}
    group by plan_id, unit_id, reference_year
)

select
    units.plan_id,
    units.unit_id,
    units.reference_year,
    units.reference_year = units.last_told_year as is_reference_year,
    cast(coalesce(by_status.indicator_count, 0) as integer) as indicators_number,
    {%- for status in statuses %}
        cast(
            case when units.reference_year = units.last_told_year then coalesce(by_status.{{ status }}_count, 0) end as integer
        ) as indicators_{{ status }}_number,
    {%- endfor %}
    cast(coalesce(by_text_target.owed_count, 0) as integer) as text_targets_owed_number,
    cast(
        case when units.reference_year = units.last_told_year then coalesce(by_text_target.returned_count, 0) end as integer
    ) as text_targets_returned_number,
    {%- for lamp in lamps %}
        cast(
            case when units.reference_year = units.last_told_year then coalesce(project_lamps.{{ lamp }}_count, 0) end as integer
        ) as projects_{{ lamp }}_number,
    {%- endfor %}
    cast(coalesce(by_return.due_count, 0) as integer) as returns_due_number,
    cast(coalesce(by_return.on_time_count, 0) as integer) as returns_on_time_number,
    cast(coalesce(by_return.late_count, 0) as integer) as returns_late_number,
    cast(coalesce(by_return.missing_count, 0) as integer) as returns_missing_number,
    cast(coalesce(by_year.binding_count, 0) as integer) as binding_indicators_number,
    cast(coalesce(by_year.assessed_count, 0) as integer) as binding_assessed_number,
    cast(coalesce(by_year.missed_count, 0) as integer) as binding_missed_number,
    coalesce(by_year.missed_codes, '') as binding_missed_codes,
    -- Where nothing could be assessed there is no verdict, and none is implied.
    case
        when by_year.missed_count > 0 then 'failed'
        when by_year.assessed_count > 0 then 'passed'
        when by_year.binding_count > 0 then 'not_assessable'
        else 'no_binding_indicator'
    end as veto_state
from units
left join by_status on units.plan_id = by_status.plan_id and units.unit_id = by_status.unit_id
left join by_text_target on units.plan_id = by_text_target.plan_id and units.unit_id = by_text_target.unit_id
left join project_lamps on units.plan_id = project_lamps.plan_id and units.unit_id = project_lamps.unit_id
left join by_return
    on
        units.plan_id = by_return.plan_id
        and units.unit_id = by_return.unit_id
        and units.reference_year = by_return.reference_year
left join by_year
    on
        units.plan_id = by_year.plan_id
        and units.unit_id = by_year.unit_id
        and units.reference_year = by_year.reference_year
