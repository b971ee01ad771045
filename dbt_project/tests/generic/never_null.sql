{% test never_null(model, columns) %}
-- Columns that must hold something in every row. One pass over the table for all of them: a test for each column
-- was most of what a build had to do.
with

counted as (
    select
        {%- for column in columns %}
        {
            'column_name': '{{ column }}',
            'empty_count': count(*) - count({{ column }}),
            'first_place': min_by(landing_id || ', ' || place, row_number) filter (where {{ column }} is null)
        } as counted_{{ loop.index }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ model }}
),

columns_counted as (
    {%- for column in columns %}
    select unnest(counted_{{ loop.index }}) from counted
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
)

select
    coalesce(first_place, '(place not known)') as where_found,
    column_name || ' empty in ' || empty_count || ' rows 行为空' as found,
    'a value in every row of {{ model.identifier }} 每行有值' as expected,
    'ask the publisher for the value, or take `required` from the column in the feed file if it may be missing' as remedy
from columns_counted
where empty_count > 0
{% endtest %}
