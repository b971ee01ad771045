"""The national bureau's two services: readers quirk by quirk, the doors over real HTTP with every fault."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from raw import fetch, nbs
from raw.__main__ import main
from raw.doors import Extract, Original, nbs_easyquery, nbs_release_library
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, Feed, load_feed
from raw.land import Landed, pull, vintages
from raw.readers import check_rows, rows_of
from raw.readers import nbs_easyquery as page_reader
from raw.readers import nbs_release_library as library_reader
from raw.replica.answers import Answer, Asked
from raw.replica.clock import end_of
from raw.replica.faults import TRANSPORT_FAULTS, Fault
from raw.replica.publishers.bureau_nbs import Publisher
from raw.replica.server import Running, faults_of, serve

FEED = load_feed(DEFAULT_FEEDS / "bureau_nbs.yml")
REPO = Path(__file__).parents[2]
# One day of the query page, one of the library.
OLD, NEW = date(2024, 12, 31), date(2026, 5, 31)
TABLES = {OLD: "history", NEW: "observations"}
SEED = 7


def page_body(*nodes: dict[str, Any], unit: str = "亿元", **more: object) -> bytes:
    meanings = [
        {
            "wdcode": "zb",
            "nodes": [{"code": "A01", "cname": "总值", "unit": unit, "memo": "一\n二||三"}, None],
        },
        {"wdcode": "reg", "nodes": [{"code": "370200", "cname": "青岛"}]},
        {"wdcode": "sj", "nodes": [None]},
    ]
    data = {"datanodes": list(nodes), "wdnodes": meanings, **more}
    return json.dumps({"returncode": 200, "returndata": data}, ensure_ascii=False).encode()


def node(sj: str, published: str | None, exact: float = 0, reg: str | None = "370200") -> dict[str, Any]:
    codes = {"zb": "A01", **({"reg": reg} if reg else {}), "sj": sj}
    return {
        "code": "zb.A01_sj.wrong",
        "data": {"data": exact, "dotcount": 1, "hasdata": published is not None, "strdata": published or ""},
        "wds": [{"wdcode": name, "valuecode": code} for name, code in codes.items()],
    }


def library_body(*entries: tuple[str, list[dict[str, Any]]], success: bool = True) -> bytes:
    data = [{"code": code, "name": code, "values": values} for code, values in entries]
    message = {"data": data, "success": success, "state": 20000 if success else 50000, "message": "说明"}
    return json.dumps(message, ensure_ascii=False).encode()


def figure(value: str, **more: str) -> dict[str, Any]:
    shown = {
        "_id": "i1",
        "i_showname": "总值 (亿元) ",
        "du_name": "亿元",
        "da": "370200000000",
        "da_name": "青岛市",
    }
    return {**shown, "value": value, **more}


def landed_from(content: bytes, table: str, **facts: str) -> list[dict[str, str | None]]:
    yearly = {"history": "csnd", "observations": "8"}[table]
    said = {"DATABASE": yearly, "CATALOGUE_ID": "A01", "REGION": "370200", **facts}
    extract = Extract(
        (Original("easyquery.json", content),),
        "inbox:x",
        "application/json",
        facts=said,
        said_in="x.facts.json",
    )
    rows = rows_of(extract, FEED.table(table))
    check_rows(rows, FEED.table(table), "easyquery.json")
    return rows.records


def refusal(content: bytes, table: str = "history", **facts: str) -> str:
    with pytest.raises(BadInput) as caught:
        landed_from(content, table, **facts)
    return str(caught.value)


ODD_LIBRARY = [
    b'{"data":null,"success":true}', b'{"data":7,"success":true}', b'{"data":[null],"success":true}',
    b'{"data":[["x"]],"success":true}', b'{"data":[{"code":null,"values":[]}],"success":true}',
    b'{"data":[{"code":"202208MM","values":null}],"success":true}',
    b'{"data":[{"code":"202208MM","values":[7]}],"success":true}',
    library_body(("202208MM", [{**figure("1.0"), "i_showname": None, "_id": ["x"]}])),
    library_body(("202208MM", [{**figure("1.0"), "value": ["1.0"]}])),
    library_body(("202208MM", [{**figure("1.0"), "da": 370200000000}])),
    b'{"data":' + b"[" * 100_000, b'{"data":' + b"9" * 5000 + b"}",
]  # fmt: skip
ODD_PAGE = [
    b'{"returncode":200,"returndata":null}', b'{"returncode":200,"returndata":{"datanodes":null,"wdnodes":[]}}',
    b'{"returncode":200,"returndata":{"datanodes":[],"wdnodes":null}}',
    page_body({**node("2022", "1.0", 1), "wds": None}), page_body({**node("2022", "1.0", 1), "wds": [{"wdcode": "zb"}]}),
    page_body({**node("2022", "1.0", 1), "wds": [{"wdcode": ["zb"], "valuecode": "A01"}]}),
    page_body({**node("2022", "1.0", 1), "wds": [{"wdcode": "zb", "valuecode": None}]}),
    page_body({**node("2022", "1.0", 1), "data": None}),
    page_body(node("2022", "NaN", 1)), page_body(node("2022", "1e999999999", 1)),
    b'{"returndata":' + b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "content"),
    [*(("observations", body) for body in ODD_LIBRARY), *(("history", body) for body in ODD_PAGE)],
)
def test_members_of_another_type_are_refused_by_name(table: str, content: bytes) -> None:
    said = refusal(content, table)
    assert "easyquery.json" in said and "Remedy" in said


def test_the_catalogue_said_beside_an_answer_is_that_of_its_figures() -> None:
    told = refusal(page_body(node("2022", "14136.5", 14136.46)), CATALOGUE_ID="A02")
    assert (
        "CATALOGUE_ID: 发现 found A02；应为 expected the catalogue with which its indicators begin: A01"
        in told
    )
    content = library_body(("2024YY", [figure("1", catalogid="c1"), figure("", catalogid="c1", _id="i2")]))
    assert len(landed_from(content, "observations", DATABASE="8", CATALOGUE_ID="c1")) == 1
    told = refusal(content, "observations", DATABASE="8", CATALOGUE_ID="c2")
    assert "CATALOGUE_ID: 发现 found c2；应为 expected c1, the catalogid of its figures" in told


@pytest.mark.parametrize(
    ("database", "answer", "region", "told"),
    [
        ("csyd", node("2022", "1.0", 1), "370200", "found csyd, and figures of frequency A；应为 expected M"),
        (
            "csnd",
            node("202209", "1.0", 1),
            "370200",
            "found csnd, and figures of frequency M；应为 expected A",
        ),
        (
            "csnd",
            node("2022C", "1.0", 1),
            "370200",
            "found csnd, and figures of frequency Q；应为 expected A",
        ),
        ("hgnd", node("2022", "1.0", 1), "370200", "and REGION 370200；应为 expected the nation"),
        ("fsnd", node("2022", "1.0", 1), "370200", "and REGION 370200；应为 expected provinces"),
        (
            "csnd",
            node("2022", "1.0", 1, reg="370000"),
            "370000",
            "and REGION 370000；应为 expected main cities",
        ),
        (
            "csnd",
            node("2022", "1.0", 1, reg="000000"),
            "000000",
            "and REGION 000000；应为 expected main cities",
        ),
        ("8", node("2022", "1.0", 1), "370200", "found '8'；应为 expected one of hgyd, hgjd"),
    ],
)
def test_the_database_said_beside_an_answer_can_be_that_of_its_figures(
    database: str, answer: dict[str, Any], region: str, told: str
) -> None:
    said = refusal(page_body(answer), DATABASE=database, REGION=region)
    assert "DATABASE: 发现" in said and told in said


@pytest.mark.parametrize(
    ("database", "code", "told"),
    [
        ("7", "2024YY", "found 7, and figures of frequency A；应为 expected M"),
        ("2", "2024YY", "REGION 370200；应为 expected the nation"),
        ("6", "2024YY", "REGION 370200；应为 expected provinces"),
        ("csnd", "2024YY", "expected one of 1, 2, 3"),
    ],
)
def test_the_database_said_beside_an_answer_of_the_library(database: str, code: str, told: str) -> None:
    said = refusal(library_body((code, [figure("1")])), "observations", DATABASE=database)
    assert "DATABASE: 发现" in said and told in said


def test_beijing_is_a_province_and_a_main_city_both() -> None:
    for database in ("csnd", "fsnd"):
        facts = {"DATABASE": database, "REGION": "110000"}
        assert len(landed_from(page_body(node("2022", "1.0", 1, reg="110000")), "history", **facts)) == 1


def test_an_answer_of_placeholders_only_is_told_as_that() -> None:
    told = refusal(page_body(node("2022", None), node("2023", None)))
    assert "found 2 entries, none of them published (placeholders only)" in told
    told = refusal(library_body(("2024YY", [figure("")])), "observations", DATABASE="8")
    assert "found 1 entries, none of them published (placeholders only)" in told


def test_an_answer_that_was_saved_with_a_byte_order_mark_is_read() -> None:
    mark = b"\xef\xbb\xbf"
    assert len(landed_from(mark + page_body(node("2022", "1.0", 1)), "history")) == 1
    assert len(landed_from(mark + library_body(("2024YY", [figure("1")])), "observations", DATABASE="8")) == 1


def test_a_body_of_the_library_without_its_facts_is_told_of_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gdp_easyquery.json"
    file.write_bytes(library_body(("2024YY", [figure("1")])))
    assert main(["read", "bureau_nbs", str(file)]) == 2
    told = capsys.readouterr().err
    assert "[observations] gdp_easyquery.json: 发现 found nobody says its DATABASE" in told
    file.write_bytes(page_body(node("2022", "1.0", 1)))
    assert main(["read", "bureau_nbs", str(file), "--set", "DATABASE=csyd", "--set", "REGION=370200"]) == 2
    assert "[history] gdp_easyquery.json: 发现 found nobody says its CATALOGUE_ID" in capsys.readouterr().err


def test_a_kept_answer_is_known_from_the_day_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "inbox" / "bureau_nbs"
    folder.mkdir(parents=True)
    file = folder / "csnd_easyquery.json"
    file.write_bytes(page_body(node("2022", "14136.5", 14136.46), node("2023", None)))
    sidecar = folder / "csnd_easyquery.json.facts.json"
    said = {"DATABASE": "csnd", "CATALOGUE_ID": "A01", "REGION": "370200"}
    table = FEED.table("history")
    doors = {"drop_folder": table.doors["drop_folder"]}
    feed = FEED.model_copy(update={"tables": {"history": table.model_copy(update={"doors": doors})}})
    sidecar.write_text(json.dumps(said), encoding="utf-8")
    assert pull(feed, OLD, landing_root=tmp_path) == [], "it arrived today"
    sidecar.write_text(json.dumps({**said, "known_from": "2022-12-30"}), encoding="utf-8")
    with pytest.raises(BadInput, match="figures of 2022, which ends on 2022-12-31"):
        pull(feed, OLD, landing_root=tmp_path)
    sidecar.write_text(json.dumps({**said, "known_from": "2023-01-20"}), encoding="utf-8")
    (landed,) = pull(feed, OLD, landing_root=tmp_path)
    assert landed.manifest["known_from"] == "2023-01-20"


# --- the query page, quirk by quirk -------------------------------------------------------------------


def test_a_placeholder_is_no_zero_and_no_row() -> None:
    (record,) = landed_from(page_body(node("2022", "14136.5", 14136.46), node("2023", None)), "history")
    assert (record["TIME_PERIOD"], record["OBS_VALUE"]) == ("2022", "14136.5")


def test_the_rounded_figure_is_the_published_one_and_the_unrounded_one_is_kept() -> None:
    content = page_body(node("201908", "100.7", 100.71505336))
    (record,) = landed_from(content, "history", DATABASE="csyd")
    assert (record["OBS_VALUE"], record["OBS_VALUE_UNROUNDED"]) == ("100.7", "100.71505336")
    assert "strdata 100.7 beside data 1007.1505" in refusal(
        page_body(node("201908", "100.7", 1007.1505)), DATABASE="csyd"
    )


def test_a_refusal_has_a_sentence_where_the_data_would_be() -> None:
    said = refusal('{"returncode":501,"returndata":"对不起，未能找到符合查询条件的信息。"}'.encode())
    assert "returncode 501: 对不起" in said


def test_no_nodes_a_null_meaning_and_a_memo_of_several_lines_are_legal() -> None:
    assert page_reader.reply(page_body(), "x").entries == []
    assert page_reader.reply(page_body(node("2022", "1.0", 1)), "x").entries[0].name == "总值"


def test_dimensions_come_from_wds_not_from_the_code() -> None:
    (record,) = landed_from(page_body(node("2022", "1.0", 1)), "history")
    assert (record["INDICATOR_CODE"], record["TIME_CODE"], record["REGION"]) == ("A01", "2022", "370200")


def test_a_national_database_that_ignores_the_region_is_refused() -> None:
    assert "found 000000 in the file；应为 expected 370200" in refusal(
        page_body(node("2022", "1.0", 1, reg=None))
    )


def test_the_province_never_stands_in_for_the_city() -> None:
    assert "found 370000 in the file；应为 expected 370200" in refusal(
        page_body(node("2022", "1.0", 1, reg="370000"))
    )


def test_the_count_of_newer_captures_is_held_against_the_figures() -> None:
    content = page_body(node("2022", "1.0", 1), hasdatacount=2)
    assert "found 1 figures；应为 expected 2, its own hasdatacount" in refusal(content)


@pytest.mark.parametrize(
    ("code", "period"), [("202109", "2021-09"), ("2021C", "2021-Q3"), ("2021D", "2021-Q4"), ("2021", "2021")]
)
def test_time_codes_of_the_page(code: str, period: str) -> None:
    assert page_reader.period(code, "x") == period
    assert page_reader.time_code(period) == code


def test_a_firewall_page_is_no_data() -> None:
    assert "found no JSON: '<html>" in refusal("<html>系统维护</html>".encode())


# --- the library, quirk by quirk ----------------------------------------------------------------------


def test_empty_text_the_word_none_and_no_values_are_placeholders() -> None:
    content = library_body(
        ("202603MM", []),
        ("202602MM", [figure("无")]),
        ("202601MM", [figure("")]),
        ("202512MM", [figure("3.5")]),
    )
    (record,) = landed_from(content, "observations", DATABASE="7")
    assert (record["TIME_PERIOD"], record["OBS_VALUE"], record["REGION"]) == ("2025-12", "3.5", "370200")
    assert library_reader.reply(content, "x").periods == ["2025-12", "2026-01", "2026-02", "2026-03"]


@pytest.mark.parametrize(
    ("code", "period"), [("202602MM", "2026-02"), ("202404SS", "2024-Q4"), ("2024YY", "2024")]
)
def test_the_quarter_of_the_library_is_an_ordinal_not_a_month(code: str, period: str) -> None:
    assert library_reader.period(code, "x") == period
    assert library_reader.time_code(period) == code


@pytest.mark.parametrize("code", ["202405SS", "202404", "202413MM", "2024"])
def test_another_time_code_is_refused(code: str) -> None:
    assert f"time code {code!r}" in refusal(library_body((code, [figure("1")])), "observations")


def test_the_unit_inside_the_name_and_the_trailing_space_go() -> None:
    assert library_reader.name_and_unit("城镇居民人均可支配收入 (元) ", "元", "x") == "城镇居民人均可支配收入"
    assert library_reader.name_and_unit("指数(上年同月=100) ", "", "x") == "指数(上年同月=100)"
    said = refusal(library_body(("2024YY", [figure("1", du_name="万元")])), "observations")
    assert "expected one unit: 亿元 or 万元" in said


def test_the_wrong_region_under_success_is_refused() -> None:
    content = library_body(("2024YY", [figure("92464", da="110000000000", da_name="北京市")]))
    assert "found 110000 in the file；应为 expected 370200" in refusal(content, "observations")


def test_no_success_is_told_with_its_message() -> None:
    assert "state 50000: 说明" in refusal(library_body(success=False), "observations")


# --- questions -----------------------------------------------------------------------------------------


def question(**more: str) -> nbs.Question:
    return nbs.Question.model_validate(
        {"database": "1", "catalogue": "c", "first": "2021-01", "units": {"x": ""}, **more}
    )


def test_periods_run_to_the_one_of_the_day_or_the_end_of_the_base() -> None:
    assert question(first="2024-11").periods(date(2025, 1, 9)) == ["2024-11", "2024-12", "2025-01"]
    assert question(first="2024-Q3").periods(date(2025, 1, 9)) == ["2024-Q3", "2024-Q4", "2025-Q1"]
    assert question(first="2020", last="2021").periods(date(2025, 1, 9)) == ["2020", "2021"]
    assert question(first="2026-01").periods(date(2025, 1, 9)) == []


def test_a_catalogue_is_named_or_numbered_not_both() -> None:
    with pytest.raises(ValueError, match="either `catalogue` or `catalogue_name`"):
        question(catalogue_name="y")


def test_every_catalogue_asked_for_by_id_is_spliced_within_its_base_period() -> None:
    with (REPO / "dbt_project/seeds/reference/nbs_series.csv").open(encoding="utf-8", newline="") as file:
        splices = list(csv.DictReader(file))
    seen = {(row["database"], row["catalogue_id"], row["indicator_name"]): row for row in splices}
    for table in FEED.tables.values():
        for door, request in table.doors.items():
            if door == "drop_folder":
                continue
            for raw_question in request["questions"]:
                asked = nbs.Question(**raw_question)
                for name, unit in asked.units.items():
                    row = seen[asked.database, asked.catalogue or "", name]
                    assert row["printed_unit"] == unit
                    assert (asked.last or "") == row["valid_to"]


def test_no_question_asks_for_the_province() -> None:
    asked = [
        one
        for table in FEED.tables.values()
        for way in table.doors.values()
        for one in way.get("questions", [])
    ]
    assert {one.get("region", nbs.NATION) for one in asked} == {"000000", "370200"}


# --- the doors, over HTTP ------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[OLD, NEW], ids=["page", "library"])
def running(request: pytest.FixtureRequest) -> Iterator[tuple[date, Running]]:
    with serve(now=end_of(request.param), seed=SEED) as replica:
        yield request.param, replica


@pytest.fixture
def service(running: tuple[date, Running], hasty: None) -> Iterator[tuple[date, Running]]:
    day, replica = running
    replica.faults.clear()
    replica.faults.delay_seconds = 0.6
    replica.requests.clear()
    yield day, replica
    replica.faults.clear()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = partial(fetch.Policy, attempts=3, first_pause=0.01, longest_pause=0.05)
    for door in (nbs_easyquery, nbs_release_library):
        monkeypatch.setattr(door, "Policy", policy)
        monkeypatch.setattr(door, "INTERVAL", 0.0)


def at(replica: Running, questions: slice = slice(None), patience: float = 5.0) -> Feed:
    """The feed with its doors at the stand-in; only some of its questions."""
    tables = {}
    for name, table in FEED.tables.items():
        ways = {
            door: {
                **request,
                "base_url": f"{replica.url}/bureau_nbs",
                "read_timeout": patience,
                "questions": request["questions"][questions],
            }
            for door, request in table.doors.items()
            if door != "drop_folder"
        }
        tables[name] = table.model_copy(update={"doors": ways})
    return FEED.model_copy(update={"tables": tables})


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RAW_BUREAU_NBS_URL", raising=False)
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))


def values(landed: Landed) -> dict[str, str]:
    rows = pq.read_table(landed.vintage_dir / "part.parquet").to_pylist()
    return {row["TIME_PERIOD"]: row["OBS_VALUE"] for row in rows}


def test_everything_known_lands_within_few_requests(service: tuple[date, Running], tmp_path: Path) -> None:
    day, replica = service
    landed = pull(at(replica), day, landing_root=tmp_path)
    counts = {(one.manifest["facts"]["DATABASE"], one.manifest["row_count"]) for one in landed}
    if day == OLD:
        assert counts == {("hgyd", 60), ("hgyd", 47), ("hgjd", 35), ("csyd", 107), ("csnd", 9)}
    else:
        assert counts == {("1", 60), ("1", 4), ("2", 41), ("7", 124), ("8", 10)}
    assert {one.manifest["origin"] for one in landed} == {"simulated"}
    assert len(replica.requests) <= 17
    again = pull(at(replica), day, landing_root=tmp_path)
    assert not any(one.is_new for one in again)


@pytest.mark.parametrize("day", [OLD, NEW])
def test_without_a_seed_all_is_placeholders_and_nothing_lands(day: date, hasty: None, tmp_path: Path) -> None:
    with serve(now=end_of(day)) as replica:
        assert pull(at(replica), day, landing_root=tmp_path) == []
    assert not list(tmp_path.glob("**/vintage=*")) and not list(tmp_path.glob("**/quarantine/*"))


def test_what_stands_there_today_is_not_taken_for_a_past_day(
    service: tuple[date, Running], tmp_path: Path
) -> None:
    day, replica = service
    assert pull(at(replica), day.replace(month=day.month - 1, day=15), landing_root=tmp_path) == []


def test_three_requests_a_second_at_most() -> None:
    assert nbs.INTERVAL >= 1 / 3


RETRIED = [("status_429", 1), ("status_500", 2), ("status_504", 1), ("connection_reset", 1), ("slow_drip", 1)]


@pytest.mark.parametrize(("fault", "times"), RETRIED)
def test_what_passes_is_retried_and_landed(
    service: tuple[date, Running], tmp_path: Path, fault: str, times: int
) -> None:
    day, replica = service
    replica.faults.on("bureau_nbs", fault, times)
    (landed,) = pull(at(replica, slice(3, 4), patience=0.3), day, landing_root=tmp_path)
    assert landed.is_new and landed.manifest["row_count"] == (35 if day == OLD else 41)


REFUSED = {
    "status_403": "found status 403",
    "status_412": "found status 412",
    "status_429": "found status 429",
    "status_500": "found status 500",
    "status_504": "found status 504",
    "slow_drip": "found a truncated body",
    "connection_reset": "found a truncated body",
    "truncated_gzip": "found a gzip body that breaks off",
    "wrong_content_type": "found application/octet-stream",
    "waf_page": "found text/html",
    "empty_body": "found an empty body",
    "zip_bomb": "unpacked；应为 expected at most 20000000 bytes",
    "wrong_encoding": "found bytes that are not UTF-8",
    "cut_short": "found JSON that breaks off",
    "header_renamed": "expected a member",
    "column_missing": "expected a member",
    "unit_changed": "expected 地区生产总值(当年价格) in 亿元",
    "thousands_separators": "found",
    "not_a_number": "约",
    "duplicate_rows": "found",
    "half_month": "found",
}
LANDED = {"path_like_name", "silent_revision", "column_moved", "last_month"}


def test_every_fault_has_its_outcome() -> None:
    assert {*REFUSED, *LANDED} == {str(fault) for fault in faults_of("bureau_nbs")}


# What the server does to any answer is tried on one service, what the reader must notice on both.
PAIRS = [(NEW, fault) for fault in REFUSED] + [
    (OLD, fault)
    for fault in REFUSED
    if fault not in TRANSPORT_FAULTS or fault in ("waf_page", "empty_body", "wrong_content_type")
]


@pytest.mark.parametrize(("running", "fault"), PAIRS, indirect=["running"])
def test_what_stays_is_refused_kept_and_told(
    service: tuple[date, Running], tmp_path: Path, fault: str
) -> None:
    day, replica = service
    replica.faults.on("bureau_nbs", fault)
    with pytest.raises(BadInput) as caught:
        patience = 0.3 if fault == "slow_drip" else 5.0
        pull(at(replica, slice(5, 6), patience), day, landing_root=tmp_path)
    said = str(caught.value)
    if fault == "unit_changed" and day == NEW:
        assert "expected one unit: 亿元 or 万元" in said
    else:
        assert REFUSED[fault] in said
    assert all(problem.remedy for problem in caught.value.problems)
    assert vintages(tmp_path, "bureau_nbs", TABLES[day], day) == []
    kept = list(tmp_path.glob("bureau_nbs/*/quarantine/*/problems.json"))
    assert len(kept) == 1


@pytest.mark.parametrize("running", [NEW], indirect=True)
@pytest.mark.parametrize("call", ["queryIndexTreeAsync", "queryIndicatorsByCid", "getDasByDaCatalogId"])
def test_a_javascript_challenge_in_place_of_a_list_is_a_fault_and_no_guess(
    service: tuple[date, Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    day, replica = service
    challenge = b"<html><script>document.cookie='x';location.reload()</script></html>"
    answered = Publisher.answer

    def challenging(self: Publisher, asked: Asked, active: frozenset[Fault]) -> Answer:
        if asked.path[-1:] == [call]:
            return Answer(200, challenge, "text/html; charset=utf-8")
        return answered(self, asked, active)

    monkeypatch.setattr(Publisher, "answer", challenging)
    with pytest.raises(BadInput, match=f"{call}.*found text/html; charset=utf-8 beginning b.<html><script>"):
        pull(at(replica, slice(5, 6)), day, landing_root=tmp_path)
    assert vintages(tmp_path, "bureau_nbs", TABLES[day], day) == []
    (kept,) = tmp_path.glob("bureau_nbs/observations/quarantine/*/*.body")
    assert kept.read_bytes() == challenge
    assert not any(path.endswith("esData") for path in replica.requests), "no figure was asked for"


def test_members_in_another_order_change_no_figure(service: tuple[date, Running], tmp_path: Path) -> None:
    day, replica = service
    (before,) = pull(at(replica, slice(5, 6)), day, landing_root=tmp_path / "before")
    replica.faults.on("bureau_nbs", Fault.COLUMN_MOVED)
    (after,) = pull(at(replica, slice(5, 6)), day, landing_root=tmp_path / "after")
    assert before.manifest["sha256"] != after.manifest["sha256"]
    assert values(before) == values(after)


def test_last_months_answer_lacks_the_newest_figure_and_has_no_wrong_one(
    service: tuple[date, Running], tmp_path: Path
) -> None:
    day, replica = service
    (whole,) = pull(at(replica, slice(4, 5)), day, landing_root=tmp_path / "whole")
    replica.faults.on("bureau_nbs", Fault.LAST_MONTH)
    (older,) = pull(at(replica, slice(4, 5)), day, landing_root=tmp_path / "older")
    newest = max(values(whole))
    assert values(older) == {period: value for period, value in values(whole).items() if period != newest}


@pytest.mark.parametrize("running", [NEW], indirect=True)
@pytest.mark.parametrize("body", [b'{"data":null,"success":true}', b'{"data":' + b"[" * 100_000])
def test_a_malformed_answer_is_kept_and_the_others_land(
    service: tuple[date, Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    day, replica = service
    bodies = iter([body])

    def spoiled(url: str, **more: nbs.Json) -> fetch.Fetched:
        answer = fetch.fetch(url, **more)
        is_data = url.endswith("esData")
        return dataclasses.replace(answer, content=next(bodies, answer.content)) if is_data else answer

    monkeypatch.setattr(nbs_release_library, "fetch", spoiled)
    with pytest.raises(BadInput):
        pull(at(replica, slice(2, 4)), day, landing_root=tmp_path)
    assert len(vintages(tmp_path, "bureau_nbs", TABLES[day], day)) == 1
    (kept,) = tmp_path.glob("bureau_nbs/*/quarantine/*/*_*.json")
    assert kept.read_bytes() == body


@pytest.mark.parametrize("running", [NEW], indirect=True)
def test_an_answer_that_crashes_the_reader_at_the_door_is_kept_too(
    service: tuple[date, Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*given: object) -> None:
        raise AttributeError("nobody foresaw it")

    monkeypatch.setattr(library_reader, "_entry", crash)
    day, replica = service
    with pytest.raises(BadInput, match="nbs_release_library did not foresee: AttributeError"):
        pull(at(replica, slice(3, 4)), day, landing_root=tmp_path)
    assert len(list(tmp_path.glob("bureau_nbs/*/quarantine/*/*_*.json"))) == 1


@pytest.mark.parametrize("running", [NEW], indirect=True)
@pytest.mark.parametrize("path", ["queryIndicatorsByCid", "getDasByDaCatalogId", "queryIndexTreeAsync"])
@pytest.mark.parametrize(
    "said", [None, 7, [None], {"list": None}, {"list": [7]}, [{"_id": ["x"], "name": None}]]
)
def test_a_malformed_list_of_the_library_is_refused(
    service: tuple[date, Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, said: object
) -> None:
    day, replica = service
    body = json.dumps({"success": True, "data": said}).encode()

    def spoiled(url: str, **more: nbs.Json) -> fetch.Fetched:
        answer = fetch.fetch(url, **more)
        return dataclasses.replace(answer, content=body) if url.endswith(path) else answer

    monkeypatch.setattr(nbs_release_library, "fetch", spoiled)
    with pytest.raises(BadInput):
        pull(at(replica), day, landing_root=tmp_path)


def test_a_name_that_is_a_path_leads_nowhere(service: tuple[date, Running], tmp_path: Path) -> None:
    day, replica = service
    replica.faults.on("bureau_nbs", Fault.PATH_LIKE_NAME)
    (landed,) = pull(at(replica, slice(5, 6)), day, landing_root=tmp_path)
    assert landed.manifest["file_name"].endswith("_370200.json")


def test_a_silent_revision_is_a_new_vintage_and_the_old_one_stays(
    service: tuple[date, Running], tmp_path: Path
) -> None:
    day, replica = service
    (first,) = pull(at(replica, slice(5, 6)), day, landing_root=tmp_path)
    replica.faults.on("bureau_nbs", Fault.SILENT_REVISION)
    (second,) = pull(at(replica, slice(5, 6)), day, landing_root=tmp_path)
    newest = max(values(first))
    changed = {period for period, value in values(second).items() if values(first)[period] != value}
    assert second.is_new and changed == {newest}
    assert [one.vintage_sequence for one in vintages(tmp_path, "bureau_nbs", TABLES[day], day)] == [1, 2]


def test_a_city_that_is_not_listed_is_not_asked_for(hasty: None, tmp_path: Path) -> None:
    with serve(now=end_of(NEW), seed=SEED) as replica:
        feed = at(replica, slice(5, 6))
        feed.tables["observations"].doors["nbs_release_library"]["questions"] = [
            {**feed.tables["observations"].doors["nbs_release_library"]["questions"][0], "region": "370000"}
        ]
        with pytest.raises(BadInput, match="its province never stands in for it"):
            pull(feed, NEW, landing_root=tmp_path)
        assert not [path for path in replica.requests if path.endswith("esData")]


def test_the_traps_of_the_library_stand_in_the_stand_in() -> None:
    """With a catalogue of regions named Beijing comes back; with dates as text the firewall answers."""
    service = f"/bureau_nbs/{nbs_release_library.SERVICE}"
    with serve(now=end_of(NEW), seed=SEED) as replica:
        tree = httpx.get(
            f"{replica.url}{service}/new/queryIndexTreeAsync?pid=&code=8", trust_env=False
        ).json()
        leaves = httpx.get(
            f"{replica.url}{service}/new/queryIndexTreeAsync?pid={tree['data'][0]['_id']}&code=8",
            trust_env=False,
        ).json()
        cid = leaves["data"][0]["_id"]
        listed = httpx.get(
            f"{replica.url}{service}/new/queryIndicatorsByCid?cid={cid}", trust_env=False
        ).json()
        body = {
            "cid": cid, "indicatorIds": [listed["data"]["list"][0]["_id"]], "daCatalogId": "any", "showType": "1",
            "das": [{"text": "青岛市", "value": "370200000000"}], "dts": ["2023YY-2024YY"], "rootId": "",
        }  # fmt: skip
        trapped = httpx.post(f"{replica.url}{service}/stream/esData", json=body, trust_env=False).json()
        assert trapped["success"] and trapped["data"][0]["values"][0]["da"] == "110000000000"
        blocked = httpx.post(
            f"{replica.url}{service}/stream/esData", json={**body, "dts": "2024YY"}, trust_env=False
        )
        assert blocked.headers["content-type"].startswith("text/html")


def test_a_past_month_asked_of_the_publisher_of_today_leaves_the_history_out_with_a_warning(
    hasty: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(now=end_of(NEW), seed=SEED) as replica:
        assert pull(at(replica), OLD, landing_root=tmp_path) == []
        assert pull(at(replica, slice(5, 6)), NEW, landing_root=tmp_path), "the library serves the days since"
    (told,) = [record for record in caplog.records if record.name == "raw.doors.nbs_easyquery"]
    assert told.levelname == "WARNING"
    assert "refuses on 2026-05-31 (status 403 Forbidden); the history as of 2024-12-31" in told.message
    assert not list(tmp_path.glob("**/quarantine/*"))


def test_a_refusal_before_the_move_is_a_fault(hasty: None, tmp_path: Path) -> None:
    with serve(now=end_of(OLD), seed=SEED) as replica:
        replica.faults.on("bureau_nbs", Fault.STATUS_403)
        with pytest.raises(BadInput, match="status 403"):
            pull(at(replica), OLD, landing_root=tmp_path)


def test_the_query_page_refuses_after_the_move() -> None:
    with serve(now=end_of(NEW)) as replica:
        answer = httpx.post(
            f"{replica.url}/bureau_nbs/easyquery.htm", data={"m": "QueryData"}, trust_env=False
        )
    assert (answer.status_code, answer.headers["reason"], answer.text) == (403, "UrlACL", "UrlACL")


def test_the_feed_file_says_what_was_never_met() -> None:
    told = " ".join(FEED.never_met)
    assert "queryAgendaByDate" in told and "370200" in told
