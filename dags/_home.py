"""Airflow on this machine alone: its home, its settings, its database, and the stand-in publishers."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

from raw.errors import BadInput

DAGS = Path(__file__).resolve().parent
REPO = DAGS.parent


def airflow_home() -> Path:
    """Folder of Airflow's database and logs: env AIRFLOW_HOME, else ``.airflow`` beside the code."""
    return Path(os.environ.get("AIRFLOW_HOME") or REPO / ".airflow").absolute()


def environment(home: Path) -> dict[str, str]:
    """The environment of every Airflow process. What the caller has set stays, except the DAGs folder."""
    wanted = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    merged = {**wanted, **os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS)}
    # A proxy of the network must not stand between processes of this machine.
    for name in ("NO_PROXY", "no_proxy"):
        merged[name] = ",".join(filter(None, [merged.get(name), "127.0.0.1", "localhost"]))
    # `airflow standalone` looks for `airflow` on the path.
    merged["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), merged.get("PATH", os.defpath)])
    return merged


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Keep a second runner out of the same home; raises BadInput when there is one."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / "runner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput.one(
                str(home),
                "another run of make month or make airflow",
                "one at a time",
                "wait for it or stop it; or set AIRFLOW_HOME to another folder",
            ) from None
        yield


def migrate(home: Path, settings: Mapping[str, str], log: Path) -> bool:
    """Create or upgrade Airflow's database unless this version did so before; returns whether it had to.

    Raises BadInput that names the log when Airflow cannot.
    """
    conn = settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    file = Path(conn.removeprefix("sqlite:///")) if conn.startswith("sqlite:///") else None
    mark = home / "migrated"
    done = version("apache-airflow-core")
    present = file is None or file.exists()
    if present and mark.exists() and mark.read_text(encoding="utf-8") == done:
        return False
    with log.open("ab") as output:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        ran = subprocess.run(command, env=settings, stdout=output, stderr=output, check=False)
    if ran.returncode != 0:
        raise BadInput.one(
            str(home),
            f"`airflow db migrate` ended with {ran.returncode}",
            "a database for Airflow",
            f"read {log}; a home that is damaged may be removed, it holds no figures",
        )
    mark.write_text(done, encoding="utf-8")
    return True


def _free_port(wanted: int) -> int:
    """``wanted`` if nobody has it, so that addresses in manifests stay the same; else 0, any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


@contextmanager
def publishers(as_of: date | None = None, seed: int | None = None) -> Iterator[str]:
    """Start the stand-in publishers and fill the inbox with the sample returns, for a ``with`` block.

    They live in the day ``as_of`` (default: today). Where any RAW_<FEED>_URL names a real publisher none is
    started, so that the two are never mixed. With a ``seed`` (a rehearsal) they simulate what cannot be
    bundled, and no real publisher is asked. Yields the addresses that will be asked.
    """
    from raw.doors.drop_folder import inbox
    from raw.feed import find_feed
    from raw.replica.clock import end_of
    from raw.replica.sample_returns import write_sample_returns
    from raw.replica.server import DEFAULT_PORT, addresses, asked_instead, serve

    real = [url for name in addresses("") if (url := os.environ.get(name))]
    if real and seed is None:
        yield ", ".join(real)
        return
    write_sample_returns(inbox(find_feed("unit_returns")))
    now = end_of(as_of) if as_of else None
    with serve(port=_free_port(DEFAULT_PORT), now=now, seed=seed) as running, asked_instead(running.url):
        yield running.url
