"""Airflow's own processes: a month whose feeds are in is published by itself, once; a run that hangs is told of."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from expectations.incidents import all_incidents
from expectations.ledger import open_ledger
from raw.feed import declared_feeds

REPO = Path(__file__).resolve().parents[2]
# A past day, as the pulls of `make airflow` are asked for one: the stand-ins live today.
MONTH, AS_OF = "2022-12", "2023-04-30"
START_SECONDS, RUN_SECONDS, QUIET_SECONDS = 120.0, 100.0, 8.0

pytestmark = [pytest.mark.scheduler, pytest.mark.soak]


DATABASE_TRIES = 5
# A run that takes longer than its deadline, and then ends well.
SLEEPER = f"""
import sys
import time

sys.path.insert(0, {str(REPO / "dags")!r})
from _shared import deadline, on_success
from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, is_paused_upon_creation=False, deadline=deadline(hours=3 / 3600),
     params={{"month": "2022-12", "as_of": "2023-04-30"}})
def sleeper():
    @task(on_success_callback=on_success)
    def sleep():
        time.sleep(25)

    sleep()


sleeper()
"""
BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"


class DatabaseBusyError(Exception):
    """SQLite has one writer: while the scheduler writes, the interface may answer 500 and undo what was asked."""


@dataclass
class Airflow:
    """A running Airflow: where its interface is, where its warehouse is, and its own word."""

    url: str
    data: Path
    log: Path
    token: str = ""

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = Request(self.url + path, headers=headers, data=json.dumps(body).encode() if body else None)
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=20) as answer:
                return json.load(answer)
        except HTTPError as error:
            told = f"{path}: {error.code} {error.read().decode()}"
            if error.code == HTTPStatus.INTERNAL_SERVER_ERROR and "Database error" in told:
                raise DatabaseBusyError(told) from error
            raise AssertionError(told) from error

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(f"/api/v2/dags/{dag_id}/dagRuns")["dag_runs"]
        return found

    def trigger(self, dag_id: str) -> None:
        asked = {"logical_date": None, "partition_key": MONTH, "conf": {"as_of": AS_OF}}
        for _ in range(DATABASE_TRIES):
            try:
                self.ask(f"/api/v2/dags/{dag_id}/dagRuns", asked)
                return
            except DatabaseBusyError:
                time.sleep(3)
        pytest.fail(f"{dag_id}: the database of Airflow stayed busy")

    def ended(self, dag_id: str) -> bool:
        runs = self.runs(dag_id)
        return bool(runs) and all(run["state"] in ("success", "failed") for run in runs)


def wait_for(what: str, holds: Callable[[], bool], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (URLError, OSError, DatabaseBusyError):
            pass
        time.sleep(1)
    tail = log.read_text(encoding="utf-8", errors="replace")[-4000:] if log.exists() else ""
    pytest.fail(f"{what}: not within {seconds:.0f} s\n{tail}")


@pytest.fixture
def airflow(tmp_path: Path) -> Iterator[Airflow]:
    """`make airflow` in a fresh house; every process of it is gone afterwards."""
    with running(tmp_path, {}) as started:
        yield started


@pytest.fixture
def airflow_with_a_sleeper(tmp_path: Path) -> Iterator[Airflow]:
    """The same with one DAG alone, which hangs for a while."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "sleeper.py").write_text(SLEEPER, encoding="utf-8")
    bundles = [{"name": "sleeper", "classpath": BUNDLE, "kwargs": {"path": str(bundle)}}]
    with running(
        tmp_path, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles)}
    ) as started:
        yield started


@contextmanager
def running(tmp_path: Path, settings: dict[str, str]) -> Iterator[Airflow]:
    """`make airflow` with settings of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "airflow"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {
        "HOME": str(tmp_path), "AIRFLOW_HOME": str(home), "RAW_LANDING": str(tmp_path / "landing"),
        "RAW_INBOX": str(tmp_path / "inbox"), "WAREHOUSE_DATA": str(tmp_path / "data"),
    }  # fmt: skip
    environment = {
        name: value for name, value in environment.items() if not re.fullmatch(r"RAW_\w+_URL", name)
    } | settings
    said = tmp_path / "said.txt"
    with said.open("w") as output:
        web = subprocess.Popen(
            [sys.executable, "-u", "dags", "--web", "--port", str(port)],
            cwd=REPO, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    started = Airflow(f"http://127.0.0.1:{port}", tmp_path / "data", home / "logs" / "standalone.log")
    try:
        wait_for("ready", lambda: "log in" in said.read_text("utf-8"), START_SECONDS, started.log)
        passwords = json.loads((home / "simple_auth_manager_passwords.json.generated").read_text("utf-8"))
        login = {"username": "admin", "password": passwords["admin"]}
        started.token = started.ask("/auth/token", login)["access_token"]
        yield started
    finally:
        web.send_signal(signal.SIGTERM)
        try:
            web.wait(40)
        finally:
            kill_everything_of(home)
    assert web.returncode == 0
    assert processes_of(home) == []


def processes_of(home: Path) -> list[int]:
    """Ids of the living processes whose environment names this AIRFLOW_HOME: it is a folder of this test."""
    mark, found = f"AIRFLOW_HOME={home}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except (OSError, ValueError):
            continue
    return found


def kill_everything_of(home: Path) -> None:
    for process in processes_of(home):
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_all_feeds_in_start_one_publication(airflow: Airflow) -> None:
    *others, last = [f"pull_{feed.feed}" for feed in declared_feeds()]
    wait_for(
        "the DAGs are known",
        lambda: {*others, last, "publish_monthly"} <= {d["dag_id"] for d in airflow.ask("/api/v2/dags")["dags"]},
        60, airflow.log,
    )  # fmt: skip

    for pull in others:
        airflow.trigger(pull)
        wait_for(f"{pull} is in", lambda pull=pull: airflow.ended(pull), RUN_SECONDS, airflow.log)
    time.sleep(QUIET_SECONDS)
    assert airflow.runs("publish_monthly") == [], "all feeds but one must not start a publication"

    airflow.trigger(last)
    wait_for("the publication ended", lambda: airflow.ended("publish_monthly"), RUN_SECONDS, airflow.log)
    time.sleep(QUIET_SECONDS)
    runs = airflow.runs("publish_monthly")
    assert [(run["partition_key"], run["run_type"], run["state"]) for run in runs] == [
        (MONTH, "asset_triggered", "success")
    ]
    manifest = json.loads((airflow.data / "current" / "manifest.json").read_text(encoding="utf-8"))
    # As of the day of the pulls, not of today: it came along with the assets.
    assert (manifest["reference_month"], manifest["as_of_date"]) == (MONTH, AS_OF)
    assert [folder.name for folder in (airflow.data / "releases").iterdir()] == [MONTH]


def test_a_run_that_hangs_is_told_of_and_is_over_once_it_ends(
    airflow_with_a_sleeper: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler itself calls; the run goes on, ends well, and closes its incident."""
    airflow = airflow_with_a_sleeper
    monkeypatch.setenv("WAREHOUSE_DATA", str(airflow.data))
    monkeypatch.delenv("EXPECTATIONS_LEDGER_URL", raising=False)

    def incidents() -> list[tuple[str, str]]:
        with open_ledger() as session:
            return [(one.title_en, one.state) for one in all_incidents(session)]

    wait_for("the DAG is known", lambda: bool(airflow.ask("/api/v2/dags")["dags"]), 60, airflow.log)
    airflow.ask(
        "/api/v2/dags/sleeper/dagRuns", {"logical_date": None, "conf": {"month": MONTH, "as_of": AS_OF}}
    )
    wait_for("the deadline is told of", lambda: bool(incidents()), 60, airflow.log)
    ((title, state),) = incidents()
    assert title.startswith("2022-12 sleeper is not over 0.000833333 hours after it was queued")
    assert (state, airflow.runs("sleeper")[0]["state"]) == ("open", "running")
    wait_for("it is over", lambda: airflow.ended("sleeper"), 60, airflow.log)
    wait_for("that is told too", lambda: incidents()[0][1] == "resolved", 20, airflow.log)
