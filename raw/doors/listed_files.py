"""Files that an index page lists, each with a title and the day it was published.

One item of the list is one file: ``<li><a href="…">2022年1月…（共 2 行）</a><span>2022-02-24</span></li>``.
The title may say the month a file is about, which becomes the fact that ``month_fact`` names, and its number
of rows, which is the publisher's control total. A day known only to the month or the year counts as its last
one, a day not printed as the day on which the publisher answered. A file changed since (``Last-Modified``)
counts as known from that day: what stood there before can no longer be had.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, Refusals, fetch
from raw.readers import last_day_meant

logger = logging.getLogger(__name__)

MONTH_IN_TITLE = re.compile(r"(\d{4})年(\d{1,2})月", re.ASCII)
ROWS_IN_TITLE = re.compile(r"共\s*(\d+)\s*行", re.ASCII)


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``index`` is the path of the list, ``links`` the pattern of the addresses in it that belong to the table
    (as in ``reports/*.html``), ``month_fact`` the column that the month in a title fills, ``day_fact`` that
    of the day on which this version was published, ``accept`` the media types a file may have.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    index: str = "index.html"
    links: str = Field(min_length=1)
    month_fact: str | None = None
    day_fact: str | None = None
    accept: list[str] = Field(min_length=1)
    max_bytes: int = Field(default=20_000_000, gt=0)


@dataclass(frozen=True)
class Listed:
    """One item of the list: where its file is, what the title says, and the day printed beside it."""

    url: str
    title: str
    printed_day: str

    def known_from(self, answered_on: date) -> date:
        """The day from which the file counts as published."""
        return last_day_meant(self.printed_day) or answered_on


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the listed files of a table that were out by ``as_of``.

    ``month`` does not choose among them: a correction of another month must get in too. Raises ``BadInput``
    for a list that cannot be read, and at the end for the files that could not be fetched.
    """
    request = Request.model_validate(feed.request)
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    index = fetch(f"{feed.base_url}/{request.index}", accept=("text/html",), policy=policy)
    refusals = Refusals()
    for item in listed(index, request.links, f"{feed.base_url}/{request.index}"):
        if item.known_from(index.answered_on) > as_of:
            continue
        with refusals.kept():
            answer = fetch(item.url, accept=tuple(request.accept), policy=policy)
            known_from = max(item.known_from(index.answered_on), answer.changed_on or date.min)
            if known_from > as_of:
                logger.warning(
                    "%s: changed on %s, so not known by %s; left out", answer.url, known_from, as_of
                )
                continue
            yield Extract(
                originals=(Original(PurePosixPath(unquote(urlsplit(item.url).path)).name, answer.content),),
                url=answer.url,
                media_type=answer.media_type,
                published_at=known_from.isoformat(),
                control=_control(item),
                facts=_facts(item, request, known_from, answer.url),
                origin=answer.origin,
            )
    refusals.tell()


def listed(index: Fetched, pattern: str, address: str) -> list[Listed]:
    """The items of an index page whose links fit the pattern; a page without a list is refused."""
    page = BeautifulSoup(index.content, "lxml")
    lists = page.select("ul.news_list")
    if not lists:
        raise BadBody(
            Problem(
                where=index.url,
                found=f"a page without a list, beginning {index.content[:60]!r}",
                expected='the list of files, <ul class="news_list">',
                remedy="open the address in a browser: it may be a page of apology, login or maintenance",
            ),
            index.content,
        )
    return [
        Listed(
            urljoin(address, str(link["href"])),
            link.get_text(strip=True),
            day.get_text(strip=True) if isinstance(day := item.find("span"), Tag) else "",
        )
        for item in lists[0].find_all("li")
        if isinstance(link := item.find("a", href=True), Tag) and fnmatchcase(str(link["href"]), pattern)
    ]


def _control(item: Listed) -> dict[str, int]:
    rows = ROWS_IN_TITLE.search(item.title)
    return {"row_count": int(rows[1])} if rows else {}


def _facts(item: Listed, request: Request, known_from: date, where: str) -> dict[str, str]:
    facts = {request.day_fact: known_from.isoformat()} if request.day_fact else {}
    if request.month_fact is None:
        return facts
    month = MONTH_IN_TITLE.search(item.title)
    if month is None:
        raise BadInput.one(
            where=f"{where}, title in the list",
            found=repr(item.title),
            expected="a title that says the month, as in 2022年1月",
            remedy="look at the list in a browser; request.links in the feed file may name too much",
        )
    return {**facts, request.month_fact: f"{month[1]}-{int(month[2]):02d}"}
