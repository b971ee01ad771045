-- Each item of each section, by month and as the mean of a whole year, with its class under the standard in force at
-- the end of the period: 1 to 5 are I to V, 6 is worse than V. A section counts in the periods in which it was listed
-- on the last day. Items without a limit for a kind of water body are not rated: for rivers temperature, total
-- nitrogen and faecal coliforms.
{%- set items = ["dissolved_oxygen", "codmn", "cod", "bod5", "nh3_n", "total_phosphorus", "total_nitrogen"] %}
with

measured as (
    {%- for item in items %}
        select
            section_code,
            reference_month,
            '{{ item }}' as item,
            {{ item }}_mg_l as value
        from {{ ref('stg_environment_water__section_results') }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

whole_years as (
    select reference_month[1:4] as reference_year
    from {{ ref('stg_environment_water__section_results') }}
    group by all
    having count(distinct reference_month) = 12
),

periods as (
    select
        section_code,
        'M' as frequency,
        reference_month as reference_period,
        item,
        value
    from measured
    union all
    select
        measured.section_code,
        'A' as frequency,
        whole_years.reference_year as reference_period,
        measured.item,
        cast(avg(measured.value) as decimal(24, 6)) as value
    from measured
    inner join whole_years on measured.reference_month[1:4] = whole_years.reference_year
    group by all
)

select
    periods.section_code,
    sections.area_code,
    sections.water_body,
    periods.frequency,
    periods.reference_period,
    periods.item,
    limits.item_zh,
    periods.value,
    limits.standard_edition,
    case
        when periods.value is null then null
        {%- for number in range(1, 6) %}
            when limits.direction = 'max' and periods.value <= limits.class_{{ number }} then {{ number }}
            when limits.direction = 'min' and periods.value >= limits.class_{{ number }} then {{ number }}
        {%- endfor %}
        else 6
    end as class_rank
from periods
inner join {{ ref('int_water_sections__versioned') }} as sections
    on
        periods.section_code = sections.section_code
        and {{ period_end('periods.reference_period') }} between sections.valid_from and sections.valid_to
inner join {{ ref('water_quality_limits') }} as limits
    on
        periods.item = limits.item
        and sections.water_body = limits.water_body
        and {{ period_end('periods.reference_period') }}
        between limits.valid_from and coalesce(limits.valid_to, date '9999-12-31')
