{% test filled(model, columns) %}
-- Columns that must never be empty: one test a table, whose rows say which column and how often.
{% for column in columns %}
select
    '{{ model.identifier }}, column {{ column }}' as where_found,
    count(*) || ' empty cells' as found,
    'a value in every row' as expected,
    'fill in the rows, or give them a status that says why not' as remedy
from {{ model }}
where {{ column }} is null
having count(*) > 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% endtest %}
