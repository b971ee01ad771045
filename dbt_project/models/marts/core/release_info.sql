select
    '{{ var("reference_month") }}' as reference_month,
    {{ as_of_date() }} as as_of_date,
    '{{ var("release_kind") }}' as kind,
    plan_id,
    name_zh as plan_name_zh,
    name_en as plan_name_en
from {{ ref('plans') }}
