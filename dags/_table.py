"""The indicators of a release as a table for a terminal, aligned for wide characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from expectations.command import display_width, padded
from warehouse.connect import reader
from warehouse.publication.words import STATUSES, age_words, number, word

__all__ = ["bulletin_of", "indicator_table", "padded"]

HEADER = ("编码", "指标 Indicator", "状态 Status", "数值 Value", "单位 Unit", "时期 Period")
NOTHING = "—"
PLANS = """
    select plan_id, plan_name_zh, plan_name_en
    from release_info
    order by plan_kind != 'official', plan_first_year, plan_id
"""
PROGRESS = """
    select p.indicator_code, i.name_zh, p.shown_status, p.value, i.unit, p.reference_period, i.decimals,
        p.value is not distinct from p.latest_value as is_as_published, r.reference_month, p.status_age_years,
        p.override_id
    from fct_target_progress as p
    join dim_indicator as i using (plan_id, indicator_code)
    join release_info as r on p.plan_id = r.plan_id
    where p.plan_id = ?
    order by p.indicator_code
"""


def indicator_table(release_dir: Path) -> str:
    """Code, name, status, value and period of every indicator, read from the released database.

    With several plans one table for each, below its name; the columns of all stand in one line.
    """
    with reader(release_dir / "warehouse.duckdb") as connection:
        plans = connection.execute(PLANS).fetchall()
        tables = [
            [HEADER, *map(_row, connection.execute(PROGRESS, [plan_id]).fetchall())] for plan_id, *_ in plans
        ]
    widths = [
        max(display_width(row[place]) for table in tables for row in table) for place in range(len(HEADER))
    ]
    titles = [f"{zh} {en}\n" if len(plans) > 1 else "" for _, zh, en in plans]
    return "\n\n".join(
        title + "\n".join(_line(row, widths) for row in table)
        for title, table in zip(titles, tables, strict=True)
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(found: tuple[Any, ...]) -> tuple[str, ...]:
    code, name, status, value, unit, period, decimals, is_as_published, month, age, override_id = found
    state = word(STATUSES, status)
    # A published figure keeps its digits; a computed one gets those the plan prints, at least one.
    places = None if is_as_published else max(int(decimals or 0), 1)
    shown, about = (NOTHING, NOTHING) if value is None else (number(value, places), period)
    if told := age_words(month, age):
        about = f"{about}  {told.zh} {told.en}"
    by_hand = "（人工认定 set by hand）" if override_id else ""
    return code, name, f"{state.zh} {state.en}{by_hand}", shown, unit or "", about


def bulletin_of(release_dir: Path) -> Path:
    """The page to open."""
    return release_dir / "bulletin.html"
