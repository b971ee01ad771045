"""The return workbook to rows: checked cell by cell, every problem told at once with its sheet and cell.

Format: ISO/IEC 29500 (Office Open XML) workbooks as :mod:`raw.returns` writes them. The text of a number is
what the cell holds at a spreadsheet's 15 digits: ``97`` for 97.0, ``52.38`` for 52.380000000000003.
Macros, external links, embedded objects, entity declarations and oversized archives are refused unopened.

A workbook holds three tables, which are told apart by the columns they declare: 填报, and the sheets 项目
and 下达, which a form made before there were any does not have. Such a workbook says nothing about them.
"""

from __future__ import annotations

import difflib
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from raw import returns, xlsx
from raw.errors import BadInput, Problem
from raw.readers import Rows, is_date
from raw.returns import (
    COUNTED,
    MISSING_STATUSES,
    SHEET_ASSIGNMENTS,
    SHEET_COVER,
    SHEET_PROJECTS,
    SHEET_ROWS,
    VALUE_STATUSES,
    Indicator,
    Plan,
    Project,
    SheetColumn,
    Unit,
)

if TYPE_CHECKING:
    from raw.feed import Table

COVER_NAMES = ("PLAN_ID", "UNIT_ID", "RETURN_MONTH", "REPORTER", "REPORTED_ON")
ROW_NAMES = (
    "INDICATOR_CODE",
    "REFERENCE_PERIOD",
    "FREQUENCY",
    "MEASURE",
    "VALUE",
    "UNIT",
    "OBS_STATUS",
    "STAGE",
    "EVIDENCE_DOCUMENT",
    "EVIDENCE_DATE",
    "MISSING_REASON",
    "NOTE",
    "EVIDENCE_REFERENCE",
    "PRICE_BASIS",
)
COLUMNS = [*COVER_NAMES, *ROW_NAMES]

# A filled form has about 200 KB and 15 members; these bounds leave ample room and stop an archive bomb.
MAX_BYTES = 5_000_000
MAX_UNPACKED = 20_000_000
MAX_MEMBERS = 200
# A unit owns at most 6 indicators: 5 years of months of each are 360 rows.
MAX_ROWS = 2_000
# A slip of the unit (千, 万, 亿) is a thousand times or more; no target is passed a hundred times over.
MAX_TIMES_PLANNED = 100
# A project of the plan may have been prepared before it and be finished after it, by so many years.
YEARS_AROUND_PLAN = 10
# An assigned change in per cent: nothing falls or is made to rise by more than all of it.
MAX_ASSIGNED_PCT = 100
# Kinds of text targets whose figures are rates of change and may be negative.
_GROWTH_KINDS = ("period_average_growth", "relative_series")
# The warehouse keeps DECIMAL(24, 6): more places would be rounded without a word.
MAX_PLACES = 6
MAX_DIGITS = 18

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DAY_PREFIX = re.compile(r"^\d{4}-\d{2}-\d{2}[_.-]")
_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})日?")
# A reference one can follow: no local path, no scheme but the web's.
MAX_REFERENCE = 500
_WEB = re.compile(r"https?://[^\s/]+\.[^\s/]+(/\S*)?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LOCAL_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\|[/~.]|.*\\")
_SEND_AGAIN = "重新报送 / send the file again"
_FILL_IN = "请填写 / fill it in"
_CHOOSE = "从下拉列表选择 / choose from the list"
_NEW_FORM = (
    "重新生成空表，把白色单元格抄入 / "
    "make a fresh form with `python -m raw returns new` and copy the white cells into it"
)


@dataclass(frozen=True)
class _Cell:
    """One cell as it stands: ``kind`` is openpyxl's data type ('n', 's', 'd', 'b', 'e', 'f')."""

    where: str
    value: Any = None
    kind: str = "n"
    number_format: str = "General"

    @property
    def text(self) -> str | None:
        """The cell's text, ``None`` where nothing stands; blanks around it are a slip, not content."""
        if self.value is None:
            return None
        if self.kind == "n" and not isinstance(self.value, bool):
            return xlsx.number_text(self.value)
        if isinstance(self.value, datetime):
            return (
                self.value.date().isoformat() if self.value.time() == datetime.min.time() else str(self.value)
            )
        return str(self.value).strip() or None

    @property
    def shown(self) -> str:
        """The cell's text for a message, shortened."""
        text = self.text
        return "空白 / nothing" if text is None else repr(text if len(text) <= 60 else f"{text[:60]}…")


@dataclass
class _Findings:
    """Problems as they are found, all of one file."""

    file_name: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, where: str, found: str, expected: str, remedy: str) -> None:
        self.problems.append(Problem(where, found, expected, remedy))

    def cell(self, cell: _Cell, expected: str, remedy: str, found: str | None = None) -> None:
        self.add(cell.where, found or cell.shown, expected, remedy)

    def raise_any(self) -> None:
        if self.problems:
            raise BadInput(self.problems)


@dataclass(frozen=True)
class _Cover:
    """The cover, understood; ``None`` where a cell was refused."""

    texts: Mapping[str, str | None]
    plan: Plan | None
    unit: Unit | None
    month: str | None
    reported_on: date | None


@dataclass(frozen=True)
class _Row:
    """One filled row of a sheet by column name."""

    number: int
    cells: Mapping[str, _Cell]

    def text(self, name: str) -> str | None:
        return self.cells[name].text


@dataclass(frozen=True)
class _Part:
    """One table of the workbook: its sheet, the columns there, and which of them are loaded."""

    sheet: str
    columns: tuple[SheetColumn, ...]
    names: tuple[str, ...]
    place_column: str

    @property
    def letters(self) -> dict[str, str]:
        return returns.letters(self.columns)


_ROWS = _Part(SHEET_ROWS, returns.COLUMNS, ROW_NAMES, "VALUE")
_PROJECTS = _Part(
    SHEET_PROJECTS,
    returns.PROJECT_COLUMNS,
    tuple(column.name for column in returns.PROJECT_COLUMNS),
    "STAGE_ID",
)
_ASSIGNMENTS = _Part(
    SHEET_ASSIGNMENTS,
    returns.ASSIGNMENT_COLUMNS,
    tuple(column.name for column in returns.ASSIGNMENT_COLUMNS),
    "ASSIGNED_VALUE",
)
_PARTS = (_ROWS, _PROJECTS, _ASSIGNMENTS)


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read one table of a return; raises ``BadInput`` with every problem of its sheet and of the cover.

    The rows' scope is ``PLAN_ID=…|UNIT_ID=…|RETURN_MONTH=…``; the return is known from its REPORTED_ON on.
    Where the workbook has no sheet for the table the rows are absent, which is not the same as none.
    """
    name = PurePath(file_name).name
    part = _part_of(table, name)
    _check_container(content, name)
    if part is not _ROWS and part.sheet not in xlsx.sheet_names(content, name):
        return Rows([*COVER_NAMES, *part.names], [], [], scope="all", is_absent=True)
    findings = _Findings(name)
    sheets = _sheets(content, name, part)
    cover = _read_cover(sheets[SHEET_COVER], findings)
    rows = _read_rows(sheets[part.sheet], part, cover, findings)
    if part is _ROWS and not rows and not findings.problems and not _says_more(content, name):
        findings.add(
            f"{name}, sheets {'、'.join(each.sheet for each in _PARTS)}",
            "没有填写的行 / no filled row",
            "至少一行：应报数值、文字目标、项目阶段或下达数 / "
            "a row at least: a figure, a text target, a stage of a project or an assigned value",
            "填写后再报；没有要报的，不必报送 / fill it in; where there is nothing to tell, send none",
        )
    findings.raise_any()
    return _as_rows(cover, part, rows)


def _part_of(table: Table, name: str) -> _Part:
    """The table of the workbook that has the declared columns."""
    nearest = min(_PARTS, key=lambda part: len(_undeclared(part, table)))
    undeclared = _undeclared(nearest, table)
    if undeclared:
        raise BadInput.one(
            f"{name}, columns of the table",
            f"{', '.join(undeclared)} on one side only",
            f"the columns of a return: {', '.join([*COVER_NAMES, *nearest.names])}",
            "declare exactly these columns in the feed file",
        )
    return nearest


def _undeclared(part: _Part, table: Table) -> list[str]:
    return sorted({*COVER_NAMES, *part.names} ^ set(table.columns))


# --- the container ------------------------------------------------------------------------------------------


def _check_container(content: bytes, name: str) -> None:
    """Refuse everything that is not a plain, whole .xlsx of sane size, before any XML is parsed."""
    _check_name_ending(name)
    xlsx.check_container(content, name, xlsx.Limits(MAX_BYTES, MAX_UNPACKED, MAX_MEMBERS), _NEW_FORM)


def _check_name_ending(name: str) -> None:
    ending = PurePath(name).suffix.lower()
    if ending == ".xlsx":
        return
    macros = "去掉宏，另存为 .xlsx / save it without macros as .xlsx"
    remedy = macros if ending == ".xlsm" else "另存为 .xlsx / save it as .xlsx"
    raise BadInput.one(name, f"扩展名不符 / a file ending in {ending or 'nothing'}", ".xlsx", remedy)


def _sheets(content: bytes, name: str, part: _Part) -> dict[str, list[list[_Cell]]]:
    """The cells of cover and rows; raises ``BadInput`` for a damaged workbook or for other sheets."""
    with xlsx.told_damage(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        _check_sheet_names(book.sheetnames, name)
        return {title: list(_cells(book[title], title, name)) for title in (SHEET_COVER, part.sheet)}


def _check_sheet_names(found: Sequence[str], name: str) -> None:
    problems = [
        Problem(
            name,
            f"缺工作表 / no sheet {sheet}",
            f"工作表 / the sheets {'、'.join(returns.SHEETS)}",
            _NEW_FORM,
        )
        for sheet in (SHEET_COVER, SHEET_ROWS)
        if sheet not in found
    ]
    problems += [
        Problem(
            f"{name}, sheet {sheet}",
            "不属于本表的工作表 / a sheet that is not of the form",
            f"只有 / only {'、'.join(returns.SHEETS)}",
            "删除，其中内容不会被读取 / delete it: nothing in it would be read",
        )
        for sheet in found
        if sheet not in returns.SHEETS
    ]
    if problems:
        raise BadInput(problems)


def _cells(sheet: Any, title: str, name: str) -> Iterator[list[_Cell]]:  # noqa: ANN401 (stubs lack it)
    """The sheet's rows, first row first; rows and cells that are absent in the file come as empty ones."""
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MAX_ROWS:
            raise BadInput.one(
                f"{name}, sheet {title}",
                f"行数过多 / more than {MAX_ROWS} rows",
                f"不超过 / at most {MAX_ROWS}",
                "删除末尾空行 / delete the empty rows below the last filled one",
            )
        yield [
            _Cell(
                f"{name}, sheet {title}, cell {get_column_letter(place)}{number}",
                cell.value,
                cell.data_type or "n",
                getattr(cell, "number_format", "General") or "General",
            )
            for place, cell in enumerate(row, start=1)
        ]


def _at(cells: Sequence[_Cell], place: int, where: str) -> _Cell:
    return cells[place] if place < len(cells) else _Cell(where)


# --- the cover ----------------------------------------------------------------------------------------------


def _read_cover(rows: Sequence[Sequence[_Cell]], findings: _Findings) -> _Cover:
    cells: dict[str, _Cell] = {}
    for number, item in enumerate(returns.COVER_FIELDS, start=returns.COVER_FIRST_ROW):
        row = rows[number - 1] if number <= len(rows) else []
        prefix = f"{findings.file_name}, sheet {SHEET_COVER}, cell"
        label, cell = _at(row, 0, f"{prefix} A{number}"), _at(row, 1, f"{prefix} B{number}")
        if label.text != item.label:
            findings.cell(label, f"标签 / the label {item.label!r}", _NEW_FORM)
        cells[item.name] = cell
        _refuse_formula(cell, findings)
    plan = _cover_plan(cells["PLAN_ID"], findings)
    unit = _cover_unit(cells, plan, findings)
    month = _cover_month(cells["RETURN_MONTH"], findings)
    _check_file_name(findings, plan, unit, month)
    if cells["REPORTER"].text is None:
        findings.cell(cells["REPORTER"], "填报人姓名 / the name of the person who reports", _FILL_IN)
    reported_on = _cover_reported_on(cells["REPORTED_ON"], month, findings)
    texts = {name: cells[name].text for name in COVER_NAMES}
    return _Cover(texts, plan, unit, month, reported_on)


def _cover_plan(cell: _Cell, findings: _Findings) -> Plan | None:
    try:
        return returns.load_plan(cell.text or "")
    except BadInput as error:
        problem = error.problems[0]
        if "column plan_id" not in problem.where:
            raise
        findings.cell(
            cell,
            f"规划编号 / a plan id, {problem.expected}",
            "恢复表中的规划编号 / restore the plan id of the form",
        )
        return None


def _cover_unit(cells: Mapping[str, _Cell], plan: Plan | None, findings: _Findings) -> Unit | None:
    if plan is None:
        return None
    unit = next((unit for unit in plan.units if unit.unit_id == cells["UNIT_ID"].text), None)
    if unit is None:
        known = ", ".join(f"{unit.unit_id} {unit.name_zh}" for unit in plan.units)
        findings.cell(
            cells["UNIT_ID"],
            f"责任单位编号 / the id of a responsible unit: {known}",
            "恢复表中的单位编号 / restore the unit id of the form",
        )
    elif cells["UNIT_NAME"].text not in unit.names:
        findings.cell(
            cells["UNIT_NAME"],
            f"{unit.name_zh}，{unit.unit_id} 的名称 / {unit.name_zh}, the name of {unit.unit_id}",
            "恢复名称，或改用该单位的表 / restore the name, or use that unit's form",
        )
    return unit


def _cover_month(cell: _Cell, findings: _Findings) -> str | None:
    if cell.text is not None and returns.MONTH.fullmatch(cell.text):
        return cell.text
    findings.cell(
        cell,
        "文本格式的月份，如 2022-12 / a month as text, like 2022-12",
        "单元格设为文本，写 YYYY-MM / format the cell as text and write YYYY-MM",
    )
    return None


def _check_file_name(findings: _Findings, plan: Plan | None, unit: Unit | None, month: str | None) -> None:
    if plan is None or unit is None or month is None:
        return
    expected = returns.file_name(plan, unit, month)
    # A day in front says when the file was given to us (see the door drop_folder).
    if _DAY_PREFIX.sub("", findings.file_name) not in returns.file_names(plan, unit, month):
        findings.add(
            f"{findings.file_name}, sheet {SHEET_COVER}, cells B4 and B6",
            f"封面为 {unit.unit_id}、{month}，与文件名不符 / "
            f"unit {unit.unit_id} and month {month} in a file of another name",
            f"文件名 {expected}，前面可加日期 / "
            f"the file name {expected} (a day may stand in front: 2023-04-30_{expected})",
            "改文件名，或改封面的单位和月份 / rename the file, or correct unit and month on the cover",
        )


def _cover_reported_on(cell: _Cell, month: str | None, findings: _Findings) -> date | None:
    reported_on = _date_of(cell, findings, "填报日期 / the date of reporting, YYYY-MM-DD", required=True)
    if reported_on is None:
        return None
    if reported_on > _today():
        # Landing would wait for that day, in silence, if the year was a slip.
        findings.cell(
            cell,
            f"不晚于今天的日期 / a date up to today, {_today()}",
            "更正填报日期 / correct the date of reporting",
        )
    elif month is not None and reported_on.isoformat()[:7] < month:
        findings.cell(
            cell,
            f"不早于 {month} 的日期 / a date in {month} or later",
            "更正填报日期或报告月 / correct the date of reporting or the return month",
        )
    return reported_on


def _today() -> date:
    return date.today()


# --- the rows -----------------------------------------------------------------------------------------------


def _read_rows(
    rows: Sequence[Sequence[_Cell]], part: _Part, cover: _Cover, findings: _Findings
) -> list[_Row]:
    if not _header_holds(rows[0] if rows else [], part, findings):
        return []
    filled = [row for row in _filled(rows, part, findings) if _is_filled(row)]
    _refuse_unheaded(rows[0], filled, part, findings)
    match part.sheet:
        case returns.SHEET_PROJECTS:
            _check_projects(filled, cover, findings)
        case returns.SHEET_ASSIGNMENTS:
            _check_assignments(filled, cover, findings)
        case _:
            _check_figures(filled, cover, findings)
    return filled


def _says_more(content: bytes, name: str) -> bool:
    """Whether a sheet beside 填报 has a filled row: a unit of which no figure is asked reports there."""
    there = xlsx.sheet_names(content, name)
    return any(
        any(cell.text is not None for row in sheet[returns.HEADER_ROW :] for cell in row)
        for part in _PARTS
        if part is not _ROWS and part.sheet in there
        for sheet in [_sheets(content, name, part)[part.sheet]]
    )


def _check_figures(filled: Sequence[_Row], cover: _Cover, findings: _Findings) -> None:
    for row in filled:
        _check_row(row, cover, findings)
    _check_duplicates(
        filled,
        ("INDICATOR_CODE", "REFERENCE_PERIOD"),
        "每个指标和时期一次 / each indicator and period once",
        findings,
    )
    _check_all_asked(filled, cover, findings)


def _header_holds(header: Sequence[_Cell], part: _Part, findings: _Findings) -> bool:
    before = len(findings.problems)
    for place, column in enumerate(part.columns):
        where = (
            f"{findings.file_name}, sheet {part.sheet}, cell {part.letters[column.name]}{returns.HEADER_ROW}"
        )
        cell = _at(header, place, where)
        if cell.text is None and part is _ROWS and column.name in returns.LATER_COLUMNS:
            continue
        if "".join((cell.text or "").split()) != "".join(column.header.split()):
            findings.cell(cell, f"表头 / the header {column.header!r}", _NEW_FORM)
    for cell in header[len(part.columns) :]:
        if cell.text is not None:
            findings.cell(
                cell,
                "没有多余的列 / no further column",
                "删除，其中内容不会被读取 / delete it: nothing in it would be read",
            )
    return len(findings.problems) == before


def _refuse_unheaded(header: Sequence[_Cell], rows: Sequence[_Row], part: _Part, findings: _Findings) -> None:
    """In a form that lacks a later column nothing may stand in its place."""
    for place, column in enumerate(part.columns):
        if part is not _ROWS or column.name not in returns.LATER_COLUMNS:
            continue
        if _at(header, place, "").text is None:
            for cell in (row.cells[column.name] for row in rows):
                if cell.text is not None:
                    findings.cell(cell, "无表头的列为空 / nothing in a column without a header", _NEW_FORM)


def _filled(rows: Sequence[Sequence[_Cell]], part: _Part, findings: _Findings) -> Iterator[_Row]:
    last = part.letters[part.columns[-1].name]
    for number, cells in enumerate(rows[returns.HEADER_ROW :], start=returns.HEADER_ROW + 1):
        prefix = f"{findings.file_name}, sheet {part.sheet}, cell"
        yield _Row(
            number,
            {
                column.name: _at(cells, place, f"{prefix} {part.letters[column.name]}{number}")
                for place, column in enumerate(part.columns)
            },
        )
        for cell in cells[len(part.columns) :]:
            if cell.text is not None:
                findings.cell(
                    cell,
                    f"{last} 列右侧为空 / nothing right of column {last}",
                    "移入备注 / move it into the note",
                )


def _is_filled(row: _Row) -> bool:
    return any(cell.text is not None for cell in row.cells.values())


def _check_row(row: _Row, cover: _Cover, findings: _Findings) -> None:
    for cell in row.cells.values():
        if cell is not row.cells["VALUE"]:
            _refuse_formula(cell, findings)
            _refuse_error(cell, findings)
    indicator = _check_indicator(row, cover, findings)
    _check_period(row, indicator, cover, findings)
    given = _check_value(row.cells["VALUE"], indicator, findings)
    _check_status(row, given, findings)
    _check_evidence(row, given, cover, findings)
    stage = row.cells["STAGE"]
    if stage.text is not None and stage.text not in returns.STAGES:
        findings.cell(
            stage, f"{', '.join(returns.STAGES)} 或空白 / {', '.join(returns.STAGES)} or nothing", _CHOOSE
        )
    _check_price_basis(row, findings)


def _check_price_basis(row: _Row, findings: _Findings) -> None:
    cell = row.cells["PRICE_BASIS"]
    bases = ", ".join(returns.PRICE_BASES)
    if cell.text is None:
        return
    if cell.text not in returns.PRICE_BASES:
        findings.cell(cell, f"{bases} 或空白 / {bases} or nothing", _CHOOSE)
    elif row.text("MEASURE") not in returns.GROWTH_MEASURES:
        findings.cell(
            cell,
            "增速才有价格口径 / nothing: only a growth rate has a price basis",
            "清空 / empty the cell",
        )


def _refuse_formula(cell: _Cell, findings: _Findings) -> None:
    if cell.kind == "f":
        findings.cell(
            cell,
            "数值，不是公式 / a value, not a formula",
            "复制后选择性粘贴为数值 / send the value: copy the cell and paste it as value",
            f"公式 / the formula {xlsx.formula_text(cell.value)!r}",
        )


def _refuse_error(cell: _Cell, findings: _Findings) -> None:
    if cell.kind == "e":
        findings.cell(cell, "不是错误值 / no spreadsheet error", "清空后重填 / clear the cell and fill it in")


def _check_indicator(row: _Row, cover: _Cover, findings: _Findings) -> Indicator | None:
    if cover.plan is None or cover.unit is None:
        return None
    cell = row.cells["INDICATOR_CODE"]
    owned = cover.plan.open_to(cover.unit)
    choices = _listed([found.code for found in owned])
    indicator = cover.plan.indicator(cell.text or "")
    if indicator is None:
        padded = (cell.text or "").zfill(2)
        hint = f"写成文本 / write it as text: '{padded}" if cover.plan.indicator(padded) else _CHOOSE
        findings.cell(
            cell,
            f"{cover.unit.name_zh}的指标编码 / an indicator code of {cover.unit.name_zh}: {choices}",
            hint,
        )
        return None
    if indicator not in owned:
        owners = ", ".join(unit.name_zh for unit in cover.plan.units if unit.unit_id in indicator.unit_ids)
        findings.cell(
            cell,
            f"{cover.unit.name_zh}的指标 / an indicator of {cover.unit.name_zh}: {choices}",
            f"删除该行，{indicator.code} 由{owners}填报 / "
            f"delete the row; {indicator.code} {indicator.name_zh} is returned by {owners}",
        )
        return None
    _check_plan_cells(row, indicator, findings)
    return indicator


def _listed(ids: Sequence[str]) -> str:
    """Ids for a message; of many only the first."""
    shown = 12
    return ", ".join(ids[:shown]) + (f", … （{len(ids)}）" if len(ids) > shown else "")


def _check_plan_cells(row: _Row, indicator: Indicator, findings: _Findings) -> None:
    unit, name = row.cells["UNIT"], row.cells["NAME_ZH"]
    if unit.text != indicator.unit:
        findings.cell(
            unit,
            f"{indicator.unit!r}，规划所用单位 / {indicator.unit!r}, the plan's unit of {indicator.code}",
            f"把数值换算为{indicator.unit}，恢复单位 / "
            f"convert the value to {indicator.unit} and restore the unit",
        )
    if name.text is not None and name.text != indicator.name_zh:
        findings.cell(
            name,
            f"{indicator.name_zh!r}，{indicator.code} 的名称 / "
            f"{indicator.name_zh!r}, the name of {indicator.code}",
            "编码与名称须一致，更正其一 / correct the code or the name: they must agree",
        )


def _check_period(row: _Row, indicator: Indicator | None, cover: _Cover, findings: _Findings) -> None:
    frequency, period, measure = (row.cells[name] for name in ("FREQUENCY", "REFERENCE_PERIOD", "MEASURE"))
    if frequency.text not in returns.FREQUENCIES:
        findings.cell(frequency, "A（年）、Q（季）或 M（月） / A (year), Q (quarter) or M (month)", _CHOOSE)
        return
    if not returns.PERIODS[frequency.text].fullmatch(period.text or ""):
        example = returns.PERIOD_EXAMPLES[frequency.text]
        findings.cell(
            period,
            f"与频率 {frequency.text} 相符的文本时期，如 {example} / "
            f"a period of frequency {frequency.text} as text, like {example}",
            "单元格设为文本后填写时期，或更正频率 / "
            "format the cell as text and write the period, or correct the frequency",
        )
    elif period.text:
        _check_not_future(period, row, cover, findings)
    if indicator is not None and measure.text != indicator.measures[frequency.text]:
        findings.cell(
            measure,
            f"{indicator.measures[frequency.text]}，该频率下的计量方式 / "
            f"{indicator.measures[frequency.text]}, the measure of {indicator.code} at this frequency",
            "从下拉列表选择，口径不同的须换算 / "
            "choose from the list; convert the value if it was measured otherwise",
        )


def _check_not_future(period: _Cell, row: _Row, cover: _Cover, findings: _Findings) -> None:
    end = returns.period_end(period.text or "")
    if cover.month is not None and end > returns.period_end(cover.month):
        findings.cell(
            period,
            f"不晚于报告月 {cover.month} 的时期 / a period that ends by the return month {cover.month}",
            "留待以后月份填报 / leave it to the return of a later month",
        )
    elif cover.reported_on is not None and end > cover.reported_on and row.cells["VALUE"].text is not None:
        findings.cell(
            period,
            f"填报日 {cover.reported_on} 前已结束的时期 / "
            f"a period that had ended when it was reported, on {cover.reported_on}",
            f"{end} 之后再报，或清空数值，状态填 O 并说明原因 / "
            f"report it after {end}, or clear the value and give status O with the reason",
        )


def _check_value(cell: _Cell, indicator: Indicator | None, findings: _Findings) -> bool:
    """True where a value stands, good or bad."""
    if cell.text is None:
        return False
    before = len(findings.problems)
    _check_number(cell, indicator.unit if indicator else "规划所用单位 the plan's unit", findings)
    if indicator is not None and indicator.target_kind and len(findings.problems) == before:
        _check_plausible(cell, indicator, findings)
    return True


def _check_plausible(cell: _Cell, target: Indicator, findings: _Findings) -> None:
    """The figure of a text target against what its kind allows; ``cell`` holds a number."""
    value = Decimal(cell.text or "")
    if target.target_kind in _GROWTH_KINDS:
        return
    if target.target_kind == "milestone":
        if value not in (0, 1):
            findings.cell(
                cell, "1（已达到）或 0（未达到） / 1 (reached) or 0 (not)", "填 1 或 0 / enter 1 or 0"
            )
    elif target.unit == "%":
        _check_share(cell, findings)
    else:
        _check_amount(cell, target.code, target.goal, target.unit, findings)
        if target.is_count:
            _check_whole(cell, target.unit, findings)


def _check_share(cell: _Cell, findings: _Findings) -> None:
    if not 0 <= Decimal(cell.text or "") <= 100:
        findings.cell(
            cell,
            "0 至 100 的百分数 / a share from 0 to 100 per cent",
            "核对分子、分母和单位 / check what is divided by what, and the unit",
        )


def _check_amount(cell: _Cell, of: str, planned: str, unit: str, findings: _Findings) -> None:
    """No less than nothing, and no more than so many times what the plan prints."""
    value = Decimal(cell.text or "")
    most = Decimal(planned) * MAX_TIMES_PLANNED if planned else None
    if value < 0:
        findings.cell(cell, "不小于零的数量 / a quantity of zero or more", "更正数量 / correct the quantity")
    elif most is not None and value > most:
        findings.cell(
            cell,
            f"不超过规划数 {planned} {unit} 的 {MAX_TIMES_PLANNED} 倍 / "
            f"at most {MAX_TIMES_PLANNED} times the {planned} {unit} the plan prints for {of}",
            f"核对单位，换算为{unit} / check the unit: the figure is in {unit}",
        )


def _check_whole(cell: _Cell, unit: str, findings: _Findings) -> None:
    value = Decimal(cell.text or "")
    if value != value.to_integral_value():
        findings.cell(
            cell, f"整数，{unit}不可拆分 / a whole number of {unit}", "更正数量 / correct the quantity"
        )


def _check_number(cell: _Cell, unit: str, findings: _Findings) -> None:
    """A bare number in the unit; ``cell`` is not empty."""
    if cell.text is None:
        return
    if cell.kind == "f":
        _refuse_formula(cell, findings)
    elif isinstance(cell.value, bool) or cell.kind in "eb" or isinstance(cell.value, date):
        findings.cell(
            cell,
            "数字 / a number",
            "单元格设为常规格式，填数字 / format the cell as a general number and enter the number",
        )
    elif not _NUMBER.fullmatch(cell.text):
        findings.cell(cell, "数字 / a number", _number_remedy(cell.text))
    elif "%" in cell.number_format:
        findings.cell(
            cell,
            f"以{unit}为单位的数字，不用百分比格式 / "
            f"a number in {unit}, not in a cell formatted as a percentage",
            f"单元格设为常规格式，填 {_times_hundred(cell.text)} / "
            f"format the cell as a general number and enter {_times_hundred(cell.text)}",
        )
    else:
        _check_size(cell, findings)


def _number_remedy(text: str) -> str:
    """What to write instead, where the number behind the text is plain to see."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-")
    grouped = re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain)
    plain = plain.replace(",", "") if grouped else plain
    plain = "".join(plain.split()).removesuffix("%")
    if _NUMBER.fullmatch(plain):
        return (
            f"填纯数字 {plain}，半角，无逗号、空格和符号 / "
            f"enter the bare number {plain}: half-width digits, no commas, blanks or signs"
        )
    return (
        "填纯数字；没有数值的，清空单元格，状态填 O 并说明原因 / "
        "enter a bare number; where there is none, clear the cell and give status O with the reason"
    )


def _times_hundred(text: str) -> str:
    return format((Decimal(text) * 100).normalize(), "f")


def _check_size(cell: _Cell, findings: _Findings) -> None:
    whole, _, places = (cell.text or "").lstrip("+-").partition(".")
    if len(places) > MAX_PLACES:
        findings.cell(
            cell,
            f"最多 {MAX_PLACES} 位小数 / at most {MAX_PLACES} decimal places",
            "按依据文件的位数取整 / round it as the evidence prints it",
        )
    if len(whole.lstrip("0")) > MAX_DIGITS:
        findings.cell(
            cell,
            f"整数部分最多 {MAX_DIGITS} 位 / at most {MAX_DIGITS} digits before the point",
            "核对单位和数值 / check the unit and the value",
        )


def _check_status(row: _Row, given: bool, findings: _Findings) -> None:
    status = row.cells["OBS_STATUS"]
    of_value, of_missing = ", ".join(VALUE_STATUSES), ", ".join(MISSING_STATUSES)
    if given and status.text not in VALUE_STATUSES:
        findings.cell(
            status,
            f"有数值时的状态 / the status of a value: {of_value}",
            "正常值填 A / give A for a normal value"
            if status.text not in MISSING_STATUSES
            else "缺值的清空数值，否则填 A、P 或 E / clear the value if it is missing, else give A, P or E",
        )
    elif not given and status.text is None:
        findings.cell(
            row.cells["VALUE"],
            "数值，或状态 O 并说明原因 / a value, or status O with the reason",
            "填写该行 / answer the row",
        )
    elif not given and status.text not in MISSING_STATUSES:
        findings.cell(
            status,
            f"无数值时的状态 / without a value: {of_missing}",
            "填数值，或状态填 O 并说明原因 / enter the value, or give status O with the reason",
        )
    elif not given and row.text("MISSING_REASON") is None:
        findings.cell(
            row.cells["MISSING_REASON"],
            "缺值原因 / the reason why the value is missing",
            "写明在等谁或等什么 / write who or what is waited for",
        )


def _check_evidence(row: _Row, given: bool, cover: _Cover, findings: _Findings) -> None:
    document, dated = row.cells["EVIDENCE_DOCUMENT"], row.cells["EVIDENCE_DATE"]
    if given and document.text is None:
        findings.cell(
            document,
            "数值所在的文件 / the document the value stands in",
            "填文件名称和文号 / give its title and number",
        )
    on = _date_of(dated, findings, "依据日期 / the date of the evidence, YYYY-MM-DD", required=given)
    if on is not None and cover.reported_on is not None and on > cover.reported_on:
        findings.cell(
            dated,
            f"不晚于填报日的日期 / a date up to the day of reporting, {cover.reported_on}",
            "更正日期 / correct the date",
        )

    reference = row.cells["EVIDENCE_REFERENCE"]
    _check_reference(reference, findings)
    is_text_target = cover.plan is not None and row.text("INDICATOR_CODE") in {
        target.code for target in cover.plan.text_targets
    }
    if given and is_text_target and reference.text is None:
        findings.cell(reference, _REFERENCE, "写明依据在哪里可查 / say where the evidence can be looked up")


_REFERENCE = "网址、文号或文件名 / a URL, a document number or a file name"


def _check_reference(cell: _Cell, findings: _Findings) -> None:
    """A reference another person can follow: a web address, a number or title, a file's name without path."""
    text = cell.text
    if text is None or cell.kind in "fe":
        return  # nothing there, or told already
    if len(text) > MAX_REFERENCE or any(unicodedata.category(letter) == "Cc" for letter in text):
        findings.cell(
            cell,
            f"一行，至多 {MAX_REFERENCE} 字 / one line of at most {MAX_REFERENCE} characters",
            "只写一处出处 / give one place only",
        )
    elif text.lower().startswith(("http:", "https:")):
        if not _WEB.fullmatch(text):
            findings.cell(
                cell,
                "完整网址 / a whole web address, like https://www.example.gov.cn/a.html",
                "从浏览器复制 / copy it from the browser",
            )
    elif _LOCAL_PATH.match(text) or _SCHEME.match(text):
        findings.cell(
            cell,
            _REFERENCE,
            "别人打不开本机路径：写文件名或网址 / "
            "nobody else can open a path of your computer: give the file's name or a web address",
        )


def _date_of(cell: _Cell, findings: _Findings, expected: str, *, required: bool) -> date | None:
    """A real date cell or ISO text; anything else is a problem."""
    if cell.kind == "f":
        return None  # already told
    if cell.text is None:
        if required:
            findings.cell(cell, expected, _FILL_IN)
        return None
    if (isinstance(cell.value, date) or cell.kind == "s") and is_date(cell.text):
        return date.fromisoformat(cell.text)
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", cell.text or ""))
    remedy = (
        f"写成 {match[1]}-{int(match[2]):02}-{int(match[3]):02} / "
        f"write {match[1]}-{int(match[2]):02}-{int(match[3]):02}"
        if match
        else "写成如 2022-12-31 / write it like 2022-12-31"
    )
    findings.cell(cell, expected, remedy)
    return None


def _check_duplicates(
    rows: Sequence[_Row], names: tuple[str, str], expected: str, findings: _Findings
) -> None:
    seen: dict[tuple[str | None, str | None], int] = {}
    for row in rows:
        key = (row.text(names[0]), row.text(names[1]))
        if None not in key and key in seen:
            findings.cell(
                row.cells[names[1]],
                expected,
                f"第 {seen[key]}、{row.number} 行保留一行 / keep one of rows {seen[key]} and {row.number}",
                f"重复 / {key[0]} / {key[1]} a second time (first in row {seen[key]})",
            )
        seen.setdefault(key, row.number)


def _check_all_asked(rows: Sequence[_Row], cover: _Cover, findings: _Findings) -> None:
    if cover.plan is None or cover.unit is None or cover.month is None:
        return
    answered = {(row.text("INDICATOR_CODE"), row.text("REFERENCE_PERIOD")) for row in rows}
    for ask in cover.plan.asks(cover.unit, cover.month):
        if (ask.indicator.code, ask.period) not in answered:
            findings.add(
                f"{findings.file_name}, sheet {SHEET_ROWS}",
                f"缺行 / no row for {ask.indicator.code} {ask.indicator.name_zh} / {ask.period}",
                "应报的每一行 / every row that was asked",
                "补上该行：数值及依据，或状态 O 及原因 / "
                "restore the row: a value with its evidence, or status O with the reason",
            )


# --- the projects -------------------------------------------------------------------------------------------


def _check_projects(rows: Sequence[_Row], cover: _Cover, findings: _Findings) -> None:
    for row in rows:
        for name, cell in row.cells.items():
            if name != "COMPLETED_QUANTITY":
                _refuse_formula(cell, findings)
                _refuse_error(cell, findings)
        _check_reference(row.cells["EVIDENCE"], findings)
        project = _check_project(row.cells["PROJECT_ID"], cover, findings)
        is_stage_known = _check_stage(row.cells["STAGE_ID"], project, findings)
        reached = _date_of(
            row.cells["REACHED_ON"], findings, "达到日期 / the day it was reached, YYYY-MM-DD", required=False
        )
        planned = _date_of(
            row.cells["PLANNED_ON"], findings, "计划日期 / the day planned, YYYY-MM-DD", required=False
        )
        _check_near_plan(row.cells["REACHED_ON"], reached, cover, findings)
        _check_near_plan(row.cells["PLANNED_ON"], planned, cover, findings)
        if reached is not None and cover.reported_on is not None and reached > cover.reported_on:
            findings.cell(
                row.cells["REACHED_ON"],
                f"不晚于填报日的日期 / a date up to the day of reporting, {cover.reported_on}",
                "尚未达到的填计划日期 / for a stage not yet reached give the planned date",
            )
        if project is not None and is_stage_known:
            _check_progress(row, project, findings)
    _check_duplicates(
        rows, ("PROJECT_ID", "STAGE_ID"), "每个项目的每个阶段一次 / each stage of a project once", findings
    )
    for name in ("REACHED_ON", "PLANNED_ON"):
        _check_order(rows, name, cover, findings)


def _check_near_plan(cell: _Cell, day: date | None, cover: _Cover, findings: _Findings) -> None:
    if day is None or cover.plan is None:
        return
    first = date(cover.plan.first_year - YEARS_AROUND_PLAN, 1, 1)
    last = date(cover.plan.last_year + YEARS_AROUND_PLAN, 12, 31)
    if not first <= day <= last:
        findings.cell(
            cell,
            f"规划期前后 {YEARS_AROUND_PLAN} 年内的日期 / a date from {first} to {last}",
            "更正年份 / correct the year",
        )


def _check_order(rows: Sequence[_Row], name: str, cover: _Cover, findings: _Findings) -> None:
    """The stages of a project follow one another: a later one has no earlier day."""
    days: dict[str, list[tuple[int, str, _Cell]]] = {}
    for row in rows:
        cell = row.cells[name]
        project = cover.plan.project(row.text("PROJECT_ID") or "") if cover.plan else None
        if project is not None and cell.text is not None and is_date(cell.text):
            numbers = {stage.stage_id: stage.number for stage in project.stages}
            stage = row.text("STAGE_ID") or ""
            if stage in numbers:
                days.setdefault(project.project_id, []).append((numbers[stage], stage, cell))
    for stages in days.values():
        stages.sort(key=lambda found: found[0])
        for (_, before, earlier), (_, _, later) in pairwise(stages):
            if (later.text or "") < (earlier.text or ""):
                findings.cell(
                    later,
                    f"不早于前一阶段 {before} 的 {earlier.text} / "
                    f"a day not before that of the stage before it, {before} on {earlier.text}",
                    "核对两个阶段的日期 / check the days of both stages",
                )


def _check_project(cell: _Cell, cover: _Cover, findings: _Findings) -> Project | None:
    if cover.plan is None or cover.unit is None:
        return None
    project = cover.plan.project(cell.text or "")
    mine = cover.plan.projects_of(cover.unit)
    if project is None:
        near = difflib.get_close_matches(cell.text or "", [one.project_id for one in mine], n=1)
        hint = f"是否为 {near[0]} / did you mean {near[0]}? " if near else ""
        findings.cell(
            cell,
            f"规划的项目编码 / the id of a project of the plan: {_listed([one.project_id for one in mine])}",
            f"{hint}按“{returns.SHEET_CATALOGUE}”填写 / take it from {returns.SHEET_CATALOGUE}",
        )
    elif project.measured_by == returns.HEADING:
        findings.cell(
            cell,
            f"具体项目；{project.project_id} 是总称 / "
            f"a project; {project.project_id} is a heading over several",
            "填其下级项目 / report the projects below it",
        )
        return None
    elif project not in mine:
        owners = ", ".join(unit.name_zh for unit in cover.plan.units if unit.unit_id in project.unit_ids)
        findings.cell(
            cell,
            f"{cover.unit.name_zh}的项目 / a project of {cover.unit.name_zh}",
            f"删除该行，由{owners}填报 / delete the row; it is returned by {owners}",
        )
        return None
    return project


def _check_stage(cell: _Cell, project: Project | None, findings: _Findings) -> bool:
    """True where the stage is one of the project's type."""
    if project is None:
        return False
    if cell.text in project.stage_ids:
        return True
    findings.cell(
        cell,
        f"{project.project_id}（{project.project_type}）的阶段 / a stage of a project of type "
        f"{project.project_type}: {', '.join(project.stage_ids)}",
        f"按“{returns.SHEET_CATALOGUE}”填写阶段编码 / take the stage's id from {returns.SHEET_CATALOGUE}",
    )
    return False


def _check_progress(row: _Row, project: Project, findings: _Findings) -> None:
    quantity = row.cells["COMPLETED_QUANTITY"]
    given = _check_quantity(quantity, row.cells["QUANTITY_UNIT"], project, findings)
    is_counted = project.measured_by == COUNTED
    if is_counted and not given:
        findings.cell(quantity, "完成数量 / the quantity completed", _FILL_IN)
    elif not is_counted and row.text("REACHED_ON") is None and row.text("PLANNED_ON") is None:
        findings.cell(
            row.cells["REACHED_ON"],
            "达到日期或计划日期 / the day it was reached, or the day planned",
            "至少填一个 / give at least one of the two",
        )
    if row.text("EVIDENCE") is None and _is_done(row, project):
        findings.cell(
            row.cells["EVIDENCE"],
            "最后阶段或应达阶段的依据：网址、文号或文件名 / "
            "evidence that a final stage was reached: a URL, a document number or a file name",
            "写明验收、批复或投用的文件 / name the document that accepts, approves or opens it",
        )


def _is_done(row: _Row, project: Project) -> bool:
    """Whether the row says that the project is done: its last or required stage, or all of its quantity."""
    if project.measured_by != COUNTED:
        return row.text("REACHED_ON") is not None and row.text("STAGE_ID") in project.final_stage_ids
    quantity = row.text("COMPLETED_QUANTITY") or ""
    return bool(
        project.quantity and _NUMBER.fullmatch(quantity) and Decimal(quantity) >= Decimal(project.quantity)
    )


def _check_quantity(cell: _Cell, unit: _Cell, project: Project, findings: _Findings) -> bool:
    """True where a quantity stands, good or bad."""
    if cell.text is None:
        return False
    before = len(findings.problems)
    _check_number(cell, project.unit or returns.NO_UNIT, findings)
    if not project.unit:
        findings.cell(
            cell,
            f"空白，{project.project_id} 按阶段衡量 / "
            f"nothing: {project.project_id} is measured by its stages",
            "清空数量，填阶段和日期 / clear the quantity; give stage and date",
        )
    elif unit.text != project.unit:
        findings.cell(
            unit,
            f"{project.unit!r}，规划所用单位 / {project.unit!r}, the plan's unit of {project.project_id}",
            f"把数量换算为{project.unit} / convert the quantity to {project.unit}",
        )
    if len(findings.problems) == before:
        if project.unit == "%":
            _check_share(cell, findings)
        else:
            _check_amount(cell, project.project_id, project.quantity, project.unit, findings)
            if project.unit in returns.COUNT_UNITS:
                _check_whole(cell, project.unit, findings)
    return True


# --- the assigned values ------------------------------------------------------------------------------------


def _check_assignments(rows: Sequence[_Row], cover: _Cover, findings: _Findings) -> None:
    for row in rows:
        for name, cell in row.cells.items():
            if name != "ASSIGNED_VALUE":
                _refuse_formula(cell, findings)
                _refuse_error(cell, findings)
        _check_reference(row.cells["EVIDENCE"], findings)
        _check_assigned(row, cover, findings)
        _check_assigned_years(row, cover, findings)
        _check_document(row, cover, findings)
    _check_duplicates(
        rows,
        ("INDICATOR_CODE", "ASSIGNED_PERIOD"),
        "每个指标和期间一次 / each indicator and period once",
        findings,
    )


def _check_assigned(row: _Row, cover: _Cover, findings: _Findings) -> None:
    if cover.plan is None or cover.unit is None:
        return
    cell, value, unit = (row.cells[name] for name in ("INDICATOR_CODE", "ASSIGNED_VALUE", "UNIT"))
    mine = cover.plan.assigned_to(cover.unit)
    indicator = next((found for found in mine if found.code == cell.text), None)
    if value.text is None:
        findings.cell(value, "下达的数值 / the value assigned", _FILL_IN)
    else:
        before = len(findings.problems)
        _check_number(value, indicator.unit if indicator else "%", findings)
        is_share = indicator is not None and indicator.unit == "%" and len(findings.problems) == before
        if is_share and abs(Decimal(value.text)) > MAX_ASSIGNED_PCT:
            findings.cell(
                value,
                f"-{MAX_ASSIGNED_PCT} 至 {MAX_ASSIGNED_PCT} / from -{MAX_ASSIGNED_PCT} to {MAX_ASSIGNED_PCT}",
                "按下达文件核对数值和单位 / check value and unit against the document",
            )
    if indicator is None:
        codes = ", ".join(found.code for found in mine) or "无 none"
        findings.cell(
            cell,
            f"{cover.unit.name_zh}由上级下达的指标 / an indicator of {cover.unit.name_zh} that the superior "
            f"authority assigns: {codes}",
            "更正编码，或删除该行 / correct the code, or delete the row",
        )
    elif unit.text != indicator.unit:
        findings.cell(
            unit,
            f"{indicator.unit!r}，规划所用单位 / {indicator.unit!r}, the plan's unit of {indicator.code}",
            f"把数值换算为{indicator.unit} / convert the value to {indicator.unit}",
        )


def _check_assigned_years(row: _Row, cover: _Cover, findings: _Findings) -> None:
    if cover.plan is None:
        return
    plan, cell, base = cover.plan, row.cells["ASSIGNED_PERIOD"], row.cells["BASE_YEAR"]
    whole = f"{plan.first_year}-{plan.last_year}"
    known = {whole, *(str(year) for year in range(plan.first_year, plan.last_year + 1))}
    if cell.text not in known:
        findings.cell(
            cell,
            f"规划期内的年份，或 {whole} / a year of the plan, or {whole}",
            "单元格设为文本后填写 / format the cell as text and write the period",
        )
    if base.text is None or not returns.PERIODS["A"].fullmatch(base.text):
        findings.cell(
            base, "基年，如 2020 / the base year, like 2020", "按下达文件填写 / as the document says"
        )
    elif cell.text in known:
        first, last = plan.first_year - YEARS_AROUND_PLAN, int(cell.text[-4:]) - 1
        if not first <= int(base.text) <= last:
            findings.cell(
                base,
                f"{first} 至 {last} 的年份 / a year from {first} to {last}, before the period ends",
                "按下达文件填写 / as the document says",
            )


def _check_document(row: _Row, cover: _Cover, findings: _Findings) -> None:
    for name, expected in (
        ("ASSIGNING_AUTHORITY", "下达机关 / the authority that assigned it"),
        ("DOCUMENT_TITLE", "下达文件名称 / the title of the document"),
    ):
        if row.text(name) is None:
            findings.cell(row.cells[name], expected, _FILL_IN)
    dated = row.cells["DOCUMENT_DATE"]
    on = _date_of(dated, findings, "文件日期 / the date of the document, YYYY-MM-DD", required=True)
    if on is not None and cover.reported_on is not None and on > cover.reported_on:
        findings.cell(
            dated,
            f"不晚于填报日的日期 / a date up to the day of reporting, {cover.reported_on}",
            "更正日期 / correct the date",
        )


# --- the result ---------------------------------------------------------------------------------------------


def _as_rows(cover: _Cover, part: _Part, rows: Sequence[_Row]) -> Rows:
    return Rows(
        columns=[*COVER_NAMES, *part.names],
        records=[{**cover.texts, **{name: row.text(name) for name in part.names}} for row in rows],
        places=[f"{part.sheet}!{part.letters[part.place_column]}{row.number}" for row in rows],
        scope="|".join(f"{name}={cover.texts[name]}" for name in ("PLAN_ID", "UNIT_ID", "RETURN_MONTH")),
        published_at=cover.texts["REPORTED_ON"],
        not_before=cover.reported_on,
    )
