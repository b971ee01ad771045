"""A stand-in for the Ministry of Transport's pages of port throughput: one page a table, an .xlsx beside it.

It serves the bundled true figures, which know one row: Qingdao's. The layout (a header of two levels with
merged cells, Chinese labels, totals before the ports) is built from description. What is not known stays an
empty cell, and every other row has a dash in each: no figure of another port is known, and none is invented.
Each page names the publication its figures really came from. The same question gives the same bytes.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from openpyxl import Workbook

from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text, spoil_workbook
from raw.replica.table import Figure, figures

FEED = "port_throughput"
FOLDER = "jigou/zhghs"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML_TYPE = "text/html; charset=utf-8"
TITLE = "港口货物、集装箱吞吐量"
NOTE = "注：本表由替身编排，仅青岛一行有数字，取自页面所列来源；其他各行无数字，以“—”表示。"
# The rows in the order of the genuine table, as described; all but ours without figures.
OURS, NO_FIGURE = "青　岛", "—"
ROWS = ("全国总计", "沿海合计", "内河合计", "山东合计", OURS, "烟　台", "日　照", "威　海")
# Series → the words of its group, and the unit where no figure says one.
GROUPS = {
    "PORT_CARGO_THROUGHPUT": ("货物吞吐量", "万吨"),
    "PORT_CARGO_FOREIGN": ("外贸货物吞吐量", "万吨"),
    "PORT_CONTAINER_THROUGHPUT": ("集装箱吞吐量", "万TEU"),
}
UNITS = {("T", "4"): "万吨", ("T", "8"): "亿吨", ("TEU", "4"): "万TEU"}
OTHER_UNITS = {"万吨": "吨", "亿吨": "吨", "万TEU": "箱"}
LABEL, CUMULATIVE, RATE = "港口", "自年初累计", "同比增速(%)"
INSTEAD = {
    Fault.PDF_INSTEAD: (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "application/pdf"),
    Fault.IMAGE_INSTEAD: (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
    Fault.OLD_XLS_INSTEAD: (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "application/vnd.ms-excel"),
}


@dataclass(frozen=True)
class _Release:
    """One table as it was published: the figures of one source that run to one month."""

    figures: tuple[Figure, ...]

    @property
    def known_from(self) -> datetime:
        """The moment from which it was out."""
        return self.figures[0].known_from

    @property
    def number(self) -> int:
        """The number of its source, which stands in the names of page and attachment."""
        return int(re.sub(r"\D", "", self.figures[0].cells["SOURCE"]))

    @property
    def page(self) -> str:
        """Path of its page."""
        return f"{FOLDER}/{self.known_from:%Y%m}/t{self.known_from:%Y%m%d}_{self.number:07d}.html"

    @property
    def attachment(self) -> str:
        """Path of its table."""
        return f"{FOLDER}/{self.known_from:%Y%m}/P0{self.known_from:%Y%m%d}{self.number:012d}.xlsx"

    @property
    def title(self) -> str:
        """The title of its table, as the ministry words it."""
        year, _, part = self.figures[0].cells["TIME_PERIOD"].partition("-")
        month = int(part[1:]) * 3 if part.startswith("Q") else int(part)
        return f"{year}年1-{month}月{TITLE}"


class Publisher:
    """The pages without HTTP: a question in, an answer out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING, *INSTEAD}

    def __init__(self, now: datetime, seed: int | None = None) -> None:  # noqa: ARG002 (nothing simulated)
        by_source: dict[str, list[Figure]] = defaultdict(list)
        for figure in figures(FEED):
            by_source[figure.cells["SOURCE"]].append(figure)
        releases = (_Release(tuple(found)) for found in by_source.values())
        self._releases = sorted(
            (release for release in releases if release.known_from <= now), key=lambda one: one.known_from
        )

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the attachments; pages always answer."""
        return asked.path[-1:] != [] and asked.path[-1].startswith("P0")

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one GET."""
        path = "/".join(asked.path)
        for number, release in enumerate(self._releases):
            if path == release.page:
                return cacheable(_page(release).encode(), HTML_TYPE, release.known_from)
            if path == release.attachment:
                earlier = self._releases[number - 1] if number else release
                return _attachment(release, earlier, active)
        if path == FOLDER:
            return Answer(200, b"<html>", HTML_TYPE)  # the empty shell of the real directory
        raise UnanswerableError(404, "no such page, or it was not out by then")


def _page(release: _Release) -> str:
    source = release.figures[0].cells
    said = {
        "SiteName": "复制端 / replica",
        "ArticleTitle": f"{release.title}（仅青岛，据“{source['SOURCE_TITLE']}”）",
        "PubDate": source["PUBLISHED_DATE"],
        "ContentSource": source["PUBLISHER"],
        "Url": source["SOURCE_URL"],
    }
    meta = "\n".join(f'<meta name="{name}" content="{html.escape(text)}">' for name, text in said.items())
    name = release.attachment.rpartition("/")[2]
    link = f'<a href="./{name}">{release.title}.xlsx</a>'
    head = f'<head><meta charset="utf-8"><title>{release.title}</title>\n{meta}\n</head>'
    body = f"<body><h1>{release.title}</h1><p>附件：{link}</p></body>"
    return f"<!DOCTYPE html>\n<html>{head}\n{body}</html>\n"


def _attachment(release: _Release, earlier: _Release, active: frozenset[Fault]) -> Answer:
    for fault, (body, media_type) in INSTEAD.items():
        if fault in active:
            return Answer(200, body, media_type)
    table = _wire_table(release, active)
    title = release.title
    if Fault.LAST_MONTH in active:
        table, title = _wire_table(earlier, active), earlier.title
    table = spoil(table, active - {Fault.LAST_MONTH, Fault.UNIT_CHANGED})
    book = spoil_workbook(_workbook(title, table, as_text=Fault.THOUSANDS_SEPARATORS in active), active)
    body = spoil_text(book, active - {Fault.WRONG_ENCODING})
    return cacheable(body, XLSX_TYPE, release.known_from)


def _wire_table(release: _Release, active: frozenset[Fault]) -> WireTable:
    """The rows, of which one is known, by the words of the header: ``group(unit)|column``."""
    row: Cells = {LABEL: OURS}
    values: list[str] = []
    for series, (group, unit) in GROUPS.items():
        of_series = {
            one.cells["MEASURE"]: one.cells for one in release.figures if one.cells["INDICATOR"] == series
        }
        level = of_series.get("YTD")
        unit = UNITS[level["UNIT_MEASURE"], level["UNIT_MULT"]] if level else unit
        unit = OTHER_UNITS[unit] if Fault.UNIT_CHANGED in active else unit
        row[f"{group}({unit})|{CUMULATIVE}"] = level["OBS_VALUE"] if level else ""
        rate = of_series.get("YOY_YTD")
        row[f"{group}({unit})|{RATE}"] = rate["OBS_VALUE"] if rate else ""
        values += [f"{group}({unit})|{CUMULATIVE}"] if level else []
    rows = [row if name == OURS else {**dict.fromkeys(row, NO_FIGURE), LABEL: name} for name in ROWS]
    return WireTable(columns=list(row), rows=rows, value=values[0], victim=ROWS.index(OURS))


def _workbook(title: str, table: WireTable, *, as_text: bool) -> bytes:
    """The table as .xlsx: title, two rows of header with merged cells, figures as numbers, a note below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 (a new workbook has one)
    sheet.append([title])
    heads = [name.partition("|") for name in table.columns]
    sheet.append([group for group, _, _ in heads])
    sheet.append([column or None for _, _, column in heads])
    for row in table.rows:
        sheet.append([_number(row[name], as_text=as_text) for name in table.columns])
    sheet.append([NOTE])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(heads))
    start = 0
    for end in range(1, len(heads) + 1):
        if end == len(heads) or heads[end][0] != heads[start][0]:
            if end - start > 1:
                sheet.merge_cells(start_row=2, end_row=2, start_column=start + 1, end_column=end)
            start = end
    label = table.columns.index(LABEL) + 1
    sheet.merge_cells(start_row=2, end_row=3, start_column=label, end_column=label)
    return _same_bytes(book)


def _number(text: str, *, as_text: bool) -> str | int | float | None:
    """A cell: a number where it is one; with thousands marks a text, as a careless hand writes it."""
    if re.fullmatch(r"-?\d+", text) and not as_text:
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text) and not as_text:
        return float(text)
    return text or None


def _same_bytes(book: Workbook) -> bytes:
    """Save with fixed times, inside and in the archive, so that the same table is the same bytes."""
    moment = datetime(2000, 1, 1)
    book.properties.created = book.properties.modified = moment
    first = io.BytesIO()
    book.save(first)
    packed = io.BytesIO()
    with zipfile.ZipFile(first) as came, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as goes:
        for name in came.namelist():
            content = came.read(name)
            if name == "docProps/core.xml":  # openpyxl writes the time of saving
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", content)
            goes.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()
