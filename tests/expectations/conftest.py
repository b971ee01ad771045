"""A small DuckDB build with true published figures, made in a second, for the tests of the gate."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "dbt_project" / "seeds" / "plan"
DAY = "date '2022-01-31'"
POSTGRES = Path("/usr/lib/postgresql/15/bin")

SCHEMA = """
create table release_info(reference_month varchar, as_of_date date, kind varchar, plan_id varchar,
  plan_name_zh varchar, plan_name_en varchar, plan_kind varchar, plan_first_year integer, plan_last_year integer);
create schema plan;
create table plan.indicators(plan_id varchar, indicator_code varchar, effective_from date, effective_to date);
create table plan.indicator_series(plan_id varchar, indicator_code varchar, series_code varchar);
create table dim_indicator(plan_id varchar, indicator_code varchar, name_zh varchar, name_en varchar,
  unit varchar, responsible_unit_ids varchar, attribute varchar);
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
  latest_value double, latest_reference_period varchar, lamp varchar);
create table fct_text_target_progress(plan_id varchar, text_target_id varchar, as_of_date date,
  reference_period varchar, value decimal(24,6), status varchar, origin varchar, owing_units varchar, lamp varchar,
  target_kind varchar, unit varchar, target_value double, responsible_unit_ids varchar);
create table fct_feed_timeliness(feed varchar, table_name varchar, reference_month varchar, expected_date date,
  late_after_date date, timeliness varchar);
create table fct_monthly_flows(series_code varchar, area_code varchar, scope varchar, reference_month varchar,
  origin varchar);
create schema intermediate;
create table intermediate.int_customs_totals__reconciled(series_code varchar, reference_period varchar,
  source_id varchar, covered_period varchar, lines_value_cny decimal(24,6), published_value_cny double,
  difference_pct double);
create table fct_water_section_monthly(section_code varchar, reference_month varchar, origin varchar);
insert into release_info values ('2024-12', date '2024-12-31', 'official', 'qwc-14', '规划', 'Plan', 'official', 2021,
  2025);
insert into dim_source values ('S003', '2020年西海岸新区经济运行情况', date '2021-03-19', 'day', 'published',
  'statistics_bureau'),
  ('R-qwc-14-fgj-2024-06', '责任单位月度报表', date '2024-07-18', 'day', 'returned', 'responsible_unit');
"""

# Three entries of one box, of which one was reported; one binding value missed, one proposal, two overrides.
JUDGED = """
create table plan.evaluation_classes as
  select * from read_csv('{seeds}/evaluation_classes.csv', header = true, all_varchar = true);
create table plan.text_targets as
  select 'qwc-14' as plan_id, text_target_id, 'target' as role, date '2021-04-01' as effective_from,
  cast(null as date) as effective_to from fct_text_target_progress;
create table plan.projects as select 'qwc-14' as plan_id, unnest(['H', 'P1', 'P2']) as project_id;
create table plan.plan_boxes as select 'qwc-14' as plan_id, '1' as box_no;
create table plan.evaluations as select 'qwc-14' as plan_id, unnest(['annual-2022', 'final']) as evaluation_id;
create table plan.status_overrides as select 'qwc-14' as plan_id, unnest(['OVR-1', 'OVR-2']) as override_id,
  date '2022-01-10' as approved_on;
create table fct_project_progress(plan_id varchar, project_id varchar, is_counted boolean, box_number integer,
  as_of_date date, stage_id varchar, stage_reached_date date, progress_pct double, lag_pp double, status varchar,
  lamp varchar, responsible_unit_ids varchar, reporting_unit_id varchar, reported_date date, source_id varchar,
  origin varchar, children_number integer);
insert into fct_project_progress values
  ('qwc-14', 'H', true, 1, '2024-12-31', null, null, null, null, 'heading', 'green', '', null, '2024-07-18', null,
  'returned', 2),
  ('qwc-14', 'P1', true, 1, '2024-12-31', 'started', '2024-05-01', 60, 5, 'on_schedule', 'green', '', 'fgj',
  '2024-07-18', 'R-qwc-14-fgj-2024-06', 'returned', 0),
  ('qwc-14', 'P2', true, 1, '2024-12-31', null, null, null, null, 'not_reported', 'grey', 'gxj', null, null, null,
  null, 0);
create table fct_project_lamps_by_box as select 'qwc-14' as plan_id, 1 as box_number, 3 as entries_number,
  1 as headings_number, 0 as counted_elsewhere_number, 2 as projects_number, 1 as green_number, 0 as yellow_number,
  0 as red_number, 1 as grey_number, 0 as completed_number, 1 as not_reported_number;
create table fct_yearly_assessment as
  select plan_id, indicator_code, unnest(string_split(responsible_unit_ids, ';')) as unit_id,
  cast(reference_year as integer) as reference_year, cast(null as double) as yearly_value,
  cast(null as varchar) as yearly_value_basis, cast(null as double) as actual_value,
  case when reference_year = 2025 then 'not_due' else 'not_assessable' end as assessment, false as is_vetoed,
  cast(null as varchar) as actual_source_id, cast(null as varchar) as origin, true as counts_for_veto
  from dim_indicator cross join range(2021, 2026) as years(reference_year) where attribute = 'binding';
update fct_yearly_assessment set yearly_value = 79, yearly_value_basis = 'assigned', actual_value = 78,
  assessment = 'missed', is_vetoed = true, actual_source_id = 'S003', origin = 'published'
  where indicator_code = '15' and reference_year = 2022;
create table fct_unit_scorecards as
  select owed.plan_id, owed.unit_id, years.reference_year, cast(count(assessed.unit_id) as integer)
  as binding_indicators_number, cast(count(*) filter (where assessed.is_vetoed) as integer) as binding_missed_number,
  cast(count(*) filter (where assessed.assessment = 'missed') as integer) as binding_assessed_number,
  case when count(*) filter (where assessed.is_vetoed) > 0 then 'failed' when count(assessed.unit_id) > 0
  then 'not_assessable' else 'no_binding_indicator' end as veto_state, 3 as returns_due_number,
  1 as returns_on_time_number, 1 as returns_late_number, 1 as returns_missing_number
  from (select distinct plan_id, unnest(string_split(responsible_unit_ids, ';')) as unit_id from dim_indicator) as owed
  cross join range(2021, 2025) as years(reference_year)
  left join fct_yearly_assessment as assessed using (plan_id, unit_id, reference_year) group by all;
create table dim_evaluation(plan_id varchar, evaluation_id varchar, due_date date, assessed_first_year integer,
  assessed_last_year integer, is_newest_due boolean);
insert into dim_evaluation values ('qwc-14', 'annual-2022', '2023-06-30', 2022, 2022, true),
  ('qwc-14', 'final', '2026-06-30', 2021, 2025, false);
create table dim_task_chain as
  select 'qwc-14' as plan_id, '1.1' as section_id, 1 as box_number, project_id, '' as target_type, '' as target_id,
  '' as responsible_unit_id from plan.projects
  union all select 'qwc-14', '', null, '', 'indicator', indicator_code,
  unnest(string_split(responsible_unit_ids, ';')) from dim_indicator
  union all select 'qwc-14', '2.1', null, '', 'text_target', text_target_id, '' from plan.text_targets;
create table fct_revision_proposals as select 'qwc-14' as plan_id, 'annual-2022' as evaluation_id,
  'indicator' as target_type, '11' as target_id, 'overtaken' as rule_ids, 'ahead' as status, '2022' as reference_period,
  82.86 as value, 'derived' as origin;
create table fct_evaluation_findings as
  select plan_id, evaluation_id, cast(row_number() over (order by section, subject_id) as integer) as finding_number,
  section, finding_kind, subject_type, subject_id, 'ahead' as status, 'green' as lamp, date '2024-12-31' as as_of_date,
  'derived' as origin
  from (
  select 'qwc-14' as plan_id, 'annual-2022' as evaluation_id, 'indicators' as section, 'indicator_status'
  as finding_kind, 'indicator' as subject_type, indicator_code as subject_id from dim_indicator
  union all select 'qwc-14', 'annual-2022', 'tasks', 'text_target_status', 'text_target', text_target_id
  from plan.text_targets
  union all values ('qwc-14', 'annual-2022', 'projects', 'box_lamps', 'box', '1'),
  ('qwc-14', 'annual-2022', 'problems', 'yearly_veto', 'indicator', '15'),
  ('qwc-14', 'annual-2022', 'proposals', 'revision_proposal', 'indicator', '11'));
create table fct_status_overrides(plan_id varchar, override_id varchar, target_type varchar, target_id varchar,
  override_status varchar, reason_zh varchar, reason_en varchar, approved_by varchar, approved_date date,
  expiry_date date, evidence varchar, override_state varchar);
insert into fct_status_overrides values
  ('qwc-14', 'OVR-1', 'indicator', '07', 'under_revision', '核对', 'checked', '某人', '2022-01-10', '2025-06-30', '纪要',
  'in_force'),
  ('qwc-14', 'OVR-2', 'project', 'P1', 'completed', '核对', 'checked', '某人', '2022-01-10', '2022-12-31', '纪要',
  'expired');
alter table fct_status_overrides add column override_lamp varchar;
create table fct_indicator_quality as select plan_id, indicator_code, 4 as years_over_number, 1 as years_present_number,
  25.0 as completeness_pct, 2 as compared_periods_number, 1 as revised_periods_number, -0.5 as mean_revision_value,
  0.5 as mean_absolute_revision_value from dim_indicator;
alter table fct_project_progress add column counted_as_project_id varchar;
update fct_project_progress set counted_as_project_id = project_id;
"""
# What each mart of progress shows: the computed status, but for the override in force.
SHOWN = "".join(
    f"alter table {mart} add column shown_status varchar; alter table {mart} add column shown_lamp varchar;"
    f"alter table {mart} add column override_id varchar;"
    f"update {mart} set shown_status = status, shown_lamp = lamp;"
    for mart in ("fct_target_progress", "fct_text_target_progress", "fct_project_progress")
)
SHOWN += "update fct_target_progress set shown_status = 'under_revision', override_id = 'OVR-1' where indicator_code = '07';"

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

# Where each figure was landed from, which most rules do not ask.
LANDED = "".join(
    f"alter table {mart} add column landing_id varchar; alter table {mart} add column file_sha256 varchar;"
    f"alter table {mart} add column row_number bigint;"
    f"update {mart} set landing_id = 'bureau_statistics/observations/vintage=2022-01-31',"
    f" file_sha256 = repeat('a', 64), row_number = rowid + 1;"
    for mart in ("fct_observation_vintages", "fct_indicator_values")
)
LANDED += (
    "alter table fct_observation_vintages add column is_held boolean default false;"
    "alter table fct_target_progress add column method_id varchar;"
    "alter table fct_target_progress add column target_value double;"
)

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
            "insert into dim_indicator values ('qwc-14', ?, ?, ?, ?, ?, ?)",
            [code, row["name_zh"], row["name_en"], row["unit"], ids, row["attribute"]],
        )
        owing = "; ".join(units[unit] for unit in ids.split(";"))
        value = known.get(code)
        connection.execute(
            "insert into fct_target_progress values ('qwc-14', ?, '2024-12-31', ?, ?, ?, ?, ?, ?, ?, ?)",
            [code, value and value[1], value and value[3], "ahead" if value else "no_data",
             "derived" if value else None, "" if value else owing, value and value[3], value and value[1],
             "green" if value else "grey"],
        )  # fmt: skip
    connection.executemany(
        "insert into fct_text_target_progress values ('qwc-14', ?, '2024-12-31', ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
        [["T001", None, None, "no_data", None, "责任单位未载明 not named in the plan", "grey", "coverage", "%", 100],
         ["T002", "2022", 7.5, "on_schedule", "derived", "", "green", "level", "万人", 9],
         ["T003", "2022", 40, "lagging", "derived", "", "yellow", "coverage", "%", 100],
         ["T004", "2022", 0, "on_schedule", "derived", "", "green", "milestone", None, 1]],
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
    connection.execute(LANDED)
    connection.execute(
        "create table fct_observations as select * exclude (is_selected, selection_rank, is_held)"
        " from fct_observation_vintages where is_selected"
    )
    connection.execute(JUDGED.replace("{seeds}", str(SEEDS)))
    connection.execute(SHOWN)


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


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """The address of a PostgreSQL that lives for one test."""
    if not (POSTGRES / "postgres").exists():
        pytest.skip(f"no PostgreSQL in {POSTGRES}: the ledger is tried in SQLite only")
    data, sockets = tmp_path / "pg", tmp_path / "s"
    sockets.mkdir()
    as_user = _as_another_user(tmp_path, sockets)
    ran = [*as_user, str(POSTGRES / "initdb"), "-D", str(data), "-U", "ledger", "-A", "trust", "--no-sync"]
    subprocess.run(ran, check=True, capture_output=True)
    control = [*as_user, str(POSTGRES / "pg_ctl"), "-D", str(data), "-w"]
    options = f"-c listen_addresses='' -k {sockets}"
    subprocess.run(
        [*control, "-o", options, "-l", str(data / "log"), "start"], check=True, capture_output=True
    )
    yield f"postgresql+psycopg2://ledger@/postgres?host={sockets}"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)


def _as_another_user(folder: Path, sockets: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("runuser") is None:
        pytest.skip("no runuser to leave root with: the ledger is tried in SQLite only")
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o005 != 0o005 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    for one in (folder, sockets):
        shutil.chown(one, "nobody")
    return ["runuser", "-u", "nobody", "--"]
