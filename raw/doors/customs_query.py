"""The query forms of the customs' statistics platform, as a stand-in or a mirror offers them.

The platform itself (stats.customs.gov.cn) asks people to solve a CAPTCHA and is never automated: what people
download there comes through ``drop_folder``. Here the same questions are asked: the form page says the latest
month and what there is to choose from, ``getQueryDataListByWhere`` how many rows an answer has, and
``downloadQueryData`` gives at most 10,000 of them as CSV. A larger answer is fetched in parts, by partner and
then by trade mode, which make one download; the number of rows that the page showed is its control total.

A year is fetched as a whole, by month, because earlier months are corrected by later releases. A download of
which one part cannot be had is left out as a whole; the other years and directions go on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bs4 import BeautifulSoup
from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed
from raw.fetch import BadBody, Fetched, Policy, Refusals, fetch
from raw.readers.customs_csv import OUTER_FIELDS, PART_ROWS

logger = logging.getLogger(__name__)

FORM_PAGE = "queryData/queryDataByWhere"
COUNT = "queryData/getQueryDataListByWhere"
DOWNLOAD = "queryData/downloadQueryData"
DIRECTIONS = {"export": "0", "import": "1"}
CURRENCY_TYPES = {"CNY": "rmb", "USD": "usd"}
# The choices by which a large answer is cut, in this order.
CUT_BY = ("ORIGIN_COUNTRY", "TRADE_MODE")
CSV_TYPES = ("text/csv", "application/octet-stream")
# With a month given, only its year and the one before are asked for again: that is how far corrections reach.
YEARS_BACK = 1


class Request(BaseModel):
    """Keys of ``request``: from which year on, in which currency, and how many digits of the codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    first_year: int = Field(ge=1995)
    currency: str = Field(default="CNY", pattern="^(CNY|USD)$")
    code_length: int = 8
    max_bytes: int = Field(default=50_000_000, gt=0)


@dataclass(frozen=True)
class _Page:
    """The form page: the latest month (YYYYMM, empty where there is none), the codes one may choose."""

    latest: str
    choices: Mapping[str, tuple[str, ...]]
    answered_on: date


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield each year and direction as one download; nothing without a service, or while it has no month.

    A service that lives in a later day than ``as_of`` is left out: it cannot be asked for the past. Raises
    ``BadInput`` where the form page cannot be had, and at the end for the downloads that could not.
    """
    request = Request.model_validate(feed.request)
    variable = f"RAW_{feed.feed.upper()}_URL"
    if not (request.base_url or os.environ.get(variable)):
        logger.info("%s: no service to ask (%s is not set)", feed.feed, variable)
        return
    page = _page(feed)
    if page.answered_on > as_of:
        logger.warning(
            "%s: says what is known on %s, not %s; left out", feed.base_url, page.answered_on, as_of
        )
        return
    if not page.latest:
        logger.info("%s: no month is out", feed.base_url)
        return
    first = max(request.first_year, int(month[:4]) - YEARS_BACK) if month else request.first_year
    refusals = Refusals()
    for year in range(first, int(page.latest[:4]) + 1):
        for direction in DIRECTIONS:
            # All downloads have one address: the problem says which of them is left out.
            with refusals.kept(f"{direction} {year}"):
                extract = _extract(feed, request, page, direction, year)
                if extract:
                    yield extract
    refusals.tell()


def _extract(feed: Feed, request: Request, page: _Page, direction: str, year: int) -> Extract | None:
    last = page.latest if page.latest.startswith(str(year)) else f"{year}12"
    form = _form(request, page, direction, last)
    total = _row_count(feed, form)
    if not total:
        return None
    parts = [_download(feed, request, part) for part in _cut(feed, form, total, page.choices, list(CUT_BY))]
    stem = f"customs_{direction}_{year}"
    names = [f"{stem}.csv"] if len(parts) == 1 else [f"{stem}.{n}.csv" for n in range(1, len(parts) + 1)]
    return Extract(
        originals=tuple(Original(name, part.content) for name, part in zip(names, parts, strict=True)),
        url=parts[0].url,
        media_type=parts[0].media_type,
        control={"row_count": total},
        facts={
            "SUPPLIER": "platform",
            "DIRECTION": direction,
            "PERIOD": str(year),
            "LAST_MONTH": f"{last[:4]}-{last[4:]}",
            "SELECTION": "all",
            "CODE_LENGTH": str(request.code_length),
            "CURRENCY": request.currency,
        },
        origin=parts[0].origin,
    )


def _form(request: Request, page: _Page, direction: str, last: str) -> dict[str, str]:
    """The form of the platform for one year by month, broken down by everything."""
    form = {
        "pageSize": "10",
        "iEType": DIRECTIONS[direction],
        "currencyType": CURRENCY_TYPES[request.currency],
        "year": last[:4],
        "startMonth": "1",
        "endMonth": str(int(last[4:])),
        "monthFlag": "1",
        "codeLength": str(request.code_length),
        "orderType": "CODE ASC DEFAULT",
        "currentStartTime": page.latest,
    }
    for number, name in enumerate(OUTER_FIELDS, start=1):
        form |= {f"outerField{number}": name, f"outerValue{number}": ""}
    return form


def _cut(
    feed: Feed, form: dict[str, str], total: int, choices: Mapping[str, Sequence[str]], by: list[str]
) -> Iterator[dict[str, str]]:
    """The questions into which one is cut, so that no answer has more rows than the platform gives."""
    if total <= PART_ROWS:
        yield form
        return
    if not by:
        raise BadInput.one(
            f"{feed.base_url}, {form}",
            f"{total} rows for one partner and trade mode",
            f"at most {PART_ROWS}, which is all the platform gives",
            "ask for fewer commodities at a time, by hand, and drop the parts",
        )
    field = f"outerValue{list(OUTER_FIELDS).index(by[0]) + 1}"
    gathered: list[str] = []
    rows = 0
    for code in choices[by[0]]:
        count = _row_count(feed, {**form, field: code})
        if gathered and rows + count > PART_ROWS:
            yield {**form, field: ",".join(gathered)}
            gathered, rows = [], 0
        if count > PART_ROWS:
            yield from _cut(feed, {**form, field: code}, count, choices, by[1:])
        elif count:
            gathered.append(code)
            rows += count
    if gathered:
        yield {**form, field: ",".join(gathered)}


def _page(feed: Feed) -> _Page:
    answer = fetch(f"{feed.base_url}/{FORM_PAGE}", accept=("text/html",))
    page = BeautifulSoup(answer.content, "lxml")
    latest = page.select_one("input[name=currentStartTime]")
    if latest is None:
        raise _not_the_page(answer, "no field currentStartTime")
    choices = {
        name: tuple(str(option["value"]) for option in page.select(f"select[name={name}] option"))
        for name in CUT_BY
    }
    return _Page(str(latest.get("value") or ""), choices, answer.answered_on)


def _row_count(feed: Feed, form: dict[str, str]) -> int:
    """How many rows the answer has, as the page of results says."""
    answer = fetch(f"{feed.base_url}/{COUNT}", form=form, accept=("text/html",))
    said = BeautifulSoup(answer.content, "lxml").select_one("p.c-666 span")
    text = said.get_text(strip=True) if said else ""
    if not (text.isascii() and text.isdigit()):
        raise _not_the_page(answer, f"{text!r} for the number of rows")
    return int(text)


def _not_the_page(answer: Fetched, found: str) -> BadBody:
    problem = Problem(
        answer.url, found, "a page of the query platform", "look at the page: it may be one of a firewall"
    )
    return BadBody(problem, answer.content)


def _download(feed: Feed, request: Request, form: dict[str, str]) -> Fetched:
    policy = Policy(max_wire_bytes=request.max_bytes, max_content_bytes=request.max_bytes)
    return fetch(f"{feed.base_url}/{DOWNLOAD}", form=form, accept=CSV_TYPES, policy=policy)
