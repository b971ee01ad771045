-- Two sources that differ for one period are two vintages. Which one counts is decision DEC-R1:
-- an exact figure before a bound ("over 9000"), then the publisher's class, then the later date.
-- A figure that is held back stands last and never counts, in whichever file of its table it is said.
with

held as (
    select
        cast(landing_table as varchar) as landing_table,
        cast(series_code as varchar) as series_code,
        cast(area_code as varchar) as area_code,
        cast(measure as varchar) as measure,
        cast(reference_period as varchar) as reference_period,
        cast(value as decimal(24, 6)) as value,
        cast(state as varchar) as held_state
    from {{ source('landing', 'held_figures') }}
    where state in ('held', 'rejected')
),

said as (
    select
        observations.*,
        held.held_state,
        held.held_state is not null as is_held
    from {{ ref('int_observations__conformed') }} as observations
    left join held on {{ is_held_figure('observations', 'held') }}
),

-- What a held figure replaced in its own table stands here again, but not where its source says another by now, which
-- is the publisher's correction, nor where it is held itself.
restored as (
    select
        earlier.*,
        cast(null as varchar) as held_state,
        false as is_held
    from {{ source('landing', 'earlier_observations') }} as earlier
    where
        not exists (
            select said.source_id
            from said
            where
                said.series_code = earlier.series_code
                and said.area_code = earlier.area_code
                and said.measure = earlier.measure
                and said.scope = earlier.scope
                and said.frequency = earlier.frequency
                and said.reference_period = earlier.reference_period
                and said.source_id = earlier.source_id
                and not said.is_held
        )
        and not exists (
            select held.value
            from held
            where {{ is_held_figure('earlier', 'held') }}
        )
),

observed as (
    select * from said
    union all by name
    select * from restored
),

known as (
    select
        *,
        tags like '%BOUND%' as is_bound
    from observed
    where
        vintage_date <= {{ as_of_date() }}
        and period_end_date <= {{ reference_month_end() }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by series_code, area_code, measure, scope, frequency, reference_period
            order by is_held asc, is_bound asc, publisher_rank asc, vintage_date desc, source_id asc
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
    selection_rank = 1 and not is_held as is_selected,
    case
        when held_state = 'rejected' then '核为错误，不采用'
        when is_held then '扣留待核，不采用'
        when candidate_count = 1 then '唯一来源'
        when selection_rank = 1 then '采用：准确数优先，其次发布机构等级，再次发布日期'
        when is_bound and not chosen_is_bound then '未采用：约数，有准确数 ' || chosen_source_id
        when publisher_rank > chosen_rank
            then '未采用：发布机构等级 ' || publisher_rank || ' 低于 ' || chosen_source_id || ' 的等级 ' || chosen_rank
        when vintage_date < chosen_vintage_date then '未采用：早于 ' || chosen_source_id || '（' || chosen_vintage_date || '）'
        else '未采用：与 ' || chosen_source_id || ' 同级同日'
    end as selection_reason_zh,
    case
        when held_state = 'rejected' then 'found to be wrong, does not count'
        when is_held then 'held for checking, does not count'
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
