"""An SDMX-REST data question: parsed from a URL, answered from the figures.

Source: SDMX-REST 2.2.0, "Data queries": path ``/data/dataflow/{agency}/{id}/{version}/{key}``, parameters
``asOf``, ``includeHistory``, component filters ``c[…]``; ``startPeriod`` and ``endPeriod`` are those of 1.x.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from raw.replica import clock
from raw.replica.answers import UnanswerableError
from raw.replica.table import DIMENSIONS, Figure

_PERIOD = re.compile(r"(\d{4})(?:-Q([1-4])|-(0[1-9]|1[0-2]))?")
# Parameters of the standard that this stand-in does not answer, unless asked for their default.
_DEFAULTS = {"attributes": {"dsd", "all"}, "measures": {"all"}, "mode": {"exact"}, "references": {"none"}}
_UNANSWERED = {
    "updatedAfter", "firstNObservations", "lastNObservations", "dimensionAtObservation", "offset", "limit",
    "sort", "reportingYearStartDay", *_DEFAULTS,
}  # fmt: skip

Test = Callable[[Figure], bool]


@dataclass(frozen=True)
class DataQuery:
    """Which figures, as known at which moment, in the last version or in every version."""

    as_of: datetime
    with_history: bool = False
    tests: tuple[Test, ...] = field(default=())

    def answer(self, figures: Iterable[Figure]) -> list[Figure]:
        """The figures asked for, in their given order."""
        out = [f for f in figures if f.known_from <= self.as_of and all(test(f) for test in self.tests)]
        return out if self.with_history else _latest(out)


def _latest(figures: list[Figure]) -> list[Figure]:
    """One version for each key: the one published last.

    Of two published the same day the more precise one counts, then the lower source number.
    """
    best: dict[tuple[str, ...], Figure] = {}
    for figure in figures:  # sorted by key and source: of equals the lower source number stays
        held = best.get(figure.key)
        if held is None or (figure.known_from, figure.decimals) > (held.known_from, held.decimals):
            best[figure.key] = figure
    return list(best.values())


def parse(key: str, raw_query: str, now: datetime) -> DataQuery:
    """The question in a key and a query string; without ``asOf`` it asks about ``now``.

    Raises UnanswerableError: 400 for what the standard does not allow, 501 for what is not implemented here.
    """
    as_of, with_history = now, False
    tests = list(_key_tests(key))
    for name, value in _parameters(raw_query):
        if name == "asOf":
            as_of = _as_of(value)
        elif name == "includeHistory":
            with_history = _truth(value)
        elif name in {"startPeriod", "endPeriod"}:
            tests.append(_period_test("ge" if name == "startPeriod" else "le", value))
        elif name.startswith("c[") and name.endswith("]"):
            tests += _component_tests(name[2:-1], value)
        elif name not in _UNANSWERED:
            raise UnanswerableError(400, f"{name} is not a parameter of an SDMX-REST data query")
        elif value not in _DEFAULTS.get(name, set()):
            raise UnanswerableError(501, f"{name}={value} is not implemented by this replica")
    return DataQuery(as_of, with_history, tuple(tests))


def _parameters(raw_query: str) -> list[tuple[str, str]]:
    # Not parse_qsl: in SDMX-REST a plus sign means AND, it is not a space.
    parts = [part.partition("=") for part in raw_query.split("&") if part]
    return [(unquote(name), unquote(value)) for name, _, value in parts]


def _as_of(value: str) -> datetime:
    try:
        return clock.as_of_moment(value)
    except ValueError as error:
        raise UnanswerableError(
            400, f"asOf: {error}; write a date such as 2023-04-30 or a dateTime such as 2023-04-30T23:59:59"
        ) from error


def _truth(value: str) -> bool:
    if value not in {"true", "false"}:
        raise UnanswerableError(400, f"includeHistory is {value!r}; write true or false")
    return value == "true"


def _key_tests(key: str) -> Iterable[Test]:
    if key in {"", "*", "all"}:
        return
    wanted = []
    for one in key.split(","):
        parts = one.split(".")
        if len(parts) != len(DIMENSIONS) - 1:
            raise UnanswerableError(
                400,
                f"key {one!r} has {len(parts)} parts; it needs {len(DIMENSIONS) - 1}: "
                f"{'.'.join(DIMENSIONS[:-1])}, with * for any",
            )
        wanted.append(parts)
    yield lambda figure: any(_matches(parts, figure.key) for parts in wanted)


def _matches(parts: list[str], key: tuple[str, ...]) -> bool:
    return all(part in {"*", ""} or value in part.split("+") for part, value in zip(parts, key, strict=False))


def _component_tests(component: str, value: str) -> list[Test]:
    if component not in DIMENSIONS:
        raise UnanswerableError(400, f"c[{component}]: not a dimension; one of {', '.join(DIMENSIONS)}")
    tests = []
    for condition in value.split("+"):
        operator, colon, operand = condition.partition(":")
        if not colon:
            operator, operand = "eq", condition
        tests.append(_component_test(component, operator, operand))
    return tests


def _component_test(component: str, operator: str, operand: str) -> Test:
    if operator == "eq":
        values = operand.split(",")
        return lambda figure: figure.cells[component] in values
    if operator == "ne":
        return lambda figure: figure.cells[component] != operand
    if operator in {"ge", "gt", "le", "lt"} and component == "TIME_PERIOD":
        return _period_test(operator, operand)
    raise UnanswerableError(501, f"operator {operator!r} on {component} is not implemented by this replica")


def _period_test(operator: str, bound: str) -> Test:
    first, last = _months(bound)

    def holds(figure: Figure) -> bool:
        start, end = _months(figure.cells["TIME_PERIOD"])
        return {"ge": start >= first, "gt": start > last, "le": end <= last, "lt": end < first}[operator]

    return holds


def _months(period: str) -> tuple[int, int]:
    """First and last month of a period, counted from the year 0."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise UnanswerableError(400, f"period {period!r} is none of 2022, 2022-Q3, 2022-10")
    january = int(match[1]) * 12
    if match[2]:
        return january + 3 * int(match[2]) - 3, january + 3 * int(match[2]) - 1
    if match[3]:
        return january + int(match[3]) - 1, january + int(match[3]) - 1
    return january, january + 11
