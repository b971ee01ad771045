"""A small DuckDB build with true published figures, made in a second, for the tests of the gate."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "dbt_project" / "seeds" / "plan"
DAY = "date '2022-01-31'"

SCHEMA = """
create table release_info(reference_month varchar, as_of_date date, kind varchar, plan_id varchar,
  plan_name_zh varchar, plan_name_en varchar, plan_kind varchar);
create schema plan;
create table plan.indicators(plan_id varchar, indicator_code varchar, effective_from date, effective_to date);
create table plan.indicator_series(plan_id varchar, indicator_code varchar, series_code varchar);
create table dim_indicator(plan_id varchar, indicator_code varchar, name_zh varchar, name_en varchar,
  unit varchar, responsible_unit_ids varchar);
create table dim_responsible_unit(unit_id varchar, name_zh varchar, name_en varchar, aliases varchar);
create table dim_source(source_id varchar, title varchar, published_date date, published_precision varchar,
  origin varchar, publisher_class varchar);
create table fct_observation_vintages(series_code varchar, area_code varchar, measure varchar, scope varchar,
  frequency varchar, reference_period varchar, value decimal(24,6), unit varchar, tags varchar,
  origin varchar, source_id varchar, published_date date, vintage_date date, is_selected boolean,
  selection_rank integer);
create table fct_indicator_values(plan_id varchar, indicator_code varchar, area_code varchar,
  reference_period varchar, frequency varchar, measure varchar, value decimal(24,6), unit varchar,
  origin varchar, source_id varchar, published_date date, vintage_date date, series_code varchar);
create table fct_target_progress(plan_id varchar, indicator_code varchar, as_of_date date,
  reference_period varchar, value decimal(24,6), status varchar, origin varchar, owing_units varchar,
  latest_value double, latest_reference_period varchar);
create table fct_text_target_progress(plan_id varchar, text_target_id varchar, as_of_date date,
  reference_period varchar, value decimal(24,6), status varchar, origin varchar, owing_units varchar);
create table fct_feed_timeliness(feed varchar, table_name varchar, reference_month varchar, expected_date date,
  late_after_date date, timeliness varchar);
create table fct_monthly_flows(series_code varchar, area_code varchar, scope varchar, reference_month varchar,
  origin varchar);
create schema intermediate;
create table intermediate.int_customs_totals__reconciled(series_code varchar, reference_period varchar,
  source_id varchar, covered_period varchar, lines_value_cny decimal(24,6), published_value_cny double,
  difference_pct double);
create table fct_water_section_monthly(section_code varchar, reference_month varchar, origin varchar);
insert into release_info values ('2024-12', date '2024-12-31', 'official', 'qwc-14', '规划', 'Plan', 'official');
insert into dim_source values ('S003', '2020年西海岸新区经济运行情况', date '2021-03-19', 'day', 'published',
  'statistics_bureau');
"""

# series, area, measure, period, value, source: as published (S003, S014, S002)
OBSERVATIONS = [
    ("GDP", "CN-370211", "LEVEL", "2020", "3721.68", "S003"),
    ("VA_PRIMARY", "CN-370211", "LEVEL", "2020", "82.25", "S003"),
    ("VA_SECONDARY", "CN-370211", "LEVEL", "2020", "1399.31", "S003"),
    ("VA_TERTIARY", "CN-370211", "LEVEL", "2020", "2240.12", "S003"),
    # The rounded parts of 2022 sum to 4691.86: within the rounding printed.
    ("GDP", "CN-370211", "LEVEL", "2022", "4691.85", "S002"),
    ("VA_PRIMARY", "CN-370211", "LEVEL", "2022", "92.47", "S002"),
    ("VA_SECONDARY", "CN-370211", "LEVEL", "2022", "1683.7", "S002"),
    ("VA_TERTIARY", "CN-370211", "LEVEL", "2022", "2915.69", "S002"),
    ("GDP", "CN-370200", "LEVEL", "2020", "12400.56", "S090"),
    ("GDP", "CN-370200", "LEVEL", "2022", "14920.75", "S041"),
]
# indicator, period, measure, value, unit, series
VALUES = [
    ("01", "2020", "YOY", "3.9", "%", "GDP"),
    ("01", "2022", "YOY", "4.8", "%", "GDP"),
    ("07", "2022", "LEVEL", "32.91", "%", "FOUR_NEW_ECONOMY_SHARE"),
    ("11", "2022", "LEVEL", "82.86", "%", "URBANISATION_RATE_RESIDENT"),
    ("20", "2022", "LEVEL", "7.9", "万人", "URBAN_NEW_JOBS"),
]

MakeBuild = Callable[..., Path]


PLAN = "qwc-14"


def _seed(name: str) -> list[dict[str, str]]:
    """The rows of a seed that belong to the plan of this build, or to none."""
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("plan_id", PLAN) == PLAN]


def _fill(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(SCHEMA)
    units = {row["unit_id"]: row["name_zh"] for row in _seed("responsible_units.csv")}
    connection.executemany(
        "insert into dim_responsible_unit values (?, ?, ?, '')",
        [[row["unit_id"], row["name_zh"], row["name_en"]] for row in _seed("responsible_units.csv")],
    )
    connection.executemany(
        "insert into plan.indicators values (?, ?, ?, null)",
        [[PLAN, row["indicator_code"], row["effective_from"]] for row in _seed("indicators.csv")],
    )
    connection.executemany(
        "insert into plan.indicator_series values (?, ?, ?)",
        [[PLAN, row["indicator_code"], row["series_code"]] for row in _seed("indicator_series.csv")],
    )
    known = {row[0]: row for row in VALUES}
    for row in _seed("indicators.csv"):
        code, ids = row["indicator_code"], row["responsible_unit_ids"]
        connection.execute(
            "insert into dim_indicator values ('qwc-14', ?, ?, ?, ?, ?)",
            [code, row["name_zh"], row["name_en"], row["unit"], ids],
        )
        owing = "; ".join(units[unit] for unit in ids.split(";"))
        value = known.get(code)
        connection.execute(
            "insert into fct_target_progress values ('qwc-14', ?, '2024-12-31', ?, ?, ?, ?, ?, ?, ?)",
            [code, value and value[1], value and value[3], "ahead" if value else "no_data",
             "derived" if value else None, "" if value else owing, value and value[3], value and value[1]],
        )  # fmt: skip
    connection.executemany(
        "insert into fct_text_target_progress values ('qwc-14', ?, '2024-12-31', ?, ?, ?, ?, ?)",
        [["T001", None, None, "no_data", None, "责任单位未载明 not named in the plan"],
         ["T002", "2022", 7.5, "on_schedule", "derived", ""]],
    )  # fmt: skip
    connection.executemany(
        "insert into fct_observation_vintages values "
        f"(?, ?, ?, '_T', 'A', ?, ?, '亿元', '', 'published', ?, {DAY}, {DAY}, true, 1)",
        [list(row) for row in OBSERVATIONS],
    )
    connection.executemany(
        "insert into fct_indicator_values values "
        f"('qwc-14', ?, 'CN-370211', ?, 'A', ?, ?, ?, 'published', 'S002', {DAY}, {DAY}, ?)",
        [list(row) for row in VALUES],
    )
    connection.execute(
        "create table fct_observations as"
        " select * exclude (is_selected, selection_rank) from fct_observation_vintages where is_selected"
    )


def write_build_json(folder: Path) -> None:
    digest = hashlib.sha256((folder / "warehouse.duckdb").read_bytes()).hexdigest()
    (folder / "build.json").write_text(json.dumps({"sha256": digest, "warnings": []}), encoding="utf-8")


@pytest.fixture
def make_build(tmp_path: Path) -> MakeBuild:
    """``make_build(name, *sql)``: a sound build, then altered by the SQL statements."""

    def make(name: str = "build", *sql: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            _fill(connection)
            _run(connection, sql)
        write_build_json(folder)
        return folder

    return make


def _run(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.execute(statement)
