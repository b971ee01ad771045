"""Readers: bytes to rows, one module per wire format, never per feed.

A reader is a module ``raw.readers.<format>`` with one function ``read(content, table, file_name) -> Rows``.
It copies text as written; whether the text is acceptable is decided by :func:`check_rows` for all formats.

A format whose files are too large for that offers ``read_into(extract, table, target) -> Read`` instead:
it streams the rows into the Parquet file ``target``, with the columns of :func:`write_part`, and checks
there what :func:`check_rows` checks here.
"""

from __future__ import annotations

import calendar
import importlib
import pkgutil
import re
import reprlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from raw.errors import BadInput, Problem

if TYPE_CHECKING:
    from raw.doors import Extract
    from raw.feed import Column, Table

NOBODY_SAYS = "nobody says its"
LAST_NUMBER = re.compile(r"(\d+)\D*$")
_PRINTED_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True)
class Rows:
    """What a reader found in one file.

    ``records`` hold the text verbatim by column name (``None`` where nothing stands); ``places`` says for
    each record where it stood ("row 17", "填报!E7"). ``scope`` is the part of the table this file replaces
    (``None`` means all of it). ``published_at`` is the date the file itself states. A file with
    ``not_before`` after the as-of date is not yet known then, and landing skips it. ``is_absent``: the file
    has no part for this table, so it says nothing of it, not even that there is nothing.
    """

    columns: list[str]
    records: list[dict[str, str | None]]
    places: list[str]
    scope: str | None = None
    published_at: str | None = None
    not_before: date | None = None
    is_absent: bool = False


@dataclass(frozen=True)
class Read:
    """What a download held, once its rows stand in a Parquet file: how many, and what :class:`Rows` says."""

    row_count: int
    scope: str
    published_at: str | None = None
    not_before: date | None = None
    is_absent: bool = False


class Reader(Protocol):
    """What a module of this package offers."""

    def read(self, content: bytes, table: Table, file_name: str) -> Rows:
        """Turn the bytes of one file into rows; raise ``BadInput`` where that cannot be done."""
        ...


class StreamingReader(Protocol):
    """What a module for large files offers."""

    def read_into(self, extract: Extract, table: Table, target: Path) -> Read:
        """Write the rows of a download to ``target``; raise ``BadInput`` where they may not be landed."""
        ...


def known_formats() -> list[str]:
    """Names of the formats there are: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def reads_before_facts(format_name: str) -> bool:
    """Whether a format is read before it is asked what is said beside the file: the streamed ones are not."""
    return format_name in known_formats() and not hasattr(_module(format_name, format_name), "read_into")


def read(format_name: str, content: bytes, table: Table, file_name: str) -> Rows:
    """Read ``content`` with the reader of the format; raise ``BadInput`` for an unknown format."""
    return cast(Reader, _module(format_name, file_name)).read(content, table, file_name)


def read_part(extract: Extract, table: Table, target: Path) -> Read:
    """Read a whole download, check it, and write its rows to the Parquet file ``target``.

    Raises ``BadInput`` with all that is wrong in it; the state of ``target`` is then nobody's concern.
    """
    module = _module(table.format, extract.name)
    if hasattr(module, "read_into"):
        return cast(StreamingReader, module).read_into(extract, table, target)
    rows = rows_of(extract, table)
    check_rows(rows, table, extract.name)
    write_part(rows, table, target)
    scope = scope_of(rows, table, extract.name)
    return Read(len(rows.records), scope, rows.published_at, rows.not_before, rows.is_absent)


def rows_of(extract: Extract, table: Table) -> Rows:
    """The rows of all files of a download, with what was said beside them in the columns of ``facts``."""
    module = _module(table.format, extract.name)
    if not hasattr(module, "read"):
        return _streamed(cast(StreamingReader, module), extract, table)
    reader = cast(Reader, module)
    found = [(one.name, reader.read(one.content, table, one.name)) for one in extract.originals]
    for name, rows in found:
        _check_texts(rows, name)
    _check_said(module, extract, table)
    rows = found[0][1] if len(found) == 1 else _joined(found)
    return _with_facts(rows, extract.facts, table, extract.name)


def _check_texts(rows: Rows, where: str) -> None:
    """Refuse what is no text, as a list or a number that stood in a JSON where a word was expected."""
    problems = [
        Problem(
            where=f"{where}, {place}, column {name}",
            found=f"{type(cell).__name__} {reprlib.repr(cell):.60}",
            expected="text",
            remedy="fetch it again; if it stays, the publisher changed the layout: adapt raw/readers",
        )
        for record, place in zip(rows.records, rows.places, strict=True)
        for name, cell in record.items()
        if cell is not None and not isinstance(cell, str)
    ]
    if problems:
        raise BadInput(problems)


def _check_said(module: ModuleType, extract: Extract, table: Table) -> None:
    """Hold what people said beside a file against what it says of itself, where its format can say anything.

    A reader that can has ``said_problems(content, facts, file_name)``. What a door itself read off a page is
    not asked again.
    """
    if extract.said_in is None or not hasattr(module, "said_problems"):
        return
    check_facts(extract.facts, table, extract.name)
    problems = [
        problem
        for one in extract.originals
        for problem in module.said_problems(one.content, extract.facts, one.name)
    ]
    if problems:
        raise BadInput(problems)


def _streamed(reader: StreamingReader, extract: Extract, table: Table) -> Rows:
    """The rows of a format for large files, by way of the Parquet file it writes."""
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "part.parquet"
        read = reader.read_into(extract, table, target)
        found = pq.read_table(target).to_pylist()
    records = [{name: row[name] for name in table.columns} for row in found]
    places = [row["_place"] for row in found]
    return Rows(list(table.columns), records, places, read.scope, read.published_at, read.not_before)


def _module(format_name: str, where: str) -> ModuleType:
    if format_name not in known_formats():
        raise BadInput.one(
            where=f"{where}, key format",
            found=repr(format_name),
            expected=f"one of {', '.join(known_formats())}",
            remedy="correct the key `format`, or add the module raw/readers/<format>.py",
        )
    return importlib.import_module(f"raw.readers.{format_name}")


def _joined(found: list[tuple[str, Rows]]) -> Rows:
    """The rows of the parts of one download; a place names its part."""
    (first_name, first), *others = found
    for name, rows in others:
        if rows.columns != first.columns:
            raise BadInput.one(
                where=f"{name}, header",
                found=", ".join(rows.columns),
                expected=f"{', '.join(first.columns)}, as in {first_name}",
                remedy="download all parts again with the same choices",
            )
    return replace(
        first,
        records=[record for _, rows in found for record in rows.records],
        places=[f"{name}, {place}" for name, rows in found for place in rows.places],
    )


def _with_facts(rows: Rows, facts: Mapping[str, str], table: Table, where: str) -> Rows:
    check_facts(facts, table, where)
    said = {name: facts[name] for name in table.facts}
    _check_agreement(rows, said, where)
    columns = [*rows.columns, *(name for name in said if name not in rows.columns)]
    return replace(rows, columns=columns, records=[{**record, **said} for record in rows.records])


def _check_agreement(rows: Rows, said: Mapping[str, str], where: str) -> None:
    """Refuse a file that says of itself something else than was said beside it: mostly another month's."""
    problems = [
        Problem(
            where=f"{where}, column {name}",
            found=f"{', '.join(others)} in the file",
            expected=f"{fact}, as was said beside it",
            remedy="download it again for the right period, or correct what is said beside it",
        )
        for name, fact in said.items()
        if (
            others := sorted({text for record in rows.records if (text := record.get(name)) and text != fact})
        )
    ]
    if problems:
        raise BadInput(problems)


def check_facts(facts: Mapping[str, str], table: Table, where: str) -> None:
    """Refuse a download without what its file does not say of itself, or with a fact not as declared."""
    problems = [
        Problem(
            where=where,
            found=f"{NOBODY_SAYS} {name}",
            expected=f"{name}, which does not stand in the file: {table.columns[name].description_en}",
            remedy=f"write it into the sidecar {where}.facts.json, or give --set {name}=…",
        )
        for name in table.facts
        if not facts.get(name)
    ]
    problems += [
        Problem(f"{where}, {name}", repr(said), expected, "correct what is said beside the file")
        for name in table.facts
        if (said := facts.get(name)) and (expected := expectation(said, table.columns[name]))
    ]
    if problems:
        raise BadInput(problems)


def write_part(rows: Rows, table: Table, target: Path) -> None:
    """Write every declared column as text, verbatim, and where each row stood, as Parquet."""
    # Here, and not above: the DAG files import this package, and the scheduler parses them all day long.
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        name: pa.array([record.get(name) for record in rows.records], pa.string()) for name in table.columns
    }
    columns["_row_number"] = pa.array(
        [_row_number(place, position) for position, place in enumerate(rows.places, start=1)], pa.int64()
    )
    columns["_place"] = pa.array(rows.places, pa.string())
    pq.write_table(pa.table(columns), target, compression="zstd")


def _row_number(place: str, position: int) -> int:
    """Row that a place names ("row 17" → 17, "填报!E7" → 7), else the position in the file."""
    number = LAST_NUMBER.search(place)
    return int(number.group(1)) if number else position


# ASCII throughout: \d alone would let full-width digits through, which the store does not take for numbers.
# SDMX 2.1, section 4.2.2 to 4.2.6: the observational time periods this house uses.
PERIOD = re.compile(r"\d{4}(-S[12]|-Q[1-4]|-(0[1-9]|1[0-2])|-W(0[1-9]|[1-4]\d|5[0-3]))?", re.ASCII)
DECIMAL = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?", re.ASCII)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A code is one line of printable text without leading, trailing or inner blanks.
CODE = re.compile(r"[^\s\x00-\x1f\x7f]+")
# What staging stores: decimal(24, 6), so eighteen digits before the point.
INTEGER_DIGITS = 18


def check_rows(rows: Rows, table: Table, where: str) -> None:
    """Hold what was read against what the feed declares; raise ``BadInput`` with all problems found.

    Checked: the header (missing, unknown, repeated columns), mandatory cells, decimals, dates, periods,
    codes, patterns, that no key stands twice, and the rows there must be. ``where`` names the file in the
    messages.
    """
    problems = list(_header_problems(rows, table, where))
    if not problems:
        problems = [
            *_cell_problems(rows, table, where),
            *_duplicates(rows, table, where),
            *_missing_rows(rows, table, where),
        ]
    if problems:
        raise BadInput(problems)


def _header_problems(rows: Rows, table: Table, where: str) -> Iterator[Problem]:
    expected = ", ".join(table.columns)
    for name in table.columns:
        if name not in rows.columns:
            yield Problem(
                where=f"{where}, header",
                found=f"no column {name!r}",
                expected=f"the columns {expected}",
                remedy="ask the publisher for it, or declare the new layout in the feed file",
            )
    for name in rows.columns:
        if name not in table.columns:
            yield Problem(
                where=f"{where}, header",
                found=f"an unknown column {name!r}",
                expected=f"the columns {expected}",
                remedy="declare the column in the feed file, or remove it from the file",
            )
    for name in sorted({name for name in rows.columns if rows.columns.count(name) > 1}):
        yield Problem(f"{where}, header", f"column {name!r} more than once", "it once", "remove one of them")


def _cell_problems(rows: Rows, table: Table, where: str) -> Iterator[Problem]:
    for record, place in zip(rows.records, rows.places, strict=True):
        for name, column in table.columns.items():
            text = record.get(name)
            expected = expectation(text, column)
            if expected:
                yield Problem(
                    where=f"{where}, {place}, column {name}",
                    found="nothing" if not text else repr(text),
                    expected=expected,
                    remedy="correct the cell and send the file again; nothing of it was landed",
                )


def expectation(text: str | None, column: Column) -> str | None:
    """What was expected of a cell that fails; ``None`` for one that is as declared."""
    if not text or text in column.missing:
        return "a value: the column is mandatory" if column.required else None
    if column.thousands and not GROUPED.fullmatch(text):
        return "a number with a comma before every three digits, as in 639,240,426"
    if column.type == "decimal" and not _is_storable(text.replace(",", "") if column.thousands else text):
        return f"a number as in 4691.85, at most {INTEGER_DIGITS} digits before the point, no thousands mark"
    if column.type == "date" and not is_date(text):
        return "a date as in 2022-12-31"
    if column.type == "period" and not PERIOD.fullmatch(text):
        return "a period as in 2022, 2022-Q4 or 2022-12"
    if column.type == "code" and not CODE.fullmatch(text):
        return "a code without blanks"
    if column.pattern and not re.fullmatch(column.pattern, text, re.ASCII):
        return f"text of the pattern {column.pattern}"
    return None


def _is_storable(text: str) -> bool:
    if not DECIMAL.fullmatch(text):
        return False
    number = Decimal(text)
    return number == 0 or number.adjusted() < INTEGER_DIGITS


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar written as in 2022-12-31."""
    try:
        return bool(ISO_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def last_day_meant(printed: str) -> date | None:
    """The last day that a printed day, month or year may mean; ``None`` where none of the three stands.

    2022-12-31 is itself, 2022-02 the 28th of February, 2022 the 31st of December; 2022-13 is none.
    """
    match = _PRINTED_DAY.fullmatch(printed)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2] or 12)
    try:
        return date(year, month, int(match[3] or calendar.monthrange(year, month)[1]))
    except ValueError:
        return None


def last_day_of(period: str) -> date | None:
    """The last day of a period as this house writes them, or of a day; ``None`` for any other text."""
    if is_date(period):
        return date.fromisoformat(period)
    if not PERIOD.fullmatch(period):
        return None
    year, _, part = period.partition("-")
    if part.startswith("W"):
        # A year without a 53rd week has none that could end.
        return _last_day_of_week(int(year), int(part[1:]))
    months = {"S": 6, "Q": 3}.get(part[:1])
    month = int(part[1:]) * months if months else int(part or 12)
    return last_day_meant(f"{year}-{month:02d}")


def _last_day_of_week(year: int, week: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, 7)
    except ValueError:
        return None


def _duplicates(rows: Rows, table: Table, where: str) -> Iterator[Problem]:
    first: dict[tuple[str | None, ...], str] = {}
    for record, place in zip(rows.records, rows.places, strict=True):
        key = tuple(record.get(name) for name in table.key)
        if key in first:
            said = ", ".join(f"{name}={value}" for name, value in zip(table.key, key, strict=True))
            yield Problem(
                where=f"{where}, {place}",
                found=f"a duplicate period: {said} stands in {first[key]} already",
                expected=f"one row for each {' × '.join(table.key)}",
                remedy="decide which of the two rows is right and remove the other",
            )
        first.setdefault(key, place)


def _missing_rows(rows: Rows, table: Table, where: str) -> Iterator[Problem]:
    """What a file always has and this one has not; a file without rows is for others to judge."""
    if table.must_have is None:
        return
    column, of_each = table.must_have.column, table.must_have.of_each
    found: dict[str | None, set[str | None]] = {}
    for record in rows.records:
        found.setdefault(record.get(of_each), set()).add(record.get(column))
    for each, values in found.items():
        missing = [value for value in table.must_have.values if value not in values]
        if missing:
            yield Problem(
                where=f"{where}, {of_each}={each}",
                found=f"no row of {', '.join(missing)}",
                expected=f"rows of {', '.join(table.must_have.values)} in column {column}, as always",
                remedy="fetch it again: it looks cut off, or filtered. If the publisher left the row out, "
                "correct `must_have` in the feed file",
            )


def scope_of(rows: Rows, table: Table, where: str) -> str:
    """Name the part of the table a file replaces: "all", or ``PLAN_ID=P|UNIT_ID=U01|RETURN_MONTH=2022-12``.

    The reader's own word counts; else the values of the declared scope columns, which must be the same
    in every row. Raises ``BadInput`` where they are not, or where there is no row to tell.
    """
    if rows.scope is not None:
        return rows.scope
    if not table.scope_columns:
        return "all"
    if not rows.records:
        raise BadInput.one(
            where=where,
            found="no rows",
            expected=f"at least one row, which says {' × '.join(table.scope_columns)}",
            remedy="look whether the publisher really withdrew everything; an empty file is mostly a fault",
        )
    found = {tuple(record.get(name) or "" for name in table.scope_columns) for record in rows.records}
    if len(found) != 1:
        raise BadInput.one(
            where=where,
            found=f"{len(found)} values of {' × '.join(table.scope_columns)}: {_some(found)}",
            expected="one in a file: a file replaces one part of the table",
            remedy="split the file, or declare `scope: all` if every file holds the whole table",
        )
    return "|".join(f"{name}={value}" for name, value in zip(table.scope_columns, found.pop(), strict=True))


def _some(values: set[tuple[str, ...]], limit: int = 5) -> str:
    said: Sequence[str] = [" × ".join(value) for value in sorted(values)]
    return ", ".join(said[:limit]) + (", …" if len(said) > limit else "")
