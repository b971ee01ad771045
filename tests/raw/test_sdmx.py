"""SDMX in: the reader of SDMX-CSV, and the door to an SDMX-REST service, over real HTTP with every fault."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysdmx.io import read_sdmx

from raw import fetch
from raw.doors import sdmx_rest
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, Feed, Table, load_feed
from raw.land import Landed, pull, vintages
from raw.readers import check_rows, read, sdmx_csv
from raw.replica import structure, table
from raw.replica.clock import end_of
from raw.replica.server import Running, addresses, serve

FEED = load_feed(DEFAULT_FEEDS / "bureau_statistics.yml")
TABLE = FEED.table("observations")
DAY = date(2024, 12, 31)


def known_by(day: date) -> int:
    """How many figures the bureaus' service has by the end of a day; other feeds may have taken some over."""
    return sum(figure.known_from <= end_of(day) for figure in table.figures(FEED.feed))


HEADER = ",".join(structure.COLUMNS)
GDP_2022 = {
    "STRUCTURE": "dataflow", "STRUCTURE_ID": structure.STRUCTURE_ID, "ACTION": "I", "FREQ": "A",
    "REF_AREA": "CN-370211", "INDICATOR": "GDP", "MEASURE": "LEVEL", "SCOPE": "_T", "TIME_PERIOD": "2022",
    "OBS_VALUE": "4691.85", "UNIT_MEASURE": "CNY", "UNIT_MULT": "8", "DECIMALS": "2", "OBS_STATUS": "P",
    "STAGE": "preliminary", "SOURCE": "S002", "SOURCE_TITLE": "公报", "PUBLISHER": "区统计局",
    "PUBLISHED_DATE": "2023-04", "SOURCE_URL": "", "TAGS": "COPY",
}  # fmt: skip


def message(*rows: dict[str, str], header: tuple[str, ...] = structure.COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode()


def companions() -> dict[str, bytes]:
    content = structure.message("dataflow", structure.FLOW, structure.VERSION, with_references=True)
    assert content is not None
    return {sdmx_csv.STRUCTURE_FILE: content}


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        sdmx_csv.verify(content, read("sdmx_csv", content, TABLE, "x.csv"), companions(), "x.csv")
    return str(caught.value)


# --- the reader ------------------------------------------------------------------------------------------


def test_a_message_becomes_rows_of_text() -> None:
    rows = read("sdmx_csv", message(GDP_2022), TABLE, "x.csv")
    assert rows.columns == list(structure.COLUMNS[3:])
    assert rows.places == ["row 1"]
    expected = {name: value or None for name, value in GDP_2022.items()}
    assert rows.records == [{name: expected[name] for name in rows.columns}]
    check_rows(rows, TABLE, "x.csv")


def test_digits_stay_as_printed_where_pysdmx_would_change_them() -> None:
    second = {**GDP_2022, "TIME_PERIOD": "2024", "OBS_VALUE": "5723.10", "DECIMALS": "2"}
    content = message(GDP_2022, second)
    through_pandas = read_sdmx(io.BytesIO(content)).data
    assert through_pandas is not None
    assert list(through_pandas[0].data["OBS_VALUE"]) == [
        "4691.85",
        "5723.1",
    ]  # why the text is not taken here
    assert [row["OBS_VALUE"] for row in read("sdmx_csv", content, TABLE, "x.csv").records] == [
        "4691.85",
        "5723.10",
    ]


def test_leading_zeros_byte_order_mark_and_line_feeds_survive() -> None:
    content = message({**GDP_2022, "SOURCE": "0020"})
    for variant in (content, b"\xef\xbb\xbf" + content, content.replace(b"\r\n", b"\n")):
        assert read("sdmx_csv", variant, TABLE, "x.csv").records[0]["SOURCE"] == "0020"


texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), max_codepoint=0xFFFF), max_size=12)


@settings(max_examples=40, deadline=None)
@given(cells=st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_whatever_stands_in_a_cell_is_what_is_read(cells: list[tuple[str, str]]) -> None:
    rows = [{**GDP_2022, "SOURCE_TITLE": title, "PUBLISHER": f"区,\n{name}"} for title, name in cells]
    found = read("sdmx_csv", message(*rows), TABLE, "x.csv").records
    assert [(row["SOURCE_TITLE"] or "", row["PUBLISHER"]) for row in found] == [
        (title, f"区,\n{name}") for title, name in cells
    ]


def test_a_message_without_observations_has_no_rows() -> None:
    assert read("sdmx_csv", message(), TABLE, "x.csv").records == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x.csv: 发现 found an empty file"),
        (b"<!DOCTYPE html><html><body>login</body></html>", "found an HTML page"),
        (b"<?xml version='1.0'?><message/>", "found XML"),
        (b"name,value\r\na,1\r\n", "without STRUCTURE, STRUCTURE_ID"),
        (b"DATAFLOW,FREQ\r\nX,A\r\n", "without STRUCTURE, STRUCTURE_ID"),
        ("STRUCTURE,数".encode("gb18030"), "bytes that are not UTF-8 at position 10"),
        (message(GDP_2022)[:-1].rstrip(b"\r"), "row 1: 发现 found the last line without its end"),
        (message(GDP_2022)[:-29], "row 1: 发现 found the last line without its end"),
        (message(GDP_2022)[:-30], "found a last character without its end"),
        (message(GDP_2022) + b"dataflow,short\r\n", "row 2: 发现 found 2 cells；应为 expected 21"),
        (message(GDP_2022) + b'dataflow,"open\r\n', "breaks off or is not CSV"),
        (
            message(GDP_2022, {**GDP_2022, "STRUCTURE_ID": "XX:OTHER(1.0)"}),
            "expected one dataset in one file",
        ),
        (message({**GDP_2022, "ACTION": "D"}), "not what is to be deleted"),
        (message({**GDP_2022, "STRUCTURE": "nonsense"}), "expected a valid SDMX-CSV message"),
        (message(GDP_2022, header=(*structure.COLUMNS, "SOURCE")), "found SOURCE more than once"),
    ],
)
def test_what_is_not_one_whole_sdmx_csv_message_is_refused(content: bytes, said: str) -> None:
    assert said in refusal(content)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"STRUCTURE_ID": "XX:OTHER(1.0)"},
            "found XX:OTHER(1.0)；应为 expected CN_QWC:DF_PLAN_STATISTICS(1.0)",
        ),
        (
            {"REF_AREA": "CN-370212"},
            "row 1, column REF_AREA: 发现 found 'CN-370212'；应为 expected a code of CL_AREA",
        ),
        ({"OBS_STATUS": "Z"}, "column OBS_STATUS: 发现 found 'Z'；应为 expected a code of CL_OBS_STATUS"),
        ({"UNIT_MEASURE": "USD"}, "column UNIT_MEASURE: 发现 found USD for GDP, LEVEL；应为 expected CNY"),
        ({"MEASURE": "YOY"}, "column UNIT_MEASURE: 发现 found CNY for GDP, YOY；应为 expected PT"),
    ],
)
def test_what_does_not_fit_the_structure_message_is_refused(row: dict[str, str], said: str) -> None:
    assert said in refusal(message({**GDP_2022, **row}))


def test_columns_that_differ_from_the_structure_message_are_refused() -> None:
    renamed = tuple("VALUE" if name == "OBS_VALUE" else name for name in structure.COLUMNS)
    said = refusal(message(GDP_2022, header=renamed))
    assert "header: 发现 found no column OBS_VALUE" in said
    assert "header: 发现 found column VALUE；应为 expected a component of the structure" in said


def test_the_feed_declares_exactly_the_columns_of_the_structure() -> None:
    assert list(TABLE.columns) == list(structure.COLUMNS[3:])
    assert [*table.DIMENSIONS, "SOURCE"] == TABLE.key


def test_every_bundled_figure_passes_what_the_feed_declares() -> None:
    rows = read("sdmx_csv", message(*everything()), TABLE, "x.csv")
    check_rows(rows, TABLE, "x.csv")
    assert len(rows.records) == len(table.figures(FEED.feed))


def everything() -> list[dict[str, str]]:
    own = {name: GDP_2022[name] for name in sdmx_csv.MESSAGE_COLUMNS}
    return [{**own, **figure.cells} for figure in table.figures("bureau_statistics")]


# --- the door, over HTTP ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve() as replica:
        yield replica


@pytest.fixture
def replica(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A replica, and a client that does not wait long: real pauses are tested with the client itself."""
    monkeypatch.setenv("RAW_BUREAU_STATISTICS_URL", addresses(running.url)["RAW_BUREAU_STATISTICS_URL"])
    hasty = partial(fetch.Policy, attempts=3, first_pause=0.01, longest_pause=0.05, interval=0.0)
    monkeypatch.setattr(sdmx_rest, "Policy", hasty)
    running.faults.clear()
    running.requests.clear()
    yield running
    running.faults.clear()


def values(landed: Landed, table: Table = TABLE) -> dict[tuple[str, ...], str]:
    found = pq.read_table(landed.vintage_dir / "part.parquet").to_pylist()
    return {tuple(row[name] for name in table.key): row["OBS_VALUE"] for row in found}


def gdp(year: str, source: str) -> tuple[str, ...]:
    return ("A", "CN-370211", "GDP", "LEVEL", "_T", year, source)


def test_the_door_asks_in_sdmx_rest(replica: Running) -> None:
    (extract,) = sdmx_rest.extracts(FEED, "observations", date(2023, 4, 30), None)
    moment = "includeHistory=true&asOf=2023-04-30T23:59:59%2B08:00"
    assert replica.requests == [
        "/bureau_statistics/structure/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0?references=descendants",
        f"/bureau_statistics/availability/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0?{moment}",
        f"/bureau_statistics/data/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0?{moment}",
    ]
    assert extract.url == replica.url + replica.requests[2]
    assert extract.media_type == sdmx_rest.DATA_TYPE
    assert extract.published_at == "2023-04-30"
    assert extract.control == {"row_count": known_by(date(2023, 4, 30))}
    assert sorted(extract.companions) == ["availability.json", "structure.json"]


def test_a_key_narrows_data_and_control_total_alike(replica: Running) -> None:
    feed = FEED.model_copy(update={"request": {**FEED.request, "key": "A.CN-370211.GDP.LEVEL._T"}})
    (extract,) = sdmx_rest.extracts(feed, "observations", DAY, None)
    assert (
        len(read("sdmx_csv", extract.originals[0].content, TABLE, "x.csv").records)
        == extract.control["row_count"]
        == 16
    )


def test_a_service_without_history_in_its_counts_gives_no_total(replica: Running) -> None:
    feed = FEED.model_copy(update={"request": {**FEED.request, "counts_history": False}})
    (extract,) = sdmx_rest.extracts(feed, "observations", DAY, None)
    assert extract.control == {}
    assert replica.requests[1] == "/bureau_statistics/availability/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0"


def test_figures_land_as_they_were_known_on_the_day(replica: Running, tmp_path: Path) -> None:
    (before,) = pull(FEED, date(2023, 4, 29), landing_root=tmp_path)
    (after,) = pull(FEED, date(2023, 4, 30), landing_root=tmp_path)
    assert gdp("2022", "S002") not in values(before)
    assert values(after)[gdp("2022", "S002")] == "4691.85"
    assert values(after)[gdp("2021", "S116")] == "4368.53"
    assert values(after)[gdp("2021", "S032")] == "4368.5"
    assert before.vintage_dir.name == "vintage=2023-04-29"
    kept = {path.name for path in after.vintage_dir.iterdir()}
    assert {"CN_QWC_DF_PLAN_STATISTICS.csv", "structure.json", "availability.json"} < kept
    count = known_by(date(2023, 4, 30))
    assert after.manifest["control"] == {"row_count": {"expected": count, "found": count}}
    assert after.manifest["origin"] == "published"


def test_nothing_new_makes_no_vintage(replica: Running, tmp_path: Path) -> None:
    (first,) = pull(FEED, date(2023, 4, 30), landing_root=tmp_path)
    (again,) = pull(FEED, date(2023, 4, 30), landing_root=tmp_path)
    (later,) = pull(FEED, date(2023, 5, 1), landing_root=tmp_path)
    assert [first.is_new, again.is_new, later.is_new] == [True, False, False]
    assert first.vintage_dir == again.vintage_dir == later.vintage_dir


def test_a_silent_revision_is_a_new_vintage_and_the_old_one_stays(replica: Running, tmp_path: Path) -> None:
    (first,) = pull(FEED, DAY, landing_root=tmp_path)
    replica.faults.on(FEED.feed, "silent_revision")
    (second,) = pull(FEED, DAY, landing_root=tmp_path)
    assert second.is_new
    assert (values(first)[gdp("2023", "S008")], values(second)[gdp("2023", "S008")]) == ("5003.38", "5053.41")
    found = vintages(tmp_path, FEED.feed, "observations", DAY)
    assert [vintage.vintage_sequence for vintage in found] == [1, 2]


@pytest.mark.parametrize(
    ("fault", "times"),
    [("connection_reset", 1), ("status_500", 2), ("status_429", 2), ("slow_drip", 1)],
)
def test_what_passes_is_overcome(replica: Running, tmp_path: Path, fault: str, times: int) -> None:
    replica.faults.delay_seconds = 0.6
    replica.faults.on(FEED.feed, fault, times)
    feed = FEED.model_copy(update={"request": {**FEED.request, "read_timeout": 0.3}})
    (landed,) = pull(feed, DAY, landing_root=tmp_path)
    assert landed.manifest["row_count"] == known_by(DAY)
    asked = [path for path in replica.requests if path.startswith("/bureau_statistics/data/")]
    assert len(asked) == times + 1


@pytest.mark.parametrize(
    ("fault", "said", "bytes_are_kept"),
    [
        ("connection_reset", "found a truncated body of", True),
        ("cut_short", "without its end", True),
        ("half_month", f"；应为 expected {known_by(DAY)}, the publisher's own total", True),
        ("status_500", "found status 500", True),
        ("status_429", "found status 429", True),
        ("slow_drip", "found a truncated body of", True),
        ("waf_page", "found text/html", True),
        ("not_a_number", "column OBS_VALUE: 发现 found '约5003.38'；应为 expected a number", True),
        ("unit_changed", "found USD for GDP, LEVEL；应为 expected CNY", True),
        ("duplicate_rows", "found a duplicate period", True),
        ("header_renamed", "header: 发现 found no column OBS_VALUE", True),
    ],
)
def test_what_stays_is_refused_kept_and_told(
    replica: Running, tmp_path: Path, fault: str, said: str, bytes_are_kept: bool
) -> None:
    pull(FEED, date(2023, 4, 30), landing_root=tmp_path)
    replica.faults.delay_seconds = 0.6
    replica.faults.on(FEED.feed, fault)
    feed = FEED.model_copy(update={"request": {**FEED.request, "read_timeout": 0.3}})
    with pytest.raises(BadInput) as caught:
        pull(feed, DAY, landing_root=tmp_path)
    assert said in str(caught.value)
    assert all(problem.remedy for problem in caught.value.problems)
    held = vintages(tmp_path, FEED.feed, "observations", DAY)
    assert [vintage.vintage_date for vintage in held] == [date(2023, 4, 30)]
    notes = list(tmp_path.glob("bureau_statistics/observations/quarantine/2024-12-31_*/problems.json"))
    assert len(notes) == int(bytes_are_kept)
    for note in notes:
        assert json.loads(note.read_text(encoding="utf-8"))["problems"]
        assert [path.stat().st_size > 0 for path in note.parent.iterdir()] == [True, True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dataflow": "DF_OTHER"}, "found status 404"),
        ({"key": "A.CN-370211"}, "found status 400"),
        ({"agency": "not an agency"}, "404"),
    ],
)
def test_a_wrong_request_is_told_with_its_address(
    replica: Running, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    feed = FEED.model_copy(update={"request": {**FEED.request, **change}})
    with pytest.raises(BadInput, match=said) as caught:
        pull(feed, DAY, landing_root=tmp_path)
    assert replica.url in str(caught.value)


def test_a_structure_that_is_none_is_refused(replica: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = fetch.Fetched(b'{"meta": 1}', "http://127.0.0.1/structure", 200, sdmx_rest.STRUCTURE_TYPE)
    monkeypatch.setattr(sdmx_rest, "fetch", lambda *args, **kwargs: answer)
    with pytest.raises(fetch.BadBody, match=r"expected an SDMX-JSON 2\.0 structure message"):
        next(sdmx_rest.extracts(FEED, "observations", DAY, None))


def test_an_unknown_key_of_the_request_is_told(tmp_path: Path) -> None:
    text = (DEFAULT_FEEDS / "bureau_statistics.yml").read_text(encoding="utf-8")
    path = tmp_path / "bureau_statistics.yml"
    path.write_text(text.replace("  dataflow:", "  data_flow:"), encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_feed(path)
    assert "request.data_flow" in str(caught.value)
    assert "did you mean 'dataflow'?" in str(caught.value)


def test_the_feed_file_is_whole() -> None:
    feed: Feed = FEED
    assert (feed.door, feed.origin, feed.schedule.cron) == ("sdmx_rest", "published", "0 9 20 * *")
    assert TABLE.scope == "all"
    assert TABLE.control == ["row_count"]
    assert len(feed.notes) >= 8
