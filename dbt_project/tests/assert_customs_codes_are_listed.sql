-- A code that is in no list is announced, not dropped: its lines count all the same.
{{ config(severity='warn') }}
with

seen as (
    select
        'customs_partners' as list_name,
        partner_code as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
    union all
    select
        'customs_trade_modes' as list_name,
        trade_mode_code as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
    union all
    select
        'customs_registration_places' as list_name,
        registration_place_code as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
    union all
    select
        'customs_districts' as list_name,
        district_code as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
    union all
    select
        'customs_offices' as list_name,
        customs_office_code as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
    union all
    select
        'customs_hs_chapters' as list_name,
        hs_code[1:2] as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by code
),

listed as (
    select
        'customs_partners' as list_name,
        partner_code as code
    from {{ ref('customs_partners') }}
    union all
    select
        'customs_trade_modes' as list_name,
        trade_mode_code as code
    from {{ ref('customs_trade_modes') }}
    union all
    select
        'customs_registration_places' as list_name,
        registration_place_code as code
    from {{ ref('customs_registration_places') }}
    union all
    select
        'customs_districts' as list_name,
        district_code as code
    from {{ ref('customs_districts') }}
    union all
    select
        'customs_offices' as list_name,
        customs_office_code as code
    from {{ ref('customs_offices') }}
    union all
    select
        'customs_hs_chapters' as list_name,
        hs_chapter as code
    from {{ ref('customs_hs_chapters') }}
)

select
    'stg_customs_declarations__lines' as where_found,
    'code ' || seen.code || ' in ' || seen.line_count || ' lines' as found,
    'a code of dbt_project/seeds/reference/' || seen.list_name || '.csv' as expected,
    'look it up in the customs'' own list and add it with the day from which it holds' as remedy
from seen
left join listed on seen.list_name = listed.list_name and seen.code = listed.code
where seen.code != '_T' and listed.code is null
