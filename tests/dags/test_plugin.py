"""The plugin as Airflow loads it: list and pages need its login, signed links none, and no DAG file is made of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

DAGS = Path(__file__).resolve().parents[2] / "dags"
LOOK = """
import json, sys
sys.path.append(sys.argv[1])
from incidents_plugin import IncidentsPlugin as plugin
(mounted,), (view,) = plugin.fastapi_apps, plugin.external_views
routes = [[route.path, sorted(route.methods), [d.dependency.__name__ for d in route.dependencies]]
          for route in mounted["app"].routes if hasattr(route, "dependencies")]
print(json.dumps({"prefix": mounted["url_prefix"], "href": view["href"], "routes": routes}))
"""


def test_pages_need_airflows_login_and_signed_links_do_not(tmp_path: Path) -> None:
    settings = os.environ | {"AIRFLOW_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(DAGS / "plugins")],
        env=settings, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout.splitlines()[-1])
    assert (seen["prefix"], seen["href"]) == ("/incidents", "/incidents/")
    needs = {(path, *methods): login for path, methods, login in seen["routes"]}
    assert needs == {
        ("/", "GET"): ["get_user"],
        ("/{incident_id:int}", "GET"): ["get_user"],
        ("/signed/{token}", "GET"): [],
        ("/signed/{token}", "POST"): [],
    }


def test_airflow_is_told_not_to_take_plugins_for_dag_files() -> None:
    assert "plugins/" in (DAGS / ".airflowignore").read_text(encoding="utf-8").splitlines()
