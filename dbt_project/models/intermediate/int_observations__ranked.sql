-- Two sources that differ for one period are two vintages. Which one counts is decision DEC-R1:
-- an exact figure before a bound ("over 9000"), then the publisher's class, then the later date.
with

known as (
    select
        *,
        tags like '%BOUND%' as is_bound
    from {{ ref('int_observations__conformed') }}
    where
        vintage_date <= {{ as_of_date() }}
        and period_end_date <= {{ reference_month_end() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by series_code, area_code, measure, scope, frequency, reference_period
            order by is_bound asc, publisher_rank asc, vintage_date desc, source_id asc
        ) as selection_rank,
        count(*) over (
            partition by series_code, area_code, measure, scope, frequency, reference_period
        ) as candidate_count
    from known
),

compared as (
    select
        ranked.*,
        chosen.source_id as chosen_source_id,
        chosen.is_bound as chosen_is_bound,
        chosen.publisher_rank as chosen_rank,
        chosen.vintage_date as chosen_vintage_date
    from ranked
    inner join ranked as chosen
        on
            ranked.series_code = chosen.series_code
            and ranked.area_code = chosen.area_code
            and ranked.measure = chosen.measure
            and ranked.scope = chosen.scope
            and ranked.frequency = chosen.frequency
            and ranked.reference_period = chosen.reference_period
            and chosen.selection_rank = 1
)

select
    * exclude (chosen_source_id, chosen_is_bound, chosen_rank, chosen_vintage_date),
    selection_rank = 1 as is_selected,
    case
        when candidate_count = 1 then '唯一来源'
        when selection_rank = 1 then '采用：准确数优先，其次发布机构等级，再次发布日期'
        when is_bound and not chosen_is_bound then '未采用：约数，有准确数 ' || chosen_source_id
        when publisher_rank > chosen_rank
            then '未采用：发布机构等级 ' || publisher_rank || ' 低于 ' || chosen_source_id || ' 的等级 ' || chosen_rank
        when vintage_date < chosen_vintage_date then '未采用：早于 ' || chosen_source_id || '（' || chosen_vintage_date || '）'
        else '未采用：与 ' || chosen_source_id || ' 同级同日'
    end as selection_reason_zh,
    case
        when candidate_count = 1 then 'only source'
        when selection_rank = 1 then 'counts: exact before bound, then publisher class, then date'
        when is_bound and not chosen_is_bound then 'set aside: a bound, and ' || chosen_source_id || ' is exact'
        when publisher_rank > chosen_rank
            then 'set aside: publisher class ' || publisher_rank || ' below class ' || chosen_rank || ' of ' || chosen_source_id
        when vintage_date < chosen_vintage_date
            then 'set aside: earlier than ' || chosen_source_id || ' (' || chosen_vintage_date || ')'
        else 'set aside: same class and day as ' || chosen_source_id
    end as selection_reason_en
from compared
