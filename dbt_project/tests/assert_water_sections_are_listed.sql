-- A section with results that no list names would drop out of the share without a word.
select
    results.landing_id || ', ' || results.place as where_found,
    results.section_code as found,
    'a section listed in ' || results.reference_month as expected,
    'add its row to seeds/reference/water_sections.csv, or land the new list of sections' as remedy
from {{ ref('stg_environment_water__section_results') }} as results
left join {{ ref('int_water_sections__versioned') }} as sections
    on
        results.section_code = sections.section_code
        and {{ period_end('results.reference_month') }} between sections.valid_from and sections.valid_to
where sections.section_code is null
