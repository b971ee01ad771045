"""The ministry's port table: its two layouts, its traps, its pages, and every fault over real HTTP."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from raw import fetch, readers
from raw.doors import Extract, Original, page_attachment
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, load_feed
from raw.land import Landed, pull
from raw.readers import Rows, check_rows, port_table
from raw.replica.clock import end_of
from raw.replica.faults import Fault, zip_bomb
from raw.replica.server import Running, addresses, faults_of, serve

FEED = load_feed(DEFAULT_FEEDS / "port_throughput.yml")
TABLE = FEED.table("monthly")
LATE = date(2024, 12, 31)
NAME = "P020240828512415780926.xlsx"
SPECIMEN = (
    Path(__file__).parents[3]
    / "shared/feeds/3_port/specimens/mot_shanghai_cumulative_teu_with_attachment_urls.csv"
)
ALWAYS = ("全国总计", "沿海合计", "山东合计", "青岛")
GROUPS = ("货物吞吐量(万吨)", "外贸货物吞吐量(万吨)", "集装箱吞吐量(万TEU)")


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def grouped(
    rows: list[tuple[object, ...]],
    *,
    title: str = "2024年1-7月港口货物、集装箱吞吐量",
    children: tuple[str, ...] = ("自年初累计", "同比增速(%)"),
    groups: tuple[str, ...] = GROUPS,
    edit: Callable[[Worksheet], object] = lambda sheet: None,
    always: tuple[str, ...] = ALWAYS,
) -> bytes:
    """The layout of one sheet: a header of two levels with merged cells, and the rows a table always has."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    sheet.append(["港口", *(name for group in groups for name in (group, *[None] * (len(children) - 1)))])
    sheet.append([None, *children * len(groups)])
    names = {port_table.port_name(str(row[0])) for row in rows}
    notes = [row for row in rows if str(row[0]).startswith("注")]
    for row in [*(row for row in rows if row not in notes), *([one] for one in always if one not in names)]:
        sheet.append(row)
    for row in notes:
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    for number in range(len(groups)):
        first = 2 + number * len(children)
        sheet.merge_cells(start_row=2, end_row=2, start_column=first, end_column=first + len(children) - 1)
    edit(sheet)
    return saved(book)


def in_sheets(cargo: int, foreign: int) -> bytes:
    """The layout of one sheet for each measure; the year to date of each month is seven times it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for measure, unit, value in (
        ("货物", "万吨", cargo),
        ("外贸货物", "万吨", foreign),
        ("集装箱", "万TEU", 260),
    ):
        sheet = book.create_sheet(f"{measure}吞吐量")
        sheet.append([f"2024年7月全国港口{measure}吞吐量（{unit}）"])
        sheet.append(["港口", "本月", "同比增速(%)", "自年初累计", "累计同比增速(%)"])
        sheet.append(["青岛港", value, 5.5, value * 7, 4.5])
        for name in ALWAYS[:3]:
            sheet.append([name])
    return saved(book)


def read(content: bytes, title: str | None = None, name: str = NAME) -> Rows:
    rows = port_table._rows(content, name, {"SOURCE_TITLE": title} if title else {})
    check_rows(rows, TABLE, name)
    return rows


def figures(rows: Rows) -> dict[tuple[str, str, str], str | None]:
    return {
        (str(row["PORT"]), str(row["MEASURED"]), str(row["MEASURE"])): row["OBS_VALUE"]
        for row in rows.records
        if row["ROW_KIND"] == "PORT"
    }


def refusal(content: bytes, title: str | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        read(content, title)
    return str(caught.value)


ROW = ("青　岛", 41532, 4.2, 29000, 3.1, 1803, 8.5)


# --- the layouts -----------------------------------------------------------------------------------------


def test_a_header_of_two_levels_with_merged_cells_is_read_by_its_words() -> None:
    rows = read(grouped([ROW, ("注：快报数",)]), "2024年1-7月港口货物、集装箱吞吐量")
    assert figures(rows) == {
        ("青岛", "CARGO", "YTD"): "41532",
        ("青岛", "CARGO", "YOY_YTD"): "4.2",
        ("青岛", "CARGO_FOREIGN", "YTD"): "29000",
        ("青岛", "CARGO_FOREIGN", "YOY_YTD"): "3.1",
        ("青岛", "CONTAINER", "YTD"): "1803",
        ("青岛", "CONTAINER", "YOY_YTD"): "8.5",
    }
    assert {(row["TIME_PERIOD"], row["UPLOADED_DATE"]) for row in rows.records} == {("2024-07", "2024-08-28")}
    assert rows.records[0]["PORT_PRINTED"] == "青　岛"


def test_one_sheet_for_each_measure_is_read_too() -> None:
    found = figures(read(in_sheets(cargo=6000, foreign=4000)))
    assert found["青岛", "CONTAINER", "LEVEL"] == "260"
    assert found["青岛", "CONTAINER", "YOY"] == "5.5"
    assert found["青岛", "CONTAINER", "YTD"] == "1820"
    assert found["青岛", "CARGO_FOREIGN", "YOY_YTD"] == "4.5"
    assert len(found) == 12


def test_a_moved_column_is_read_right() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2024年1-7月"])
    sheet.append([GROUPS[2], GROUPS[1], "港口", GROUPS[0], GROUPS[0]])
    sheet.append(["自年初累计", "自年初累计", None, "同比增速(%)", "自年初累计"])
    sheet.append([1803, 29000, "青岛", 4.2, 41532])
    for name in ALWAYS[:3]:
        sheet.append([None, None, name])
    found = figures(read(saved(book)))
    assert found["青岛", "CONTAINER", "YTD"] == "1803"
    assert found["青岛", "CARGO", "YTD"] == "41532"
    assert found["青岛", "CARGO", "YOY_YTD"] == "4.2"


def test_an_index_is_told_from_a_change_by_the_header() -> None:
    row = ("青岛", 41532, 104.2, 29000, 103.1, 1803, 108.5)
    index = figures(read(grouped([row], children=("自年初累计", "为去年同期%"))))
    assert index["青岛", "CONTAINER", "INDEX_YTD"] == "108.5"
    assert ("青岛", "CONTAINER", "YOY_YTD") not in index


def test_a_rate_beside_month_and_cumulative_that_names_neither_is_nobodys() -> None:
    row = ("青岛", 41532, 6000, 4.2, 29000, 4000, 3.1, 1803, 260, 8.5)
    found = figures(read(grouped([row], children=("自年初累计", "本月", "同比增速(%)"))))
    assert found["青岛", "CARGO", "YOY_UNSTATED"] == "4.2"
    assert found["青岛", "CARGO", "LEVEL"] == "6000"


@pytest.mark.parametrize(
    ("printed", "port"),
    [
        ("青　岛", "青岛"), ("青 岛", "青岛"), ("青岛港", "青岛"), ("宁波-舟山", "宁波舟山"),
        ("宁波－舟山港", "宁波舟山"), ("连云港", "连云港"), ("张家港港", "张家港"), ("贵港", "贵港"),
    ],
)  # fmt: skip
def test_one_port_has_one_name_however_it_is_printed(printed: str, port: str) -> None:
    assert port_table.port_name(printed) == port


def test_totals_are_kept_with_their_kind() -> None:
    names = ("全国总计", "沿海合计", "内河合计", "山东合计", "青岛", "烟 台")
    rows = read(grouped([(name, *ROW[1:]) for name in names]))
    kinds = {row["PORT"]: row["ROW_KIND"] for row in rows.records}
    again = read(grouped([("全国合计", *ROW[1:])], always=ALWAYS[1:])).records[0]
    assert (again["PORT"], again["PORT_PRINTED"]) == ("全国总计", "全国合计")
    assert kinds == {
        "全国总计": "NATION", "沿海合计": "COASTAL", "内河合计": "INLAND", "山东合计": "PROVINCE",
        "青岛": "PORT", "烟台": "PORT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("2024年1-2月港口货物、集装箱吞吐量", "2024-02"), ("２０２４年１—７月", "2024-07"),
        ("2026年7月全国港口", "2026-07"), ("2024年港口货物、集装箱吞吐量", "2024"), ("港口吞吐量", None),
        ("2024年1-13月", None),
    ],
)  # fmt: skip
def test_the_period_stands_in_the_title_and_january_february_is_one(title: str, period: str | None) -> None:
    assert port_table.period_in(title) == period


def test_blanks_and_dashes_are_no_figure_and_never_zero() -> None:
    found = figures(read(grouped([("青岛", 41532, "-", None, "—", 1803, 0)])))
    assert found["青岛", "CARGO", "YOY_YTD"] is None
    assert found["青岛", "CARGO_FOREIGN", "YTD"] is None
    assert found["青岛", "CONTAINER", "YOY_YTD"] == "0"


# --- what is refused -------------------------------------------------------------------------------------


def formula(sheet: Worksheet) -> None:
    sheet["B4"] = "=40000+1532"


def percentage(sheet: Worksheet) -> None:
    sheet["C4"].number_format = "0.0%"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "found an empty file"),
        (b"%PDF-1.7 ...", "found a PDF, by its first bytes"),
        (b"\x89PNG\r\n\x1a\n....", "found a PNG image"),
        (b"\xff\xd8\xff\xe0....", "found a JPEG image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "found an old .xls (OLE2)"),
        (b"<!DOCTYPE html><html>", "found a web page"),
        (b"Rar!\x1a\x07", "found bytes of another kind"),
        (grouped([ROW])[:-200], "a broken or truncated workbook"),
        (grouped([ROW], edit=formula), "Sheet!B4: 发现 found a formula"),
        (grouped([ROW], edit=percentage), "Sheet!C4: 发现 found 4.2 shown as a percentage"),
        (grouped([("青岛", "41,532", *ROW[2:])]), "found text ('41,532')；应为 expected a plain number"),
        (grouped([(None, *ROW[1:])]), "beside no port"),
        (grouped([ROW, ("青岛港", *ROW[1:])]), "PORT=青岛, MEASURED=CARGO, MEASURE=YTD stands in Sheet!B4"),
        (grouped([ROW], children=("累计完成", "同比增速(%)")), "header Sheet!B3: 发现 found '货物吞吐量(万吨) 累计完成'"),
        (grouped([ROW], children=("自年初累计", "自年初累计")), "CARGO YTD in two columns"),
        (grouped([ROW], groups=("货物吞吐量(吨)", *GROUPS[1:])), "found unit 吨"),
        (grouped([ROW], groups=("货物吞吐量", *GROUPS[1:])), "found unit (none)"),
        (grouped([ROW[:5]], groups=GROUPS[:2]), "found nothing on CONTAINER"),
        (grouped([ROW], title="港口货物、集装箱吞吐量"), "found a title without a period"),
        (grouped([ROW], title="2024年2-3月港口货物、集装箱吞吐量"), "found a title without a period that is understood ('2024年2-3月"),
        (grouped([ROW], title="2024年下半年港口货物、集装箱吞吐量"), "found a title without a period"),
        (grouped([], always=()), "found a header without rows"),
        (grouped([], always=ALWAYS[:3]), "MEASURED=CARGO: 发现 found no row of 青岛；应为 expected rows of 全国总计, 沿海合计, 山东合计, 青岛"),
        (grouped([ROW], always=("全国总计", "山东合计")), "MEASURED=CONTAINER: 发现 found no row of 沿海合计"),
        (grouped([ROW, ("全国总计", 41000)]), "Sheet!B4: 发现 found 青岛 CARGO YTD 41532；应为 expected at most 41000 万吨, the nation's total"),
        (grouped([("全国总计", 90000), ("山东合计", 41000), ROW]), "Sheet!B6: 发现 found 青岛 CARGO YTD 41532；应为 expected at most 41000 万吨, the total of its province (山东合计)"),
        (grouped([("青岛", 29000, 3.1, 41532, 4.2)]), "Sheet!D4: 发现 found 青岛 CARGO_FOREIGN YTD 41532；应为 expected at most 29000 万吨, all its cargo"),
        (grouped([("青岛", 2.9, 3.1, 41532, 4.2)], groups=("货物吞吐量(亿吨)", *GROUPS[1:])), "at most 2.9 亿吨, all its cargo"),
        (grouped([("青岛", 41532, 6000, 29000, 4100, 1803, 250)], children=("本月", "自年初累计")), "Sheet!F4: 发现 found 青岛 CONTAINER LEVEL 1803；应为 expected at most 250 万TEU, its own year to date"),
        (in_sheets(cargo=4000, foreign=6000), "外贸货物吞吐量!D3: 发现 found 青岛 CARGO_FOREIGN YTD 42000；应为 expected at most 28000 万吨, all its cargo"),
        (grouped([("青岛", 1, 1, 1, 1, -5)]), "Sheet!F4: 发现 found 青岛 CONTAINER YTD -5；应为 expected no figure below zero"),
        (grouped([ROW], edit=lambda sheet: sheet.unmerge_cells("B2:C2")), "header Sheet!C2: 发现 found no group above '同比增速(%)': its cell is empty, or not merged"),
    ],
)  # fmt: skip
def test_what_is_not_such_a_table_is_refused_with_its_reason(content: bytes, said: str) -> None:
    assert said in refusal(content)


@pytest.mark.parametrize(
    ("area", "cells"),
    [("B4:B5", ("B4", "B5")), ("A4:A5", ("A4", "A5")), ("D5:E5", ("D5", "E5")), ("A3:A4", ("A4",))],
)
def test_merged_cells_in_the_body_give_no_port_the_figure_of_another(
    area: str, cells: tuple[str, ...]
) -> None:
    def merge(sheet: Worksheet) -> None:
        if area == "A3:A4":  # the header's own range, drawn one row too far
            sheet.unmerge_cells("A2:A3")
            sheet.merge_cells("A2:A4")
        else:
            sheet.merge_cells(area)

    told = refusal(grouped([("烟台", 5000, 1.0, 3000, 2.0, 400, 3.0), ROW], edit=merge))
    for cell in cells:
        assert f"Sheet!{cell}: 发现 found 合并的单元格 / a merged cell" in told


def test_a_merged_note_or_empty_row_below_the_ports_hides_nothing() -> None:
    def merge(sheet: Worksheet) -> None:
        last = sheet.max_row
        sheet.merge_cells(f"A{last}:G{last}")
        sheet.merge_cells(f"A{last + 1}:G{last + 1}")

    content = grouped([ROW, ("注：快报数",)], edit=merge)
    assert figures(read(content))["青岛", "CARGO", "YTD"] == "41532"


def test_a_column_without_its_group_is_not_told_as_one_that_stands_twice() -> None:
    unmerged = grouped([ROW], edit=lambda sheet: [sheet.unmerge_cells(area) for area in ("B2:C2", "D2:E2")])
    assert "in two columns" not in refusal(unmerged)


def test_a_rate_may_fall_and_a_port_may_grow_faster_than_the_nation() -> None:
    rows = read(
        grouped([("全国总计", 90000, 1.0, 60000, -3.0, 3000, 1.0), ("青岛", 41532, 4.2, 29000, -3.1)])
    )
    assert figures(rows)["青岛", "CARGO_FOREIGN", "YOY_YTD"] == "-3.1"


def test_a_page_whose_period_is_not_understood_is_refused() -> None:
    said = refusal(grouped([ROW]), "2024年二季度港口货物、集装箱吞吐量")
    assert "its page: 发现 found a period that is not understood in the title '2024年二季度" in said


def test_another_months_table_under_this_months_page_is_refused() -> None:
    said = refusal(grouped([ROW]), "2024年1-8月港口货物、集装箱吞吐量")
    assert "found a table of 2024年1-7月 (2024-07)；应为 expected that of 2024-08" in said


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused() -> None:
    content = io.BytesIO(grouped([ROW]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(port_table.LIMITS.max_unpacked))
    assert "when unpacked" in refusal(content.getvalue())


def test_a_cell_far_away_does_not_fill_the_memory() -> None:
    assert "rows and" in refusal(grouped([ROW], edit=lambda sheet: sheet.cell(1_000_000, 9, "x")))


def test_a_dropped_file_needs_no_page_but_a_name_that_tells_its_day() -> None:
    assert read(grouped([ROW])).records[0]["ATTACHMENT"] == NAME[:-5]
    with pytest.raises(BadInput, match="no day of upload"):
        read(grouped([ROW]), name="table.xlsx")


@pytest.mark.parametrize("stamp", ["20200828", "20240731"])
def test_a_table_uploaded_before_its_period_was_over_is_refused(stamp: str) -> None:
    content = grouped([ROW], title="2024年1-7月港口货物、集装箱吞吐量")
    with pytest.raises(BadInput) as caught:
        read(content, name=f"P0{stamp}512415780926.xlsx")
    day = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}"
    assert f"found {day} as the day of upload of a table of 2024年1-7月" in str(caught.value)
    assert "expected a day after 2024-07-31" in str(caught.value)
    assert read(content, name="P020240801512415780926.xlsx").records


# --- the true series of Shanghai -------------------------------------------------------------------------


def shanghai() -> list[dict[str, str]]:
    if not SPECIMEN.is_file():
        pytest.skip("the specimens are not beside this repository")
    with SPECIMEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_22_true_addresses_are_understood() -> None:
    series = shanghai()
    assert len(series) == 22
    assert sum(int(row["cumulative_teu_10000"]) for row in series) == 32_980 + 35_085
    for row in series:
        name = row["source_url"].rpartition("/")[2]
        stamp = row["attachment_stamp_date"]
        assert port_table.uploaded_on(name) == f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:]}"
        assert page_attachment._LINK.fullmatch(f"./{name}")
        assert row["source_url"].split("/")[-2] == row["folder_yyyymm"]


def test_folders_202403_to_202405_were_uploaded_again_on_one_day() -> None:
    again = [row for row in shanghai() if row["attachment_stamp_date"] == "20240528"]
    assert [row["folder_yyyymm"] for row in again] == ["202403", "202404", "202405"]


def test_the_true_cumulative_series_passes_through_the_table_unchanged() -> None:
    """Written into the layout and read again; months by differencing, January–February as one."""
    for row in shanghai():
        year, _, last = row["period"].replace("/", "-").partition("-")
        title = f"{year}年1-{int(last[-2:])}月港口货物、集装箱吞吐量"
        content = grouped(
            [("上海港", None, None, None, None, int(row["cumulative_teu_10000"]), None)], title=title
        )
        name = row["source_url"].rpartition("/")[2].rpartition(".")[0] + ".xlsx"
        rows = read(content, title, name)
        assert figures(rows)["上海", "CONTAINER", "YTD"] == row["cumulative_teu_10000"]
        assert rows.records[0]["TIME_PERIOD"] == f"{year}-{last[-2:]}"
    values = [int(row["cumulative_teu_10000"]) for row in shanghai() if row["period"].startswith("2024")]
    months = [later - earlier for earlier, later in pairwise(values)]
    assert months == [415, 419, 422, 465, 473, 451, 425, 415, 424, 412]


# --- over HTTP -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def late() -> Iterator[Running]:
    with serve(now=end_of(LATE)) as running:
        yield running


@pytest.fixture
def replica(late: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Running]:
    late.faults.clear()
    late.requests.clear()
    for name, url in addresses(late.url).items():
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    impatient = partial(
        fetch.Policy,
        attempts=2,
        first_pause=0.01,
        longest_pause=0.02,
        read_timeout=0.5,
        longest_retry_after=0.5,
        interval=0,
    )
    monkeypatch.setattr(fetch, "_be_polite", lambda url, interval: None)
    monkeypatch.setattr(page_attachment, "Policy", impatient)
    yield late
    late.faults.clear()


def land(root: Path, as_of: date = LATE) -> list[Landed]:
    return pull(FEED, as_of, landing_root=root / "landing")


def quarantined(root: Path) -> list[Path]:
    return sorted((root / "landing").glob("port_throughput/monthly/quarantine/*"))


@pytest.mark.usefixtures("replica")
def test_a_pull_brings_the_whole_history_with_what_its_pages_say(tmp_path: Path) -> None:
    landed = land(tmp_path)
    assert [one.manifest["scope"] for one in landed] == [
        "TIME_PERIOD=2014-10", "TIME_PERIOD=2020-02", "TIME_PERIOD=2024-03",
    ]  # fmt: skip
    assert landed[1].manifest["facts"]["PUBLISHER"] == "中国山东网日文（山东省交通运输厅）"
    assert landed[1].manifest["published_at"] == "2020-03-30"


def test_older_files_are_not_asked_again_and_the_last_half_year_only_on_condition(
    replica: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(tmp_path)
    said = []
    answered = fetch._answer
    monkeypatch.setattr(
        fetch,
        "_answer",
        lambda response, *more: said.append(response.status_code) or answered(response, *more),
    )
    replica.requests.clear()
    assert land(tmp_path) == []
    assert [path.split("/")[4] for path in replica.requests] == ["202412", "202412"]
    assert said == [200, 304]


def test_a_page_that_says_something_else_of_the_same_file_is_read_again(
    replica: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(tmp_path)
    plain = page_attachment._facts
    monkeypatch.setattr(
        page_attachment, "_facts", lambda *said: {**plain(*said), "SOURCE_TITLE": "2024年1-2月港口吞吐量"}
    )
    with pytest.raises(BadInput, match="expected that of 2024-02"):
        land(tmp_path)


def test_a_past_day_knows_nothing_later_and_does_not_ask(replica: Running, tmp_path: Path) -> None:
    assert [one.manifest["scope"] for one in land(tmp_path, date(2020, 3, 29))] == ["TIME_PERIOD=2014-10"]
    assert len(replica.requests) == 2


def test_the_stand_in_gives_the_same_bytes_each_time(replica: Running) -> None:
    address = f"{replica.url}/port_throughput/jigou/zhghs/202003/P020200330000000000085.xlsx"
    assert fetch.fetch(address).content == fetch.fetch(address).content
    etag = fetch.fetch(address).etag
    assert fetch.fetch(address, etag=etag).not_modified


LANDED = {
    Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.SLOW_DRIP, Fault.CONNECTION_RESET,
    Fault.WRONG_CONTENT_TYPE, Fault.PATH_LIKE_NAME, Fault.COLUMN_MOVED, Fault.SILENT_REVISION,
}  # fmt: skip
SAID = {
    Fault.STATUS_403: "status 403", Fault.STATUS_412: "status 412", Fault.TRUNCATED_GZIP: "breaks off",
    Fault.WAF_PAGE: "a web page", Fault.EMPTY_BODY: "an empty file", Fault.ZIP_BOMB: "bytes unpacked",
    Fault.CUT_SHORT: "truncated workbook", Fault.HEADER_RENAMED: "自年初累计_NEW",
    Fault.COLUMN_MISSING: "no 自年初累计 of CARGO", Fault.UNIT_CHANGED: "unit 吨",
    Fault.THOUSANDS_SEPARATORS: "found text", Fault.NOT_A_NUMBER: "约3.96",
    Fault.DUPLICATE_ROWS: "a duplicate period", Fault.HALF_MONTH: "found no row of 青岛",
    Fault.LAST_MONTH: "expected that of 2020-02", Fault.PDF_INSTEAD: "a PDF",
    Fault.WRONG_ENCODING: "damaged workbook",
    Fault.IMAGE_INSTEAD: "a PNG image", Fault.OLD_XLS_INSTEAD: "an old .xls",
}  # fmt: skip


@pytest.mark.parametrize("fault", faults_of("port_throughput"))
def test_every_fault_ends_as_promised(replica: Running, tmp_path: Path, fault: Fault) -> None:
    """Retried and landed, or kept, quarantined and announced; what passes is over at the second attempt."""
    times = 1 if fault in LANDED - {Fault.COLUMN_MOVED, Fault.SILENT_REVISION} else None
    zip_bomb()  # it takes longer to make than we wait for an answer
    replica.faults.on("port_throughput", fault, times)
    replica.faults.delay_seconds = 0.6
    replica.faults.retry_after_seconds = 0
    if fault in LANDED:
        assert len(land(tmp_path)) == 3
        return
    with pytest.raises(BadInput) as caught:
        land(tmp_path)
    assert SAID[fault] in str(caught.value)
    assert quarantined(tmp_path)
    vintages = list((tmp_path / "landing").glob("port_throughput/monthly/vintage=*"))
    assert len(vintages) == (1 if fault is Fault.LAST_MONTH else 0)  # the first table has none before it


def test_a_moved_column_lands_the_same_figures(replica: Running, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    replica.faults.on("port_throughput", Fault.COLUMN_MOVED)
    moved = land(tmp_path / "moved")
    replica.faults.clear()
    straight = land(tmp_path / "straight")
    for one, other in zip(moved, straight, strict=True):
        first, second = (
            sorted(
                (row["MEASURED"], row["MEASURE"], row["OBS_VALUE"] or "")
                for row in pq.read_table(landed.vintage_dir / "part.parquet").to_pylist()
            )
            for landed in (one, other)
        )
        assert first == second


def test_a_silent_upload_under_the_same_name_is_a_new_vintage(replica: Running, tmp_path: Path) -> None:
    land(tmp_path)
    replica.faults.on("port_throughput", Fault.SILENT_REVISION)
    again = land(tmp_path)
    # The two older files are past the half year in which the publisher puts files in another's place.
    assert [(one.is_new, one.manifest["scope"]) for one in again] == [(True, "TIME_PERIOD=2024-03")]
    import pyarrow.parquet as pq

    values = {
        one.vintage_dir.name: pq.read_table(one.vintage_dir / "part.parquet").to_pylist() for one in again
    }
    (rows,) = values.values()
    ours = [row["OBS_VALUE"] for row in rows if row["PORT"] == "青岛"]
    assert Decimal(ours[0]) == Decimal("1.74")  # 1.72, one per cent up


def test_a_page_that_is_transcribed_is_left_alone(replica: Running, tmp_path: Path) -> None:
    replica.faults.on("port_throughput", Fault.PDF_INSTEAD)
    request = dict(FEED.table("monthly").doors["page_attachment"])
    seen = FEED.model_copy(update={"request": {**request, "transcribed": request["pages"]}})
    assert list(page_attachment.extracts(seen, "monthly", LATE, None)) == []


def test_an_xlsx_is_taken_before_its_printed_twin() -> None:
    answer = fetch.Fetched(b"", "https://x.example/", 200, "text/html")
    stem = "P020240528369534362302"
    page = page_attachment._Page(
        f'<a href="./{stem}.pdf">a</a><a href="./{stem}.xlsx">b</a><a href="../up">c</a>'
    )
    assert page_attachment._chosen(page, answer) == [f"{stem}.xlsx"]
    image = page_attachment._Page(f'<img src="./{stem}.png">')
    assert page_attachment._chosen(image, answer) == [f"{stem}.png"]
    with pytest.raises(BadInput, match="a page without a link"):
        page_attachment._chosen(page_attachment._Page('<a href="../P020240528369534362302.xlsx">'), answer)


TRANSCRIBED = {
    "RELEASE": "601298-2023-Q1", "REF_AREA": "CN-370200", "SCOPE": "LISTED_COMPANY",
    "INDICATOR": "PORT_CARGO_THROUGHPUT", "MEASURE": "YTD", "FREQ": "Q", "TIME_PERIOD": "2023-Q1",
    "OBS_VALUE": "16089", "UNIT": "万吨", "SOURCE_TITLE": "公告", "PUBLISHER": "青岛港国际",
    "PUBLISHED_DATE": "2023-04-28", "SOURCE_URL": "https://example.com/x", "PLACE_IN_SOURCE": "第 1 页",
    "TRANSCRIBED_BY": "甲", "REVIEWED_BY": "乙",
}  # fmt: skip


def transcript(**changed: str) -> bytes:
    row = {**TRANSCRIBED, **changed}
    return f"{','.join(row)}\n{','.join(row.values())}\n".encode()


def transcription(**changed: str) -> Rows:
    table = FEED.table("transcriptions")
    rows = readers.read(table.format, transcript(**changed), table, "transcriptions_x.csv")
    check_rows(rows, table, "transcriptions_x.csv")
    return rows


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"REVIEWED_BY": " 甲 "}, "as transcriber and as reviewer；应为 expected two people"),
        ({"UNIT": "万TEU"}, "found PORT_CARGO_THROUGHPUT YTD in 万TEU；应为 expected 万吨 or 亿吨"),
        ({"UNIT": "%"}, "found PORT_CARGO_THROUGHPUT YTD in %"),
        ({"MEASURE": "YOY_YTD"}, "found PORT_CARGO_THROUGHPUT YOY_YTD in 万吨；应为 expected %"),
        ({"INDICATOR": "PORT_CONTAINER_THROUGHPUT"}, "PORT_CONTAINER_THROUGHPUT YTD in 万吨；应为 expected 万TEU"),
        ({"OBS_VALUE": "-16089"}, "YTD -16089；应为 expected no throughput below zero"),
        ({"FREQ": "A"}, "found the period 2023-Q1 with FREQ=A；应为 expected one as in 2022"),
        ({"FREQ": "A", "TIME_PERIOD": "2023-03"}, "found the period 2023-03 with FREQ=A"),
        ({"PUBLISHED_DATE": "2023-03-31"}, "found figures of 2023-Q1 published on 2023-03-31；应为 expected a day after 2023-03-31"),
    ],
)  # fmt: skip
def test_a_transcription_that_contradicts_itself_is_refused_before_it_lands(
    changed: dict[str, str], said: str
) -> None:
    with pytest.raises(BadInput) as caught:
        transcription(**changed)
    assert "transcriptions_x.csv, row 1: " in str(caught.value) and said in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"MEASURE": "YOY_YTD", "UNIT": "%", "OBS_VALUE": "-9.6"},
        {"INDICATOR": "PORT_CONTAINER_THROUGHPUT", "UNIT": "万TEU", "OBS_VALUE": "688"},
        {"FREQ": "M", "TIME_PERIOD": "2023-03", "UNIT": "亿吨", "OBS_VALUE": "1.61"},
    ],
)
def test_a_transcription_that_agrees_with_itself_is_taken(changed: dict[str, str]) -> None:
    assert len(transcription(**changed).records) == 1


@pytest.mark.usefixtures("replica")
def test_a_dropped_workbook_and_a_transcription_land_and_wait_for_their_day(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox/port_throughput"
    inbox.mkdir(parents=True)
    (inbox / NAME).write_bytes(grouped([ROW]))
    (inbox / "2023-04-28_transcriptions_601298.csv").write_bytes(transcript())
    before = {one.manifest["scope"] for one in land(tmp_path / "early", date(2024, 8, 27))}
    assert "TIME_PERIOD=2024-07" not in before  # put there on 28 August
    landed = {one.manifest["scope"] for one in land(tmp_path)}
    assert {"TIME_PERIOD=2024-07", "RELEASE=601298-2023-Q1"} <= landed


def test_reader_and_feed_declare_the_same_columns() -> None:
    assert list(TABLE.columns) == list(port_table.COLUMNS)
    extract = Extract((Original(NAME, grouped([ROW])),), "inbox:x", "application/zip", published_at=None)
    assert re.match(r"P0\d{8}", extract.name)
