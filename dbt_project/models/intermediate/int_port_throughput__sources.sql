-- The releases of the port's figures: each attachment of the ministry, each transcribed announcement.
select distinct
    'M-' || attachment as source_id,
    coalesce(source_title, period_printed || '港口货物、集装箱吞吐量') as title,
    coalesce(publisher, '交通运输部') as publisher,
    -- A page that is dated to the month or the year does not date its table better; else the upload counts,
    -- which a correction in place has later than its page.
    case
        when length(published_date) < 10 then published_date
        else cast(uploaded_date as varchar)
    end as published_date_printed,
    coalesce(source_url, '') as url,
    -- The ministry compiles these statistics itself; for all others the seed source_classes says what they are.
    case when coalesce(source_url, 'https://xxgk.mot.gov.cn/') like 'https://xxgk.mot.gov.cn/%' then 'statistics_bureau' end
        as publisher_class,
    origin
from {{ ref('stg_port_throughput__monthly') }}
union all by name
select distinct
    'T-' || release as source_id,
    source_title as title,
    publisher,
    cast(published_date as varchar) as published_date_printed,
    source_url as url,
    case when source_url like 'https://xxgk.mot.gov.cn/%' then 'statistics_bureau' end as publisher_class,
    origin
from {{ ref('stg_port_throughput__transcriptions') }}
