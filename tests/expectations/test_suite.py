from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from expectations.gate import CONFIRMED, ConfirmedRevisions
from expectations.suite import SUITES, load_suite, load_suites, parse_yaml, rules_sha256
from raw.errors import BadInput
from warehouse.paths import DBT_PROJECT

GOOD = """
mart: fct_things
title: {zh: 表格, en: Things}
key: [indicator_code]
rules:
  - id: no_bad_row
    what_zh: 没有坏行
    what_en: No bad row
    sql: select * from {batch} where value < 0 order by all
    severity: block
    owner: engineers
    because: {zh: 原因, en: reason}
    remedy: {zh: 办法, en: remedy}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "fct_things.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_suites_are_sound_and_cover_what_the_gate_promises() -> None:
    suites = {suite.mart: {check.rule_id for check in suite.checks} for suite in load_suites()}
    assert "indicators_are_complete" in suites["dim_indicator"]
    assert {"one_row_for_each_indicator", "status_is_known"} <= suites["fct_target_progress"]
    assert {"gdp_is_the_sum_of_three_industries", "district_not_above_city"} <= suites["fct_observations"]
    for mart in (
        "fct_observations",
        "fct_observation_vintages",
        "fct_indicator_values",
        "fct_target_progress",
    ):
        assert "no_simulated_origin_in_official_release" in suites[mart]


def indicators() -> set[tuple[str, str]]:
    with (DBT_PROJECT / "seeds/plan/indicators.csv").open(encoding="utf-8", newline="") as file:
        return {(row["plan_id"], row["indicator_code"]) for row in csv.DictReader(file)}


def test_every_indicator_of_every_plan_has_a_range_with_its_own_reason() -> None:
    checks = [check for check in load_suite(SUITES / "fct_indicator_values.yml").checks if check.where]
    assert {(check.where["plan_id"], check.where["indicator_code"]) for check in checks} == indicators()
    assert {tuple(check.indicator_codes[0].split("/")) for check in checks} == indicators()
    assert len({check.rule_id for check in checks}) == len(checks)
    for unit_sum in ("09", "10", "12", "20", "25"):
        areas = {
            check.where.get("area_code")
            for check in checks
            if (check.where["plan_id"], check.where["indicator_code"]) == ("qwc-14", unit_sum)
        }
        assert areas == {"CN-370211", "CN-370200"}
    assert len({(check.where["plan_id"], str(check.because)) for check in checks}) == len(checks)


RANGES = """
rules:
  - id: range
    what_zh: 范围
    what_en: Range
    ranges: value_ranges
    severity: block
    owner: engineers
    because: {zh: 原因, en: reason}
    remedy: {zh: 办法, en: remedy}
"""


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "plan-x,01,,9,1,因为,because\n",
            r"value_ranges\.csv, line 2: .*min_value must be less than max_value",
        ),
        ("plan-x,1,,0,1,因为,because\n", r"value_ranges\.csv, line 2: indicator_code: 发现 found '1'"),
        ("plan-x,01,,0,,因为,because\n", r"line 2: max_value"),
        ("plan-x,01,,0,1,因为,because\n" * 2, r"value_ranges\.csv: plan-x 01: 发现 found 2 ranges"),
    ],
)
def test_a_mistake_in_a_range_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: str, message: str
) -> None:
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path / "project"))
    seeds = tmp_path / "project/seeds/plan"
    seeds.mkdir(parents=True)
    header = "plan_id,indicator_code,area_code,min_value,max_value,because_zh,because_en\n"
    (seeds / "value_ranges.csv").write_text(header + rows, encoding="utf-8")
    path = written(tmp_path, GOOD.split("rules:")[0] + RANGES)
    with pytest.raises(BadInput, match=message):
        load_suite(path)


def test_a_changed_range_changes_the_hash_of_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path / "project"))
    seeds = tmp_path / "project/seeds/plan"
    seeds.mkdir(parents=True)
    header = "plan_id,indicator_code,area_code,min_value,max_value,because_zh,because_en\n"
    path = written(tmp_path, GOOD.split("rules:")[0] + RANGES)
    hashes = set()
    for most in (1, 2):
        (seeds / "value_ranges.csv").write_text(
            f"{header}plan-x,01,,0,{most},因为,because\n", encoding="utf-8"
        )
        hashes.add(rules_sha256([load_suite(path)]))
    assert len(hashes) == 2


def test_nothing_is_confirmed_from_the_start() -> None:
    assert parse_yaml(CONFIRMED, CONFIRMED.read_bytes(), ConfirmedRevisions).confirmed == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("severity: block", "severtiy: block", r"rules\[no_bad_row\]\.severtiy.*did you mean severity"),
        ("severity: block", "severity: fatal", r"rules\[no_bad_row\]\.severity: 发现 found 'fatal'"),
        ("    because: {zh: 原因, en: reason}\n", "", r"rules\[no_bad_row\]\.because: 发现 found nothing"),
        ("{zh: 办法, en: remedy}", "{zh: 办法}", r"rules\[no_bad_row\]\.remedy\.en: 发现 found nothing"),
        ("mart: fct_things", "mart: other", r"fct_things\.yml: mart: 发现 found other"),
        (" order by all", "", "must end in 'order by'"),
        ("{batch}", "fct_things", r"must read the mart as \{batch\}"),
        (
            "    sql: select * from {batch} where value < 0 order by all\n",
            "",
            "exactly one of expectation, sql",
        ),
        ("id: no_bad_row", "id: 'no bad row'", "String should match pattern"),
        ("title:", "mart: fct_things\ntitle:", "'mart' is given twice"),
        ("title:", "title: [", "no YAML"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert load_suite(written(tmp_path, GOOD)).mart == "fct_things"
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(BadInput, match=message) as caught:
        load_suite(path)
    assert str(path) in str(caught.value)
    assert "Remedy: " in str(caught.value)


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("severity: block", "severity: fatal"))
    (tmp_path / "other.yml").write_text("mart: other", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_suites(tmp_path)
    assert {Path(p.where.split(":")[0]).name for p in caught.value.problems} == {
        "fct_things.yml",
        "other.yml",
    }


def test_no_suites_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no suite"):
        load_suites(tmp_path)


def test_the_rules_are_hashed_whatever_their_order() -> None:
    suites = load_suites()
    assert rules_sha256(suites) == rules_sha256(suites[::-1])
    assert rules_sha256(suites) != rules_sha256(suites[1:])


def test_heavy_parts_are_not_imported_with_the_room() -> None:
    code = (
        "import sys, expectations.gate, expectations.alerts, expectations.__main__;"
        "print([m for m in ('great_expectations', 'airflow', 'pandas') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
