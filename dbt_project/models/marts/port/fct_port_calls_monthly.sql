-- Calls by harbour and month of arrival, counted in China's time. Merchant ships only (ITU-R M.1371: type 7x cargo,
-- 8x tanker); those of unknown type are counted beside, not lost.
with

calls as (
    select
        *,
        strftime(arrived_at + interval 8 hour, '%Y-%m') as reference_month
    from {{ ref('int_port_calls__derived') }}
),

-- A month of which only some days are known is no month: the reader must see it.
covered as (
    select
        strftime(position_time + interval 8 hour, '%Y-%m') as reference_month,
        count(distinct cast(position_time + interval 8 hour as date)) as covered_days
    from {{ ref('int_port_calls__positions') }}
    group by all
)

select
    calls.reference_month,
    calls.harbour_code,
    harbours.harbour_zh,
    harbours.harbour_en,
    count(*) filter (where calls.vessel_type between 70 and 89) as calls_number,
    count(distinct calls.mmsi) filter (where calls.vessel_type between 70 and 89) as vessels_number,
    count(*) filter (where calls.vessel_type is null) as unknown_type_calls_number,
    max(covered.covered_days) as covered_days,
    if(bool_or(calls.origin = 'simulated'), 'simulated', 'derived') as origin
from calls
inner join {{ ref('harbours') }} as harbours on calls.harbour_code = harbours.harbour_code
inner join covered on calls.reference_month = covered.reference_month
where calls.reference_month <= '{{ var("reference_month") }}'
group by calls.reference_month, calls.harbour_code, harbours.harbour_zh, harbours.harbour_en
