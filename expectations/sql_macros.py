"""What the SQL of the rules may use besides DuckDB's own functions."""

from __future__ import annotations

MACROS = (
    # Half a unit of the last digit other than 0: the rounding error a printed figure can carry.
    "create temp macro half_unit(figure) as"
    " 0.5 * power(10, -length(rtrim(split_part(cast(figure as varchar), '.', 2), '0')))",
    # The month a period ends in: 2022 → 2022-12, 2022-Q3 → 2022-09, 2022-10 → 2022-10; anything else: null.
    "create temp macro last_month_of(period) as case"
    r" when regexp_full_match(period, '\d{4}') then period || '-12'"
    r" when regexp_full_match(period, '\d{4}-Q[1-4]')"
    " then left(period, 5) || lpad(cast(3 * cast(right(period, 1) as integer) as varchar), 2, '0')"
    r" when regexp_full_match(period, '\d{4}-(0[1-9]|1[0-2])') then period end",
    "create temp macro last_day_of(period) as last_day(cast(last_month_of(period) || '-01' as date))",
    "create temp macro has_tag(tags, tag) as"
    r" list_contains(regexp_split_to_array(coalesce(tags, ''), ';\s*'), tag)",
)
"""What the rules' SQL may use besides DuckDB's own functions; temporary, so the file stays as it is."""
