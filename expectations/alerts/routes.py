"""``routes.yml``: who hears of what, over which channel, and when they are left in peace.

Secrets never stand in it: a channel names the environment variables or the Airflow connection that hold them.
"""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from expectations.findings import Kind
from expectations.suite import Words, parse_yaml
from raw.errors import BadInput
from warehouse.verdict import Severity

ROUTES = Path(__file__).parent.with_name("routes.yml")
VARIABLE = "EXPECTATIONS_ROUTES"
UNITS = "units"
"""In ``to``: the units responsible for what is wrong."""

ChannelKind = Literal["email", "dingtalk", "wecom", "feishu", "slack", "webhook", "apprise"]
Address = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(_Strict):
    """One way to reach people.

    Its address, which is a secret, is in the variable ``url_env`` (and ``secret_env``, where messages are
    signed) or in the Airflow connection ``connection``: password = address, extra ``secret`` = the secret;
    for mail as in Airflow's SMTP provider.
    """

    kind: ChannelKind
    url_env: Variable | None = None
    secret_env: Variable | None = None
    connection: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Channel:
        if (self.url_env is None) == (self.connection is None):
            raise ValueError("exactly one of url_env and connection is needed")
        return self


class Audience(_Strict):
    """Somebody to be told: their names, their mail addresses and the channels that reach them."""

    name_zh: Words
    name_en: str = ""
    addresses: list[Address] = []
    channels: Annotated[list[Name], Field(min_length=1)] = ["mail"]


class Route(_Strict):
    """Findings of these kinds and levels go to these audiences; ``units`` are those responsible."""

    kinds: Annotated[list[Kind], Field(min_length=1)]
    severities: list[Severity] = ["block", "hold", "note"]
    to: Annotated[list[str], Field(min_length=1)]


class QuietHours(_Strict):
    """The night (local time): only ``except_severities`` are told then, and only to ``except_audiences``."""

    start: time
    end: time
    except_severities: list[Severity] = ["block"]
    except_audiences: list[str] = ["engineers"]


class Step(_Strict):
    """One step of the ladder: open this long without anybody taking it up, it is told to ``to`` as well."""

    after_working_hours: Annotated[float, Field(gt=0)]
    severities: list[Severity]
    to: Annotated[list[str], Field(min_length=1)]


class Routes(_Strict):
    """The file ``routes.yml``."""

    sender: Address
    time_zone: str = "Asia/Shanghai"
    quiet_hours: QuietHours | None = None
    digest_over: Annotated[int, Field(ge=1)] = 3
    channels: dict[Name, Channel]
    audiences: dict[Name, Audience]
    units: dict[Name, Audience]
    routes: Annotated[list[Route], Field(min_length=1)]
    escalation: list[Step] = []

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Routes:
        if "engineers" not in self.audiences:
            raise ValueError("audiences: engineers are needed: they hear what reaches nobody else")
        for name, audience in {**self.audiences, **self.units}.items():
            for channel in audience.channels:
                if channel not in self.channels:
                    raise ValueError(f"{name}: channels: {channel} is not among the channels")
                if self.channels[channel].kind == "email" and not audience.addresses:
                    raise ValueError(f"{name}: addresses: none, but it is reached by mail")
        known = {*self.audiences, UNITS}
        for to in [route.to for route in self.routes] + [step.to for step in self.escalation]:
            for name in to:
                if name not in known:
                    raise ValueError(f"to: {name} is not among the audiences; known: {sorted(known)}")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Routes:
        names = [audience.name_zh for audience in self.units.values()]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"units: the name {name} is given to two units")
        return self

    def audience(self, name: str) -> Audience | None:
        """An audience by its name: ``engineers``, ``unit:<unit_id>``; None where there is none."""
        if not name.startswith("unit:"):
            return self.audiences.get(name)
        return self.units.get(self.unit_id(name.removeprefix("unit:")))

    def unit_id(self, unit: str) -> str:
        """The id of a unit that is named by its id or its Chinese name; anything else as it is."""
        for unit_id, audience in self.units.items():
            if unit == audience.name_zh:
                return unit_id
        return unit

    def name_of(self, unit: str) -> str:
        """The Chinese name of a unit given by its id; anything else as it is."""
        return self.units[unit].name_zh if unit in self.units else unit

    def hears(self, kind: str, severity: str, units: list[str]) -> list[str]:
        """The audiences of a finding; the engineers where no route leads anywhere."""
        to = [
            name
            for route in self.routes
            if kind in route.kinds and severity in route.severities
            for name in route.to
        ]
        return self.expanded(to, units) or ["engineers"]

    def expanded(self, to: list[str], units: list[str]) -> list[str]:
        """The audiences by name, each once, ``units`` replaced by those concerned."""
        named: list[str] = []
        for name in to:
            named += [f"unit:{self.unit_id(unit)}" for unit in units] if name == UNITS else [name]
        return list(dict.fromkeys(named))


def load_routes(path: Path | None = None) -> Routes:
    """Read ``routes.yml`` (env EXPECTATIONS_ROUTES names another); raises BadInput naming file and key."""
    path = path or routes_path()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput.one(
            str(path), f"unreadable ({error.strerror})", "the addresses", "restore it"
        ) from error
    return parse_yaml(path, content, Routes)


def routes_path() -> Path:
    """The routes file in force."""
    return Path(os.environ.get(VARIABLE, ROUTES))


def emergency_routes() -> Routes:
    """What holds while ``routes.yml`` cannot be read: messages are written, to be sent once it can."""
    return Routes(
        sender="plan-warehouse@data.example",
        channels={"kept": Channel(kind="email", connection="none")},
        audiences={
            "engineers": Audience(name_zh="数据工程师", channels=["kept"], addresses=["nobody@data.example"])
        },
        units={},
        routes=[
            Route(kinds=["quality", "refusal", "lateness", "status"], to=["engineers", UNITS]),
            Route(kinds=["failure"], to=["engineers"]),
        ],
    )
