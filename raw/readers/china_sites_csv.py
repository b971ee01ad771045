"""Reader of the wide daily file ``china_sites_YYYYMMDD.csv``: a row a type and hour, a column a station.

Header ``date,hour,type,1001A,1002A,…``; fifteen types an hour; an empty cell is missing. It is turned to one
row a station and hour. Stations come and go, so a column is known by its name only; a name that stands twice
(seen: 1961A, 1966A) counts once where its cells are the same.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows

KEY = ["date", "hour", "type"]
STATION = re.compile(r"\d{4}[A-Z]", re.ASCII)
DAY_IN_NAME = re.compile(r"(?<!\d)(\d{8})(?!\d)", re.ASCII)
TYPES = (
    "AQI", "PM2.5", "PM2.5_24h", "PM10", "PM10_24h", "SO2", "SO2_24h", "NO2", "NO2_24h",
    "O3", "O3_24h", "O3_8h", "O3_8h_24h", "CO", "CO_24h",
)  # fmt: skip
AGAIN = "pull again; if it stays so, tell the publisher"
# One hour as it stands in the file: the number of its first row, and the cells of each type.
Hour = tuple[int, dict[str, list[str]]]


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Melt the file to one record a station and hour; a station of which nothing is said has none.

    Places name the column and the first row of the hour ("column 1314A, row 121"). Raises ``BadInput`` for
    another layout, another day than the name says, an hour without all types, and a repeated station whose
    columns differ.
    """
    header, rows = _lines(content, file_name)
    stations = _stations(header, rows, file_name)
    day = _day(rows, file_name)
    hours = _hours(rows, file_name)
    records: list[dict[str, str | None]] = []
    places: list[str] = []
    for hour, (first_row, cells) in hours.items():
        for station, position in stations.items():
            said = {name: cells[name][position] or None for name in TYPES}
            if any(said.values()):
                records.append({"DATE": day, "HOUR": hour, "STATION": station, **said})
                places.append(f"column {station}, row {first_row}")
    return Rows(list(table.columns), records, places)


def _lines(content: bytes, file_name: str) -> tuple[list[str], list[list[str]]]:
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput.one(file_name, f"{error}", "comma-separated text in UTF-8", AGAIN) from error
    if not lines or lines[0][:3] != KEY:
        found = ",".join(lines[0][:4])[:80] if lines else "nothing"
        raise BadInput.one(
            f"{file_name}, header",
            repr(found),
            "date,hour,type, then stations",
            "is it the file that was asked for?",
        )
    if not text.endswith("\n"):
        raise BadInput.one(file_name, "a last line without its end", "whole lines: it looks cut off", AGAIN)
    header, *rows = lines
    problems = [
        Problem(f"{file_name}, row {number}", f"{len(row)} cells", f"{len(header)}, as in the header", AGAIN)
        for number, row in enumerate(rows, start=1)
        if len(row) != len(header)
    ]
    if problems or not rows:
        raise BadInput(problems or [Problem(file_name, "no rows", "at least one hour", AGAIN)])
    return header, rows


def _stations(header: list[str], rows: list[list[str]], file_name: str) -> dict[str, int]:
    """Position of each station among the cells after the key; of equal columns the first."""
    problems: list[Problem] = []
    positions: dict[str, int] = {}
    for position, name in enumerate(header[3:]):
        where = f"{file_name}, header, column {position + 4}"
        if not STATION.fullmatch(name):
            problems.append(
                Problem(where, repr(name), "a station code as in 1314A", "ask the publisher what it is")
            )
        elif name in positions:
            problems += _differences(name, positions[name], position, rows, where)
        positions.setdefault(name, position)
    if problems:
        raise BadInput(problems)
    return positions


def _differences(name: str, first: int, second: int, rows: list[list[str]], where: str) -> Iterator[Problem]:
    for number, row in enumerate(rows, start=1):
        if row[first + 3] != row[second + 3]:
            yield Problem(
                where=f"{where}, row {number}",
                found=f"station {name} a second time, with {row[second + 3]!r} beside {row[first + 3]!r}",
                expected="the same in both columns of a station",
                remedy="ask the publisher which of the two it is",
            )
            return


def _day(rows: list[list[str]], file_name: str) -> str:
    """The one day of the file, ISO; it must be the one its name says, where it says one."""
    days = sorted({row[0] for row in rows})
    named = DAY_IN_NAME.search(file_name)
    if len(days) != 1 or not re.fullmatch(r"\d{8}", days[0], re.ASCII):
        raise BadInput.one(f"{file_name}, column date", ", ".join(days[:5]), "one day as in 20220104", AGAIN)
    if named and named[1] != days[0]:
        raise BadInput.one(
            f"{file_name}, column date",
            days[0],
            f"{named[1]}, as its name says",
            "download the right day again",
        )
    return f"{days[0][:4]}-{days[0][4:6]}-{days[0][6:]}"


def _hours(rows: list[list[str]], file_name: str) -> dict[str, Hour]:
    """The hours of the file, each with every type exactly once."""
    hours: dict[str, Hour] = {}
    problems: list[Problem] = []
    for number, (_, hour, kind, *cells) in enumerate(rows, start=1):
        _, by_type = hours.setdefault(hour, (number, {}))
        if kind in by_type or kind not in TYPES:
            problem = "a second time" if kind in by_type else "which is no known type"
            problems.append(
                Problem(
                    f"{file_name}, row {number}",
                    f"{kind!r} of hour {hour} {problem}",
                    f"each of {', '.join(TYPES)} once an hour",
                    AGAIN,
                )
            )
        by_type[kind] = cells
    for hour, (number, by_type) in hours.items():
        missing = [name for name in TYPES if name not in by_type]
        if missing:
            found = f"hour {hour} without {', '.join(missing)}"
            problems.append(
                Problem(f"{file_name}, row {number}", found, "all types of an hour: it looks cut off", AGAIN)
            )
    if problems:
        raise BadInput(problems)
    return hours
