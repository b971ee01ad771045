"""When a feed is expected to speak about a month, and whether it has.

The days follow from ``schedule`` in the feed file; what arrived when follows from the landed vintages. A
month whose figures came with the first pull of a table is ``backfilled``: we were not there to see whether it
was late. Public holidays are not known; ``shift_to_working_day`` knows weekends only.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from raw.feed import Calendar, Feed, Schedule, Table
from raw.land import Vintage

State = Literal["on_time", "late", "missing", "not_due", "backfilled"]
# A year and the month before it: every exception of a calendar is seen at least once.
MONTHS_WATCHED = 13
# Two plans of five years: what a yearly assessment may ask for.
MONTHS_OF_CALENDAR = 120
SATURDAY = 5
# Of a month of days one of these must be there: a single day is often missing at a mirror.
LAST_DAYS = 7


@dataclass(frozen=True)
class Expected:
    """The day by which a month's figures are expected, and the last day on which they are not yet late."""

    day: date
    late_after: date


@dataclass(frozen=True)
class Timeliness:
    """How one table of a feed kept its calendar for one month; ``late_days`` counts from the expected day."""

    feed: str
    table: str
    reference_month: str
    expected: Expected
    first_landed: date | None
    late_days: int | None
    state: State


def expected(feed: Feed, month: str) -> Expected | None:
    """When a feed is expected to speak about ``month`` (``2022-12``); None where it never does."""
    schedule = feed.schedule
    year, number = int(month[:4]), int(month[5:])
    exceptional = schedule.exception_of(number)
    if exceptional is None:
        return _days(
            schedule, year, number + schedule.months_after, schedule.expected_day, schedule.late_after_days
        )
    if not exceptional.published:
        return None
    after = exceptional.months_after or schedule.months_after
    grace = schedule.late_after_days if exceptional.late_after_days is None else exceptional.late_after_days
    return _days(schedule, year, number + after, exceptional.expected_day or schedule.expected_day, grace)


def _days(schedule: Schedule, year: int, number: int, day: int, grace: int) -> Expected:
    year, number = year + (number - 1) // 12, (number - 1) % 12 + 1
    # The 31st of a month that has none is its last day.
    expected_day = date(year, number, min(day, monthrange(year, number)[1]))
    if schedule.shift_to_working_day and expected_day.weekday() >= SATURDAY:
        expected_day += timedelta(days=7 - expected_day.weekday())
    return Expected(expected_day, expected_day + timedelta(days=grace))


def lateness(feed: Feed, month: str, as_of: date, first_landed: date | None = None) -> State | None:
    """How a month stands on a day, given when it first landed; None for a month nobody publishes."""
    due = expected(feed, month)
    if due is None:
        return None
    if first_landed is not None and first_landed <= as_of:
        return "on_time" if first_landed <= due.late_after else "late"
    return "missing" if as_of > due.late_after else "not_due"


def timeliness(feed: Feed, table_name: str, known: Sequence[Vintage], as_of: date) -> Iterator[Timeliness]:
    """How a table kept its calendar in the months watched; nothing for one without months or calendar.

    ``known`` are its vintages at or before ``as_of``, oldest first.
    """
    table = feed.table(table_name)
    if table.calendar == "none" or table.month_column is None:
        return
    arrived = _arrivals(table, table.calendar, table.month_column, known)
    first_pull = known[0].vintage_date if known else None
    for month in _months_before(as_of):
        if not (table.calendar.since or "") <= month <= (table.calendar.until or "9999-12"):
            continue
        due, landed = expected(feed, month), arrived.get(month)
        state = lateness(feed, month, as_of, landed)
        if due is None or state is None:
            continue
        if landed is not None and landed == first_pull and state == "late":
            state = "backfilled"
        late_days = (landed - due.day).days if landed and state != "backfilled" else None
        yield Timeliness(feed.feed, table_name, month, due, landed, late_days, state)


def calendar(feed: Feed, as_of: date) -> Iterator[tuple[str, Expected]]:
    """The ten years of months that had ended by a day, each with the days the feed was expected on."""
    for month in _months_before(as_of, MONTHS_OF_CALENDAR):
        due = expected(feed, month)
        if due is not None:
            yield month, due


def _months_before(as_of: date, count: int = MONTHS_WATCHED) -> list[str]:
    """The months that had ended by a day, the latest last."""
    latest = as_of.year * 12 + as_of.month - 2
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(latest - count + 1, latest + 1)]


def _arrivals(table: Table, calendar: Calendar, column: str, known: Iterable[Vintage]) -> dict[str, date]:
    """The first vintage date that speaks of each month."""
    arrived: dict[str, date] = {}
    for vintage in known:
        through = vintage.manifest.get("facts", {}).get(calendar.through)
        for period in _periods(table, column, vintage):
            for month in _months_told(period, through):
                arrived.setdefault(month, vintage.vintage_date)
    return arrived


def _periods(table: Table, column: str, vintage: Vintage) -> set[str]:
    """The periods in a vintage: told by its facts or its scope where they can, else read from its rows."""
    told = vintage.manifest.get("facts", {}).get(column)
    if told is None and column in table.scope_columns:
        told = dict(part.split("=", 1) for part in vintage.scope.split("|")).get(column)
    if told is not None:
        return {told} if vintage.manifest["row_count"] else set()
    # Here, and not above: `raw` is imported by the DAG files, which must not load Arrow.
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    return {
        period
        for period in pc.unique(pq.read_table(vintage.part, columns=[column])[column]).to_pylist()
        if period
    }


def _months_told(period: str, through: str | None) -> list[str]:
    """The months that a period completes: ``2022`` and ``2022-Q4`` speak of ``2022-12``.

    A file of a year that runs through ``2022-03`` speaks of each of its three months. A day speaks of its
    month when it is one of the last seven: a month whose end is missing has not come.
    """
    if len(period) == len("2022"):
        if through is None:
            return [f"{period}-12"]
        return [f"{period}-{number:02d}" for number in range(1, int(through[5:7]) + 1)]
    if "Q" in period:
        return [f"{period[:4]}-{int(period[-1]) * 3:02d}"]
    if len(period) == len("2022-12-31"):
        day = date.fromisoformat(period)
        return [period[:7]] if day.day > monthrange(day.year, day.month)[1] - LAST_DAYS else []
    return [period]
