"""Reader of statistical tables in HTML: one row for each figure, whatever the order of the columns.

A table is understood by the words of its header, and only if its layout is one of :data:`LAYOUTS`: a column
that is new, renamed or gone is refused. What the table is about, and its unit where the header has none,
stand in the heading above it; of which period it is, the page says (a fact). Rows that are parts of another
row carry it as their parent, so that a sum over the rows without a parent counts nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bs4 import Tag

from raw.errors import BadInput, Problem
from raw.html_page import AGAIN, body_of, parsed, period_of_title, published_day, text_of, title_of
from raw.readers import Rows

if TYPE_CHECKING:
    from raw.feed import Table

COLUMNS = (
    "TABLE_NUMBER", "TABLE_HEADING", "LABEL_HEADER", "ROW_KEY", "ROW_LABEL", "PARENT_LABEL", "PRINTED_NUMBER",
    "COLUMN_HEADER", "MEASURE", "UNIT", "OBS_VALUE",
)  # fmt: skip
NUMBER, LABEL = "NUMBER", "LABEL"
# What a header's word means: LEVEL of the period, YTD since January, YOY_YTD growth of that, RANK.
MEANINGS = {
    "#": NUMBER, "序号": NUMBER, "指标": LABEL, "区市": LABEL, "新区": LABEL,
    "本期": "LEVEL", "累计": "YTD", "总量": "YTD", "增加值": "YTD", "排名": "RANK",
    "增长": "YOY_YTD", "累计增长": "YOY_YTD", "增速": "YOY_YTD",
}  # fmt: skip
LAYOUTS = (
    {NUMBER, LABEL, "总量", "增长"},
    {NUMBER, LABEL, "累计", "增长"},
    # The ranking by industrial value added, of which only the growth is published.
    {NUMBER, LABEL, "排名", "增加值"},
    {LABEL, "本期", "累计", "累计增长"},
    {LABEL, "累计", "增速"},
)
_IN_BRACKETS = re.compile(r"[（(](?:计量)?(?:单位[:：])?\s*([^（）()]*)[）)]?$")
_UNIT_ABOVE = re.compile(r"单位[:：]\s*([^\s）),，]+)")
_MIXED = "、"


@dataclass(frozen=True)
class _Column:
    """One column by its header: the word, what it means, and the unit it names."""

    header: str
    word: str
    unit: str | None

    @property
    def role(self) -> str:
        """What its cells are: a number of the row, its label, or a measure."""
        return MEANINGS[self.word]


@dataclass(frozen=True)
class _Line:
    """One row of a table: its cells by column, and of which row it is a part."""

    cells: list[Tag]
    label: str
    printed_number: str | None
    parent: str | None
    place: str

    @property
    def key(self) -> str:
        """Its label, after that of its parent: labels repeat under other parents."""
        return f"{self.parent}/{_closed(self.label)}" if self.parent else _closed(self.label)


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read all tables of a page, see :func:`read_tables`, and hold them against what the feed declares.

    ``rows`` and ``units`` of the door html_index say it; a page that somebody kept is held to them too.
    Raises ``BadInput`` for a row that is gone or lost its number, another unit, and an amount below zero.
    """
    rows = read_tables(content, file_name)
    declared = table.doors.get("html_index") or {}
    problems = list(
        _undeclared(rows.records, declared.get("rows") or {}, declared.get("units") or {}, file_name)
    )
    if problems:
        raise BadInput(problems)
    return rows


def _undeclared(
    records: list[dict[str, str | None]],
    rows: Mapping[str, list[str]],
    units: Mapping[str, str],
    file_name: str,
) -> Iterator[Problem]:
    """Where tables are not as declared: ``rows`` by the header of the labels, ``units`` by the heading."""
    for number in dict.fromkeys(record["TABLE_NUMBER"] for record in records):
        table = [record for record in records if record["TABLE_NUMBER"] == number]
        where, heading = f"{file_name}, table {number}", table[0]["TABLE_HEADING"] or ""
        # A row that lost its number is a part of the one above, and in no sum any more.
        wholes = [record["ROW_LABEL"] or "" for record in table if not record["PARENT_LABEL"]]
        needed = rows.get(table[0]["LABEL_HEADER"] or "", [])
        missing = [label for label in needed if not any(whole.startswith(label) for whole in wholes)]
        if missing:
            found = f"no numbered row of {', '.join(missing)}"
            yield Problem(where, found, f"rows of {', '.join(needed)}", AGAIN)
        expected = units.get(heading)
        amounts = [record for record in table if expected and record["MEASURE"] in ("LEVEL", "YTD")]
        others = sorted({str(record["UNIT"]) for record in amounts} - {str(expected)})
        if others:
            yield Problem(where, f"{heading} in {', '.join(others)}", f"{expected}, as always", AGAIN)
        for record in amounts:
            if (record["OBS_VALUE"] or "").startswith("-"):
                found = f"{heading} of {record['ROW_LABEL']} {record['OBS_VALUE']}"
                yield Problem(where, found, "no amount below zero", AGAIN)


def said_problems(content: bytes, facts: Mapping[str, str], file_name: str) -> Iterator[Problem]:
    """Where the facts said beside a kept page are not what the page, or its own title, says.

    A part of a page without title and day says nothing against them.
    """
    page = parsed(content, file_name)
    correct = "look at the page, and correct what is said beside the file"
    title, day = title_of(page), published_day(page)
    if title and title != facts["PAGE_TITLE"]:
        yield Problem(
            f"{file_name}, PAGE_TITLE", repr(facts["PAGE_TITLE"]), f"{title!r}, as in the page", correct
        )
    if day and day != facts["PUBLISHED_DATE"]:
        yield Problem(
            f"{file_name}, PUBLISHED_DATE", facts["PUBLISHED_DATE"], f"{day}, as in the page", correct
        )
    for named in dict.fromkeys((facts["PAGE_TITLE"], title)):
        period = period_of_title(named)
        if period not in (None, facts["REFERENCE_PERIOD"]):
            yield Problem(
                f"{file_name}, REFERENCE_PERIOD",
                facts["REFERENCE_PERIOD"],
                f"{period}, as in the title {named!r}",
                correct,
            )


def read_tables(content: bytes, file_name: str) -> Rows:
    """Read all tables of a page, numbered from 1; an empty cell is no figure.

    Raises ``BadInput`` for a layout nobody declared, a figure without a unit, cells without a header.
    """
    tables = body_of(parsed(content, file_name)).find_all("table")
    found = [
        figure
        for number, element in enumerate(tables, start=1)
        for figure in _figures(element, number, file_name)
    ]
    return Rows(list(COLUMNS), [record for record, _ in found], [place for _, place in found])


def _figures(table: Tag, number: int, where: str) -> list[tuple[dict[str, str | None], str]]:
    first, *rest = [_cells(row) for row in table.find_all("tr")]
    columns = _header(first, f"{where}, table {number}")
    heading = _heading(table)
    label_header = next(column.word for column in columns if column.role == LABEL)
    found = []
    for line in _lines(rest, columns, number, where):
        for column, cell in zip(columns, line.cells, strict=True):
            text = text_of(cell)
            if column.role in (NUMBER, LABEL) or not text:
                continue
            value, unit, measure = _measured(text, column, line, heading, f"{where}, {line.place}")
            cells = (
                str(number), heading or None, label_header, line.key, line.label, line.parent,
                line.printed_number, column.header, measure, unit, value,
            )  # fmt: skip
            found.append((dict(zip(COLUMNS, cells, strict=True)), line.place))
    return found


def _cells(row: Tag) -> list[Tag]:
    return row.find_all(["td", "th"], recursive=False)


def _header(cells: list[Tag], where: str) -> list[_Column]:
    columns = [_column(text_of(cell), where) for cell in cells]
    words = {column.role if column.role in (NUMBER, LABEL) else column.word for column in columns}
    if words not in LAYOUTS or len(words) != len(columns):
        raise BadInput.one(
            where=f"{where}, header",
            found=", ".join(column.header for column in columns),
            expected="one of " + "; ".join(", ".join(sorted(layout)) for layout in LAYOUTS),
            remedy="look at the page: a column is gone or new; declare it in raw/readers/html_table.py",
        )
    return columns


def _column(header: str, where: str) -> _Column:
    bracket = _IN_BRACKETS.search(header)
    word = _IN_BRACKETS.sub("", header).strip()
    percent = word.endswith("%")
    word = word.removesuffix("%").strip()
    if word not in MEANINGS:
        raise BadInput.one(
            where=f"{where}, header",
            found=f"a column {header!r}",
            expected=f"one of {', '.join(MEANINGS)}",
            remedy="look at the page: a renamed column must be declared in raw/readers/html_table.py",
        )
    return _Column(header, word, "%" if percent else bracket[1] if bracket else None)


def _heading(table: Tag) -> str:
    """What stands above the table: its caption, what its body names, or the paragraph or title before it."""
    caption = table.find("caption")
    if caption is not None:
        return text_of(caption)
    named = table.select_one("[itemname]")
    if named is not None:
        return str(named["itemname"])
    before = table.find_previous_sibling(["p", "h1", "h2", "h3", "h4", "div"])
    return text_of(before) if before is not None else ""


def _lines(rows: list[list[Tag]], columns: list[_Column], number: int, where: str) -> list[_Line]:
    """The rows below the header, each with its parent.

    With a column of numbers, a row without one is a part of the last that has one; else the rows marked as
    labels of their own (class row-label) are the parents of those that are not.
    """
    roles = [column.role for column in columns]
    labels = [cells[roles.index(LABEL)] for cells in rows if len(cells) == len(columns)]
    is_marked = any("row-label" in (label.get("class") or []) for label in labels)
    lines: list[_Line] = []
    parent: str | None = None
    for position, cells in enumerate(rows, start=1):
        place = f"table {number}, row {position}"
        if len(cells) != len(columns) or any(cell.get("colspan") or cell.get("rowspan") for cell in cells):
            raise BadInput.one(
                f"{where}, {place}", f"{len(cells)} cells", f"{len(columns)} plain ones", AGAIN
            )
        label = cells[roles.index(LABEL)]
        printed = text_of(cells[roles.index(NUMBER)]) if NUMBER in roles else ""
        is_unmarked = is_marked and "row-label" not in (label.get("class") or [])
        is_part = not printed if NUMBER in roles else is_unmarked
        if is_part and parent is None:
            raise BadInput.one(
                f"{where}, {place}",
                f"{text_of(label)!r}, a part, with no row above it that it could be a part of",
                "a whole first: a row with its number, or one marked as a label of its own",
                "look at the page: a row is gone, or lost its number; as a whole it would be counted twice",
            )
        lines.append(_Line(cells, text_of(label), printed or None, parent if is_part else None, place))
        if not is_part:
            parent = text_of(label)
    return lines


def _measured(
    text: str, column: _Column, line: _Line, heading: str, where: str
) -> tuple[str, str | None, str]:
    """Value, unit and measure of a cell."""
    value, is_percent = text.removesuffix("%").strip(), text.endswith("%")
    if column.word == "增加值" and is_percent:
        return value, "%", "YOY_YTD"
    if column.role == "RANK":
        return value, None, "RANK"
    unit = "%" if is_percent else column.unit or _unit_above(heading)
    if unit is not None and _MIXED in unit:
        unit = _own_unit(line.label, unit)
    if unit is None or (column.role == "YOY_YTD") != (unit == "%"):
        raise BadInput.one(
            where=f"{where}, column {column.header}",
            found=f"{text!r} in {unit or 'no unit'}",
            expected="per cent" if column.role == "YOY_YTD" else "a unit, in the header or above the table",
            remedy="look at the page for the unit; a figure in a unit nobody names is not landed",
        )
    return value, unit, column.role


def _unit_above(heading: str) -> str | None:
    found = _UNIT_ABOVE.search(heading)
    return found[1] if found else None


def _own_unit(label: str, units: str) -> str:
    """Of several units of a column the one that the row's label names, else all of them as printed."""
    named = [unit for unit in units.split(_MIXED) if label.endswith((f"（{unit}）", f"({unit})"))]
    return named[0] if named else units


def _closed(label: str) -> str:
    """A label whose bracket nobody closed, closed: 国有企业（出口."""
    return f"{label}）" if label.count("（") > label.count("）") else label
