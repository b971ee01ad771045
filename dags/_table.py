"""The 25 indicators of a release as a table for a terminal, aligned for wide characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from expectations.__main__ import display_width, padded
from warehouse.connect import reader
from warehouse.publication.words import STATUSES, age_words, number, word

__all__ = ["bulletin_of", "indicator_table", "padded"]

HEADER = ("编码", "指标 Indicator", "状态 Status", "数值 Value", "单位 Unit", "时期 Period")
NOTHING = "—"
PROGRESS = """
    select p.indicator_code, i.name_zh, p.status, p.value, i.unit, p.reference_period, i.decimals,
        p.value is not distinct from p.latest_value as is_as_published, p.as_of_date, p.status_age_years
    from fct_target_progress as p
    join dim_indicator as i using (plan_id, indicator_code)
    order by p.indicator_code
"""


def indicator_table(release_dir: Path) -> str:
    """Code, name, status, value and period of every indicator, read from the released database."""
    with reader(release_dir / "warehouse.duckdb") as connection:
        rows = [HEADER, *map(_row, connection.execute(PROGRESS).fetchall())]
    widths = [max(display_width(row[place]) for row in rows) for place in range(len(HEADER))]
    return "\n".join(
        "  " + "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(found: tuple[Any, ...]) -> tuple[str, ...]:
    code, name, status, value, unit, period, decimals, is_as_published, as_of, age = found
    state = word(STATUSES, status)
    # A published figure keeps its digits; a computed one gets those the plan prints, at least one.
    places = None if is_as_published else max(int(decimals or 0), 1)
    shown, about = (NOTHING, NOTHING) if value is None else (number(value, places), period)
    if told := age_words(as_of, age):
        about = f"{about}  {told.zh} {told.en}"
    return code, name, f"{state.zh} {state.en}", shown, unit or "", about


def bulletin_of(release_dir: Path) -> Path:
    """The page to open."""
    return release_dir / "bulletin.html"
