"""Readers may have an older DuckDB: 1.0 must open what we release."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.build import Build

READ = """
import sys, duckdb
print(duckdb.__version__)
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print(connection.execute("select count(*) from fct_target_progress").fetchone()[0])
"""


@pytest.mark.soak
def test_duckdb_1_0_opens_a_build(tmp_path: Path, late_build: Build) -> None:
    """Installs that version from the package index into a folder of the test's own."""
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tmp_path), "duckdb==1.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode != 0:
        pytest.skip(f"DuckDB 1.0.0 cannot be installed here: {installed.stderr.strip()[-200:]}")
    ran = subprocess.run(
        [sys.executable, "-c", READ, str(late_build.file)],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.split() == ["1.0.0", "25"], ran.stderr
