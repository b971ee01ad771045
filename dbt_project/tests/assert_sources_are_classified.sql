-- An unclassified source would silently get the lowest rank and lose against reprints.
select
    'dbt_project/seeds/reference/source_classes.csv' as where_found,
    'no row for source ' || sources.source_id || ' (' || sources.publisher || ')' as found,
    'a publisher class for every published source' as expected,
    'add the source with the class of its publisher' as remedy
from {{ ref('int_sources__unioned') }} as sources
left join {{ ref('source_classes') }} as source_classes on sources.source_id = source_classes.source_id
where sources.publisher_class = 'second_hand' and source_classes.source_id is null
