"""A table behind a session that has to be warmed up: first the page, then its dictionary, then the data.

All requests share one cookie jar. Who asks for data without the two requests before gets status 200 and the
text ``-1``. The answer is JSON and comes in pages: ``total`` says how many there are, ``records`` how many
rows they hold together. There is no history: it is known on the day the publisher answers, and no earlier.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import date

import httpx
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, fetch

logger = logging.getLogger(__name__)


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``page`` and ``service`` are paths; ``warm_up`` is the form that asks for the dictionary, ``form`` the one
    that asks for data (without its page number), ``day_fact`` the column that the day of the answer fills.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    page: str
    service: str
    warm_up: dict[str, str]
    form: dict[str, str]
    page_size: int = Field(default=2000, gt=0)
    day_fact: str
    max_pages: int = Field(default=20, gt=0)
    max_bytes: int = Field(default=20_000_000, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the one table there is now, all its pages as one download; nothing for an earlier day.

    Raises ``BadInput`` for a publisher that refuses, and for an answer that is not the table.
    """
    request = Request.model_validate(feed.request)
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    cookies = httpx.Cookies()
    page = fetch(f"{feed.base_url}/{request.page}", accept=("text/html",), cookies=cookies, policy=policy)
    if page.answered_on > as_of:
        logger.info("%s: says only what stands there on %s; left out", page.url, page.answered_on)
        return
    service = f"{feed.base_url}/{request.service}"
    fetch(service, form=request.warm_up, cookies=cookies, policy=policy)
    answers: list[Fetched] = []
    pages, records = 1, 0
    while len(answers) < pages:
        form = {**request.form, "PageIndex": str(len(answers) + 1), "PageSize": str(request.page_size)}
        answers.append(fetch(service, form=form, cookies=cookies, policy=policy))
        pages, records = _totals(answers[-1], request.max_pages)
    if records == 0:
        logger.info("%s: the table is empty; nothing to land", service)
        return
    yield Extract(
        originals=tuple(
            Original(f"{table_name}_{number}.json", answer.content)
            for number, answer in enumerate(answers, start=1)
        ),
        url=answers[0].url,
        media_type=answers[0].media_type,
        published_at=page.answered_on.isoformat(),
        control={"row_count": records},
        facts={request.day_fact: page.answered_on.isoformat()},
        origin=answers[0].origin,
    )


def _totals(answer: Fetched, max_pages: int) -> tuple[int, int]:
    """How many pages and how many rows there are in all, as the answer says."""
    text = answer.content.decode("utf-8", "replace").strip()
    if text == "-1":
        raise _not_the_table(
            answer, "the text -1", "the session was not warmed up: its page or dictionary changed"
        )
    try:
        said = json.loads(text)
        pages, records = int(said["total"]), int(said["records"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        found = f"{type(error).__name__} in an answer beginning {text[:60]!r}"
        raise _not_the_table(
            answer, found, "try again later; it may be a page of apology or maintenance"
        ) from error
    if pages > max_pages:
        raise _not_the_table(
            answer, f"{pages} pages", "raise request.max_pages in the feed file if it is right"
        )
    return pages, records


def _not_the_table(answer: Fetched, found: str, remedy: str) -> BadBody:
    problem = Problem(answer.url, found, "JSON with total, records, thead and tbody", remedy)
    return BadBody(problem, answer.content)
