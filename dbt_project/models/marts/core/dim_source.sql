select
    sources.source_id,
    sources.title,
    sources.publisher,
    sources.publisher_class,
    publisher_classes.publisher_rank,
    sources.published_date,
    sources.published_precision,
    sources.url,
    sources.origin
from {{ ref('int_sources__unioned') }} as sources
inner join {{ ref('publisher_classes') }} as publisher_classes
    on sources.publisher_class = publisher_classes.publisher_class
-- Only what the release uses: a source first published later does not exist yet on the as-of date.
where
    sources.source_id in (
        select ranked.source_id from {{ ref('int_observations__ranked') }} as ranked
        union
        select reached.source_id from {{ ref('int_project_stages__reached') }} as reached
    )
