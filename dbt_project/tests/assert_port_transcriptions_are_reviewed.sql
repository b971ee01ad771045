-- A figure read off a page by one person counts only when another has compared it.
select
    landing_id || ', ' || place as where_found,
    'transcribed and reviewed by ' || reviewed_by as found,
    'two persons' as expected,
    'let another person compare it with the original, and drop the file again' as remedy
from {{ ref('stg_port_throughput__transcriptions') }}
where trim(reviewed_by) = trim(transcribed_by)
