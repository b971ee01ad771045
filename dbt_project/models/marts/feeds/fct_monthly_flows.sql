-- Apart from fct_observations, which holds only what was said: a difference is ours, and some are refused.
select
    flows.series_code,
    series.name_zh as series_name_zh,
    series.name_en as series_name_en,
    flows.area_code,
    flows.scope,
    flows.reference_period as reference_month,
    flows.months_number,
    cast(flows.value as decimal(24, 6)) as value,
    cast(flows.value_error as decimal(24, 6)) as error_value,
    flows.unit,
    flows.method as flow_method,
    flows.reason_zh as flow_reason_zh,
    flows.reason_en as flow_reason_en,
    flows.origin,
    cast(flows.difference_value as decimal(24, 6)) as difference_value,
    flows.printed_source_id,
    flows.ytd_source_id,
    flows.previous_ytd_source_id
from {{ ref('int_observations__differenced') }} as flows
inner join {{ ref('series') }} as series on flows.series_code = series.series_code
