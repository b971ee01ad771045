"""Surface water: files of sections from a list, the live table behind its session, and the simulation of both."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path

import httpx
import pytest

from raw.doors import warmed_session
from raw.errors import BadInput
from raw.feed import find_feed
from raw.fetch import BadBody, Fetched
from raw.land import Landed, pull, vintages
from raw.readers import Rows, ajax_grid, check_rows, expectation
from raw.replica.clock import CHINA, end_of
from raw.replica.faults import Fault, Faults
from raw.replica.server import faults_of, serve
from raw.simulate import environment_water as simulated

FEED = find_feed("environment_water")
LIVE = FEED.table("live_readings")
SEED = 7
DAY = date(2021, 4, 30)
SERVICE = f"{FEED.feed}/GJZ/Ajax/Publish.ashx"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in needs no politeness, and no time to recover."""
    monkeypatch.setattr("raw.fetch._be_polite", lambda *_: None)
    monkeypatch.setattr("raw.fetch._Pauses.__call__", lambda *_: 0.0)


def pulled(
    landing: Path,
    monkeypatch: pytest.MonkeyPatch,
    as_of: date,
    *faults: str,
    now: date | None = None,
    seed: int | None = SEED,
) -> list[Landed]:
    switched = Faults()
    switched.delay_seconds = 0.01
    for fault in faults:
        switched.on(FEED.feed, fault, 1)
    with serve(faults=switched, now=end_of(now or as_of), seed=seed) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_WATER_URL", f"{replica.url}/{FEED.feed}")
        return pull(FEED, as_of, landing_root=landing)


def grid(*rows: list[str | None], thead: list[str] | None = None) -> bytes:
    names = thead or ["断面名称", "监测时间", "水质类别", "水温"]
    return json.dumps({"total": 1, "records": len(rows), "thead": names, "tbody": rows}).encode()


# --- the live table --------------------------------------------------------------------------------------


def test_the_raw_value_in_the_title_of_a_cell_counts() -> None:
    cells = ["仰口", "01-02 04:00", "2", "<span title='原始值：23.88'>23.9</span>"]
    assert ajax_grid.read(grid(cells), LIVE, "live.json").records[0]["水温"] == "23.88"


def test_dashes_and_null_are_no_value_and_class_7_stays_as_said() -> None:
    rows = ajax_grid.read(grid(["a", "01-02 04:00", "--", None], ["b", "01-02 04:00", "7", "--"]), LIVE, "x")
    assert [(record["水质类别"], record["水温"]) for record in rows.records] == [(None, None), ("7", None)]


@pytest.mark.parametrize(
    "content",
    [
        b'{"thead":["\xe6\x96\xad",null],"tbody":[]}', b'{"thead":[["a"]],"tbody":[]}', b'{"thead":["a"],"tbody":"b"}',
        b'{"thead":["a"],"tbody":[[["b"]]]}', b'{"thead":["a"],"tbody":[{"b":1}]}', b'{"thead":["a"],"tbody":{"b":["c"]}}',
        b"[" * 100_000, b"7", b"null",
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="expected JSON in UTF-8 with thead and tbody"):
        ajax_grid.read(content, LIVE, "live.json")


@pytest.mark.parametrize(
    "content",
    [b'{"total":1e999,"records":1}', b'{"total":NaN,"records":1}', b"[" * 100_000, b'{"total":null}'],
)
def test_totals_that_are_none_are_refused_at_the_door(content: bytes) -> None:
    with pytest.raises(BadBody, match="JSON with total, records, thead and tbody"):
        warmed_session._totals(Fetched(content, "https://water.example/", 200, "text/html"), 20)


def test_columns_are_found_by_the_header_which_may_grow() -> None:
    thead = ["<b>水温</b>", "新项目", "<span>断面名称</span>"]
    rows = ajax_grid.read(grid(["9.1", "5", "仰口"], thead=thead), LIVE, "x")
    assert rows.records == [{"水温": "9.1", "断面名称": "仰口"}]


def test_a_header_without_a_declared_column_is_refused() -> None:
    rows = ajax_grid.read(grid(["仰口"], thead=["断面名称"]), LIVE, "x")
    with pytest.raises(BadInput, match="no column '监测时间'"):
        check_rows(rows, LIVE, "x")


@pytest.mark.parametrize(
    "moment", ["13-45 99:99", "00-10 04:00", "04-31 04:00", "02-30 04:00", "01-02 24:00"]
)
def test_a_moment_that_no_calendar_has_is_refused(moment: str) -> None:
    assert expectation(moment, LIVE.columns["监测时间"]) is not None


@pytest.mark.parametrize(
    "moment", ["01-31 00:00", "02-29 23:59", "04-30 12:00", "12-31 20:00", "10-10 09:09"]
)
def test_a_moment_of_a_day_is_taken(moment: str) -> None:
    assert expectation(moment, LIVE.columns["监测时间"]) is None


def test_without_the_two_requests_before_the_service_says_minus_one() -> None:
    form = {"action": "getRealDatas", "AreaID": "370200", "PageIndex": "1", "PageSize": "9"}
    with serve(now=end_of(DAY), seed=SEED) as replica:
        answer = httpx.post(f"{replica.url}/{SERVICE}", data=form, trust_env=False)
        assert (answer.status_code, answer.text) == (200, "-1")
        with httpx.Client(trust_env=False) as session:
            session.get(f"{replica.url}/{FEED.feed}/GJZ/Business/Publish/Main.html")
            assert session.post(f"{replica.url}/{SERVICE}", data=form).text == "-1"
            session.post(f"{replica.url}/{SERVICE}", data={"action": "getArea_RiverDic"})
            assert session.post(f"{replica.url}/{SERVICE}", data=form).json()["total"] == 3


def test_the_pages_of_the_live_table_are_one_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = FEED.table("live_readings")
    request = {**table.doors["warmed_session"], "page_size": 9}
    small = table.model_copy(update={"doors": {"warmed_session": request}})
    feed = FEED.model_copy(update={"tables": {"live_readings": small}})
    with serve(now=end_of(DAY), seed=SEED) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_WATER_URL", f"{replica.url}/{FEED.feed}")
        (landed,) = pull(feed, DAY, landing_root=tmp_path)
    assert landed.manifest["row_count"] == 21
    assert list(landed.manifest["files"]) == [f"live_readings_{number}.json" for number in (1, 2, 3)]


def test_the_live_table_says_nothing_of_an_earlier_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = pulled(tmp_path, monkeypatch, date(2021, 3, 1), now=DAY)
    assert {one.vintage_dir.parent.name for one in landed} == {"section_list", "section_results"}


# --- the files of sections -------------------------------------------------------------------------------


def test_without_a_seed_there_is_honestly_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pulled(tmp_path, monkeypatch, DAY, seed=None) == []


def test_all_that_was_out_is_landed_as_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = pulled(tmp_path, monkeypatch, DAY)
    assert {one.manifest["origin"] for one in landed} == {"simulated"}
    months = [
        one.manifest["facts"].get("月份")
        for one in landed
        if one.vintage_dir.parent.name == "section_results"
    ]
    assert months == ["2021-01", "2021-02", "2021-03"]


def test_a_corrected_month_is_a_new_vintage_and_unknown_before_its_correction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(tmp_path, monkeypatch, DAY)
    after = date(2021, 6, 10)
    # The list still prints the first day of publication: only Last-Modified tells of the correction.
    assert not [one for one in pulled(tmp_path, monkeypatch, date(2021, 5, 1), now=after) if one.is_new]
    corrected = [
        one
        for one in pulled(tmp_path, monkeypatch, after)
        if one.is_new and "2021-03" in one.manifest["scope"]
    ]
    assert [one.manifest["facts"]["发布日期"] for one in corrected] == ["2021-06-10"]


RESULT = {
    "月份": "2024-05", "发布日期": "2024-06-15", "断面编码": "Q1", "断面名称": "甲", "水温（℃）": "12.3",
    "pH（无量纲）": "7.8", "溶解氧（mg/L）": "9.1", "高锰酸盐指数（mg/L）": "3.2", "化学需氧量（mg/L）": "14",
    "五日生化需氧量（mg/L）": "2.1", "氨氮（mg/L）": "0.31", "总磷（mg/L）": "0.08", "总氮（mg/L）": "3.2",
    "粪大肠菌群（个/L）": "230",
}  # fmt: skip
READING = {
    "取得日": "2024-06-15", "断面名称": "甲", "监测时间": "06-15 04:00", "水温": "12.345", "pH": "7.812",
    "溶解氧": "9.1", "电导率": "48000.5", "浊度": "1200", "高锰酸盐指数": "3.21", "氨氮": "0.0312", "总磷": "0.081",
    "总氮": "3.2", "叶绿素α": "0.01", "藻密度": "1200000",
}  # fmt: skip


def held_to_the_feed(table: str, row: dict[str, str]) -> None:
    declared = FEED.table(table)
    cells: dict[str, str | None] = {**dict.fromkeys(declared.columns), **row}
    check_rows(Rows(list(cells), [cells], ["row 2"]), declared, "x")


@pytest.mark.parametrize(
    ("table", "good", "column", "text"),
    [
        *(("section_results", RESULT, name, "-0.1") for name in RESULT if "L）" in name or "pH" in name),
        *(("live_readings", READING, name, "-0.1") for name in list(READING)[4:]),
        ("section_results", RESULT, "氨氮（mg/L）", "310"),
        ("section_results", RESULT, "总磷（mg/L）", "80"),
        ("section_results", RESULT, "溶解氧（mg/L）", "910"),
        ("section_results", RESULT, "溶解氧（mg/L）", "30"),
        ("section_results", RESULT, "pH（无量纲）", "78"),
        ("section_results", RESULT, "pH（无量纲）", "14.1"),
        ("live_readings", READING, "氨氮", "310"),
        ("live_readings", READING, "溶解氧", "91"),
        ("live_readings", READING, "pH", "78"),
    ],
)
def test_a_figure_no_water_can_have_is_refused(
    table: str, good: dict[str, str], column: str, text: str
) -> None:
    with pytest.raises(BadInput, match=rf"column {re.escape(column)}: 发现 found '{text}'"):
        held_to_the_feed(table, {**good, column: text})


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("水温（℃）", "-0.3"), ("溶解氧（mg/L）", "0"), ("溶解氧（mg/L）", "19.8"), ("pH（无量纲）", "9.6"),
        ("pH（无量纲）", "14"), ("氨氮（mg/L）", "0.025"), ("氨氮（mg/L）", "18.2"), ("总磷（mg/L）", "0.0125"),
        ("粪大肠菌群（个/L）", "2.4E+04"), ("氨氮（mg/L）", ""),
    ],
)  # fmt: skip
def test_foul_water_frost_and_a_dry_section_are_believed(column: str, text: str) -> None:
    held_to_the_feed("section_results", {**RESULT, column: text})
    held_to_the_feed("live_readings", READING)


RETRIED = {Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.CONNECTION_RESET, Fault.SLOW_DRIP}
LANDED = {Fault.PATH_LIKE_NAME, Fault.COLUMN_MOVED, Fault.SILENT_REVISION}


@pytest.mark.parametrize("fault", faults_of(FEED.feed))
def test_every_fault_of_a_months_file_ends_as_promised(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, day = date(2021, 2, 28), date(2021, 3, 31)
    folder = tmp_path / FEED.feed / "section_results"
    one_table = FEED.model_copy(update={"tables": {"section_results": FEED.table("section_results")}})
    with serve(now=end_of(before), seed=SEED) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_WATER_URL", f"{replica.url}/{FEED.feed}")
        pull(one_table, before, landing_root=tmp_path)
    switched = Faults()
    switched.delay_seconds = 0.01
    switched.on(FEED.feed, fault, 2 if fault in RETRIED - {Fault.SLOW_DRIP} else None)
    with serve(faults=switched, now=end_of(day), seed=SEED) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_WATER_URL", f"{replica.url}/{FEED.feed}")
        try:
            pull(one_table, day, landing_root=tmp_path)
        except BadInput as error:
            assert fault not in RETRIED | LANDED
            assert all(problem.found and problem.expected and problem.remedy for problem in error.problems)
            assert list((folder / "quarantine").glob("*/problems.json"))
            assert {v.scope for v in vintages(tmp_path, FEED.feed, "section_results", day)} == {
                "月份=2021-01"
            }
        else:
            assert fault in RETRIED | LANDED
            known = vintages(tmp_path, FEED.feed, "section_results", day)
            assert {v.scope for v in known} == {"月份=2021-01", "月份=2021-02"}


@pytest.mark.parametrize(
    "fault", ["waf_page", "empty_body", "cut_short", "wrong_encoding", "half_month", "duplicate_rows"]
)
def test_a_faulty_live_table_is_refused(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = FEED.model_copy(update={"tables": {"live_readings": LIVE}})
    switched = Faults()
    switched.on(FEED.feed, fault)
    with serve(faults=switched, now=end_of(DAY), seed=SEED) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_WATER_URL", f"{replica.url}/{FEED.feed}")
        with pytest.raises(BadInput):
            pull(live, DAY, landing_root=tmp_path)
    assert list((tmp_path / FEED.feed / "live_readings" / "quarantine").glob("*/problems.json"))


# --- the simulation --------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_water() -> None:
    now = datetime(2024, 12, 31, tzinfo=CHINA)
    assert simulated.monthly_results("2022-05", 3, now) == simulated.monthly_results("2022-05", 3, now)
    assert simulated.monthly_results("2022-05", 3, now) != simulated.monthly_results("2022-05", 4, now)


def test_there_are_21_sections_in_every_month_and_the_list_changes_once() -> None:
    now = datetime(2024, 12, 31, tzinfo=CHINA)
    listed = {
        month: [row["断面编码"] for row in simulated.monthly_results(month, SEED, now)]
        for month in ("2021-01", "2022-12", "2023-01", "2024-11")
    }
    assert {len(codes) for codes in listed.values()} == {21}
    assert "QWC-07" in listed["2022-12"] and "QWC-22" not in listed["2022-12"]
    assert "QWC-07" not in listed["2023-01"] and "QWC-22" in listed["2023-01"]
