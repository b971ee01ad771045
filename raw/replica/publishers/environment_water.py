"""A stand-in for two publishers of surface water: the bureau's files of sections, the live national table.

Nothing true can be bundled: the list of sections, the monthly results and the readings were not obtained.
Without a seed its lists are empty; with one it serves the simulation in the wire formats described.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.clock import CHINA, end_of
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.simulate import environment_water as simulated

HTML = "text/html; charset=utf-8"
CSV = "text/csv; charset=utf-8"
LIST_FILE = "list.csv"
PAGE, SERVICE = ["GJZ", "Business", "Publish", "Main.html"], ["GJZ", "Ajax", "Publish.ashx"]
LIVE_COLUMNS = [
    "省份", "流域", "断面名称", "监测时间", "水质类别", "水温", "pH", "溶解氧", "电导率", "浊度",
    "高锰酸盐指数", "氨氮", "总磷", "总氮", "叶绿素α", "藻密度",
]  # fmt: skip
AMMONIA = "氨氮（mg/L）"


class Publisher:
    """Both sites without HTTP: ``/index.html`` with its files, and the service of the live table."""

    content_faults = TABLE_FAULTS | {Fault.WRONG_ENCODING, Fault.CUT_SHORT}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._now = now
        self._seed = seed
        self._months = [] if seed is None else list(simulated.months(now))

    def is_data(self, asked: Asked) -> bool:
        """Faults are for files and readings; list, page and dictionary always answer."""
        return asked.path[:1] == ["sections"] or asked.form.get("action") == "getRealDatas"

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer a GET, or the POST of a form."""
        match asked.path:
            case ["index.html"]:
                return cacheable(self._index().encode(), HTML, None)
            case ["sections", name] if self._seed is not None and name == LIST_FILE:
                return self._section_list(self._seed, active)
            case ["sections", name] if self._seed is not None and name.removesuffix(".csv") in self._months:
                return self._results(self._seed, name.removesuffix(".csv"), active)
        if asked.path == PAGE:
            return Answer(
                200, "<html><title>国家地表水水质自动监测</title></html>".encode(), HTML, _cookie("page")
            )
        if asked.path == SERVICE and asked.method == "POST":
            return self._service(asked, active)
        raise UnanswerableError(
            404, "there are /index.html, /sections/…, and the page and service below /GJZ"
        )

    # --- the bureau's files ------------------------------------------------------------------------------

    def _index(self) -> str:
        items = []
        if self._seed is not None and self._months:
            title = f"地表水断面清单（共 {len(simulated.section_list(self._seed, self._now))} 行）"
            items.append(_item(LIST_FILE, title, simulated.published_on(self._months[0]).isoformat()))
            for month in self._months:
                rows = simulated.monthly_results(month, self._seed, self._now)
                title = f"{month[:4]}年{int(month[5:])}月地表水断面监测结果（共 {len(rows)} 行）"
                items.append(_item(f"{month}.csv", title, simulated.published_on(month).isoformat()))
        listed = "\n".join(items)
        return f'<!DOCTYPE html>\n<html><body><ul class="news_list">\n{listed}\n</ul></body></html>\n'

    def _section_list(self, seed: int, active: frozenset[Fault]) -> Answer:
        rows = simulated.section_list(seed, self._now)
        table = WireTable(simulated.LIST_COLUMNS, rows, value="启用日期")
        # A list of sections has no figures; what can go wrong with it is its layout.
        layout = active - {Fault.SILENT_REVISION, Fault.THOUSANDS_SEPARATORS, Fault.LAST_MONTH}
        changed = end_of(simulated.published_on(self._months[0]))
        replaced = end_of(simulated.LIST_CHANGED_ON)
        return _file(table, layout, active, replaced if replaced <= self._now else changed)

    def _results(self, seed: int, month: str, active: frozenset[Fault]) -> Answer:
        before = self._months[max(0, self._months.index(month) - 1)]
        table = WireTable(
            columns=simulated.RESULT_COLUMNS,
            rows=simulated.monthly_results(month, seed, self._now),
            value=AMMONIA,
            last_month=simulated.monthly_results(before, seed, self._now),
        )
        corrected = simulated.corrected_on(month)
        changed = end_of(simulated.published_on(month))
        if corrected and end_of(corrected) <= self._now:
            changed = end_of(corrected)
        return _file(table, active, active, changed)

    # --- the live table ----------------------------------------------------------------------------------

    def _service(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """The service knows by a cookie how far a session is: page, dictionary, data."""
        session = asked.header("Cookie")
        action = asked.form.get("action")
        if action == "getArea_RiverDic" and "session=page" in session:
            dictionary = json.dumps({"370200": "青岛市"}, ensure_ascii=False)
            return Answer(200, dictionary.encode(), "text/plain; charset=utf-8", _cookie("dictionary"))
        if action == "getRealDatas" and "session=dictionary" in session:
            return self._readings(int(asked.form["PageIndex"]), int(asked.form["PageSize"]), active)
        return Answer(200, b"-1", "text/plain; charset=utf-8")

    def _readings(self, page: int, size: int, active: frozenset[Fault]) -> Answer:
        rows = [] if self._seed is None else simulated.readings(self._now.astimezone(CHINA), self._seed)
        cells = [
            {name: cell if cell is not None else "" for name, cell in zip(LIVE_COLUMNS, row, strict=True)}
            for row in rows[(page - 1) * size : page * size]
        ]
        table = spoil(WireTable(LIVE_COLUMNS, cells, value="水质类别"), active & _LIVE_FAULTS)
        said = {
            "result": 1,
            "total": max(1, -(-len(rows) // size)),
            "records": len(rows),
            "thead": [f"<span>{name}</span>" for name in table.columns],
            "tbody": [[row[name] or None for name in table.columns] for row in table.rows],
        }
        body = json.dumps(said, ensure_ascii=False).encode()
        return Answer(200, spoil_text(body, active), "text/plain; charset=utf-8")


# What can go wrong with a table whose figures are HTML, and which has no month and no printed unit.
_LIVE_FAULTS = TABLE_FAULTS - {
    Fault.LAST_MONTH,
    Fault.UNIT_CHANGED,
    Fault.SILENT_REVISION,
    Fault.THOUSANDS_SEPARATORS,
}


def _cookie(stage: str) -> dict[str, str]:
    return {"Set-Cookie": f"session={stage}; Path=/"}


def _item(name: str, title: str, day: str) -> str:
    return f'<li><a href="sections/{name}">{title}</a><span>{day}</span></li>'


def _file(table: WireTable, layout: frozenset[Fault], active: frozenset[Fault], modified: datetime) -> Answer:
    spoilt = spoil(table, layout)
    headers = [
        name.replace("mg/L", "μg/L") if Fault.UNIT_CHANGED in layout else name for name in spoilt.columns
    ]
    return cacheable(spoil_text(_csv(headers, spoilt.columns, spoilt.rows), active), CSV, modified)


def _csv(headers: list[str], columns: list[str], rows: list[Cells]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headers)
    writer.writerows([row[name] for name in columns] for row in rows)
    return text.getvalue().encode()
