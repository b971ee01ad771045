"""Where a channel's address and secret come from, and how they are kept out of everything that is written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from expectations.alerts.routes import Channel
from raw.errors import BadInput

HIDDEN = "***"
SHORTEST = 4
"""A shorter text is no secret, and hiding it would hide half of the message."""


@dataclass(frozen=True)
class Address:
    """A channel's address, which is a secret, and what it signs with. ``repr`` shows neither."""

    url: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"Address({HIDDEN})"

    def masked(self, text: str) -> str:
        """The text without the address, its path and query, and the secret."""
        tail = self.url.partition("://")[2]
        parts = [self.url, tail, *tail.split("/")[1:], *tail.partition("?")[2].split("&"), self.secret]
        parts += [part.partition("=")[2] for part in parts]
        for part in sorted({one for one in parts if len(one) >= SHORTEST}, key=len, reverse=True):
            text = text.replace(part, HIDDEN)
        return text


def address_of(channel: Channel) -> Address:
    """The address of a channel other than mail; raises BadInput naming the variable or connection."""
    if channel.connection is not None:
        connection = airflow_connection(channel.connection)
        return Address(_present(channel.connection, connection.password), _extra(connection, "secret"))
    variable = channel.url_env or ""
    secret = os.environ.get(channel.secret_env or "", "")
    if channel.secret_env and not secret:
        raise _missing(channel.secret_env)
    return Address(_present(variable, os.environ.get(variable)), secret)


def airflow_connection(name: str) -> Any:  # noqa: ANN401 (Airflow's Connection)
    """An Airflow connection; raises BadInput when there is none."""
    from airflow.exceptions import AirflowException
    from airflow.sdk import BaseHook

    try:
        return BaseHook.get_connection(name)
    except (AirflowException, ImportError) as error:
        raise BadInput.one(
            f"Airflow connection {name}",
            f"nothing ({type(error).__name__})",
            "a connection",
            f"airflow connections add {name} …; until then alerts are kept in the outbox",
        ) from error


def _extra(connection: Any, name: str) -> str:  # noqa: ANN401 (Airflow's Connection)
    return str(connection.extra_dejson.get(name, ""))


def _present(name: str, value: str | None) -> str:
    if not value:
        raise _missing(name)
    return value


def _missing(name: str) -> BadInput:
    return BadInput.one(name, "nothing", "the address of a channel", "set it; alerts are kept until then")
