-- The sections that are assessed, each with the days of its stay in the list: what we know ourselves, and the
-- publisher's own list.
select
    section_code,
    section_name,
    water_body,
    area_code,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    'published' as origin
from {{ ref('water_sections') }}
union all by name
select
    section_code,
    section_name,
    water_body,
    area_code,
    valid_from,
    coalesce(valid_to, date '9999-12-31') as valid_to,
    origin
from {{ ref('stg_environment_water__section_list') }}
