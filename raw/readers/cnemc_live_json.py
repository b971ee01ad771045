"""Reader of the centre's live list of a city's stations, as ``/CityData/GetAQIDataPublishLive`` answers it.

A JSON array of objects, one a station. Numbers are text and a dash is missing; ``TimePoint`` is
``/Date(ms)/``, the milliseconds since 1970 in UTC, of the hour at which the means end: it is shown in Beijing
time. Ozone stands under the names it has in the wide file, not swapped as in the archive. Further fields are
left in the original.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.fetch import CHINA
from raw.readers import Rows

AGAIN = "ask the service again; if it stays, its answer is another one than was described"
TIME_POINT = re.compile(r"/Date\((-?\d{1,15})\)/", re.ASCII)
MISSING = ("", "—", "-", "_")
# Column of the contract → field of the service.
FIELDS = {
    "STATION": "StationCode",
    "AQI": "AQI",
    "PM2.5": "PM2_5",
    "PM2.5_24h": "PM2_5_24h",
    **{f"{name}{mean}": f"{name}{mean}" for name in ("PM10", "SO2", "NO2", "CO") for mean in ("", "_24h")},
    **{name: name for name in ("O3", "O3_24h", "O3_8h", "O3_8h_24h")},
    "PRIMARY_POLLUTANT": "PrimaryPollutant",
}


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """One record a station; raises ``BadInput`` for another answer, a missing field or an odd time."""
    stations = _stations(content, file_name)
    records: list[dict[str, str | None]] = []
    problems: list[Problem] = []
    for number, station in enumerate(stations, start=1):
        where = f"{file_name}, element {number}"
        missing = [field for field in ("TimePoint", *FIELDS.values()) if field not in station]
        moment = _moment(station.get("TimePoint"))
        odd = [name for name in FIELDS.values() if isinstance(station.get(name), bool | list | dict)]
        if missing:
            problems.append(Problem(where, f"no {', '.join(missing)}", "the fields of a station", AGAIN))
        elif moment is None:
            found = f"{station['TimePoint']!r:.60}"
            problems.append(
                Problem(f"{where}, TimePoint", found, "a full hour as in /Date(1641315600000)/", AGAIN)
            )
        elif odd:
            found = f"no text or number in {', '.join(odd)}"
            problems.append(Problem(where, found, "text or a number in every field", AGAIN))
        else:
            said = {ours: _cell(station[theirs]) for ours, theirs in FIELDS.items()}
            records.append({"DATE": moment.date().isoformat(), "HOUR": str(moment.hour), **said})
    if problems:
        raise BadInput(problems)
    return Rows(list(table.columns), records, [f"element {n}" for n in range(1, len(records) + 1)])


def _stations(content: bytes, file_name: str) -> list[dict[str, object]]:
    try:
        answer = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput.one(file_name, f"no JSON ({error})", "an array of stations", AGAIN) from error
    if not isinstance(answer, list) or not answer or not all(isinstance(one, dict) for one in answer):
        found = content.decode("utf-8-sig").strip()[:60]
        raise BadInput.one(file_name, found, "an array of stations", AGAIN)
    return answer


def _moment(printed: object) -> datetime | None:
    matched = TIME_POINT.fullmatch(printed) if isinstance(printed, str) else None
    if matched is None or int(matched[1]) % 3_600_000:
        return None
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(matched[1]))).astimezone(CHINA)
    except OverflowError:  # a day of no calendar
        return None


def _cell(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return None if text in MISSING else text
