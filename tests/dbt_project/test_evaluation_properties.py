"""What must hold of every judgement, whatever the numbers: the compiled SQL of the evaluation on small made-up tables."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warehouse.held import tell_held
from warehouse.paths import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds/plan"
# Compiled for one as-of date; the date in the SQL is exchanged for another where a test asks for one.
COMPILED_AS_OF = "2024-12-31"
KIND_MODELS = (
    "int_level_targets__evaluated",
    "int_average_growth_targets__evaluated",
    "int_cumulative_targets__evaluated",
    "int_floor_targets__evaluated",
    "int_ceiling_targets__evaluated",
    "int_interval_targets__evaluated",
    "int_reached_targets__evaluated",
    "int_relative_region_targets__evaluated",
    "int_relative_series_targets__evaluated",
    "int_assigned_targets__evaluated",
)
MODELS = (
    *KIND_MODELS,
    "int_decision_parameters__effective",
    "int_superior_assignments__known",
    "int_targets__effective",
    "int_milestones__effective",
    "int_target_path__yearly",
    "int_outlooks__ranged",
    "int_observations__ranked",
)
# From worst to best; statuses that judge nothing are in no order.
ORDER = ("reversing", "lagging", "slightly_behind", "on_schedule", "ahead", "achieved_early")
TARGET_COLUMNS = {
    "plan_id": "varchar", "target_type": "varchar", "target_id": "varchar", "target_kind": "varchar",
    "operator": "varchar", "target_value": "decimal(24,6)", "target_low": "decimal(24,6)",
    "target_high": "decimal(24,6)", "compare_decimals": "integer", "phasing": "varchar",
    "baseline_value": "decimal(24,6)", "baseline_status": "varchar", "baseline_year": "integer",
    "first_year": "integer", "last_year": "integer", "area_code": "varchar", "comparator_area_code": "varchar",
    "comparator_indicator_code": "varchar", "tolerance_abs": "double", "baseline_used": "varchar",
    "proxy_baseline": "varchar", "lattice_basis": "varchar", "lattice_n": "integer", "counted_zh": "varchar",
    "counted_en": "varchar", "attainable_target_value": "double", "price_basis": "varchar",
    "threshold_value": "decimal(24,6)", "threshold_unit": "varchar", "decimals": "integer",
}  # fmt: skip
ANNUAL_COLUMNS = {
    "plan_id": "varchar", "target_type": "varchar", "target_id": "varchar", "area_code": "varchar",
    "reference_year": "integer", "value": "decimal(24,6)", "comparable_value": "double", "break_ids": "varchar",
    "growth_price_basis": "varchar", "origin": "varchar", "stage": "varchar", "tested_value": "double",
    "breaks_zh": "varchar", "breaks_en": "varchar",
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "plan_id": "p", "target_type": "indicator", "target_id": "01", "operator": "ge", "compare_decimals": 2,
    "phasing": "linear", "baseline_status": "stated", "baseline_year": 2020, "first_year": 2021, "last_year": 2025,
    "area_code": "D", "comparator_area_code": "C", "tolerance_abs": 0, "baseline_used": "printed",
    "proxy_baseline": "none", "lattice_basis": "printed_value", "price_basis": "real",
}  # fmt: skip


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Compiled SQL by model, free of the name of the database."""
    target = tmp_path_factory.mktemp("target")
    variables = {"as_of_date": COMPILED_AS_OF, "reference_month": "2024-12", "release_kind": "official"}
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", "compile", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target),
            "--vars", json.dumps(variables), "--select", *MODELS,
        ],
        env={**os.environ, "BUILD_FILE": ":memory:"}, check=True, capture_output=True,
    )  # fmt: skip
    folder = target / "compiled/plan_monitoring/models/intermediate"
    return {
        name: re.sub(r'"memory"\.', "", (folder / f"{name}.sql").read_text(encoding="utf-8"))
        for name in MODELS
    }


@dataclass
class World:
    """One connection with the tables the evaluation reads."""

    connection: duckdb.DuckDBPyConnection
    compiled: dict[str, str]

    def put(self, targets: Iterable[dict[str, Any]], annual: Iterable[dict[str, Any]]) -> None:
        """Exchange targets and yearly values; what a row does not say is the default, and a year's value comparable."""
        self._fill("int_targets__effective", TARGET_COLUMNS, [DEFAULTS | row for row in targets])
        self._fill(
            "int_target_values__annual",
            ANNUAL_COLUMNS,
            [
                {"plan_id": "p", "target_type": "indicator", "target_id": "01", "area_code": "D", "origin": "published",
                 "comparable_value": row["value"]} | row
                for row in annual
            ],
        )  # fmt: skip

    def _fill(self, table: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
        self.connection.execute(f"delete from intermediate.{table}")
        marks = ", ".join("?" * len(columns))
        for row in rows:
            self.connection.execute(
                f"insert into intermediate.{table} values ({marks})", [row.get(column) for column in columns]
            )

    def judge(self, model: str) -> list[dict[str, Any]]:
        """The rows a model makes of the tables."""
        cursor = self.connection.execute(self.compiled[model])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def world(compiled: dict[str, str]) -> Iterator[World]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema intermediate; create schema plan; create schema reference")
        for table, columns in (
            ("int_targets__effective", TARGET_COLUMNS),
            ("int_target_values__annual", ANNUAL_COLUMNS),
        ):
            described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table intermediate.{table} ({described})")
        connection.execute(
            "create table intermediate.int_baselines__rebased"
            " (plan_id varchar, target_type varchar, target_id varchar, rebased_value double, source_id varchar);"
            "create table intermediate.int_target_path__yearly (plan_id varchar, target_type varchar, target_id varchar,"
            " reference_year integer, path_value double, path_kind varchar, is_from_milestones boolean);"
            "create table intermediate.int_milestones__effective (plan_id varchar, target_type varchar,"
            " target_id varchar, milestone_year integer, milestone_value decimal(24,6));"
            "create table plan.plans as select 'p' as plan_id, 'D' as area_code, 'C' as comparator_area_code,"
            " 2020 as baseline_year, 2021 as first_year, 2025 as last_year;"
            "create table intermediate.int_status_thresholds__effective as select 'p' as plan_id, 10.0::double as ahead_above_pp,"
            " 0.0::double as behind_below_pp, -10.0::double as lagging_below_pp, -30.0::double as red_below_pp;"
            "create table intermediate.int_superior_assignments__known (plan_id varchar, indicator_code varchar,"
            " assigned_year integer, assigned_value decimal(24,6));"
            "create table plan.natural_limits (plan_id varchar, target_type varchar, target_id varchar,"
            " natural_low decimal(24,6), natural_high decimal(24,6));"
            "create table plan.measure_units as select '亿元' as unit_zh, '{} yuan' as wording_en, 8 as unit_mult"
        )
        yield World(connection, compiled)


MANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
figures = st.decimals(min_value=1, max_value=5000, places=2).map(float)


@MANY
@given(
    base=figures, rise=st.floats(1, 500), low=figures, more=st.floats(0, 500), year=st.integers(2021, 2024)
)
def test_a_better_value_never_has_a_worse_status(
    world: World, base: float, rise: float, low: float, more: float, year: int
) -> None:
    found = []
    for value in (low, round(low + more, 2)):
        world.put(
            [{"target_kind": "level", "baseline_value": base, "target_value": round(base + rise, 2)}],
            [{"reference_year": year, "value": value}],
        )
        (row,) = world.judge("int_level_targets__evaluated")
        found.append(row)
    assert ORDER.index(found[0]["status"]) <= ORDER.index(found[1]["status"])
    assert found[0]["progress_pct"] <= found[1]["progress_pct"]
    assert found[0]["attainment_pct"] <= found[1]["attainment_pct"]


@MANY
@given(flows=st.lists(figures, min_size=1, max_size=4), more=st.floats(0, 500), target=figures)
def test_a_greater_flow_never_has_a_worse_status(
    world: World, flows: list[float], more: float, target: float
) -> None:
    found = []
    for last in (flows[-1], round(flows[-1] + more, 2)):
        world.put(
            [{"target_kind": "cumulative_sum", "target_value": target}],
            [{"reference_year": 2021 + n, "value": flow} for n, flow in enumerate([*flows[:-1], last])],
        )
        (row,) = world.judge("int_cumulative_targets__evaluated")
        found.append(ORDER.index(row["status"]))
    assert found[0] <= found[1]


@MANY
@given(base=figures, rise=st.floats(1, 500), value=figures, unit=st.sampled_from([10, 100, 1000]))
def test_the_unit_of_measure_changes_no_judgement(
    world: World, base: float, rise: float, value: float, unit: int
) -> None:
    """亿元 or 万元: status and rates stay; the precision of the comparison goes with the unit, so none is lost here."""
    found = []
    for factor in (1, unit):
        world.put(
            [
                {
                    "target_kind": "level",
                    "baseline_value": round(base * factor, 2),
                    "target_value": round(round(base + rise, 2) * factor, 2),
                    "compare_decimals": 6,
                }
            ],
            [{"reference_year": 2023, "value": round(value * factor, 2)}],
        )
        (row,) = world.judge("int_level_targets__evaluated")
        found.append(row)
    one, other = found
    for column in ("status", "lamp", "second_status"):
        assert one[column] == other[column]
    for column in ("progress_pct", "attainment_pct", "second_value", "required_yearly_rate_pct"):
        assert other[column] == (None if one[column] is None else pytest.approx(one[column], abs=1e-5))


@pytest.mark.parametrize("model", KIND_MODELS)
def test_nothing_is_judged_from_nothing(world: World, model: str) -> None:
    kinds = [
        "level", "level_without_baseline", "coverage", "period_average_growth", "cumulative_sum", "floor", "ceiling",
        "interval", "threshold_count", "service_radius", "rank", "milestone", "relative_region", "relative_series",
        "assigned_by_superior",
    ]  # fmt: skip
    world.put(
        [{"target_id": f"{n:02}", "target_kind": kind, "target_value": 5, "baseline_value": 4}
         for n, kind in enumerate(kinds)],
        [],
    )  # fmt: skip
    # Only an assigned target speaks without a figure, and says that there is none.
    assert {row["status"] for row in world.judge(model)} <= {"no_data"}
    assert all(row["lamp"] == "grey" and row["value"] is None for row in world.judge(model))


@MANY
@given(bound=st.sampled_from([0.0, 0.0, 23.09, 4.0]), value=st.floats(-50, 50))
def test_floor_and_ceiling_never_divide(world: World, bound: float, value: float) -> None:
    value = round(value, 2)
    world.put(
        [
            {"target_id": "01", "target_kind": "floor", "target_value": bound, "baseline_value": bound},
            {
                "target_id": "02",
                "target_kind": "ceiling",
                "operator": "le",
                "target_value": bound,
                "baseline_value": bound,
            },
        ],
        [{"target_id": code, "reference_year": 2022, "value": value} for code in ("01", "02")],
    )
    (floor,) = world.judge("int_floor_targets__evaluated")
    (ceiling,) = world.judge("int_ceiling_targets__evaluated")
    assert floor["progress_pct"] is None and ceiling["progress_pct"] is None
    assert floor["status"] == ("on_schedule" if value >= bound else "breached")
    assert ceiling["status"] == ("on_schedule" if value <= bound else "breached")
    for row in (floor, ceiling):
        assert all(math.isfinite(number) for number in row.values() if isinstance(number, float))


@MANY
@given(values=st.lists(figures, min_size=2, max_size=4), base=figures)
def test_an_outlook_is_a_range_and_holds_its_methods(world: World, values: list[float], base: float) -> None:
    world.put(
        [{"target_kind": "level", "baseline_value": base, "target_value": 9999}],
        [{"reference_year": 2021 + n, "value": value} for n, value in enumerate(values)],
    )
    (row,) = world.judge("int_outlooks__ranged")
    left = 2025 - 2020 - len(values)
    linear = values[-1] + left * (values[-1] - base) / len(values)
    previous = values[-2]
    last_change = values[-1] + left * (values[-1] - previous)
    assert row["outlook_low"] < row["outlook_high"]
    for continued in (linear, last_change):
        assert row["outlook_low"] - 1e-5 <= continued <= row["outlook_high"] + 1e-5


# The plan's own seeds


@pytest.fixture
def plan(compiled: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds of the real plans, and no return."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "create schema plan; create schema intermediate; create schema staging;"
            "create table staging.stg_unit_returns__superior_assignments (plan_id varchar, unit_id varchar,"
            " return_month varchar, reported_on date, indicator_code varchar, assigned_period varchar,"
            " base_year varchar, assigned_value decimal(24,6), assigning_authority varchar, document_title varchar,"
            " document_no varchar, document_date date, origin varchar, landing_id varchar, file_sha256 varchar,"
            " place varchar)"
        )
        for file in sorted(SEEDS.glob("_*__seeds.yml")):
            for seed in yaml.safe_load(file.read_text(encoding="utf-8"))["seeds"]:
                connection.execute(
                    f"create table plan.{seed['name']} as from read_csv(?, header = true, columns = ?)",
                    [str(SEEDS / f"{seed['name']}.csv"), seed["config"]["column_types"]],
                )
        with_plan = connection.execute(
            "select table_name from duckdb_columns() where schema_name = 'plan' and column_name = 'plan_id'"
            " order by table_name = 'plans'"
        ).fetchall()
        for (table,) in with_plan:
            connection.execute(
                f"delete from plan.{table} where plan_id in"
                " (select plan_id from plan.plans where plan_kind = 'demonstration')"
            )
        yield connection


def effective(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str], as_of: str = "2022-12-31"
) -> dict[tuple[str, str], dict[str, Any]]:
    """The targets as they stand on a day, by type and id."""
    for name in (
        "int_decision_parameters__effective",
        "int_superior_assignments__known",
        "int_targets__effective",
    ):
        sql = compiled[name].replace(COMPILED_AS_OF, as_of)
        plan.execute(f"create or replace table intermediate.{name} as {sql}")
    cursor = plan.execute("from intermediate.int_targets__effective")
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["target_type"], row["target_id"]): row for row in rows}


def changed(
    before: dict[tuple[str, str], dict[str, Any]], after: dict[tuple[str, str], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What differs, by target id and column."""
    assert before.keys() == after.keys()
    return {
        key[1]: difference
        for key, row in after.items()
        if (difference := {name: row[name] for name in row if row[name] != before[key][name]})
    }


def test_every_target_of_the_plan_is_in_force_once(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    targets = effective(plan, compiled)
    assert sum(kind == "indicator" for kind, _ in targets) == 25
    assert sum(kind == "text_target" for kind, _ in targets) == 72
    assert effective(plan, compiled, "2021-03-31") == {}


@pytest.mark.parametrize(
    ("decision", "option", "expected"),
    [
        ("DEC-05", "A", {"05": {"is_status_withheld": False}}),
        ("DEC-05", "B", {"05": {"is_status_withheld": False, "target_kind": "period_average_growth"}}),
        ("DEC-01", "B", {"01": {"tolerance_abs": 0.0}, "T002": {"tolerance_abs": 0.0}}),
        ("DEC-12", "A", {"12": {"phasing": "linear"}}),
        ("DEC-16", "B", {"16": {"lattice_basis": "steps"}}),
        ("DEC-24", "B", {"24": {"proxy_baseline": "first_observation"}}),
        ("DEC-T8", "B", {"T003": {"tolerance_abs": 1.0}}),
        ("DEC-T14", "A", {"T001": {"is_status_withheld": False}}),
        ("DEC-T20", "B", {"T035": {"is_status_withheld": False}}),
        ("DEC-R4", "B", {code: {"across_breaks": "final_year_only"} for code in ("15", "T035")}),
        (
            "DEC-G11",
            "B",
            {code: {"veto_basis": "derived_too"} for code in ("13", "14", "15", "16", "17", "25")},
        ),
        ("DEC-T15", "B", {"T040": {"is_weaker_than_baseline": False}}),
    ],
)
def test_one_letter_changes_what_it_decides_and_nothing_else(
    plan: duckdb.DuckDBPyConnection,
    compiled: dict[str, str],
    decision: str,
    option: str,
    expected: dict[str, dict[str, Any]],
) -> None:
    before = effective(plan, compiled)
    plan.execute("update plan.decisions set chosen_option = ? where decision_id = ?", [option, decision])
    assert changed(before, effective(plan, compiled)) == expected


def test_what_is_counted_bounded_or_not_printed_in_digits_is_not_rounded(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    """24.5 of 25, 4.4 within 4 and 99.5 of everyone are not met; a measured share is compared as printed (DEC-R2)."""
    targets = effective(plan, compiled)
    exact = [("indicator", "20")] + [
        ("text_target", code)
        for code in ("T004", "T010", "T012", "T015", "T027", "T037", "T038", "T039", "T041", "T044")
    ]
    assert {key: targets[key]["compare_decimals"] for key in exact} == dict.fromkeys(exact, 6)
    printed = {
        code: targets["indicator", code]["compare_decimals"] for code in ("01", "04", "11", "16", "25")
    }
    assert printed == {"01": 1, "04": 0, "11": 1, "16": 2, "25": 2}
    for decision, code in (("DEC-R5", "T038"), ("DEC-R6", "T039")):
        plan.execute("update plan.decisions set chosen_option = 'B' where decision_id = ?", [decision])
        assert effective(plan, compiled)["text_target", code]["compare_decimals"] == 0


def test_every_bound_and_count_of_the_plan_is_decided_about(plan: duckdb.DuckDBPyConnection) -> None:
    """A target in digits that is kept under, counted or summed rests on a decision how it is rounded."""
    undecided = plan.execute(
        "select text_target_id from plan.text_targets as t where role = 'target'"
        " and (operator = 'le' or target_kind in ('threshold_count', 'cumulative_sum')) and not exists ("
        "select d.target_id from plan.decision_targets as d where d.target_id = t.text_target_id"
        " and d.decision_id in ('DEC-R5', 'DEC-R6'))"
    ).fetchall()
    assert undecided == []


def test_a_sum_is_followed_evenly_on_a_geometric_path(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    plan.execute("update plan.decisions set chosen_option = 'B' where decision_id = 'DEC-G4'")
    targets = effective(plan, compiled)
    assert targets["indicator", "10"]["phasing"] == "geometric"
    assert targets["indicator", "20"]["phasing"] == "linear"


def test_of_two_assignments_for_the_whole_period_the_later_document_counts(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    """14 of March 2022 for 2021-2025, then 12 of January 2023 for 2022-2025: neither word order nor chance decides."""
    plan.execute(
        "insert into staging.stg_unit_returns__superior_assignments values"
        " ('qwc-14', 'fgj', '2022-03', '2022-04-10', '13', '2021-2025', '2020', 14, 'a', 'b', '', '2022-03-01',"
        " 'returned', 'L', 's', 'p'),"
        " ('qwc-14', 'fgj', '2023-01', '2023-02-10', '13', '2022-2025', '2021', 12, 'a', 'c', '', '2023-01-15',"
        " 'returned', 'L', 's', 'p'),"
        " ('qwc-14', 'fgj', '2023-02', '2023-03-10', '13', '2021-2024', '2020', 320, 'a', 'd', '', '2023-02-15',"
        " 'returned', 'L', 's', 'p')"
    )
    found = {day: effective(plan, compiled, day)["indicator", "13"] for day in ("2022-12-31", "2023-12-31")}
    assert [(int(row["target_value"]), row["first_year"]) for row in found.values()] == [
        (14, 2021),
        (12, 2022),
    ]


def test_a_value_of_ones_own_counts_too(plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]) -> None:
    before = effective(plan, compiled)
    plan.execute("update plan.decisions set parameter_value = '0.3' where decision_id = 'DEC-01'")
    assert changed(before, effective(plan, compiled)) == {
        "01": {"tolerance_abs": 0.3},
        "T002": {"tolerance_abs": 0.3},
    }


def test_a_decision_declared_to_hold_from_before_it_is_marked(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    assert "DEC-05" in effective(plan, compiled, "2022-12-31")["indicator", "05"]["retroactive_decision_ids"]
    assert effective(plan, compiled, "2026-12-31")["indicator", "05"]["retroactive_decision_ids"] is None


def test_a_letter_chosen_later_leaves_earlier_days_as_they_were(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    days = ("2022-12-31", "2027-05-31", "2027-06-01")
    before = [effective(plan, compiled, day) for day in days]
    plan.execute(
        "insert into plan.decisions select * replace (date '2027-06-01' as decided_on, 'B' as chosen_option)"
        " from plan.decisions where decision_id = 'DEC-01'"
    )
    found = [changed(was, effective(plan, compiled, day)) for was, day in zip(before, days, strict=True)]
    assert found == [{}, {}, {"01": {"tolerance_abs": 0.0}, "T002": {"tolerance_abs": 0.0}}]


def test_another_comparator_leaves_earlier_days_as_they_were(
    plan: duckdb.DuckDBPyConnection, compiled: dict[str, str]
) -> None:
    days = ("2022-12-31", "2023-06-30", "2023-07-01")
    before = [effective(plan, compiled, day) for day in days]
    plan.execute(
        "insert into plan.comparators select * replace (2 as version, date '2023-07-01' as published_on,"
        " date '2023-01-01' as effective_from, 'CN-370000' as area_code) from plan.comparators"
        " where target_id = '02'"
    )
    plan.execute(
        "update plan.comparators set effective_to = date '2023-01-01' where target_id = '02' and version = 1"
    )
    found = [changed(was, effective(plan, compiled, day)) for was, day in zip(before, days, strict=True)]
    assert found == [{}, {}, {"02": {"comparator_area_code": "CN-370000"}}]


@MANY
@given(
    published=st.integers(0, 1500),
    later=st.integers(0, 800),
    day=st.integers(0, 1700),
    value=st.integers(30, 90),
)
def test_as_of_a_day_nothing_of_later_is_seen(
    plan: duckdb.DuckDBPyConnection,
    compiled: dict[str, str],
    published: int,
    later: int,
    day: int,
    value: int,
) -> None:
    """A second version of target and baseline, published or in force on any day, is seen from both days on only."""
    start = date(2021, 4, 2)
    published_on, effective_from = (
        start + timedelta(published),
        start + timedelta(max(0, published + later - 400)),
    )
    as_of = start + timedelta(day)
    plan.execute("begin")
    plan.execute(
        "insert into plan.targets select * replace (2 as version, ? as target_value, ? as published_on,"
        " ? as effective_from) from plan.targets where indicator_code = '03'",
        [value, published_on, effective_from],
    )
    plan.execute(
        "update plan.targets set effective_to = ? where indicator_code = '03' and version = 1",
        [effective_from],
    )
    found = effective(plan, compiled, as_of.isoformat())["indicator", "03"]
    plan.execute("rollback")
    is_known = published_on <= as_of and effective_from <= as_of
    assert found["version"] == (2 if is_known else 1)
    assert found["target_value"] == (value if is_known else 35)


def test_figures_of_later_are_not_seen(compiled: dict[str, str]) -> None:
    """Whatever came after the as-of day ranks nowhere."""
    sql = compiled["int_observations__ranked"]
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_observations__conformed as select 'GDP' as series_code, 'D' as area_code,"
            " 'LEVEL' as measure, '_T' as scope, 'A' as frequency, '2023' as reference_period, n as value, '' as tags,"
            " 's' || n as source_id, 1 as publisher_rank, date '2024-12-01' + cast(n * 10 as integer) as vintage_date,"
            " date '2023-12-31' as period_end_date, 'f/t/1' as landing_id, n as row_number"
            " from range(10) as numbers (n)"
        )
        connection.execute("create schema landing")
        tell_held(connection, ())
        seen = connection.execute(f"select max(vintage_date), count(*) from ({sql})").fetchone()
    assert seen == (date(2024, 12, 31), 4)


# The worked numbers as the method note prints them


@pytest.mark.parametrize(
    ("operator", "base", "target", "value", "printed"),
    [
        ("ge", 30, 35, 31.5, (90.0, 30.0, -10.0, 78.9, 0.778)),
        ("ge", 2078, 3000, 2400, (80.0, 34.9, -5.1, 98.0, 0.977)),
        ("ge", 78, 80, 79, (98.8, 50.0, 10.0, 125.9, 1.262)),
        ("ge", 13.3, 17, 12, (70.6, -35.1, -75.1, -99.6, -0.82)),
        ("le", 10, 8, 9.5, (84.2, 25.0, -15.0, 58.0, 0.602)),
        ("ge", 52.38, 53, 52.38, (98.8, 0.0, -40.0, 0.0, 0.0)),
    ],
)
def test_worked_numbers_of_the_note(
    world: World, operator: str, base: float, target: float, value: float, printed: tuple[float, ...]
) -> None:
    world.put(
        [{"target_kind": "level", "operator": operator, "baseline_value": base, "target_value": target}],
        [{"reference_year": 2022, "value": value}],
    )
    (row,) = world.judge("int_level_targets__evaluated")
    found = [
        row[name] for name in ("attainment_pct", "progress_pct", "gap_pp", "second_value", "un_progress")
    ]
    assert found[:4] == pytest.approx(printed[:4], abs=0.05)
    assert found[4] == pytest.approx(printed[4], abs=0.005 if printed[4] == -0.82 else 0.0005)
    assert row["schedule_pct"] == 40


@pytest.mark.parametrize(("mean", "status"), [(7.46, "on_schedule"), (7.44, "slightly_behind")])
def test_a_mean_growth_is_compared_at_the_decided_precision(world: World, mean: float, status: str) -> None:
    """DEC-R2: 7.46 is 7.5 at one decimal, and the reason says that the rounding decided."""
    world.put(
        [
            {
                "target_kind": "period_average_growth",
                "target_value": 8,
                "tolerance_abs": 0.5,
                "compare_decimals": 1,
            }
        ],
        [{"reference_year": 2021, "value": mean}],
    )
    (row,) = world.judge("int_average_growth_targets__evaluated")
    assert row["status"] == status
    assert ("met only when rounded" in row["reason_en"]) == (status == "on_schedule")


@pytest.mark.parametrize(
    ("value", "status", "lamp"), [(81.5, "breached", "red"), (82.9, "on_schedule", "green")]
)
def test_a_rebased_baseline_beyond_the_target_is_held(
    world: World, value: float, status: str, lamp: str
) -> None:
    """DEC-11 B: 82.83 is above 82 already, so 81.5 is a fall below it and no 160 % of the way (rule 2.8.3)."""
    world.put(
        [
            {
                "target_kind": "level",
                "baseline_value": 80.7,
                "target_value": 82,
                "compare_decimals": 1,
                "baseline_used": "rebased",
            }
        ],
        [{"reference_year": 2022, "value": value}],
    )
    world.connection.execute(
        "insert into intermediate.int_baselines__rebased values ('p', 'indicator', '01', 82.83, 'S')"
    )
    (row,) = world.judge("int_level_targets__evaluated")
    world.connection.execute("delete from intermediate.int_baselines__rebased")
    assert (row["status"], row["lamp"], row["method_id"]) == (status, lamp, "floor")
    unformed = (
        "progress_pct",
        "progress_rebased_pct",
        "schedule_pct",
        "second_value",
        "required_yearly_change",
    )
    assert [row[name] for name in unformed] == [None] * 5
    assert "the re-based baseline 82.83 meets the target already" in row["reason_en"]


def test_the_step_of_the_baseline_is_no_progress(world: World) -> None:
    """11 of 21 sections stay 11 of 21, whether a source writes 52.38 or 52.380952."""
    world.put(
        [
            {
                "target_kind": "level",
                "baseline_value": 52.38,
                "target_value": 53,
                "lattice_n": 21,
                "attainable_target_value": 1200 / 21,
            }
        ],
        [{"reference_year": 2022, "value": 52.380952}],
    )
    (row,) = world.judge("int_level_targets__evaluated")
    assert (row["progress_pct"], row["second_value"], row["status"]) == (0, 0, "lagging")


@pytest.mark.parametrize(("value", "status"), [(80.4, "met"), (78.2, "lagging")])
def test_a_figure_behind_a_break_may_be_tested_in_the_final_year_alone(
    world: World, value: float, status: str
) -> None:
    """DEC-R4 B: held against 80 as it stands, without progress; before the final year nothing is compared."""
    broken = {"comparable_value": None, "break_ids": "B1"}
    target = {"target_kind": "level", "baseline_value": 78, "target_value": 80}
    world.put([target], [{"reference_year": 2025, "value": value, "tested_value": value} | broken])
    (final,) = world.judge("int_level_targets__evaluated")
    assert (final["status"], final["progress_pct"], final["gap_pp"]) == (status, None, None)
    world.put([target], [{"reference_year": 2024, "value": value} | broken])
    (before,) = world.judge("int_level_targets__evaluated")
    assert (before["status"], before["attainment_pct"]) == ("no_baseline", None)


@MANY
@given(values=st.lists(st.floats(90, 99.9), min_size=2, max_size=4))
def test_no_outlook_leads_beyond_a_natural_limit(world: World, values: list[float]) -> None:
    world.put(
        [{"target_kind": "level", "baseline_value": 80, "target_value": 98.8, "decimals": 1}],
        [{"reference_year": 2021 + n, "value": round(value, 2)} for n, value in enumerate(values)],
    )
    world.connection.execute("insert into plan.natural_limits values ('p', 'indicator', '01', 0, 100)")
    (row,) = world.judge("int_outlooks__ranged")
    world.connection.execute("delete from plan.natural_limits")
    assert 0 <= row["outlook_low"] < row["outlook_high"] <= 100


def test_a_margin_is_told_without_the_noise_of_floating_point(world: World) -> None:
    world.put(
        [{"target_kind": "ceiling", "operator": "le", "target_value": 4, "baseline_value": 3}],
        [{"reference_year": 2022, "value": 4.4}],
    )
    (row,) = world.judge("int_ceiling_targets__evaluated")
    assert (row["status"], row["reason_en"]) == ("breached", "4.4 in 2022, ceiling 4, margin -0.4")


def test_geometric_path_of_trade(world: World, compiled: dict[str, str]) -> None:
    world.put(
        [{"target_kind": "level", "baseline_value": 2078, "target_value": 3000, "phasing": "geometric"}], []
    )
    path = [
        round(row["path_value"])
        for row in sorted(world.judge("int_target_path__yearly"), key=lambda r: r["reference_year"])
    ]
    assert path == [2078, 2236, 2407, 2590, 2788, 3000]
