"""Files listed on an index page, each about one day that its name tells: ``AIS_2024_01_05.csv.zst``.

What was listed by ``as_of`` is taken: all of it, or the days of ``month``. An index that lists nothing is no
fault: nothing is there yet. Requests are conditional: a file that is still what was landed comes not again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, field_validator

from raw.doors import Extract, Known, Original
from raw.feed import Feed
from raw.fetch import Policy, Refusals, fetch
from raw.readers import is_date

_HREF = re.compile(r'href="([^"]+)"')


class Request(BaseModel):
    """Keys of ``request``: the page ``index`` below ``base_url``, the names as an expression ``files``.

    It has the groups ``year``, ``month`` and ``day``; ``day_fact`` is the column for which the day is said.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    index: str = "index.html"
    files: str
    day_fact: str
    max_bytes: int = Field(default=500_000_000, gt=0)

    @field_validator("files")
    @classmethod
    def _has_the_groups(cls, value: str) -> str:
        if set(re.compile(value).groupindex) != {"year", "month", "day"}:
            raise ValueError("a regular expression with the groups year, month and day")
        return value


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
    """Yield the listed files of days before ``as_of`` or on it; those that fail are told last."""
    return extracts_unless_known(feed, table_name, as_of, month, {})


def extracts_unless_known(
    feed: Feed,
    table_name: str,  # noqa: ARG001 (as its door has it)
    as_of: date,
    month: str | None,
    known: Mapping[str, Known],
) -> Iterator[Extract]:
    """Yield the same, but the files that still are what is ``known``: a day has hundreds of megabytes."""
    request = Request.model_validate(feed.request)
    index = fetch(f"{feed.base_url}/{request.index}", accept=("text/html",))
    links = dict.fromkeys(_HREF.findall(index.content.decode("utf-8", "replace")))
    refusals = Refusals()
    for link in links:
        day = _day_of(link, request.files)
        if day is None or day > as_of.isoformat() or (month and not day.startswith(month)):
            continue
        with refusals.kept():
            extract = _extract(feed, request, link, day, known)
            if extract is not None:
                yield extract
    refusals.tell()


def _day_of(link: str, files: str) -> str | None:
    """The day a name tells; ``None`` for a link to something else, or out of the folder."""
    found = re.fullmatch(files, link, re.ASCII)
    day = "-".join(found.group("year", "month", "day")) if found else ""
    return day if is_date(day) and ".." not in link else None


def _extract(feed: Feed, request: Request, link: str, day: str, known: Mapping[str, Known]) -> Extract | None:
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    url = f"{feed.base_url}/{request.index}".rpartition("/")[0] + f"/{link}"
    validators = known.get(url, Known())
    file = fetch(url, etag=validators.etag, last_modified=validators.last_modified, policy=policy)
    if file.not_modified:
        return None
    return Extract(
        originals=(Original(PurePosixPath(link).name, file.content),),
        url=file.url,
        media_type=file.media_type,
        published_at=day,
        facts={request.day_fact: day},
        origin=file.origin,
        etag=file.etag,
        last_modified=file.last_modified,
    )
