"""Trade totals of regions as a workbook: a sheet for each region, a row for each month.

Columns are called ``<item>_<measure>``: 进出口_当月, 进出口_当月同比, 进出口_年初至今,
进出口_年初至今同比, the same of 出口 and 进口, and of whatever part of the total the release tells
(一般贸易_年初至今). That is the shape in which third parties pass the customs' table (8) on; above it stand a
title that says the edition (人民币值, 美元值), and the unit. Every figure becomes a row of its own; an empty
cell or "-" is no figure; a formula counts by the value saved with it, and without one it is refused.

Refused as a whole, because then it is not known which figure is wrong: exports and imports that do not add
up to the total, national imports above exports (see :func:`_mirrored`), a value below zero, and a title of
another period or area than its rows and sheet.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from raw import xlsx
from raw.doors import Extract
from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Read, Rows, check_rows, rows_of, scope_of, write_part
from raw.title_period import names_a_year, title_period

TIME = "时间"
TOTAL, EXPORT, IMPORT = "进出口", "出口", "进口"
MEASURES = ("当月", "当月同比", "年初至今", "年初至今同比")
NATION = "全国"
UNITS = {"人民币值": "亿元", "美元值": "亿美元"}
# The compilation that goes round, 13 sheets of 18 months, has 33 KB.
LIMITS = xlsx.Limits(max_bytes=5_000_000, max_unpacked=40_000_000, max_members=200)
# A plan period of months, and four measures of every part of the total that releases tell.
EXTENT = xlsx.Extent(max_rows=500, max_columns=200)
COLUMNS = ["AREA", "EDITION", "UNIT", "TIME", "ITEM", "MEASURE", "VALUE"]
# The first quarter is the shortest period in which the nation is known never to have imported more.
FIRST_TELLING_MONTH = 3
Cell = dict[tuple[str, str], str]
# The areas that a title names, the last one being what it is about: 青岛市西海岸新区 is the district's.
_AREA = re.compile(r"全国|[一-鿿]+?(?:省|新区|区|市|县)")
_NOTE = re.compile(r"(注|备注|说明|资料来源|数据来源)")


@dataclass(frozen=True)
class _Line:
    """One row of a sheet: its figures by item and measure, and the columns they stand in."""

    sheet: str
    number: int
    time: str
    figures: Cell
    columns: dict[tuple[str, str], str]


def read_into(extract: Extract, table: Table, target: Path) -> Read:
    """Read, check and write as any small format; the listed period must be the one in the workbook."""
    rows = rows_of(extract, table)
    check_rows(rows, table, extract.name)
    listed = extract.facts.get("LISTED_PERIOD")
    inside = {record["TIME"] for record in rows.records}
    if listed and inside - {listed}:
        raise BadInput.one(
            extract.name,
            f"figures of {', '.join(sorted(str(time) for time in inside))}",
            f"{listed}, as its page says",
            "another month's file stands in its place: ask the publisher, pull again",
        )
    write_part(rows, table, target)
    return Read(len(rows.records), scope_of(rows, table, extract.name), extract.published_at)


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Every figure of every sheet as a row; raises ``BadInput`` with all that is wrong in the workbook."""
    records: list[dict[str, str | None]] = []
    places: list[str] = []
    problems: list[Problem] = []
    for sheet, found in _sheets(content, file_name).items():
        try:
            said, lines = _lines(sheet, found, file_name)
        except BadInput as error:
            problems += error.problems
            continue
        problems += [
            *said.problems,
            *_another_title(said.title, sheet, lines, file_name),
            *_below_zero(lines, file_name),
            *_does_not_add_up(lines, file_name),
            *_mirrored(lines, file_name),
        ]
        for line in lines:
            for (item, measure), value in line.figures.items():
                about = (sheet, said.edition, said.unit, line.time, item, measure, value)
                records.append(dict(zip(COLUMNS, about, strict=True)))
                places.append(f"{sheet}!{line.columns[item, measure]}{line.number}")
    if not records and not problems:
        expected = f"a row of figures below {TIME}"
        problems.append(
            Problem(file_name, "no figure in any sheet", expected, "ask the publisher for the table")
        )
    if problems:
        raise BadInput(problems)
    return Rows(COLUMNS, records, places)


def _sheets(content: bytes, file_name: str) -> dict[str, xlsx.Sheet]:
    xlsx.check_container(content, file_name, LIMITS, "ask the publisher for the table alone")
    return xlsx.sheet_values(content, file_name, EXTENT)


@dataclass(frozen=True)
class _Said:
    """What stands above a table: its title, the edition and the unit of its values."""

    title: str
    edition: str | None
    unit: str | None
    problems: list[Problem]


def _lines(sheet: str, found: xlsx.Sheet, file_name: str) -> tuple[_Said, list[_Line]]:
    from openpyxl.utils import get_column_letter

    cells = found.rows
    at = next((number for number, row in enumerate(cells) if TIME in row), None)
    where = f"{file_name}, {sheet}"
    if at is None:
        raise BadInput.one(where, f"no column {TIME!r}", "a table with it", "look at the file")
    header = [str(cell) if cell is not None else "" for cell in cells[at]]
    keys = [_key(name) for name in header]
    lines, problems = [], [*_header_problems(header, where), *_merged_problems(found, at + 1, where)]
    for number, row in enumerate(cells[at + 1 :], start=at + 2):
        texts = [text for cell in row if (text := _text(cell))]
        if len(texts) == 1 and _NOTE.match(texts[0]):
            continue
        told = {}
        for column, (name, key, cell) in enumerate(zip(header, keys, row, strict=True), start=1):
            text, letter = _text(cell), get_column_letter(column)
            if text in ("", "-"):
                continue
            if not name:
                problems.append(_nameless(f"{file_name}, {sheet}!{letter}{number}", text))
            elif key:
                told[key] = (text, letter)
        if told:
            figures = {key: text for key, (text, _) in told.items()}
            letters = {key: letter for key, (_, letter) in told.items()}
            lines.append(_Line(sheet, number, _text(row[header.index(TIME)]), figures, letters))
    if problems:
        raise BadInput(problems)
    return _said(cells[:at], where), lines


def _nameless(where: str, text: str) -> Problem:
    """What stands below an empty header: left out, the release would withdraw a figure without a word."""
    return Problem(
        where,
        f"空表头之下有 / {text!r} below an empty header",
        "每个数字上方有列名 / a header above every figure",
        "补上列名，或删去表外内容 / write its header, or remove what is no part of the table; send that",
    )


def _merged_problems(found: xlsx.Sheet, header_row: int, where: str) -> Iterator[Problem]:
    """Merged ranges in header and rows: all but the first of their cells have lost what stood in them."""
    for area in found.merged:
        anchor = next((text for cell in found.rows[area.first_row - 1] if (text := _text(cell))), "")
        if area.last_row >= header_row and not _NOTE.match(anchor):
            yield Problem(
                f"{where}!{area.name}",
                "合并的单元格 / a merged range in the table",
                "每个列名、每个数字各占一格 / a cell of its own for every header and figure",
                "take the publisher's own file, or unmerge the cells and fill in what its page shows",
            )


def _key(name: str) -> tuple[str, str] | None:
    item, _, measure = name.rpartition("_")
    return (item, measure) if item and measure in MEASURES else None


def _header_problems(header: list[str], where: str) -> Iterator[Problem]:
    mandatory = f"{TOTAL}_年初至今"
    remedy = "ask the publisher whether the layout changed"
    if mandatory not in header:
        yield Problem(f"{where}, header", f"no column {mandatory!r}", "the year to date of the total", remedy)
    for name in header:
        if name and name != TIME and _key(name) is None:
            expected = f"names like {mandatory}, ending in {', '.join(MEASURES)}"
            yield Problem(f"{where}, header", f"an unknown column {name!r}", expected, remedy)
        elif name and header.count(name) > 1:
            yield Problem(f"{where}, header", f"column {name!r} more than once", "it once", remedy)


def _said(above: list[list[Any]], where: str) -> _Said:
    text = " ".join(str(cell) for row in above for cell in row if cell is not None)
    edition = next((edition for edition in UNITS if edition in text), None)
    unit = re.search(r"单位：(\S+)", text)
    problems = []
    if edition is None:
        problems.append(
            Problem(where, "no title with the edition", " or ".join(UNITS), "take the publisher's own file")
        )
    expected = UNITS.get(edition or "", "亿元")
    if unit is None or unit[1] != expected:
        found = f"unit {unit[1]}" if unit else "no unit above the table"
        problems.append(
            Problem(where, found, f"{expected}, as always in this edition", "ask the publisher for the unit")
        )
    return _Said(text, edition, unit[1] if unit else None, problems)


def _another_title(title: str, sheet: str, lines: list[_Line], file_name: str) -> Iterator[Problem]:
    """The title says the period that the last row is about, and the area of the sheet, where it says any."""
    where = f"{file_name}, {sheet}, title"
    period = title_period(title)
    remedy = "take the publisher's own file; title and rows are of two tables, or one of them is wrong"
    if period is None and names_a_year(title):
        yield Problem(
            where,
            f"a period that is not understood in {title[:60]!r}",
            "a title as in 2021年1-7月, from January on, or of one month or a year",
            "look at the file: its rows are held against what its title says; adapt raw/title_period.py",
        )
    last = max((line.time for line in lines), default=None)
    # The year to date of a December is its year's.
    if period and last is not None and last not in (period.month_or_year, f"{period.month_or_year}-12"):
        found = f"{period.printed} ({period.month_or_year}) above rows to {last}"
        yield Problem(where, found, "the period of the last row", remedy)
    words = re.sub(r"\s", "", unicodedata.normalize("NFKC", title))
    areas = _AREA.findall(words.replace(period.printed, " ") if period else words)
    if areas and not areas[-1].endswith(sheet):
        yield Problem(where, areas[-1], f"{sheet}, as the sheet is called", remedy)


def _below_zero(lines: list[_Line], file_name: str) -> Iterator[Problem]:
    """Rates fall below zero, values never do."""
    for line in lines:
        for (item, measure), text in line.figures.items():
            value = _number(text)
            if not measure.endswith("同比") and value is not None and value < 0:
                yield Problem(
                    f"{file_name}, {line.sheet}!{line.columns[item, measure]}{line.number}",
                    f"{item}_{measure} {text}",
                    "no value below zero",
                    "ask the publisher for the figure; nothing of the file was landed",
                )


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return None  # said by the check of every cell
    # NaN compares with nothing; it is said there too.
    return number if number is not None and number.is_finite() else None


def _does_not_add_up(lines: list[_Line], file_name: str) -> Iterator[Problem]:
    """Exports and imports are the total, but for one and a half of the last digit printed."""
    for line in lines:
        for measure in ("当月", "年初至今"):
            parts = [_number(line.figures.get((item, measure))) for item in (EXPORT, IMPORT, TOTAL)]
            if any(part is None for part in parts):
                continue
            exported, imported, total = (part for part in parts if part is not None)
            printed = max(int(part.as_tuple().exponent) for part in (exported, imported, total))
            if abs(exported + imported - total) > Decimal("1.5").scaleb(printed):
                yield Problem(
                    f"{file_name}, {line.sheet}, row {line.number}, {measure}",
                    f"exports {exported} and imports {imported}, together {exported + imported}",
                    f"the total {total}",
                    "ask the publisher which of the three is right; nothing of the file was landed",
                )


def _mirrored(lines: list[_Line], file_name: str) -> Iterator[Problem]:
    """National imports above exports: the columns are exchanged.

    China exported more than it imported in every year since 1994, and in every first quarter of the plan
    periods covered here. In January and February 2024 exports were 3.75 and imports 2.86 trillion yuan
    (customs, March 2024), while a compilation that goes round says 375232407 万元 of imports and 286146269 of
    exports.
    """
    for line in lines:
        month = re.fullmatch(r"\d{4}-(\d{2})", line.time)
        exported, imported = (_number(line.figures.get((item, "年初至今"))) for item in (EXPORT, IMPORT))
        if line.sheet != NATION or not month or exported is None or imported is None:
            continue
        if int(month[1]) >= FIRST_TELLING_MONTH and imported > exported:
            yield Problem(
                f"{file_name}, {line.sheet}, row {line.number}",
                f"national imports of {imported} above exports of {exported} by {line.time}",
                "exports above imports, as in every year since 1994: 进口 and 出口 look exchanged",
                "take the publisher's own file; nothing of this one was landed",
            )
            return
