"""The dbt tests over the plan's seeds, as dbt compiles them: silent on the plan, loud on a damaged one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest
import yaml

from warehouse.paths import DBT_PROJECT

SEEDS = DBT_PROJECT / "seeds/plan"
RULES = (
    "assert_plan_links_resolve",
    "assert_plan_versions_do_not_overlap",
    "assert_absent_plan_values_have_a_status",
    "assert_overrides_are_sound",
)

OVERRIDE = (
    "insert into plan.status_overrides values ('qwc-14', 'OVR-1', '{target}', 'met', null, '理由', 'reason',"
    " '管委会', date '2023-01-01', date '{expires}', '会议纪要', 'decided')"
)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """SQL of the rules by name, and of the rule that text_targets is filled in."""
    target = tmp_path_factory.mktemp("target")
    variables = {"as_of_date": "2026-11-24", "reference_month": "2026-10", "release_kind": "official"}
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", "compile", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target),
            "--vars", json.dumps(variables), "--select", *RULES, "test_name:filled",
        ],
        env={**os.environ, "BUILD_FILE": ":memory:"}, check=True, capture_output=True,
    )  # fmt: skip
    compiled = target / "compiled/plan_monitoring"
    found = {name: (compiled / f"tests/{name}.sql").read_text(encoding="utf-8") for name in RULES}
    (filled,) = compiled.glob("seeds/plan/*/filled_text_targets*.sql")
    (overrides,) = compiled.glob("seeds/plan/*/filled_status_overrides*.sql")
    return found | {
        "filled": filled.read_text(encoding="utf-8"),
        "overrides_filled": overrides.read_text(encoding="utf-8"),
    }


@pytest.fixture
def plan() -> Iterator[duckdb.DuckDBPyConnection]:
    """The seeds of the plan with the types their contract gives them; dbt calls the database ``memory``."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema plan")
        for file in sorted(SEEDS.glob("_*__seeds.yml")):
            for seed in yaml.safe_load(file.read_text(encoding="utf-8"))["seeds"]:
                connection.execute(
                    f"create table plan.{seed['name']} as from read_csv(?, header = true, columns = ?)",
                    [str(SEEDS / f"{seed['name']}.csv"), seed["config"]["column_types"]],
                )
        yield connection


def told(plan: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, ...]]:
    """Rows of where_found, found, expected and remedy."""
    return plan.execute(sql).fetchall()


def test_the_plan_as_it_is_breaks_no_rule(plan: duckdb.DuckDBPyConnection, rules: dict[str, str]) -> None:
    assert {name: told(plan, sql) for name, sql in rules.items()} == {name: [] for name in rules}


@pytest.mark.parametrize(
    ("rule", "damage", "where_found", "found"),
    [
        (
            "assert_plan_links_resolve",
            "update plan.projects set parent_project_id = 'P09-99' where project_id = 'P09-02'",
            "dbt_project/seeds/plan/projects.csv, plan qwc-14, P09-02",
            "project P09-99",
        ),
        (
            "assert_plan_links_resolve",
            "update plan.projects set required_stage_id = 'reviewed' where project_id = 'P09-09'",
            "dbt_project/seeds/plan/projects.csv, plan qwc-14, P09-09",
            "stage of build reviewed",
        ),
        (
            "assert_plan_links_resolve",
            "update plan.text_targets set responsible_unit_ids = 'fgj;nobody' where text_target_id = 'T002'",
            "dbt_project/seeds/plan/text_targets.csv, plan qwc-14, T002",
            "unit nobody",
        ),
        (
            "assert_plan_links_resolve",
            # English would have no word for it.
            "update plan.text_targets set threshold_unit = '千瓦' where text_target_id = 'T022'",
            "dbt_project/seeds/plan/text_targets.csv, plan qwc-14, T022",
            "unit of measure 千瓦",
        ),
        (
            "assert_plan_links_resolve",
            "update plan.decision_targets set target_id = 'T999' where decision_id = 'DEC-T13'",
            "dbt_project/seeds/plan/decision_targets.csv, plan qwc-14, DEC-T13",
            "text_target T999",
        ),
        (
            "assert_plan_links_resolve",
            # The id stands in the table, but under another plan.
            "update plan.plan_sections set plan_id = 'other' where section_id = '10.1'",
            "dbt_project/seeds/plan/plan_boxes.csv, plan qwc-14, 12",
            "section 10.1",
        ),
        (
            "assert_plan_versions_do_not_overlap",
            "insert into plan.targets select * replace (2 as version, date '2023-01-01' as effective_from)"
            " from plan.targets where indicator_code = '13'",
            "dbt_project/seeds/plan/targets.csv, plan qwc-14, 13",
            "versions 1 and 2 in force on one day",
        ),
        (
            "assert_absent_plan_values_have_a_status",
            "update plan.superior_assignments set assigned_value = 14.5 where indicator_code = '13'",
            "dbt_project/seeds/plan/superior_assignments.csv, ASG-13-1",
            "not_published with value 14.500000",
        ),
        (
            "assert_absent_plan_values_have_a_status",
            "update plan.projects set planned_end_year = 2023 where project_id = 'P08-01'",
            "dbt_project/seeds/plan/projects.csv, P08-01",
            "schedule not_printed, investment not_printed, unit not_named",
        ),
        (
            "assert_absent_plan_values_have_a_status",
            "update plan.text_targets set target_value = null where text_target_id = 'T046'",
            "dbt_project/seeds/plan/text_targets.csv, T046",
            "figure_basis printed, unit not_named",
        ),
        (
            "assert_overrides_are_sound",
            OVERRIDE.format(target="indicator', '26", expires="2023-06-30"),
            "dbt_project/seeds/plan/status_overrides.csv, plan qwc-14, OVR-1",
            "indicator 26",
        ),
        (
            "assert_overrides_are_sound",
            # What was achieved before the plan is no target.
            OVERRIDE.format(target="text_target', 'B001", expires="2023-06-30"),
            "dbt_project/seeds/plan/status_overrides.csv, plan qwc-14, OVR-1",
            "text_target B001",
        ),
        (
            "assert_overrides_are_sound",
            OVERRIDE.format(target="project', 'P09-02", expires="2023-01-01"),
            "dbt_project/seeds/plan/status_overrides.csv, plan qwc-14, OVR-1",
            "expires_on 2023-01-01, approved_on 2023-01-01",
        ),
        (
            "assert_overrides_are_sound",
            # A word of targets: a project is completed, never met.
            OVERRIDE.format(target="project', 'P09-02", expires="2023-06-30"),
            "dbt_project/seeds/plan/status_overrides.csv, plan qwc-14, OVR-1",
            "status met of project",
        ),
        (
            "overrides_filled",
            "insert into plan.status_overrides (plan_id, override_id) values ('qwc-14', 'OVR-1')",
            "status_overrides.csv, column approved_by",
            "1 empty cells 个空格",
        ),
        (
            "filled",
            "update plan.text_targets set statement_en = null where text_target_id in ('T003', 'T004')",
            "text_targets.csv, column statement_en",
            "2 empty cells 个空格",
        ),
    ],
)
def test_a_damaged_plan_is_told_by_file_row_and_remedy(
    plan: duckdb.DuckDBPyConnection,
    rules: dict[str, str],
    rule: str,
    damage: str,
    where_found: str,
    found: str,
) -> None:
    plan.execute(damage)
    rows = told(plan, rules[rule])
    assert (where_found, found) in [row[:2] for row in rows]
    assert all(row[2] and row[3] for row in rows)


def test_a_version_that_starts_when_the_last_one_ends_is_no_overlap(
    plan: duckdb.DuckDBPyConnection, rules: dict[str, str]
) -> None:
    plan.execute(
        "insert into plan.targets select * replace (2 as version, date '2023-01-01' as effective_from)"
        " from plan.targets where indicator_code = '13'"
    )
    plan.execute(
        "update plan.targets set effective_to = date '2023-01-01' where indicator_code = '13' and version = 1"
    )
    assert told(plan, rules["assert_plan_versions_do_not_overlap"]) == []
