"""Port figures that a person read off a picture, a PDF or an announcement, and another compared with it.

Comma-separated values as :mod:`raw.readers.csv` has them, one figure a row, with the names of both people.
There is no table around a figure to hold it against, so every row is held against itself: unit and sign
against what is measured, period against frequency, day of publication against period, reviewer against
transcriber.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from raw.errors import BadInput, Problem
from raw.readers import DECIMAL, Rows, csv, is_date, last_day_of
from raw.readers.reviewed_form import person
from raw.returns import PERIOD_EXAMPLES, PERIODS

if TYPE_CHECKING:
    from raw.feed import Table

# Units of a throughput by the end of its indicator's name; a rate is in per cent whatever it is of.
_UNITS = {
    "CARGO_THROUGHPUT": ("万吨", "亿吨"),
    "CARGO_FOREIGN": ("万吨", "亿吨"),
    "CONTAINER_THROUGHPUT": ("万TEU",),
}
_RATE_UNITS = ("%",)
_LOOK = "compare the row with the original, correct it, have it reviewed again and drop the file again"


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read the figures; raise ``BadInput`` naming every row that two people cannot have agreed on."""
    rows = csv.read(content, table, file_name)
    problems = [
        problem
        for record, place in zip(rows.records, rows.places, strict=True)
        for problem in _problems({name: text or "" for name, text in record.items()}, f"{file_name}, {place}")
    ]
    if problems:
        raise BadInput(problems)
    return rows


def _problems(row: dict[str, str], where: str) -> Iterator[Problem]:
    """What is wrong between the cells of a row; a cell wrong by itself is said by the check of cells."""
    transcriber, reviewer = person(row.get("TRANSCRIBED_BY")), person(row.get("REVIEWED_BY"))
    if transcriber and transcriber == reviewer:
        yield Problem(
            where,
            f"{row['REVIEWED_BY']} as transcriber and as reviewer",
            "two people",
            "let another person compare it with the original, and drop the file again",
        )
    yield from _figure_problems(row, where)
    yield from _period_problems(row, where)


def _figure_problems(row: dict[str, str], where: str) -> Iterator[Problem]:
    indicator, measure = row.get("INDICATOR", ""), row.get("MEASURE", "")
    value, unit = row.get("OBS_VALUE", ""), row.get("UNIT", "")
    is_rate = measure.startswith("YOY")
    units = _RATE_UNITS if is_rate else _UNITS.get(indicator.removeprefix("PORT_"))
    if units and unit not in units:
        yield Problem(where, f"{indicator} {measure} in {unit}", " or ".join(units), _LOOK)
    if not is_rate and DECIMAL.fullmatch(value) and Decimal(value) < 0:
        yield Problem(where, f"{indicator} {measure} {value}", "no throughput below zero", _LOOK)


def _period_problems(row: dict[str, str], where: str) -> Iterator[Problem]:
    frequency, period = row.get("FREQ", ""), row.get("TIME_PERIOD", "")
    published = row.get("PUBLISHED_DATE", "")
    if frequency in PERIODS and not PERIODS[frequency].fullmatch(period):
        found, expected = (
            f"the period {period} with FREQ={frequency}",
            f"one as in {PERIOD_EXAMPLES[frequency]}",
        )
        yield Problem(where, found, expected, _LOOK)
    end = last_day_of(period)
    if end is not None and is_date(published) and published <= end.isoformat():
        yield Problem(where, f"figures of {period} published on {published}", f"a day after {end}", _LOOK)
