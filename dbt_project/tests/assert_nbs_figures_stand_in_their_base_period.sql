-- A figure outside the base period of its catalogue would be spliced to nothing, or to the wrong base.
with

published as (
    select
        database,
        catalogue_id,
        time_period,
        landing_id,
        place
    from {{ ref('stg_bureau_nbs__history') }}
    union all by name
    select
        database,
        catalogue_id,
        time_period,
        landing_id,
        place
    from {{ ref('stg_bureau_nbs__observations') }}
)

select
    published.landing_id || ', ' || published.place as where_found,
    published.time_period || ' in catalogue ' || published.catalogue_id as found,
    'a period from ' || coalesce(nbs_series.valid_from, '…') || ' to ' || coalesce(nbs_series.valid_to, '…') as expected,
    'look at the name of the catalogue and correct dbt_project/seeds/reference/nbs_series.csv' as remedy
from published
inner join {{ ref('nbs_series') }} as nbs_series
    on published.database = nbs_series.database and published.catalogue_id = nbs_series.catalogue_id
where
    published.time_period < coalesce(nbs_series.valid_from, '')
    or published.time_period > coalesce(nbs_series.valid_to, '9999')
