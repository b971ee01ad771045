"""Reader of the list of monitoring stations that goes with the mirror: ``站点列表-2022.02.13起.csv``.

Header ``监测点编码,监测点名称,城市,经度,纬度,对照点``. A coordinate nobody knows is ``-`` or empty.
The day a station was closed or opened stands in its name, with two digits of the year or four, and has a
column of its own here: ``市监测中心(停运150702)``, ``武警支队(启用161031)``, ``耿井村(停运20201117)``.
Coordinates stay as listed, also the wrong ones: a dbt test tells those that lie far from their city.
"""

from __future__ import annotations

import re
from datetime import date

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows
from raw.readers import csv as plain

HEADER = ["监测点编码", "监测点名称", "城市", "经度", "纬度", "对照点"]
UNKNOWN = ("", "-")
CLOSED, OPENED = "停运", "启用"
NOTED = re.compile(rf"(?P<name>.+)[(（](?P<word>{CLOSED}|{OPENED})(?P<day>(20)?\d{{6}})[)）]", re.ASCII)


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """One record a station, by the names of the contract.

    Raises ``BadInput`` for another header, and for a name that says closed or opened without a day.
    """
    found = plain.read(content, table, file_name)
    if found.columns != HEADER:
        raise BadInput.one(
            f"{file_name}, header", ", ".join(found.columns), ", ".join(HEADER), "is it this list?"
        )
    records: list[dict[str, str | None]] = []
    problems: list[Problem] = []
    for record, place in zip(found.records, found.places, strict=True):
        code, printed, city, longitude, latitude, background = (record[name] for name in HEADER)
        name, opened, closed = _named(printed or "")
        if any(word in name for word in (CLOSED, OPENED)):
            where = f"{file_name}, {place}, column 监测点名称"
            problems.append(
                Problem(where, repr(printed), "a day as in (停运150702)", "look up the day and correct it")
            )
        records.append(
            {
                "STATION": code,
                "NAME": name or None,
                "CITY": city,
                "LONGITUDE": _known(longitude),
                "LATITUDE": _known(latitude),
                "IS_BACKGROUND": background,
                "OPENED_ON": opened,
                "CLOSED_ON": closed,
            }
        )
    if problems:
        raise BadInput(problems)
    return Rows(list(table.columns), records, found.places)


def _known(cell: str | None) -> str | None:
    return None if cell is None or cell.strip() in UNKNOWN else cell


def _named(printed: str) -> tuple[str, str | None, str | None]:
    """Name, day opened and day closed; a name whose note is no day stays whole."""
    matched = NOTED.fullmatch(printed)
    if matched is None:
        return printed, None, None
    try:
        day = date.fromisoformat(f"20{matched['day'][-6:]}").isoformat()
    except ValueError:
        return printed, None, None
    return matched["name"], *((None, day) if matched["word"] == CLOSED else (day, None))
