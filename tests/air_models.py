"""The very SQL of the air quality models, compiled by dbt, to run on tables of a test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import yaml

from warehouse.paths import DBT_PROJECT

REFERENCE = DBT_PROJECT / "seeds/reference"
SEEDS = ("air_standards", "air_index_breakpoints", "air_validity_rules", "air_stations", "air_station_areas")
# In the order in which each needs the ones before; the first and the station hours are given by the test.
MODELS = (
    "int_air_limits__pivoted",
    "int_air_rules__pivoted",
    "int_station_hours__rated",
    "int_station_days__averaged",
    "int_area_days__averaged",
    "int_air_days__rated",
)
HOUR_COLUMNS = {
    "station_code": "varchar", "air_date": "date", "air_hour": "utinyint",
    **dict.fromkeys(
        ("pm2_5", "pm10", "so2", "no2", "o3", "co", "pm2_5_24h", "pm10_24h", "so2_24h", "o3_8h"), "decimal(9, 3)"
    ),
    "published_aqi": "decimal(24, 6)",
}  # fmt: skip


def compiled(target: Path) -> dict[str, str]:
    """SQL of the models by name, as dbt compiles it for a database in memory."""
    variables = {"as_of_date": "2026-11-24", "reference_month": "2026-10", "release_kind": "official"}
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--quiet", "compile", "--project-dir", str(DBT_PROJECT),
            "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target),
            "--vars", json.dumps(variables), "--select", *MODELS,
        ],
        env={**os.environ, "BUILD_FILE": ":memory:"}, check=True, capture_output=True,
    )  # fmt: skip
    folder = target / "compiled/plan_monitoring/models/intermediate"
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in MODELS}


def with_seeds(folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A database that holds the seeds, and nothing in its schema ``intermediate``; in memory, or in a folder.

    The compiled models call it ``memory``, which is also how DuckDB names it by its file.
    """
    connection = duckdb.connect(str(folder / "memory.duckdb") if folder else ":memory:")
    connection.execute("create schema reference; create schema intermediate")
    described = yaml.safe_load((REFERENCE / "_environment_air__seeds.yml").read_text(encoding="utf-8"))
    types = {seed["name"]: seed["config"]["column_types"] for seed in described["seeds"]}
    for seed in SEEDS:
        connection.execute(
            f"create table reference.{seed} as from read_csv(?, header = true, all_varchar = false, columns = ?)",
            [str(REFERENCE / f"{seed}.csv"), types[seed]],
        )
    return connection


def run(connection: duckdb.DuckDBPyConnection, models: Mapping[str, str], *names: str) -> None:
    """Build models as tables, in the order given."""
    for name in names:
        connection.execute(f"create or replace table intermediate.{name} as {models[name]}")


def give(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Put rows of a test's own in the place of a model; columns left out of a row are null."""
    said = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create or replace table intermediate.{name} ({said})")
    for row in rows:
        padded = [*row, *[None] * (len(columns) - len(row))]
        connection.execute(
            f"insert into intermediate.{name} values ({', '.join('?' * len(columns))})", padded
        )
