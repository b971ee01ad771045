-- One row an edition: the limit of every item at every knot of its table, and what the edition does otherwise.
select
    {%- for item in index_items() %}
        {%- for knot in index_knots() %}
            max(breakpoints.{{ item }}) filter (where breakpoints.iaqi = {{ knot }}) as {{ item }}_{{ knot }},
        {%- endfor %}
    {%- endfor %}
    standards.edition,
    standards.valid_from,
    standards.valid_to,
    standards.rates_daily_o3_1h,
    standards.rates_hourly_pm_1h,
    standards.index_despite_missing,
    standards.o3_8h_above_index as o3_8h_above,
    standards.so2_1h_above_index as so2_1h_above
from {{ ref('air_standards') }} as standards
inner join {{ ref('air_index_breakpoints') }} as breakpoints on standards.edition = breakpoints.edition
group by all
