"""A stand-in for the mirror of the station hours: one wide file a day, ``/data/china_sites_YYYYMMDD.csv``.

Station hours cannot be bundled: without a seed there is nothing, with one there is what
``raw/simulate/environment_air.py`` writes. The file of today holds the hours that are over; it is final half
an hour into the next day, and confirmed, with the provisional spike removed, on the tenth of the next month.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, time, timedelta
from functools import cache

from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.clock import CHINA
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.simulate.environment_air import HEADER, wide_rows

FILE = re.compile(r"china_sites_(\d{8})\.csv", re.ASCII)
# The station whose cell is hit by faults of one cell: it counts for the district and the city.
VICTIM = "1314A"
LAYOUT_FAULTS = frozenset({Fault.HEADER_RENAMED, Fault.COLUMN_MOVED, Fault.COLUMN_MISSING})


class Publisher:
    """The mirror without HTTP."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._now = now.astimezone(CHINA)
        self._seed = seed

    def is_data(self, asked: Asked) -> bool:
        """Every file is data."""
        return asked.path[:1] == ["data"]

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """The file of a day, as it stands now."""
        matched = FILE.fullmatch(asked.path[-1]) if len(asked.path) == 2 and self.is_data(asked) else None
        day = _day(matched[1]) if matched else None
        if day is None or day > self._now.date() or self._seed is None:
            raise UnanswerableError(404, "no such file")
        changed = self._changed(day)
        rows = _rows(day, self._last_hour(day), self._seed, self._now >= _confirmed_at(day))
        if not rows:
            raise UnanswerableError(404, "no hour of that day is over")
        body = spoil_text(_csv(_spoiled(day, rows, active)), active, encoding="ascii")
        return cacheable(body, "text/csv", changed)

    def _last_hour(self, day: date) -> int:
        return self._now.hour if day == self._now.date() else 23

    def _changed(self, day: date) -> datetime:
        """When the file was last written."""
        if self._now >= _confirmed_at(day):
            return _confirmed_at(day)
        return min(self._now, _at(day + timedelta(days=1), time(0, 30)))


@cache
def _rows(day: date, last_hour: int, seed: int, confirmed: bool) -> list[Cells]:
    """The rows of a day, made once: a rehearsal of faults asks for each many times."""
    return wide_rows(day, last_hour, seed, confirmed=confirmed)


def _spoiled(day: date, rows: list[Cells], active: frozenset[Fault]) -> WireTable:
    columns = ["date", "hour", "type", *_apart(HEADER)]
    table = WireTable(
        columns=columns,
        rows=[{name: row[name.partition("#")[0]] for name in columns} for row in rows],
        value=VICTIM,
        victim=_largest(rows),
        last_month=[{**row, **_previous(day)} for row in _of(columns, rows)],
    )
    if Fault.UNIT_CHANGED in active:
        table = _carbon_monoxide_in_micrograms(table)
    if Fault.HALF_MONTH in active:
        # In the middle of an hour; a cut at the end of one looks like hours that are absent.
        table = WireTable(columns, table.rows[: len(rows) // 2 + 7], VICTIM, victim=0)
    table = spoil(table, active - LAYOUT_FAULTS - {Fault.HALF_MONTH})
    # Stations come and go, so a column that is missed is one of the key.
    of_the_key = WireTable(table.columns, table.rows, value="type")
    return spoil(of_the_key, active & LAYOUT_FAULTS)


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=CHINA).date()
    except ValueError:
        return None


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, CHINA)


def _confirmed_at(day: date) -> datetime:
    """The end of the first ten days of the next month (HJ 633-2012, 5.1.5)."""
    return _at((day.replace(day=1) + timedelta(days=32)).replace(day=10), time(18, 0))


def _apart(header: tuple[str, ...]) -> list[str]:
    """Names that differ for the columns of a name that stands twice: 1966A, 1966A#2."""
    return [name if name not in header[:number] else f"{name}#2" for number, name in enumerate(header)]


def _of(columns: list[str], rows: list[Cells]) -> list[Cells]:
    return [{name: row[name.partition("#")[0]] for name in columns} for row in rows]


def _previous(day: date) -> Cells:
    return {"date": f"{day.replace(day=1) - timedelta(days=1):%Y%m%d}"}


def _largest(rows: list[Cells]) -> int:
    """The row with the victim's largest figure, which one per cent more changes."""
    return max(range(len(rows)), key=lambda number: float(rows[number][VICTIM] or 0))


def _carbon_monoxide_in_micrograms(table: WireTable) -> WireTable:
    stations = table.columns[3:]
    rows = [
        {**row, **{name: str(round(float(row[name]) * 1000)) for name in stations if row[name]}}
        if row["type"].startswith("CO")
        else row
        for row in table.rows
    ]
    return WireTable(table.columns, rows, table.value, victim=table.victim)


def _csv(table: WireTable) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name.partition("#")[0] for name in table.columns])
    writer.writerows([row[name] for name in table.columns] for row in table.rows)
    return text.getvalue().encode()
