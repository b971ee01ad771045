"""Ship positions: both header generations, their packings and traps, and the calls that were simulated."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import zstandard

from raw import fetch
from raw.doors import Extract, Original
from raw.errors import BadInput
from raw.feed import DEFAULT_FEEDS, declared_feeds, load_feed
from raw.land import Landed, pull
from raw.readers import ais_csv
from raw.replica.clock import end_of
from raw.replica.faults import Fault
from raw.replica.server import Running, addresses, faults_of, serve
from raw.simulate import port_calls
from warehouse.build import open_landing
from warehouse.paths import DBT_PROJECT

FEED = load_feed(DEFAULT_FEEDS / "port_calls.yml")
TABLE = FEED.table("positions")
SPECIMENS = Path(__file__).parents[3] / "shared/feeds/3_port/specimens"
SEED = 7
LEGACY = ",".join(names[0] for names in ais_csv.NAMES.values())
CSV2 = ",".join(port_calls.columns(date(2024, 1, 1)))
LEGACY_ROW = (
    "367777550,2022-06-01T00:00:02,28.10198,-96.93931,0.0,360.0,511.0,HARRY LEE,,WDJ4420,52,0,0,0,0.0,52,A"
)
CSV2_ROW = (
    "367777550,2022-06-01 00:00:02,-96.93931,28.10198,0.0,360.0,511.0,HARRY LEE,,WDJ4420,52,0,0,0,0.0,52,A"
)


def text(header: str, *rows: str) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


def zipped(content: bytes, name: str = "AIS_2022_06_01.csv", *others: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as goes:
        for one in (name, *others):
            goes.writestr(one, content)
    return archive.getvalue()


def read(content: bytes, target: Path, period: str = "2022-06-01") -> list[dict[str, str]]:
    extract = Extract((Original("positions", content),), "x", "x", facts={"POSITION_PERIOD": period})
    part = target / "part.parquet"
    found = ais_csv.read_into(extract, TABLE, part)
    rows: list[dict[str, str]] = pq.read_table(part).to_pylist()
    assert found.row_count == len(rows)
    assert found.scope == f"POSITION_PERIOD={period}"
    return rows


def refusal(content: bytes, target: Path, period: str = "2022-06-01") -> str:
    with pytest.raises(BadInput) as caught:
        read(content, target, period)
    return str(caught.value)


# --- the layouts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        text(LEGACY, LEGACY_ROW),
        text(CSV2, CSV2_ROW),
        zipped(text(LEGACY, LEGACY_ROW)),
        zstandard.compress(text(CSV2, CSV2_ROW)),
        zstandard.compress(text(CSV2)) + zstandard.compress(f"{CSV2_ROW}\n".encode()),
        text(LEGACY.removesuffix(",TransceiverClass"), LEGACY_ROW.removesuffix(",A")),
    ],
    ids=["legacy", "csv2", "legacy.zip", "csv2.zst", "csv2 in two frames", "before 2018"],
)
def test_both_generations_in_every_packing_are_the_same_position(content: bytes, tmp_path: Path) -> None:
    (row,) = read(content, tmp_path)
    assert (row["MMSI"], row["LATITUDE"], row["LONGITUDE"]) == ("367777550", "28.10198", "-96.93931")
    # Sentinels stay as they were said; they become NULL in the warehouse.
    assert (row["COG"], row["HEADING"], row["LENGTH"], row["IMO"]) == ("360.0", "511.0", "0", None)
    assert (row["_row_number"], row["_place"]) == (1, "row 1")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "header: 发现 found ''"),
        (text("# a comment", LEGACY, LEGACY_ROW), "header: 发现 found '# a comment'"),
        (text(LEGACY.replace("BaseDateTime", "Timestamp"), LEGACY_ROW), "header: 发现 found 'MMSI,Timestamp"),
        (text(LEGACY.replace("LAT", "latitude"), LEGACY_ROW), "header: 发现 found"),
        (text(CSV2, LEGACY_ROW.replace("T00", " 00").replace("28.10198", "128.1")), "LONGITUDE"),
        (text(LEGACY, LEGACY_ROW + ",more"), "bytes that break"),
        (text(LEGACY, LEGACY_ROW)[:-1], "a last line without its end"),
        (text(LEGACY, LEGACY_ROW, LEGACY_ROW), "row 2: 发现 found 2022-06-01 367777550 2022-06-01T00:00:02 a second"),
        (text(LEGACY, LEGACY_ROW.replace("2022-06-01", "2022-05-01")), "expected a position of 2022-06-01"),
        (text(LEGACY, LEGACY_ROW.replace("T00:00:02", "T25:61:02")), "found '2022-06-01T25:61:02'"),
        (text(LEGACY, LEGACY_ROW.replace("T00:00:02", "T24:00:00")), "found '2022-06-01T24:00:00'"),
        (text(LEGACY, LEGACY_ROW.replace("T00:00:02", "T23:59:60")), "found '2022-06-01T23:59:60'"),
        (text(LEGACY, LEGACY_ROW.replace("28.10198", "")), "row 1, column LATITUDE: 发现 found nothing"),
        (text(LEGACY, LEGACY_ROW.replace("28.10198", "98.1")), "expected at most 90 degrees"),
        (text(LEGACY, LEGACY_ROW.replace(",0.0,360", ",fast,360")), "column SOG: 发现 found 'fast'"),
        (zipped(text(LEGACY, LEGACY_ROW), "../../etc/AIS.csv"), "a member named '../../etc/AIS.csv'"),
        (zipped(zipped(b""), "AIS.zip"), "a member named 'AIS.zip'"),
        (zipped(text(LEGACY), "a.csv", "b.csv"), "an archive of a.csv, b.csv"),
        (zipped(text(LEGACY, LEGACY_ROW))[:-30], "bytes that break"),
        (zstandard.compress(text(CSV2, CSV2_ROW))[:-20], "a Zstandard frame without its end"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_with_its_reason(content: bytes, said: str, tmp_path: Path) -> None:
    if said == "LONGITUDE":
        # Latitude where longitude belongs: the names decide, so the values must show it.
        content = text(CSV2, CSV2_ROW.replace("-96.93931", "-196.9"))
    assert said in refusal(content, tmp_path)


@pytest.mark.parametrize("day", ["00", "30", "31", "1x"])
def test_a_day_that_its_month_has_not_is_refused(day: str, tmp_path: Path) -> None:
    rows = [LEGACY_ROW.replace("2022-06-01", f"2017-02-{number:02d}") for number in (1, 28)]
    assert len(read(text(LEGACY, *rows), tmp_path, "2017-02")) == 2
    bad = LEGACY_ROW.replace("2022-06-01", f"2017-02-{day}")
    assert f"found '2017-02-{day}T00:00:02'" in refusal(text(LEGACY, *rows, bad), tmp_path, "2017-02")


@pytest.mark.parametrize("period", ["....", "2022-06-0[1-9]", "2022-06-0.", "2022", "2022-Q2"])
def test_a_period_is_a_fact_and_no_expression(period: str, tmp_path: Path) -> None:
    said = refusal(text(LEGACY, LEGACY_ROW), tmp_path, period)
    assert f"POSITION_PERIOD: 发现 found '{period}'；应为 expected text of the pattern" in said


@pytest.mark.parametrize("period", ["2022-06-31", "2022-13", "2022-00"])
def test_a_period_is_in_the_calendar(period: str, tmp_path: Path) -> None:
    assert "a day or a month of the calendar" in refusal(text(LEGACY, LEGACY_ROW), tmp_path, period)


@pytest.mark.parametrize("pack", [zstandard.compress, zipped], ids=["zst", "zip"])
def test_a_bomb_is_refused_before_it_fills_memory_or_disk(
    pack: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ais_csv, "FREE_BYTES", 1_000_000)
    rows = (f"{number:09d}{LEGACY_ROW[9:]}" for number in range(100_000))
    bomb = pack(text(LEGACY, *rows) + bytes(60_000_000))  # type: ignore[operator]
    assert "far more bytes unpacked than positions pack into" in refusal(bomb, tmp_path)


def test_a_file_of_many_blocks_is_read_whole_and_numbered_through(tmp_path: Path) -> None:
    rows = (f"{number:09d}{LEGACY_ROW[9:]}" for number in range(120_000))
    found = read(text(LEGACY, *rows), tmp_path)
    assert len(found) == 120_000
    assert [row["_row_number"] for row in found[::40_000]] == [1, 40_001, 80_001]


def test_a_vessel_twice_in_one_second_is_found_in_every_share_of_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ais_csv, "KEYS_AT_A_TIME", 10)
    rows = [f"{number:09d}{LEGACY_ROW[9:]}" for number in range(120)]
    assert len(read(text(LEGACY, *rows), tmp_path)) == 120
    for number in (0, 59, 119):
        said = refusal(text(LEGACY, *rows, rows[number]), tmp_path)
        assert f"row 121: 发现 found 2022-06-01 {number:09d}" in said
        assert f"a second time, first in row {number + 1}；" in said


PEAK = """
import resource, sys
from pathlib import Path
from raw.feed import find_feed
from raw.readers import ais_csv
ais_csv._check_twice(Path(sys.argv[1]), find_feed("port_calls").table("positions"), "x", int(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_the_memory_for_finding_keys_twice_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peaks_mib = []
    for count in (500_000, 4_000_000):
        part = tmp_path / f"{count}.parquet"
        duckdb.execute(
            "copy (select '2022-06-01' as POSITION_PERIOD, (413000000 + i % 20011)::varchar as MMSI,"
            " (timestamp '2022-06-01' + to_milliseconds(i * 86400000 // 4000000))::varchar as BASE_DATE_TIME,"
            f" i as _row_number from range({count}) t(i)) to '{part}' (format parquet)"
        )
        ran = subprocess.run(
            [sys.executable, "-c", PEAK, str(part), str(count)], capture_output=True, text=True, check=True
        )
        peaks_mib.append(int(ran.stdout))
    # Of all keys at once the larger file took 286 MiB more.
    assert peaks_mib[1] - peaks_mib[0] < 100, peaks_mib


# --- the specimens ---------------------------------------------------------------------------------------


def specimen(name: str) -> bytes:
    if not SPECIMENS.is_dir():
        pytest.skip("the specimens are not beside this repository")
    return (SPECIMENS / name).read_bytes()


def test_the_two_true_rows_of_2022_are_read(tmp_path: Path) -> None:
    rows = read(specimen("ais_marinecadastre_2022-06-01_two_real_rows.csv"), tmp_path)
    assert [row["VESSEL_NAME"] for row in rows] == ["HARRY LEE", "JEANNE ARAIN"]
    assert sum(float(row["LATITUDE"]) for row in rows) == pytest.approx(74.26993)
    assert sum(float(row["LONGITUDE"]) for row in rows) == pytest.approx(-220.85361)


def test_the_2017_header_is_the_legacy_one_without_transceiver_and_its_month_is_said(tmp_path: Path) -> None:
    """Names of ships are edited there, names of columns are not: the mapping is exact."""
    rows = read(specimen("ais_fathom5_ten.csv"), tmp_path, "2017-12")
    assert len(rows) == 10
    assert sum(int(row["MMSI"]) for row in rows) == 3_914_418_565
    assert Counter(row["STATUS"] for row in rows) == {
        "moored": 1, "at anchor": 2, "under way using engine": 4, None: 3,
    }  # fmt: skip
    assert {row["TRANSCEIVER_CLASS"] for row in rows} == {None}
    assert rows[0]["IMO"] == "IMO9739666" and rows[5]["CARGO"] is None
    track = read(specimen("ais_fathom5_track.csv"), tmp_path, "2017-12")
    assert len(track) == 12
    assert sum(int(row["MMSI"]) for row in track) == 4_869_034_367
    assert Counter(row["MMSI"] for row in track)["477307901"] == 3


def test_the_bad_headers_are_refused_even_without_their_comment(tmp_path: Path) -> None:
    content = specimen("ais_fathom5_badHeaders.csv")
    assert "header: 发现 found '# Missing" in refusal(content, tmp_path, "2017-12")
    without = content.split(b"\n", 1)[1]
    assert "header: 发现 found 'MMSI,Timestamp" in refusal(without, tmp_path, "2017-12")


def test_the_aliases_of_the_port_are_those_met(tmp_path: Path) -> None:
    del tmp_path
    seed = (DBT_PROJECT / "seeds/reference/port_code_aliases.csv").read_text(encoding="utf-8")
    aliases = {line.split(",")[0] for line in seed.splitlines()[1:]}
    assert aliases == {"CNTAO", "CNQIN", "CNQDP", "CNQDG", "CNQAW", "CN370200"}
    codes = json.loads(specimen("unlocode_2014_CN-37_shandong.json"))
    assert {f"CN{code}" for code in codes.values()} & aliases == {"CNTAO", "CNQIN", "CNQDP", "CNQAW"}


# --- over HTTP -------------------------------------------------------------------------------------------

NOW = date(2024, 1, 5)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(now=end_of(NOW), seed=SEED) as simulated:
        yield simulated


@pytest.fixture
def replica(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    running.faults.clear()
    for name, url in addresses(running.url).items():
        monkeypatch.setenv(name, url)
    monkeypatch.setattr(fetch, "_be_polite", lambda url, interval: None)
    yield running
    running.faults.clear()


def land(root: Path, month: str | None = None) -> list[Landed]:
    return pull(FEED, NOW, landing_root=root / "landing", month=month)


def test_without_a_seed_there_is_nothing_and_that_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serve(now=end_of(NOW)) as honest:
        monkeypatch.setenv("RAW_PORT_CALLS_URL", f"{honest.url}/port_calls")
        assert land(tmp_path) == []


SAID = {
    Fault.CUT_SHORT: "a Zstandard frame without its end", Fault.WRONG_ENCODING: "header: 发现 found",
    Fault.HEADER_RENAMED: "sog_NEW", Fault.COLUMN_MISSING: "header: 发现 found",
    Fault.THOUSANDS_SEPARATORS: "column SOG", Fault.NOT_A_NUMBER: "column SOG: 发现 found '约",
    Fault.DUPLICATE_ROWS: "a second time", Fault.LAST_MONTH: "expected a position of 2024-01-0",
    Fault.WAF_PAGE: "header: 发现 found '<!DOCTYPE html>'", Fault.EMPTY_BODY: "header: 发现 found ''",
    Fault.STATUS_403: "status 403", Fault.STATUS_412: "status 412", Fault.TRUNCATED_GZIP: "breaks off",
}  # fmt: skip
LANDED = {Fault.COLUMN_MOVED, Fault.SILENT_REVISION, Fault.WRONG_CONTENT_TYPE, Fault.PATH_LIKE_NAME}


@pytest.mark.parametrize(
    "fault", [fault for fault in faults_of("port_calls") if fault in SAID or fault in LANDED]
)
def test_every_fault_of_the_data_ends_as_promised(replica: Running, tmp_path: Path, fault: Fault) -> None:
    replica.faults.on("port_calls", fault)
    if fault in LANDED:
        assert len(land(tmp_path, "2024-01")) == 4
        return
    with pytest.raises(BadInput) as caught:
        land(tmp_path, "2024-01")
    assert SAID[fault] in str(caught.value)
    assert list((tmp_path / "landing/port_calls/positions/quarantine").iterdir())
    assert not list((tmp_path / "landing/port_calls/positions").glob("vintage=*"))


def test_what_passes_is_retried_and_landed(replica: Running, tmp_path: Path) -> None:
    for fault in (Fault.STATUS_500, Fault.CONNECTION_RESET):
        replica.faults.on("port_calls", fault, 1)
        assert len(land(tmp_path / fault, "2024-01")) == 4


def test_a_day_that_has_landed_is_asked_for_only_on_condition(
    replica: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(land(tmp_path, "2024-01")) == 4
    said = []
    answered = fetch._answer
    monkeypatch.setattr(
        fetch,
        "_answer",
        lambda response, *more: said.append(response.status_code) or answered(response, *more),
    )
    assert land(tmp_path, "2024-01") == []
    assert said == [200, 304, 304, 304, 304], "the index, and four days that are what they were"
    replica.faults.on("port_calls", Fault.SILENT_REVISION, 1)
    (again,) = land(tmp_path, "2024-01")
    assert again.is_new and again.manifest["etag"]


# --- the calls -------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes() -> None:
    for day in (date(2023, 12, 10), date(2024, 1, 10)):
        made = [
            port_calls.packed(port_calls.as_csv(port_calls.columns(day), port_calls.rows(day, SEED)), day)
            for _ in range(2)
        ]
        assert made[0] == made[1]


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """December 2023 (zip) and January 2024 (Zstandard) landed, and the models of the calls built on them."""
    root = tmp_path_factory.mktemp("calls")
    with pytest.MonkeyPatch.context() as patch, serve(now=end_of(date(2024, 2, 1)), seed=SEED) as january:
        patch.setattr(fetch, "_be_polite", lambda url, interval: None)
        patch.setenv("RAW_PORT_CALLS_URL", f"{january.url}/port_calls")
        pull(FEED, date(2024, 2, 1), landing_root=root / "landing")
    with pytest.MonkeyPatch.context() as patch, serve(now=end_of(date(2023, 12, 31)), seed=SEED) as december:
        patch.setattr(fetch, "_be_polite", lambda url, interval: None)
        patch.setenv("RAW_PORT_CALLS_URL", f"{december.url}/port_calls")
        pull(FEED, date(2023, 12, 31), landing_root=root / "landing", month="2023-12")
    scratch = root / "scratch.duckdb"
    open_landing(scratch, declared_feeds(), root / "landing", date(2024, 2, 1))
    variables = {"as_of_date": "2024-02-01", "reference_month": "2024-01", "release_kind": "rehearsal"}
    ran = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(root / "target"),
            "--log-path", str(root / "target"), "--vars", json.dumps(variables),
            "--select", "+fct_port_calls_monthly", "--exclude-resource-type", "unit_test",
        ],
        env={**os.environ, "BUILD_FILE": str(scratch)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    with duckdb.connect(str(scratch), read_only=True) as connection:
        yield connection


def truth() -> list[port_calls.Call]:
    return [call for month in ("2023-12", "2024-01") for call in port_calls.simulated(month, SEED).calls]


def test_the_calls_simulated_are_the_calls_derived_to_the_minute(derived: duckdb.DuckDBPyConnection) -> None:
    found = derived.execute(
        "select mmsi, harbour_code, arrived_at, left_at from intermediate.int_port_calls__derived"
        " where vessel_type is distinct from 52"
    ).fetchall()
    expected = [
        (call.mmsi, call.harbour, call.arrived.replace(tzinfo=None), call.left.replace(tzinfo=None))
        for call in truth()
    ]
    assert len(expected) == 38
    assert sorted(found) == sorted(expected)


def test_the_mart_counts_them_by_harbour_and_month_in_china(derived: duckdb.DuckDBPyConnection) -> None:
    found = derived.execute(
        "select reference_month, harbour_code, calls_number, unknown_type_calls_number, origin"
        " from fct_port_calls_monthly order by all"
    ).fetchall()
    known = Counter(
        (f"{call.arrived + timedelta(hours=8):%Y-%m}", call.harbour) for call in truth() if call.vessel_type
    )
    unknown = Counter(
        (f"{call.arrived + timedelta(hours=8):%Y-%m}", call.harbour)
        for call in truth()
        if not call.vessel_type
    )
    keys = sorted({*known, *unknown})
    assert found == [(*key, known[key], unknown[key], "simulated") for key in keys]


def test_sentinels_are_null_in_the_warehouse(derived: duckdb.DuckDBPyConnection) -> None:
    said = derived.execute(
        "select max(speed_kn) < 102.3, max(course_degrees) < 360, max(heading_degrees) < 360, min(length_m) > 0,"
        " bool_or(status_code = 15), count(*) filter (where imo_number like 'IMO%')"
        " from intermediate.int_port_calls__positions"
    ).fetchone()
    assert said == (True, True, True, True, False, 0)
