"""A stand-in for the city's ecology bureau: a list of monthly air reports, each a page with one table.

The figures are the bundled published ones, one page a source. The real pages were not obtained; these are
built from the descriptions of them, with one fixed header.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.replica.table import Figure, figures

FEED = "environment_reports"
HTML = "text/html; charset=utf-8"
# The row of a table by area and scope, in printed order.
DISTRICTS = {
    ("CN-370200", "_T"): "青岛市",
    ("CN-370200", "URBAN_AREA"): "青岛市区",
    ("CN-370211", "_T"): "西海岸新区",
}
HEADERS = {
    ("AQI_COMPOSITE_INDEX", "LEVEL"): "综合指数",
    ("AQI_GOOD_DAYS_RATIO", "LEVEL"): "优良天数比率（%）",
    ("AQI_GOOD_DAYS", "YTD"): "优良天数累计（天）",
}
for _code, _name in {
    "PM25": "PM2.5",
    "PM10": "PM10",
    "SO2": "SO2",
    "NO2": "NO2",
    "CO": "CO",
    "O3": "O3",
}.items():
    HEADERS[_code, "LEVEL"] = f"{_name}（{'毫克' if _code == 'CO' else '微克'}/立方米）"
    HEADERS[_code, "YOY"] = f"{_name}同比（%）"
COLUMNS = ["区市", *HEADERS.values()]
NO_FIGURE, LOWER_BOUND = "—", "≥"


@dataclass(frozen=True)
class Report:
    """One page: the figures of one source about one month."""

    figures: tuple[Figure, ...]

    @property
    def cells(self) -> Cells:
        """What is the same for all its figures: source, title, publisher, day."""
        return self.figures[0].cells

    @property
    def month(self) -> str:
        """The reference month as printed: 2022年1月."""
        year, month = self.cells["TIME_PERIOD"].split("-")
        return f"{year}年{int(month)}月"

    @property
    def rows(self) -> list[Cells]:
        """One row a district, every column of the header in it."""
        table: dict[str, Cells] = {}
        for figure in self.figures:
            said = figure.cells
            district = DISTRICTS[said["REF_AREA"], said["SCOPE"]]
            row = table.setdefault(district, dict.fromkeys(COLUMNS, NO_FIGURE) | {"区市": district})
            is_bound = "BOUND" in said["TAGS"].split(";")
            printed = f"{LOWER_BOUND}{said['OBS_VALUE']}" if is_bound else said["OBS_VALUE"]
            row[HEADERS[said["INDICATOR"], said["MEASURE"]]] = printed
        return [table[district] for district in DISTRICTS.values() if district in table]


class Publisher:
    """The site without HTTP: ``/index.html`` and ``/reports/<source>.html``."""

    content_faults = TABLE_FAULTS | {Fault.WRONG_ENCODING, Fault.CUT_SHORT}

    def __init__(self, now: datetime, seed: int | None = None) -> None:  # noqa: ARG002 (nothing simulated)
        out = sorted((f for f in figures(FEED) if f.known_from <= now), key=lambda f: f.known_from)
        by_source: dict[str, list[Figure]] = defaultdict(list)
        for figure in out:
            by_source[figure.cells["SOURCE"]].append(figure)
        self._reports = {source: Report(tuple(said)) for source, said in by_source.items()}

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the pages; the list always answers."""
        return asked.path[:1] == ["reports"]

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one GET."""
        match asked.path:
            case ["index.html"]:
                return cacheable(_index(self._reports.values()).encode(), HTML, None)
            case ["reports", name] if name.removesuffix(".html") in self._reports:
                return self._page(name.removesuffix(".html"), active)
        raise UnanswerableError(404, "no such page; there are /index.html and /reports/<number>.html")

    def _page(self, source: str, active: frozenset[Fault]) -> Answer:
        report = self._reports[source]
        table = spoil(
            WireTable(
                columns=COLUMNS,
                rows=report.rows,
                value=_fullest(report.rows),
                victim=len(report.rows) - 1,
            ),
            active,
        )
        shown = self._month_before(source) if Fault.LAST_MONTH in active else report
        rows = shown.rows if Fault.LAST_MONTH in active else table.rows
        columns = [_other_unit(name) for name in table.columns] if Fault.UNIT_CHANGED in active else None
        body = _report_page(report, shown.month, table.columns, rows, columns or table.columns)
        return cacheable(spoil_text(body.encode(), active), HTML, report.figures[0].known_from)

    def _month_before(self, source: str) -> Report:
        """The report before this one in the list, else the one after it: another month's in any case."""
        reports = list(self._reports.values())
        return reports[list(self._reports).index(source) - 1]


def _fullest(rows: list[Cells]) -> str:
    """The column of figures whose last cell is printed: the one that faults of a cell hit."""
    return next(name for name in HEADERS.values() if rows[-1][name] != NO_FIGURE)


def _other_unit(header: str) -> str:
    return header.replace("微克", "毫克") if "微克" in header else header.replace("毫克", "微克")


def _index(reports: Iterable[Report]) -> str:
    items = "\n".join(
        f'<li><a href="reports/{report.cells["SOURCE"]}.html">'
        f"{report.month}环境空气质量（共 {len(report.rows)} 行）</a>"
        f"<span>{report.cells['PUBLISHED_DATE']}</span></li>"
        for report in reports
    )
    return _document("环境空气质量月报", f'<ul class="news_list">\n{items}\n</ul>')


def _report_page(
    report: Report, month: str, columns: list[str], rows: list[Cells], headers: list[str]
) -> str:
    said = report.cells
    reprint = "是" if "COPY" in said["TAGS"].split(";") else "否"
    info = "　".join(
        f"{label}：{escape(text)}"
        for label, text in {
            "编号": said["SOURCE"],
            "发布日期": said["PUBLISHED_DATE"],
            "来源": said["PUBLISHER"],
            "原文": said["SOURCE_URL"],
            "转载": reprint,
        }.items()
    )
    lines = [
        f"<caption>{month}</caption>",
        f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in headers)}</tr>",
        *(f"<tr>{''.join(f'<td>{escape(row[name])}</td>' for name in columns)}</tr>" for row in rows),
    ]
    table = "<table>\n" + "\n".join(lines) + "\n</table>"
    title = escape(said["SOURCE_TITLE"])
    return _document(title, f'<h1>{title}</h1>\n<p class="info">{info}</p>\n{table}')


def _document(title: str, body: str) -> str:
    head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
    return f'<!DOCTYPE html>\n<html lang="zh">\n{head}\n<body>\n{body}\n</body>\n</html>\n'
