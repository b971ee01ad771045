-- Half of a month, a part downloaded twice, or another region's lines: the sums then leave the published totals.
{{ config(severity='warn') }}
select
    'int_customs_totals__reconciled, ' || series_code || ' ' || reference_period as where_found,
    'lines of Qingdao that add up to ' || round(lines_value_cny / 1e8, 1) || ' 亿元' as found,
    'within 1 % of ' || round(published_value_cny / 1e8, 1) || ' 亿元, which ' || source_id || ' says' as expected,
    'look whether parts of the download are missing, or ask customs for the revised total' as remedy
from {{ ref('int_customs_totals__reconciled') }}
where abs(difference_pct) > 1
