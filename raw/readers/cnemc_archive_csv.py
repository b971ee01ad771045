"""Reader of the long hourly archive ``YYYY-MM-DDTHH.csv``: a row a station, all of one hour.

Two pairs of columns are swapped in the source (its own README says so) and put back here: ``o3_24h`` holds
the latest hour and ``o3`` the highest of the day so far, ``o3_8h_24h`` the running 8-hour mean and ``o3_8h``
the highest of the day so far. An empty cell is missing; ``primarypollutant`` is a quoted list.
"""

from __future__ import annotations

import re

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows
from raw.readers import csv as plain

TIMEPOINT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}):00:00", re.ASCII)
HOUR_IN_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2})(?!\d)", re.ASCII)
# Column of the contract → column of the archive.
COLUMNS = {
    "STATION": "stationcode",
    "AQI": "aqi",
    "PM2.5": "pm2_5",
    "PM2.5_24h": "pm2_5_24h",
    "PM10": "pm10",
    "PM10_24h": "pm10_24h",
    "SO2": "so2",
    "SO2_24h": "so2_24h",
    "NO2": "no2",
    "NO2_24h": "no2_24h",
    "O3": "o3_24h",
    "O3_24h": "o3",
    "O3_8h": "o3_8h_24h",
    "O3_8h_24h": "o3_8h",
    "CO": "co",
    "CO_24h": "co_24h",
    "PRIMARY_POLLUTANT": "primarypollutant",
}
# What stands there too and is kept in the original only: the station list says it better.
LEFT = ("timepoint", "longitude", "latitude", "area", "positionname")


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """One record a row, by the names of the contract.

    Raises ``BadInput`` for another header, a time that is no full hour, or not the hour of the file's name.
    """
    rows = plain.read(content, table, file_name)
    expected = {*COLUMNS.values(), *LEFT}
    if set(rows.columns) != expected:
        odd = sorted(set(rows.columns) ^ expected)
        raise BadInput.one(
            f"{file_name}, header",
            f"{', '.join(odd)} missing or unknown",
            f"the columns {', '.join(sorted(expected))}",
            "ask the keeper of the archive; the swapped ozone columns may have been mended with it",
        )
    timed = [(TIMEPOINT.fullmatch(record["timepoint"] or ""), record) for record in rows.records]
    named = HOUR_IN_NAME.search(file_name)
    problems = [
        Problem(
            f"{file_name}, {place}, column timepoint",
            repr(record["timepoint"]),
            f"{named[1]}:00:00, as its name says"
            if matched and named
            else "a full hour as in 2022-01-05T01:00:00",
            "download the right hour again" if matched else "ask the keeper of the archive",
        )
        for place, (matched, record) in zip(rows.places, timed, strict=True)
        if not matched or (named and not matched[0].startswith(named[1]))
    ]
    if problems:
        raise BadInput(problems)
    records: list[dict[str, str | None]] = [
        {
            "DATE": matched[1],
            "HOUR": str(int(matched[2])),
            **{ours: record[theirs] for ours, theirs in COLUMNS.items()},
        }
        for matched, record in timed
        if matched
    ]
    return Rows(list(table.columns), records, rows.places)
