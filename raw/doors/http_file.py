"""One file at one address, fetched over HTTP.

``base_url`` and ``path`` may hold ``{table}``, ``{month}`` (2022-12), ``{year}`` and ``{as_of}``. An address
without ``{as_of}`` can only say what stands there today: the file counts as known from the day it was last
changed by its publisher (``Last-Modified``), else from the publisher's own day, and is left out when asked
for an earlier one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import BadInput
from raw.feed import Feed
from raw.fetch import Fetched, Policy, fetch

logger = logging.getLogger(__name__)


class Request(BaseModel):
    """Keys of ``request`` for this door; ``row_count_header`` names the header with the publisher's total."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    path: str = ""
    params: dict[str, str] = {}
    accept: list[str] = []
    row_count_header: str | None = None
    max_bytes: int = Field(default=200_000_000, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
    """Yield the file of a table, or nothing if it was not out by ``as_of``."""
    request = Request.model_validate(feed.request)
    template = "/".join(part for part in (feed.base_url, request.path.lstrip("/")) if part)
    answer = fetch(
        _filled(template, feed, table_name, as_of, month),
        params={name: _filled(text, feed, table_name, as_of, month) for name, text in request.params.items()},
        accept=tuple(request.accept),
        policy=Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes),
    )
    has_clock = any("{as_of}" in text for text in (template, *request.params.values()))
    if answer.known_from > as_of and not has_clock:
        logger.warning("%s: known from %s, so not by %s; left out", answer.url, answer.known_from, as_of)
        return
    yield Extract(
        originals=(Original(_file_name(answer.url, table_name), answer.content),),
        url=answer.url,
        media_type=answer.media_type,
        published_at=answer.changed_on.isoformat() if answer.changed_on else None,
        control=_control(answer, request),
        origin=answer.origin,
    )


def _filled(template: str, feed: Feed, table_name: str, as_of: date, month: str | None) -> str:
    if month is None and any(mark in template for mark in ("{month}", "{year}")):
        raise BadInput.one(
            where=f"feed {feed.feed}, request {template}",
            found="no reference month",
            expected="a month to put into the address",
            remedy=f"python -m raw pull {feed.feed} --month 2022-12",
        )
    values = {
        "table": table_name,
        "as_of": as_of.isoformat(),
        "month": month or "",
        "year": (month or "")[:4],
    }
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template


def _file_name(url: str, table_name: str) -> str:
    name = PurePosixPath(unquote(urlsplit(url).path)).name
    return name or table_name


def _control(answer: Fetched, request: Request) -> dict[str, int]:
    """The publisher's own number of rows, where a header says it."""
    if not request.row_count_header:
        return {}
    text = answer.headers.get(request.row_count_header.lower(), "")
    if not text.isdecimal():
        raise BadInput.one(
            where=f"{answer.url}, header {request.row_count_header}",
            found=repr(text),
            expected="the number of rows",
            remedy="ask the publisher, or remove row_count_header from the feed file",
        )
    return {"row_count": int(text)}
