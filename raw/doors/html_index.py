"""Pages that a list page leads to: each page's title, day and period are the facts its tables do not say.

The markup is that of the Qingdao bureau's site: items ``.news_list li``, a title in ``h1``,
``发布日期： 2025-06-06`` in ``.info``, what people wrote in ``.TRS_Editor``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, Refusals, fetch, linked
from raw.html_page import AGAIN, DAY, body_of, parsed, period_of_title, published_day, text_of, title_of
from raw.readers import html_table

ITEMS = ".news_list li"
PAGE_TYPES = ("text/html",)


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``titles`` is a pattern of the pages to take; ``must_hold`` a selector without which a page is left out.
    ``rows`` names, by the header of the labels (区市), the beginnings of labels that a table must have, as
    no table says how many rows it should have; ``units``, by its heading, the unit of its amounts.
    ``max_bytes`` limits a page, ``read_timeout`` is in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    list_path: str
    titles: str = "."
    must_hold: str = "p"
    rows: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    max_bytes: int = Field(default=5_000_000, gt=0)
    read_timeout: float = Field(default=60.0, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the pages published by ``as_of``.

    ``month`` does not choose: a page may be corrected in place, so all that are listed are fetched again.
    Raises ``BadInput`` for the list, and at the end for the pages that cannot be fetched, are none, or are
    not on the list's own host.
    """
    request = Request.model_validate(feed.request)
    listed = _fetch(f"{feed.base_url}/{request.list_path.lstrip('/')}", request)
    refusals = Refusals()
    for href, link_title in _pages(listed, request, as_of):
        with refusals.kept():
            address = linked(listed.url, href)
            answer = _fetch(address, request)
            try:
                extract = _extract(answer, address, link_title, request, as_of)
            except BadInput as error:
                raise BadBody.of(error.problems, answer.content) from error
            if extract is not None:
                yield extract
    refusals.tell()


def _fetch(address: str, request: Request) -> Fetched:
    policy = Policy(
        read_timeout=request.read_timeout,
        max_wire_bytes=request.max_bytes,
        max_content_bytes=request.max_bytes,
    )
    return fetch(address, accept=PAGE_TYPES, policy=policy)


def _pages(listed: Fetched, request: Request, as_of: date) -> list[tuple[str, str]]:
    """Link and title of each page on the list, the oldest first."""
    page = parsed(listed.content, listed.url)
    if page.select_one(".news_list") is None:
        raise BadBody(Problem(listed.url, "no list .news_list", "the list of pages", AGAIN), listed.content)
    found = []
    for item in page.select(ITEMS):
        link = item.find("a", href=True)
        day = DAY.search(text_of(item))
        is_out = day is None or date.fromisoformat(day[0]) <= as_of
        if link is not None and is_out and re.search(request.titles, text_of(link)):
            found.append((str(link["href"]), text_of(link)))
    return found[::-1]


def _extract(answer: Fetched, address: str, link_title: str, request: Request, as_of: date) -> Extract | None:
    """The page with its facts; nothing where it is of a later day or holds nothing of what is looked for.

    Raises ``BadInput`` for a page that does not say day and period, or is about another period than its link.
    """
    page = parsed(answer.content, answer.url)
    title = title_of(page)
    day = published_day(page)
    period = period_of_title(title)
    if day is None or period is None:
        found = f"title {title!r}, day {day}"
        raise BadInput.one(answer.url, found, "a title with its period, and 发布日期", AGAIN)
    if period_of_title(link_title) not in (None, period):
        raise BadInput.one(
            answer.url, f"a page about {period}", f"the page of the link {link_title!r}", AGAIN
        )
    if date.fromisoformat(day) > as_of or body_of(page).select_one(request.must_hold) is None:
        return None
    if request.rows or request.units:
        _verify(answer, request)
    identity = PurePosixPath(urlsplit(address).path).stem
    return Extract(
        originals=(Original(f"{identity}.html", answer.content),),
        url=answer.url,
        media_type=answer.media_type,
        published_at=day,
        facts={
            "PAGE_ID": identity,
            "PAGE_URL": answer.url,
            "PAGE_TITLE": title,
            "PUBLISHED_DATE": day,
            "REFERENCE_PERIOD": period,
        },
        origin=answer.origin,
    )


def _verify(answer: Fetched, request: Request) -> None:
    """Hold the tables of a page against what the feed file says; ``BadInput`` with all that is wrong."""
    try:
        records = html_table.read_tables(answer.content, answer.url).records
    except Exception:  # noqa: BLE001
        return  # The page goes on as it is: landing refuses it for the same reason, and keeps it.
    problems = []
    for number in sorted({record["TABLE_NUMBER"] or "" for record in records}):
        table = [record for record in records if record["TABLE_NUMBER"] == number]
        where, heading = f"{answer.url}, table {number}", table[0]["TABLE_HEADING"] or ""
        labels = [record["ROW_LABEL"] or "" for record in table]
        needed = request.rows.get(table[0]["LABEL_HEADER"] or "", [])
        missing = [label for label in needed if not any(one.startswith(label) for one in labels)]
        if missing:
            problems.append(Problem(where, f"no {', '.join(missing)}", "all rows", AGAIN))
        units = {record["UNIT"] for record in table if record["MEASURE"] in ("LEVEL", "YTD")}
        expected = request.units.get(heading)
        if expected and units != {expected}:
            problems.append(Problem(where, f"{heading} in {', '.join(map(str, units))}", expected, AGAIN))
    if problems:
        raise BadInput(problems)
