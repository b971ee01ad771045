"""The monthly return of a responsible unit: an .xlsx workbook made by us, filled in by people.

One workbook is one unit's answer for one month and plan, named ``<unit_id>_<YYYY-MM>.xlsx``, or with the plan
in front, ``<plan_id>_<unit_id>_<YYYY-MM>.xlsx``, where the month belongs to another plan as well. Its sheets:

- ``填报说明``: how to fill it in, Chinese and English.
- ``封面``: column B of rows 3 to 9 holds PLAN_ID, UNIT_ID, the unit's name, RETURN_MONTH, REPORTER,
  REPORTED_ON (a date) and a contact, which stays in the workbook and is not loaded.
- ``填报``: a header in row 1 and from row 2 one row per indicator and period, columns A to P as in
  :data:`COLUMNS`. Grey cells come from the plan and are locked; the person fills in H to P, and may add
  rows of the unit's own indicators, and of the plan's text targets (T001 …), below.
- ``项目``: one row per project and stage that was reached or is planned, columns :data:`PROJECT_COLUMNS`.
- ``下达``: one row per value the superior authority assigned, columns :data:`ASSIGNMENT_COLUMNS`.
- ``编码表``: the ids of text targets, projects and stages, to look up; it is not read.

The last three came later: a workbook without them, or without columns O or P of ``填报``, is read as before
and says nothing about what would stand there.

Every row that was asked must be answered: a value with its evidence, or a missing-value status with a reason.
VALUE is in the plan's own unit (a ratio in per cent: 52.38, never 0.5238). OBS_STATUS is SDMX
``CL_OBS_STATUS``. MEASURE is LEVEL or YTD (January up to the period), and YOY or YOY_YTD for the two
indicators that are growth rates; the plan's ``indicator_series.csv`` says which. FREQUENCY is SDMX
``CL_FREQ``: A, Q or M, with periods ``2022``, ``2022-Q3``, ``2022-09``.

The plan is data: units and indicators are read from ``dbt_project/seeds/plan`` (env ``PLAN_SEEDS``).
The bytes are a function of the plan, the unit and the month: no clock, no random name, no compression.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import difflib
import io
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from raw.errors import BadInput, Problem

FEED = "unit_returns"
OFFICIAL = "official"
TABLE, PROJECTS, ASSIGNMENTS = "returns", "project_milestones", "superior_assignments"
DEFAULT_SEEDS = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "plan"

SHEET_GUIDE, SHEET_COVER, SHEET_ROWS = "填报说明", "封面", "填报"
SHEET_PROJECTS, SHEET_ASSIGNMENTS, SHEET_CATALOGUE = "项目", "下达", "编码表"
SHEETS = (SHEET_GUIDE, SHEET_COVER, SHEET_ROWS, SHEET_PROJECTS, SHEET_ASSIGNMENTS, SHEET_CATALOGUE)
HEADER_ROW = 1
# Empty rows for a person to fill in: a unit of many projects reports several stages of each.
EXTRA_ROWS, EXTRA_PROJECT_ROWS = 30, 240

# SDMX cross-domain code list CL_OBS_STATUS 2.2, the codes a responsible unit can mean.
VALUE_STATUSES = {
    "A": "正常 / normal",
    "P": "初步数 / provisional",
    "E": "估计数 / estimated",
    "B": "口径变动 / break in series",
    "D": "定义不同 / definition differs",
}
MISSING_STATUSES = {
    "O": "缺数 / missing value",
    "L": "有数未收集 / exists, not collected",
    "M": "无此数 / cannot exist",
}
STAGES = ("preliminary", "final", "revised")
# At which prices a rate of growth is: of the two only rates at one basis can be compared.
PRICE_BASES = {"real": "可比价 / at constant prices", "nominal": "现价 / at current prices"}
GROWTH_MEASURES = ("YOY", "YOY_YTD")
FREQUENCIES = ("A", "Q", "M")
MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
PERIODS = {
    "A": re.compile(r"(19|20)\d\d"),
    "Q": re.compile(r"(19|20)\d\d-Q[1-4]"),
    "M": MONTH,
}
PERIOD_EXAMPLES = {"A": "2022", "Q": "2022-Q3", "M": "2022-09"}
# What stands for the unit of a text target that prints none ("all", "done").
NO_UNIT = "-"
# How types of projects are measured (seed project_types), and what the stage of a counted one is called.
HEADING, COUNTED = "heading", "counted"
# Kinds of text targets that count things, and the units in which a thing is whole.
COUNTED_KINDS = ("threshold_count", "cumulative_sum")
COUNT_UNITS = ("个", "所", "条", "项", "名", "类")
ASSIGNED = "assigned_by_superior"
ASSIGNED_PERIOD = re.compile(r"(19|20)\d\d(-(19|20)\d\d)?")


@dataclass(frozen=True)
class CoverField:
    """One line of the cover: the name it is loaded under and the label that is printed."""

    name: str
    label: str


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet with rows; ``locked`` ones come from the plan, ``kind`` is what a cell holds."""

    name: str
    label_zh: str
    label_en: str
    width: int
    locked: bool = False
    kind: Literal["text", "number", "date"] = "text"

    @property
    def header(self) -> str:
        """The text of the header cell."""
        return f"{self.label_zh}\n{self.label_en}"


COVER_FIRST_ROW = 3
COVER_FIELDS = (
    CoverField("PLAN_ID", "规划编号 / Plan id"),
    CoverField("UNIT_ID", "单位编号 / Unit id"),
    CoverField("UNIT_NAME", "责任单位 / Responsible unit"),
    CoverField("RETURN_MONTH", "填报月份 / Return month"),
    CoverField("REPORTER", "填报人 / Reported by"),
    CoverField("REPORTED_ON", "填报日期 / Reported on"),
    CoverField("CONTACT", "联系方式（不入库）/ Contact (not loaded)"),
)
COLUMNS = (
    SheetColumn("INDICATOR_CODE", "指标编码", "Indicator code", 10, locked=True),
    SheetColumn("NAME_ZH", "指标名称", "Name (Chinese)", 30, locked=True),
    SheetColumn("NAME_EN", "英文名称", "Name (English)", 34, locked=True),
    SheetColumn("UNIT", "计量单位", "Unit", 10, locked=True),
    SheetColumn("REFERENCE_PERIOD", "所属时期", "Reference period", 12, locked=True),
    SheetColumn("FREQUENCY", "频率", "Frequency", 10, locked=True),
    SheetColumn("MEASURE", "计量方式", "Measure", 10, locked=True),
    SheetColumn("VALUE", "数值", "Value", 14, kind="number"),
    SheetColumn("OBS_STATUS", "数据状态", "Status", 10),
    SheetColumn("STAGE", "阶段", "Stage", 12),
    SheetColumn("EVIDENCE_DOCUMENT", "依据文件", "Evidence document", 42),
    SheetColumn("EVIDENCE_DATE", "依据日期", "Evidence date", 13, kind="date"),
    SheetColumn("MISSING_REASON", "缺数原因", "Reason if missing", 32),
    SheetColumn("NOTE", "备注", "Note", 28),
    SheetColumn("EVIDENCE_REFERENCE", "依据出处", "Where the evidence is (URL, number or file name)", 36),
    SheetColumn("PRICE_BASIS", "价格口径", "Price basis of a growth rate", 14),
)
# Columns that a form made before there were text targets, or prices were asked for, does not have.
LATER_COLUMNS = ("EVIDENCE_REFERENCE", "PRICE_BASIS")
PROJECT_COLUMNS = (
    SheetColumn("PROJECT_ID", "项目编码", "Project id", 12),
    SheetColumn("STAGE_ID", "阶段编码", "Stage id", 16),
    SheetColumn("REACHED_ON", "达到日期", "Reached on", 13, kind="date"),
    SheetColumn("PLANNED_ON", "计划日期", "Planned on", 13, kind="date"),
    SheetColumn("COMPLETED_QUANTITY", "完成数量", "Completed quantity", 14, kind="number"),
    SheetColumn("QUANTITY_UNIT", "数量单位", "Unit of the quantity", 12),
    SheetColumn("EVIDENCE", "依据", "Evidence (document, URL or file name)", 42),
    SheetColumn("NOTE", "备注", "Note", 28),
)
ASSIGNMENT_COLUMNS = (
    SheetColumn("INDICATOR_CODE", "指标编码", "Indicator code", 10),
    SheetColumn("ASSIGNED_PERIOD", "下达期间", "Assigned period", 14),
    SheetColumn("BASE_YEAR", "基年", "Base year", 10),
    SheetColumn("ASSIGNED_VALUE", "下达数值", "Assigned value", 14, kind="number"),
    SheetColumn("UNIT", "计量单位", "Unit", 10),
    SheetColumn("ASSIGNING_AUTHORITY", "下达机关", "Assigning authority", 26),
    SheetColumn("DOCUMENT_TITLE", "文件名称", "Document title", 42),
    SheetColumn("DOCUMENT_NO", "文号", "Document number", 24),
    SheetColumn("DOCUMENT_DATE", "文件日期", "Document date", 13, kind="date"),
    SheetColumn("EVIDENCE", "依据", "Evidence (document, URL or file name)", 42),
    SheetColumn("NOTE", "备注", "Note", 28),
)
CATALOGUE_COLUMNS = (
    SheetColumn("KIND", "类别", "Kind", 16),
    SheetColumn("ID", "编码", "Id", 14),
    SheetColumn("NAME_ZH", "名称", "Name (Chinese)", 44),
    SheetColumn("NAME_EN", "英文名称", "Name (English)", 60),
    SheetColumn("OF", "所属", "Belongs to", 16),
    SheetColumn("UNIT", "计量单位", "Unit", 12),
)


def letters(columns: Sequence[SheetColumn]) -> dict[str, str]:
    """The letter of each column by its name."""
    return {column.name: get_column_letter(place) for place, column in enumerate(columns, start=1)}


LETTERS = letters(COLUMNS)

GUIDE = (
    (
        "1. 只填写白色单元格；灰色单元格来自规划，请勿改动。",
        "Fill in the white cells only; grey cells come from the plan.",
    ),
    (
        "2. “封面”请填写填报人和填报日期（YYYY-MM-DD）。联系方式不入库。",
        "On 封面 give the reporter and the date of reporting. The contact is not loaded.",
    ),
    (
        "3. “填报”每一行都要答复：填写数值及依据，或填写状态 O 和缺数原因。",
        "Answer every row of 填报: a value with its evidence, or status O with the reason.",
    ),
    (
        "4. 数值只填数字，不带单位、千分位逗号、百分号或公式；百分比 52.38% 填 52.38。",
        "A value is a bare number: no unit, thousands comma, per cent sign or formula; 52.38% is 52.38.",
    ),
    (
        "5. 状态：A 正常，P 初步数，E 估计数，B 口径变动，D 定义不同，O 缺数，L 有数未收集，M 无此数。",
        "Status: A normal, P provisional, E estimated, B break in series, D definition differs, "
        "O missing, L exists but not collected, M cannot exist.",
    ),
    (
        "6. 有数值必须写明依据文件名称和日期（YYYY-MM-DD）。",
        "A value needs the evidence document and its date.",
    ),
    (
        "7. 补报或更正其他时期：在下方空行填写指标编码、计量单位、所属时期、频率和计量方式。",
        "To add another period, use the empty rows below: code, unit, period, frequency and measure.",
    ),
    (
        "8. 所属时期：年 2022，季 2022-Q3，月 2022-09；YTD 为年初至本期累计。",
        "Periods: year 2022, quarter 2022-Q3, month 2022-09; YTD runs from January up to the period.",
    ),
    (
        "　 增速（YOY、YOY_YTD）请注明价格口径：real 可比价（实际），nominal 现价（名义）；"
        "未注明的不与其他增速比较。",
        "A growth rate (YOY, YOY_YTD) says its price basis, real or nominal; without it the rate is compared "
        "with no other.",
    ),
    (
        "9. 文字目标（T001 等）也填在“填报”的空行，须写依据出处：网址、文号或文件名。编码见“编码表”。",
        "Text targets (T001 …) go into the empty rows of 填报 too, with the place of their evidence: "
        "a URL, a document number or a file name. Ids stand in 编码表.",
    ),
    (
        "10. “项目”每行一个项目阶段：已达到的填达到日期，计划的填计划日期；按数量计的项目，"
        "阶段填 counted，并填完成数量。最后阶段须有依据。没有进展可不填。",
        "项目: a row per stage of a project, with the day it was reached or is planned for; a counted "
        "project has stage counted and its quantity. The last stage needs evidence. "
        "Leave it empty where nothing happened.",
    ),
    (
        "11. “下达”填上级下达的数值及文件；期间填年份 2022，或整个规划期 2021-2025。",
        "下达: values the superior authority assigned, with the document; the period is a year, 2022, "
        "or the whole plan period, 2021-2025.",
    ),
    (
        "12. 请勿改文件名、增删工作表或改表头。提交前可运行 python -m raw returns check 文件名 核对。",
        "Keep the file name, the sheets and the headers. Check with: python -m raw returns check FILE",
    ),
)


@dataclass(frozen=True)
class Unit:
    """A responsible unit of the plan, under every name it is known by."""

    unit_id: str
    name_zh: str
    name_en: str
    aliases: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Id, Chinese name, English name, then the aliases."""
        return (self.unit_id, self.name_zh, self.name_en, *self.aliases)


@dataclass(frozen=True)
class Indicator:
    """What a return must know of an indicator; ``measures`` gives the measure for A and for Q and M."""

    code: str
    name_zh: str
    name_en: str
    unit: str
    frequency: str
    unit_ids: tuple[str, ...]
    series_code: str
    measures: Mapping[str, str]
    # Of a text target: its kind, and the value the plan prints for it, empty where there is none.
    target_kind: str = ""
    goal: str = ""

    @property
    def is_count(self) -> bool:
        """Whether its figures are whole things: schools, not ten thousands of places."""
        return self.target_kind in COUNTED_KINDS and self.unit in COUNT_UNITS


@dataclass(frozen=True)
class Stage:
    """One stage of a type of projects; ``number`` counts from 1."""

    stage_id: str
    number: int
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Project:
    """What a return must know of a project; ``stages`` are those of its type, empty for a counted one.

    ``required_stage_id`` is what the plan's text asks for, ``quantity`` the number it prints, in ``unit``.
    """

    project_id: str
    name_zh: str
    name_en: str
    project_type: str
    measured_by: str
    stages: tuple[Stage, ...]
    required_stage_id: str
    quantity: str
    unit: str
    unit_ids: tuple[str, ...]

    @property
    def stage_ids(self) -> tuple[str, ...]:
        """What may stand for its stage."""
        return (COUNTED,) if self.measured_by == COUNTED else tuple(stage.stage_id for stage in self.stages)

    @property
    def final_stage_ids(self) -> frozenset[str]:
        """The stages that say it is done: the last of its type, and the one the plan asks for."""
        last = {self.stages[-1].stage_id} if self.stages else set()
        return frozenset(last | ({self.required_stage_id} if self.required_stage_id else set()))


@dataclass(frozen=True)
class Ask:
    """One figure asked of a unit: which indicator, for which period, measured how."""

    indicator: Indicator
    period: str
    frequency: str

    @property
    def measure(self) -> str:
        """The measure the plan's series has at this frequency."""
        return self.indicator.measures[self.frequency]


@dataclass(frozen=True)
class Plan:
    """Units, indicators, text targets and projects of one plan, and the years it runs (2021 to 2025).

    A text target is returned as an indicator is; its code is its id. ``assigned`` are the codes of the
    indicators whose target the superior authority assigns.
    """

    plan_id: str
    baseline_year: int
    first_year: int
    last_year: int
    units: tuple[Unit, ...]
    indicators: tuple[Indicator, ...]
    text_targets: tuple[Indicator, ...]
    projects: tuple[Project, ...]
    assigned: tuple[str, ...]

    def unit(self, name: str) -> Unit:
        """The unit of that id, name or alias; raises ``BadInput`` that lists the units."""
        wanted = name.strip().casefold()
        for unit in self.units:
            if wanted in {known.casefold() for known in unit.names}:
                return unit
        raise BadInput.one(
            "unit",
            repr(name),
            "one of " + ", ".join(f"{unit.unit_id} {unit.name_zh}" for unit in self.units),
            self._unit_hint(name),
        )

    def _unit_hint(self, name: str) -> str:
        known = {text: unit for unit in self.units for text in unit.names}
        near = difflib.get_close_matches(name.strip(), known, n=1)
        if not near:
            return "give a unit's id or its name as the plan prints it"
        return f"did you mean {known[near[0]].unit_id} {known[near[0]].name_zh}?"

    def indicator(self, code: str) -> Indicator | None:
        """The indicator of that code ('01') or the text target of that id ('T001'), or ``None``."""
        return next((found for found in (*self.indicators, *self.text_targets) if found.code == code), None)

    def project(self, project_id: str) -> Project | None:
        """The project of that id ('P09-02'), or ``None``."""
        return next((found for found in self.projects if found.project_id == project_id), None)

    def owned_by(self, unit: Unit) -> tuple[Indicator, ...]:
        """The indicators the unit is responsible for, alone or with another."""
        return tuple(found for found in self.indicators if unit.unit_id in found.unit_ids)

    def open_to(self, unit: Unit) -> tuple[Indicator, ...]:
        """Its indicators, and the text targets it may return: its own, and those that name no unit."""
        free = (found for found in self.text_targets if not found.unit_ids or unit.unit_id in found.unit_ids)
        return (*self.owned_by(unit), *free)

    def projects_of(self, unit: Unit) -> tuple[Project, ...]:
        """The projects it may return: those that name it or no unit; a heading has nothing of its own."""
        return tuple(
            found
            for found in self.projects
            if found.measured_by != HEADING and (not found.unit_ids or unit.unit_id in found.unit_ids)
        )

    def named_units(self) -> tuple[Unit, ...]:
        """The units that answer for something of this plan; the list of units is shared by all plans."""
        owned: list[Indicator | Project] = [*self.indicators, *self.text_targets, *self.projects]
        named = {unit_id for found in owned for unit_id in found.unit_ids}
        return tuple(unit for unit in self.units if unit.unit_id in named)

    def assigned_to(self, unit: Unit) -> tuple[Indicator, ...]:
        """Its indicators whose value the superior authority assigns."""
        return tuple(found for found in self.owned_by(unit) if found.code in self.assigned)

    def asks(self, unit: Unit, month: str) -> tuple[Ask, ...]:
        """What a return of that month must answer.

        The plan's full years up to the month, and for monthly indicators the current year up to the month.
        In December the year is full, so the yearly row stands for both. The baseline year is never asked.
        """
        return tuple(ask for found in self.owned_by(unit) for ask in self._asks_of(found, month))

    def _asks_of(self, indicator: Indicator, month: str) -> Iterable[Ask]:
        year, month_number = int(month[:4]), int(month[5:])
        last_full_year = year if month_number == 12 else year - 1
        for asked in range(self.first_year, min(last_full_year, self.last_year) + 1):
            yield Ask(indicator, str(asked), "A")
        running = self.first_year <= year <= self.last_year and month_number < 12
        if indicator.frequency == "M" and running:
            yield Ask(indicator, month, "M")


def seeds_folder() -> Path:
    """Where the plan's tables are: env ``PLAN_SEEDS``, else ``dbt_project/seeds/plan``."""
    return Path(os.environ.get("PLAN_SEEDS") or DEFAULT_SEEDS)


def load_plan(plan_id: str | None = None, folder: Path | None = None) -> Plan:
    """Read plan, units and indicators from the plan's seeds; raises ``BadInput`` naming file and column.

    Without a plan the only official one is meant; where there are several the caller must say which.
    """
    seeds = folder or seeds_folder()
    plans = _plans(seeds)
    official = [row["plan_id"] for row in plans if row["plan_kind"] == OFFICIAL]
    if plan_id is None and len(official) == 1:
        plan_id = official[0]
    found = next((row for row in plans if row["plan_id"] == plan_id), None)
    if found is None or plan_id is None:
        raise BadInput.one(
            f"{seeds / 'plans.csv'}, column plan_id",
            f"no plan {plan_id!r}" if plan_id is not None else f"{len(official)} official plans",
            "one of " + ", ".join(row["plan_id"] for row in plans),
            "correct the plan id",
        )
    return Plan(
        plan_id,
        int(found["baseline_year"]),
        int(found["first_year"]),
        int(found["last_year"]),
        _units(seeds),
        _indicators(seeds, plan_id),
        _text_targets(seeds, plan_id),
        _projects(seeds, plan_id),
        _assigned(seeds, plan_id),
    )


def _plans(seeds: Path) -> list[dict[str, str]]:
    return _seed(seeds, "plans", ("plan_id", "baseline_year", "first_year", "last_year", "plan_kind"))


def plans_of(month: str, *, official_only: bool = True) -> list[str]:
    """The plans that have begun by a month, the newest first; demonstrations only where asked for."""
    begun = [
        row
        for row in _plans(seeds_folder())
        if int(row["first_year"]) <= int(month[:4]) and (row["plan_kind"] == OFFICIAL or not official_only)
    ]
    begun.sort(key=lambda row: (row["plan_kind"] != OFFICIAL, -int(row["first_year"]), row["plan_id"]))
    return [row["plan_id"] for row in begun]


def plan_table(name: str, needed: Sequence[str]) -> list[dict[str, str]]:
    """The rows of one of the plan's tables; raises ``BadInput`` where it, or a column of it, is missing."""
    return _seed(seeds_folder(), name, needed)


def _seed(folder: Path, name: str, needed: Sequence[str]) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    try:
        state = path.stat()
        header, rows = _table(path, state.st_mtime_ns, state.st_size)
    except FileNotFoundError as error:
        raise BadInput.one(
            str(path),
            "no such file",
            "a table of the plan",
            "set PLAN_SEEDS to the folder of the plan's tables",
        ) from error
    absent = [column for column in needed if column not in header]
    if absent:
        raise BadInput.one(
            f"{path}, header",
            ", ".join(header),
            f"also {', '.join(absent)}",
            "restore the columns of the table",
        )
    return rows


@lru_cache(maxsize=64)
def _table(path: Path, mtime_ns: int, size: int) -> tuple[list[str], list[dict[str, str]]]:  # noqa: ARG001
    """Header and rows of a seed, read once in each state of the file: every workbook asks for the plan."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
        return list(reader.fieldnames or []), rows


def _units(seeds: Path) -> tuple[Unit, ...]:
    rows = _seed(seeds, "responsible_units", ("unit_id", "name_zh", "name_en", "aliases"))
    return tuple(Unit(row["unit_id"], row["name_zh"], row["name_en"], _split(row["aliases"])) for row in rows)


def _indicators(seeds: Path, plan_id: str) -> tuple[Indicator, ...]:
    columns = ("plan_id", "indicator_code", "name_zh", "name_en", "unit", "frequency", "responsible_unit_ids")
    series_columns = ("plan_id", "indicator_code", "series_code", "measure", "sub_annual_measure")
    series = {
        row["indicator_code"]: row
        for row in _seed(seeds, "indicator_series", series_columns)
        if row["plan_id"] == plan_id
    }
    return tuple(
        _indicator(row, series.get(row["indicator_code"]), seeds)
        for row in _seed(seeds, "indicators", columns)
        if row["plan_id"] == plan_id
    )


def _indicator(row: Mapping[str, str], series: Mapping[str, str] | None, seeds: Path) -> Indicator:
    code = row["indicator_code"]
    if series is None:
        raise BadInput.one(
            f"{seeds / 'indicator_series.csv'}, column indicator_code",
            f"no row for {code}",
            "one row per indicator of the plan",
            "add the indicator's series and measures",
        )
    measures = {"A": series["measure"], "Q": series["sub_annual_measure"], "M": series["sub_annual_measure"]}
    return Indicator(
        code,
        row["name_zh"],
        row["name_en"],
        row["unit"],
        row["frequency"],
        _split(row["responsible_unit_ids"]),
        series["series_code"],
        measures,
    )


# The measures of a text target by its kind, at A and at Q and M; every other kind is a level.
_TEXT_MEASURES = {
    "period_average_growth": ("YOY", "YOY_YTD"),
    "relative_series": ("YOY", "YOY_YTD"),
    "cumulative_sum": ("LEVEL", "YTD"),
}


def _text_targets(seeds: Path, plan_id: str) -> tuple[Indicator, ...]:
    columns = ("plan_id", "text_target_id", "role", "statement_zh", "statement_en", "target_kind", "unit")
    return tuple(
        _text_target(row)
        for row in _seed(seeds, "text_targets", (*columns, "target_value", "responsible_unit_ids"))
        if row["plan_id"] == plan_id and row["role"] == "target"
    )


def _text_target(row: Mapping[str, str]) -> Indicator:
    yearly, within = _TEXT_MEASURES.get(row["target_kind"], ("LEVEL", "LEVEL"))
    return Indicator(
        row["text_target_id"],
        row["statement_zh"],
        row["statement_en"],
        row["unit"] or NO_UNIT,
        "A",
        _split(row["responsible_unit_ids"]),
        row["text_target_id"],
        {"A": yearly, "Q": within, "M": within},
        row["target_kind"],
        row["target_value"],
    )


def _projects(seeds: Path, plan_id: str) -> tuple[Project, ...]:
    types = {
        row["project_type"]: row["measured_by"]
        for row in _seed(seeds, "project_types", ("project_type", "measured_by"))
    }
    stages = _stages(seeds)
    columns = ("plan_id", "project_id", "name_zh", "name_en", "project_type", "required_stage_id")
    quantity = ("quantity_value", "quantity_unit", "responsible_unit_ids")
    return tuple(
        Project(
            row["project_id"],
            row["name_zh"],
            row["name_en"],
            row["project_type"],
            types[row["project_type"]],
            stages.get(row["project_type"], ()),
            row["required_stage_id"],
            row["quantity_value"],
            row["quantity_unit"],
            _split(row["responsible_unit_ids"]),
        )
        for row in _seed(seeds, "projects", (*columns, *quantity))
        if row["plan_id"] == plan_id
    )


def _stages(seeds: Path) -> dict[str, tuple[Stage, ...]]:
    columns = ("project_type", "stage_id", "stage_no", "name_zh", "name_en")
    found: dict[str, list[Stage]] = {}
    for row in _seed(seeds, "project_stages", columns):
        stage = Stage(row["stage_id"], int(row["stage_no"]), row["name_zh"], row["name_en"])
        found.setdefault(row["project_type"], []).append(stage)
    return {kind: tuple(sorted(stages, key=lambda one: one.number)) for kind, stages in found.items()}


def _assigned(seeds: Path, plan_id: str) -> tuple[str, ...]:
    rows = _seed(seeds, "targets", ("plan_id", "indicator_code", "target_kind"))
    codes = (
        row["indicator_code"] for row in rows if (row["plan_id"], row["target_kind"]) == (plan_id, ASSIGNED)
    )
    return tuple(dict.fromkeys(codes))


def _split(joined: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in joined.split(";") if part.strip())


def period_end(period: str) -> date:
    """The last day of a year, quarter or month written as in :data:`PERIODS`."""
    year = int(period[:4])
    if len(period) == 4:
        return date(year, 12, 31)
    month = 3 * int(period[6]) if period[5] == "Q" else int(period[5:])
    return date(year, month, calendar.monthrange(year, month)[1])


def file_name(plan: Plan, unit: Unit, month: str) -> str:
    """The name we give a return: ``<unit_id>_<YYYY-MM>.xlsx`` for the newest official plan of the month.

    Every other plan stands in front, so that two returns of one unit and month never share a name.
    """
    plain, in_front = file_names(plan, unit, month)
    return plain if plans_of(month)[:1] == [plan.plan_id] else in_front


def file_names(plan: Plan, unit: Unit, month: str) -> tuple[str, str]:
    """The names a return may have: plain, and with its plan in front."""
    plain = f"{unit.unit_id}_{month}.xlsx"
    return plain, f"{plan.plan_id}_{plain}"


def asked_row(ask: Ask) -> dict[str, str]:
    """The cells of one row of 填报 that come from the plan, by column name."""
    return {
        "INDICATOR_CODE": ask.indicator.code,
        "NAME_ZH": ask.indicator.name_zh,
        "NAME_EN": ask.indicator.name_en,
        "UNIT": ask.indicator.unit,
        "REFERENCE_PERIOD": ask.period,
        "FREQUENCY": ask.frequency,
        "MEASURE": ask.measure,
    }


def workbook(
    plan: Plan,
    unit: Unit,
    month: str,
    *,
    answers: Sequence[Mapping[str, str]] = (),
    projects: Sequence[Mapping[str, str]] = (),
    assignments: Sequence[Mapping[str, str]] = (),
    reporter: str = "",
    reported_on: date | None = None,
    is_form: bool = True,
) -> bytes:
    """Make the return of a unit for a month as .xlsx bytes; the same arguments give the same bytes.

    ``answers`` are rows of 填报 by column name. One whose indicator and period is asked fills that row; the
    others are added below, as a person would add them. ``projects`` and ``assignments`` are the rows of 项目
    and 下达. Without rows the workbook is an empty form. One that nobody will fill in (``is_form`` false)
    has no empty rows, no list of ids, and no sheet without rows.
    """
    rows = _rows(plan.asks(unit, month), answers)
    book = Workbook()
    book.properties.creator = "plan-monitoring-warehouse"
    book.properties.title = f"{unit.name_zh} {month} 规划指标填报表 / return of plan indicators"
    book.properties.created = datetime(int(month[:4]), int(month[5:]), 1)
    book.security = WorkbookProtection(lockStructure=True)
    guide = book.worksheets[0]
    guide.title = SHEET_GUIDE
    _write_guide(guide, unit, month)
    cover = {
        "PLAN_ID": plan.plan_id,
        "UNIT_ID": unit.unit_id,
        "UNIT_NAME": unit.name_zh,
        "RETURN_MONTH": month,
        "REPORTER": reporter,
        "REPORTED_ON": reported_on.isoformat() if reported_on else "",
    }
    _write_cover(book.create_sheet(SHEET_COVER), cover)
    header = f"{unit.name_zh} {month}"
    spare = EXTRA_ROWS if is_form else 0
    lists = _id_lists(plan, unit) if is_form else {}
    sheet = book.create_sheet(SHEET_ROWS)
    _write_rows(sheet, COLUMNS, rows, spare, header)
    _add_rules(sheet, COLUMNS, lists | _choices(plan, unit), HEADER_ROW + len(rows) + spare)
    if is_form or projects:
        sheet = book.create_sheet(SHEET_PROJECTS)
        project_spare = EXTRA_PROJECT_ROWS if is_form else 0
        _write_rows(sheet, PROJECT_COLUMNS, projects, project_spare, header)
        _add_rules(sheet, PROJECT_COLUMNS, lists, HEADER_ROW + len(projects) + project_spare)
    if is_form or assignments:
        sheet = book.create_sheet(SHEET_ASSIGNMENTS)
        _write_rows(sheet, ASSIGNMENT_COLUMNS, assignments, spare, header)
        _add_rules(sheet, ASSIGNMENT_COLUMNS, {}, HEADER_ROW + len(assignments) + spare)
    if is_form:
        _write_catalogue(book.create_sheet(SHEET_CATALOGUE), plan, unit)
    return _settled(book, month)


def _rows(asks: Sequence[Ask], answers: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Asked rows first, each with its answer, then the answers nobody asked for, in their own order."""
    keyed = {(answer["INDICATOR_CODE"], answer["REFERENCE_PERIOD"]): dict(answer) for answer in answers}
    asked = [
        {**asked_row(ask), **keyed.pop((ask.indicator.code, ask.period), {}), "_ASKED": "1"} for ask in asks
    ]
    return [*asked, *keyed.values()]


_FONT = "Microsoft YaHei"
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_BLUE = PatternFill("solid", fgColor="FF1F4E78")
_EDGE = Side(style="thin", color="FFBFBFBF")
_BOX = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
# Made once: openpyxl compares a style by all its parts each time a new one is given to a cell.
_CELL_FONT = Font(name=_FONT, size=10)
_CELL_ALIGNMENT = Alignment(vertical="center", wrap_text=True)
_LOCKS = {locked: Protection(locked=locked) for locked in (True, False)}


def _put(cell: Cell | MergedCell, text: str, *, locked: bool) -> None:
    """Write text as text: one that starts with = + - or @ must never become a formula."""
    cell.font = _CELL_FONT
    cell.alignment = _CELL_ALIGNMENT
    cell.border = _BOX
    cell.number_format = "@"
    cell.protection = _LOCKS[locked]
    if locked:
        cell.fill = _GREY
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@"


def _put_date(cell: Cell | MergedCell, text: str) -> None:
    _put(cell, "", locked=False)
    cell.number_format = "yyyy-mm-dd"
    if text:
        cell.value = date.fromisoformat(text)


def _put_value(cell: Cell | MergedCell, text: str) -> None:
    _put(cell, "", locked=False)
    cell.number_format = "General"
    if text:
        cell.value = float(text) if "." in text else int(text)


def _title(cell: Cell, text: str) -> None:
    cell.value = text
    cell.font = Font(name=_FONT, size=14, bold=True)
    cell.alignment = Alignment(vertical="center")


def _write_guide(sheet: Worksheet, unit: Unit, month: str) -> None:
    _title(sheet["A1"], f"{unit.name_zh} {month} 规划指标填报表")
    _title(sheet["A2"], f"Return of plan indicators, {unit.name_en}, {month}")
    sheet.column_dimensions["A"].width = 100
    for row, (text_zh, text_en) in enumerate(GUIDE, start=4):
        cell = sheet.cell(row=row, column=1)
        _put(cell, f"{text_zh}\n{text_en}", locked=True)
        sheet.row_dimensions[row].height = 48
    _protect(sheet)
    _print_setup(sheet, "portrait")


def _write_cover(sheet: Worksheet, values: Mapping[str, str]) -> None:
    _title(sheet["A1"], "封面 / Cover")
    sheet.column_dimensions["A"].width = 44
    sheet.column_dimensions["B"].width = 60
    by_plan = {"PLAN_ID", "UNIT_ID", "UNIT_NAME", "RETURN_MONTH"}
    for row, field in enumerate(COVER_FIELDS, start=COVER_FIRST_ROW):
        _put(sheet.cell(row=row, column=1), field.label, locked=True)
        cell = sheet.cell(row=row, column=2)
        text = values.get(field.name, "")
        if field.name == "REPORTED_ON":
            _put_date(cell, text)
        else:
            _put(cell, text, locked=field.name in by_plan)
        sheet.row_dimensions[row].height = 24
    date_row = COVER_FIRST_ROW + [field.name for field in COVER_FIELDS].index("REPORTED_ON")
    _validate(sheet, _date_rule(), f"B{date_row}")
    _protect(sheet)
    _print_setup(sheet, "portrait")


def _write_rows(
    sheet: Worksheet,
    columns: Sequence[SheetColumn],
    rows: Sequence[Mapping[str, str]],
    spare: int,
    header: str,
) -> None:
    """A header, the rows, and ``spare`` empty rows below them to be filled in."""
    _write_header(sheet, columns)
    for number, row in enumerate([*rows, *[{}] * spare], start=HEADER_ROW + 1):
        _write_row(sheet, columns, number, row)
    sheet.freeze_panes = f"C{HEADER_ROW + 1}"
    _protect(sheet)
    _print_setup(sheet, "landscape")
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    # The excess of empty rows for additions is not worth printing.
    sheet.print_area = f"A1:{get_column_letter(len(columns))}{HEADER_ROW + max(len(rows), 1)}"
    sheet.oddHeader = _centred(header)


def _write_header(sheet: Worksheet, columns: Sequence[SheetColumn]) -> None:
    for place, column in enumerate(columns, start=1):
        cell = sheet.cell(row=HEADER_ROW, column=place, value=column.header)
        cell.font = Font(name=_FONT, size=10, bold=True, color="FFFFFFFF")
        cell.fill = _BLUE
        cell.border = _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.row_dimensions[HEADER_ROW].height = 36


def _write_row(sheet: Worksheet, columns: Sequence[SheetColumn], number: int, row: Mapping[str, str]) -> None:
    for place, column in enumerate(columns, start=1):
        cell = sheet.cell(row=number, column=place)
        text = row.get(column.name, "")
        if column.kind == "number":
            _put_value(cell, text)
        elif column.kind == "date":
            _put_date(cell, text)
        else:
            _put(cell, text, locked=column.locked and "_ASKED" in row)
    sheet.row_dimensions[number].height = 32


def _write_catalogue(sheet: Worksheet, plan: Plan, unit: Unit) -> None:
    """What may stand in the columns of ids: text targets, projects, and the stages of each type."""
    _write_header(sheet, CATALOGUE_COLUMNS)
    for row in _catalogue(plan, unit):
        sheet.append(row)
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"
    sheet.freeze_panes = f"C{HEADER_ROW + 1}"
    _protect(sheet)
    _print_setup(sheet, "landscape")


def _catalogue(plan: Plan, unit: Unit) -> Iterator[tuple[str, ...]]:
    for target in plan.open_to(unit):
        yield ("指标与目标 / target", target.code, target.name_zh, target.name_en, "", target.unit)
    projects = plan.projects_of(unit)
    for project in projects:
        yield (
            "项目 / project",
            project.project_id,
            project.name_zh,
            project.name_en,
            project.project_type,
            project.unit,
        )
    types = {project.project_type: project for project in projects}
    for kind, example in types.items():
        for stage in example.stages:
            yield ("阶段 / stage", stage.stage_id, stage.name_zh, stage.name_en, kind, "")
        if example.measured_by == COUNTED:
            yield ("阶段 / stage", COUNTED, "按数量计", "Counted", kind, "")


def _id_lists(plan: Plan, unit: Unit) -> dict[str, DataValidation]:
    """The lists of ids, which are too long for a rule of their own: they point into the catalogue."""
    first = HEADER_ROW + 1
    last_target = HEADER_ROW + len(plan.open_to(unit))
    last_project = last_target + len(plan.projects_of(unit))
    return {
        "INDICATOR_CODE": _catalogue_rule(first, last_target),
        "PROJECT_ID": _catalogue_rule(last_target + 1, last_project),
    }


def _catalogue_rule(first: int, last: int) -> DataValidation:
    column = letters(CATALOGUE_COLUMNS)["ID"]
    source = f"'{SHEET_CATALOGUE}'!${column}${first}:${column}${last}"
    rule = DataValidation(type="list", formula1=source, allow_blank=True)
    rule.error = f"请从“{SHEET_CATALOGUE}”选择编码 / choose an id of {SHEET_CATALOGUE}"
    return rule


def _choices(plan: Plan, unit: Unit) -> dict[str, DataValidation]:
    """The short lists of 填报."""
    owned = plan.owned_by(unit)
    units = [*(found.unit for found in owned), *(found.unit for found in plan.open_to(unit))]
    measures = {measure for found in plan.open_to(unit) for measure in found.measures.values()}
    lists = {
        "UNIT": list(dict.fromkeys(units)),
        "FREQUENCY": list(FREQUENCIES),
        "MEASURE": sorted(measures),
        "OBS_STATUS": [*VALUE_STATUSES, *MISSING_STATUSES],
        "STAGE": list(STAGES),
        "PRICE_BASIS": list(PRICE_BASES),
    }
    return {name: _list_rule(choices) for name, choices in lists.items()}


def _add_rules(
    sheet: Worksheet, columns: Sequence[SheetColumn], lists: Mapping[str, DataValidation], last: int
) -> None:
    """What a spreadsheet program lets through in each column, down to row ``last``."""
    if last <= HEADER_ROW:
        return
    for letter, column in zip(letters(columns).values(), columns, strict=True):
        cells = f"{letter}{HEADER_ROW + 1}:{letter}{last}"
        if column.name in lists:
            _validate(sheet, lists[column.name], cells)
        elif column.kind == "number":
            _validate(sheet, _number_rule(), cells)
        elif column.kind == "date":
            _validate(sheet, _date_rule(), cells)


def _list_rule(choices: Sequence[str]) -> DataValidation:
    rule = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
    rule.error = f"请从列表选择 / choose from the list: {', '.join(choices)}"[:225]
    return rule


def _number_rule() -> DataValidation:
    rule = DataValidation(
        type="decimal",
        operator="between",
        formula1="-1000000000000",
        formula2="1000000000000",
        allow_blank=True,
    )
    rule.error = "请只填数字，不带单位、逗号、百分号 / a bare number, no unit, comma or per cent sign"
    return rule


def _date_rule() -> DataValidation:
    rule = DataValidation(type="date", operator="greaterThan", formula1="DATE(1990,1,1)", allow_blank=True)
    rule.error = "请填日期 YYYY-MM-DD / a date, YYYY-MM-DD"
    return rule


def _validate(sheet: Worksheet, rule: DataValidation, cells: str) -> None:
    rule.showErrorMessage = True
    rule.errorTitle = "填报有误 / not accepted"
    rule.add(cells)
    sheet.add_data_validation(rule)


def _protect(sheet: Worksheet) -> None:
    """Lock the grey cells without a password: it prevents slips, it keeps nobody out."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False


def _print_setup(sheet: Worksheet, orientation: Literal["portrait", "landscape"]) -> None:
    sheet.page_setup.orientation = orientation
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.oddFooter = _centred("第 &P 页，共 &N 页 / page &P of &N")


def _centred(text: str) -> HeaderFooterItem:
    item = HeaderFooterItem()
    item.center.text = text
    return item


_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


# openpyxl writes a float at 16 digits, 81.6 as 81.59999999999999; a spreadsheet's precision is 15.
_NOISY = re.compile(rb"(?<=<v>)-?\d+\.\d{8,}(?=</v>)")


def _without_noise(match: re.Match[bytes]) -> bytes:
    return format(float(match[0]), ".15g").encode()


def _settled(book: Workbook, month: str) -> bytes:
    """Save without traces of when and where: fixed dates, stored members (zlib's output varies by build)."""
    draft, final = io.BytesIO(), io.BytesIO()
    book.save(draft)
    stamp = f"{month}-01T00:00:00Z".encode()
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(final, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            if name.startswith("xl/worksheets/"):
                content = _NOISY.sub(_without_noise, content)
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system = 0
            target.writestr(member, content)
    return final.getvalue()


def check_month(text: str) -> str:
    """Return the month; raises ``BadInput`` for anything but ``YYYY-MM``."""
    if not MONTH.fullmatch(text):
        raise BadInput.one("month", repr(text), "a month as YYYY-MM", "write it like 2022-12")
    return text


def write_new(unit_name: str, month: str, out: Path, plan_id: str | None = None) -> Path:
    """Write the empty form of a unit for a month into ``out``; an existing file is never overwritten.

    Without a plan it is the newest official one that has begun by the month.
    """
    plan_id = plan_id or next(iter(plans_of(check_month(month))), None)
    plan = load_plan(plan_id)
    unit = plan.unit(unit_name)
    path = out / file_name(plan, unit, check_month(month))
    if int(month[:4]) < plan.first_year:
        raise BadInput.one(
            "month",
            month,
            f"a month from {plan.first_year}-01 on",
            f"plan {plan.plan_id} starts in {plan.first_year}",
        )
    content = workbook(plan, unit, month)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise BadInput.one(
            str(path), "a file of that name", "none", "move it away or give another folder with --out"
        ) from error
    return path


def check(path: Path) -> str:
    """Check a filled return as landing would; returns a summary, raises ``BadInput`` with every problem."""
    # Imported here: the reader knows this module, and this module must not need the reader to be read.
    from raw import readers
    from raw.feed import load_feed

    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput.one(
            str(path), error.strerror or "no file", "a readable file", "correct the path"
        ) from error
    feed = load_feed(Path(__file__).parent / "feeds" / f"{FEED}.yml")
    problems: list[Problem] = []
    found: dict[str, readers.Rows] = {}
    for name, table in feed.tables.items():
        try:
            found[name] = readers.read(table.format, content, table, path.name)
            readers.check_rows(found[name], table, path.name)
        except BadInput as error:
            # What is wrong with the cover is found again with every sheet.
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise BadInput(problems)
    rows = found[TABLE]
    given = sum(1 for record in rows.records if record["VALUE"] is not None)
    missing = len(rows.records) - given
    return (
        f"{path.name}: 通过 / accepted. {rows.scope}; "
        f"{len(rows.records)} 行 / rows, {given} 个数值 / values, {missing} 个缺数 / missing; "
        f"{len(found[PROJECTS].records)} 个项目阶段 / project stages, "
        f"{len(found[ASSIGNMENTS].records)} 个下达数 / assigned values"
    )


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the commands ``new`` and ``check`` to a parser; :func:`run` carries them out."""
    commands = parser.add_subparsers(dest="returns_command", required=True)
    new = commands.add_parser("new", help="write the empty return of a unit for a month")
    new.add_argument("--unit", required=True, help="id or name, such as fgj or 区发改局")
    new.add_argument("--month", required=True, help="YYYY-MM")
    new.add_argument("--out", type=Path, default=Path(), help="folder to write into (default: here)")
    new.add_argument("--plan", help="plan id (default: the newest official plan that has begun by the month)")
    checked = commands.add_parser("check", help="check a filled return and print every problem")
    checked.add_argument("file", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """Carry out ``new`` or ``check``; raises ``BadInput``."""
    if arguments.returns_command == "new":
        print(write_new(arguments.unit, arguments.month, arguments.out, arguments.plan))
    else:
        print(check(arguments.file))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command line ``python -m raw returns``: 0 when all is well, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m raw returns")
    configure(parser)
    try:
        return run(parser.parse_args(argv))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
