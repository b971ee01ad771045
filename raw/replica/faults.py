"""Faults of publishers, to be switched on: each has been met in the wild, none is met by a test otherwise."""

from __future__ import annotations

import io
import re
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache

Cells = dict[str, str]
ZIP_BOMB_BYTES = 600_000_000


class Fault(StrEnum):
    """What can go wrong with the answer to a data question."""

    STATUS_403 = "status_403"
    STATUS_412 = "status_412"
    STATUS_429 = "status_429"
    STATUS_500 = "status_500"
    STATUS_504 = "status_504"
    SLOW_DRIP = "slow_drip"
    """The body comes byte by byte, slower than anybody waits."""
    CONNECTION_RESET = "connection_reset"
    """The connection is reset before the promised number of bytes."""
    TRUNCATED_GZIP = "truncated_gzip"
    """A compressed body without its end; the header agrees with its length."""
    WRONG_CONTENT_TYPE = "wrong_content_type"
    WAF_PAGE = "waf_page"
    """The page of a firewall, or of maintenance, with status 200."""
    EMPTY_BODY = "empty_body"
    ZIP_BOMB = "zip_bomb"
    PATH_LIKE_NAME = "path_like_name"
    """The name given to the file is a path that leads out of its folder."""
    WRONG_ENCODING = "wrong_encoding"
    CUT_SHORT = "cut_short"
    """The body ends in the middle of a line, and the header agrees with it."""
    HEADER_RENAMED = "header_renamed"
    COLUMN_MOVED = "column_moved"
    COLUMN_MISSING = "column_missing"
    UNIT_CHANGED = "unit_changed"
    THOUSANDS_SEPARATORS = "thousands_separators"
    NOT_A_NUMBER = "not_a_number"
    DUPLICATE_ROWS = "duplicate_rows"
    HALF_MONTH = "half_month"
    """The last rows are missing, cut at the end of a line: only a control total tells."""
    LAST_MONTH = "last_month"
    """The file of the month before, under this month's name."""
    SILENT_REVISION = "silent_revision"
    """A value is changed in place, one per cent up, with nothing said about it."""
    PDF_INSTEAD = "pdf_instead"
    """A PDF under the name of a workbook."""
    IMAGE_INSTEAD = "image_instead"
    OLD_XLS_INSTEAD = "old_xls_instead"
    """A workbook of the old kind (OLE2) under the name of one of the new."""


STATUS_FAULTS = {
    Fault.STATUS_403: (403, "UrlACL"),
    Fault.STATUS_412: (412, "<html><script>/* the firewall wants a browser */</script></html>"),
    Fault.STATUS_429: (429, "当前服务请求较多，请稍后重试"),
    Fault.STATUS_500: (500, "the database is not available"),
    Fault.STATUS_504: (504, "Gateway Time-out"),
}
# Faults that the server builds into any answer; all others are for the publisher to know.
TRANSPORT_FAULTS = frozenset(STATUS_FAULTS) | {
    Fault.SLOW_DRIP,
    Fault.CONNECTION_RESET,
    Fault.TRUNCATED_GZIP,
    Fault.WRONG_CONTENT_TYPE,
    Fault.WAF_PAGE,
    Fault.EMPTY_BODY,
    Fault.ZIP_BOMB,
    Fault.PATH_LIKE_NAME,
}


class Faults:
    """The faults switched on for each feed, for a number of data requests or until cleared.

    Safe between threads. ``delay_seconds`` is how long a slow answer takes for each of its blocks,
    ``retry_after_seconds`` what a 429 asks for.
    """

    def __init__(self) -> None:
        self.delay_seconds = 2.0
        self.retry_after_seconds = 1
        self._left: dict[tuple[str, Fault], int | None] = {}
        self._lock = threading.Lock()

    def on(self, feed: str, fault: Fault | str, times: int | None = None) -> None:
        """Switch a fault on for the next ``times`` data requests of a feed; ``None`` means until cleared.

        Raises ValueError for a name that is not a Fault.
        """
        with self._lock:
            self._left[feed, Fault(fault)] = times

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._left.clear()

    def take(self, feed: str) -> frozenset[Fault]:
        """The faults of this request; what was switched on for a number of requests counts down."""
        with self._lock:
            active = frozenset(fault for name, fault in self._left if name == feed)
            for fault in active:
                times = self._left[feed, fault]
                if times == 1:
                    del self._left[feed, fault]
                elif times is not None:
                    self._left[feed, fault] = times - 1
            return active

    def give_back(self, feed: str, taken: frozenset[Fault]) -> None:
        """A request that had nothing to break (304) does not count."""
        with self._lock:
            for fault in taken:
                times = self._left.get((feed, fault), 0)
                self._left[feed, fault] = None if times is None else times + 1


@dataclass(frozen=True)
class WireTable:
    """A table about to be written in a wire format: every cell is text, by the header's own names.

    ``value`` names the column of figures, ``unit`` that of their unit (or ``None``), ``victim`` the row that
    faults of a single cell hit. ``units`` says into which unit a changed one turns. ``last_month`` holds the
    rows of the month before.
    """

    columns: list[str]
    rows: list[Cells]
    value: str
    unit: str | None = None
    units: Mapping[str, str] | None = None
    victim: int = 0
    last_month: list[Cells] | None = None


# The faults that spoil() knows.
TABLE_FAULTS = frozenset(
    {
        Fault.HEADER_RENAMED,
        Fault.COLUMN_MOVED,
        Fault.COLUMN_MISSING,
        Fault.UNIT_CHANGED,
        Fault.THOUSANDS_SEPARATORS,
        Fault.NOT_A_NUMBER,
        Fault.DUPLICATE_ROWS,
        Fault.HALF_MONTH,
        Fault.LAST_MONTH,
        Fault.SILENT_REVISION,
    }
)


def spoil(table: WireTable, active: frozenset[Fault]) -> WireTable:
    """The table with the active faults of TABLE_FAULTS built in."""
    for fault, change in _TABLE_CHANGES.items():
        if fault in active:
            table = change(table)
    return table


def _with_victim(table: WireTable, column: str, text: Callable[[str], str]) -> WireTable:
    if not table.rows:
        return table
    rows = [dict(row) for row in table.rows]
    rows[table.victim][column] = text(rows[table.victim][column])
    return replace(table, rows=rows)


def _last_month(table: WireTable) -> WireTable:
    return replace(table, rows=table.last_month) if table.last_month is not None else table


def _silent_revision(table: WireTable) -> WireTable:
    return _with_victim(table, table.value, _one_per_cent_up)


def _one_per_cent_up(text: str) -> str:
    value = Decimal(text.replace(",", ""))
    more = (value * Decimal("1.01")).quantize(value)
    return f"{more:,}" if "," in text else str(more)


def _unit_changed(table: WireTable) -> WireTable:
    if table.unit is None or table.units is None:
        return table
    units = table.units
    return _with_victim(table, table.unit, lambda unit: units[unit])


def _not_a_number(table: WireTable) -> WireTable:
    return _with_victim(table, table.value, lambda text: f"约{text}")


def _thousands_separators(table: WireTable) -> WireTable:
    """Points for thousands and a comma for decimals: a figure a thousand times too small, if believed."""
    return _with_victim(table, table.value, _as_written_elsewhere)


def _as_written_elsewhere(text: str) -> str:
    number = Decimal(text.replace(",", ""))
    written = f"{number:,}"
    # A figure below a thousand has no mark to change: give it one that is as wrong.
    return (written if "," in written else f"{number * 1000:,}").translate(str.maketrans(",.", ".,"))


def _duplicate_rows(table: WireTable) -> WireTable:
    rows = list(table.rows)
    rows[table.victim : table.victim] = [dict(row) for row in rows[table.victim : table.victim + 1]]
    return replace(table, rows=rows)


def _half_month(table: WireTable) -> WireTable:
    return replace(table, rows=table.rows[: -max(1, len(table.rows) // 2)])


def _header_renamed(table: WireTable) -> WireTable:
    return _renamed(table, f"{table.value}_NEW")


def _renamed(table: WireTable, name: str) -> WireTable:
    columns = [name if column == table.value else column for column in table.columns]
    rows = [{(name if key == table.value else key): text for key, text in row.items()} for row in table.rows]
    return replace(table, columns=columns, rows=rows, value=name)


def _column_moved(table: WireTable) -> WireTable:
    """The last column comes first, header and cells: who reads by position reads all of it wrong."""
    return replace(table, columns=[table.columns[-1], *table.columns[:-1]])


def _column_missing(table: WireTable) -> WireTable:
    columns = [column for column in table.columns if column != table.value]
    return replace(table, columns=columns)


_TABLE_CHANGES: dict[Fault, Callable[[WireTable], WireTable]] = {
    Fault.LAST_MONTH: _last_month,
    Fault.SILENT_REVISION: _silent_revision,
    Fault.UNIT_CHANGED: _unit_changed,
    Fault.THOUSANDS_SEPARATORS: _thousands_separators,
    Fault.NOT_A_NUMBER: _not_a_number,
    Fault.DUPLICATE_ROWS: _duplicate_rows,
    Fault.HALF_MONTH: _half_month,
    # The layout last: it changes the names by which the cells are found.
    Fault.COLUMN_MOVED: _column_moved,
    Fault.COLUMN_MISSING: _column_missing,
    Fault.HEADER_RENAMED: _header_renamed,
}


def spoil_text(body: bytes, active: frozenset[Fault], *, encoding: str = "utf-8") -> bytes:
    """The bytes of a text format with the faults that concern bytes: WRONG_ENCODING, CUT_SHORT."""
    if Fault.WRONG_ENCODING in active:
        body = body.decode(encoding).encode("utf-16" if encoding != "utf-8" else "gb18030", "replace")
    if Fault.CUT_SHORT in active:
        end = len(body) * 2 // 3
        # Never on a line's end, where only the control total would tell.
        body = body[: end - 1] if body[end - 1 : end] == b"\n" else body[:end]
    return body


def spoil_workbook(book: bytes, active: frozenset[Fault]) -> bytes:
    """A workbook (.xlsx) with WRONG_ENCODING: its parts are GB18030 and still say that they are UTF-8."""
    if Fault.WRONG_ENCODING not in active:
        return book
    spoilt = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as came,
        zipfile.ZipFile(spoilt, "w", zipfile.ZIP_DEFLATED) as goes,
    ):
        for member in came.infolist():
            # As other programs write it: a reference to a character (&#38738;) knows no encoding.
            text = re.sub(r"&#(\d{3,});", lambda found: chr(int(found[1])), came.read(member).decode("utf-8"))
            goes.writestr(zipfile.ZipInfo(member.filename), text.encode("gb18030"), zipfile.ZIP_DEFLATED)
    return spoilt.getvalue()


@cache
def zip_bomb() -> bytes:
    """A gzip body that unpacks to a thousand times its size."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    block = bytes(10_000_000)
    return b"".join(packer.compress(block) for _ in range(0, ZIP_BOMB_BYTES, len(block))) + packer.flush()
