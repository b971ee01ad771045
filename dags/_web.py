"""Airflow with its web page on this machine, for looking around and for trying a schedule by hand."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from _home import DAGS, REPO, airflow_home, alone, environment, migrate, publishers

from raw.errors import BadInput

HOST = "127.0.0.1"
READY_SECONDS = 180.0
STOP_SECONDS = 20.0
PASSWORDS = "simple_auth_manager_passwords.json.generated"


def run_web(port: int) -> int:
    """Run Airflow with the stand-in publishers until Ctrl-C; returns the exit code.

    Raises BadInput when the port or Airflow's home is taken.
    """
    home = airflow_home()
    _check_free(port)
    with alone(home), publishers() as url:
        log = home / "logs" / "standalone.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        settings = environment(home) | {
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
            # Only the web page shows them; `make month` need not load them.
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(DAGS / "plugins"),
            "EXPECTATIONS_LINK_BASE": f"http://{HOST}:{port}/incidents",
            "EXPECTATIONS_LINK_SECRET": os.environ.get("EXPECTATIONS_LINK_SECRET") or _link_secret(home),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        }
        migrate(home, settings, log)
        print(f"Airflow 启动中，约半分钟 / starting, about half a minute … 日志 log: {log}", flush=True)
        with log.open("ab") as output:
            # A session of its own: Ctrl-C reaches this process alone, which then ends all of Airflow's.
            standalone = subprocess.Popen(
                [sys.executable, "-m", "airflow", "standalone"],
                env=settings, cwd=REPO, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            return _serve(standalone, port, home, url, log)
        finally:
            _stop_group(standalone)


def _serve(
    standalone: subprocess.Popen[bytes], port: int, home: Path, publisher: str | None, log: Path
) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        if not _ready(standalone, port):
            print(f"Airflow 未能启动，见日志 / did not start, read {log}", file=sys.stderr)
            return 1
        print(f"  网址 address      http://{HOST}:{port}")
        print(f"  登录 log in       用户 user admin；密码在文件 password in {home / PASSWORDS}")
        print(f"  数据源 publishers {publisher}")
        print("  停止 stop         Ctrl-C", flush=True)
        return standalone.wait()
    except KeyboardInterrupt:
        print("\n停止中 / stopping …", flush=True)
        return 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BadInput.one(
                f"port {port} of {HOST}", str(error.strerror), "a free port", "choose another: --port 8081"
            ) from None


def _ready(standalone: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until every part of Airflow says it is healthy; False when it ended or took too long."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and standalone.poll() is None:
        if _healthy(port):
            return True
        time.sleep(1)
    return False


def _healthy(port: int) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://{HOST}:{port}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    wanted = ("metadatabase", "scheduler", "dag_processor", "triggerer")
    return all((health.get(part) or {}).get("status") == "healthy" for part in wanted)


def _stop_group(standalone: subprocess.Popen[bytes]) -> None:
    """End every process that Airflow started: politely, then not."""
    if standalone.poll() is None:
        standalone.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            standalone.wait(STOP_SECONDS)
    # The group lives on as long as one of its processes does.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(standalone.pid, signal.SIGKILL)
    standalone.wait()


def _link_secret(home: Path) -> str:
    """What the links in alerts are signed with on this machine: made once, readable by its owner only."""
    file = home / "link.secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32), encoding="ascii")
    return file.read_text(encoding="ascii")
