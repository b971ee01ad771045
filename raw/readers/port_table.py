"""The ministry's monthly port table (港口货物、集装箱吞吐量) as .xlsx, to one row for each port and figure.

Layouts, both from description, no genuine file was at hand: one sheet with a header of two levels (a group
as 货物吞吐量(万吨) over 自年初累计, 本月, 同比增速(%)), and one sheet a measure (the group is in its title).
Columns are located by the text of their headers, never by position. What the bytes are decides, not the name:
a PDF, an image and an old .xls are refused with what to do about them.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import get_column_letter

from raw import xlsx
from raw.errors import BadInput, Problem
from raw.readers import Read, Rows, check_rows, is_date, last_day_of, scope_of, write_part
from raw.title_period import names_a_year, title_period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raw.doors import Extract
    from raw.feed import Table

COLUMNS = (
    "TIME_PERIOD", "PERIOD_PRINTED", "PORT", "PORT_PRINTED", "ROW_KIND", "MEASURED", "MEASURE", "OBS_VALUE",
    "UNIT", "ATTACHMENT", "UPLOADED_DATE", "SOURCE_TITLE", "PUBLISHER", "PUBLISHED_DATE", "SOURCE_URL",
)  # fmt: skip
# The one file whose size is known has 79 KB.
LIMITS = xlsx.Limits(max_bytes=5_000_000, max_unpacked=40_000_000, max_members=200)
EXTENT = xlsx.Extent(max_rows=2_000, max_columns=60)

_TRANSCRIBE = (
    "transcribe it into raw/inbox/port_throughput/transcriptions_….csv, have it reviewed, and name its page "
    "under `transcribed` in raw/feeds/port_throughput.yml; or drop the table as .xlsx"
)
# First bytes → what it is, and what to do.
_OTHER_KINDS = (
    (b"%PDF-", "a PDF", _TRANSCRIBE),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", _TRANSCRIBE),
    (b"\xff\xd8\xff", "a JPEG image", _TRANSCRIBE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old .xls (OLE2), or a workbook with a password", _TRANSCRIBE),
)
_AGAIN = "pull again; if it stays, open the address in a browser: it may be a page of maintenance or login"
_LAYOUT = "the ministry changed its table: compare with the page, adapt raw/readers/port_table.py, pull again"

# Described with fifteen digits after the day; the true names have twelve.
_ATTACHMENT = re.compile(r"P0(\d{4})(\d{2})(\d{2})\d{12,15}", re.ASCII)
# What is measured, by the words of its header; the longer word first, because it holds the shorter.
_MEASURED = {
    "外贸货物": "CARGO_FOREIGN",
    "外贸吞吐量": "CARGO_FOREIGN",
    "集装箱": "CONTAINER",
    "货物": "CARGO",
}
_UNITS = {"CARGO": ("万吨", "亿吨"), "CARGO_FOREIGN": ("万吨", "亿吨"), "CONTAINER": ("万TEU",)}
_UNIT_NAMES = {"万标箱": "万TEU", "万标准箱": "万TEU"}
_TOTALS = {"全国总计": "NATION", "沿海合计": "COASTAL", "内河合计": "INLAND"}
_TOTAL_NAMES = {"全国合计": "全国总计"}
# Units of cargo in 万吨, to hold a figure in one against a figure in the other.
_SIZE = {"亿吨": 10_000}
# The one province of which a figure is used, and its ports of the coast, as the ministry names them.
_SHANDONG = "山东合计"
_PORTS_OF_SHANDONG = ("青岛", "日照", "烟台", "威海", "潍坊", "东营", "滨州")
# Places whose own name ends in 港.
_PLACES = ("连云港", "张家港", "防城港")
_LABEL = ("港口", "港口名称", "港名")
_NOTE = re.compile(r"^(注|备注|说明|资料来源|数据来源)")
_EMPTY = {"", "-", "--", "—", "——", "－", "…", "/"}


@dataclass(frozen=True)
class _Cell:
    """A cell by its place ("货物吞吐量!B5"), value and openpyxl's kind (n, s, d, b, e, f).

    ``is_merged``: it is part of a merged range, and holds what stands in the first cell of that.
    """

    place: str
    value: Any
    kind: str
    number_format: str
    is_merged: bool

    @property
    def words(self) -> str:
        """Its text for comparing: full-width forms made narrow, blanks gone."""
        return "" if self.value is None else _squeezed(str(self.value))


@dataclass(frozen=True)
class _Figures:
    """One column of figures: what is measured, how (YTD, LEVEL, YOY, …), and in which unit."""

    position: int
    measured: str
    measure: str
    unit: str


@dataclass(frozen=True)
class _Said:
    """A throughput in 万吨 or 万TEU, and as it is printed."""

    size: Decimal
    printed: str


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read the table as far as the file itself tells; what its page says stays empty.

    Raises ``BadInput`` for what is no .xlsx, for headers that are unknown, missing or stand twice, for a unit
    other than 万吨, 亿吨 and 万TEU, for figures that are formulas, text, dates, percentages or merged cells,
    and for throughputs that cannot be (see :func:`_impossible`).
    """
    return _rows(content, file_name, {})


def read_into(extract: Extract, table: Table, target: Path) -> Read:
    """Read, hold the period in the title against the page's own, check and write; see :func:`read`."""
    (original,) = extract.originals
    facts = {"UPLOADED_DATE": extract.published_at or "", **extract.facts}
    rows = _rows(original.content, original.name, facts)
    check_rows(rows, table, original.name)
    write_part(rows, table, target)
    scope = scope_of(rows, table, original.name)
    return Read(len(rows.records), scope, rows.published_at, rows.not_before)


def period_in(title: str) -> str | None:
    """The period of a title, to which its cumulative figures run; ``None`` where it is not understood.

    2024年1-2月 → 2024-02, 2024年上半年 → 2024-06, 2024年7月 → 2024-07, 2024年 → 2024.
    """
    period = title_period(title)
    return period.month_or_year if period else None


def uploaded_on(name: str) -> str | None:
    """The day in a name as P0YYYYMMDD…, on which the file was put there (again), as ISO text."""
    found = _ATTACHMENT.match(name)
    day = "-".join(found.groups()) if found else ""
    return day if is_date(day) else None


def port_name(printed: str) -> str:
    """One name for one port: no blanks, hyphens or last 港 ("宁波-舟山港" → 宁波舟山, "青　岛" → 青岛)."""
    plain = re.sub(r"[-－—–·]", "", _squeezed(printed))
    is_place = plain in _PLACES or len(plain) <= 2
    return plain if is_place else plain.removesuffix("港")


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


# --- the file ----------------------------------------------------------------------------------------


def _rows(content: bytes, file_name: str, facts: Mapping[str, str]) -> Rows:
    _check_kind(content, file_name)
    xlsx.check_container(content, file_name, LIMITS, _LAYOUT)
    sheets = [sheet for sheet in _sheets(content, file_name) if _header_row(sheet[1]) is not None]
    if not sheets:
        raise BadInput.one(file_name, "no sheet with a column 港口", "the ministry's table of ports", _LAYOUT)
    found = [_sheet_rows(title, cells, file_name) for title, cells in sheets]
    _check_whole(found, file_name)
    impossible = list(_impossible([row for rows in found for row in rows], file_name))
    if impossible:
        raise BadInput(impossible)
    periods = {(row["TIME_PERIOD"], row["PERIOD_PRINTED"]) for rows in found for row, _ in rows}
    _check_period(periods, facts, file_name)
    said = _said_beside(facts, file_name)
    _check_uploaded(periods, said["UPLOADED_DATE"] or "", file_name)
    return Rows(
        columns=list(COLUMNS),
        records=[{**row, **said} for rows in found for row, _ in rows],
        places=[place for rows in found for _, place in rows],
        published_at=said["UPLOADED_DATE"],
        not_before=date.fromisoformat(said["UPLOADED_DATE"] or ""),
    )


def _check_kind(content: bytes, file_name: str) -> None:
    """Say what it is by its first bytes; only a zip archive goes on."""
    for magic, kind, remedy in _OTHER_KINDS:
        if content.startswith(magic):
            raise BadInput.one(file_name, f"{kind}, by its first bytes", "an .xlsx workbook", remedy)
    if content.lstrip()[:1] == b"<":
        raise BadInput.one(file_name, f"a web page ({content[:40]!r})", "an .xlsx workbook", _AGAIN)
    if not content.startswith(b"PK"):
        found = f"bytes of another kind ({content[:8]!r})" if content else "an empty file"
        raise BadInput.one(file_name, found, "an .xlsx workbook", _AGAIN)


def _sheets(content: bytes, file_name: str) -> list[tuple[str, list[list[_Cell]]]]:
    with xlsx.told_damage(file_name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
        return [(sheet.title, _cells(sheet, file_name)) for sheet in book.worksheets]


def _cells(sheet: Any, file_name: str) -> list[list[_Cell]]:  # noqa: ANN401 (stubs lack it)
    """The sheet's cells; those of a merged range all hold what stands in its first one.

    That is how title and header are meant; what it hides of a figure, :func:`_merged_problems` refuses.
    """
    xlsx.check_extent(
        sheet, file_name, EXTENT, "look whether it is the right file; a table of ports has some hundred rows"
    )
    anchors = {
        (row, column): (area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, min(area.max_row, EXTENT.max_rows) + 1)
        for column in range(area.min_col, min(area.max_col, EXTENT.max_columns) + 1)
    }
    return [
        [_cell(sheet, row, column, anchors) for column in range(1, sheet.max_column + 1)]
        for row in range(1, sheet.max_row + 1)
    ]


def _cell(sheet: Any, row: int, column: int, anchors: Mapping[tuple[int, int], tuple[int, int]]) -> _Cell:  # noqa: ANN401
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        cell = sheet.cell(*anchors[row, column])
    place = f"{sheet.title}!{get_column_letter(column)}{row}"
    return _Cell(
        place, cell.value, cell.data_type or "n", cell.number_format or "General", (row, column) in anchors
    )


# --- one sheet ---------------------------------------------------------------------------------------


def _header_row(cells: Sequence[Sequence[_Cell]]) -> int | None:
    return next((n for n, row in enumerate(cells) if any(cell.words in _LABEL for cell in row)), None)


def _sheet_rows(
    title: str, cells: Sequence[Sequence[_Cell]], file_name: str
) -> list[tuple[dict[str, str | None], str]]:
    top = _header_row(cells)
    assert top is not None  # noqa: S101 (chosen by it)
    above = [cell for row in cells[:top] for cell in row]
    heading = " ".join(dict.fromkeys(cell.words for cell in above if cell.words)) or title
    label = next(n for n, cell in enumerate(cells[top]) if cell.words in _LABEL)
    header, body = _header(cells, top, label)
    figures = _figures(header, label, heading, f"{file_name}, sheet {title}")
    period = title_period(heading)
    if period is None:
        raise BadInput.one(
            f"{file_name}, sheet {title}",
            f"a title without a period that is understood ({heading[:60]!r})",
            "a title as in 2024年1-3月港口货物、集装箱吞吐量, from January on, or of a year",
            "a table that does not say its period cannot be told from another month's: " + _TRANSCRIBE,
        )
    said = {"TIME_PERIOD": period.month_or_year, "PERIOD_PRINTED": period.printed}
    return [
        ({**said, **row}, place)
        for row, place in _body_rows(body, label, figures, f"{file_name}, sheet {title}")
    ]


def _header(
    cells: Sequence[Sequence[_Cell]], top: int, label: int
) -> tuple[list[list[_Cell]], Sequence[Sequence[_Cell]]]:
    """The one or two rows of the header, and what stands below."""
    below = cells[top + 1] if top + 1 < len(cells) else []
    two = bool(below) and (below[label].words in (*_LABEL, "")) and any(cell.words for cell in below)
    depth = 2 if two else 1
    return [list(row) for row in cells[top : top + depth]], cells[top + depth :]


def _figures(header: list[list[_Cell]], label: int, heading: str, where: str) -> list[_Figures]:
    """The columns of figures, by the words of group and column; raises ``BadInput`` with all its problems."""
    problems: list[Problem] = []
    named: list[tuple[int, str, str, str]] = []
    # A header of two rows whose upper one is not empty: nothing in the title stands for a missing group.
    upper = [cell.words for n, cell in enumerate(header[0]) if n != label]
    is_grouped = len(header) == 2 and any(_measured_in(words) for words in upper)
    for position in range(len(header[0])):
        words = list(dict.fromkeys(row[position].words for row in header))
        if position == label or not any(words) or words == ["序号"]:
            continue
        text = " ".join(words)
        if is_grouped and not header[0][position].words:
            problems.append(
                Problem(
                    f"{where}, header {header[0][position].place}",
                    f"no group above {text.strip()!r}: its cell is empty, or not merged",
                    "货物, 外贸货物 or 集装箱吞吐量 above every column",
                    "compare with the page, merge the cells of each group over its columns, drop the table",
                )
            )
            continue
        measured, kind = _measured_in(words[0]) or _measured_in(heading), _kind_of(words[-1])
        place = header[-1][position].place
        if measured is None or kind is None:
            expected = "货物, 外贸货物 or 集装箱吞吐量, with 自年初累计, 本月, 同比增速 or 为去年同期"
            problems.append(Problem(f"{where}, header {place}", repr(text), expected, _LAYOUT))
            continue
        unit = "%" if kind.startswith(("YOY", "INDEX")) else _unit_in(text) or _unit_in(heading)
        if unit != "%" and unit not in _UNITS[measured]:
            problems.append(
                Problem(
                    f"{where}, header {place}",
                    f"unit {unit or '(none)'} in {text!r}",
                    f"{' or '.join(_UNITS[measured])}",
                    "ask the ministry; a figure in a unit nobody vouches for is not loaded",
                )
            )
            continue
        named.append((position, measured, kind, unit or ""))
    columns = [
        _Figures(position, measured, _measure(kind, [k for _, m, k, _ in named if m == measured]), unit)
        for position, measured, kind, unit in named
    ]
    problems += _missing_or_twice(columns, where)
    if problems:
        raise BadInput(problems)
    return columns


def _measured_in(text: str) -> str | None:
    return next((code for word, code in _MEASURED.items() if word in text), None)


def _kind_of(text: str) -> str | None:
    """What a column holds, by its header; a rate whose base is not said comes without one (YOY_, INDEX_)."""
    bare = re.sub(r"\(.*?\)|%", "", text)
    base = "YTD" if "累计" in bare else "LEVEL" if re.search("本月|当月", bare) else ""
    if "为去年同期" in bare or "为上年同期" in bare:  # an index: 105.3
        return f"INDEX_{base}"
    if "同比" in bare or "增速" in bare or "比去年同期" in bare or "比上年同期" in bare:  # a change: 5.3
        return f"YOY_{base}"
    return base if re.fullmatch(r"(自年初|本年|年初至今|1-?\d*月)?累计|本月|当月|本月实际", bare) else None


def _measure(kind: str, kinds: list[str]) -> str:
    """The measure of a column: a rate that does not say its base is that of the only base left.

    Where 自年初累计 and 本月 stand side by side with one bare rate, nobody says which of them it belongs to:
    it is kept as ``…_UNSTATED`` and is nobody's figure.
    """
    stem, _, base = kind.partition("_")
    if stem not in ("YOY", "INDEX"):
        return kind
    if not base:
        bases = {one for one in kinds if one in ("YTD", "LEVEL")}
        taken = {one.partition("_")[2] for one in kinds if one.startswith(("YOY_", "INDEX_"))}
        left = bases - taken
        base = left.pop() if len(left) == 1 else "UNSTATED"
    return stem if base == "LEVEL" else f"{stem}_{base}"


def _missing_or_twice(columns: list[_Figures], where: str) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for column in columns:
        name = (column.measured, column.measure)
        if name in seen:
            yield Problem(f"{where}, header", f"{' '.join(name)} in two columns", "each once", _LAYOUT)
        seen.add(name)
    for measured in dict.fromkeys(column.measured for column in columns):
        if (measured, "YTD") not in seen:
            yield Problem(
                f"{where}, header", f"no 自年初累计 of {measured}", "it: the table is cumulative", _LAYOUT
            )


def _unit_in(text: str) -> str | None:
    """The unit of figures that a header or title states, ``None`` where it states none."""
    for found in re.findall(r"[((:：]([^()()]*)[))]?", text):
        for part in re.split(r"[、,，/]", found):
            unit = _UNIT_NAMES.get(part, part)
            if unit and not re.fullmatch(r"%|百分比", unit) and re.search(r"吨|TEU|箱", unit, re.I):
                return unit
    return None


def _check_whole(found: list[list[tuple[dict[str, str | None], str]]], file_name: str) -> None:
    measured = {row["MEASURED"] for rows in found for row, _ in rows}
    if not measured:
        raise BadInput.one(file_name, "a header without rows", "a row for each port", _AGAIN)
    missing = [code for code in _UNITS if code not in measured]
    if missing:
        raise BadInput.one(
            f"{file_name}, headers",
            f"nothing on {', '.join(missing)}",
            f"all of {', '.join(_UNITS)}",
            _LAYOUT,
        )


# --- the rows ----------------------------------------------------------------------------------------


def _body_rows(
    body: Sequence[Sequence[_Cell]], label: int, figures: list[_Figures], where: str
) -> Iterator[tuple[dict[str, str | None], str]]:
    problems: list[Problem] = []
    rows: list[tuple[dict[str, str | None], str]] = []
    for cells in body:
        name = cells[label]
        if _NOTE.match(next((cell.words for cell in cells if cell.words), "")):
            break  # what stands below the table is no row of it
        values = [(column, cells[column.position]) for column in figures]
        merged = [cell for cell in (name, *(cell for _, cell in values)) if cell.is_merged]
        if merged and any(cell.words for cell in cells):
            problems += _merged_problems(merged, where)
            continue
        if not name.words:
            problems += [
                Problem(
                    f"{where}, {cell.place}", f"{cell.value!r} beside no port", "the name of a port", _LAYOUT
                )
                for _, cell in values
                if cell.words not in _EMPTY
            ]
            continue
        total = _TOTAL_NAMES.get(name.words, name.words)
        port = total if total in _TOTALS else port_name(str(name.value))
        said = {"PORT": port, "PORT_PRINTED": str(name.value), "ROW_KIND": _row_kind(total)}
        for column, cell in values:
            problem = _cell_problem(cell, where)
            if problem:
                problems.append(problem)
                continue
            number = None if cell.words in _EMPTY else xlsx.number_text(cell.value)
            figure = {"MEASURED": column.measured, "MEASURE": column.measure, "UNIT": column.unit}
            rows.append(({**said, **figure, "OBS_VALUE": number}, cell.place))
    if problems:
        raise BadInput(problems)
    yield from rows


def _merged_problems(merged: list[_Cell], where: str) -> Iterator[Problem]:
    """A port's row under a merged cell: one figure for two ports or columns, and the other one is gone."""
    for cell in merged:
        yield Problem(
            f"{where}, {cell.place}",
            f"合并的单元格 / a merged cell, with {str(cell.value)[:40]!r}",
            "每个港口、每个数字各占一格 / a cell of its own for every port and figure",
            "look at the page: nobody can tell whose figure it is. If its own cells can be told there, "
            + _TRANSCRIBE,
        )


def _impossible(rows: list[tuple[dict[str, str | None], str]], file_name: str) -> Iterator[Problem]:
    """Throughputs and indices below zero, and throughputs above what they are a part of.

    No port is above the nation, none of Shandong's above 山东合计, no month above its year to date, no
    foreign-trade cargo above all cargo: else columns or rows are exchanged, or a digit is lost.
    """
    said = {
        (row["PORT"] or "", row["MEASURED"] or "", row["MEASURE"] or ""): _Said(
            Decimal(row["OBS_VALUE"]) * _SIZE.get(row["UNIT"] or "", 1), f"{row['OBS_VALUE']} {row['UNIT']}"
        )
        for row, _ in rows
        if row["OBS_VALUE"]
    }
    for row, place in rows:
        port, measured, measure = key = (row["PORT"] or "", row["MEASURED"] or "", row["MEASURE"] or "")
        if key not in said or not row["OBS_VALUE"] or measure.startswith("YOY"):
            continue
        where, told = f"{file_name}, {place}", f"{port} {measured} {measure} {row['OBS_VALUE']}"
        if Decimal(row["OBS_VALUE"]) < 0:
            yield Problem(where, told, "no figure below zero", _TRANSCRIBE)
        if measure not in ("YTD", "LEVEL"):
            continue
        wholes = {"the nation's total": ("全国总计", measured, measure)}
        if port in _PORTS_OF_SHANDONG:
            wholes[f"the total of its province ({_SHANDONG})"] = (_SHANDONG, measured, measure)
        if measure == "LEVEL":
            wholes["its own year to date"] = (port, measured, "YTD")
        if measured == "CARGO_FOREIGN":
            wholes["all its cargo"] = (port, "CARGO", measure)
        for name, whole in wholes.items():
            if whole in said and said[key].size > said[whole].size:
                expected = f"at most {said[whole].printed}, {name}"
                yield Problem(where, told, expected, _TRANSCRIBE)


def _row_kind(words: str) -> str:
    return _TOTALS.get(words) or ("PROVINCE" if words.endswith(("合计", "总计")) else "PORT")


def _cell_problem(cell: _Cell, where: str) -> Problem | None:
    """Why a figure may not be taken as it stands; blanks and dashes say that there is none."""
    if cell.words in _EMPTY:
        return None
    kinds = {"f": "a formula", "s": "text", "d": "a date", "b": "true or false", "e": "an error"}
    if cell.kind != "n" or isinstance(cell.value, bool):
        found = f"{kinds.get(cell.kind, cell.kind)} ({str(cell.value)[:40]!r})"
    elif "%" in cell.number_format:
        found = f"{cell.value!r} shown as a percentage"
    else:
        return None
    return Problem(f"{where}, {cell.place}", found, "a plain number in its cell", _TRANSCRIBE)


# --- what the page says ------------------------------------------------------------------------------


def _check_period(
    periods: set[tuple[str | None, str | None]], facts: Mapping[str, str], file_name: str
) -> None:
    """One table is about one period, the one its page announces: else it is another month's file."""
    if len({period for period, _ in periods}) > 1:
        found = ", ".join(sorted(printed or "" for _, printed in periods))
        raise BadInput.one(f"{file_name}, titles", found, "one period in a file", _LAYOUT)
    announced = facts.get("SOURCE_TITLE", "")
    page = period_in(announced)
    if page is None and names_a_year(announced):
        raise BadInput.one(
            f"{file_name}, its page",
            f"a period that is not understood in the title {announced!r}",
            "a title as in 2024年1-3月港口货物、集装箱吞吐量",
            "look at the page: the table is held against what it announces; adapt raw/title_period.py",
        )
    period, printed = min(periods, key=str)
    if page is not None and page != period:
        raise BadInput.one(
            f"{file_name}, title",
            f"a table of {printed} ({period})",
            f"that of {page}, which its page announces: {facts['SOURCE_TITLE']}",
            "the page links to another month's file; look at it, and pull again when it is corrected",
        )


def _said_beside(facts: Mapping[str, str], file_name: str) -> dict[str, str | None]:
    """What page and file name say; a dropped file has only its name, which must then tell the day."""
    stem = file_name.rpartition(".")[0] or file_name
    uploaded = facts.get("UPLOADED_DATE") or uploaded_on(stem)
    if not uploaded:
        raise BadInput.one(
            f"{file_name}, name",
            "no day of upload",
            "the ministry's own name, as in P020240528369534362302.xlsx, or a day in front of it",
            "keep the name under which it was downloaded",
        )
    names = ("SOURCE_TITLE", "PUBLISHER", "PUBLISHED_DATE", "SOURCE_URL")
    return {
        "ATTACHMENT": stem, "UPLOADED_DATE": uploaded, **{name: facts.get(name) or None for name in names}
    }  # fmt: skip


def _check_uploaded(periods: set[tuple[str | None, str | None]], uploaded: str, file_name: str) -> None:
    """A table comes out when its period is over; else the name is another file's, or the title is wrong."""
    for period, printed in periods:
        end = last_day_of(period or "")
        if end is not None and is_date(uploaded) and date.fromisoformat(uploaded) <= end:
            raise BadInput.one(
                f"{file_name}, name",
                f"{uploaded} as the day of upload of a table of {printed}",
                f"a day after {end}, when its period ended",
                "compare with the page: the file has another one's name, or its title another period",
            )
