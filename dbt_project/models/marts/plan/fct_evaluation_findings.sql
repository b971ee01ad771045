-- The evaluation that is due, finding by finding, in the customary order: indicators, tasks, projects, problems,
-- proposals. Each finding names the printed cells it rests on.
with

evaluations as (
    select * from {{ ref('dim_evaluation') }}
    where is_newest_due
),

targets as (
    select
        *,
        {{ overridden_reason('status_reason', 'zh') }} as told_reason_zh,
        {{ overridden_reason('status_reason_en', 'en') }} as told_reason_en
    from {{ ref('int_evaluation_targets__classed') }}
),

projects as (
    select
        progress.*,
        evaluations.evaluation_id,
        {{ overridden_reason('progress.reason_zh', 'zh') }} as told_reason_zh,
        {{ overridden_reason('progress.reason_en', 'en') }} as told_reason_en
    from {{ ref('fct_project_progress') }} as progress
    inner join evaluations on progress.plan_id = evaluations.plan_id
    where progress.is_counted and progress.status != 'heading'
),

-- A count is ours, and no firmer than what it counts: simulated where any of that is. Where anything of the plan is
-- simulated, so is what its units did not tell.
plan_origins as (
    select
        plan_id,
        case when bool_or(origin = 'simulated') then 'simulated' else 'derived' end as absent_origin
    from (
        select
            plan_id,
            origin
        from targets
        union all
        select
            plan_id,
            origin
        from projects
    ) as counted
    group by plan_id
),

box_origins as (
    select
        plan_id,
        box_number,
        bool_or(origin = 'simulated' or override_origin = 'simulated') as is_simulated
    from projects
    group by plan_id, box_number
),

boxes as (
    select
        lamps.*,
        evaluations.evaluation_id,
        case
            when box_origins.is_simulated then 'simulated'
            when lamps.not_reported_number > 0 then plan_origins.absent_origin
            else 'derived'
        end as origin
    from {{ ref('fct_project_lamps_by_box') }} as lamps
    inner join evaluations on lamps.plan_id = evaluations.plan_id
    inner join plan_origins on lamps.plan_id = plan_origins.plan_id
    left join box_origins on lamps.plan_id = box_origins.plan_id and lamps.box_number = box_origins.box_number
),

vetoes as (
    select
        assessed.*,
        evaluations.evaluation_id,
        indicators.name_zh,
        indicators.name_en,
        units.name_zh as unit_name_zh,
        units.name_en as unit_name_en
    from {{ ref('fct_yearly_assessment') }} as assessed
    inner join evaluations
        on
            assessed.plan_id = evaluations.plan_id
            and assessed.reference_year between evaluations.assessed_first_year and evaluations.assessed_last_year
    inner join {{ ref('dim_indicator') }} as indicators
        on assessed.plan_id = indicators.plan_id and assessed.indicator_code = indicators.indicator_code
    inner join {{ ref('responsible_units') }} as units on assessed.unit_id = units.unit_id
    where assessed.is_vetoed
),

-- What a unit named by the plan has not returned, and what the plan names no unit for.
absent as (
    select
        plan_id,
        evaluation_id,
        target_type,
        target_id,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from targets
    where status in ('no_data', 'earlier_year') and not is_told_elsewhere
    union all by name
    select
        plan_id,
        evaluation_id,
        'project' as target_type,
        project_id as target_id,
        unnest(string_split(responsible_unit_ids, ';')) as unit_id
    from projects
    where status = 'not_reported'
),

absent_by_unit as (
    select
        absent.plan_id,
        absent.evaluation_id,
        absent.unit_id,
        coalesce(max(units.name_zh), '规划未写责任单位') as unit_name_zh,
        coalesce(max(units.name_en), 'no unit is named by the plan') as unit_name_en,
        count(*) filter (where absent.target_type = 'indicator') as indicator_count,
        count(*) filter (where absent.target_type = 'text_target') as text_target_count,
        count(*) filter (where absent.target_type = 'project') as project_count,
        string_agg(absent.target_id, '、' order by absent.target_id) filter (where absent.target_type = 'indicator')
            as indicator_codes,
        any_value(plan_origins.absent_origin) as origin
    from absent
    inner join plan_origins on absent.plan_id = plan_origins.plan_id
    left join {{ ref('responsible_units') }} as units on absent.unit_id = units.unit_id
    group by absent.plan_id, absent.evaluation_id, absent.unit_id
),

found as (
    select
        plan_id,
        evaluation_id,
        case target_type when 'indicator' then 'indicators' else 'tasks' end as section,
        target_type || '_status' as finding_kind,
        1 as group_no,
        -- Sections of the plan in their own order: 3.10 after 3.9.
        array_to_string(
            list_transform(string_split(coalesce(section_id, ''), '.'), part -> lpad(part, 3, '0')), '.'
        ) || '|' || target_id as sort_key,
        target_type as subject_type,
        target_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        shown_status as status,
        shown_lamp as lamp,
        evaluation_class,
        told_reason_zh as text_zh,
        told_reason_en as text_en,
        status as computed_status,
        lamp as computed_lamp,
        override_id,
        {{ target_evidence('targets') }} as evidence_ids,
        origin
    from targets
    union all by name
    select
        plan_id,
        evaluation_id,
        'projects' as section,
        'box_lamps' as finding_kind,
        1 as group_no,
        lpad(cast(box_number as varchar), 4, '0') as sort_key,
        'box' as subject_type,
        cast(box_number as varchar) as subject_id,
        title_zh as subject_name_zh,
        title_en as subject_name_en,
        case when not_reported_number = projects_number then 'not_reported' else 'reported' end as status,
        case
            when red_number > 0 then 'red'
            when yellow_number > 0 then 'yellow'
            when green_number > 0 then 'green'
            else 'grey'
        end as lamp,
        projects_number || ' 项：绿 ' || green_number || '、黄 ' || yellow_number || '、红 ' || red_number || '、灰 '
        || grey_number || '（其中未报 ' || not_reported_number || '）；完成 ' || completed_number
        || '，达到要求阶段 ' || stage_reached_number as text_zh,
        projects_number || ' projects: green ' || green_number || ', yellow ' || yellow_number || ', red ' || red_number
        || ', grey ' || grey_number || ' (' || not_reported_number || ' not reported); completed ' || completed_number
        || ', at the stage asked ' || stage_reached_number as text_en,
        {{ evidence_id('fct_project_lamps_by_box', ['plan_id', 'box_number'], 'projects_number') }} as evidence_ids,
        origin
    from boxes
    union all by name
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'off_course' as finding_kind,
        case shown_lamp when 'red' then 1 else 2 end as group_no,
        case target_type when 'indicator' then '1' else '2' end || target_id as sort_key,
        target_type as subject_type,
        target_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        shown_status as status,
        shown_lamp as lamp,
        evaluation_class,
        told_reason_zh as text_zh,
        told_reason_en as text_en,
        status as computed_status,
        lamp as computed_lamp,
        override_id,
        {{ target_evidence('targets') }} as evidence_ids,
        origin
    from targets
    where evaluation_class = 'lagging' and not is_told_elsewhere
    union all by name
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'yearly_veto' as finding_kind,
        3 as group_no,
        indicator_code || unit_id || reference_year as sort_key,
        'indicator' as subject_type,
        indicator_code as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        assessment as status,
        'red' as lamp,
        reference_year || '年，' || unit_name_zh || '：' || reason_zh as text_zh,
        reference_year || ', ' || unit_name_en || ': ' || reason_en as text_en,
        {{ evidence_id(
            'fct_yearly_assessment', ['plan_id', 'indicator_code', 'unit_id', 'reference_year'], 'actual_value'
        ) }} as evidence_ids,
        origin
    from vetoes
    union all by name
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'project_red' as finding_kind,
        4 as group_no,
        project_id as sort_key,
        'project' as subject_type,
        project_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        shown_status as status,
        shown_lamp as lamp,
        told_reason_zh as text_zh,
        told_reason_en as text_en,
        status as computed_status,
        lamp as computed_lamp,
        override_id,
        {{ evidence_id('fct_project_progress', ['plan_id', 'project_id'], 'status') }} as evidence_ids,
        origin
    from projects
    where shown_lamp = 'red'
    union all by name
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'methods_disagree' as finding_kind,
        5 as group_no,
        case target_type when 'indicator' then '1' else '2' end || target_id as sort_key,
        target_type as subject_type,
        target_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        shown_status as status,
        shown_lamp as lamp,
        evaluation_class,
        notice_zh as text_zh,
        notice_en as text_en,
        status as computed_status,
        lamp as computed_lamp,
        override_id,
        {{ target_evidence('targets') }} as evidence_ids,
        origin
    from targets
    where methods_disagree and evaluation_class != 'not_assessable' and not is_told_elsewhere
    union all by name
    -- A figure is there, or none is owed: what is missing is the target, what to compare with or the meaning.
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'not_to_be_judged' as finding_kind,
        6 as group_no,
        case target_type when 'indicator' then '1' else '2' end || target_id as sort_key,
        target_type as subject_type,
        target_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        shown_status as status,
        shown_lamp as lamp,
        evaluation_class,
        told_reason_zh as text_zh,
        told_reason_en as text_en,
        status as computed_status,
        lamp as computed_lamp,
        override_id,
        '' as evidence_ids,
        origin
    from targets
    where
        evaluation_class = 'not_assessable'
        and shown_status not in ('no_data', 'earlier_year', 'later_year', 'not_due')
        and not is_told_elsewhere
    union all by name
    select
        plan_id,
        evaluation_id,
        'problems' as section,
        'absent_data' as finding_kind,
        7 as group_no,
        case unit_id when '' then '2' else '1' end || unit_id as sort_key,
        'unit' as subject_type,
        unit_id as subject_id,
        unit_name_zh as subject_name_zh,
        unit_name_en as subject_name_en,
        'no_data' as status,
        'grey' as lamp,
        concat_ws(
            '；',
            case when indicator_count > 0 then '指标 ' || indicator_count || ' 项无评估年度的数（' || indicator_codes || '）' end,
            case when text_target_count > 0 then '文字目标 ' || text_target_count || ' 项无数' end,
            case when project_count > 0 then '项目 ' || project_count || ' 项未报' end
        ) as text_zh,
        concat_ws(
            '; ',
            case when indicator_count > 0 then 'indicators without a figure of the assessed year: ' || indicator_count end,
            case when text_target_count > 0 then 'targets in text without a figure: ' || text_target_count end,
            case when project_count > 0 then 'projects not reported: ' || project_count end
        ) as text_en,
        '' as evidence_ids,
        origin
    from absent_by_unit
    union all by name
    select
        plan_id,
        evaluation_id,
        'proposals' as section,
        'revision_proposal' as finding_kind,
        1 as group_no,
        case target_type when 'indicator' then '1' else '2' end || target_id as sort_key,
        target_type as subject_type,
        target_id as subject_id,
        name_zh as subject_name_zh,
        name_en as subject_name_en,
        status,
        lamp,
        reason_zh || '。备选：' || options_zh as text_zh,
        reason_en || '. Options: ' || options_en as text_en,
        evidence_ids,
        origin
    from {{ ref('fct_revision_proposals') }}
),

placed as (
    select
        *,
        list_position(['indicators', 'tasks', 'projects', 'problems', 'proposals'], section) as section_no
    from found
)

select
    placed.plan_id,
    placed.evaluation_id,
    evaluations.evaluation_kind,
    {{ as_of_date() }} as as_of_date,
    cast(
        row_number() over (
            partition by placed.plan_id order by placed.section_no, placed.group_no, placed.sort_key
        ) as integer
    ) as finding_number,
    placed.section,
    placed.finding_kind,
    placed.subject_type,
    placed.subject_id,
    placed.subject_name_zh,
    placed.subject_name_en,
    placed.status,
    coalesce(placed.lamp, 'grey') as lamp,
    placed.evaluation_class,
    placed.text_zh,
    placed.text_en,
    placed.evidence_ids,
    placed.origin,
    coalesce(placed.computed_status, placed.status) as computed_status,
    coalesce(placed.computed_lamp, placed.lamp, 'grey') as computed_lamp,
    coalesce(placed.override_id, '') as override_id
from placed
inner join evaluations on placed.plan_id = evaluations.plan_id and placed.evaluation_id = evaluations.evaluation_id
