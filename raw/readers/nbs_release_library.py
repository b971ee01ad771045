"""Reader of the release library of the National Bureau of Statistics: JSON of ``stream/esData``.

Layout (two bodies captured in 2026): ``data`` holds one entry for each period, the newest first, with one
value for each indicator and region. There is no rounded and unrounded figure: what is sent is published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from raw.errors import BadInput, Problem
from raw.nbs import (
    AGAIN,
    LIBRARY,
    Entry,
    Json,
    Reply,
    database_problems,
    figure_member,
    json_of,
    list_member,
    listed,
    member,
    published_rows,
    shown,
    text_member,
)

if TYPE_CHECKING:
    from raw.feed import Table
    from raw.readers import Rows

# 202602MM a month, 202404SS the fourth quarter (an ordinal, not a month), 2024YY a year.
_TIME_CODE = re.compile(r"(\d{4})(?:(0[1-9]|1[0-2])MM|0([1-4])SS|YY)", re.ASCII)
# "城镇居民人均可支配收入 (元) ": the unit stands in the name once more.
_UNIT_IN_NAME = re.compile(r"(.*\S)\s+\(([^()]*)\)")
# An unpublished figure is an empty text or this word, never a zero.
_PLACEHOLDERS = ("", "无")
_REGION = re.compile(r"(\d{6})0{6}", re.ASCII)


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read the published figures; raise ``BadInput`` for none, a refusal of the service or another layout."""
    return published_rows(reply(content, file_name), file_name)


def said_problems(content: bytes, facts: Mapping[str, str], file_name: str) -> Iterator[Problem]:
    """Where database or catalogue said beside a kept answer cannot be that of its figures (``catalogid``)."""
    yield from database_problems(reply(content, file_name), facts, LIBRARY, file_name)
    named = {
        value["catalogid"]
        for one in data_of(content, file_name)
        for value in member(one, "values", file_name)
        if value.get("catalogid")
    }
    if others := sorted(named - {facts["CATALOGUE_ID"]}):
        yield Problem(
            f"{file_name}, CATALOGUE_ID",
            facts["CATALOGUE_ID"],
            f"{', '.join(others)}, the catalogid of its figures",
            "correct CATALOGUE_ID beside the file, or keep the answer of that catalogue",
        )


def reply(content: bytes, where: str) -> Reply:
    """The whole answer, placeholders included; raise ``BadInput`` for what is not one."""
    entries: list[Entry] = []
    periods: list[str] = []
    for one in data_of(content, where):
        code = text_member(one, "code", where)
        periods.append(period(code, where))
        for value in list_member(one, "values", f"{where}, {code}"):
            row = len(entries) + 1
            entries.append(_entry(value, code, f"{where}, {code}, row {row}", row))
    return Reply(entries, sorted(periods))


def data_of(content: bytes, where: str) -> list[Json]:
    """``data`` of an answer of the library that is a list; see :func:`message_of`."""
    return listed(message_of(content, where), f"{where}, data")


def message_of(content: bytes, where: str) -> Json:
    """``data`` of any answer of the library; raise ``BadInput`` where it says it did not succeed."""
    message = json_of(content, where)
    if member(message, "success", where) is not True:
        said = f"state {shown(message.get('state'))}: {shown(message.get('message'))}"
        raise BadInput.one(where, said, "success", "check catalogue, indicator and region asked")
    return member(message, "data", where)


def period(time_code: str, where: str) -> str:
    """The SDMX period of a time code: 202404SS is 2024-Q4."""
    matched = _TIME_CODE.fullmatch(time_code)
    if matched is None:
        raise BadInput.one(where, f"time code {time_code!r}", "one as in 202602MM, 202404SS or 2024YY", AGAIN)
    year, month, quarter = matched.groups()
    if quarter:
        return f"{year}-Q{quarter}"
    return f"{year}-{month}" if month else str(year)


def time_code(sdmx: str) -> str:
    """The time code of an SDMX period: 2024-Q4 is 202404SS."""
    year, _, part = sdmx.partition("-")
    if part.startswith("Q"):
        return f"{year}0{part[1]}SS"
    return f"{year}{part}MM" if part else f"{year}YY"


def name_and_unit(shown: str, unit: str, where: str) -> str:
    """The indicator's name without its unit, which must be the one that stands beside it."""
    matched = _UNIT_IN_NAME.fullmatch(shown.strip())
    if matched is None or not unit:
        return shown.strip()
    if matched[2] != unit:
        raise BadInput.one(where, f"{shown.strip()!r} in {unit}", f"one unit: {matched[2]} or {unit}", AGAIN)
    return matched[1]


def _entry(value: Json, code: str, where: str, row: int) -> Entry:
    said, area = figure_member(value, "value", where), text_member(value, "da", where)
    region = _REGION.fullmatch(area)
    if region is None:
        raise BadInput.one(where, f"region {area!r:.60}", "a code of six digits and six zeros", AGAIN)
    unit = text_member(value, "du_name", where)
    return Entry(
        region=region[1],
        region_name=text_member(value, "da_name", where) or None if "da_name" in value else None,
        indicator=text_member(value, "_id", where),
        name=name_and_unit(text_member(value, "i_showname", where), unit, where),
        unit=unit,
        time_code=code,
        period=period(code, where),
        value=None if said in _PLACEHOLDERS else said,
        unrounded=None,
        place=f"row {row}",
    )
