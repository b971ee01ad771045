"""A stand-in for the customs' monthly totals: a page that lists releases, and a workbook for each.

It serves the bundled figures that customs published or were quoted with, a release for each source. The
region table (8) of the customs was not obtained: the workbook has the shape in which third parties pass it
on.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from html import escape

from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text, spoil_workbook
from raw.replica.table import Figure, figures

FEED = "customs_monthly_totals"
PAGE = "tjyb/index.html"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AREAS = {"CN-370200": "青岛市", "CN-370211": "西海岸新区"}
ITEMS = {
    "TRADE_TOTAL": "进出口", "TRADE_EXPORT": "出口", "TRADE_IMPORT": "进口", "TRADE_GENERAL": "一般贸易",
    "TRADE_PROCESSING": "加工贸易", "TRADE_BONDED_LOGISTICS": "保税物流", "TRADE_PRIVATE": "民营企业",
    "TRADE_FOREIGN_INVESTED": "外商投资企业", "TRADE_STATE_OWNED": "国有企业", "TRADE_BELT_ROAD": "一带一路",
    "TRADE_RCEP": "RCEP",
}  # fmt: skip
MEASURES = {"LEVEL": "当月", "YOY": "当月同比", "YTD": "年初至今", "YOY_YTD": "年初至今同比"}
# A whole year has no month of its own: its figures are those of the year to date.
MEASURES_OF_A_YEAR = {"LEVEL": "年初至今", "YOY": "年初至今同比"}
VALUE = "进出口_年初至今"
NO_PROPERTIES = (
    b"<cp:coreProperties xmlns:cp='http://schemas.openxmlformats.org/package/2006/metadata/core-properties'/>"
)
HEADER = ("标题", "原载", "发布日期", "时期", "原文", "标注", "编号", "文件")


class Publisher:
    """The list and the workbooks without HTTP."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:  # noqa: ARG002 (nothing simulated)
        known = [figure for figure in figures(FEED) if figure.known_from <= now]
        self._releases: dict[str, list[Figure]] = {}
        for figure in sorted(known, key=lambda one: (one.known_from, one.cells["SOURCE"])):
            self._releases.setdefault(figure.cells["SOURCE"], []).append(figure)

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the workbooks."""
        return asked.path[-1:] != ["index.html"]

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one GET."""
        page = "/".join(asked.path)
        if page == PAGE:
            return Answer(200, self._list().encode(), "text/html; charset=utf-8")
        release = page.removeprefix("tjyb/").removesuffix(".xlsx")
        if release not in self._releases:
            raise UnanswerableError(404, f"no such file; there is {PAGE}")
        book = spoil_workbook(self._workbook(release, active), active)
        body = spoil_text(book, active - {Fault.WRONG_ENCODING})
        return cacheable(body, XLSX, max(figure.known_from for figure in self._releases[release]))

    def _list(self) -> str:
        lines = ["".join(f"<th>{name}</th>" for name in HEADER)]
        for release, found in self._releases.items():
            cells = found[0].cells
            told = [cells["SOURCE_TITLE"], cells["PUBLISHER"], cells["PUBLISHED_DATE"], _period(found)]
            told += [cells["SOURCE_URL"], _marks(found), release]
            link = f'<td><a href="{release}.xlsx">xlsx</a></td>'
            lines.append("".join(f"<td>{escape(text)}</td>" for text in told) + link)
        rows = "\n".join(f"<tr>{line}</tr>" for line in lines)
        return f"<html><body><table>\n{rows}\n</table></body></html>\n"

    def _workbook(self, release: str, active: frozenset[Fault]) -> bytes:
        order = list(self._releases)
        before = order[order.index(release) - 1] if order.index(release) else None
        rows, columns = _table(self._releases[release])
        last_month = _table(self._releases[before])[0] if before else []
        table = spoil(WireTable(columns, rows, VALUE, last_month=last_month), active)
        unit = "万元" if Fault.UNIT_CHANGED in active else "亿元"
        area = AREAS[self._releases[release][0].cells["REF_AREA"]]
        above = [[f"{_title(rows[0]['时间'])}{area}进出口总值表（人民币值）"], [f"单位：{unit}"]]
        body = [[_cell(row.get(name, "")) for name in table.columns] for row in table.rows]
        return _xlsx(area, [*above, table.columns, *body])


def _period(found: list[Figure]) -> str:
    (period,) = {figure.cells["TIME_PERIOD"] for figure in found}
    return period


def _title(period: str) -> str:
    """A period as titles write it: 2021-07 is 2021年1-7月, 2021-01 is 2021年1月, 2021 is 2021年."""
    year, _, month = period.partition("-")
    last = int(month or 0)
    return f"{year}年" + (f"1-{last}月" if last > 1 else f"{last}月" if last else "")


def _marks(found: list[Figure]) -> str:
    return ";".join(sorted({tag for f in found for tag in f.cells["TAGS"].split(";")} - {""}))


def _table(found: list[Figure]) -> tuple[list[Cells], list[str]]:
    """The one row of a release, and the columns it needs."""
    row: Cells = {"时间": _period(found)}
    for item in ITEMS.values():
        for figure in found:
            cells = figure.cells
            measures = MEASURES_OF_A_YEAR if cells["FREQ"] == "A" else MEASURES
            if ITEMS[cells["INDICATOR"]] == item:
                row[f"{item}_{measures[cells['MEASURE']]}"] = cells["OBS_VALUE"]
    return [row], list(row)


def _cell(text: str) -> object:
    """A number where the text is one; a period or a spoilt figure stays text."""
    digits = text.removeprefix("-").replace(".", "", 1)
    if not digits.isascii() or not digits.isdigit() or len(text) == len("2020"):
        return text
    return float(text) if "." in text else int(text)


def _xlsx(sheet: str, rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook whose bytes depend on its content alone."""
    import zipfile

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = sheet  # type: ignore[union-attr]
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    packed, fixed = io.BytesIO(), io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            # The properties say when it was saved, and so does every entry of the archive.
            content = NO_PROPERTIES if name == "docProps/core.xml" else source.read(name)
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
