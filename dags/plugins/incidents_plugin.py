"""The incidents in Airflow's own web pages, for whoever is logged in there; signed links need no login."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/incidents"


def _app() -> Any:  # noqa: ANN401 - FastAPI, which only the web server needs
    from airflow.api_fastapi.core_api.security import get_user

    from expectations.incident_pages import make_app

    return make_app(login=get_user)


class IncidentsPlugin(AirflowPlugin):
    """Pages under ``/incidents`` and their entry in the menu."""

    name = "incidents"
    fastapi_apps = [{"app": _app(), "url_prefix": PREFIX, "name": "incidents"}]  # noqa: RUF012 (Airflow's own form)
    external_views = [  # noqa: RUF012
        {"name": "事件 Incidents", "href": f"{PREFIX}/", "destination": "nav", "category": "browse"}
    ]
