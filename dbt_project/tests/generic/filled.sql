{% test filled(model, columns) %}
-- Columns of a seed that must hold something in every row; its rows are ours, so no landing tells where they came from.
{% for column in columns %}
select
    '{{ model.identifier }}.csv, column {{ column }}' as where_found,
    count(*) || ' empty cells 个空格' as found,
    'a value in every row 每行有值' as expected,
    'fill in the rows, or give them a status that says why not' as remedy
from {{ model }}
where {{ column }} is null
having count(*) > 0
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% endtest %}
