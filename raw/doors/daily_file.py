"""One file a day, fetched over HTTP: the file of today grows, that of yesterday is final, and a month is
corrected for some days after its end.

``path`` holds ``{day}`` (20220104). Asked for a month, the door asks for its days and for the first of the
next, whose hour 0 closes the month; asked for none, for the month before the as-of date and for its own, so
that what was corrected after the month's end gets in. Every seventh day is asked for first, from the newest
back: where none of them has a file there is no week of files either, and nothing more is asked. Else all days
are, and those without a file are named in one warning. Requests are conditional: a day whose newest vintage
is still what the publisher has comes not again.

An address without a date of knowledge says only what stands there today: a file counts as known from its
``Last-Modified``, else from the publisher's own day, and is left out when asked for an earlier one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Known, Original
from raw.feed import Feed
from raw.fetch import NotThere, Policy, Refusals, fetch

logger = logging.getLogger(__name__)

WEEK = 7


class Request(BaseModel):
    """Keys of ``request``: ``max_bytes`` limits one file, ``accept`` names the media types it may have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    path: str = Field(pattern=r"\{day\}")
    accept: list[str] = []
    max_bytes: int = Field(default=50_000_000, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
    """Yield the file of each day that was out by ``as_of``."""
    return extracts_unless_known(feed, table_name, as_of, month, {})


def extracts_unless_known(
    feed: Feed, table_name: str, as_of: date, month: str | None, known: Mapping[str, Known]
) -> Iterator[Extract]:
    """Yield the file of each day that was out by ``as_of``, but those that still are what is ``known``.

    Raises ``BadInput`` at the end with the days whose file could not be fetched.
    """
    request = Request.model_validate(feed.request)
    days = _days(as_of, month)
    sample = days[::-WEEK] if len(days) > WEEK else days
    absent: list[date] = []
    refusals = Refusals()
    for day in sample:
        with refusals.kept():
            yield from _file_of(day, feed, request, as_of, known, absent)
    if len(absent) == len(sample):
        logger.info(
            "%s.%s: no file of %d days from %s to %s, every seventh asked; nothing more is asked",
            feed.feed, table_name, len(sample), days[0], days[-1],
        )  # fmt: skip
        return
    for day in sorted(set(days) - set(sample)):
        with refusals.kept():
            yield from _file_of(day, feed, request, as_of, known, absent)
    if absent:
        told = ", ".join(day.isoformat() for day in sorted(absent))
        logger.warning("%s.%s: no file of %s; the other days go on", feed.feed, table_name, told)
    refusals.tell()


def _file_of(
    day: date, feed: Feed, request: Request, as_of: date, known: Mapping[str, Known], absent: list[date]
) -> Iterator[Extract]:
    """The file of one day, where it is new and was out by ``as_of``; a day without one joins ``absent``."""
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    url = f"{feed.base_url}/{request.path.replace('{day}', f'{day:%Y%m%d}')}"
    validators = known.get(url, Known())
    try:
        answer = fetch(
            url,
            accept=tuple(request.accept),
            etag=validators.etag,
            last_modified=validators.last_modified,
            policy=policy,
        )
    except NotThere:
        absent.append(day)
        return
    if answer.not_modified:
        return
    if answer.known_from > as_of:
        logger.warning("%s: known from %s, so not by %s; left out", url, answer.known_from, as_of)
        return
    yield Extract(
        originals=(Original(PurePosixPath(url).name, answer.content),),
        url=answer.url,
        media_type=answer.media_type,
        published_at=answer.known_from.isoformat(),
        origin=answer.origin,
        etag=answer.etag,
        last_modified=answer.last_modified,
    )


def _days(as_of: date, month: str | None) -> list[date]:
    first = date.fromisoformat(f"{month}-01") if month else _month_before(as_of)
    last = min(_next_month(first) if month else as_of, as_of)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
