-- The live readings with the year their page leaves out: a time more than 180 days ahead of the day of the answer is
-- last year's. A view, as their staging: readings of single stations are not for publication.
{{ config(materialized='view') }}

with

in_this_year as (
    select
        *,
        -- 29 February is that of the last leap year: a common year has none.
        case
            when measured_at_printed like '02-29%'
                then strptime(
                    year(answered_on) - year(answered_on) % 4 || '-' || measured_at_printed, '%Y-%m-%d %H:%M'
                )
            else strptime(year(answered_on) || '-' || measured_at_printed, '%Y-%m-%d %H:%M')
        end as measured_at
    from {{ ref('stg_environment_water__live_readings') }}
)

select
    * exclude (measured_at),
    case
        when measured_at > answered_on + interval 180 day then measured_at - interval 1 year
        else measured_at
    end as measured_at,
    -- 7 says that the station was not rated.
    case when water_class_printed != '7' then cast(water_class_printed as integer) end as class_rank
from in_this_year
