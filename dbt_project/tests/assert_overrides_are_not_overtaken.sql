-- An override goes on hiding what is computed until it expires, also once that is the better word: people are asked to end it.
{{ config(severity = 'warn') }}
select
    'dbt_project/seeds/plan/status_overrides.csv, plan ' || plan_id || ', ' || override_id as where_found,
    target_type || ' ' || target_id || ' is ' || computed_status || ', shown as ' || override_status || ' until ' || expiry_date
        as found,
    'an override that ends when what it is about is reached' as expected,
    'shorten its expires_on, or approve another that says why it stands' as remedy
from {{ ref('fct_status_overrides') }}
where is_overtaken
