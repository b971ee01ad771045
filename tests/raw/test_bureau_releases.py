"""The bureaus' pages: tables by their headers, paragraphs, and figures in sentences by a form of two people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from raw import fetch
from raw.__main__ import main
from raw.doors import html_index
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, Feed, load_feed
from raw.html_page import paragraphs, period_of_title
from raw.land import Landed, Vintage, pull, vintages
from raw.readers import Rows, html_table
from raw.readers.reviewed_form import FORM_COLUMNS
from raw.replica.clock import end_of
from raw.replica.faults import Fault
from raw.replica.server import Running, faults_of, serve

FEED = load_feed(DEFAULT_FEEDS / "bureau_releases.yml")
DAY = date(2024, 12, 31)
PAGE = "t20241028_202403"
NAME = "bureau_releases"


def table_page(
    *rows: str, heading: str = "地区生产总值", header: str = "#|区市|总量（计量单位：亿元）|增长"
) -> bytes:
    lines = [header, *rows]
    cells = ["".join(f"<td>{cell}</td>" for cell in line.split("|")) for line in lines]
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<html><body><p>{heading}</p><table>{body}</table></body></html>".encode()


DISTRICTS = (
    "青岛市",
    "市南区",
    "市北区",
    "李沧区",
    "崂山区",
    "青岛西海岸新区",
    "城阳区",
    "即墨区",
    "胶州市",
    "平度市",
    "莱西市",
)


def ranking_page(
    *, unit: str = "亿元", amount: str = "1521.3", number: str = "6", left_out: str = ""
) -> bytes:
    """A ranking of all districts; the West Coast's number and amount, and the unit, as given."""
    rows = [f"{place}|{name}|100.0|1.0%" for place, name in enumerate(DISTRICTS, 1) if name != left_out]
    ours = f"{number}|青岛西海岸新区|{amount}|12.1%"
    rows = [ours if "西海岸" in row else row for row in rows]
    rows.insert(rows.index(ours) + 1, "|黄岛区|1463.6|11.9%")
    return table_page(*rows, header=f"#|区市|总量（计量单位：{unit}）|增长")


def figures(content: bytes) -> list[tuple[str | None, ...]]:
    names = ("ROW_KEY", "MEASURE", "UNIT", "OBS_VALUE")
    return [tuple(row[name] for name in names) for row in html_table.read_tables(content, "x").records]


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        html_table.read_tables(content, "x")
    return str(caught.value)


# --- tables, quirk by quirk ----------------------------------------------------------------------------


def test_a_row_without_a_number_is_a_part_of_the_one_above() -> None:
    content = table_page(
        "6|青岛西海岸新区|1521.3|12.1%", "|黄岛区|1463.6|11.9%", "|保税港区|57.6|16%", "7|城阳区|517.9|8.6%"
    )
    keys = [key for key, measure, *_ in figures(content) if measure == "YTD"]
    assert keys == ["青岛西海岸新区", "青岛西海岸新区/黄岛区", "青岛西海岸新区/保税港区", "城阳区"]
    records = html_table.read_tables(content, "x").records
    whole = sum(
        float(row["OBS_VALUE"] or 0) for row in records if row["MEASURE"] == "YTD" and not row["PARENT_LABEL"]
    )
    assert whole == pytest.approx(1521.3 + 517.9)


def test_an_unmarked_row_above_all_marked_ones_is_refused() -> None:
    header = "<tr><th>指标</th><th>本期（万元）</th><th>累计（万元）</th><th>累计增长%</th></tr>"
    rows = "".join(
        f'<tr><th class="{kind}">{label}</th><td>1</td><td>2</td><td>3</td></tr>'
        for kind, label in (("", "国有企业"), ("row-label", "出口总额"))
    )
    assert "'国有企业', a part, with no row above it" in refusal(f"<table>{header}{rows}</table>".encode())


@pytest.mark.parametrize(
    ("jimo", "more"), [("即墨市", "11|红岛经济区|60.1|7.0%"), ("即墨区", "11|高新区|60.1|7.0%")]
)
def test_a_district_counts_under_its_name_of_before_and_after_a_change(jimo: str, more: str) -> None:
    """即墨市 became 即墨区 in 2017, 红岛经济区 was merged: labels stay as printed, and none is missed."""
    ways = FEED.table("figures").doors["html_index"]
    names = [
        "青岛市",
        "市南区",
        "市北区",
        "李沧区",
        "崂山区",
        "青岛西海岸新区",
        "城阳区",
        jimo,
        "胶州市",
        "平度市",
        "莱西市",
    ]
    page = table_page(*(f"{number}|{name}|1.0|1.0%" for number, name in enumerate(names)), more)
    answer = fetch.Fetched(page, "https://a.example/t.shtml", 200, "text/html")
    html_index._verify(answer, html_index.Request.model_validate(ways))
    assert jimo in {row["ROW_LABEL"] for row in html_table.read_tables(page, "x").records}
    without = answer.content.replace(jimo.encode(), "另一行".encode())
    with pytest.raises(BadInput, match="found no 即墨"):
        html_index._verify(replace(answer, content=without), html_index.Request.model_validate(ways))


def test_growth_is_a_number_in_per_cent() -> None:
    content = table_page("1|青岛市|5075.1|-2.5%", "2|市南区|490.1|11%")
    assert [row[2:] for row in figures(content) if row[1] == "YOY_YTD"] == [("%", "-2.5"), ("%", "11")]


def test_columns_are_found_by_their_header_wherever_they_stand() -> None:
    content = table_page("7.7%|青岛市|5075.1|1", header="增长|区市|总量（计量单位：亿元）|#")
    assert figures(content) == [("青岛市", "YOY_YTD", "%", "7.7"), ("青岛市", "YTD", "亿元", "5075.1")]


def test_of_value_added_there_is_only_the_growth() -> None:
    content = table_page("1|青岛市|3|7.4%", header="#|区市|排名|增加值")
    assert figures(content) == [("青岛市", "RANK", None, "3"), ("青岛市", "YOY_YTD", "%", "7.4")]


def test_labels_repeat_under_other_parents_and_an_open_bracket_is_closed() -> None:
    rows = "".join(
        f'<tr><th class="{kind}">{label}</th><td>1</td><td>2</td><td>3</td></tr>'
        for kind, label in (
            ("row-label", "出口总额"),
            ("", "国有企业（出口"),
            ("row-label", "进口总额"),
            ("", "国有企业（出口"),
        )
    )
    header = "<tr><th>指标</th><th>本期（万元）</th><th>累计（万元）</th><th>累计增长%</th></tr>"
    found = figures(f"<table>{header}{rows}</table>".encode())
    assert [row[0] for row in found][::3] == [
        "出口总额", "出口总额/国有企业（出口）", "进口总额", "进口总额/国有企业（出口）",
    ]  # fmt: skip
    assert [row[1:3] for row in found[:3]] == [("LEVEL", "万元"), ("YTD", "万元"), ("YOY_YTD", "%")]


def test_a_mixed_unit_is_resolved_by_the_label_or_kept_as_printed() -> None:
    header = "指标|本期（个、万美元）|累计（个、万美元）|累计增长%"
    content = table_page(
        "新批项目（个）|3|20|1.0", "实际使用外资|500|9000|2.0", header=header, heading="外资"
    )
    assert {(row[0], row[2]) for row in figures(content) if row[1] == "YTD"} == {
        ("新批项目（个）", "个"),
        ("实际使用外资", "个、万美元"),
    }


def test_a_unit_above_the_table_counts_where_the_header_has_none() -> None:
    content = table_page("1|2|3.0", header="指标|累计|增速%", heading="财政（单位：万元）")
    assert figures(content)[0] == ("1", "YTD", "万元", "2")
    assert "found '2' in no unit" in refusal(table_page("1|2|3.0", header="指标|累计|增速%", heading="财政"))


def test_parts_that_do_not_add_up_are_not_held_against_the_whole() -> None:
    assert len(figures(table_page("6|青岛西海岸新区|10|1%", "|黄岛区|99|1%"))) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ranking_page(unit="万元"), "table 1: 发现 found 地区生产总值 in 万元；应为 expected 亿元, as always"),
        (ranking_page(amount="-1521.3"), "found 地区生产总值 of 青岛西海岸新区 -1521.3；应为 expected no amount below zero"),
        (ranking_page(number=""), "found no numbered row of 青岛西海岸新区"),
        (ranking_page(left_out="城阳区"), "found no numbered row of 城阳；应为 expected rows of 青岛市, 市南"),
    ],
)  # fmt: skip
def test_a_kept_page_is_held_to_what_the_feed_declares_of_pages(content: bytes, said: str) -> None:
    table = FEED.table("figures")
    with pytest.raises(BadInput) as caught:
        html_table.read(content, table, "kept.html")
    assert said in str(caught.value)
    assert len(html_table.read(ranking_page(), table, "kept.html").records) == 24


def test_an_empty_cell_is_no_figure() -> None:
    assert figures(table_page("5|甘肃兰州新区||", header="#|新区|总量（计量单位：亿元）|增长")) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (table_page("1|青岛市|1|1%", header="#|区市|总额（亿元）|增长"), "found a column '总额（亿元）'"),
        (table_page("1|青岛市|1%", header="#|区市|增长"), "found #, 区市, 增长；应为 expected one of"),
        (table_page("1|青岛市|1"), "found 3 cells；应为 expected 4 plain ones"),
        (
            table_page("|青岛市|1|1%", "2|市南区|1|1%"),
            "table 1, row 1: 发现 found '青岛市', a part, with no row above it",
        ),
        (table_page("1|青岛市|1|2"), "found '2' in no unit；应为 expected per cent"),
        (table_page("1|青岛市|1|1%")[:-40], "without its end"),
        (b"403 UrlACL", "found no page"),
        (table_page("1|青岛市|1|1%").decode().encode("gb18030"), "found bytes that are not utf-8"),
    ],
)
def test_what_is_not_understood_is_refused(content: bytes, said: str) -> None:
    assert said in refusal(content)


def test_a_page_in_an_old_encoding_is_read_as_it_says() -> None:
    page = (
        table_page("1|青岛市|1|1%").decode().replace("<body>", '<head><meta charset="gb2312"></head><body>')
    )
    assert figures(page.encode("gb18030"))[0][0] == "青岛市"


@pytest.mark.parametrize(
    ("title", "period"),
    [
        ("【2022年1-3季度】西海岸新区经济运行情况及分析解读", "2022-Q3"),
        ("2021年前三季度经济运行", "2021-Q3"),
        ("2023年上半年主要指标", "2023-Q2"),
        ("2024年一季度主要指标", "2024-Q1"),
        ("2024年1-8月全市经济运行", "2024-08"),
        ("2020年西海岸新区经济运行情况", "2020"),
        ("统计执法公告", None),
    ],
)
def test_the_period_comes_from_the_title_of_the_page(title: str, period: str | None) -> None:
    assert period_of_title(title) == period


# --- the door, over HTTP -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(now=end_of(DAY), seed=7) as replica:
        yield replica


@pytest.fixture
def replica(running: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Running]:
    running.faults.clear()
    running.faults.delay_seconds = 0.6
    running.requests.clear()
    monkeypatch.setenv("RAW_BUREAU_RELEASES_URL", f"{running.url}/{NAME}")
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("RAW_LANDING", str(tmp_path / "landing"))
    policy = partial(fetch.Policy, attempts=3, first_pause=0.01, longest_pause=0.05, interval=0.0)
    monkeypatch.setattr(html_index, "Policy", policy)
    yield running
    running.faults.clear()


def only(table: str, patience: float = 5.0) -> Feed:
    """The feed with one of its tables, for which the door waits so long."""
    declared = FEED.table(table)
    ways = {
        door: {**request, "read_timeout": patience} if door == "html_index" else request
        for door, request in declared.doors.items()
    }
    return FEED.model_copy(update={"tables": {table: declared.model_copy(update={"doors": ways})}})


def test_pages_land_with_the_facts_their_tables_do_not_say(replica: Running) -> None:
    landed = pull(FEED, DAY)
    assert [(one.manifest["table"], one.manifest["row_count"]) for one in landed] == [
        *[("figures", 52)] * 4,
        *[("paragraphs", 3)] * 4,
    ]
    facts = landed[3].manifest["facts"]
    assert (facts["PAGE_ID"], facts["REFERENCE_PERIOD"], facts["PUBLISHED_DATE"]) == (
        PAGE,
        "2024-Q3",
        "2024-10-28",
    )
    assert {one.manifest["origin"] for one in landed} == {"simulated"}
    assert len(replica.requests) == 10
    assert not any(one.is_new for one in pull(FEED, DAY))


def test_a_page_that_crashes_the_reader_is_kept_and_the_others_land(
    replica: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = html_table.read_tables

    def crash(content: bytes, where: str) -> Rows:
        if "2024年上半年" in content.decode():
            raise AttributeError("nobody foresaw it")
        return plain(content, where)

    monkeypatch.setattr(html_table, "read_tables", crash)
    with pytest.raises(BadInput, match="html_table did not foresee: AttributeError"):
        pull(only("figures"), DAY)
    assert len(vintages(None, NAME, "figures", DAY)) == 3
    assert len(list(tmp_path.glob("landing/**/quarantine/*/*.html"))) == 1


def test_a_page_of_a_later_day_is_not_known(replica: Running) -> None:
    landed = pull(only("figures"), date(2024, 10, 27))
    assert [one.manifest["facts"]["REFERENCE_PERIOD"] for one in landed] == ["2023", "2024-Q1", "2024-Q2"]


def test_without_a_seed_the_list_is_empty_and_nothing_lands(
    replica: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serve(now=end_of(DAY)) as official:
        monkeypatch.setenv("RAW_BUREAU_RELEASES_URL", f"{official.url}/{NAME}")
        assert pull(FEED, DAY) == []
    assert not list(tmp_path.glob("landing/**/quarantine"))


RETRIED = [("status_429", 1), ("status_500", 2), ("status_504", 1), ("connection_reset", 1), ("slow_drip", 1)]


@pytest.mark.parametrize(("fault", "times"), RETRIED)
def test_what_passes_is_retried_and_landed(replica: Running, fault: str, times: int) -> None:
    replica.faults.on(NAME, fault, times)
    assert len(pull(only("figures", patience=0.3), DAY)) == 4


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
    "waf_page": "expected a title with its period, and 发布日期",
    "empty_body": "found no page",
    "zip_bomb": "unpacked；应为 expected at most 5000000 bytes",
    "wrong_encoding": "found bytes that are not utf-8",
    "cut_short": "without its end",
    "header_renamed": "found a column '总量（计量单位：亿元）_NEW'",
    "column_missing": "found #, 区市, 增长",
    "unit_changed": "found 地区生产总值 in 万元；应为 expected 亿元",
    "thousands_separators": "column OBS_VALUE",
    "not_a_number": "found '约",
    "duplicate_rows": "found a duplicate period",
    "half_month": "found no 城阳, 即墨, 胶州, 平度, 莱西",
    "last_month": "found a page about 2024-Q2；应为 expected the page of the link",
}
LANDED = {"path_like_name", "silent_revision", "column_moved"}


def test_every_fault_has_its_outcome() -> None:
    assert {*REFUSED, *LANDED} == {str(fault) for fault in faults_of(NAME)}


@pytest.mark.parametrize("fault", list(REFUSED))
def test_what_stays_is_refused_kept_and_told(replica: Running, tmp_path: Path, fault: str) -> None:
    replica.faults.on(NAME, fault)
    with pytest.raises(BadInput) as caught:
        pull(only("figures", 0.3 if fault == "slow_drip" else 5.0), DAY)
    assert REFUSED[fault] in str(caught.value)
    assert vintages(None, NAME, "figures", DAY) == []
    assert list(tmp_path.glob("landing/*/figures/quarantine/*/problems.json"))


def test_a_page_that_cannot_be_fetched_keeps_no_later_one_out(replica: Running) -> None:
    replica.faults.on(NAME, Fault.STATUS_403, 1)
    with pytest.raises(BadInput) as caught:
        pull(only("figures"), DAY)
    (problem,) = caught.value.problems
    assert "status 403" in problem.found
    periods = [one.manifest["facts"]["REFERENCE_PERIOD"] for one in vintages(None, NAME, "figures", DAY)]
    assert periods == ["2024-Q1", "2024-Q2", "2024-Q3"]


def test_a_link_to_another_host_is_refused_unasked_and_keeps_no_other_page_out(
    replica: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = html_index.fetch
    with serve(now=end_of(DAY), seed=7) as elsewhere:

        def tampered(
            url: str, accept: tuple[str, ...] = (), policy: fetch.Policy = fetch.DEFAULT_POLICY
        ) -> fetch.Fetched:
            answer = plain(url, accept=accept, policy=policy)
            there = f'href="{elsewhere.url}/{NAME}/'.encode()
            return replace(answer, content=answer.content.replace(b'href="', there, 1))

        monkeypatch.setattr(html_index, "fetch", tampered)
        with pytest.raises(BadInput, match=f"found a link to {elsewhere.url}"):
            pull(only("figures"), DAY)
        assert elsewhere.requests == []
    assert len(vintages(None, NAME, "figures", DAY)) == 3


def test_a_moved_column_changes_no_figure(replica: Running) -> None:
    before = [figures(one.original.read_bytes()) for one in _landed()]
    replica.faults.on(NAME, Fault.COLUMN_MOVED)
    after = [figures(one.original.read_bytes()) for one in _landed()]
    assert [sorted(map(str, page)) for page in before] == [sorted(map(str, page)) for page in after[-4:]]


def _landed() -> list[Vintage]:
    pull(only("figures"), DAY)
    return vintages(None, NAME, "figures", DAY)


def test_a_page_revised_in_silence_is_a_new_vintage_and_the_old_one_stays(replica: Running) -> None:
    pull(only("figures"), DAY)
    replica.faults.on(NAME, Fault.SILENT_REVISION, 1)
    landed = pull(only("figures"), DAY)
    assert [one.is_new for one in landed] == [True, False, False, False]
    of_page = [one for one in vintages(None, NAME, "figures", DAY) if one.scope == "PAGE_ID=t20240128_202304"]
    assert len(of_page) == 2


# --- a page that people kept ---------------------------------------------------------------------------


KEPT = {
    "PAGE_ID": "t1", "PAGE_URL": "http://x/t1.html", "PAGE_TITLE": "2024年上半年各区市主要经济指标",
    "PUBLISHED_DATE": "2024-07-30", "REFERENCE_PERIOD": "2024-Q2",
}  # fmt: skip


def keep(tmp_path: Path, content: bytes, **said: str) -> list[Landed]:
    folder = tmp_path / "inbox" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "t1.html").write_bytes(content)
    (folder / "t1.html.facts.json").write_text(json.dumps({**KEPT, **said}), encoding="utf-8")
    feed = load_feed(DEFAULT_FEEDS / f"{NAME}.yml")
    table = feed.table("figures")
    doors = {"drop_folder": table.doors["drop_folder"]}
    kept = feed.model_copy(update={"tables": {"figures": table.model_copy(update={"doors": doors})}})
    return pull(kept, date(2024, 7, 30), landing_root=tmp_path / "landing")


@pytest.fixture
def kept_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    head = f"<h1>{KEPT['PAGE_TITLE']}</h1><div class='info'>发布日期： 2024-07-30</div>"
    cells = "<tr><td>1</td><td>青岛市</td><td>8000</td><td>5.3</td></tr>"
    header = "<tr><th>序号</th><th>区市</th><th>总量（亿元）</th><th>增长（%）</th></tr>"
    return f"<html><body>{head}<table>{header}{cells}</table></body></html>".encode()


def test_a_kept_page_lands_as_of_its_day_of_publication(kept_page: bytes, tmp_path: Path) -> None:
    (landed,) = keep(tmp_path, kept_page)
    assert (landed.manifest["published_at"], landed.manifest["known_from"]) == ("2024-07-30", "2024-07-30")


def test_a_kept_page_is_not_known_before_its_day_of_publication(kept_page: bytes, tmp_path: Path) -> None:
    page = kept_page.replace(b"2024-07-30", b"2024-07-31")
    assert keep(tmp_path, page, PUBLISHED_DATE="2024-07-31") == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"REFERENCE_PERIOD": "2024-Q1"},
            "REFERENCE_PERIOD: 发现 found 2024-Q1；应为 expected 2024-Q2, as in the title",
        ),
        ({"PAGE_TITLE": "2024年一季度各区市主要经济指标"}, "PAGE_TITLE: 发现 found '2024年一季度"),
        ({"PUBLISHED_DATE": "2024-07-29"}, "PUBLISHED_DATE: 发现 found 2024-07-29；应为 expected 2024-07-30"),
    ],
)
def test_what_is_said_beside_a_kept_page_is_what_it_says(
    kept_page: bytes, tmp_path: Path, said: dict[str, str], told: str
) -> None:
    with pytest.raises(BadInput) as refused:
        keep(tmp_path, kept_page, **said)
    assert told in str(refused.value)


def test_no_page_is_published_before_its_period_ends(kept_page: bytes, tmp_path: Path) -> None:
    page = kept_page.replace(b"2024-07-30", b"2024-06-20")
    with pytest.raises(BadInput, match="figures of 2024-Q2, which ends on 2024-06-30"):
        keep(tmp_path, page, PUBLISHED_DATE="2024-06-20")
    assert main(["read", NAME, str(tmp_path / "inbox" / NAME / "t1.html"), "--table", "figures"]) == 2


# --- figures in sentences ------------------------------------------------------------------------------


@pytest.fixture
def page(replica: Running) -> bytes:
    pull(only("paragraphs"), DAY)
    newest = [one for one in vintages(None, NAME, "paragraphs", DAY) if one.scope == f"PAGE_ID={PAGE}"]
    return newest[-1].original.read_bytes()


def drop(tmp_path: Path, *rows: dict[str, str]) -> None:
    folder = tmp_path / "inbox" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, FORM_COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    (folder / "form.csv").write_text(text.getvalue(), encoding="utf-8")


def row(content: bytes, **more: str) -> dict[str, str]:
    sentence = paragraphs(content, "x")[0]
    printed = sentence.removeprefix("青岛西海岸新区实现生产总值").partition("亿元")[0]
    return {
        "PAGE_ID": PAGE, "PARAGRAPH_NUMBER": "1", "OBS_VALUE": printed, "UNIT": "亿元", "INDICATOR": "GDP",
        "REF_AREA": "CN-370211", "MEASURE": "YTD", "REFERENCE_PERIOD": "2024-Q3", "EXTRACTED_BY": "甲",
        "REVIEWED_BY": "乙", "REVIEWED_ON": "2024-12-01", **more,
    }  # fmt: skip


def told(tmp_path: Path, *rows: dict[str, str]) -> str:
    drop(tmp_path, *rows)
    with pytest.raises(BadInput) as caught:
        pull(only("extractions"), DAY)
    return str(caught.value)


def test_a_reviewed_figure_lands_with_the_page_it_stands_in(page: bytes, tmp_path: Path) -> None:
    drop(tmp_path, row(page))
    (landed,) = pull(only("extractions"), DAY)
    assert landed.manifest["facts"]["PAGE_ID"] == PAGE
    assert landed.manifest["origin"] == "simulated"  # as its page
    assert (landed.vintage_dir / "page.html").read_bytes() == page


def test_a_review_is_not_known_before_its_day(page: bytes, tmp_path: Path) -> None:
    drop(tmp_path, row(page))
    assert pull(only("extractions"), date(2024, 11, 30)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"REVIEWED_BY": ""}, "found no name；应为 expected EXTRACTED_BY and REVIEWED_BY"),
        ({"REVIEWED_BY": " 甲 "}, "expected two people"),
        ({"REVIEWED_ON": ""}, "column REVIEWED_ON: 发现 found nothing"),
        ({"REVIEWED_ON": "2999-01-01"}, "expected a day up to today"),
        ({"OBS_VALUE": "1.5"}, "which does not stand in paragraph 1"),
        ({"UNIT": "万元"}, "which does not stand in paragraph 1"),
        ({"PARAGRAPH_NUMBER": "2"}, "which does not stand in paragraph 2"),
        ({"PAGE_ID": "t19000101_1"}, "found no landed page"),
        ({"INDICATOR": ""}, "column INDICATOR: 发现 found nothing"),
    ],
)
def test_a_form_is_refused(page: bytes, tmp_path: Path, change: dict[str, str], said: str) -> None:
    assert said in told(tmp_path, row(page, **change))


@pytest.mark.parametrize(
    ("text", "figure", "unit", "stands"),
    [
        ("总产值2833.1亿元", "2833.1", "亿元", True),
        ("总产值2833.1亿元", "833.1", "亿元", False),
        ("总产值2833.1亿元", "2833", "亿元", False),
        ("同比增长5.3%", "5.3", "%", True),
        ("同比下降5.3%", "5.3", "%", False),
        ("同比下降5.3%", "-5.3", "%", True),
        ("同比-5.3%", "-5.3", "%", True),
        ("进口下降2.0%，出口增长5.3%", "5.3", "%", True),
    ],
)
def test_a_figure_must_stand_there_digit_for_digit(text: str, figure: str, unit: str, stands: bool) -> None:
    from raw.readers.reviewed_form import _stands_in

    assert _stands_in(text, figure, unit) is stands


def test_the_command_writes_a_form_that_nobody_has_reviewed_yet(
    page: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "form.csv"
    assert main(["extract", NAME, PAGE, "--by", "甲", "--to", str(form)]) == 0
    rows = list(csv.DictReader(form.read_text(encoding="utf-8-sig").splitlines()))
    assert [one["UNIT"] for one in rows] == ["亿元", "%"]
    assert {one["REVIEWED_BY"] for one in rows} == {""}
    drop(tmp_path, *rows)
    with pytest.raises(BadInput, match="let a second person review it"):
        pull(only("extractions"), DAY)
    assert main(["extract", NAME, "t19000101_1", "--by", "甲", "--to", str(tmp_path / "x.csv")]) == 2
    assert "found no landed page；应为 expected one of t20240128_202304" in capsys.readouterr().err
