"""Reader of the old query page of the National Bureau of Statistics: JSON of ``easyquery.htm``, m=QueryData.

Layout (bodies captured 2019 to 2026): ``returndata.datanodes`` holds one node for each indicator, region and
period asked for, published or not; ``returndata.wdnodes`` says what the codes mean, and in which unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from raw.errors import BadInput, Problem
from raw.nbs import (
    AGAIN,
    NATION,
    QUERY_PAGE,
    Entry,
    Json,
    Reply,
    database_problems,
    figure_member,
    json_of,
    list_member,
    member,
    published_rows,
    shown,
    text_member,
)
from raw.readers import DECIMAL, Rows

if TYPE_CHECKING:
    from raw.feed import Table

# 202109 a month, 2021C the third quarter, 2021 a year.
_TIME_CODE = re.compile(r"(\d{4})(?:(0[1-9]|1[0-2])|([A-D]))?", re.ASCII)


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read the published figures; raise ``BadInput`` for none, a refusal of the service or another layout."""
    return published_rows(reply(content, file_name), file_name)


def said_problems(content: bytes, facts: Mapping[str, str], file_name: str) -> Iterator[Problem]:
    """Where database or catalogue said beside a kept answer cannot be those of its figures.

    The answer does not name its catalogue, but the code of an indicator begins with it: A01010101 in A010101.
    """
    answer, said = reply(content, file_name), facts["CATALOGUE_ID"]
    yield from database_problems(answer, facts, QUERY_PAGE, file_name)
    codes = {entry.indicator for entry in answer.entries}
    if others := sorted(code for code in codes if not code.startswith(said)):
        yield Problem(
            f"{file_name}, CATALOGUE_ID",
            said,
            f"the catalogue with which its indicators begin: {', '.join(others[:5])}",
            "correct CATALOGUE_ID beside the file, or keep the answer of that catalogue",
        )


def reply(content: bytes, where: str) -> Reply:
    """The whole answer, placeholders included.

    Raises ``BadInput`` for what is not one, for a rounded figure that is not the unrounded one rounded, and
    where the service's own ``hasdatacount`` (newer captures have it) is not the number of figures.
    """
    message = json_of(content, where)
    code, data = member(message, "returncode", where), member(message, "returndata", where)
    if code != 200:
        # In a refusal `returndata` is a sentence, not an object.
        raise BadInput.one(
            where,
            f"returncode {shown(code)}: {shown(data)}",
            "returncode 200",
            "check database, code and period asked",
        )
    meanings = _meanings(data, where)
    nodes = list_member(data, "datanodes", where)
    entries = [_entry(node, meanings, f"{where}, row {row}", row) for row, node in enumerate(nodes, start=1)]
    counted = sum(entry.value is not None for entry in entries)
    if data.get("hasdatacount", counted) != counted:
        raise BadInput.one(
            where, f"{counted} figures", f"{shown(data['hasdatacount'])}, its own hasdatacount", AGAIN
        )
    return Reply(entries, sorted({entry.period for entry in entries}))


def period(time_code: str, where: str) -> str:
    """The SDMX period of a time code: 2021C is 2021-Q3."""
    matched = _TIME_CODE.fullmatch(time_code)
    if matched is None:
        raise BadInput.one(where, f"time code {time_code!r}", "one as in 202109, 2021C or 2021", AGAIN)
    year, month, quarter = matched.groups()
    if quarter:
        return f"{year}-Q{'ABCD'.index(quarter) + 1}"
    return f"{year}-{month}" if month else str(year)


def time_code(sdmx: str) -> str:
    """The time code of an SDMX period: 2021-Q3 is 2021C."""
    year, _, part = sdmx.partition("-")
    return f"{year}{'ABCD'[int(part[1]) - 1]}" if part.startswith("Q") else f"{year}{part}"


def _meanings(data: Json, where: str) -> dict[tuple[str, str], Json]:
    """What each code of each dimension means; a list of nodes may hold null."""
    return {
        (text_member(dimension, "wdcode", where), text_member(node, "code", where)): node
        for dimension in list_member(data, "wdnodes", where)
        for node in list_member(dimension, "nodes", where)
        if node is not None
    }


def _entry(node: Json, meanings: dict[tuple[str, str], Json], where: str, row: int) -> Entry:
    # The dimensions stand in `wds`; splitting `code` would trip over codes with dots and underscores.
    codes = {
        text_member(wd, "wdcode", where): text_member(wd, "valuecode", where)
        for wd in list_member(node, "wds", where)
    }
    code, time = text_member(codes, "zb", where), text_member(codes, "sj", where)
    indicator, of_indicator = meanings.get(("zb", code), {}), f"{where}, wdnodes of {code}"
    region = codes.get("reg", NATION)
    named = meanings.get(("reg", region), {})
    value, unrounded = _figure(member(node, "data", where), where)
    return Entry(
        region=region,
        region_name=text_member(named, "cname", where) or None if "cname" in named else None,
        indicator=code,
        # `cname` is the full name, `name` the short one.
        name=text_member(indicator, "cname", of_indicator),
        unit=text_member(indicator, "unit", of_indicator),
        time_code=time,
        period=period(time, where),
        value=value,
        unrounded=unrounded,
        place=f"row {row}",
    )


def _figure(data: Json, where: str) -> tuple[str | None, str | None]:
    """The published figure and the unrounded one; nothing where the node is a placeholder (its 0 is none)."""
    if member(data, "hasdata", where) is not True:
        return None, None
    published, unrounded = figure_member(data, "strdata", where), figure_member(data, "data", where)
    for problem in _disagreement(published, unrounded):
        raise BadInput.one(where, problem, "the unrounded figure, rounded", AGAIN)
    return published, unrounded


def _disagreement(published: str, unrounded: str) -> Iterator[str]:
    # Not every text that Decimal takes is a figure: NaN and Infinity are none, 1e999999999 is of no use.
    if not (DECIMAL.fullmatch(published) and DECIMAL.fullmatch(unrounded)):
        yield f"strdata {published!r:.60} beside data {unrounded!r:.60}"
        return
    shown, exact = Decimal(published), Decimal(unrounded)
    half_a_digit = Decimal(5).scaleb(int(shown.as_tuple().exponent) - 1)
    if abs(shown - exact) > half_a_digit * Decimal("1.000001"):
        yield f"strdata {published} beside data {unrounded}"
