-- What a flow was in each month, from figures cumulated since January: one row a month that can be told something about.
-- A printed month goes before a difference. January is never invented: where the first figure of a year runs to
-- February, that is January and February together. A difference is taken only within one family (the same class of
-- publisher, scope and unit), against the earlier figure as it stood when the later one was said; where that is not
-- the month's own figure the row stays, without a value and with the reason.
with

monthly as (
    select
        observations.*,
        {{ rounding_error('observations.value') }} as value_error,
        {{ previous_month('observations.reference_period') }} as previous_period
    from {{ ref('int_observations__ranked') }} as observations
    where observations.frequency = 'M' and observations.measure in ('YTD', 'LEVEL') and not observations.is_held
),

cumulative as (
    select * from monthly
    where measure = 'YTD'
),

-- The figure of the month before, as the same family had last said it when the later one was said.
predecessors as (
    select
        later.series_code,
        later.area_code,
        later.scope,
        later.reference_period,
        later.previous_period,
        later.publisher_class,
        later.vintage_date as compared_on,
        earlier.value,
        earlier.value_error,
        earlier.is_bound,
        earlier.origin,
        earlier.source_id
    from cumulative as later
    inner join cumulative as earlier
        on
            later.series_code = earlier.series_code
            and later.area_code = earlier.area_code
            and later.scope = earlier.scope
            and later.previous_period = earlier.reference_period
            and later.publisher_class = earlier.publisher_class
            and later.unit = earlier.unit
            and later.vintage_date >= earlier.vintage_date
    where later.is_selected and later.reference_period not like '%-01'
    qualify
        row_number() over (
            partition by later.series_code, later.area_code, later.scope, later.reference_period
            order by earlier.vintage_date desc, earlier.selection_rank asc
        ) = 1
),

-- What the same family said of that month afterwards shows that the figure did not last.
revised_since as (
    select distinct
        predecessors.series_code,
        predecessors.area_code,
        predecessors.scope,
        predecessors.reference_period
    from predecessors
    inner join cumulative as others
        on
            predecessors.series_code = others.series_code
            and predecessors.area_code = others.area_code
            and predecessors.scope = others.scope
            and predecessors.previous_period = others.reference_period
            and predecessors.publisher_class = others.publisher_class
    where
        others.vintage_date > predecessors.compared_on
        and abs(others.value - predecessors.value) > others.value_error + predecessors.value_error
),

months as (
    select distinct
        monthly.series_code,
        monthly.area_code,
        monthly.scope,
        monthly.reference_period,
        monthly.previous_period
    from monthly
    inner join cumulative
        on
            monthly.series_code = cumulative.series_code
            and monthly.area_code = cumulative.area_code
            and monthly.scope = cumulative.scope
),

broken as (
    select
        months.series_code,
        months.area_code,
        months.scope,
        months.reference_period,
        max(breaks.break_id) as break_id
    from months
    inner join {{ ref('series_breaks') }} as breaks
        on {{ break_concerns('breaks', 'months') }} and breaks.break_month = months.reference_period
    group by all
),

compared as (
    select
        months.series_code,
        months.area_code,
        months.scope,
        months.reference_period,
        months.previous_period,
        coalesce(printed.unit, ytd.unit) as unit,
        printed.value as printed_value,
        printed.value_error as printed_error,
        printed.source_id as printed_source_id,
        printed.origin as printed_origin,
        ytd.value as ytd_value,
        ytd.value_error as ytd_error,
        ytd.source_id as ytd_source_id,
        predecessors.source_id as previous_ytd_source_id,
        -- Any earlier cumulative figure of the year, even one that may not be used.
        previous.source_id as any_previous_source_id,
        ytd.value - predecessors.value as difference_value,
        ytd.value_error + predecessors.value_error as difference_error,
        ytd.is_bound or coalesce(predecessors.is_bound, false) as is_of_bound,
        revised_since.reference_period is not null as is_revised_since,
        broken.break_id,
        'simulated' in (ytd.origin, predecessors.origin) as is_of_simulated,
        abs(ytd.value - predecessors.value - printed.value)
        > ytd.value_error + predecessors.value_error + printed.value_error as is_contradicted
    from months
    left join monthly as printed
        on
            months.series_code = printed.series_code
            and months.area_code = printed.area_code
            and months.scope = printed.scope
            and months.reference_period = printed.reference_period
            and printed.measure = 'LEVEL'
            and printed.is_selected
            and not printed.is_bound
    left join cumulative as ytd
        on
            months.series_code = ytd.series_code
            and months.area_code = ytd.area_code
            and months.scope = ytd.scope
            and months.reference_period = ytd.reference_period
            and ytd.is_selected
    left join cumulative as previous
        on
            months.series_code = previous.series_code
            and months.area_code = previous.area_code
            and months.scope = previous.scope
            and months.previous_period = previous.reference_period
            and months.reference_period not like '%-01'
            and previous.is_selected
    left join predecessors
        on
            months.series_code = predecessors.series_code
            and months.area_code = predecessors.area_code
            and months.scope = predecessors.scope
            and months.reference_period = predecessors.reference_period
    left join revised_since
        on
            months.series_code = revised_since.series_code
            and months.area_code = revised_since.area_code
            and months.scope = revised_since.scope
            and months.reference_period = revised_since.reference_period
    left join broken
        on
            months.series_code = broken.series_code
            and months.area_code = broken.area_code
            and months.scope = broken.scope
            and months.reference_period = broken.reference_period
    -- A month of which only a bound is printed, and nothing cumulative, tells nothing.
    where printed.value is not null or ytd.value is not null
),

judged as (
    select
        *,
        case
            when printed_value is not null and coalesce(is_contradicted, false) then 'printed_contradicts'
            when printed_value is not null then 'printed'
            when is_of_bound then 'bound'
            when reference_period like '%-01' then 'january'
            when any_previous_source_id is null and reference_period like '%-02' then 'joint'
            when any_previous_source_id is null then 'no_previous_month'
            when break_id is not null then 'break'
            when previous_ytd_source_id is null then 'other_family'
            when is_revised_since then 'revised'
            when difference_value < 0 then 'negative'
            else 'difference'
        end as finding
    from compared
)

select
    series_code,
    area_code,
    scope,
    reference_period,
    case when finding = 'joint' then 2 else 1 end as months_number,
    case
        when finding in ('printed', 'printed_contradicts') then printed_value
        when finding in ('january', 'joint') then ytd_value
        when finding = 'difference' then difference_value
    end as value,
    case
        when finding in ('printed', 'printed_contradicts') then printed_error
        when finding in ('january', 'joint') then ytd_error
        when finding = 'difference' then difference_error
    end as value_error,
    unit,
    case
        when finding in ('printed', 'printed_contradicts') then 'printed'
        when finding in ('january', 'joint', 'difference') then finding
        else 'refused'
    end as method,
    case finding
        when 'printed' then '公布的当月数'
        when 'printed_contradicts'
            then '公布的当月数；累计数之差 ' || {{ figure('difference_value') }} || ' 与其不符，前几个月已修订，不用'
        when 'bound' then '不求差：累计数是概数'
        when 'january' then '累计至一月，即一月当月'
        when 'joint' then '一、二月合并公布，不拆分'
        when 'no_previous_month' then '不求差：上月累计数未公布'
        when 'break' then '不求差：序列在本月间断（' || break_id || '）'
        when 'other_family' then '不求差：两个累计数不是同类发布者同期所说（上月 ' || any_previous_source_id || '）'
        when 'revised' then '不求差：上月累计数其后已修订'
        when 'negative' then '不求差：差为负数 ' || {{ figure('difference_value') }} || '，前几个月必已修订'
        else '本月累计减上月累计，同类发布者，其间未见修订'
    end as reason_zh,
    case finding
        when 'printed' then 'the month as printed'
        when 'printed_contradicts'
            then
                'the month as printed; the difference of the cumulative figures, ' || {{ figure('difference_value') }}
                || ', is not it: earlier months were revised'
        when 'bound' then 'refused: a cumulative figure is a bound'
        when 'january' then 'cumulative to January, which is January'
        when 'joint' then 'January and February together, as published; never split'
        when 'no_previous_month' then 'refused: the cumulative figure of the month before is unpublished'
        when 'break' then 'refused: the series breaks in this month (' || break_id || ')'
        when 'other_family'
            then
                'refused: the two cumulative figures are not of one class of publisher and time (month before: '
                || any_previous_source_id || ')'
        when 'revised' then 'refused: the cumulative figure of the month before was revised since'
        when 'negative'
            then
                'refused: the difference is negative, ' || {{ figure('difference_value') }}
                || ', so earlier months were revised'
        else 'this cumulative figure less that of the month before, of one class of publisher and no revision seen'
    end as reason_en,
    case
        when finding in ('printed', 'printed_contradicts') then printed_origin
        when is_of_simulated then 'simulated'
        else 'derived'
    end as origin,
    difference_value,
    printed_source_id,
    ytd_source_id,
    previous_ytd_source_id
from judged
