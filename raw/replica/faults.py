"""Faults of publishers, to be switched on: each has been met in the wild, none is met by a test otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

Cells = dict[str, str]


class Fault(StrEnum):
    """What can go wrong with the answer to a data question."""

    TRUNCATED = "truncated"
    """The connection closes before the promised number of bytes."""
    CUT_SHORT = "cut_short"
    """The body ends in the middle of a line, and the header agrees with it."""
    ROWS_MISSING = "rows_missing"
    """The last rows are missing, cut at the end of a line: only the control total tells."""
    SERVER_ERROR = "server_error"
    TOO_MANY_REQUESTS = "too_many_requests"
    HTML = "html"
    """A maintenance page with status 200."""
    NOT_A_NUMBER = "not_a_number"
    UNIT_CHANGED = "unit_changed"
    DUPLICATE_OBSERVATION = "duplicate_observation"
    COLUMN_RENAMED = "column_renamed"
    SLOW = "slow"
    REVISED_VALUE = "revised_value"
    """A value is changed in place, one per cent up, with nothing said about it."""


class Faults:
    """The faults switched on, each for a number of data requests or until cleared. Safe between threads.

    ``delay_seconds`` is how long a slow answer waits, ``retry_after_seconds`` what a 429 asks for.
    """

    def __init__(self) -> None:
        self.delay_seconds = 2.0
        self.retry_after_seconds = 1
        self._left: dict[Fault, int | None] = {}
        self._lock = threading.Lock()

    def on(self, fault: Fault | str, times: int | None = None) -> None:
        """Switch a fault on for the next ``times`` data requests; ``None`` means until cleared.

        Raises ValueError for a name that is not a Fault.
        """
        with self._lock:
            self._left[Fault(fault)] = times

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._left.clear()

    def take(self) -> frozenset[Fault]:
        """The faults of this request; what was switched on for a number of requests counts down."""
        with self._lock:
            active = frozenset(self._left)
            left = {fault: None if times is None else times - 1 for fault, times in self._left.items()}
            self._left = {fault: times for fault, times in left.items() if times is None or times > 0}
            return active


def spoil_rows(rows: list[Cells], active: frozenset[Fault]) -> list[Cells]:
    """The rows with the faults that concern rows; the row hit is the newest annual GDP, else the first."""
    out = [dict(row) for row in rows]
    if not out:
        return out
    hit = _victim(out)
    for fault, change in _CELL_FAULTS.items():
        if fault in active:
            out[hit] = change(out[hit])
    if Fault.DUPLICATE_OBSERVATION in active:
        out.insert(hit, dict(out[hit]))
    if Fault.ROWS_MISSING in active:
        out = out[: -max(1, len(out) // 10)]
    return out


def _victim(rows: list[Cells]) -> int:
    wanted = {"INDICATOR": "GDP", "REF_AREA": "CN-370211", "FREQ": "A", "MEASURE": "LEVEL"}
    found = [i for i, row in enumerate(rows) if all(row[name] == value for name, value in wanted.items())]
    return max(found, key=lambda i: rows[i]["TIME_PERIOD"], default=0)


def _not_a_number(row: Cells) -> Cells:
    return {**row, "OBS_VALUE": f"约{row['OBS_VALUE']}"}


def _unit_changed(row: Cells) -> Cells:
    return {**row, "UNIT_MEASURE": "CNY" if row["UNIT_MEASURE"] == "USD" else "USD"}


def _revised(row: Cells) -> Cells:
    value = Decimal(row["OBS_VALUE"])
    return {**row, "OBS_VALUE": str((value * Decimal("1.01")).quantize(value))}


_CELL_FAULTS: dict[Fault, Callable[[Cells], Cells]] = {
    Fault.REVISED_VALUE: _revised,
    Fault.UNIT_CHANGED: _unit_changed,
    Fault.NOT_A_NUMBER: _not_a_number,
}


def spoil_header(columns: list[str], active: frozenset[Fault]) -> list[str]:
    """The column names with the faults that concern them."""
    if Fault.COLUMN_RENAMED not in active:
        return columns
    return ["VALUE" if name == "OBS_VALUE" else name for name in columns]


def spoil_body(body: bytes, active: frozenset[Fault]) -> bytes:
    """The bytes with the faults that concern bytes."""
    if Fault.CUT_SHORT not in active:
        return body
    end = len(body) * 2 // 3
    # Never on a line's end, where only the control total would tell.
    return body[: end - 1] if body[end - 1 : end] == b"\n" else body[:end]
