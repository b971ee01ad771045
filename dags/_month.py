"""One monthly release on this machine: run the DAGs, show what happens, end with the indicators.

The DAGs run in a child process whose output is the log; what it does comes back as JSON lines over a pipe,
so this process needs no Airflow and the terminal stays calm.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from _home import DAGS, REPO, airflow_home, alone, environment, migrate, publishers
from _rehearsal import KIND, rehearsing
from _table import bulletin_of, indicator_table, padded

from expectations.observing import summary
from raw.errors import BadInput
from warehouse.paths import data_root
from warehouse.release import Release, in_force

REFUSED, FAILED = 2, 1
REHEARSED = "模拟演练，不影响正式发布。Rehearsal with simulated data; no official release is touched."
# How Python ends the traceback of bad input.
BAD_INPUT = f"\n{BadInput.__module__}.{BadInput.__qualname__}: "
STOP_SECONDS = 10.0
NAMES = {
    "pull": "取数 pull",
    "build": "建库 build",
    "check": "检查 check",
    "settle": "扣留 settle",
    "release": "发布 release",
}


@dataclass
class Outcome:
    """What the child told: problems to show, whether all of them are plain words, the release's folder."""

    problems: list[str] = field(default_factory=list)
    plain: bool = True
    release_dir: Path | None = None


def rehearse_month(month: str, as_of: date, seed: int) -> int:
    """Make a release of simulated data in a house of its own; returns the exit code of :func:`run_month`."""
    _say(REHEARSED)
    with rehearsing(month, seed) as root:
        _say(f"  种子 seed {seed}，{root}")
        return run_month(month, as_of, seed)


def run_month(month: str, as_of: date, seed: int | None = None) -> int:
    """Make the release of a month as known on a day; returns the exit code.

    0: released. 1: something broke. 2: bad input, or refused by the gate. A ``seed`` makes it a rehearsal.
    Raises BadInput when Airflow's home is taken or cannot be prepared.
    """
    home, started = airflow_home(), time.monotonic()
    _say(f"{month} 月度发布，截止 {as_of} / monthly release, as of {as_of}")
    conf = {"month": month, "as_of": as_of.isoformat()} | ({} if seed is None else {"kind": KIND})
    with alone(home), publishers(as_of, seed) as url:
        log = _new_log(home, month, as_of)
        _say(f"  数据源 publishers    {url}")
        settings = environment(home)
        with _timed("准备 prepare Airflow"):
            migrate(home, settings, log)
        code, outcome = _run_dags(settings, conf, log)
    if code == 0 and outcome.release_dir is not None:
        _show_release(outcome.release_dir, time.monotonic() - started)
        return 0
    _show_failure(outcome, log)
    return REFUSED if outcome.problems and outcome.plain else FAILED


def _new_log(home: Path, month: str, as_of: date) -> Path:
    folder = home / "logs" / "month"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{month}_{as_of}_{time.strftime('%Y%m%dT%H%M%S')}.log"
    log.touch()
    return log


def _run_dags(settings: dict[str, str], conf: dict[str, str], log: Path) -> tuple[int, Outcome]:
    reading, writing = os.pipe()
    command = [sys.executable, str(DAGS / "_run_dags.py"), str(writing), json.dumps(conf)]
    with log.open("ab") as output, os.fdopen(reading, encoding="utf-8") as events:
        child = subprocess.Popen(
            command, env=settings, stdout=output, stderr=output, pass_fds=[writing], cwd=REPO
        )
        os.close(writing)
        try:
            outcome = _follow(json.loads(line) for line in events)
            return child.wait(), outcome
        finally:
            _stop(child)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Leave no child behind, also when the reader pressed Ctrl-C."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _follow(events: Iterator[dict[str, Any]]) -> Outcome:
    """Show one line a step; the wait for Airflow itself is the first."""
    outcome = Outcome()
    _begin("启动 start Airflow")
    waiting = time.monotonic()
    for event in events:
        match event["event"]:
            case "parsed":
                _end(time.monotonic() - waiting)
            case "started":
                _begin(_step(event))
            case "succeeded":
                _end(event["seconds"])
            case "failed":
                _end(event["seconds"], "失败 FAILED")
                _note_failure(event, outcome)
            case "unreadable":
                _end(time.monotonic() - waiting, "失败 FAILED")
                _note_unreadable(event, outcome)
            case "dag_ended" if _released(event):
                outcome.release_dir = Path(event["results"]["release"])
    return outcome


def _released(event: dict[str, Any]) -> bool:
    return event["state"] == "success" and bool(event["results"].get("release"))


def _note_failure(event: dict[str, Any], outcome: Outcome) -> None:
    if event["again"]:
        _say("    稍后自动重试 / will be tried again; Ctrl-C 停止 stops")
        return
    outcome.problems += event["message"].splitlines()
    outcome.plain = outcome.plain and event["plain"]


def _note_unreadable(event: dict[str, Any], outcome: Outcome) -> None:
    """A DAG file that cannot be parsed. Every one of them reads the feeds: their mistake is told once."""
    _, refused, told = event["message"].rpartition(BAD_INPUT)
    lines = told.splitlines() if refused else [f"{event['file']}: {event['message'].splitlines()[-1]}"]
    outcome.problems += [line for line in lines if line not in outcome.problems]
    outcome.plain = outcome.plain and bool(refused)


def _step(event: dict[str, Any]) -> str:
    feed = event["dag"].removeprefix("pull_")
    return f"{NAMES.get(event['task'], event['task'])}" + (f" {feed}" if event["task"] == "pull" else "")


@contextmanager
def _timed(label: str) -> Iterator[None]:
    started = time.monotonic()
    _begin(label)
    yield
    _end(time.monotonic() - started)


def _begin(label: str) -> None:
    print(f"  {padded(label, 34)}", end="", flush=True)


def _end(seconds: float, state: str = "") -> None:
    print(f"{seconds:7.1f} s  {state}".rstrip(), flush=True)


def _say(text: str) -> None:
    print(text, flush=True)


def _show_release(release_dir: Path, seconds: float) -> None:
    _say("")
    _say(indicator_table(release_dir))
    _say("")
    made = Release.load(release_dir)
    if not made.is_current:
        _say(f"{made.name}: {made.place().zh} / {made.place().en}")
    _say(f"公报 Bulletin: {bulletin_of(release_dir)}")
    _say(f"用时 Took: {seconds:.0f} s")
    if open_now := summary():
        _say(open_now)


def _show_failure(outcome: Outcome, log: Path) -> None:
    tell = sys.stderr
    print("", file=tell)
    print("未发布，原因如下 / Not released:", file=tell)
    for problem in outcome.problems or ["Airflow 意外结束 / Airflow ended unexpectedly"]:
        print(f"  {problem}", file=tell)
    print(in_force(data_root()), file=tell)
    print(f"日志 Log: {log}", file=tell)
    if open_now := summary():
        print(open_now, file=tell)


def explain(error: BadInput) -> None:
    """Bad input found before any DAG ran, in the same words as a failed step."""
    for problem in error.problems:
        print(problem, file=sys.stderr)
    print(in_force(data_root()), file=sys.stderr)
