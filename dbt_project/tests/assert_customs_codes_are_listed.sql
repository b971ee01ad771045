-- A code that is in no list, or used outside the days for which its list holds it, is announced, not dropped: its lines
-- count all the same.
{{ config(severity='warn') }}
{%- set lists = [
    ('customs_partners', 'partner_code', 'partner_code'),
    ('customs_trade_modes', 'trade_mode_code', 'trade_mode_code'),
    ('customs_registration_places', 'registration_place_code', 'registration_place_code'),
    ('customs_districts', 'district_code', 'district_code'),
    ('customs_offices', 'customs_office_code', 'customs_office_code'),
    ('customs_hs_chapters', 'hs_code[1:2]', 'hs_chapter'),
] %}
with

seen as (
    {%- for list_name, used, _ in lists %}
        select
            '{{ list_name }}' as list_name,
            {{ used }} as code,
            data_month,
            count(*) as line_count
        from {{ ref('stg_customs_declarations__lines') }}
        group by code, data_month
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

listed as (
    {%- for list_name, _, column in lists %}
        select
            '{{ list_name }}' as list_name,
            {{ column }} as code,
            valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to
        from {{ ref(list_name) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

unlisted as (
    select
        seen.list_name,
        seen.code,
        sum(seen.line_count) as line_count,
        min(seen.data_month) as first_month,
        max(seen.data_month) as last_month
    from seen
    where
        seen.code != '_T'
        and not exists (
            select 1
            from listed
            where
                listed.list_name = seen.list_name
                and listed.code = seen.code
                and listed.valid_from <= last_day(strptime(seen.data_month, '%Y%m'))
                and listed.valid_to >= strptime(seen.data_month, '%Y%m')
        )
    group by seen.list_name, seen.code
)

select
    'stg_customs_declarations__lines' as where_found,
    'code ' || code || ' in ' || line_count || ' lines of ' || first_month || ' to ' || last_month as found,
    'a code of dbt_project/seeds/reference/' || list_name || '.csv that holds in those months' as expected,
    'look it up in the customs'' own list and add it with the days from and to which it holds' as remedy
from unlisted
