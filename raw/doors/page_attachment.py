"""Files that hang on pages: a list of pages, each with a relative link to one attachment beside it.

The publisher's directory answers with an empty shell, so the pages are listed by hand in the feed file. A
file may be put in another's place without a word: every pull asks the pages of the last ``RECHECKED_MONTHS``
months again, and their attachments by conditional requests. An older page is asked until its attachment has
landed, and then no more. A name as ``P0YYYYMMDD…`` tells the day of upload; the file is not known before.

What the page says of itself (``<meta name="ArticleTitle">``, ``PubDate``, ``ContentSource``, ``Url``: names
of the guideline for government sites 国办发〔2017〕47号, annex) goes with the file as facts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from datetime import date
from html.parser import HTMLParser
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Known, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, Refusals, fetch
from raw.readers import is_date

logger = logging.getLogger(__name__)

PAGE_TYPES = ("text/html", "application/xhtml+xml")
_PAGE_DAY = re.compile(r"t(\d{4})(\d{2})(\d{2})_\d+\.s?html?", re.ASCII)
_LINK = re.compile(r"(?:\./)?(P0(\d{4})(\d{2})(\d{2})\d{12,15}\.[A-Za-z]{3,4})", re.ASCII)
_READABLE_FIRST = (".xlsx",)
# The files of folders 202403 to 202405 were all put there again on 2024-05-28.
RECHECKED_MONTHS = 6


class Request(BaseModel):
    """Keys of ``request``: ``pages`` below ``base_url``; those in ``transcribed`` are left alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    pages: list[str] = Field(min_length=1)
    transcribed: list[str] = []
    max_bytes: int = Field(default=5_000_000, gt=0)


class _Page(HTMLParser):
    """Title, meta elements and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: list[str] = []
        self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect from one element."""
        said = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "meta" and said.get("name"):
            self.meta[said["name"].lower()] = said.get("content", "").strip()
        # A table published as an image hangs on the page by its src.
        self.links += [said[name] for name in ("href", "src") if said.get(name)]

    def handle_data(self, data: str) -> None:
        """Collect the title."""
        if self._in_title:
            self.title += data.strip()

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (as its base class has it)
        """The title ends with its element."""
        self._in_title = False


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
    """Yield the attachment of every listed page that was out by ``as_of``."""
    return extracts_unless_known(feed, table_name, as_of, month, {})


def extracts_unless_known(
    feed: Feed,
    table_name: str,  # noqa: ARG001 (as its door has it)
    as_of: date,
    month: str | None,  # noqa: ARG001 (older tables are replaced too)
    known: Mapping[str, Known],
) -> Iterator[Extract]:
    """Yield the attachments that were out by ``as_of``, but those that still are, or count as, ``known``.

    ``month`` does not choose: older tables are replaced too. Pages that fail are told last, so that they do
    not keep the others out.
    """
    request = Request.model_validate(feed.request)
    refusals = Refusals()
    for page in request.pages:
        address = f"{feed.base_url}/{page.lstrip('/')}"
        with refusals.kept():
            day = _day_of(_PAGE_DAY, page)
            if page in request.transcribed or day > as_of:
                continue
            if day < _months_before(as_of, RECHECKED_MONTHS) and _has_landed(address, known):
                continue
            yield from _attachments(feed, address, request, as_of, known)
    refusals.tell()


def _months_before(day: date, months: int) -> date:
    """The first day of the month so many months before that of a day."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def _has_landed(address: str, known: Mapping[str, Known]) -> bool:
    """Whether an attachment of a page has landed: it lies beside the page, which was kept with it."""
    folder, _, name = address.rpartition("/")
    return any(url.rpartition("/")[0] == folder and name in one.companions for url, one in known.items())


def _attachments(
    feed: Feed, address: str, request: Request, as_of: date, known: Mapping[str, Known]
) -> Iterator[Extract]:
    answer = fetch(address, accept=PAGE_TYPES)
    page = _Page(answer.content.decode("utf-8", "replace"))
    facts = _facts(feed, page, address)
    for name in _chosen(page, answer):
        uploaded = _day_of(_LINK, name, first=2)
        if uploaded > as_of:
            logger.info("%s: %s was put there on %s; left out", address, name, uploaded)
            continue
        url = f"{address.rpartition('/')[0]}/{name}"
        # A page that says something else of the same file is to be read against it again.
        before = known.get(url, Known())
        validators = before if before.facts == facts else Known()
        policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
        file = fetch(url, etag=validators.etag, last_modified=validators.last_modified, policy=policy)
        if file.not_modified:
            continue
        known_from = max(uploaded, file.changed_on or uploaded)
        if known_from > as_of:
            logger.info("%s: changed on %s; left out", file.url, known_from)
            continue
        yield Extract(
            originals=(Original(name, file.content),),
            url=file.url,
            media_type=file.media_type,
            published_at=uploaded.isoformat(),
            companions={f"{PurePosixPath(address).name}": answer.content},
            facts=facts,
            origin=file.origin,
            etag=file.etag,
            last_modified=file.last_modified,
        )


def _chosen(page: _Page, answer: Fetched) -> list[str]:
    """Names of the attachments; where one can be read, its printed twins are left alone."""
    matches = [_LINK.fullmatch(link) for link in page.links]
    names = list(dict.fromkeys(match.group(1) for match in matches if match))
    if not names:
        problem = Problem(
            where=answer.url,
            found="a page without a link like ./P020240528369534362302.xlsx",
            expected="the page of a table, with its attachment",
            remedy="open it in a browser: it may be a page of maintenance, or the table has moved",
        )
        raise BadBody(problem, answer.content)
    return [name for name in names if name.lower().endswith(_READABLE_FIRST)] or names


def _facts(feed: Feed, page: _Page, address: str) -> dict[str, str]:
    said = {
        "SOURCE_TITLE": page.meta.get("articletitle") or page.title,
        "PUBLISHER": page.meta.get("contentsource") or feed.publisher.name_zh,
        "PUBLISHED_DATE": page.meta.get("pubdate", "")[:10],
        "SOURCE_URL": page.meta.get("url") or address,
    }
    return {name: value for name, value in said.items() if value}


def _day_of(pattern: re.Pattern[str], name: str, first: int = 1) -> date:
    """The day in a name; ``BadInput`` where there is none."""
    found = pattern.search(name)
    day = "-".join(found.group(first, first + 1, first + 2)) if found else ""
    if not is_date(day):
        raise BadInput.one(name, "no day in the name", "a name as t20240528_….html", "correct the page list")
    return date.fromisoformat(day)
