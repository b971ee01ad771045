-- Each rated item of each section, by month and as the mean of a whole year, with its class under the standard in
-- force at the end of the period: 1 to 5 are I to V, 6 is worse than V. A section counts in the periods in which it was
-- listed on the last day. Temperature, total nitrogen and faecal coliforms are never rated, in rivers or lakes
-- (环办〔2011〕22号, 一(一)1): in lakes nitrogen and phosphorus tell the trophic state, which is another figure. A year is
-- rated once its twelve months are out, each section by its own months (seed water_assessment_rules).
{%- set items = ["dissolved_oxygen", "codmn", "cod", "bod5", "nh3_n", "total_phosphorus"] %}
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

-- A month of a section counts where the four items that every station measures are there (see
-- int_water_sections__rated).
section_years as (
    select
        results.section_code,
        results.reference_month[1:4] as reference_year,
        count(distinct results.reference_month) filter (
            where
            results.dissolved_oxygen_mg_l is not null
            and results.codmn_mg_l is not null
            and results.nh3_n_mg_l is not null
            and results.total_phosphorus_mg_l is not null
        ) >= max(rules.minimum) as is_measured_enough
    from {{ ref('stg_environment_water__section_results') }} as results
    inner join {{ ref('water_assessment_rules') }} as rules on rules.rule = 'year_months'
    group by all
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
        -- Of a section with too few months of its own nobody can say what the year was.
        case when section_years.is_measured_enough then cast(avg(measured.value) as decimal(24, 6)) end as value
    from measured
    inner join whole_years on measured.reference_month[1:4] = whole_years.reference_year
    inner join section_years
        on
            measured.section_code = section_years.section_code
            and whole_years.reference_year = section_years.reference_year
    group by measured.section_code, whole_years.reference_year, measured.item, section_years.is_measured_enough
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
