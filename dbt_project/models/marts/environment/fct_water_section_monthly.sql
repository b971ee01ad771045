select
    rated.section_code,
    results.section_name,
    rated.area_code,
    rated.water_body,
    rated.reference_period as reference_month,
    case rated.class_rank
        when 1 then 'Ⅰ'
        when 2 then 'Ⅱ'
        when 3 then 'Ⅲ'
        when 4 then 'Ⅳ'
        when 5 then 'Ⅴ'
        when 6 then '劣Ⅴ'
    end as water_class,
    cast(rated.class_rank as integer) as water_class_rank,
    rated.is_good as is_good_water,
    rated.deciding_items,
    rated.items_number,
    rated.standard_edition,
    results.origin,
    results.published_date,
    results.landing_id,
    results.file_sha256,
    results.row_number,
    results.place
from {{ ref('int_water_sections__rated') }} as rated
inner join {{ ref('stg_environment_water__section_results') }} as results
    on rated.section_code = results.section_code and rated.reference_period = results.reference_month
-- Only what was ever said by the month the release is about.
where rated.frequency = 'M' and {{ period_end('rated.reference_period') }} <= {{ reference_month_end() }}
