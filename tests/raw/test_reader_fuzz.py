"""Damaged files of every format: whatever stands in one, a reader reads it or says ``BadInput``, nothing else."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import load_workbook

from raw.doors import Extract, Original
from raw.errors import BadInput
from raw.feed import find_feed
from raw.nbs import Json
from raw.readers import known_formats, read_part
from raw.readers.reviewed_form import FORM_COLUMNS
from tests.raw import test_bureau_nbs as nbs
from tests.raw import test_bureau_releases as releases
from tests.raw import test_customs_declarations as customs
from tests.raw import test_customs_monthly_totals as totals
from tests.raw import test_environment_air as air
from tests.raw import test_environment_reports as reports
from tests.raw import test_environment_water as water
from tests.raw import test_port_calls as calls
from tests.raw import test_port_throughput as port
from tests.raw import test_returns as returns
from tests.raw import test_sdmx as sdmx

SEED = 20_241_231
PAGE_FACTS = {
    "PAGE_ID": "p1", "PAGE_URL": "https://bureau.example/p1", "PAGE_TITLE": "2024年1-8月",
    "PUBLISHED_DATE": "2024-09-20", "REFERENCE_PERIOD": "2024-08",
}  # fmt: skip
NBS_FACTS = {"DATABASE": "csnd", "CATALOGUE_ID": "A01", "REGION": "370200"}
ARCHIVE_ROW = "2022-01-05T01:00:00,9001A,1,2,市,点,PM10,,10,11,12,13,1,2,3,4,15,16,17,18,0.9,1\n"
WATCH = (
    "Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,PM10,CO,NO2,O3_1h,O3_8h,SO2\n"
    "20200402,08,仰口,52,良,,31,54,NaN,43,,72,9\n"
)
SECTIONS = "断面编码,断面名称,水体类型,地区代码,启用日期,停用日期\nQ1,仰口,河流,CN-370211,2021-01-01,\n"
FORM = ",".join(FORM_COLUMNS) + "\np1,1,2833.1,亿元,GDP,CN-370211,YTD,2024-08,甲,乙,2024-10-01\n"
PAGE = "<html><body><p>总产值2833.1亿元</p></body></html>".encode()


@dataclass(frozen=True)
class Sample:
    """A good file of one format."""

    feed: str
    table: str
    name: str
    content: bytes
    facts: Mapping[str, str] = field(default_factory=dict)
    companions: Mapping[str, bytes] = field(default_factory=dict)

    def read(self, content: bytes, folder: Path) -> None:
        table = find_feed(self.feed).table(self.table)
        original = Original(self.name, content)
        extract = Extract((original,), "x", "x", facts=self.facts, companions=self.companions)
        read_part(extract, table, folder / "part.parquet")


def samples() -> dict[str, Sample]:
    node = {**nbs.node("202208", "12.5", 12.53), "dotcount": 1}
    form_facts = {name: PAGE_FACTS[name] for name in PAGE_FACTS if name != "REFERENCE_PERIOD"}
    live = [name for name in water.LIVE.columns if name != "取得日"]
    shown = {
        "断面名称": "仰口",
        "监测时间": "01-02 04:00",
        "水质类别": "2",
        "水温": "<b title='原始值：3.8'>4</b>",
    }
    cells: list[str | None] = [shown.get(name, "--") for name in live]
    archive = (air.ARCHIVE + ARCHIVE_ROW).encode()
    station = (air.STATIONS + "1314A,黄岛区子站,青岛,120.1983,35.9608,N\n").encode()
    return {
        "ais_csv": Sample("port_calls", "positions", "ais.csv", calls.text(calls.LEGACY, calls.LEGACY_ROW), {"POSITION_PERIOD": "2022-06-01"}),
        "ajax_grid": Sample("environment_water", "live_readings", "live.json", water.grid(cells, thead=live), {"取得日": "2024-01-02"}),
        "aqistudy_csv": Sample("environment_air", "city_days", "d.csv", "青岛,2013-12-02,119,99~145,轻度污染,90,139,49,1.5,66,95,60\n".encode()),
        "china_sites_csv": Sample("environment_air", "station_hours", air.NAME, air.wide("1001A,1314A", "34", "12").encode()),
        "cnemc_archive_csv": Sample("environment_air", "archive_hours", "2022-01-05T01.csv", archive),
        "cnemc_live_json": Sample("environment_air", "live_hours", "live.json", air.live().encode()),
        "csv": Sample("environment_water", "section_list", "list.csv", SECTIONS.encode()),
        "customs_csv": Sample("customs_declarations", "lines", "lines.csv", (customs.HEADER + customs.SOY + customs.BLACK).encode("gb18030"), customs.FACTS),
        "html_table": Sample("bureau_releases", "figures", "p1.html", releases.ranking_page(), PAGE_FACTS),
        "html_text": Sample("bureau_releases", "paragraphs", "p1.html", PAGE, PAGE_FACTS),
        "nbs_easyquery": Sample("bureau_nbs", "history", "a.json", nbs.page_body(node), NBS_FACTS),
        "nbs_release_library": Sample("bureau_nbs", "observations", "b.json", nbs.library_body(("202208MM", [nbs.figure("12.5")])), NBS_FACTS),
        "port_table": Sample("port_throughput", "monthly", port.NAME, port.grouped([port.ROW])),
        "port_transcription": Sample("port_throughput", "transcriptions", "transcriptions_x.csv", port.transcript()),
        "report_table": Sample("environment_reports", "air", "S131.html", reports.page("S131"), {"月份": "2022-01"}),
        "returns_workbook": Sample("unit_returns", "returns", returns.NAME, returns.filled(VALUE="81.6")),
        "reviewed_form": Sample("bureau_releases", "extractions", "form.csv", FORM.encode(), form_facts, {"page.html": PAGE}),
        "sdmx_csv": Sample("bureau_statistics", "observations", "o.csv", sdmx.message(sdmx.GDP_2022)),
        "station_list_csv": Sample("environment_air", "station_list", "站点列表.csv", station),
        "trade_totals_workbook": Sample("customs_monthly_totals", "totals", "t.xlsx", totals.workbook(["2021-07", 10.0, 70.0, 40.0, 30.0]), totals.FACTS),
        "watch_point_csv": Sample("environment_air", "watch_point_hours", "w.csv", WATCH.encode()),
    }  # fmt: skip


SAMPLES = samples()


def test_there_is_a_sample_of_every_format_and_it_is_read(tmp_path: Path) -> None:
    assert sorted(SAMPLES) == known_formats()
    for sample in SAMPLES.values():
        sample.read(sample.content, tmp_path)


# --- the damage ------------------------------------------------------------------------------------------


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


STRANGE: tuple[Any, ...] = (None, 7, -1e300, True, "x", "", [], ["x"], {}, {"x": []}, [None], nested(60))


def places(message: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every member of a message."""
    inner = (
        message.items()
        if isinstance(message, dict)
        else enumerate(message)
        if isinstance(message, list)
        else ()
    )
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(message: Json, path: tuple[Any, ...], value: Json = None, *, gone: bool = False) -> bytes:
    copy = deepcopy(message)
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if gone:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return json.dumps(copy, ensure_ascii=False).encode()


def of_json(content: bytes) -> Iterator[bytes]:
    """Every member once as everything else, and once gone; names and numbers as no JSON should have them."""
    message = json.loads(content)
    for path in places(message):
        yield changed(message, path, gone=True)
        for value in STRANGE:
            yield changed(message, path, value)
    for value in STRANGE:
        yield json.dumps(value).encode()
    for number in ("NaN", "-Infinity", "1e999999999", "9" * 5000, "1" + "0" * 40):
        for path in places(message):
            yield changed(message, path, "@@").replace(b'"@@"', number.encode())
    for depth in (400, 900, 3000, 100_000):
        for opening, closing in ((b"[", b"]"), (b'{"data":', b"}"), (b'{"returndata":', b"}")):
            yield opening * depth + b"1" + closing * depth
            yield content.replace(b'""', opening * depth + b"1" + closing * depth, 1)
    for time in ("/Date(999999997200000)/", "/Date(-999999997200000)/", "/Date(0)/"):
        yield content.replace(b"/Date(1641315600000)/", time.encode())


TOKENS = (b"", b"\x00", b'"', b"\n", b",", b"<table>", b"</td>", b"\xff", b"9" * 400, b"1e99999", b"NaN", b"<td colspan=x>", b"-", "１２".encode())  # fmt: skip


def of_bytes(content: bytes, chance: Random, count: int) -> Iterator[bytes]:
    """Cut off, cells and lines exchanged, odd bytes put in anywhere, elements nested deep."""
    yield from (b"", b"\x00" * 64, b"[" * 100_000, b"<div>" * 20_000 + content, content * 2)
    lines = content.splitlines(keepends=True)
    for _ in range(count):
        at, to = sorted((chance.randrange(len(content)), chance.randrange(len(content))))
        yield content[:at]
        yield content[:at] + content[to:]
        yield content[:at] + chance.choice(TOKENS) + content[at + chance.randrange(3) :]
        cells = content.split(b",")
        cells[chance.randrange(len(cells))] = chance.choice(TOKENS)
        yield b",".join(cells)
        yield b"".join(chance.sample(lines, chance.randint(1, len(lines))))


ODD_CELLS: tuple[Any, ...] = (
    None, 7, -0.5, 1e300, True, "x", "１２", "=1/0", "#REF!", date(2024, 1, 1), datetime(1900, 1, 1), "x" * 300,
)  # fmt: skip


def of_workbook(content: bytes, chance: Random, count: int) -> Iterator[bytes]:
    """Cells as anything else, rows and columns gone, cells merged, the archive damaged."""
    for _ in range(count):
        book = load_workbook(io.BytesIO(content))
        sheet = chance.choice(book.worksheets)
        row, column = chance.randint(1, sheet.max_row), chance.randint(1, sheet.max_column)
        change = chance.randrange(5)
        if change == 0:
            sheet.delete_rows(row)
        elif change == 1:
            sheet.delete_cols(column)
        elif change == 2 and len(book.worksheets) > 1:
            book.remove(sheet)
        else:
            for _ in range(3):
                cell = sheet.cell(chance.randint(1, sheet.max_row), chance.randint(1, sheet.max_column))
                if hasattr(cell, "number_format") and type(cell).__name__ == "Cell":
                    cell.value = chance.choice(ODD_CELLS)
        out = io.BytesIO()
        book.save(out)
        yield out.getvalue()
        at = chance.randrange(len(content))
        yield content[:at]
        yield content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]


def damaged(name: str) -> Iterator[bytes]:
    content, chance = SAMPLES[name].content, Random(f"{SEED} {name}")
    if content.startswith(b"PK"):
        yield from of_workbook(content, chance, 25)
        return
    if content[:1] in (b"{", b"["):
        yield from of_json(content)
    yield from of_bytes(content, chance, 25)


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_file_is_read_or_refused_and_crashes_nothing(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    refused = 0
    for number, content in enumerate(damaged(name)):
        try:
            SAMPLES[name].read(content, tmp_path)
        except BadInput as error:
            refused += 1
            assert all(problem.where and problem.remedy for problem in error.problems)
        except Exception as error:
            raise AssertionError(f"damage {number} of {name}: {content[:300]!r}") from error
    assert refused, "some of the damage must be seen"
