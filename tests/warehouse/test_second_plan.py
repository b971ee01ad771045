"""A plan is data: a second one is loaded by rows of seeds alone, and a demonstration one only for a rehearsal."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dags._table import indicator_table
from expectations.gate import judge
from raw.feed import declared_feeds
from tests.conftest import LATE, House
from tests.warehouse.test_dbt_models import run_dbt
from warehouse.build import Build, build, open_landing
from warehouse.connect import reader
from warehouse.paths import DBT_PROJECT, REPO
from warehouse.release import Release, release
from warehouse.trace import trace

DEMONSTRATION, LOADED = "demo-15", "third-16"
TODAY = date(2026, 11, 24)


def plans_in(file: Path) -> dict[str, set[str]]:
    """The plans that each table of a finished file holds, in whichever schema it stands."""
    with reader(file) as connection:
        columns = connection.execute(
            "select schema_name, table_name from duckdb_columns() where column_name = 'plan_id' and not internal"
        ).fetchall()
        return {
            f"{schema}.{table}": {
                plan
                for (plan,) in connection.execute(
                    f'select distinct plan_id from "{schema}"."{table}"'
                ).fetchall()
            }
            for schema, table in columns
        }


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("empty"))


def built(house: House, kind: str) -> Build:
    return build("2026-10", TODAY, landing_root=house.landing, data_root=house.data, kind=kind)


def test_an_official_build_holds_no_row_of_a_demonstration_plan(empty: House) -> None:
    found = plans_in(built(empty, "official").file)
    assert len(found) > 30
    assert {table: plans for table, plans in found.items() if DEMONSTRATION in plans} == {}
    assert found["main.release_info"] == {"qwc-14"}


@pytest.mark.soak
def test_a_rehearsal_shows_both_plans_and_says_which_is_made_up(
    empty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(empty.data))
    made = built(empty, "rehearsal")
    found = plans_in(made.file)
    for table in ("release_info", "dim_indicator", "fct_target_progress", "fct_text_target_progress"):
        assert found[f"main.{table}"] == {"qwc-14", DEMONSTRATION}, table
    with reader(made.file) as connection:
        kinds = dict(connection.execute("select plan_id, plan_kind from release_info").fetchall())
        names = connection.execute(
            "select name_zh, name_en from dim_indicator where plan_id = ?"
            " union all select statement_zh, statement_en from fct_text_target_progress where plan_id = ?",
            [DEMONSTRATION, DEMONSTRATION],
        ).fetchall()
    assert kinds == {"qwc-14": "official", DEMONSTRATION: "demonstration"}
    assert len(names) == 11
    assert all(zh.startswith("（演示）") and en.startswith("Demonstration: ") for zh, en in names)
    verdict = judge(made.path)
    assert {result.rule_id for result in verdict.blocking} == set()
    released = release(made.path, made.path / "verdict.json", empty.data)
    page = released.bulletin.read_text(encoding="utf-8")
    assert page.count("不是任何真实规划的内容，不得引用") == 1
    assert 'id="i-qwc-14-01"' in page
    assert f'id="i-{DEMONSTRATION}-01"' in page
    identities = re.findall(r'id="([^"]+)"', page)
    assert len(identities) == len(set(identities))
    table = indicator_table(released.path)
    assert table.index("第十四个五年规划") < table.index("（演示）西海岸新区2026—2030年规划")


def moved_rows(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The rows of the demonstration plan as those of another plan, for the years 2021 to 2025."""
    for row in rows:
        if row["plan_id"] != DEMONSTRATION:
            continue
        moved = {
            name: str(int(cell) - 5) if name.endswith("_year") and cell > "2020" else cell
            for name, cell in row.items()
        }
        moved |= {
            name: cell.replace("2026-01-01", "2021-01-01")
            for name, cell in row.items()
            if cell == "2026-01-01"
        }
        # A decision about the whole plan names it.
        moved |= {name: LOADED for name, cell in row.items() if cell == DEMONSTRATION}
        if "decision_id" in moved:
            moved["decision_id"] = f"THIRD-{moved['decision_id']}"
        yield moved | {"plan_id": LOADED} | ({"plan_kind": "official"} if "plan_kind" in moved else {})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project in which nothing but rows of ``seeds/plan`` was added."""
    copied = tmp_path_factory.mktemp("third") / "dbt_project"
    shutil.copytree(DBT_PROJECT, copied, ignore=shutil.ignore_patterns("target", "logs"))
    for seed in sorted((copied / "seeds/plan").glob("*.csv")):
        with seed.open(encoding="utf-8", newline="") as file:
            reading = csv.DictReader(file)
            rows, names = list(reading), list(reading.fieldnames or [])
        if "plan_id" not in names:
            continue
        text = io.StringIO()
        csv.DictWriter(text, names, lineterminator="\n").writerows(moved_rows(rows))
        with seed.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
    return copied


@pytest.fixture(scope="module")
def two_plans(project: Path, landed_house: House, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A judged, official release of December 2024 with two plans from one landing."""
    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROJECT_DIR", str(project))
        patch.setenv("PLAN_SEEDS", str(project / "seeds/plan"))
        patch.setenv("WAREHOUSE_DATA", str(data))
        made = build("2024-12", LATE, landing_root=landed_house.landing, data_root=data)
        verdict = judge(made.path)
        assert [f"{one.rule_id}: {one.observed}" for one in verdict.blocking] == []
        return release(made.path, made.path / "verdict.json", data)


def progress(file: Path, plan: str) -> dict[str, tuple[object, ...]]:
    with reader(file) as connection:
        rows = connection.execute(
            "select indicator_code, status, lamp, value, reference_period, target_value from fct_target_progress"
            " where plan_id = ?",
            [plan],
        ).fetchall()
    return {code: tuple(rest) for code, *rest in rows}


@pytest.mark.soak
def test_a_second_plan_is_evaluated_from_the_same_feeds_and_leaves_the_first_as_it_was(
    two_plans: Release, late_build: Build
) -> None:
    assert progress(two_plans.database, "qwc-14") == progress(late_build.file, "qwc-14")
    second = progress(two_plans.database, LOADED)
    assert sorted(second) == [f"{number:02d}" for number in range(1, 10)]
    # 10.3 in 2021 and 4.8 in 2022, 7.515 a year on average, against “about 5.5”: ln(1.103 × 1.048) / ln(1.055⁵)
    # is 54.1 % of the way after 40 % of the time, more than 10 points ahead.
    status, lamp, value, period, target = second["02"]
    assert (lamp, round(float(str(value)), 3), period, target) == ("green", 7.515, "2022", 5.5)
    assert status == "ahead"
    assert second["07"][0] == "target_pending"
    assert second["06"][0] == "no_data"
    with reader(two_plans.database) as connection:
        shared = connection.execute(
            "select count(distinct value), count(distinct landing_id), count(distinct plan_id) from fct_indicator_values"
            " where series_code = 'URBANISATION_RATE_RESIDENT' and reference_period = '2022'"
            " and area_code = 'CN-370211'"
        ).fetchone()
    assert shared == (1, 1, 2)


@pytest.mark.soak
def test_bulletin_table_and_trace_tell_the_plans_apart(two_plans: Release, landed_house: House) -> None:
    page = two_plans.bulletin.read_text(encoding="utf-8")
    assert "规划25项指标中" in page
    assert "规划9项指标中" in page
    assert f"{LOADED}-01" in page
    identities = re.findall(r'id="([^"]+)"', page)
    assert len(identities) == len(set(identities))
    assert indicator_table(two_plans.path).count("指标 Indicator") == 2
    found = trace(two_plans.path, f"v-fct_target_progress-{LOADED}-02-value", landed_house.landing)
    assert {origin.row["plan_id"] for origin in found.origins} == {LOADED}
    assert {origin.row["reference_period"] for origin in found.origins if origin.row["frequency"] == "A"} == {
        "2021",
        "2022",
    }


def test_a_plan_is_in_no_table_before_it_was_adopted(project: Path, tmp_path: Path) -> None:
    """Of the demonstration plan too, which a rehearsal would show: as of 2022 nobody knows of either."""
    copied, scratch = tmp_path / "dbt_project", tmp_path / "scratch.duckdb"
    shutil.copytree(project, copied, ignore=shutil.ignore_patterns("target", "logs"))
    plans = copied / "seeds/plan/plans.csv"
    lines = plans.read_text(encoding="utf-8").splitlines()
    assert lines[-1].startswith(LOADED)
    lines[-1] = lines[-1].replace("2021-01-01", "2023-01-01")
    plans.write_text("\n".join(lines) + "\n", encoding="utf-8")
    open_landing(scratch, declared_feeds(), tmp_path / "landing", date(2022, 12, 31))
    ran = run_dbt(copied, scratch, tmp_path / "target", "--resource-type", "seed", kind="rehearsal")
    assert ran.returncode == 0, ran.stdout[-4000:]
    found = plans_in(scratch)
    assert found["plan.projects"] == {"qwc-14"}
    assert {table for table, named in found.items() if named - {"qwc-14", None}} == set()


def test_a_return_of_a_plan_that_is_not_here_stops_the_build(tmp_path: Path) -> None:
    """An inner join would drop it in silence."""
    sql = (DBT_PROJECT / "tests/assert_returns_name_a_plan.sql").read_text(encoding="utf-8")
    for name in ("plans", "stg_unit_returns__returns"):
        sql = sql.replace(f"{{{{ ref('{name}') }}}}", name)
    sql = sql.replace("{{ as_of_date() }}", "date '2022-12-31'")
    with duckdb.connect() as connection:
        connection.execute("create table plans as select 'qwc-14' as plan_id")
        connection.execute(
            "create table stg_unit_returns__returns as select * from"
            " (values ('qwc-14', 'one', '填报!H2', date '2022-12-20'),"
            f" ('{DEMONSTRATION}', 'two', '填报!H3', date '2022-12-31'),"
            f" ('{DEMONSTRATION}', 'three', '填报!H3', date '2023-01-01'))"
            " as v(plan_id, landing_id, place, reported_on)"
        )
        ((where, found, expected, remedy),) = connection.execute(sql).fetchall()
    assert (where, found, expected) == (
        "two, 填报!H3",
        f"plan {DEMONSTRATION}",
        "a plan of this build: qwc-14",
    )
    assert "take returns of a demonstration plan out of the landing" in remedy


@pytest.mark.parametrize("room", ["raw", "warehouse", "expectations", "dags", "dbt_project"])
def test_no_code_names_a_plan(room: str) -> None:
    """What is said of a plan stands in its seeds; words that give an example are not code."""
    files = [
        file
        for file in sorted((REPO / room).rglob("*"))
        if file.suffix in (".py", ".sql", ".html") and "data" not in file.relative_to(REPO).parts
    ]
    assert files
    named = [
        f"{file.relative_to(REPO)}: {line.strip()}"
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(rf"qwc-14|{DEMONSTRATION}", line)
    ]
    assert named == []
