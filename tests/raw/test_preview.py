"""`python -m raw read`: what we would make of a file, without landing it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raw.__main__ import main
from raw.readers import csv as csv_reader

FEED = """
feed: tide_gauges
title_zh: 验潮站
title_en: Tide gauges
publisher: {name_zh: 测试, name_en: Test, url: https://tides.example/}
licence: 测试 / test
origin: published
door: drop_folder
schedule: {cron: "0 7 5 * *", expected_day: 5, late_after_days: 3}
request: {files: {levels: "levels*", stations: "stations*"}}
tables:
  levels:
    format: csv
    key: [GAUGE]
    facts: [MONTH]
    scope: [MONTH]
    key: [GAUGE, MONTH]
    columns:
      GAUGE: {type: code, required: true, description_zh: 站, description_en: Gauge}
      MONTH: {type: period, required: true, description_zh: 月, description_en: Month}
      LEVEL: {type: decimal, description_zh: 潮位, description_en: Level}
  stations:
    format: csv
    key: [GAUGE]
    columns:
      GAUGE: {type: code, required: true, description_zh: 站, description_en: Gauge}
      NAME: {type: text, description_zh: 名称, description_en: Name}
units: [hyfzj]
notes: []
"""
LEVELS = "GAUGE,LEVEL\n007,9.5\n008,10.25\n009,\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "tide_gauges.yml").write_text(
        FEED.replace("    key: [GAUGE]\n    facts", "    facts"), encoding="utf-8"
    )
    monkeypatch.setenv("RAW_FEEDS", str(feeds))
    monkeypatch.setenv("RAW_LANDING", str(tmp_path / "landing"))
    made = tmp_path / "levels.csv"
    made.write_text(LEVELS, encoding="utf-8")
    return made


def read(file: Path, *more: str) -> int:
    return main(["read", "tide_gauges", str(file), *more])


def test_a_reader_that_crashes_is_told_as_a_pull_tells_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise TypeError("no list")

    monkeypatch.setattr(csv_reader, "read", crash)
    assert read(file, "--set", "MONTH=2022-12") == 2
    told = capsys.readouterr().err
    assert "something that the reader csv did not foresee: TypeError" in told and "Remedy" in told


def test_the_summary_and_the_first_rows(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(file, "--set", "MONTH=2022-12") == 0
    shown = capsys.readouterr().out
    assert "tide_gauges.levels: levels.csv" in shown
    assert "rows 3" in shown
    assert "MONTH=2022-12" in shown
    # Numbers are ordered as numbers, and shown as they were written.
    assert "LEVEL (decimal): 2/3, 2 values, 9.5 … 10.25" in shown
    assert "— row 1\n  GAUGE: 007\n  MONTH: 2022-12\n  LEVEL: 9.5\n" in shown
    assert not (file.parent / "landing").exists(), "nothing is landed"


def test_the_rows_as_csv_json_and_parquet(file: Path, tmp_path: Path) -> None:
    rows = [
        {"GAUGE": "007", "MONTH": "2022-12", "LEVEL": "9.5", "place": "row 1"},
        {"GAUGE": "008", "MONTH": "2022-12", "LEVEL": "10.25", "place": "row 2"},
        {"GAUGE": "009", "MONTH": "2022-12", "LEVEL": None, "place": "row 3"},
    ]
    for kind in ("csv", "json", "parquet"):
        target = tmp_path / f"rows.{kind}"
        assert read(file, "--set", "MONTH=2022-12", "--to", kind, "--output", str(target)) == 0
    assert json.loads((tmp_path / "rows.json").read_text(encoding="utf-8")) == rows
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == rows
    found = list(csv.DictReader((tmp_path / "rows.csv").open(encoding="utf-8")))
    assert found == [{name: text or "" for name, text in row.items()} for row in rows]


def test_rows_go_to_standard_output(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", taken)
    assert read(file, "--set", "MONTH=2022-12", "--to", "csv") == 0
    assert taken.buffer.getvalue().decode().splitlines()[1] == "007,2022-12,9.5,row 1"  # type: ignore[attr-defined]


def test_a_sidecar_says_what_the_file_does_not(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sidecar = file.with_name("levels.csv.facts.json")
    sidecar.write_text(json.dumps({"MONTH": "2022-11", "row_count": 3, "origin": "simulated"}), "utf-8")
    assert read(file) == 0
    assert "MONTH: 2022-11" in capsys.readouterr().out
    assert read(file, "--set", "MONTH=2022-12") == 0
    assert "MONTH: 2022-12" in capsys.readouterr().out, "--set goes before the sidecar"
    sidecar.write_text(json.dumps({"MONTH": "2022-11", "row_count": 4}), encoding="utf-8")
    assert read(file) == 2
    assert "row_count 3；应为 expected 4, the publisher's own total" in capsys.readouterr().err


def test_a_file_whose_name_leaves_no_room_for_a_sidecar_is_read(file: Path) -> None:
    for name in ("海" * 83 + ".csv", "海" * 82 + ".2.csv"):
        long = file.rename(file.with_name(name))
        assert read(long, "--set", "MONTH=2022-12") == 0
        file = long


def test_a_slip_in_a_sidecar_is_told_as_the_drop_folder_tells_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sidecar = file.with_name("levels.csv.facts.json")
    sidecar.write_text(json.dumps({"MONHT": "2022-11"}), encoding="utf-8")
    assert read(file) == 2
    assert f"{sidecar}: 发现 found an unknown name 'MONHT' (did you mean 'MONTH'?)" in capsys.readouterr().err
    for slip in ("some", "3", True, 3.5, -1):
        sidecar.write_text(json.dumps({"MONTH": "2022-11", "row_count": slip}), encoding="utf-8")
        assert read(file) == 2
        told = capsys.readouterr().err
        assert f"{sidecar}, row_count: 发现 found {json.dumps(slip)}；应为 expected a whole number" in told
        assert "pydantic" not in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"MONTH": "2022-11",}', "found no JSON at line 1, column "),
        ('["MONTH"]', "found JSON that is no object: ['MONTH']"),
        ('{"MONTH": "2022-11", "MONTH": "2022-12"}', "found MONTH more than once"),
        ('{"MONTH": true}', "MONTH: 发现 found true；应为 expected text in quotes"),
        (
            '{"MONTH": "2022-11", "origin": "real"}',
            'origin: 发现 found "real"；应为 expected published, returned',
        ),
        (
            '{"MONTH": "2022-11", "known_from": 1700000000}',
            "known_from: 发现 found 1700000000；应为 expected a day",
        ),
        ('{"MONTH": "2022-11", "known_from": "2999-01-01"}', "2999-01-01；应为 expected a day up to today"),
        ('{"MONTH": "2022-11", "parts": 2}', "parts: 发现 found 2, and 1 given；应为 expected all parts"),
    ],
)
def test_a_sidecar_that_is_none_is_told_in_our_words(
    file: Path, text: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.with_name("levels.csv.facts.json").write_text(text, encoding="utf-8")
    assert read(file) == 2
    refusal = capsys.readouterr().err
    assert told in refusal and "pydantic" not in refusal


def test_a_sidecar_may_begin_with_a_byte_order_mark(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.with_name("levels.csv.facts.json").write_text('{"MONTH": "2022-11"}', encoding="utf-8-sig")
    assert read(file) == 0
    assert "MONTH: 2022-11" in capsys.readouterr().out


def test_the_parts_of_one_download(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = tmp_path / "levels_2.csv"
    second.write_text("GAUGE,LEVEL\n010,1\n", encoding="utf-8")
    assert main(["read", "tide_gauges", str(file), str(second), "--set", "MONTH=2022-12"]) == 0
    assert "rows 4" in capsys.readouterr().out


def test_a_refused_file_says_why_for_the_table_it_is_nearest_to(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(file) == 2
    told = capsys.readouterr().err
    assert "[levels] levels.csv: 发现 found nobody says its MONTH" in told
    assert "--set MONTH=…" in told
    assert "1 other tables that refuse it too (stations)" in told
    assert len(told.splitlines()) == 2, "what a file of stations would need helps nobody here"
    other = file.rename(file.with_name("gauges.csv"))
    other.write_text(LEVELS.replace("9.5", "about 9"), encoding="utf-8")
    assert read(other, "--set", "MONTH=2022-12") == 2
    told = capsys.readouterr().err
    assert "[levels] gauges.csv, row 1, column LEVEL: 发现 found 'about 9'" in told
    assert len(told.splitlines()) == 2, "no name tells the table, but the layout does"


def test_a_refused_row_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(LEVELS.replace("9.5", "about 9"), encoding="utf-8")
    assert read(file, "--table", "levels", "--set", "MONTH=2022-12") == 2
    told = capsys.readouterr().err
    assert "levels.csv, row 1, column LEVEL: 发现 found 'about 9'；应为 expected a number" in told
    assert "Remedy: " in told


def test_a_table_is_asked_for_where_several_accept_the_file(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = file.parent / "feeds" / "tide_gauges.yml"
    feed.write_text(
        feed.read_text(encoding="utf-8").replace("NAME: {type: text", "LEVEL: {type: text"), "utf-8"
    )
    assert read(file, "--set", "MONTH=2022-12") == 2
    assert "--table NAME" in capsys.readouterr().err
    assert read(file, "--set", "MONTH=2022-12", "--table", "stations") == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--set", "MONHT=2022-12"], "did you mean 'MONTH'?"),
        (["--set", "MONTH"], "expected KEY=VALUE"),
        (["--set", "row_count=many"], "a whole number"),
        (["--table", "level"], "one of levels, stations"),
        (["--output", "x.csv"], "add --to"),
        (
            ["--set", "MONTH=2022-11", "--set", "MONTH=2022-12"],
            "found '2022-11' and '2022-12'；应为 expected one",
        ),
        (
            ["--set", "MONTH=2022-12", "--to", "csv", "--output", "/nowhere/x.csv"],
            "/nowhere/x.csv: 发现 found no place",
        ),
        (["--set", "MONTH=2022-12", "--to", "csv", "--output", "/"], "/: 发现 found no place for a file"),
    ],
)
def test_slips_on_the_command_line(
    file: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(file, *arguments) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(file.with_name("nowhere.csv")) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_streaming_reader_is_read_too(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from raw.readers import Read
    from raw.readers import csv as reader

    def read_into(extract: object, table: object, target: Path) -> Read:
        columns = {"GAUGE": ["1"], "MONTH": ["2022-12"], "LEVEL": ["1,234.5"], "NAME": ["?"]}
        pq.write_table(pa.table({**columns, "_row_number": [1], "_place": ["row 1"]}), target)
        return Read(1, "all")

    monkeypatch.setattr(reader, "read_into", read_into, raising=False)
    assert read(file, "--table", "levels") == 0
    assert "LEVEL (decimal): 1/1, 1 values, 1,234.5 … 1,234.5" in capsys.readouterr().out


def test_the_sidecar_of_a_download_in_parts(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = file.rename(file.with_name("levels.1.csv"))
    said = {"MONTH": "2022-11", "parts": 1, "row_count": 3}
    file.with_name("levels.csv.facts.json").write_text(json.dumps(said), encoding="utf-8")
    assert read(part) == 0
    assert "MONTH: 2022-11" in capsys.readouterr().out


def test_a_file_without_rows_is_refused_as_a_pull_refuses_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("GAUGE,NAME\n", encoding="utf-8")
    assert read(file, "--table", "stations") == 2
    assert "found no rows；应为 expected at least one row" in capsys.readouterr().err
    assert read(file, "--table", "stations", "--set", "row_count=0") == 0


def test_a_total_that_the_feed_declares_must_be_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed = file.parent / "feeds" / "tide_gauges.yml"
    text = feed.read_text(encoding="utf-8").replace(
        "facts: [MONTH]", "facts: [MONTH]\n    control: [row_count]"
    )
    feed.write_text(text, encoding="utf-8")
    assert read(file, "--table", "levels", "--set", "MONTH=2022-12") == 2
    assert "found no total row_count" in capsys.readouterr().err
    assert read(file, "--table", "levels", "--set", "MONTH=2022-12", "--set", "row_count=3") == 0


def test_a_period_that_has_not_ended_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(file, "--table", "levels", "--set", "MONTH=2999-12") == 2
    assert "found figures of 2999-12, which ends on 2999-12-31" in capsys.readouterr().err


def test_who_reads_the_rows_may_stop_reading(file: Path) -> None:
    file.write_text("GAUGE,LEVEL\n" + "".join(f"{n},1\n" for n in range(20_000)), encoding="utf-8")
    asked = [sys.executable, "-m", "raw", "read", "tide_gauges", str(file), "--set", "MONTH=2022-12"]
    for more in (["--to", "csv"], []):
        running = subprocess.Popen([*asked, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert (running.wait(), running.stderr.read()) == (0, b"")
        running.stderr.close()
