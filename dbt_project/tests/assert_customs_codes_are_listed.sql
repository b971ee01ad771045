-- A code that is in no list is announced, not dropped: its lines count all the same.
{{ config(severity='warn') }}
{%- set lists = [
    ('partner_code', 'customs_partners', 'partner_code'),
    ('trade_mode_code', 'customs_trade_modes', 'trade_mode_code'),
    ('district_code', 'customs_districts', 'district_code'),
    ('customs_office_code', 'customs_offices', 'customs_office_code'),
    ('hs_code[1:2]', 'customs_hs_chapters', 'hs_chapter'),
] %}
{% for code, list, listed in lists %}
{% if not loop.first %}union all{% endif %}
select
    'stg_customs_declarations__lines, {{ code }}' as where_found,
    'code ' || lines.code || ' in ' || lines.line_count || ' lines' as found,
    'a code of dbt_project/seeds/reference/{{ list }}.csv' as expected,
    'look it up in the customs'' own list and add it with the day from which it holds' as remedy
from (
    select
        {{ code }} as code,
        count(*) as line_count
    from {{ ref('stg_customs_declarations__lines') }}
    group by all
) as lines
left join {{ ref(list) }} as listed on lines.code = listed.{{ listed }}
where lines.code != '_T' and listed.{{ listed }} is null
{% endfor %}
