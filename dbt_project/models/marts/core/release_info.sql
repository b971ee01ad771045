-- The plans adopted by the as-of date: of others no row of a seed is kept (macro keep_what_the_build_is_about).
select
    '{{ var("reference_month") }}' as reference_month,
    {{ as_of_date() }} as as_of_date,
    '{{ var("release_kind") }}' as kind,
    plan_id,
    name_zh as plan_name_zh,
    name_en as plan_name_en,
    plan_kind,
    area_code as plan_area_code,
    baseline_year as plan_baseline_year,
    first_year as plan_first_year,
    last_year as plan_last_year
from {{ ref('plans') }}
