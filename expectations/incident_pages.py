"""The incidents as pages: a list, one page an incident, and the signed links of the alerts.

Made for Airflow's web server (``dags/plugins``), which checks the reader's login for the list and the pages;
a signed link needs none. Following a link changes nothing, since mail scanners follow links too: it shows a
page with buttons, and only they act.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from expectations import incidents
from expectations.alerts.routes import load_routes
from expectations.incident_commands import LEVELS, STATES
from expectations.ledger import Incident, open_ledger
from expectations.links import Signed, read_token
from raw.errors import BadInput

TEMPLATES = Path(__file__).with_name("templates")
ACTIONS = ("acknowledge", "snooze")
SNOOZED_DAYS = 3
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_ZONE = ZoneInfo("Asia/Shanghai")


def make_app(login: Callable[..., Any] | None = None) -> FastAPI:
    """The pages; ``login`` is the dependency that refuses a reader who is not logged in."""
    app = FastAPI(title="incidents", docs_url=None, redoc_url=None, openapi_url=None)
    known = [Depends(login)] if login else []

    @app.middleware("http")
    async def _headers(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await proceed(request)
        answer.headers.update(HEADERS)
        return answer

    @app.exception_handler(BadInput)
    async def _refused(_request: Request, error: BadInput) -> HTMLResponse:
        return HTMLResponse(_render("refused.html", problems=error.problems), status_code=400)

    @app.get("/", dependencies=known)
    def listed(request: Request, everything: bool = False) -> HTMLResponse:
        with open_ledger() as session:
            found = incidents.all_incidents(session) if everything else incidents.open_incidents(session)
            return HTMLResponse(
                _render("incidents.html", found=found, everything=everything, root=_root(request))
            )

    @app.get("/{incident_id:int}", dependencies=known)
    def one(request: Request, incident_id: int) -> HTMLResponse:
        return _page(request, incident_id)

    @app.get("/signed/{token}")
    def asked(request: Request, token: str) -> HTMLResponse:
        signed = read_token(token)
        return _page(request, signed.incident_id, signed=signed, token=token)

    @app.post("/signed/{token}")
    def act(
        request: Request,
        token: str,
        action: Annotated[str, Form()] = "acknowledge",
        by: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> HTMLResponse:
        signed = read_token(token)
        _act(signed, action, by.strip(), note.strip())
        return _page(request, signed.incident_id, done=action)

    return app


def _act(signed: Signed, action: str, by: str, note: str) -> None:
    if action not in ACTIONS:
        raise BadInput.one("action", repr(action[:20]), " or ".join(ACTIONS), "use the page's buttons")
    if not by:
        raise BadInput.one("姓名 name", "nothing", "who acknowledges", "go back and enter your name")
    who = f"{by[:60]} ({signed.audience})"
    now = datetime.now(UTC)
    with open_ledger() as session:
        if action == "snooze":
            until = now + timedelta(days=SNOOZED_DAYS)
            incidents.snooze(session, signed.incident_id, by=who, now=now, until=until, note=note[:500])
        else:
            incidents.acknowledge(session, signed.incident_id, by=who, now=now, note=note[:500])


def _page(
    request: Request, incident_id: int, *, signed: Signed | None = None, token: str = "", done: str = ""
) -> HTMLResponse:
    with open_ledger() as session:
        found = incidents.incident(session, incident_id)
        page = _render(
            "incident.html",
            one=found,
            kinds=_by_kind(found),
            signed=signed,
            token=token,
            done=done,
            root=_root(request),
        )
    return HTMLResponse(page)


def _by_kind(found: Incident) -> list[tuple[str, list[Any]]]:
    titles = {
        "indicator": "涉及指标 Indicators",
        "rule": "未通过的规则 Failing rules",
        "feed": "数据源 Feed",
        "file": "文件 File",
        "row": "位置 Places",
        "unit": "单位 Units",
    }
    present = [subject for subject in found.subjects if subject.is_present]
    by_kind = [
        (title, [one for one in present if one.subject_kind == kind]) for kind, title in titles.items()
    ]
    return [(title, some) for title, some in by_kind if some]


def _names(audiences: Sequence[str]) -> str:
    """The Chinese names of units and audiences; their ids while ``routes.yml`` cannot be read."""
    try:
        routes = load_routes()
    except BadInput:
        return "、".join(audiences)
    return "、".join(
        routes.audiences[name].name_zh if name in routes.audiences else routes.name_of(name)
        for name in audiences
    )


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _render(template: str, **context: object) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["local"] = _local
    environment.filters["names"] = _names
    return environment.get_template(template).render(
        levels=LEVELS, states=STATES, snoozed_days=SNOOZED_DAYS, **context
    )


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}" if at else "—"
