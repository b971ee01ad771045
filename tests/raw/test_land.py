"""Landing: bytes are kept, vintages are added whole, damage and bad input are refused by name."""

from __future__ import annotations

import errno
import gzip
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raw import land
from raw.__main__ import main
from raw.doors import MAX_NAME_BYTES, Extract, Original, short_name
from raw.errors import BadInput
from raw.feed import Feed, Table, find_feed
from raw.land import pull, vintages
from raw.readers import Rows, check_rows, csv, last_day_of

FEED = """
feed: tide_gauges
title_zh: 潮位站
title_en: Tide gauges
publisher: {name_zh: 海洋局, name_en: Ocean office, url: "https://ocean.example/"}
licence: CC0
origin: published
door: drop_folder
schedule: {cron: "0 9 20 * *", expected_day: 20, late_after_days: 5}
request: {extensions: [.csv]}
tables:
  levels:
    format: csv
    key: [STATION, TIME_PERIOD]
    scope: all
    columns:
      STATION: {type: code, required: true, description_zh: 站, description_en: Station}
      TIME_PERIOD: {type: period, required: true, description_zh: 时期, description_en: Period}
      LEVEL: {type: decimal, description_zh: 潮位, description_en: Level, unit: m}
      READ_ON: {type: date, description_zh: 读数日, description_en: Day of reading}
units: [海洋局]
"""
HEADER = "STATION,TIME_PERIOD,LEVEL,READ_ON\n"
FIRST = HEADER + "0101,2022-01,1.50,2022-02-01\n0101,2022-02,1.70,\n"
REVISED = HEADER + "0101,2022-01,1.55,2022-02-01\n"
DAY = date(2022, 12, 31)


class House:
    """One feed, its inbox and its landing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = root / "landing"
        self.inbox = root / "inbox" / "tide_gauges"
        self.table = self.landing / "tide_gauges" / "levels"

    @property
    def feed(self) -> Feed:
        return find_feed("tide_gauges", self.root / "feeds")

    def drop(self, content: str | bytes, name: str = "2022-03-01_levels.csv") -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def pull(self, as_of: date = DAY) -> list[land.Landed]:
        return pull(self.feed, as_of, landing_root=self.landing)

    def known(self, as_of: date = DAY) -> list[land.Vintage]:
        return vintages(self.landing, "tide_gauges", "levels", as_of)

    def refusal(self, as_of: date = DAY) -> str:
        with pytest.raises(BadInput) as caught:
            self.pull(as_of)
        return str(caught.value)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    house = House(tmp_path)
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "tide_gauges.yml").write_text(FEED, encoding="utf-8")
    monkeypatch.setenv("RAW_FEEDS", str(tmp_path / "feeds"))
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("RAW_LANDING", str(tmp_path / "landing"))
    return house


def scoped(house: House) -> None:
    path = house.root / "feeds" / "tide_gauges.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("scope: all", "scope: [STATION]"), encoding="utf-8")


# --- vintages ----------------------------------------------------------------------------------------


def test_a_vintage_holds_bytes_rows_and_manifest(house: House) -> None:
    house.drop("\ufeff" + FIRST)
    [landed] = house.pull()
    assert landed.is_new
    assert landed.vintage_dir == house.table / "vintage=2022-12-31"
    assert (landed.vintage_dir / "2022-03-01_levels.csv").read_bytes() == ("\ufeff" + FIRST).encode()
    rows = pq.read_table(landed.vintage_dir / "part.parquet").to_pylist()
    assert rows[0] == {
        "STATION": "0101",
        "TIME_PERIOD": "2022-01",
        "LEVEL": "1.50",
        "READ_ON": "2022-02-01",
        "_row_number": 1,
        "_place": "row 1",
    }
    assert rows[1]["READ_ON"] is None
    manifest = json.loads((landed.vintage_dir / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == landed.manifest
    told = {
        name: manifest[name] for name in ("vintage_date", "vintage_sequence", "scope", "origin", "licence")
    }
    assert told == {
        "vintage_date": "2022-12-31",
        "vintage_sequence": 1,
        "scope": "all",
        "origin": "published",
        "licence": "CC0",
    }
    assert manifest["row_count"] == 2
    assert manifest["url"] == "inbox:tide_gauges/2022-03-01_levels.csv"


def test_same_checksum_no_new_vintage(house: House) -> None:
    house.drop(FIRST)
    house.pull()
    [again] = house.pull(date(2023, 6, 30))
    assert not again.is_new
    assert again.vintage_dir.name == "vintage=2022-12-31"
    assert len(house.known(date.max)) == 1


def test_a_revision_on_the_same_day_is_number_two_and_withdrawn_rows_are_not_in_it(house: House) -> None:
    house.drop(FIRST)
    house.pull()
    house.drop(REVISED)
    [landed] = house.pull()
    assert landed.vintage_dir.name == "vintage=2022-12-31_2"
    assert [vintage.vintage_sequence for vintage in house.known()] == [1, 2]
    assert pq.read_table(house.known()[-1].part).column("LEVEL").to_pylist() == ["1.55"]
    assert pq.read_table(house.known()[0].part).num_rows == 2


def test_a_figure_that_is_taken_back_gives_a_third_vintage(house: House) -> None:
    for content in (FIRST, REVISED, FIRST):
        house.drop(content)
        house.pull()
    assert [vintage.manifest["row_count"] for vintage in house.known()] == [2, 1, 2]


def test_ten_versions_of_a_day_stay_in_order(house: House) -> None:
    for number in range(11):
        house.drop(HEADER + f"0101,2022-01,{number},\n")
        house.pull()
    assert [vintage.vintage_sequence for vintage in house.known()] == list(range(1, 12))
    assert house.known()[-1].path.name == "vintage=2022-12-31_11"


def test_a_backdated_replay_lands_its_own_vintage(house: House) -> None:
    house.drop(REVISED)
    house.pull(date(2026, 11, 1))
    house.drop(FIRST)
    [landed] = house.pull()
    assert landed.is_new
    assert [str(vintage.vintage_date) for vintage in house.known()] == ["2022-12-31"]
    assert [str(vintage.vintage_date) for vintage in house.known(date.max)] == ["2022-12-31", "2026-11-01"]
    house.drop(REVISED)
    [same_bytes] = house.pull(date(2024, 1, 1))
    assert same_bytes.is_new, "what was known in 2024 may not be taken from 2026"


def test_nothing_dropped_lands_nothing(house: House) -> None:
    assert house.pull() == []
    assert house.known() == []


# --- what a reader did not foresee ---------------------------------------------------------------------


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The reader of csv fails at the file bad.csv."""
    plain = csv.read

    def read(content: bytes, table: Table, file_name: str) -> Rows:
        if file_name == "2022-12-01_bad.csv":
            raise error
        return plain(content, table, file_name)

    monkeypatch.setattr(csv, "read", read)


@pytest.mark.parametrize(
    "error", [TypeError("no list"), RecursionError("deep"), KeyError("x"), gzip.BadGzipFile("odd")]
)
def test_a_reader_that_crashes_keeps_no_other_file_out(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    scoped(house)
    house.drop(HEADER + "A,2022-01,1,\n", "2022-12-01_bad.csv")
    house.drop(HEADER + "B,2022-01,2,\n", "2022-12-01_good.csv")
    failing(monkeypatch, error)
    said = house.refusal()
    assert (
        "2022-12-01_bad.csv (inbox:tide_gauges/2022-12-01_bad.csv): 发现 found something that the reader csv did not foresee"
        in said
    )
    assert type(error).__name__ in said
    assert [vintage.scope for vintage in house.known()] == ["STATION=B"]
    (kept,) = house.table.glob("quarantine/*/2022-12-01_bad.csv")
    assert kept.read_text(encoding="utf-8") == HEADER + "A,2022-01,1,\n"
    assert any(record.exc_info for record in caplog.records), "the traceback is for the engineer"


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOSPC, "no space left")])
def test_trouble_of_this_machine_is_not_the_files_fault(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    house.drop(FIRST, "2022-12-01_bad.csv")
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        house.pull()


def test_what_a_reader_takes_for_text_and_is_none_is_refused_by_its_cell(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Rows(["STATION", "TIME_PERIOD"], [{"STATION": ["A"], "TIME_PERIOD": "2022"}], ["row 1"])  # type: ignore[dict-item]
    monkeypatch.setattr(csv, "read", lambda *given: found)
    house.drop(FIRST)
    assert "levels.csv, row 1, column STATION: 发现 found list ['A']；应为 expected text" in house.refusal()


# --- scopes ------------------------------------------------------------------------------------------


def test_a_file_replaces_only_its_scope(house: House) -> None:
    scoped(house)
    house.drop(HEADER + "A,2022-01,1,\n", "2022-03-01_a.csv")
    house.drop(HEADER + "B,2022-01,2,\n", "2022-03-01_b.csv")
    assert [landed.manifest["scope"] for landed in house.pull()] == ["STATION=A", "STATION=B"]
    assert [landed.is_new for landed in house.pull()] == [False, False]


def test_two_files_of_one_scope_do_not_take_turns(house: House) -> None:
    scoped(house)
    house.drop(HEADER + "A,2022-01,1,\n", "2022-02-01_a.csv")
    house.drop(HEADER + "A,2022-01,2,\n", "2022-03-01_a.csv")
    assert [landed.is_new for landed in house.pull()] == [True, True]
    assert [landed.is_new for landed in house.pull()] == [False, False]
    assert pq.read_table(house.known()[-1].part).column("LEVEL").to_pylist() == ["2"]


def test_an_older_report_that_comes_late_does_not_win(house: House) -> None:
    scoped(house)
    house.drop(HEADER + "A,2022-01,2,\n", "2022-03-01_a.csv")
    house.pull()
    house.drop(HEADER + "A,2022-01,1,\n", "2022-02-01_a.csv")
    house.pull()
    assert pq.read_table(house.known()[-1].part).column("LEVEL").to_pylist() == ["2"]
    assert [landed.is_new for landed in house.pull()] == [False, False]


def test_two_scopes_in_one_file_are_refused(house: House) -> None:
    scoped(house)
    house.drop(HEADER + "A,2022-01,1,\nB,2022-01,1,\n")
    assert "2 values of STATION: A, B" in house.refusal()


# --- what was known when -----------------------------------------------------------------------------


def test_a_file_dated_by_its_name_is_not_known_before(house: House) -> None:
    house.drop(FIRST, "2023-04-30_levels.csv")
    assert house.pull(date(2023, 4, 29)) == []
    [landed] = house.pull(date(2023, 4, 30))
    assert landed.manifest["published_at"] == "2023-04-30"


def test_a_file_without_a_day_is_known_from_the_day_it_arrived(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.drop(FIRST, "levels.csv")
    today = datetime.now(UTC).astimezone().date()
    assert house.pull(today - timedelta(days=1)) == []
    assert f"arrived on {today}" in caplog.text and (house.inbox / "levels.csv").is_file()
    [landed] = house.pull(today)
    assert (landed.manifest["known_from"], landed.manifest["published_at"]) == (str(today), None)


def test_a_period_that_ends_after_the_day_of_the_file_is_refused(house: House) -> None:
    house.drop(FIRST, "2022-02-27_levels.csv")
    assert "figures of 2022-02, which ends on 2022-02-28" in house.refusal()
    assert not list(house.table.glob("vintage=*"))


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ("2024", "2024-12-31"), ("2024-S1", "2024-06-30"), ("2024-Q3", "2024-09-30"), ("2024-02", "2024-02-29"),
        ("2024-W01", "2024-01-07"), ("2024-02-03", "2024-02-03"), ("2024-W53", None), ("2024-13", None),
        ("soon", None),
    ],
)  # fmt: skip
def test_a_period_ends_on_its_last_day(period: str, end: str | None) -> None:
    assert last_day_of(period) == (date.fromisoformat(end) if end else None)


def test_a_return_is_not_known_before_it_was_reported(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(content: bytes, table: object, file_name: str) -> Rows:
        record = {"STATION": "A", "TIME_PERIOD": "2022-01", "LEVEL": "1", "READ_ON": None}
        return Rows(list(record), [record], ["填报!E7"], "UNIT=A", "2023-01-15", date(2023, 1, 15))

    monkeypatch.setattr("raw.readers.csv.read", reader)
    house.drop(FIRST)
    assert house.pull() == []
    [landed] = house.pull(date(2023, 1, 15))
    assert (landed.manifest["scope"], landed.manifest["published_at"]) == ("UNIT=A", "2023-01-15")
    row = pq.read_table(landed.vintage_dir / "part.parquet").to_pylist()[0]
    assert (row["_row_number"], row["_place"]) == (7, "填报!E7")


# --- damage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2022-03-01_levels.csv", "part.parquet", "manifest.json"])
def test_one_damaged_byte_is_refused(house: House, name: str) -> None:
    house.drop(FIRST)
    house.pull()
    path = house.table / "vintage=2022-12-31" / name
    content = bytearray(path.read_bytes())
    marks = {"2022-03-01_levels.csv": b"1.50", "manifest.json": b"2022-12-31"}
    place = content.index(marks[name]) if name in marks else content.rindex(b"2")
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        house.known()
    message = str(caught.value)
    assert str(path) in message
    assert "sha256" in message
    assert "restore from backup or pull again: move the folder" in message
    assert "python -m raw pull tide_gauges --as-of 2022-12-31" in message
    assert str(path) in house.refusal(), "a pull does not build upon damage"


@pytest.mark.parametrize("name", ["2022-03-01_levels.csv", "part.parquet", "manifest.json"])
def test_a_missing_file_is_refused(house: House, name: str) -> None:
    house.drop(FIRST)
    house.pull()
    (house.table / "vintage=2022-12-31" / name).unlink()
    with pytest.raises(BadInput, match=name):
        house.known()


def test_a_renamed_vintage_is_refused(house: House) -> None:
    house.drop(FIRST)
    house.pull()
    (house.table / "vintage=2022-12-31").rename(house.table / "vintage=2021-12-31")
    with pytest.raises(BadInput, match="its folder"):
        house.known()


def test_a_copy_by_hand_is_refused(house: House) -> None:
    (house.table / "vintage=2022-12-31 (1)").mkdir(parents=True)
    with pytest.raises(BadInput, match="a folder named"):
        house.known()


def test_later_damage_does_not_hinder_an_earlier_day(house: House) -> None:
    house.drop(FIRST)
    house.pull()
    house.drop(REVISED)
    house.pull(date(2024, 1, 1))
    (house.table / "vintage=2024-01-01" / "2022-03-01_levels.csv").write_bytes(b"")
    assert len(house.known()) == 1


# --- whole or not at all -----------------------------------------------------------------------------


def test_a_crash_before_the_rename_leaves_no_vintage(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    house.drop(FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            house.pull()
    assert house.known() == []
    assert house.pull()[0].is_new


def test_what_a_killed_pull_left_aside_is_no_vintage_and_is_cleared(house: House) -> None:
    leftover = house.table / ".incoming-abc"
    leftover.mkdir(parents=True)
    (leftover / "part.parquet").write_bytes(b"half")
    house.drop(FIRST)
    assert house.known() == []
    house.pull()
    assert not leftover.exists()


def test_pulls_at_the_same_time_land_once(house: House) -> None:
    house.drop(FIRST)
    threads = [threading.Thread(target=house.pull) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.known()) == 1


# --- bad input ---------------------------------------------------------------------------------------


def test_bad_rows_are_refused_all_at_once_and_kept(house: House) -> None:
    bad = HEADER + '01 01,2022-13,1.5.0,2022-02-30\n,2022-01,"1,700",\n'
    house.drop(bad)
    message = house.refusal()
    for place in (
        "2022-03-01_levels.csv, row 1, column STATION: 发现 found '01 01'；应为 expected a code without blanks",
        "2022-03-01_levels.csv, row 1, column TIME_PERIOD: 发现 found '2022-13'；应为 expected a period",
        "2022-03-01_levels.csv, row 1, column LEVEL: 发现 found '1.5.0'；应为 expected a number",
        "2022-03-01_levels.csv, row 1, column READ_ON: 发现 found '2022-02-30'；应为 expected a date",
        "2022-03-01_levels.csv, row 2, column STATION: 发现 found nothing；应为 expected a value",
        "2022-03-01_levels.csv, row 2, column LEVEL: 发现 found '1,700'",
    ):
        assert place in message
    [kept] = (house.table / "quarantine").iterdir()
    assert kept.name.startswith("2022-12-31_")
    assert (kept / "2022-03-01_levels.csv").read_bytes() == bad.encode()
    assert len(json.loads((kept / "problems.json").read_text(encoding="utf-8"))["problems"]) == 6
    assert str(kept) in message
    assert house.known() == []


def test_a_duplicate_period_names_both_rows(house: House) -> None:
    house.drop(HEADER + "A,2022-01,1,\nA,2022-02,1,\nA,2022-01,2,\n")
    message = house.refusal()
    assert (
        "row 3: 发现 found a duplicate period: STATION=A, TIME_PERIOD=2022-01 stands in row 1 already"
        in message
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "expected 1 to"),
        (FIRST.replace("LEVEL", "HEIGHT"), "no column 'LEVEL'"),
        (FIRST.replace("LEVEL", "HEIGHT"), "an unknown column 'HEIGHT'"),
        (FIRST.replace("READ_ON", "LEVEL"), "column 'LEVEL' more than once"),
        (HEADER, "no rows"),
        (HEADER + "A,2022-01,1\n", "row 1: 发现 found 3 cells；应为 expected 4"),
        (HEADER + 'A,2022-01,"1', "expected comma-separated values"),
        ("潮位\n".encode("gb18030"), "which is not UTF-8"),
        (HEADER + "A,2022-01,1234567890123456789,\n", "at most 18 digits"),
        (HEADER + "A,2022-01,NaN,\n", "a number"),
        (HEADER + "A,2022-01,１２,\n", "a number"),
    ],
)
def test_broken_files(house: House, content: str | bytes, expected: str) -> None:
    house.drop(content)
    assert expected in house.refusal()


def test_one_bad_file_does_not_keep_the_others_out(house: House) -> None:
    scoped(house)
    house.drop("?", "2022-03-01_a.csv")
    house.drop(HEADER + "B,2022-01,2,\n", "2022-03-01_b.csv")
    house.drop("macro", "c.xlsm")
    message = house.refusal()
    assert "2022-03-01_a.csv" in message
    assert "c.xlsm: 发现 found a file *.xlsm；应为 expected one of .csv" in message
    assert [vintage.scope for vintage in house.known()] == ["STATION=B"]


def test_hidden_and_lock_files_are_left_alone_and_links_refused(house: House) -> None:
    house.drop(FIRST)
    house.drop("x", ".DS_Store")
    house.drop("x", "~$levels.csv")
    assert len(house.pull()) == 1
    (house.inbox / "link.csv").symlink_to("/etc/passwd")
    assert "link.csv: 发现 found a folder or a link" in house.refusal()


def test_everything_withdrawn_is_not_believed(house: House) -> None:
    house.drop(FIRST)
    house.pull()
    house.drop(HEADER)
    assert "an empty answer is mostly a fault" in house.refusal(date(2023, 1, 1))
    assert len(house.known(date.max)) == 1


class _Door:
    """A door that hands out what a test gives it."""

    def __init__(self, extract: Extract) -> None:
        self.extract = extract

    def extracts(self, feed: Feed, table: str, as_of: date, month: str | None) -> Iterator[Extract]:
        yield self.extract


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ({"row_count": 3}, "found row_count 2；应为 expected 3, the publisher's own total"),
        ({"tonnes": 3}, "a total nobody here can count"),
    ],
)
def test_totals_are_reconciled(
    house: House, monkeypatch: pytest.MonkeyPatch, control: dict[str, int], expected: str
) -> None:
    extract = Extract(
        (Original("levels.csv", FIRST.encode()),), "https://a.example/", "text/csv", None, control
    )
    monkeypatch.setattr(land, "doors", lambda feed, table_name: [(_Door(extract), feed)])
    assert expected in house.refusal()


def test_a_declared_total_must_come(house: House) -> None:
    path = house.root / "feeds" / "tide_gauges.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("scope: all", "control: [row_count]"), encoding="utf-8"
    )
    house.drop(FIRST)
    assert "no total row_count" in house.refusal()


def test_names_and_companions_stay_in_their_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    companions = {"../../x.json": b"{}", "manifest.json": b"[]", "evil.csv": b"2"}
    extract = Extract(
        (Original("../../evil.csv", FIRST.encode()),), "https://a.example/", "text/csv", companions=companions
    )
    monkeypatch.setattr(land, "doors", lambda feed, table_name: [(_Door(extract), feed)])
    [landed] = house.pull()
    names = {path.name for path in landed.vintage_dir.iterdir()}
    assert names == {
        "evil.csv",
        "companion_evil.csv",
        "x.json",
        "original_manifest.json",
        "manifest.json",
        "part.parquet",
    }
    (landed.vintage_dir / "x.json").write_bytes(b"[]")
    with pytest.raises(BadInput, match=r"x\.json"):
        house.known()


def test_a_name_longer_than_a_file_system_takes_is_cut_and_others_stay_apart(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["海" * 300 + end for end in ("甲.csv", "乙.csv", "." + "丙" * 100)]
    companions = {f"{'x' * 300}{number}.facts.json": b"{}" for number in (1, 2)}
    originals = tuple(Original(name, FIRST.encode()) for name in names)
    extract = Extract(originals[:1], "https://a.example/", "text/csv", companions=companions)
    monkeypatch.setattr(land, "doors", lambda feed, table_name: [(_Door(extract), feed)])
    [landed] = house.pull()
    kept = [path.name for path in landed.vintage_dir.iterdir()]
    assert len(kept) == 5 and all(len(name.encode()) <= MAX_NAME_BYTES for name in kept)
    assert landed.manifest["file_name"].startswith("海海") and landed.manifest["file_name"].endswith(".csv")
    assert len(house.known()) == 1
    assert len({short_name(name) for name in names}) == 3
    assert short_name("海" * 65 + ".csv") == "海" * 65 + ".csv"


def test_the_bytes_of_a_refused_file_of_a_long_name_are_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = Extract((Original("x" * 300 + ".csv", b"nothing"),), "https://a.example/", "text/csv")
    monkeypatch.setattr(land, "doors", lambda feed, table_name: [(_Door(extract), feed)])
    assert "the bytes are kept in" in house.refusal()
    (kept,) = (house.table / "quarantine").glob("*/x*.csv")
    assert kept.read_bytes() == b"nothing"


# --- any text survives, nothing else gets through ----------------------------------------------------


@given(
    cells=st.lists(
        st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False, places=4),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_are_landed_as_they_were_written(house: House, cells: list[object]) -> None:
    lines = [f"S{number},2022-01,{cell:f},\n" for number, cell in enumerate(cells)]
    house.drop(HEADER + "".join(lines))
    [landed] = house.pull()
    assert pq.read_table(landed.vintage_dir / "part.parquet").column("LEVEL").to_pylist() == [
        f"{cell:f}" for cell in cells
    ]


@given(text=st.text(max_size=12))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cell_is_a_number_for_us_only_if_it_is_one_for_the_store(house: House, text: str) -> None:
    table = house.feed.tables["levels"]
    record: dict[str, str | None] = {"STATION": "A", "TIME_PERIOD": "2022", "LEVEL": text, "READ_ON": None}
    try:
        check_rows(Rows(list(record), [record], ["row 1"]), table, "f")
    except BadInput:
        return
    assert text == "" or abs(float(text)) < 1e18


# --- over HTTP, and from the shell -------------------------------------------------------------------


class _Server(BaseHTTPRequestHandler):
    """Serves FIRST; `/broken` breaks off."""

    def do_GET(self) -> None:
        body = FIRST.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Length", str(len(body) + 9 * self.path.startswith("/broken")))
        self.send_header("Last-Modified", "Wed, 01 Jun 2022 10:00:00 GMT")
        self.send_header("X-Total-Count", "2")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("RAW_TIDE_GAUGES_URL", f"http://127.0.0.1:{server.server_port}")
    yield house
    server.shutdown()
    server.server_close()
    thread.join()


def over_http(house: House, path: str) -> None:
    file = house.root / "feeds" / "tide_gauges.yml"
    request = f"{{path: {path}, accept: [text/csv], row_count_header: X-Total-Count}}"
    text = file.read_text(encoding="utf-8").replace("door: drop_folder", "door: http_file")
    file.write_text(text.replace("{extensions: [.csv]}", request), encoding="utf-8")


def test_a_file_over_http(served: House) -> None:
    over_http(served, "'{table}/{month}.csv'")
    [landed] = pull(served.feed, DAY, landing_root=served.landing, month="2022-12")
    assert landed.manifest["file_name"] == "2022-12.csv"
    assert landed.manifest["url"].endswith("/levels/2022-12.csv")
    assert landed.manifest["published_at"] == "2022-06-01"
    assert landed.manifest["control"] == {"row_count": {"expected": 2, "found": 2}}


def test_a_file_changed_later_was_not_known(served: House) -> None:
    over_http(served, "levels.csv")
    assert served.pull(date(2022, 5, 31)) == []
    assert len(served.pull(date(2022, 6, 2))) == 1


def test_an_address_that_needs_a_month_says_so(served: House) -> None:
    over_http(served, "'{month}.csv'")
    assert "--month 2022-12" in served.refusal()


def test_a_truncated_body_is_kept(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    over_http(served, "broken.csv")
    assert "a truncated body" in served.refusal()
    [kept] = (served.table / "quarantine").iterdir()
    assert (kept / "levels.body").read_bytes() == FIRST.encode()


def test_the_shell(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.drop(FIRST)
    assert main(["probe", "tide_gauges"]) == 0
    probed = capsys.readouterr().out
    assert "LEVEL (decimal): 2/2, 2 values, 1.50 … 1.70" in probed
    assert "READ_ON (date): 1/2" in probed
    assert not house.landing.exists(), "a probe writes nothing"
    assert main(["pull", "tide_gauges", "--as-of", "2022-12-31"]) == 0
    assert "new\t2 rows" in capsys.readouterr().out
    assert main(["list"]) == 0
    assert "vintage=2022-12-31 (2 rows, 1 个版本 / vintages)" in capsys.readouterr().out
    house.drop("?")
    assert main(["pull", "tide_gauges"]) == 2
    assert "2022-03-01_levels.csv" in capsys.readouterr().err
    assert main(["pull", "tide_gauges", "--as-of", "2999-01-01"]) == 2
    assert "a day up to today" in capsys.readouterr().err
