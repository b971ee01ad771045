"""Builds from true figures: what was known when, revisions, refusals, and the same result twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.gate import judge
from raw.errors import BadInput
from raw.feed import find_feed
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.sample_returns import REPORTER
from raw.replica.server import addresses, serve
from tests.conftest import EARLY, House
from warehouse.build import Build, _run_dbt
from warehouse.connect import reader, sha256_of
from warehouse.paths import DBT_PROJECT

GDP_2022 = (
    "select value, source_id, published_date from fct_observations where series_code = 'GDP'"
    " and area_code = 'CN-370211' and measure = 'LEVEL' and reference_period = '2022'"
)


def rows(build: Build, query: str) -> list[tuple[Any, ...]]:
    with reader(build.file) as connection:
        return connection.execute(query).fetchall()


def test_a_figure_is_there_only_once_it_was_published(early_build: Build, late_build: Build) -> None:
    assert rows(early_build, GDP_2022) == []
    # Known to the month only (April 2023), so it counts from the month's last day.
    assert rows(late_build, GDP_2022) == [(Decimal("4691.85"), "S002", date(2023, 4, 30))]


def test_no_build_sees_the_future(early_build: Build, late_build: Build) -> None:
    for build in (early_build, late_build):
        for table in ("fct_observation_vintages", "fct_indicator_values"):
            assert rows(build, f"select max(vintage_date) from {table}")[0][0] <= build.as_of_date


def test_the_same_landing_gives_the_same_bytes(landed_house: House, early_build: Build) -> None:
    again = landed_house.build("2022-12", EARLY)
    assert again.sha256 == early_build.sha256, "the file itself is the same, byte for byte"
    assert again.tables == early_build.tables
    assert again.inputs == early_build.inputs
    assert len(again.tables) == 31


def test_every_indicator_has_one_row_and_what_is_missing_names_its_owner(late_build: Build) -> None:
    found = rows(
        late_build,
        "select indicator_code, status, value, owing_units, status_reason from fct_target_progress",
    )
    assert sorted(code for code, *_ in found) == [f"{number:02d}" for number in range(1, 26)]
    missing = [row for row in found if row[1] == "no_data"]
    assert len(missing) == 20
    assert all(value is None and owner and owner in reason for _, _, value, owner, reason in missing)


def test_the_assessable_indicators_by_hand(late_build: Build) -> None:
    found = dict(
        rows(late_build, "select indicator_code, (status, round(value, 2)) from fct_target_progress")
    )
    # sqrt(1.103 * 1.048) - 1 = 7.51 %, within half a point of 8.
    assert found["01"] == ("on_schedule", 7.51)
    assert found["07"] == ("comparator_missing", 32.91)
    assert found["11"] == ("achieved_early", 82.86)
    assert found["13"][0] == found["14"][0] == "target_pending"


def test_two_sources_are_two_vintages_and_the_choice_is_explained(late_build: Build) -> None:
    found = rows(
        late_build,
        "select source_id, value, is_selected, selection_reason_en from fct_observation_vintages"
        " where series_code = 'GDP' and area_code = 'CN-370211' and measure = 'LEVEL'"
        " and reference_period = '2020' order by selection_rank",
    )
    assert [row[:3] for row in found] == [
        ("S003", Decimal("3721.680000"), True),
        ("S001", Decimal("3721.680000"), False),
        ("S104", Decimal("3751.160000"), False),
    ]
    assert found[2][3] == "set aside: publisher class 8 below class 1 of S003"


def test_every_figure_leads_to_landed_bytes(landed_house: House, late_build: Build) -> None:
    lineage = rows(late_build, "select distinct landing_id, file_sha256 from fct_observation_vintages")
    inputs = {entry["landing_id"]: entry["sha256"] for entry in late_build.inputs}
    assert lineage
    for landing_id, sha256 in lineage:
        assert inputs[landing_id] == sha256
        assert (landed_house.landing / landing_id / "manifest.json").exists()


def test_the_released_file_is_whole_without_this_machine(late_build: Build) -> None:
    with duckdb.connect(str(late_build.file), read_only=True) as connection:
        views = connection.execute("select count(*) from duckdb_views() where not internal").fetchone()
    assert views == (0,)


def test_a_revision_changes_the_mart_and_the_old_value_stays_as_of_then(house: House) -> None:
    house.pull(date(2023, 5, 1))
    house.pull(date(2023, 5, 20), "bureau_statistics:silent_revision")
    before = house.build("2023-04", date(2023, 5, 10))
    after = house.build("2023-04", date(2023, 5, 20))
    assert rows(before, GDP_2022)[0][0] == Decimal("4691.85")
    assert rows(after, GDP_2022)[0][0] == Decimal("4738.77")


def test_a_unit_that_differs_from_the_dictionary_stops_the_build_with_its_place(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door refuses a unit that differs from the publisher's own structure; this is the second net."""
    house.pull(EARLY)
    project = house.root / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    series = project / "seeds/reference/series.csv"
    text = series.read_text(encoding="utf-8")
    series.write_text(re.sub(r"(?m)^(FDI_ACTUAL_USD,.*),USD,", r"\1,CNY,", text), encoding="utf-8")
    monkeypatch.setenv("DBT_PROJECT_DIR", str(project))
    with pytest.raises(BadInput) as refused:
        house.build("2022-12", EARLY)
    told = str(refused.value.problems[0])
    assert re.match(
        r"bureau_statistics/observations/vintage=2022-12-31, row \d+: 发现 found FDI_ACTUAL_USD", told
    )
    assert "in unit USD；应为 expected unit CNY。处理 Remedy: ask the publisher" in told
    assert not (house.data / "builds/2022-12_2022-12-31").exists()


def test_a_damaged_landed_byte_is_refused(house: House) -> None:
    house.pull(EARLY)
    (original,) = (house.landing / "bureau_statistics/observations").glob("vintage=*/*.csv")
    content = bytearray(original.read_bytes())
    content[len(content) // 2] ^= 1
    original.chmod(0o644)
    original.write_bytes(content)
    with pytest.raises(BadInput, match=r"sha256"):
        house.build("2022-12", EARLY)


@pytest.mark.parametrize(
    ("month", "as_of", "told"),
    [
        ("2022-13", EARLY, "a month such as 2022-12"),
        ("2022-12", date(2022, 12, 30), "before the end of the month"),
        ("2999-12", date(2999, 12, 31), "a day up to today"),
    ],
)
def test_impossible_dates_are_refused(house: House, month: str, as_of: date, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        house.build(month, as_of)


def test_a_warning_of_dbt_does_not_stop_a_build_but_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scratch = tmp_path / "scratch.duckdb"
    with duckdb.connect(str(scratch)) as connection:
        connection.execute(
            "create table warned as select 'lines of Qingdao ' || part as where_found, '1 亿元' as found,"
            " '2 亿元' as expected, 'look for missing parts' as remedy from range(25, 0, -1) as parts(part)"
        )
        connection.execute(
            "create table counted as select date '2024-12-01' as day, 2 as lines, null as code"
        )
    results = [
        {
            "status": "warn",
            "unique_id": "test.p.totals",
            "compiled_code": "from warned -- of a test",
            "failures": 25,
        },
        {
            "status": "warn",
            "unique_id": "test.p.days.0a1b",
            "compiled_code": "from counted -- of a test",
            "failures": 1,
        },
        {
            "status": "pass",
            "unique_id": "test.p.sound",
            "compiled_code": "from warned -- of a test",
            "failures": 0,
        },
    ]
    nodes = {
        "test.p.totals": {
            "description": "合计相符 / The totals agree",
            "depends_on": {"nodes": ["model.p.int_totals", "seed.p.areas"]},
        },
        "test.p.days.0a1b": {
            "description": "", "attached_node": "model.p.fct_days", "depends_on": {"nodes": []},
        },
    }  # fmt: skip
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    ran = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr("warehouse.build.subprocess.run", lambda *_, **__: ran)
    days, totals = _run_dbt(scratch, tmp_path, "2024-12", date(2024, 12, 31), "official")
    assert "lines of Qingdao" in caplog.text and "look for missing parts" in caplog.text
    assert days == {
        "name": "days", "model": "fct_days", "message": "days", "failing_count": 1,
        "rows": [{"day": "2024-12-01", "lines": "2", "code": None}],
    }  # fmt: skip
    assert {name: told for name, told in totals.items() if name != "rows"} == {
        "name": "totals", "model": "int_totals", "message": "合计相符 / The totals agree", "failing_count": 25,
    }  # fmt: skip
    assert len(totals["rows"]) == 20
    assert totals["rows"][0] == {
        "where_found": "lines of Qingdao 1", "found": "1 亿元", "expected": "2 亿元",
        "remedy": "look for missing parts",
    }  # fmt: skip


@pytest.mark.soak
def test_a_list_of_stations_that_gives_cause_is_told_by_the_build(house: House) -> None:
    folder = house.inbox / "environment_air"
    folder.mkdir(parents=True)
    lines = (
        "监测点编码,监测点名称,城市,经度,纬度,对照点",
        "3214A,甲,漳州,117.65,24.51,N", "3215A,乙,漳州,117.66,24.50,N", "3216A,丙,漳州,114.6622,24.5183,N",
        "3217A,丁,漳州,-,-,N",
        "1314A,黄岛区子站,青岛,120.1983,35.9608,N", "1307A,仰口,青岛,120.6659,36.2403,N",
        "1313A,崂山区子站(停运20220701),青岛,120.4581,36.0858,N", "9999A,新点(启用20220215),青岛,120.2,35.9,N",
    )  # fmt: skip
    (folder / "2022-02-13_站点列表-2022.02.13起.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with house.environment() as patch, serve(now=end_of(EARLY)) as replica:
        patch.setenv("RAW_ENVIRONMENT_AIR_URL", addresses(replica.url)["RAW_ENVIRONMENT_AIR_URL"])
        pull(find_feed("environment_air"), EARLY, landing_root=house.landing)
    unseeded, far = house.build("2022-12", EARLY).warnings
    assert (far["name"], far["model"], far["failing_count"]) == (
        "assert_stations_lie_near_their_city", "stg_environment_air__station_list", 1,
    )  # fmt: skip
    assert far["message"].startswith("站点坐标在所列城市附近 / Every station")
    assert far["rows"][0]["found"] == "3216A 漳州 at 114.662200, 24.518300"
    assert (unseeded["name"], unseeded["failing_count"]) == ("assert_listed_stations_are_in_the_seed", 3)
    assert [row["found"] for row in unseeded["rows"]] == [
        "1307A 仰口", "1313A 崂山区子站, closed 2022-07-01", "9999A 新点, opened 2022-02-15",
    ]  # fmt: skip


def test_a_build_says_which_tests_warned(late_build: Build) -> None:
    """The published figures give no cause; that is said too, and a build of before is refused."""
    described = json.loads((late_build.path / "build.json").read_text(encoding="utf-8"))
    assert described["warnings"] == late_build.warnings == []


# What somebody could plant in a finished official build, and the rule that stops it.
PLANTED = {
    "fct_project_progress.coloured_lamp_rests_on_a_report":
        "update fct_project_progress set lamp = 'green', status = 'on_schedule' where project_id = 'P01-02'",
    "fct_project_progress.no_simulated_origin_in_official_release":
        "update fct_project_progress set origin = 'simulated' where project_id = 'P01-03'",
    "fct_project_progress.one_row_for_each_project":
        "insert into fct_project_progress from fct_project_progress where project_id = 'P02-01';"
        " delete from fct_project_progress where project_id = 'P03-02';"
        " insert into fct_project_progress select * replace ('demo-15' as plan_id) from fct_project_progress"
        " where project_id = 'P01-01'",
    "fct_project_lamps_by_box.lamps_are_those_of_the_projects":
        "update fct_project_lamps_by_box set green_number = grey_number, grey_number = 0 where box_number = 5",
    "fct_yearly_assessment.unit_is_known":
        "insert into fct_yearly_assessment select * replace ('nobody' as unit_id, true as is_vetoed) from"
        " fct_yearly_assessment where indicator_code = '15' and reference_year = 2022",
    "fct_yearly_assessment.one_row_for_each_binding_indicator_unit_and_year":
        "insert into fct_yearly_assessment from fct_yearly_assessment where indicator_code = '25'",
    "fct_yearly_assessment.verdict_rests_on_figures":
        "update fct_yearly_assessment set is_vetoed = true where indicator_code = '17' and reference_year = 2021",
    "fct_status_overrides.in_force_is_not_past_expiry":
        "insert into fct_status_overrides by name select 'qwc-14' as plan_id, 'OVR-9' as override_id,"
        " 'indicator' as target_type, '01' as target_id, 'met' as override_status, '理由' as reason_zh,"
        " 'reason' as reason_en, '某人' as approved_by, date '2022-01-01' as approved_date,"
        " date '2022-12-31' as expiry_date, '纪要' as evidence, 'in_force' as override_state,"
        " 'published' as origin",
    "fct_text_target_progress.one_row_for_each_text_target":
        "delete from fct_text_target_progress where text_target_id in ('T001', 'T002')",
    "fct_text_target_progress.value_is_believable":
        "update fct_text_target_progress set value = 9000, status = 'achieved_early', lamp = 'green',"
        " reference_period = '2023' where text_target_id = 'T011'",
    "fct_evaluation_findings.findings_cover_every_section":
        "delete from fct_evaluation_findings where section = 'projects'",
    "fct_unit_scorecards.one_row_for_each_unit_and_year":
        "delete from fct_unit_scorecards where unit_id = 'fgj'",
    "fct_target_progress.lamp_agrees_with_status":
        "update fct_target_progress set lamp = 'green' where indicator_code = '03'",
}  # fmt: skip


def test_what_is_planted_in_the_marts_of_the_plan_is_blocked(late_build: Build, tmp_path: Path) -> None:
    assert judge(late_build.path).passed
    folder = tmp_path / "planted"
    shutil.copytree(late_build.path, folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for change in PLANTED.values():
            connection.execute(change)
    described = json.loads((folder / "build.json").read_text(encoding="utf-8"))
    described["sha256"] = sha256_of(folder / "warehouse.duckdb")
    (folder / "build.json").write_text(json.dumps(described), encoding="utf-8")
    blocking = {f"{one.suite}.{one.rule_id}": one.observed for one in judge(folder).blocking}
    assert set(PLANTED) - set(blocking) == set()
    assert [told for told in blocking.values() if told.startswith("error")] == []


def test_a_unit_that_was_never_asked_has_no_return_late_missing_or_on_time(late_build: Build) -> None:
    """No unit was asked so far; the samples in the inbox are nobody's returns."""
    returns = rows(
        late_build,
        "select sum(returns_due_number), sum(returns_on_time_number), sum(returns_missing_number), count(*) > 50"
        " from fct_unit_scorecards",
    )
    assert returns == [(0, 0, 0, True)]
    macro = (DBT_PROJECT / "macros/returns.sql").read_text(encoding="utf-8")
    (beginning,) = re.findall(r"starts_with\(\{\{ reporter \}\}, '(.+?)'\)", macro)
    assert REPORTER.startswith(beginning)
