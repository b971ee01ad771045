"""The release library of the National Bureau of Statistics, since 2026-03-27 in place of its query page.

The tree names the catalogues, a catalogue its indicators and the regions it has; ``stream/esData`` gives the
figures. It says what stands there on the day it is asked, and nothing of the days before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import httpx
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract
from raw.errors import BadInput
from raw.feed import Feed
from raw.fetch import Fetched, Policy, fetch
from raw.nbs import (
    INTERVAL,
    MOVED_ON,
    NATION,
    Json,
    Question,
    answers,
    catalogues_named,
    list_member,
    listed,
    member,
    text_member,
)
from raw.readers import nbs_release_library

SERVICE = "dg/website/publicrelease/web/external"
JSON_TYPE = "application/json"


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``roots`` gives the tree's root of each database, ``region_catalogues`` the list of the regions there are
    (daCid). ``max_bytes`` limits one answer, ``read_timeout`` is in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    roots: dict[str, str] = {}
    region_catalogues: dict[str, str] = {}
    questions: list[Question] = Field(min_length=1)
    max_bytes: int = Field(default=20_000_000, gt=0)
    read_timeout: float = Field(default=60.0, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield one answer for each question with something published in it.

    ``month`` does not choose: figures are revised in place, so all periods are asked for again. Raises
    ``BadInput`` where the service refuses, ``BadBody`` where an answer is not one to the question.
    """
    if as_of >= MOVED_ON:
        request = Request.model_validate(feed.request)
        session = _Session(feed.base_url, request)
        yield from answers(session, request.questions, as_of, nbs_release_library.reply)


class _Session:
    """One conversation: it keeps its cookies and never asks for a list twice."""

    def __init__(self, base_url: str, request: Request) -> None:
        self._address = f"{base_url}/{SERVICE}"
        self._request = request
        self._policy = Policy(
            interval=INTERVAL,
            read_timeout=request.read_timeout,
            max_wire_bytes=request.max_bytes,
            max_content_bytes=request.max_bytes,
        )
        self._cookies = httpx.Cookies()
        self._lists: dict[tuple[str, ...], Json] = {}

    def catalogues(self, question: Question) -> list[str]:
        """Ids of the catalogues to ask; raise ``BadInput`` where the tree knows none of that name."""
        if question.catalogue is not None:
            return [question.catalogue]
        leaves = self._leaves(question.database)
        where = f"{self._address}, tree {question.database}"
        return catalogues_named(leaves, str(question.catalogue_name), where)

    def _leaves(self, database: str) -> list[tuple[str, str]]:
        leaves: list[tuple[str, str]] = []
        waiting = [self._request.roots.get(database, "")]
        while waiting:
            nodes = self._data("new/queryIndexTreeAsync", pid=waiting.pop(0), code=database)
            for node in listed(nodes, "tree"):
                identity, title = text_member(node, "_id", "tree"), text_member(node, "name", "tree")
                if member(node, "isLeaf", "tree"):
                    leaves.append((identity, title))
                else:
                    waiting.append(identity)
        return leaves

    def data(self, question: Question, catalogue: str, asked: list[str]) -> Fetched:
        """The answer about one catalogue, from the first period asked to the last."""
        self._refuse_unlisted_region(question)
        first, last = nbs_release_library.time_code(asked[0]), nbs_release_library.time_code(asked[-1])
        body = {
            "cid": catalogue,
            "indicatorIds": self._indicators(question, catalogue),
            # With anything in it `das` is ignored, and Beijing comes back under success: true.
            "daCatalogId": "",
            "das": [{"text": question.region_name, "value": _twelve(question.region)}],
            "showType": "1",
            # A list: with a plain text the firewall cuts the request off.
            "dts": [f"{first}-{last}"],
            "rootId": self._request.roots.get(question.database, ""),
        }
        return fetch(
            f"{self._address}/stream/esData",
            json=body,
            accept=(JSON_TYPE,),
            cookies=self._cookies,
            policy=self._policy,
        )

    def _indicators(self, question: Question, catalogue: str) -> list[str]:
        """Ids of the named indicators: they differ between the catalogues of one series."""
        indicators = self._data("new/queryIndicatorsByCid", cid=catalogue, dt="", name="")
        found: dict[str, str] = {}
        for one in list_member(indicators, "list", catalogue):
            shown = text_member(one, "i_showname", catalogue)
            unit = text_member(one, "du_name", catalogue) if "du_name" in one else ""
            found[nbs_release_library.name_and_unit(shown, unit, catalogue)] = text_member(
                one, "_id", catalogue
            )
        missing = [name for name in question.units if name not in found]
        if missing:
            raise BadInput.one(
                where=f"{self._address}, catalogue {catalogue}",
                found=f"no indicator {', '.join(missing)} among {', '.join(found)}",
                expected="the indicators that `units` names",
                remedy="look the names up in the publisher's page and correct `units` in the feed file",
            )
        return [found[name] for name in question.units]

    def _refuse_unlisted_region(self, question: Question) -> None:
        """A city that is not listed would come back as something else; its province is no stand-in."""
        if question.region == NATION:
            return
        catalogue = self._request.region_catalogues.get(question.database, "")
        regions = listed(self._data("getDasByDaCatalogId", daCid=catalogue), "regions")
        names = {
            text_member(one, "name_value", "regions"): text_member(one, "show_name", "regions")
            for one in regions
        }
        if _twelve(question.region) not in names:
            raise BadInput.one(
                where=f"{self._address}, regions of {question.database}",
                found=f"no {question.region} among {', '.join(list(names.values())[:8])} …",
                expected=f"{question.region} itself: its province never stands in for it",
                remedy="ask a city database (7 or 8); Qingdao is in no province database",
            )

    def _data(self, path: str, **params: str) -> Json:
        key = (path, *params.values())
        if key not in self._lists:
            answer = fetch(
                f"{self._address}/{path}",
                params=params,
                accept=(JSON_TYPE,),
                cookies=self._cookies,
                policy=self._policy,
            )
            self._lists[key] = nbs_release_library.message_of(answer.content, answer.url)
        return self._lists[key]


def _twelve(region: str) -> str:
    return f"{region}000000"
