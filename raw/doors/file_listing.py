"""A page that lists files in a table: every row of it is one download, with what the page says of it.

The header of the table names its columns; ``facts`` says which of them say what the file does not. The column
of files holds a link, relative to the page. A row whose day of publication (to the day, month or year; the
last day it may mean) is after ``as_of`` is left out; one without a day counts as known since the page was
asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bs4 import BeautifulSoup, Tag
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, Refusals, fetch, linked
from raw.readers import last_day_meant

NOTHING = "-"


class Request(BaseModel):
    """Keys of ``request``: the page, its columns of files and days, its facts by column of the feed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    page: str
    file_column: str
    day_column: str
    facts: dict[str, str] = {}
    accept: list[str] = []
    max_bytes: int = Field(default=20_000_000, gt=0)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield every file that was out by ``as_of``.

    ``month`` does not choose: a file may be put in another's place without a word. Raises ``BadBody`` where
    the page is not a list, ``BadInput`` at the end with the files that could not be fetched or are not on
    the page's own host.
    """
    request = Request.model_validate(feed.request)
    address = f"{feed.base_url}/{request.page}"
    page = fetch(address, accept=("text/html",))
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    refusals = Refusals()
    for row in _rows(page, request):
        day = row[request.day_column].get_text(strip=True)
        if (last_day_meant(day) or page.answered_on) > as_of:
            continue
        href = str(row[request.file_column].select_one("a[href]")["href"])  # type: ignore[index]
        with refusals.kept():
            answer = fetch(linked(address, href), accept=tuple(request.accept), policy=policy)
            yield Extract(
                originals=(Original(href.rpartition("/")[2], answer.content),),
                url=answer.url,
                media_type=answer.media_type,
                published_at=day if len(day) == len("2021-08-12") else None,
                facts={
                    name: row[column].get_text(strip=True) or NOTHING
                    for name, column in request.facts.items()
                },
                origin=answer.origin,
            )
    refusals.tell()


def _rows(page: Fetched, request: Request) -> Iterator[dict[str, Tag]]:
    table = BeautifulSoup(page.content, "lxml").find("table")
    lines = table.find_all("tr") if isinstance(table, Tag) else []
    names = [cell.get_text(strip=True) for cell in lines[0].find_all(["th", "td"])] if lines else []
    wanted = [request.file_column, request.day_column, *request.facts.values()]
    missing = [name for name in wanted if name not in names]
    if missing:
        problem = Problem(
            page.url,
            f"no column {', '.join(missing)} in its table",
            f"a list of files with the columns {', '.join(wanted)}",
            "look at the page: it may be one of a firewall, or have a new layout to declare",
        )
        raise BadBody(problem, page.content)
    for line in lines[1:]:
        cells = line.find_all("td")
        row = dict(zip(names, cells, strict=False))
        if len(cells) != len(names) or row[request.file_column].select_one("a[href]") is None:
            problem = Problem(
                page.url,
                f"a row of {len(cells)} cells",
                f"{len(names)}, a link among them",
                "look at the page",
            )
            raise BadBody(problem, page.content)
        yield row
