select
    unit_id,
    name_zh,
    name_en,
    coalesce(aliases, '') as aliases
from {{ ref('responsible_units') }}
