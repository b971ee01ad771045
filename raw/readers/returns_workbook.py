"""The return workbook to rows: checked cell by cell, every problem told at once with its sheet and cell.

Format: ISO/IEC 29500 (Office Open XML) workbooks as :mod:`raw.returns` writes them. The text of a number is
what the cell holds at a spreadsheet's 15 digits: ``97`` for 97.0, ``52.38`` for 52.380000000000003.
Macros, external links, embedded objects, entity declarations and oversized archives are refused unopened.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from raw import returns, xlsx
from raw.errors import BadInput, Problem
from raw.readers import Rows, is_date
from raw.returns import (
    LETTERS,
    MISSING_STATUSES,
    SHEET_COVER,
    SHEET_ROWS,
    VALUE_STATUSES,
    Indicator,
    Plan,
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
)
COLUMNS = [*COVER_NAMES, *ROW_NAMES]

# A filled form has about 40 KB and 12 members; these bounds leave ample room and stop an archive bomb.
MAX_BYTES = 5_000_000
MAX_UNPACKED = 20_000_000
MAX_MEMBERS = 200
# A unit owns at most 6 indicators: 5 years of months of each are 360 rows.
MAX_ROWS = 2_000
# The warehouse keeps DECIMAL(24, 6): more places would be rounded without a word.
MAX_PLACES = 6
MAX_DIGITS = 18

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DAY_PREFIX = re.compile(r"^\d{4}-\d{2}-\d{2}[_.-]")
_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})日?")
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


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read one return; raises ``BadInput`` with every problem of the file.

    The rows' scope is ``UNIT_ID=…|RETURN_MONTH=…``; the return is known from its REPORTED_ON on.
    """
    name = PurePath(file_name).name
    _check_table(table, name)
    _check_container(content, name)
    findings = _Findings(name)
    sheets = _sheets(content, name)
    cover = _read_cover(sheets[SHEET_COVER], findings)
    rows = _read_rows(sheets[SHEET_ROWS], cover, findings)
    findings.raise_any()
    return _as_rows(cover, rows)


def _check_table(table: Table, name: str) -> None:
    undeclared = sorted(set(COLUMNS) ^ set(table.columns))
    if undeclared:
        raise BadInput.one(
            f"{name}, columns of the table",
            f"{', '.join(undeclared)} on one side only",
            f"the columns of a return: {', '.join(COLUMNS)}",
            "declare exactly these columns in the feed file",
        )


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


def _sheets(content: bytes, name: str) -> dict[str, list[list[_Cell]]]:
    """The cells of cover and rows; raises ``BadInput`` for a damaged workbook or for other sheets."""
    with xlsx.told_damage(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        _check_sheet_names(book.sheetnames, name)
        return {title: list(_cells(book[title], title, name)) for title in (SHEET_COVER, SHEET_ROWS)}


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
    _check_file_name(findings, unit, month)
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


def _check_file_name(findings: _Findings, unit: Unit | None, month: str | None) -> None:
    if unit is None or month is None:
        return
    expected = returns.file_name(unit, month)
    # A day in front says when the file was given to us (see the door drop_folder).
    if _DAY_PREFIX.sub("", findings.file_name) != expected:
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


@dataclass(frozen=True)
class _Row:
    """One filled row of 填报 by column name."""

    number: int
    cells: Mapping[str, _Cell]

    def text(self, name: str) -> str | None:
        return self.cells[name].text


def _read_rows(rows: Sequence[Sequence[_Cell]], cover: _Cover, findings: _Findings) -> list[_Row]:
    if not _header_holds(rows[0] if rows else [], findings):
        return []
    filled = [row for row in _filled(rows, findings) if _is_filled(row)]
    if not filled:
        findings.add(
            f"{findings.file_name}, sheet {SHEET_ROWS}",
            "没有填写的行 / no filled row",
            "每个应报数值一行 / a row per figure asked",
            _NEW_FORM,
        )
    for row in filled:
        _check_row(row, cover, findings)
    _check_duplicates(filled, findings)
    _check_all_asked(filled, cover, findings)
    return filled


def _header_holds(header: Sequence[_Cell], findings: _Findings) -> bool:
    before = len(findings.problems)
    for place, column in enumerate(returns.COLUMNS):
        where = f"{findings.file_name}, sheet {SHEET_ROWS}, cell {LETTERS[column.name]}{returns.HEADER_ROW}"
        cell = _at(header, place, where)
        if "".join((cell.text or "").split()) != "".join(column.header.split()):
            findings.cell(cell, f"表头 / the header {column.header!r}", _NEW_FORM)
    for cell in header[len(returns.COLUMNS) :]:
        if cell.text is not None:
            findings.cell(
                cell,
                "没有多余的列 / no further column",
                "删除，其中内容不会被读取 / delete it: nothing in it would be read",
            )
    return len(findings.problems) == before


def _filled(rows: Sequence[Sequence[_Cell]], findings: _Findings) -> Iterator[_Row]:
    for number, cells in enumerate(rows[returns.HEADER_ROW :], start=returns.HEADER_ROW + 1):
        prefix = f"{findings.file_name}, sheet {SHEET_ROWS}, cell"
        yield _Row(
            number,
            {
                column.name: _at(cells, place, f"{prefix} {LETTERS[column.name]}{number}")
                for place, column in enumerate(returns.COLUMNS)
            },
        )
        for cell in cells[len(returns.COLUMNS) :]:
            if cell.text is not None:
                findings.cell(
                    cell,
                    f"{LETTERS['NOTE']} 列右侧为空 / nothing right of column {LETTERS['NOTE']}",
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
    owned = cover.plan.owned_by(cover.unit)
    choices = ", ".join(found.code for found in owned)
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
        unit = indicator.unit if indicator else "规划所用单位 the plan's unit"
        findings.cell(
            cell,
            f"以{unit}为单位的数字，不用百分比格式 / "
            f"a number in {unit}, not in a cell formatted as a percentage",
            f"单元格设为常规格式，填 {_times_hundred(cell.text)} / "
            f"format the cell as a general number and enter {_times_hundred(cell.text)}",
        )
    else:
        _check_size(cell, findings)
    return True


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


def _check_duplicates(rows: Sequence[_Row], findings: _Findings) -> None:
    seen: dict[tuple[str | None, str | None], int] = {}
    for row in rows:
        key = (row.text("INDICATOR_CODE"), row.text("REFERENCE_PERIOD"))
        if None not in key and key in seen:
            findings.cell(
                row.cells["REFERENCE_PERIOD"],
                "每个指标和时期一次 / each indicator and period once",
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


# --- the result ---------------------------------------------------------------------------------------------


def _as_rows(cover: _Cover, rows: Sequence[_Row]) -> Rows:
    return Rows(
        columns=list(COLUMNS),
        records=[{**cover.texts, **{name: row.text(name) for name in ROW_NAMES}} for row in rows],
        places=[f"{SHEET_ROWS}!{LETTERS['VALUE']}{row.number}" for row in rows],
        scope=f"UNIT_ID={cover.texts['UNIT_ID']}|RETURN_MONTH={cover.texts['RETURN_MONTH']}",
        published_at=cover.texts["REPORTED_ON"],
        not_before=cover.reported_on,
    )
