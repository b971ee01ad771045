"""Reader of a scrape of a city's live page: a row a station and hour, keyed by the station's NAME.

Header ``Date,Hour,WatchPoint,AQI,Level,PrimaryPollution,PM2.5,…``. ``NaN`` and an empty cell are missing; two
primary pollutants stand on several lines of one quoted cell, among blanks; rows repeat word for word where
the page was read twice in an hour.
"""

from __future__ import annotations

import re

from raw.errors import BadInput
from raw.feed import Table
from raw.readers import Rows
from raw.readers import csv as plain

MISSING = ("", "NaN")
NAMES = {
    "Date": "DATE",
    "Hour": "HOUR",
    "WatchPoint": "WATCH_POINT",
    "Level": "LEVEL",
    "PrimaryPollution": "PRIMARY_POLLUTANT",
}


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """One record a row, a row that repeats word for word once; raises ``BadInput`` for another header."""
    found = plain.read(content, table, file_name)
    columns = [NAMES.get(name, name) for name in found.columns]
    if columns != list(table.columns):
        raise BadInput.one(
            f"{file_name}, header",
            ", ".join(found.columns),
            "Date, Hour, WatchPoint, AQI, …",
            "is it this layout?",
        )
    records: list[dict[str, str | None]] = []
    places: list[str] = []
    seen: set[tuple[str | None, ...]] = set()
    for record, place in zip(found.records, found.places, strict=True):
        row = {NAMES.get(name, name): _cell(name, text) for name, text in record.items()}
        if tuple(row.values()) not in seen:
            seen.add(tuple(row.values()))
            records.append(row)
            places.append(place)
    return Rows(columns, records, places)


def _cell(column: str, text: str | None) -> str | None:
    if text is None or text in MISSING:
        return None
    if column == "Date":
        return re.sub(r"(\d{4})(\d{2})(\d{2})", r"\1-\2-\3", text)
    return ",".join(text.split()) if column == "PrimaryPollution" else text
