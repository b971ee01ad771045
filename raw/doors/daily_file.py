"""One file a day, fetched over HTTP: the file of today grows, that of yesterday is final, and a month is
corrected for some days after its end.

``path`` holds ``{day}`` (20220104). Asked for a month, the door asks for its days and for the first of the
next, whose hour 0 closes the month; asked for none, for the month before the as-of date and for its own, so
that what was corrected after the month's end gets in. A day without a file is nothing unusual. Requests are
conditional: a day whose newest vintage is still what the publisher has comes not again.

An address without a date of knowledge says only what stands there today: a file counts as known from its
``Last-Modified``, else from the publisher's own day, and is left out when asked for an earlier one.
"""

from __future__ import annotations

import email.utils
import logging
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.feed import Feed
from raw.fetch import CHINA, Fetched, NotThere, Policy, fetch

logger = logging.getLogger(__name__)


class Request(BaseModel):
    """Keys of ``request``; after ``give_up_after`` days without any file the door asks no further."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    path: str = Field(pattern=r"\{day\}")
    accept: list[str] = []
    max_bytes: int = Field(default=50_000_000, gt=0)
    give_up_after: int = Field(default=7, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
    """Yield the file of each day that was out by ``as_of``."""
    return extracts_unless_known(feed, table_name, as_of, month, {})


def extracts_unless_known(
    feed: Feed, table_name: str, as_of: date, month: str | None, known: Mapping[str, str]
) -> Iterator[Extract]:
    """Yield the file of each day that was out by ``as_of``, but those whose ETag in ``known`` still holds."""
    request = Request.model_validate(feed.request)
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    found = False
    for number, day in enumerate(_days(as_of, month), start=1):
        url = f"{feed.base_url}/{request.path.replace('{day}', f'{day:%Y%m%d}')}"
        try:
            answer = fetch(url, accept=tuple(request.accept), etag=known.get(url), policy=policy)
        except NotThere:
            if not found and number >= request.give_up_after:
                logger.info("%s.%s: no file in %d days; not asked further", feed.feed, table_name, number)
                return
            continue
        found = True
        if answer.not_modified:
            continue
        known_from = _known_from(answer)
        if known_from > as_of:
            logger.warning("%s: known from %s, so not by %s; left out", url, known_from, as_of)
            continue
        yield Extract(
            originals=(Original(PurePosixPath(url).name, answer.content),),
            url=answer.url,
            media_type=answer.media_type,
            published_at=known_from.isoformat(),
            origin=answer.origin,
            etag=answer.etag,
        )


def _days(as_of: date, month: str | None) -> list[date]:
    first = date.fromisoformat(f"{month}-01") if month else _month_before(as_of)
    last = min(_next_month(first) if month else as_of, as_of)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _known_from(answer: Fetched) -> date:
    try:
        changed = email.utils.parsedate_to_datetime(answer.headers["last-modified"])
    except (KeyError, ValueError):
        return answer.answered_on
    return changed.astimezone(CHINA).date()
