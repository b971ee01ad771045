"""A stand-in for a provider of AIS: an index page, and one file of positions a day in both layouts.

Nothing true can be bundled: without a seed the index is empty. With one it lists the simulated days of the
present and the last month, as far as they are over in UTC.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from raw.readers.ais_csv import NAMES
from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.clock import CHINA
from raw.replica.faults import TABLE_FAULTS, Fault, WireTable, spoil, spoil_text
from raw.simulate import port_calls

KMH_PER_KNOT = Decimal("1.852")
NO_SPEED = "102.3"
HTML_TYPE = "text/html; charset=utf-8"


class Publisher:
    """The site without HTTP: a question in, an answer out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._seed = seed
        self._days = {} if seed is None else _days(now, seed)

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the files; the index always answers."""
        return asked.path != ["index.html"]

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one GET."""
        match asked.path:
            case ["index.html"]:
                links = "\n".join(f'<li><a href="{name}">{name}</a></li>' for name in self._days)
                page = f"<!DOCTYPE html>\n<html><body><ul>\n{links}\n</ul></body></html>\n"
                return Answer(200, page.encode(), HTML_TYPE)
            case [name] if name in self._days and self._seed is not None:
                return _file(self._days[name], self._seed, active)
        raise UnanswerableError(404, "no such file; index.html lists those there are")


def _days(now: datetime, seed: int) -> dict[str, date]:
    this_month = now.astimezone(CHINA).date().replace(day=1)
    start = (this_month - timedelta(days=1)).replace(day=1)
    last = now.astimezone(UTC).date() - timedelta(days=1)
    return dict(port_calls.days(start, last, seed))


def _file(day: date, seed: int, active: frozenset[Fault]) -> Answer:
    rows = port_calls.rows(day, seed)
    value = port_calls.columns(day)[4]
    fast = (number for number, row in enumerate(rows) if float(row[value]) > 5)
    table = WireTable(
        columns=port_calls.columns(day),
        rows=rows,
        value=value,
        victim=next(fast, 0),
        last_month=_renamed(port_calls.rows(day - timedelta(days=28), seed), day),
    )
    table = spoil(_in_kmh(table) if Fault.UNIT_CHANGED in active else table, active - {Fault.UNIT_CHANGED})
    text = port_calls.as_csv(table.columns, table.rows)
    text = spoil_text(text, active - {Fault.CUT_SHORT}, encoding="ascii")
    body = spoil_text(port_calls.packed(text, day), active - {Fault.WRONG_ENCODING})
    return cacheable(body, "application/octet-stream", None)


def _in_kmh(table: WireTable) -> WireTable:
    """Speeds in kilometres an hour under the name of those in knots: the layout names no unit."""
    rows = [{**row, table.value: _kmh(row[table.value])} for row in table.rows]
    return replace(table, rows=rows)


def _kmh(knots: str) -> str:
    return str(round(Decimal(knots) * KMH_PER_KNOT, 1)) if knots not in ("", NO_SPEED) else knots


def _renamed(rows: list[dict[str, str]], day: date) -> list[dict[str, str]]:
    """Rows of an earlier day under the names of a later one's layout."""
    generation = 0 if day < port_calls.CSV2_SINCE else 1
    return [
        {theirs[generation]: row.get(theirs[0], row.get(theirs[1], "")) for theirs in NAMES.values()}
        for row in rows
    ]
