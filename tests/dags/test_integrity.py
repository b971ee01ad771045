"""The DAG files as Airflow sees them: they parse, say what they should, and are thin."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raw.doors.drop_folder import is_dropped
from raw.feed import Feed, declared_feeds

REPO = Path(__file__).resolve().parents[2]
DAGS = REPO / "dags"
DAG_FILES = sorted(file for file in DAGS.glob("*.py") if not file.name.startswith("_"))
HEAVY = ("pandas", "numpy", "pyarrow", "duckdb", "dbt", "great_expectations", "openpyxl")
TICKS = 14
DROPPED = [feed for feed in declared_feeds() if is_dropped(feed)]

# Runs in a process of its own: Airflow takes its home from the environment, once, at import.
LOOK = """
import json, sys
from datetime import timedelta
before = set(sys.modules)
sys.path.append(sys.argv[1])
import pull, publish, watch, watchdog
loaded = sorted(m for m in set(sys.modules) - before)
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
bag = DagBag(sys.argv[1])

def ticks(dag):
    timetable, last, found = coerce_to_core_timetable(dag.timetable), None, []
    if not dag.dag_id.startswith("pull_"):
        return []
    for _ in range(int(sys.argv[2])):
        last = timetable.next_dagrun_info_v2(
            last_dagrun_info=last, restriction=TimeRestriction(None, None, True))
        found.append([last.run_after.in_timezone("Asia/Shanghai").date().isoformat(), last.partition_key])
    return found

def facts(dag):
    DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    return {
        "tags": sorted(dag.tags), "params": sorted(dag.params), "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs, "paused": dag.is_paused_upon_creation,
        "deadlines": [[d.interval.total_seconds() / 3600, d.callback.path] for d in dag.deadline or []],
        "timetable": type(dag.timetable).__name__, "ticks": ticks(dag),
        "waits_for": sorted(a.name for a in getattr(
            getattr(dag.timetable, "asset_condition", None), "objects", [])),
        "condition": type(getattr(dag.timetable, "asset_condition", None)).__name__,
        "tasks": {t.task_id: {
            "retries": t.retries, "outlets": [o.name for o in t.outlets],
            "downstream": sorted(t.downstream_task_ids), "alerts": len(t.on_failure_callback),
            "recoveries": len(t.on_success_callback),
        } for t in dag.tasks},
    }

print(json.dumps({"loaded": loaded, "errors": bag.import_errors,
                  "files": sorted(str(s.file) for s in bag.dagbag_stats),
                  "dags": {dag_id: facts(dag) for dag_id, dag in bag.dags.items()}}))
"""


def look(home: Path, **environment: str) -> dict[str, Any]:
    settings = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(DAGS), str(TICKS)],
        env=settings | environment, capture_output=True, text=True, check=False, cwd=home, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look(tmp_path_factory.mktemp("airflow"))


def test_every_file_parses_and_gives_the_dags_of_the_feeds(seen: dict[str, Any]) -> None:
    assert seen["errors"] == {}
    pulls = {f"pull_{feed.feed}" for feed in declared_feeds()}
    watches = {f"watch_{feed.feed}" for feed in DROPPED}
    assert set(seen["dags"]) == pulls | watches | {"publish_monthly", "watchdog"}


def test_only_dag_files_are_read_as_dag_files(seen: dict[str, Any]) -> None:
    assert [Path(file).name for file in seen["files"]] == [
        "publish.py",
        "pull.py",
        "watch.py",
        "watchdog.py",
    ]


def test_parsing_loads_nothing_heavy(seen: dict[str, Any]) -> None:
    assert [module for module in seen["loaded"] if module.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize("feed", declared_feeds(), ids=lambda feed: feed.feed)
def test_a_pull_updates_the_asset_of_its_feed(seen: dict[str, Any], feed: Feed) -> None:
    dag = seen["dags"][f"pull_{feed.feed}"]
    assert dag["timetable"] == "CronPartitionTimetable"
    assert dag["tags"] == sorted(["pull", feed.origin])
    assert dag["params"] == ["as_of", "month"]
    assert list(dag["tasks"]) == ["pull"]
    assert dag["tasks"]["pull"]["outlets"] == [feed.feed]
    assert dag["tasks"]["pull"]["retries"] == 3
    assert dag["tasks"]["pull"]["alerts"] == 1
    assert (dag["catchup"], dag["paused"], dag["max_active_runs"]) == (False, False, 1)


@pytest.mark.parametrize("feed", declared_feeds(), ids=lambda feed: feed.feed)
def test_a_pull_runs_once_a_month_for_the_month_before(seen: dict[str, Any], feed: Feed) -> None:
    """A key that names an unfinished month, or one month many times, would start wrong publications."""
    ticks = seen["dags"][f"pull_{feed.feed}"]["ticks"]
    assert len(ticks) == TICKS
    for day, key in ticks:
        year, month = int(day[:4]), int(day[5:7])
        before = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}"
        assert key == before, f"schedule.cron of {feed.feed}: the run of {day} is about {key}, not {before}"
    assert len({key for _, key in ticks}) == TICKS


def test_the_publication_waits_for_every_feed(seen: dict[str, Any]) -> None:
    dag = seen["dags"]["publish_monthly"]
    assert dag["timetable"] == "PartitionedAssetTimetable"
    assert dag["waits_for"] == [feed.feed for feed in declared_feeds()]
    assert dag["condition"] == "AssetAll"
    assert (dag["paused"], dag["max_active_runs"]) == (False, 1)
    assert dag["params"] == ["as_of", "kind", "month"]


def test_the_publication_is_build_check_settle_release_each_tried_once(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["publish_monthly"]["tasks"]
    assert {name: task["downstream"] for name, task in tasks.items()} == {
        "build": ["check"],
        "check": ["settle"],
        "settle": ["release"],
        "release": [],
    }
    assert {task["retries"] for task in tasks.values()} == {0}
    assert {task["alerts"] for task in tasks.values()} == {1}
    assert {task["recoveries"] for task in tasks.values()} == {1}


def test_a_run_that_is_not_over_in_time_is_told_of(seen: dict[str, Any]) -> None:
    tell = "expectations.overdue.tell_overdue"
    assert seen["dags"]["publish_monthly"]["deadlines"] == [[8.0, tell]]
    assert {str(seen["dags"][f"pull_{feed.feed}"]["deadlines"]) for feed in declared_feeds()} == {
        str([[12.0, tell]])
    }


def test_the_watchdog_needs_no_other_run(seen: dict[str, Any]) -> None:
    dag = seen["dags"]["watchdog"]
    assert dag["timetable"] == "CronTriggerTimetable"
    assert (dag["waits_for"], dag["paused"], dag["max_active_runs"]) == ([], False, 1)


@pytest.mark.parametrize("feed", DROPPED, ids=lambda feed: feed.feed)
def test_a_watch_waits_for_files_and_starts_the_pull(seen: dict[str, Any], feed: Feed) -> None:
    dag = seen["dags"][f"watch_{feed.feed}"]
    assert dag["timetable"] == "ContinuousTimetable"
    assert (dag["catchup"], dag["paused"], dag["max_active_runs"]) == (False, False, 1)
    assert {name: task["downstream"] for name, task in dag["tasks"].items()} == {"wait": ["pull"], "pull": []}
    # Only the pull itself says that a month is in: a watch has no asset.
    assert [task["outlets"] for task in dag["tasks"].values()] == [[], []]


WATCH = """
import os, sys, time
sys.path.append(sys.argv[1])
from datetime import UTC, datetime
from pathlib import Path
from airflow.sdk.exceptions import TaskDeferred
from _inbox import LOOK_EVERY, InboxSensor

def look(last):
    sensor = InboxSensor(task_id="wait", feed="unit_returns")
    try:
        sensor.execute({"prev_end_date_success": last})
    except TaskDeferred as sleeping:
        assert sleeping.method_name == "execute"
        return f"sleeps: {type(sleeping.trigger).__name__}"
    return "fires"

looked = [look(None)]
inbox = Path(os.environ["RAW_INBOX"], "unit_returns")
inbox.mkdir(parents=True)
(inbox / "a.xlsx").write_bytes(b"x")
looked.append(look(None))
from raw.doors import drop_folder
drop_folder.SETTLED_SECONDS = 0.0
for last in (None, datetime.fromtimestamp(time.time() - 60, UTC), datetime.now(UTC)):
    looked.append(look(last))
print(looked)
"""


def test_the_sensor_sleeps_until_something_new_was_dropped_and_settled(tmp_path: Path) -> None:
    settings = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "RAW_INBOX": str(tmp_path / "inbox")}
    ran = subprocess.run(
        [sys.executable, "-c", WATCH, str(DAGS)],
        env=settings, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    sleeps = "sleeps: TimeDeltaTrigger"
    assert ran.stdout.splitlines()[-1] == str([sleeps, sleeps, "fires", "fires", sleeps])


def test_a_new_feed_file_is_a_new_dag(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    for file in (REPO / "raw" / "feeds").glob("*.yml"):
        (feeds / file.name).write_bytes(file.read_bytes())
    text = (feeds / "bureau_statistics.yml").read_text(encoding="utf-8")
    (feeds / "fifth_feed.yml").write_text(
        text.replace("feed: bureau_statistics", "feed: fifth_feed"), "utf-8"
    )
    found = look(tmp_path, RAW_FEEDS=str(feeds))
    assert found["errors"] == {}
    assert found["dags"]["pull_fifth_feed"]["tasks"]["pull"]["outlets"] == ["fifth_feed"]
    assert "fifth_feed" in found["dags"]["publish_monthly"]["waits_for"]


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.name)
def test_a_dag_file_is_thin(file: Path) -> None:
    """It says when, never what: no address, SQL or path in a string, no loop over data in a task."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    sql = r"\bselect\s.+\sfrom\b|\binsert\s+into\b|\bcreate\s+(table|view)\b"
    assert [s for s in strings if re.search(rf"https?:|{sql}", s, re.I | re.S)] == []
    prose = {
        ast.get_docstring(n, clean=False)
        for n in ast.walk(tree)
        if isinstance(n, (ast.Module, ast.FunctionDef))
    }
    assert [
        s for s in strings if s not in prose and re.search(r"^/|\.(csv|parquet|duckdb|json|yml)$", s)
    ] == []
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    loops = [n for f in functions for n in ast.walk(f) if isinstance(n, (ast.For, ast.While))]
    assert loops == []
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 90


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.name)
def test_heavy_imports_stand_inside_tasks(file: Path) -> None:
    top = ast.parse(file.read_text(encoding="utf-8")).body
    named = {a.name for n in top if isinstance(n, ast.Import) for a in n.names}
    named |= {n.module for n in top if isinstance(n, ast.ImportFrom) and n.module}
    light = {
        "__future__",
        "datetime",
        "functools",
        "operator",
        "pathlib",
        "zoneinfo",
        "_inbox",
        "_shared",
        "airflow.providers.standard.operators.trigger_dagrun",
        "airflow.sdk",
        "raw.doors.drop_folder",
        "raw.feed",
    }
    assert named <= light
