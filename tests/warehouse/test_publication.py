"""What is published: content hashes, tables, charts, the bulletin, the notes."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from raw.errors import BadInput
from tests.warehouse.small_build import OVERRIDDEN, make_build
from warehouse.diff import ReleaseDiff, diff
from warehouse.paths import DBT_PROJECT
from warehouse.publication import charts, words
from warehouse.publication.bulletin import BOX_COUNTS, Edition, bulletin, cell_id, held_words
from warehouse.publication.content_hash import (
    content_hashes,
    parquet_content,
    relation_content,
    table_content,
)
from warehouse.publication.notes import _checks, _inputs, escaped
from warehouse.publication.tables import neutralised, plain_number, write_csv, write_parquet
from warehouse.verdict import RuleResult, Verdict

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("publication") / "b")


@pytest.fixture(scope="module")
def page(build: Path) -> str:
    return rendered(build)


def rendered(build: Path, changes: ReleaseDiff | None = None, revision: int = 1) -> str:
    verdict = Verdict.load(build / "verdict.json")
    edition = Edition("2024-12" if revision == 1 else f"2024-12-r{revision}", revision, None)
    return bulletin(build / "warehouse.duckdb", changes or ReleaseDiff(None), verdict, edition)


# Content hashes


def typed_table(connection: duckdb.DuckDBPyConnection, order: str) -> None:
    connection.execute(
        "create or replace table t as select i::integer as i, (i / 8)::decimal(24,6) as d, i / 7.0::double as f,"
        " case when i % 3 = 0 then null else '西海岸' || i end as s, date '2020-01-01' + i::integer as day,"
        " timestamp '2020-01-01 00:00:00' + interval (i) second as at, i % 2 = 0 as b"
        f" from range(500) as r(i) order by {order}"
    )


def test_content_hash_does_not_depend_on_the_order_of_rows() -> None:
    with duckdb.connect() as connection:
        typed_table(connection, "i")
        forward = table_content(connection, "t")
        typed_table(connection, "hash(i)")
        assert table_content(connection, "t") == forward


def test_content_hash_of_parquet_is_that_of_the_table(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        typed_table(connection, "hash(i)")
        write_parquet(connection, "t", tmp_path / "t.parquet")
        assert parquet_content(tmp_path / "t.parquet") == table_content(connection, "t")


def test_content_hash_is_what_its_definition_says() -> None:
    """Computed here a second time without DuckDB: no version of it may change what a manifest promises."""
    rows = ["1:1,6:青岛,11:4691.850000,", "1:2,~,~,"]
    digests = [hashlib.sha256(row.encode()).hexdigest()[:32] for row in rows]
    described = {
        "columns": [["a", "INTEGER"], ["b", "VARCHAR"], ["c", "DECIMAL(24,6)"]],
        "rows": 2,
        "sum": f"{sum(int(digest, 16) for digest in digests) % 2**128:032x}",
    }
    text = json.dumps(described, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    with duckdb.connect() as connection:
        connection.execute(
            "create table t as select * from (values (1::integer, '青岛', 4691.85::decimal(24,6)), (2, null, null))"
            " as v(a, b, c)"
        )
        assert table_content(connection, "t").content_hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        "update t set s = 'x' where i = 7",
        "update t set s = null where i = 7",
        "delete from t where i = 7",
        "insert into t select * from t where i = 7",
        "alter table t rename column s to r",
        "alter table t alter column i type bigint",
        "update t set d = d + 0.000001 where i = 7",
    ],
)
def test_content_hash_notices(change: str) -> None:
    with duckdb.connect() as connection:
        typed_table(connection, "i")
        before = table_content(connection, "t").content_hash
        connection.execute(change)
        assert table_content(connection, "t").content_hash != before


# No deadline: a shared machine may stall for longer than any example takes.
@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), min_size=2, max_size=2, unique=True))
def test_two_different_rows_never_share_a_text(rows: list[tuple[str, str]]) -> None:
    """Moving a character from one cell to the next is another row: ('a,', 'b') is not ('a', ',b')."""
    clean = [tuple(cell.replace("\x00", "") for cell in row) for row in rows]
    if clean[0] == clean[1]:
        return
    hashes = []
    with duckdb.connect() as connection:
        for row in clean:
            connection.execute("create or replace table t (a varchar, b varchar)")
            connection.execute("insert into t values (?, ?)", list(row))
            hashes.append(table_content(connection, "t").content_hash)
    assert hashes[0] != hashes[1]


def test_a_type_without_a_text_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t as select [1, 2] as many")
        with pytest.raises(BadInput, match="column many: 发现 found type INTEGER"):
            relation_content(connection, "t", "t")


def test_build_json_hashes_are_those_of_every_mart(build: Path) -> None:
    hashes = content_hashes(build / "warehouse.duckdb")
    assert len(hashes) == 10
    assert hashes["dim_indicator"]["rows"] == 25


# Tables


def test_csv_is_exact(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t (a varchar, d decimal(24,6), b boolean, day date, f double)")
        connection.execute(
            "insert into t values ('z', 4691.85, true, '2022-12-31', 0.5), (null, null, null, null, null),"
            " ('', 0, false, '2022-12-31', -1), ('a,\"b\"\nc', -3517, true, '2022-12-31', 1e20)"
        )
        write_csv(connection, "t", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode() == (
        "a,d,b,day,f\n"
        ",,,,\n"
        '"",0,false,2022-12-31,-1.0\n'
        '"a,""b""\nc",-3517,true,2022-12-31,1e+20\n'
        "z,4691.85,true,2022-12-31,0.5\n"
    )


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+cmd", "-1+1", "@SUM(A1)", "\t=1", "＝1", '  =HYPERLINK("x")', "\r=1", "-cmd|' /C calc'!A0"],
)
def test_formulas_are_neutralised(text: str) -> None:
    assert neutralised(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-", "-3.5", "+4", "12%", "高于全市", "≥42", "[25]", "a=b"])
def test_harmless_text_stays(text: str) -> None:
    assert neutralised(text) == text


def test_formula_in_a_mart_reaches_no_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with duckdb.connect() as connection:
        connection.execute("create table t as select '=cmd|''/C calc''!A0' as a, '-' as b")
        write_csv(connection, "t", path)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1] == ["'=cmd|'/C calc'!A0", "-"]


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**17), max_value=10**17))
def test_plain_number_keeps_the_value(value: Decimal) -> None:
    text = plain_number(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not (text.endswith("0") and "." in text)


# Words and charts


def test_numbers_for_people() -> None:
    assert words.number(Decimal("4691.850000")) == "4691.85"
    assert words.number(Decimal("14920.75")) == "14\u202f920.75"
    assert words.number(7.515, 2) == "7.52"
    assert words.number(-0.25) == "−0.25"
    assert words.number(10.299999999999997) == "10.3"
    assert words.number(None) == ""


def test_a_date_is_never_more_exact_than_known() -> None:
    day = dt.date(2023, 4, 30)
    told = [words.published_words(day, precision).zh for precision in ("day", "month", "year", "unknown")]
    assert told == ["2023年4月30日", "2023年4月", "2023年", "日期不详"]
    assert words.published_words(None, "day").en == "date unknown"


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2022", "2022年", "2022"),
        ("2022-Q3", "2022年三季度", "Q3 2022"),
        ("2022-10", "2022年10月", "October 2022"),
    ],
)
def test_periods(period: str, zh: str, en: str) -> None:
    assert words.period_words(period) == words.Word(zh, en)


@pytest.mark.parametrize(
    ("period", "measure", "zh", "en"),
    [
        ("2023-06", "YTD", "2023年1—6月", "January–June 2023"),
        ("2023-Q2", "YOY_YTD", "2023年1—6月", "January–June 2023"),
        ("2023-01", "YTD", "2023年1月", "January 2023"),
        ("2023", "YTD", "2023年", "2023"),
        ("2023-06", "LEVEL", "2023年6月", "June 2023"),
        ("2023-Q2", "YOY", "2023年二季度", "Q2 2023"),
    ],
)
def test_a_figure_of_the_year_to_date_is_not_that_of_its_month(
    period: str, measure: str, zh: str, en: str
) -> None:
    assert words.period_words(period, measure) == words.Word(zh, en)


def test_the_latest_figure_of_an_indicator_says_that_it_is_of_the_year_to_date(tmp_path: Path) -> None:
    newer = (
        "update fct_target_progress set latest_value = 2.46, latest_reference_period = '2023-06', latest_measure = 'YTD'"
        " where indicator_code = '20'"
    )
    row = (
        rendered(make_build(tmp_path / "b", sql=[newer]))
        .partition('id="i-qwc-14-20"')[2]
        .partition("</tr>")[0]
    )
    assert "2.46" in row
    assert "2023年1—6月" in row
    assert "2023年6月" not in row


@settings(deadline=None)
@given(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4)),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 4)),
)
def test_ticks_span_the_values(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    ticks = charts.nice_ticks(low, high)
    assert 3 <= len(ticks) <= 8
    assert ticks[0] <= low
    assert ticks[-1] >= high


def test_chart_is_well_formed_and_escaped() -> None:
    chart = charts.Chart(
        name=EVIL,
        unit='"%<',
        first_year=2020,
        last_year=2025,
        points=[charts.Point(2021, 10.3, "10.3"), charts.Point(2022, 4.8, EVIL)],
        baseline=charts.Point(2020, 3.9, "3.9"),
        path=[(2021, 8.0), (2025, 8.0)],
        path_label=EVIL,
    )
    tree = ElementTree.fromstring(chart.svg())
    assert EVIL not in chart.svg()
    assert [node.text for node in tree if node.get("class") == "value"] == ["10.3", EVIL]
    heights = [float(node.get("cy", "0")) for node in tree if node.get("class") == "point"]
    assert heights[0] < heights[1], "a higher value is drawn higher"


def test_chart_without_figures_says_so() -> None:
    svg = charts.Chart("03", "%", 2020, 2025, path=[(2020, 30.0), (2025, 35.0)]).svg()
    assert "无数据" in svg
    assert 'class="point"' not in svg


@pytest.mark.parametrize(
    "chart",
    [
        charts.Chart("10", "亿元", 2020, 2025, path=[(2020, 2078.0), (2025, 3000.0)], path_label="≥3000"),
        charts.Chart("13", "%", 2020, 2025, path=[(2020, 10.0), (2025, 8.0)], path_label="8"),
        charts.Chart(
            "15", "%", 2020, 2025, path=[(2020, 78.0), (2025, 80.0)], path_label="80",
            inner=[charts.Point(2023 + month / 12, 79.0 + month / 10, "") for month in range(12)],
        ),
        charts.Chart(
            "08", "%", 2020, 2025,
            other=[charts.Point(2021, 9.0, "9"), charts.Point(2022, 10.0, "10"), charts.Point(2023, 11.0, "11")],
        ),
    ],
    ids=lambda chart: chart.name,
)  # fmt: skip
def test_what_is_missing_is_said_off_the_marks_and_the_path(chart: charts.Chart) -> None:
    tree = ElementTree.fromstring(chart.svg())
    said = next(node for node in tree if node.get("class") == "empty")
    x, y = float(said.get("x", "0")), float(said.get("y", "0"))
    drawn = [(float(n.get("cx", "0")), float(n.get("cy", "0"))) for n in tree if n.tag.endswith("circle")]
    path = next((node.get("points", "") for node in tree if node.get("class") == "path"), "")
    ends = [tuple(map(float, spot.split(","))) for spot in path.split()]
    for (x1, y1), (x2, y2) in pairwise(ends):
        drawn += [(x1 + (x2 - x1) * part / 50, y1 + (y2 - y1) * part / 50) for part in range(51)]
    assert not [spot for spot in drawn if abs(spot[0] - x) < 70 and -16 < spot[1] - y < 20]


def test_a_figure_within_a_year_leaves_only_the_yearly_one_missing(tmp_path: Path) -> None:
    """Beside a printed year-to-date figure the panel must not say that there is nothing."""
    sql = [
        "update fct_target_progress set latest_value = 827.3, latest_reference_period = '2024-03',"
        " latest_measure = 'YTD', latest_source_id = 'S002' where indicator_code = '10'"
    ]
    page = rendered(make_build(tmp_path / "b", sql=sql))
    assert "827.3" in page
    assert "外贸进出口总额：无年度数值 / No yearly figure" in page


def test_a_year_without_accounts_shows_a_dash(tmp_path: Path) -> None:
    page = rendered(
        make_build(tmp_path / "b", sql=["delete from fct_observations where reference_period = '2021'"])
    )
    rows = re.findall(r'<tr><th scope="row">(\d{4})</th>(.*?)</tr>', page, re.DOTALL)
    years = [year for year, _ in rows]
    assert "2021" in years[: years.index("2020")]
    assert re.sub(r"<[^>]*>", "", dict(reversed(rows))["2021"]) == "————"


def test_every_status_of_a_project_has_its_words_and_may_be_given_by_an_override() -> None:
    def accepted(path: str, table: str) -> set[str]:
        contract = yaml.safe_load((DBT_PROJECT / path).read_text(encoding="utf-8"))
        (described,) = (one for one in contract.get("models", contract.get("seeds")) if one["name"] == table)
        (status,) = (column for column in described["columns"] if column["name"] == "status")
        return set(status["data_tests"][0]["accepted_values"]["arguments"]["values"])

    statuses = accepted("models/marts/plan/_projects__models.yml", "fct_project_progress")
    assert set(words.PROJECT_STATUSES) == statuses
    assert words.PROJECT_STATUSES["stage_reached"] != words.PROJECT_STATUSES["completed"]
    # A heading is told by the projects below it.
    assert statuses - {"heading"} <= accepted("seeds/plan/_overrides__seeds.yml", "status_overrides")


@pytest.mark.parametrize("template", ["bulletin.html", "evaluation.html"])
def test_every_count_of_a_box_has_a_head(template: str) -> None:
    text = (Path(charts.__file__).parent / "templates" / template).read_text(encoding="utf-8")
    heads = re.findall(r'\[(\("项目", "Projects"\).*?)\]', text)
    assert [len(re.findall(r'\("', head)) for head in heads] == [len(BOX_COUNTS)]
    labels = re.findall(r'\[("项目", "绿".*?)\]\[', text)
    assert {label.count(",") + 1 for label in labels} <= {len(BOX_COUNTS)}


def test_an_old_judgement_says_how_old_it_is(tmp_path: Path, page: str) -> None:
    assert "评估截至2022年，距今两年" in page
    assert "judged on 2022, two years old" in page
    assert "3项可以评价进展（其中3项依据两年或更早以前的数值）" in page
    newer = rendered(make_build(tmp_path / "b", as_of="2023-12-31", month="2023-12", until=2022))
    assert "距今" not in newer
    assert "年以前" not in newer


def test_a_status_set_by_hand_is_shown_and_the_computed_one_beside_it(tmp_path: Path, page: str) -> None:
    assert "人工认定" not in page
    overridden = rendered(make_build(tmp_path / "b", sql=OVERRIDDEN))
    row = overridden[overridden.index('id="i-qwc-14-20"') :].partition("</tr>")[0]
    assert '<i class="lamp green"' in row
    assert "<b>符合进度</b>" in row
    assert "人工认定 OVR-1（管委会 批准，2026-12-31 前有效）：补报；计算状态：略慢 黄灯" in row
    assert "late return; computed: slightly behind yellow" in row
    # The counts at the head are of what is shown.
    assert len(re.findall(r'<b>1</b><span class="zh">.*?符合进度', overridden)) == 1


def test_a_withheld_status_is_not_among_those_that_can_be_judged(tmp_path: Path, page: str) -> None:
    withheld = "update fct_target_progress set shown_status = 'under_revision', shown_lamp = 'grey' where override_id = 'OVR-1'"
    assert "3项可以评价进展（其中3项依据两年或更早以前的数值）" in page
    assert "2项可以评价进展（其中2项依据两年或更早以前的数值）" in rendered(
        make_build(tmp_path / "b", sql=[*OVERRIDDEN, withheld])
    )


def test_inputs_are_listed_as_people_count() -> None:
    ids = ["a/vintage=2022-12-31_10", "a/vintage=2022-12-31_2", "a/vintage=2022-12-31"]
    lines = _inputs([{"landing_id": name, "sha256": "0"} for name in ids])
    assert [line.split("`")[1] for line in lines if line] == [ids[2], ids[1], ids[0]]


# The bulletin


class _Tags(HTMLParser):
    """Checks that tags nest, and collects ids, links and texts of elements."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._note(attrs)

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.ids += [named["id"]] if named.get("id") else []
        self.links += [named["href"]] if named.get("href") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> _Tags:
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    return tags


def test_page_is_well_formed_and_self_contained(page: str) -> None:
    tags = parsed(page)
    assert "script" not in tags.tags
    assert not tags.tags & {"link", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import|javascript:", page)
    assert page.startswith("<!DOCTYPE html>")
    assert '<html lang="zh-CN">' in page
    assert len(tags.ids) == len(set(tags.ids))
    inner = {link[1:] for link in tags.links if link.startswith("#")}
    assert inner - {"DEC-02", "DEC-03", "DEC-04"} <= set(tags.ids), "every inner link has its place"


def test_figures_carry_their_id_and_source(page: str) -> None:
    found = re.search(
        r'id="v-fct_observations-GDP-CN-370211-A-2022-LEVEL">4691\.85<sup><a href="#src-(\d+)">\1</a>', page
    )
    assert found
    source = re.search(rf'<li id="src-{found[1]}">.*?</li>', page, re.S)
    assert source
    assert "2022年国民经济和社会发展统计公报" in source[0]
    assert "2023年4月 " in source[0], "known to the month only"
    assert "2023年4月30日" not in source[0]


def test_page_says_that_most_have_no_figure(page: str) -> None:
    assert "多数指标没有可供评价的数值：截至2024年12月31日，规划25项指标中有21项没有" in page
    assert page.count("<figure>") == 25
    assert all(f'id="i-qwc-14-{code:02d}"' in page for code in range(1, 26))
    assert page.count("应报送：") >= 19


def test_lamps_are_never_alone(page: str) -> None:
    """Each lamp has a spoken label, and the status in words follows it."""
    lamps = re.findall(r'<i class="lamp \w+" role="img" aria-label="([^"]+)"></i>(.{4})', page)
    assert len(lamps) > 50
    assert all(label and re.search(r"<b>|[\u4e00-\u9fff]", after) for label, after in lamps)


def test_conflicts_say_which_counts_and_why(page: str) -> None:
    section = page[page.index('id="conflicts"') : page.index('id="decisions"')]
    assert "共2处" in section
    assert re.search(r"采用 counts.*3721\.68.*发布机构位次较高.*未采用.*3751\.16.*二手资料", section, re.S)


def test_changes_decisions_and_notes_are_told(build: Path, tmp_path: Path) -> None:
    old = make_build(tmp_path / "old", month="2022-12", as_of="2022-12-31", until=2021)
    changes = diff(build / "warehouse.duckdb", old / "warehouse.duckdb", "2022-12")
    page = rendered(build, changes, revision=2)
    parsed(page)
    assert "与上一期 2022-12 相比：新增数值14个" in page
    assert "第1次修订" in page
    assert "DEC-01" in page
    assert "Tolerance of 0.5 percentage points" in page
    assert "数值来自发布机构本身" in page


def test_the_notes_list_the_first_failing_rows_of_each_check() -> None:
    row = {"where_found": "int_x, *2024-11*", "found": "1", "expected": "2", "remedy": "look"}
    note = RuleResult(
        "assert_x", "int_x", "note", False, "相符", "they agree", "因为 / because", "look", "7 failing rows",
        failing_rows=(row,) * 7, failing_count=7,
    )  # fmt: skip
    told = _checks(Verdict.of("a" * 64, [note]))
    line = "  - int\\_x, \\*2024-11\\*: 发现 found 1；应为 expected 2。处理 Remedy: look"
    assert [entry for entry in told if entry.startswith("  - ")][:-1] == [line] * 5
    assert told[-2] == "  - … 共 7 行，见 verdict.json / 7 rows in all, see verdict.json"


def test_everything_is_escaped(tmp_path: Path) -> None:
    sql = [
        f"update dim_indicator set name_zh = '{EVIL}', name_en = '{EVIL}', unit = '{EVIL}', target_printed = '{EVIL}'",
        f"update dim_source set title = '{EVIL}', publisher = '{EVIL}', url = 'javascript:alert(1)'",
        f"update fct_target_progress set status_reason = '{EVIL}', owing_units = '{EVIL}', status = '{EVIL}'",
        f"update dim_decision set question_zh = '{EVIL}', decision_id = '\"><script>'",
        f"update fct_observation_vintages set selection_reason_zh = '{EVIL}', series_name_zh = '{EVIL}'",
        f"update release_info set plan_name_zh = '{EVIL}'",
    ]
    page = rendered(make_build(tmp_path / "evil", sql=sql))
    assert "<script" not in page
    assert "javascript:" not in page
    assert page.count("&lt;script&gt;") > 100


def test_a_rehearsal_is_marked(tmp_path: Path, page: str) -> None:
    rehearsal = rendered(make_build(tmp_path / "b", kind="rehearsal"))
    stamp = "模拟演练 SIMULATED"
    assert rehearsal.count(stamp) == 3, "the title, the watermark of every printed page, and the head"
    assert "<title>模拟演练" in rehearsal
    assert stamp not in page


def test_an_empty_month_has_a_page(tmp_path: Path) -> None:
    """Before anything was published there is still an honest bulletin."""
    sql = [
        "delete from fct_observation_vintages",
        "delete from fct_observations",
        "delete from fct_indicator_values",
    ]
    page = rendered(make_build(tmp_path / "b", until=2020, sql=sql))
    parsed(page)
    assert "截止日期前没有已公布的数值" in page


def test_cell_ids_name_a_scope_only_where_it_is_a_part() -> None:
    row = {
        "series_code": "GDP",
        "area_code": "CN-370211",
        "frequency": "A",
        "reference_period": "2022",
        "measure": "LEVEL",
        "scope": "_T",
    }
    assert cell_id("fct_observations", row) == "v-fct_observations-GDP-CN-370211-A-2022-LEVEL"
    assert cell_id("fct_observations", {**row, "scope": "PORT_WHOLE"}).endswith("-LEVEL-PORT_WHOLE")


def test_markdown_is_escaped() -> None:
    assert escaped("a|b\n# <b> [x](y) *z*") == "a\\|b \\# &lt;b&gt; \\[x\\](y) \\*z\\*"


@pytest.mark.parametrize(
    ("count", "verb", "told"),
    [
        (1, "has", "1 repeats another target and is not counted again"),
        (2, "have", "2 repeat another target and are"),
    ],
)
def test_counts_are_grammatical(count: int, verb: str, told: str) -> None:
    assert words.have(count) == verb
    repeats = words.repeats(count)
    assert repeats is not None
    assert repeats.en.startswith(told)
    assert words.repeats(0) is None


def test_a_status_with_two_lamps_is_told_with_its_lamp(tmp_path: Path, page: str) -> None:
    """Two tiles both called lagging would read as a contradiction."""
    assert "（黄灯）" not in page
    colour = "case when indicator_code < '20' then 'red' else 'yellow' end"
    lagging = f"update fct_target_progress set status = 'lagging', lamp = {colour}"
    shown = f"update fct_target_progress set shown_status = 'lagging', shown_lamp = {colour}"
    told = rendered(make_build(tmp_path / "b", sql=[*OVERRIDDEN, lagging, shown]))
    counts = re.findall(r"<li.*?</li>", told[told.index('class="counts"') :].partition("</ul>")[0], re.DOTALL)
    assert len(counts) == 2
    assert "滞后（红灯）" in counts[0]
    assert "lagging (yellow)" in counts[1]


def test_a_held_figure_is_told_of_and_not_printed() -> None:
    """What may be wrong is not to be quoted from a bulletin; what stands in its place is dated."""
    held = {
        "area_code": "CN-370211", "reference_period": "2022", "held_value": 828.6, "unit": "%",
        "held_what_zh": "数值在可信范围内", "held_what_en": "values are believable",
        "shown_value": 82.86, "shown_vintage_date": dt.date(2023, 4, 20),
    }  # fmt: skip
    told = held_words(held)
    assert told.zh == "扣留待核：西海岸新区2022年新报的数未通过“数值在可信范围内”，暂用2023-04-20的82.86"
    assert "82.86 of 2023-04-20 stands in its place" in told.en
    nothing = held_words({**held, "shown_value": None})
    assert nothing.zh.endswith("暂无可用数值")
    for said in (told, nothing):
        assert "828.6" not in said.zh + said.en


def test_an_indicator_whose_figure_is_held_is_not_said_to_have_none(tmp_path: Path, page: str) -> None:
    """It was published: the headline, the table and the chart say that it waits."""
    held = "update fct_target_progress set status = 'held', lamp = 'grey' where indicator_code = '02'"
    told = rendered(make_build(tmp_path / "b", sql=[held]))
    (before,), (after,) = (re.findall(r"25项指标中有(\d+)项没有", text) for text in (page, told))
    assert int(after) == int(before) - 1
    assert "1项的数值扣留待核" in told
    assert "1 has a figure held for checking" in told
    row = told[told.index('id="i-qwc-14-02"') :].partition("</tr>")[0]
    assert "扣留待核" in row
    assert "无数据" not in row
