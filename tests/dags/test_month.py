"""The month runner (`make month`): dates, table, and a whole month with what can go wrong in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from raw.feed import declared_feeds

REPO = Path(__file__).resolve().parents[2]
STAYS = "The last release stays current."
NONE_YET = "There is no release yet."


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a fresh house: empty HOME, nothing landed, nothing released."""
    root = tmp_path_factory.mktemp("house")
    (root / "home").mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "HOME": str(root / "home"),
        "AIRFLOW_HOME": str(root / "airflow"),
        "RAW_LANDING": str(root / "landing"),
        "RAW_INBOX": str(root / "inbox"),
        "WAREHOUSE_DATA": str(root / "data"),
        "PYTHONIOENCODING": "utf-8",
    }


def run(house: dict[str, str], *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "dags", *arguments],
        cwd=REPO, env=house | more, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "found", "remedy"),
    [
        (["--month", "2022-13"], "MONTH: 发现 found '2022-13'", "write the year, a hyphen and two digits"),
        (["--month", "22-12"], "MONTH: 发现 found '22-12'", "write the year"),
        (["--as-of", "31.12.2022"], "AS_OF: 发现 found '31.12.2022'", "write year-month-day with hyphens"),
        (["--as-of", "20221231"], "AS_OF: 发现 found '20221231'", "write year-month-day with hyphens"),
        (["--as-of", "2022-02-30"], "AS_OF: 发现 found '2022-02-30'", "write year-month-day with hyphens"),
        (["--as-of", "2999-01-01"], "AS_OF: 发现 found 2999-01-01", "use today's date"),
        (["--month", "2022-12", "--as-of", "2022-12-30"], "before the end of the month", "MONTH=2022-11"),
    ],
)
def test_wrong_dates_are_refused_in_words(
    house: dict[str, str], arguments: list[str], found: str, remedy: str
) -> None:
    refused = run(house, *arguments)
    assert refused.returncode == 2
    assert found in refused.stderr
    assert remedy in refused.stderr
    assert NONE_YET in refused.stderr
    assert STAYS not in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


@pytest.fixture(scope="module")
def december(house: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(house, "--as-of", "2022-12-31")


def test_a_month_ends_with_the_25_and_the_bulletin(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    assert december.returncode == 0, december.stdout + december.stderr
    lines = december.stdout.splitlines()
    codes = [line.split()[0] for line in lines if line[:2] == "  " and line[2:4].isdigit()]
    assert codes == [f"{code:02d}" for code in range(1, 26)]
    bulletin = next(line.removeprefix("公报 Bulletin: ") for line in lines if "Bulletin:" in line)
    assert Path(bulletin) == Path(house["WAREHOUSE_DATA"], "releases", "2022-12", "bulletin.html")
    assert Path(bulletin).stat().st_size > 10_000
    assert (Path(house["WAREHOUSE_DATA"]) / "current").resolve() == Path(bulletin).parent


def test_progress_is_one_line_a_step_and_airflow_talks_to_its_log(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    steps = [*(f"pull {feed.feed}" for feed in declared_feeds()), "build", "check", "release"]
    shown = [line for line in december.stdout.splitlines() if line.rstrip().endswith(" s")]
    assert [step for line in shown for step in steps if f" {step} " in line] == steps
    assert "[info" not in december.stdout + december.stderr
    log = next(Path(house["AIRFLOW_HOME"], "logs", "month").glob("2022-12_*.log"))
    assert "pull_bureau_statistics" in log.read_text(encoding="utf-8")


def test_airflow_writes_nothing_into_the_users_home(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    assert december.returncode == 0
    assert not list(Path(house["HOME"]).glob("airflow*"))
    assert Path(house["AIRFLOW_HOME"]).stat().st_mode & 0o077 == 0


def test_the_same_month_again_is_the_same_release(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    manifest = Path(house["WAREHOUSE_DATA"], "releases", "2022-12", "manifest.json")
    before = manifest.read_bytes()
    again = run(house, "--month", "2022-12", "--as-of", "2022-12-31")
    assert again.returncode == 0, again.stdout + again.stderr
    assert manifest.read_bytes() == before
    assert [folder.name for folder in manifest.parents[1].iterdir() if folder.is_dir()] == ["2022-12"]


@pytest.fixture
def damaged(house: dict[str, str], december: subprocess.CompletedProcess[str]) -> Iterator[Path]:
    """One landed file with one byte changed; mended afterwards."""
    assert december.returncode == 0
    file = next(Path(house["RAW_LANDING"], "bureau_statistics", "observations").glob("vintage=*/*.csv"))
    good, mode = file.read_bytes(), file.stat().st_mode
    file.chmod(0o600)
    file.write_bytes(good[:200] + bytes([good[200] ^ 1]) + good[201:])
    yield file
    file.write_bytes(good)
    file.chmod(mode)


def test_a_damaged_byte_is_refused_and_told_once(house: dict[str, str], damaged: Path) -> None:
    current = Path(house["WAREHOUSE_DATA"], "current")
    before, told_before = current.resolve(), outbox(house)
    refused = run(house, "--as-of", "2022-12-31")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert str(damaged) in refused.stderr
    assert "Remedy: " in refused.stderr
    assert STAYS in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
    assert "will be tried again" not in refused.stdout
    assert current.resolve() == before
    told = alerts(house)
    audiences = sorted(audience for audience, _ in told)
    assert audiences == ["engineers", "statisticians", "unit:qtjj", "unit:stjj"]
    # No mail server is configured: what is due is kept, and at night a block is due for engineers only.
    due = sum(is_due for _, is_due in told)
    assert len(outbox(house) - told_before) == due >= 1
    assert "open incidents: python -m expectations incidents" in refused.stderr


def outbox(house: dict[str, str]) -> set[Path]:
    """Alerts that were kept because no mail server is configured."""
    return set(Path(house["WAREHOUSE_DATA"], "outbox").glob("*.txt"))


def alerts(house: dict[str, str]) -> list[tuple[str, bool]]:
    """The audience of each alert, and whether it was due at once."""
    with closing(sqlite3.connect(Path(house["WAREHOUSE_DATA"], "ledger.sqlite"))) as ledger:
        return list(ledger.execute("select audience, send_after <= made_at from messages"))


@pytest.mark.soak
def test_a_real_publisher_is_asked_instead_of_the_stand_in(house: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    mine = {"RAW_BUREAU_STATISTICS_URL": url, "RAW_INBOX": str(tmp_path / "inbox")}
    refused = run(house, "--as-of", "2022-12-31", **mine)
    assert refused.returncode == 2
    assert url in refused.stdout
    assert "a failed connection" in refused.stderr
    assert not Path(mine["RAW_INBOX"]).exists(), "sample returns belong to the stand-in only"


def test_a_second_runner_waits_outside(house: dict[str, str]) -> None:
    import fcntl

    with Path(house["AIRFLOW_HOME"], "runner.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run(house, "--as-of", "2022-12-31")
    assert refused.returncode == 2
    assert "another run of make month or make airflow" in refused.stderr


def test_ctrl_c_stops_the_child_and_the_stand_in(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    assert december.returncode == 0
    running = subprocess.Popen(
        [sys.executable, "-u", "dags", "--as-of", "2022-12-31"],
        cwd=REPO, env=house, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a shell that starts the tests in the background has them, and all they start, ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert running.stdout is not None
    url = next(line.split()[-1] for line in running.stdout if "publishers" in line)
    next(line for line in running.stdout if "Airflow" in line)
    os.killpg(running.pid, signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert f"Stopped. 上一次发布仍然有效。{STAYS}" in told
    assert "Traceback" not in told
    with pytest.raises(URLError):
        urlopen(url, timeout=2)
    deadline = time.monotonic() + 10
    while alive(running.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(running.pid), "a process of the group is left"


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def rehearsal(house: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(house, "--rehearsal", "--seed", "7", "--month", "2023-01", "--as-of", "2023-04-30")


def test_a_rehearsal_is_a_complete_release_apart_from_the_official_ones(
    house: dict[str, str], rehearsal: subprocess.CompletedProcess[str]
) -> None:
    assert rehearsal.returncode == 0, rehearsal.stdout + rehearsal.stderr
    root = Path(house["WAREHOUSE_DATA"], "rehearsal", "seed-7")
    made = root / "rehearsals" / "2023-01"
    assert f"Bulletin: {made / 'bulletin.html'}" in rehearsal.stdout
    assert "模拟演练" in rehearsal.stdout
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "rehearsal"
    assert {row["origin"] for row in manifest["inputs"]} == {"simulated"}
    assert not (root / "current").exists() and not (root / "releases").exists()
    assert not Path(house["WAREHOUSE_DATA"], "releases", "2023-01").exists()
    assert not list(Path(house["RAW_LANDING"]).rglob("vintage=2023-04-30*"))


def test_an_official_run_on_a_landing_with_a_simulated_vintage_is_refused(
    house: dict[str, str], rehearsal: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    assert rehearsal.returncode == 0
    landing = tmp_path / "landing"
    rehearsed = Path(house["WAREHOUSE_DATA"], "rehearsal", "seed-7", "landing")
    vintage = next(rehearsed.glob("unit_returns/*/vintage=*"))
    shutil.copytree(vintage, landing / vintage.relative_to(rehearsed))
    mine = {"RAW_LANDING": str(landing), "WAREHOUSE_DATA": str(tmp_path / "data")}
    refused = run(house, "--month", "2023-01", "--as-of", "2023-04-30", **mine)
    assert refused.returncode == 2, refused.stdout + refused.stderr
    named = (
        f"{vintage.relative_to(rehearsed)}: 发现 found a simulated vintage；应为 expected none in an official"
    )
    assert named in refused.stderr
    assert STAYS not in refused.stderr, "there is no release yet"
    assert not (tmp_path / "data" / "current").exists()


def test_wide_characters_stay_in_their_columns(
    house: dict[str, str], december: subprocess.CompletedProcess[str]
) -> None:
    from expectations.command import display_width

    table = [
        line for line in december.stdout.splitlines() if line.startswith("  编码") or line[2:4].isdigit()
    ]
    where = display_width(table[0].partition("状态")[0])
    for line in table[1:]:
        reached = 0
        for letter in line:
            if reached == where:
                break
            reached += display_width(letter)
        assert reached == where, line


def test_events_of_the_child_become_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPO / "dags"))
    import _month

    failed = {"dag": "publish_monthly", "task": "check", "seconds": 1.0, "message": "a\nb", "plain": True}
    events = [
        {"event": "parsed", "dags": ["publish_monthly"]},
        {"event": "started", "dag": "publish_monthly", "task": "check"},
        {"event": "failed", "again": False, **failed},
        {"event": "dag_ended", "dag": "publish_monthly", "state": "failed", "results": {"release": None}},
    ]
    outcome = _month._follow(json.loads(json.dumps(event)) for event in events)
    assert (outcome.problems, outcome.plain, outcome.release_dir) == (["a", "b"], True, None)


def test_a_mistake_in_a_feed_is_told_once_and_plainly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(REPO / "dags"))
    import _month

    trace = (
        "Traceback (most recent call last):\n  File 'pull.py'\nraw.errors.BadInput: a.yml: one\na.yml: two"
    )
    events = [{"event": "unreadable", "file": name, "message": trace} for name in ("publish.py", "pull.py")]
    outcome = _month._follow(iter(events))
    assert (outcome.problems, outcome.plain) == (["a.yml: one", "a.yml: two"], True)
    broken = _month._follow(
        iter([{"event": "unreadable", "file": "x.py", "message": "Trace\nSyntaxError: no"}])
    )
    assert (broken.problems, broken.plain) == (["x.py: SyntaxError: no"], False)


def test_a_release_behind_current_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.warehouse.small_build import SHOWN, make_build
    from warehouse.release import release

    monkeypatch.syspath_prepend(str(REPO / "dags"))
    import _month

    newer = make_build(tmp_path / "newer", sql=SHOWN)
    _month._show_release(release(newer, newer / "verdict.json", tmp_path).path, 1)
    shown = capsys.readouterr().out
    assert "current stays" not in shown
    assert "2022  评估截至2022年，距今两年 judged on 2022, two years old" in shown
    older = make_build(tmp_path / "older", month="2022-12", as_of="2022-12-31", until=2022, sql=SHOWN)
    _month._show_release(release(older, older / "verdict.json", tmp_path).path, 1)
    shown = capsys.readouterr().out
    assert "2022-12: current 仍指向更新的一期 / current stays at a newer release" in shown
    assert "years old" not in shown
