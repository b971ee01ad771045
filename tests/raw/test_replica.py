"""The stand-in publisher, asked over real HTTP on loopback as any client would ask it."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import copytree

import httpx
import pytest

from raw.errors import BadInput
from raw.readers import sdmx_csv
from raw.replica import clock, table
from raw.replica.faults import Fault, Faults, WireTable, spoil
from raw.replica.server import Running, main, serve
from raw.replica.structure import COLUMNS

DATA = "/bureau_statistics/data/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0"
AVAILABILITY = "/bureau_statistics/availability/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0"
CSV = "application/vnd.sdmx.data+csv;version=2.0.0"
JSON = "application/vnd.sdmx.structure+json;version=2.0.0"
FEED = "bureau_statistics"
ALL_FIGURES = len(table.figures(FEED))
ALL = "asOf=2026-11-24&includeHistory=true"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(now=datetime(2026, 11, 24, 12, tzinfo=clock.CHINA)) as replica:
        yield replica


@pytest.fixture
def replica(running: Running) -> Iterator[Running]:
    running.faults.clear()
    running.requests.clear()
    yield running
    running.faults.clear()


def ask(replica: Running, path: str, **headers: str) -> httpx.Response:
    return httpx.get(replica.url + path, headers=headers, trust_env=False)


def observations(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def west_coast_gdp(replica: Running, year: str, query: str) -> list[tuple[str, str]]:
    rows = observations(ask(replica, f"{DATA}/A.CN-370211.GDP.LEVEL._T?c[TIME_PERIOD]=2020,{year}&{query}"))
    return [(row["OBS_VALUE"], row["SOURCE"]) for row in rows if row["TIME_PERIOD"] == year]


# --- the clock -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "known"),
    [
        ("2023-04", "2023-04-30T23:59:59+08:00"),
        ("2024-02", "2024-02-29T23:59:59+08:00"),
        ("2022", "2022-12-31T23:59:59+08:00"),
        ("2022-10-20", "2022-10-20T23:59:59+08:00"),
        ("", "2026-11-24T23:59:59+08:00"),
    ],
)
def test_a_source_is_known_from_the_end_of_its_date(published: str, known: str) -> None:
    assert clock.out_by(published, "2026-11-24").isoformat() == known


@pytest.mark.parametrize("text", ["2023-13", "20230430", "yesterday", "2023-02-30"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"YYYY|month|day"):
        clock.out_by(text, "2026-11-24")


def test_a_figure_of_a_month_is_there_from_the_last_day_of_that_month(replica: Running) -> None:
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-29") == []
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-30") == [("4691.85", "S002")]


def test_a_datetime_is_a_moment_and_an_offset_counts(replica: Running) -> None:
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-30T23:59:58") == []
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-30T23:59:59%2B08:00") == [("4691.85", "S002")]
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-30T15:59:59Z") == [("4691.85", "S002")]
    assert west_coast_gdp(replica, "2022", "asOf=2023-04-30T15:59:58Z") == []


def test_history_holds_every_version_and_without_it_the_last_counts(replica: Running) -> None:
    both = [("4368.5", "S032"), ("4368.53", "S116")]
    assert west_coast_gdp(replica, "2021", "asOf=2022-12-31&includeHistory=true") == both
    assert west_coast_gdp(replica, "2021", "asOf=2022-12-31") == [("4368.53", "S116")]
    assert west_coast_gdp(replica, "2021", "asOf=2022-12-30") == [("4368.5", "S032")]
    assert west_coast_gdp(replica, "2021", "asOf=2022-10-19&includeHistory=true") == []


def test_what_is_known_only_grows(replica: Running) -> None:
    days = ["2015-01-01", "2021-04-01", "2022-12-31", "2024-12-31", "2026-11-24"]
    seen: set[str] = set()
    for day in days:
        lines = set(ask(replica, f"{DATA}?asOf={day}&includeHistory=true").text.splitlines())
        assert seen < lines, day
        seen = lines
    assert len(seen) == ALL_FIGURES + 1


def test_without_as_of_the_question_is_about_now(replica: Running) -> None:
    rows = observations(ask(replica, f"{DATA}?includeHistory=true"))
    retrieved_today = [row for row in rows if row["PUBLISHED_DATE"] == ""]
    assert len(rows) < ALL_FIGURES and retrieved_today == []  # the clock stands at noon, the day is not over


# --- what is served --------------------------------------------------------------------------------------


def test_the_message_is_sdmx_csv_with_the_declared_columns(replica: Running) -> None:
    answer = ask(replica, f"{DATA}?{ALL}")
    assert answer.headers["Content-Type"] == CSV
    header, *rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert tuple(header) == COLUMNS
    assert {tuple(row[:3]) for row in rows} == {("dataflow", "CN_QWC:DF_PLAN_STATISTICS(1.0)", "I")}
    assert len(rows) == ALL_FIGURES


def test_figures_keep_their_printed_digits(replica: Running) -> None:
    values = {row["OBS_VALUE"] for row in observations(ask(replica, f"{DATA}?{ALL}"))}
    assert {"62.20", "5723.10", "11.0"} <= values


def test_what_units_return_is_never_served(replica: Running) -> None:
    rows = observations(ask(replica, f"{DATA}?{ALL}"))
    ours = {(row["INDICATOR"], row["REF_AREA"], row["TIME_PERIOD"], row["SOURCE"]) for row in rows}
    returned = table.figures("unit_returns")
    assert len(returned) == 11
    for figure in returned:
        cells = figure.cells
        key = (cells["INDICATOR"], cells["REF_AREA"], cells["TIME_PERIOD"], cells["SOURCE"])
        assert key not in ours


def test_rows_are_sorted_and_the_same_question_gives_the_same_bytes(replica: Running) -> None:
    first = ask(replica, f"{DATA}?{ALL}")
    assert ask(replica, f"{DATA}?{ALL}").content == first.content
    keys = [tuple(row[name] for name in (*table.DIMENSIONS, "SOURCE")) for row in observations(first)]
    assert keys == sorted(keys)
    with serve() as other:
        assert ask(other, f"{DATA}?{ALL}").content == first.content


@pytest.mark.parametrize(
    ("question", "count"),
    [
        (f"/A.CN-370211.GDP.*.*?{ALL}", 16 + 8),
        (f"/A.CN-370211.GDP.*.*,A.CN-370211.FAI.*.*?{ALL}", 16 + 8),
        (f"/A.*.GDP.LEVEL.*?{ALL}&c[REF_AREA]=CN-370211", 16),
        (f"?{ALL}&c[REF_AREA]=CN-370211&c[INDICATOR]=GDP&c[MEASURE]=LEVEL", 16),
        (f"?{ALL}&c[REF_AREA]=CN-370211&c[INDICATOR]=GDP&c[MEASURE]=LEVEL&c[TIME_PERIOD]=ge:2022", 3),
        (
            f"?{ALL}&c[REF_AREA]=CN-370211&c[INDICATOR]=GDP&c[MEASURE]=YTD&startPeriod=2022-Q3&endPeriod=2023",
            3,
        ),
    ],
)
def test_keys_and_filters_choose(replica: Running, question: str, count: int) -> None:
    assert len(observations(ask(replica, DATA + question))) == count


def test_structure_names_every_column_and_every_code(replica: Running) -> None:
    answer = ask(
        replica,
        "/bureau_statistics/structure/dataflow/CN_QWC/DF_PLAN_STATISTICS/1.0?references=descendants",
        Accept=JSON,
    )
    assert answer.headers["Content-Type"] == JSON
    message = sdmx_csv.structures(answer.content)
    definition = message.get_data_structure_definition("DataStructure=CN_QWC:DSD_PLAN_STATISTICS(1.0)")
    components = {component.id: component for component in definition.components}
    assert list(components) == list(COLUMNS[3:])
    rows = observations(ask(replica, f"{DATA}?{ALL}"))
    coded = {name: part for name, part in components.items() if part.local_codes}
    assert len(coded) == 9
    for name, component in coded.items():
        codes = {code.id for code in component.local_codes.codes}
        assert {row[name] for row in rows} - {""} <= codes, name


@pytest.mark.parametrize(
    "path", ["datastructure/CN_QWC/DSD_PLAN_STATISTICS/1.0", "codelist/CN_QWC/CL_INDICATOR/1.0"]
)
def test_one_artefact_comes_alone(replica: Running, path: str) -> None:
    message = sdmx_csv.structures(ask(replica, f"/bureau_statistics/structure/{path}").content)
    assert [item.id for item in message.structures or ()] == [path.split("/")[2]]


@pytest.mark.parametrize("query", ["asOf=2022-12-31&includeHistory=true", "asOf=2022-12-31", ALL])
def test_availability_counts_what_the_data_question_gives(replica: Running, query: str) -> None:
    count = sdmx_csv.observation_count(ask(replica, f"{AVAILABILITY}/*?{query}").content)
    assert count == len(observations(ask(replica, f"{DATA}/*?{query}")))


# --- HTTP ------------------------------------------------------------------------------------------------


def test_a_known_etag_gets_304_and_another_day_another_etag(replica: Running) -> None:
    first = ask(replica, f"{DATA}?asOf=2023-04-30")
    again = ask(replica, f"{DATA}?asOf=2023-04-30", **{"If-None-Match": first.headers["ETag"]})
    later = ask(replica, f"{DATA}?asOf=2024-12-31", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert later.status_code == 200
    assert first.headers["Last-Modified"] == "Sun, 30 Apr 2023 15:59:59 GMT"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (CSV, 200),
        ("application/vnd.sdmx.data+csv; version=2.0.0", 200),
        ("text/html, text/csv;q=0.5", 200),
        ("*/*", 200),
        ("application/vnd.sdmx.data+csv;version=1.0.0", 406),
        ("application/vnd.sdmx.data+json;version=2.0.0", 406),
        ("text/csv;q=0", 406),
    ],
)
def test_content_is_negotiated(replica: Running, accept: str, status: int) -> None:
    answer = ask(replica, f"{DATA}?asOf=2023-04-30", Accept=accept)
    assert answer.status_code == status
    assert status == 200 or CSV in answer.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (
            "/bureau_statistics/data/dataflow/CN_QWC/DF_OTHER/1.0/*",
            404,
            "there is CN_QWC:DF_PLAN_STATISTICS(1.0)",
        ),
        ("/bureau_statistics/data/dataflow/XX/DF_PLAN_STATISTICS/1.0/*", 404, "no dataflow XX"),
        ("/bureau_statistics/data/dataflow/CN_QWC/DF_PLAN_STATISTICS/2.0/*", 404, "no dataflow"),
        ("/bureau_statistics/nothing", 404, "no such resource"),
        ("/bureau_statistics/structure/codelist/CN_QWC/CL_NONE/1.0", 404, "CL_NONE"),
        (f"{DATA}?asOf=30.04.2023", 400, "write a date such as 2023-04-30"),
        (f"{DATA}?asOf=2023-02-30", 400, "asOf"),
        (f"{DATA}?asof=2023-04-30", 400, "asof is not a parameter"),
        (f"{DATA}?includeHistory=yes", 400, "true or false"),
        (f"{DATA}/A.CN-370211", 400, "FREQ.REF_AREA.INDICATOR.MEASURE.SCOPE"),
        (f"{DATA}?startPeriod=2022-Q5", 400, "2022-Q5"),
        (f"{DATA}?c[PLANET]=MARS", 400, "PLANET"),
        (f"{DATA}?limit=10", 501, "limit"),
        (f"{DATA}?asOf=1990-01-01", 404, "no results found"),
    ],
)
def test_a_wrong_question_gets_a_clear_answer(replica: Running, path: str, status: int, said: str) -> None:
    answer = ask(replica, path)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


def test_head_says_how_much_without_sending_it(replica: Running) -> None:
    head = httpx.head(replica.url + f"{DATA}?asOf=2023-04-30", trust_env=False)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) == len(ask(replica, f"{DATA}?asOf=2023-04-30").content)


def test_it_listens_on_loopback_only(replica: Running) -> None:
    assert replica.url.startswith("http://127.0.0.1:")


# --- faults ----------------------------------------------------------------------------------------------


def test_a_fault_for_two_requests_lasts_two_requests(replica: Running) -> None:
    replica.faults.on(FEED, Fault.STATUS_500, 2)
    statuses = [ask(replica, f"{DATA}?asOf=2023-04-30").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_structure_and_availability_stay_whole_while_data_are_broken(replica: Running) -> None:
    replica.faults.on(FEED, Fault.STATUS_500)
    assert ask(replica, f"{AVAILABILITY}?{ALL}").status_code == 200
    assert ask(replica, f"{DATA}?{ALL}").status_code == 500


def test_too_many_requests_says_when_to_come_back(replica: Running) -> None:
    replica.faults.on(FEED, "status_429", 1)
    answer = ask(replica, f"{DATA}?{ALL}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")


def test_a_truncated_body_breaks_the_connection(replica: Running) -> None:
    replica.faults.on(FEED, Fault.CONNECTION_RESET)
    with pytest.raises(httpx.ReadError):
        ask(replica, f"{DATA}?{ALL}")


def test_bytes_and_rows_are_spoilt_as_named(replica: Running) -> None:
    whole = ask(replica, f"{DATA}?{ALL}").text
    spoilt = {}
    for fault in ("cut_short", "half_month", "waf_page", "header_renamed", "duplicate_rows"):
        replica.faults.on(FEED, fault, 1)
        spoilt[fault] = ask(replica, f"{DATA}?{ALL}").text
    assert whole.startswith(spoilt["cut_short"]) and not spoilt["cut_short"].endswith("\n")
    assert whole.startswith(spoilt["half_month"]) and spoilt["half_month"].endswith("\n")
    assert spoilt["waf_page"].startswith("<!DOCTYPE html>")
    assert ",OBS_VALUE_NEW," in spoilt["header_renamed"].splitlines()[0]
    assert len(spoilt["duplicate_rows"].splitlines()) == len(whole.splitlines()) + 1


@pytest.mark.parametrize(
    ("fault", "column", "value"),
    [
        ("not_a_number", "OBS_VALUE", "约5003.38"),
        ("unit_changed", "UNIT_MEASURE", "USD"),
        ("silent_revision", "OBS_VALUE", "5053.41"),
    ],
)
def test_one_cell_is_spoilt_as_named(replica: Running, fault: str, column: str, value: str) -> None:
    question = f"{DATA}?asOf=2024-12-31&includeHistory=true"
    whole = observations(ask(replica, question))
    replica.faults.on(FEED, fault)
    changed = [
        (old, new) for old, new in zip(whole, observations(ask(replica, question)), strict=True) if old != new
    ]
    assert len(changed) == 1
    old, new = changed[0]
    assert (old["OBS_VALUE"], old["UNIT_MEASURE"], old["SOURCE"]) == ("5003.38", "CNY", "S008")
    assert {**old, column: value} == new


def test_a_slow_answer_comes_in_the_end(replica: Running) -> None:
    replica.faults.delay_seconds = 0.3
    replica.faults.on(FEED, Fault.SLOW_DRIP, 1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(replica.url + f"{DATA}?{ALL}", timeout=0.1, trust_env=False)
    assert ask(replica, f"{DATA}?{ALL}").status_code == 200


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        Faults().on(FEED, "earthquake")
    with pytest.raises(SystemExit):
        main(["--port", "0", "--fault", "bureau_statistics:earthquake"])


def test_nothing_to_spoil_is_nothing_spoilt() -> None:
    table = WireTable(["A"], [], value="A")
    assert spoil(table, frozenset({Fault.SILENT_REVISION, Fault.DUPLICATE_ROWS, Fault.HALF_MONTH})).rows == []


# --- the command and the tables --------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_its_address_and_serves_until_stopped(stop: signal.Signals) -> None:
    command = "import sys; from raw.replica.server import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "--port", "0", "--fault", "bureau_statistics:status_500:1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        first = httpx.get(f"{url}{DATA}?asOf=2023-04-30", trust_env=False)
        second = httpx.get(f"{url}{DATA}?asOf=2023-04-30", trust_env=False)
        assert [first.status_code, second.status_code] == [500, 200]
    finally:
        os.kill(process.pid, stop)
        status = process.wait(timeout=10)
    assert status == 0


def test_a_port_that_is_taken_is_told(replica: Running, capsys: pytest.CaptureFixture[str]) -> None:
    port = replica.url.rpartition(":")[2]
    assert main(["--port", port]) == 2
    assert f"port {port}" in capsys.readouterr().err


def test_a_figure_without_its_source_is_refused(tmp_path: Path) -> None:
    folder = copytree(table.PUBLISHED, tmp_path / "published")
    text = (folder / "sources.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("S002,")]
    (folder / "sources.csv").write_text("".join(kept), encoding="utf-8")
    with pytest.raises(BadInput, match=r"observations\.csv, line \d+: 发现 found source 'S002'"):
        table.figures("bureau_statistics", folder)
