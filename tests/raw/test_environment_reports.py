"""The monthly air reports: an index page, one page a report, and what becomes of every fault of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from raw.errors import BadInput
from raw.feed import find_feed
from raw.land import Landed, pull, vintages
from raw.readers import check_rows, report_table
from raw.replica.answers import Asked
from raw.replica.clock import end_of
from raw.replica.faults import Fault, Faults
from raw.replica.publishers.environment_reports import Publisher
from raw.replica.server import faults_of, serve
from raw.replica.table import figures

FEED = find_feed("environment_reports")
TABLE = FEED.table("air")
EARLY, LATE = date(2018, 9, 30), date(2024, 12, 31)


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
    times: int = 1,
) -> list[Landed]:
    switched = Faults()
    switched.delay_seconds = 0.01
    for fault in faults:
        switched.on(FEED.feed, fault, times)
    with serve(faults=switched, now=end_of(now or as_of)) as replica:
        monkeypatch.setenv("RAW_ENVIRONMENT_REPORTS_URL", f"{replica.url}/{FEED.feed}")
        return pull(FEED, as_of, landing_root=landing)


def page(source: str, as_of: date = LATE, *faults: Fault) -> bytes:
    return Publisher(end_of(as_of)).answer(Asked(f"/reports/{source}.html"), frozenset(faults)).body


def with_share(share: str, days: str) -> bytes:
    """A report with the city's share of good days, and the number of them since January, as given."""
    printed, given = "<td>90.3</td><td>—</td>", f"<td>{share}</td><td>{days}</td>"
    return page("S131").decode().replace(printed, given, 1).encode()


@pytest.mark.parametrize(
    ("share", "days", "said"),
    [
        ("150.0", "25", "column 优良天数比率（%）: 发现 found '150.0'"),
        ("100.1", "25", "column 优良天数比率（%）: 发现 found '100.1'"),
        ("80.6", "367", "column 优良天数累计（天）: 发现 found '367'"),
    ],
)
def test_a_share_above_the_whole_and_days_above_the_year_are_refused(
    share: str, days: str, said: str
) -> None:
    with pytest.raises(BadInput) as refused:
        check_rows(report_table.read(with_share(share, days), TABLE, "x.html"), TABLE, "x.html")
    assert said in str(refused.value)


@pytest.mark.parametrize(("share", "days"), [("100", "366"), ("100.00", "0"), ("80.65", "299"), ("0", "59")])
def test_every_share_and_number_of_days_there_can_be_is_taken(share: str, days: str) -> None:
    read = report_table.read(with_share(share, days), TABLE, "x.html")
    check_rows(read, TABLE, "x.html")
    assert (share, days) in {(row["优良天数比率（%）"], row["优良天数累计（天）"]) for row in read.records}


@pytest.mark.parametrize("caption", ["2022年1月至3月", "2022年1-3月", "2022年一季度", "2022年13月", "2022年"])
def test_a_caption_that_is_no_single_month_is_refused(caption: str) -> None:
    content = f'<html><h1>题</h1><p class="info">编号：S1</p><table><caption>{caption}</caption><tr><th>区市</th></tr></table></html>'
    with pytest.raises(BadInput, match="a table whose caption says the month"):
        report_table.read(content.encode(), TABLE, "x.html")
    month = report_table.read(content.replace(caption, "2022年1月").encode(), TABLE, "x.html")
    assert month.columns[:3] == ["标题", "月份", "编号"]


def test_every_published_figure_is_on_a_page_and_nothing_else() -> None:
    printed = 0
    for source in {figure.cells["SOURCE"] for figure in figures(FEED.feed)}:
        rows = report_table.read(page(source, date(2026, 11, 24)), TABLE, f"{source}.html")
        printed += sum(
            value is not None
            for record in rows.records
            for name, value in record.items()
            if TABLE.columns[name].type == "decimal"
        )
    assert printed == len(figures(FEED.feed)) == 98


def test_a_page_carries_all_that_the_figures_say_of_themselves() -> None:
    """No status, stage or mark but those of a reprint and of a bound is lost: the pages have no place for others."""
    for figure in figures(FEED.feed):
        said = figure.cells
        assert (said["STAGE"], said["UNIT_MULT"]) == ("", "0")
        assert said["TAGS"] in ("", "COPY", "BOUND")
        assert said["OBS_STATUS"] == ("E" if said["TAGS"] == "BOUND" else "A")


@pytest.mark.parametrize(("source", "share"), [("S134", "87.1"), ("S133", "93.5")])
def test_the_lower_end_of_a_range_is_told_from_a_figure(source: str, share: str) -> None:
    city, district = report_table.read(page(source), TABLE, f"{source}.html").records
    ratio = "优良天数比率（%）"
    assert f"≥{share}" in page(source).decode()
    assert (district[ratio], district["下限"]) == (share, ratio)
    assert (city[ratio], city["下限"]) == ("100", None)


def test_the_urban_sites_of_older_reports_are_a_row_of_their_own() -> None:
    rows = report_table.read(page("S114"), TABLE, "S114.html")
    assert [record["区市"] for record in rows.records] == ["青岛市区", "西海岸新区"]


def test_digits_stay_as_printed_and_a_dash_is_no_figure() -> None:
    record = report_table.read(page("S134"), TABLE, "S134.html").records[0]
    assert (record["CO（毫克/立方米）"], record["综合指数"], record["PM2.5同比（%）"]) == ("1.0", "3.9", None)


@pytest.mark.parametrize("source", sorted({figure.cells["SOURCE"] for figure in figures(FEED.feed)}))
def test_points_for_thousands_are_no_digits_after_a_point(source: str) -> None:
    """S078 prints 16: written as 16.000 it would be the same number, and the next one is another."""
    body = page(source, date(2026, 11, 24), Fault.THOUSANDS_SEPARATORS)
    with pytest.raises(BadInput, match=r"text of the pattern|no thousands mark"):
        check_rows(report_table.read(body, TABLE, f"{source}.html"), TABLE, f"{source}.html")


def test_a_pull_brings_only_what_was_out_by_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = pulled(tmp_path, monkeypatch, EARLY, now=LATE)
    assert {one.manifest["scope"] for one in landed} == {"编号=S081", "编号=S137", "编号=S136", "编号=S114"}
    again = pulled(tmp_path, monkeypatch, EARLY)
    assert not any(one.is_new for one in again)


@pytest.mark.parametrize("fault", faults_of(FEED.feed))
def test_every_fault_ends_as_promised(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One page of four is hit: retried and landed, or refused with a reason while the others land."""
    retried = {Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.CONNECTION_RESET, Fault.SLOW_DRIP}
    harmless = {Fault.PATH_LIKE_NAME, Fault.COLUMN_MOVED, Fault.SILENT_REVISION}
    try:
        landed = pulled(tmp_path, monkeypatch, EARLY, fault)
    except BadInput as error:
        assert fault not in retried | harmless
        assert all(problem.found and problem.expected and problem.remedy for problem in error.problems)
        assert list((tmp_path / FEED.feed / "air" / "quarantine").glob("*/problems.json"))
        assert len(vintages(tmp_path, FEED.feed, "air", EARLY)) == 3
    else:
        assert fault in retried | harmless
        assert len(landed) == 4
    for vintage in vintages(tmp_path, FEED.feed, "air", EARLY):
        assert vintage.path.parent == tmp_path / FEED.feed / "air"


def test_last_months_page_under_this_months_title_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"column 月份: 发现 found .* in the file；应为 expected 2015-10"):
        pulled(tmp_path, monkeypatch, EARLY, "last_month")


def test_half_a_page_is_refused_by_the_number_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"row_count 1；应为 expected 2, the publisher's own total"):
        pulled(tmp_path, monkeypatch, EARLY, "half_month", times=4)


def test_a_revised_page_is_a_new_vintage_of_its_own_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled(tmp_path, monkeypatch, EARLY)
    landed = pulled(tmp_path, monkeypatch, date(2018, 10, 1), "silent_revision")
    assert [one.manifest["scope"] for one in landed if one.is_new] == ["编号=S081"]
