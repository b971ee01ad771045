"""What a client asks of a stand-in, what it gets, and how a stand-in behind it looks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from raw.replica.faults import Fault


class UnanswerableError(Exception):
    """A question refused, with the HTTP status and the sentence that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Asked:
    """One request, below the feed's own address: ``target`` is path and query string."""

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> list[str]:
        """The parts of the path, unquoted."""
        return [unquote(part) for part in urlsplit(self.target).path.split("/") if part]

    @property
    def raw_query(self) -> str:
        """The query string as it came."""
        return urlsplit(self.target).query

    @property
    def query(self) -> dict[str, str]:
        """The query string as a mapping; of a name that stands twice the last counts."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body of a urlencoded form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def header(self, name: str, default: str = "") -> str:
        """The value of a header, whose name may be written in any case."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), default)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. How it is spoiled on its way is the server's business."""

    status: int
    body: bytes
    media_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class Publisher(Protocol):
    """A stand-in for one publisher, in a module of ``raw.replica.publishers``: ``Publisher(now, seed)``.

    ``now`` is the moment it lives in: it serves what was out by then, in the version of then. With a
    ``seed`` (not None) it may serve simulated data too, which the server then marks as such.
    ``content_faults`` are the faults it knows to build into its data; those of transport the server knows.
    """

    content_faults: frozenset[Fault]

    def is_data(self, asked: Asked) -> bool:
        """Whether a request is one that faults are for: for data, not for a list, a page or a code list."""
        ...

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one request; raise ``UnanswerableError`` for what cannot be asked."""
        ...


def cacheable(body: bytes, media_type: str, modified: datetime | None, **headers: str) -> Answer:
    """An answer with the headers of conditional requests (RFC 9110, section 13)."""
    said = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "Cache-Control": "no-cache", **headers}
    if modified:
        said["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    return Answer(200, body, media_type, said)
