"""Signed links with which somebody acknowledges an incident from the mail itself.

A link says which incident and who was told; it holds for fourteen days and cannot be
changed without the secret of this deployment (HMAC, RFC 2104, through itsdangerous). Without the secret or
the address of the pages there are no links, and messages name the command instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from raw.errors import BadInput

SECRET = "EXPECTATIONS_LINK_SECRET"  # noqa: S105 (the variable's name)
BASE = "EXPECTATIONS_LINK_BASE"
VALID_SECONDS = 14 * 24 * 3600
SHORTEST_SECRET = 32
_AGAIN = "open the incident in Airflow, or run python -m expectations ack"


@dataclass(frozen=True)
class Signed:
    """The incident a link lets somebody take up, and whom it was sent to."""

    incident_id: int
    audience: str


def incident_link(incident_id: int) -> str | None:
    """The address of an incident's page; None where this deployment serves none."""
    base = _base()
    return f"{base}/{incident_id}" if base else None


def acknowledge_link(incident_id: int, audience: str) -> str | None:
    """The signed address with which ``audience`` acknowledges; None where this deployment has no secret."""
    base, serializer = _base(), _serializer()
    if base is None or serializer is None:
        return None
    return f"{base}/signed/{serializer.dumps([incident_id, audience])}"


def read_token(token: str) -> Signed:
    """What a signed link is about; raises BadInput when it is expired, changed or not ours."""
    serializer = _serializer()
    if serializer is None:
        raise BadInput.one("link", "no secret in this deployment", f"the variable {SECRET}", _AGAIN)
    try:
        incident_id, audience = serializer.loads(token, max_age=VALID_SECONDS)
        return Signed(int(incident_id), str(audience))
    except SignatureExpired:
        raise BadInput.one("link", "one that is older than 14 days", "a recent link", _AGAIN) from None
    except (BadSignature, ValueError, TypeError):
        raise BadInput.one("link", "one that was not signed here", "a link as it was sent", _AGAIN) from None


def _base() -> str | None:
    base = os.environ.get(BASE, "").rstrip("/")
    if not base:
        return None
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput.one(BASE, repr(base), "https://host/incidents", "correct the variable")
    return base


def _serializer() -> URLSafeTimedSerializer | None:
    secret = os.environ.get(SECRET, "")
    if not secret:
        return None
    if len(secret) < SHORTEST_SECRET:
        raise BadInput.one(
            SECRET, f"{len(secret)} characters", f"at least {SHORTEST_SECRET}", "openssl rand -hex 32"
        )
    return URLSafeTimedSerializer(secret, salt="incident-link")
