"""The unit tests that stand beside the dbt models, run on a project that has landed nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from raw.feed import declared_feeds
from tests.conftest import House
from warehouse.build import _failed_nodes, open_landing
from warehouse.paths import DBT_PROJECT


def run_dbt(
    project: Path, scratch: Path, target: Path, *selected: str, kind: str = "official"
) -> subprocess.CompletedProcess[str]:
    """``dbt build`` as of the end of 2022."""
    variables = {"as_of_date": "2022-12-31", "reference_month": "2022-12", "release_kind": kind}
    command = [
        sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--project-dir", str(project),
        "--profiles-dir", str(project), "--target-path", str(target), "--log-path", str(target),
        "--vars", json.dumps(variables), *selected,
    ]  # fmt: skip
    environment = {**os.environ, "BUILD_FILE": str(scratch)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_dbt_unit_tests_pass_and_every_contract_holds_without_any_data(tmp_path: Path) -> None:
    """An empty landing must build too: every indicator says no data, and nothing breaks."""
    scratch = tmp_path / "scratch.duckdb"
    open_landing(scratch, declared_feeds(), tmp_path / "landing", date(2022, 12, 31))
    ran = run_dbt(DBT_PROJECT, scratch, tmp_path / "target")
    assert ran.returncode == 0, ran.stdout[-4000:]
    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    unit_tests = [result for result in results if result["unique_id"].startswith("unit_test.")]
    assert len(unit_tests) >= 11
    assert {result["status"] for result in unit_tests} == {"pass"}
    nodes = json.loads((tmp_path / "target/manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    warning = [node for node in nodes if node["config"].get("severity", "").lower() == "warn"]
    assert len(warning) >= 3
    untold = [node["name"] for node in warning if " / " not in node["description"]]
    assert untold == [], "describe it in dbt_project/tests/_tests__properties.yml, Chinese / English"


def test_an_empty_value_that_is_required_is_told_with_its_place(landed_house: House, tmp_path: Path) -> None:
    """The door refuses an empty required value; this is the second net. Here a column that may be empty is required."""
    project, scratch = tmp_path / "dbt_project", tmp_path / "scratch.duckdb"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    contract = project / "models/staging/bureau_statistics/stg_bureau_statistics__observations.yml"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(text.replace("- first_seen_date\n", "- first_seen_date\n              - stage\n", 1))
    chapters = project / "seeds/reference/customs_hs_chapters.csv"
    text = chapters.read_text(encoding="utf-8")
    chapters.write_text(text.replace("01,活动物", ",活动物", 1), encoding="utf-8")
    open_landing(scratch, declared_feeds(), landed_house.landing, date(2022, 12, 31))
    selected = ["--select", "stg_bureau_statistics__observations", "customs_hs_chapters"]
    selected += ["--indirect-selection", "cautious"]
    ran = run_dbt(project, scratch, tmp_path / "target", *selected)
    told = {
        str(problem).split(":")[0]: str(problem) for problem in _failed_nodes(scratch, tmp_path / "target")
    }
    assert ran.returncode != 0
    # Of a seed, whose rows have no place, the whole row.
    assert "活动物" in told.pop("dbt test not_null_customs_hs_chapters_hs_chapter")
    ((place, problem),) = told.items()
    assert re.match(r"bureau_statistics/observations/vintage=\S+, row \d+$", place)
    assert re.search(r"found stage empty in \d+ rows", problem)
    assert "take `required` from the column" in problem
