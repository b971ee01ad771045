"""The unit tests that stand beside the dbt models, run on a project that has landed nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from raw.feed import declared_feeds
from warehouse.build import open_landing
from warehouse.paths import DBT_PROJECT


def test_dbt_unit_tests_pass_and_every_contract_holds_without_any_data(tmp_path: Path) -> None:
    """An empty landing must build too: every indicator says no data, and nothing breaks."""
    scratch = tmp_path / "scratch.duckdb"
    open_landing(scratch, declared_feeds(), tmp_path / "landing", date(2022, 12, 31))
    variables = {"as_of_date": "2022-12-31", "reference_month": "2022-12", "release_kind": "official"}
    ran = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(tmp_path / "target"),
            "--log-path", str(tmp_path / "target"), "--vars", json.dumps(variables),
        ],
        env={**os.environ, "BUILD_FILE": str(scratch)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:]
    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    unit_tests = [result for result in results if result["unique_id"].startswith("unit_test.")]
    assert len(unit_tests) >= 11
    assert {result["status"] for result in unit_tests} == {"pass"}
