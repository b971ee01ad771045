-- Share of the rated sections at class III or better (plan indicator 16), by month and year and area. There is none
-- for a period in which a listed section is missing altogether.
with

-- What the figure comes from: the newest file among those of its period.
files as (
    select
        reference_month as reference_period,
        origin,
        published_date,
        first_seen_date,
        landing_id,
        file_sha256
    from {{ ref('stg_environment_water__section_results') }}
    union all
    select
        reference_month[1:4] as reference_period,
        origin,
        published_date,
        first_seen_date,
        landing_id,
        file_sha256
    from {{ ref('stg_environment_water__section_results') }}
),

releases as (
    select
        reference_period,
        bool_or(origin = 'simulated') as is_of_simulated,
        max(published_date) as published_date,
        max(first_seen_date) as first_seen_date,
        max_by(landing_id, (published_date, landing_id)) as landing_id,
        max_by(file_sha256, (published_date, landing_id)) as file_sha256
    from files
    group by all
),

shares as (
    select
        area_code,
        frequency,
        reference_period,
        count(*) as reported_number,
        count(class_rank) as rated_number,
        count(*) filter (where is_good) as good_number,
        string_agg(section_code, ',' order by section_code) as section_codes
    from {{ ref('int_water_sections__rated') }}
    group by all
),

listed as (
    select
        shares.area_code,
        shares.frequency,
        shares.reference_period,
        count(*) as listed_number,
        bool_or(sections.origin = 'simulated') as is_list_simulated
    from shares
    inner join {{ ref('int_water_sections__versioned') }} as sections
        on
            shares.area_code = sections.area_code
            and {{ period_end('shares.reference_period') }} between sections.valid_from and sections.valid_to
    group by all
)

select
    shares.area_code,
    shares.frequency,
    shares.reference_period,
    cast(100.0 * shares.good_number / shares.rated_number as decimal(24, 6)) as value,
    shares.good_number,
    shares.rated_number,
    -- Another set of sections is another series, so to say: the two shares cannot be compared.
    coalesce(
        shares.section_codes != lag(shares.section_codes) over (
            partition by shares.area_code, shares.frequency
            order by shares.reference_period
        ),
        false
    ) as is_list_changed,
    case when releases.is_of_simulated or listed.is_list_simulated then 'simulated' else 'derived' end as origin,
    releases.published_date,
    releases.first_seen_date,
    releases.landing_id,
    releases.file_sha256,
    'W-' || shares.reference_period || '-' || strftime(releases.published_date, '%Y%m%d') as source_id
from shares
inner join releases on shares.reference_period = releases.reference_period
inner join listed
    on
        shares.area_code = listed.area_code
        and shares.frequency = listed.frequency
        and shares.reference_period = listed.reference_period
where
    shares.rated_number > 0
    and shares.reported_number = listed.listed_number
