"""The old query page of the National Bureau of Statistics: ``POST easyquery.htm``, for history.

It was replaced on 2026-03-27 and has refused most clients since (403, ``reason: UrlACL``), so it is asked
only about days before that, and what it refuses since then is no fault: nothing of it comes any more. It says
what stands there on the day it is asked and nothing of the days before.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import date

import httpx
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract
from raw.errors import Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, fetch
from raw.nbs import AGAIN, INTERVAL, MOVED_ON, NATION, Question, answers, catalogues_named, json_of, member
from raw.readers import nbs_easyquery

logger = logging.getLogger(__name__)

PAGE = "easyquery.htm"
JSON_TYPE = "application/json"
# Where the tree of a database begins.
ROOT = "zb"


class Request(BaseModel):
    """Keys of ``request`` for this door; ``max_bytes`` limits one answer, ``read_timeout`` is in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    questions: list[Question] = Field(min_length=1)
    max_bytes: int = Field(default=20_000_000, gt=0)
    read_timeout: float = Field(default=60.0, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield one answer for each question with something published in it.

    ``month`` does not choose: figures are revised in place, so all periods are asked for again. Raises
    ``BadInput`` where the service refuses, ``BadBody`` where an answer is not one to the question. A refusal
    that the publisher dates on the day of the move or later leaves the history out, with a warning.
    """
    if as_of >= MOVED_ON:
        return
    request = Request.model_validate(feed.request)
    session = _Session(feed.base_url, request)
    try:
        yield from answers(session, request.questions, as_of, nbs_easyquery.reply)
    except BadBody as error:
        if error.answered_on is None or error.answered_on < MOVED_ON:
            raise
        logger.warning(
            "%s.%s: the query page gave way to the release library on %s and refuses on %s (%s); the history"
            " as of %s can no longer be had and is left out",
            feed.feed, table_name, MOVED_ON, error.answered_on, error.problems[0].found, as_of,
        )  # fmt: skip


class _Session:
    """One conversation: it keeps its cookies and never asks for a part of the tree twice."""

    def __init__(self, base_url: str, request: Request) -> None:
        self._address = f"{base_url}/{PAGE}"
        self._policy = Policy(
            interval=INTERVAL,
            read_timeout=request.read_timeout,
            max_wire_bytes=request.max_bytes,
            max_content_bytes=request.max_bytes,
        )
        self._cookies = httpx.Cookies()
        self._trees: dict[str, list[tuple[str, str]]] = {}

    def catalogues(self, question: Question) -> list[str]:
        """Ids of the catalogues to ask; raise ``BadInput`` where the tree knows none of that name."""
        if question.catalogue is not None:
            return [question.catalogue]
        name = str(question.catalogue_name)
        if question.database not in self._trees:
            self._trees[question.database] = self._leaves(question.database)
        where = f"{self._address}, tree of {question.database}"
        return catalogues_named(self._trees[question.database], name, where)

    def _leaves(self, database: str) -> list[tuple[str, str]]:
        leaves: list[tuple[str, str]] = []
        waiting = [ROOT]
        while waiting:
            answer = self._ask({"m": "getTree", "dbcode": database, "wdcode": ROOT, "id": waiting.pop(0)})
            # The tree is an array, where data are an object.
            for node in json_of(answer.content, answer.url):
                identity, title = member(node, "id", answer.url), member(node, "name", answer.url)
                if member(node, "isParent", answer.url):
                    waiting.append(identity)
                else:
                    leaves.append((identity, title))
        return leaves

    def data(self, question: Question, catalogue: str, asked: list[str]) -> Fetched:
        """The answer about one catalogue, from the first period asked to the last."""
        first, last = nbs_easyquery.time_code(asked[0]), nbs_easyquery.time_code(asked[-1])
        fixed = [{"wdcode": "reg", "valuecode": question.region}] if question.region != NATION else []
        varied = [
            {"wdcode": "zb", "valuecode": catalogue},
            {"wdcode": "sj", "valuecode": f"{first}-{last}"},
        ]
        return self._ask(
            {
                "m": "QueryData",
                "dbcode": question.database,
                "rowcode": "zb",
                "colcode": "sj",
                "wds": json.dumps(fixed),
                "dfwds": json.dumps(varied),
            }
        )

    def _ask(self, form: dict[str, str]) -> Fetched:
        headers = {"Referer": f"{self._address}?cn=A01", "X-Requested-With": "XMLHttpRequest"}
        # k1 keeps caches between us from answering: milliseconds, as the page itself sends them.
        asked = {**form, "k1": str(time.time_ns() // 1_000_000)}
        answer = fetch(self._address, form=asked, headers=headers, cookies=self._cookies, policy=self._policy)
        # The captured answers name no type at all; one that names another than JSON is a page.
        if answer.headers.get("content-type", JSON_TYPE).split(";")[0].strip() != JSON_TYPE:
            problem = Problem(
                answer.url, f"{answer.media_type} beginning {answer.content[:60]!r}", JSON_TYPE, AGAIN
            )
            raise BadBody(problem, answer.content, answer.answered_on)
        return answer
