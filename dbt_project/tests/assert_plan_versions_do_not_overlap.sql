-- On any day one version of a target is in force, or none: two would count it twice.
{% set versioned = [
    ("targets", "indicator_code"),
    ("baselines", "indicator_code"),
    ("text_targets", "text_target_id"),
    ("comparators", "target_type || ' ' || target_id"),
    ("status_thresholds", "'cuts'"),
    ("milestones", "target_type || ' ' || target_id || ' ' || milestone_year"),
] %}
with

versions as (
    {% for seed, key in versioned %}
        select
            '{{ seed }}' as seed,
            plan_id,
            {{ key }} as row_key,
            version,
            effective_from,
            coalesce(effective_to, date '9999-12-31') as effective_to
        from {{ ref(seed) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    'dbt_project/seeds/plan/' || one.seed || '.csv, plan ' || one.plan_id || ', ' || one.row_key as where_found,
    'versions ' || one.version || ' and ' || other.version || ' in force on one day' as found,
    'each version ends (effective_to) on the day the next one starts' as expected,
    'set effective_to of the earlier version' as remedy
from versions as one
inner join versions as other
    on
        one.seed = other.seed
        and one.plan_id = other.plan_id
        and one.row_key = other.row_key
        and one.version < other.version
        and one.effective_from < other.effective_to
        and one.effective_to > other.effective_from
