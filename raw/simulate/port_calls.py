"""Simulated ship positions about Qingdao's two harbours, with the calls they are made of: the known truth.

A month has ships that call (some with a silence of hours at the berth), one that passes through, one that
stops too briefly, a tug that lives there and a ship of unknown type. Sentinels of AIS are strewn in. Days
before 2024 come as zipped CSV of the legacy layout, later ones as Zstandard of ``csv2``. The same seed gives
the same bytes.
"""

from __future__ import annotations

import calendar
import csv
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

import zstandard

from raw.readers.ais_csv import NAMES
from raw.replica.clock import CHINA

CSV2_SINCE = date(2024, 1, 1)
# A berth well inside each harbour's geofence, and the way to the open sea from there (longitude, latitude).
BERTHS = {"QIANWAN": (120.21, 36.01), "DONGJIAKOU": (119.78, 35.59)}
OFFING = (120.60, 35.70)
CALLING_SHIPS = 18
LONGEST_SILENCE = timedelta(hours=5)
TUG, CARGO, TANKER = "52", "70", "80"


@dataclass(frozen=True)
class Call:
    """One call that was simulated: at rest at a berth from ``arrived`` to ``left`` (UTC)."""

    mmsi: str
    harbour: str
    arrived: datetime
    left: datetime
    vessel_type: str


@dataclass(frozen=True)
class Position:
    """One report of a ship: where, when (UTC), how fast (knots), and the cells of its static data."""

    mmsi: str
    moment: datetime
    longitude: float
    latitude: float
    speed: float
    ship: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Month:
    """What was simulated of one month."""

    calls: tuple[Call, ...]
    positions: tuple[Position, ...]


@cache
def simulated(month: str, seed: int) -> Month:
    """The calls and positions of a month as China counts it (``2024-01``)."""
    chance = random.Random(f"{seed} {month}")  # noqa: S311 (to be repeated, not to be secret)
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year, number, 2, tzinfo=CHINA).astimezone(UTC)
    room = timedelta(days=calendar.monthrange(year, number)[1] - 5)
    calls: list[Call] = []
    positions: list[Position] = []
    for ship in range(CALLING_SHIPS):
        mmsi, kind = f"4139{ship:05d}", chance.choice([CARGO, CARGO, "79", TANKER])
        call = _call(chance, mmsi, kind, first, room)
        calls.append(call)
        positions += _voyage(chance, call, silent=ship % 4 == 0)
    calls.append(_call(chance, "413950000", "", first, room))  # a ship that does not say what it is
    positions += _voyage(chance, calls[-1], silent=False)
    positions += _others(chance, first, room)
    ordered = sorted(positions, key=lambda one: (one.moment, one.mmsi))
    return Month(tuple(calls), tuple(ordered))


def days(start: date, end: date, seed: int) -> Iterator[tuple[str, date]]:
    """Names and days of the files of the simulated days from ``start`` to ``end``, both included."""
    del seed  # every seed has a file for every day
    for number in range((end - start).days + 1):
        day = start + timedelta(days=number)
        yield file_name(day), day


def file_name(day: date) -> str:
    """Name of a day's file in the layout of its time."""
    return f"AIS_{day:%Y_%m_%d}.zip" if day < CSV2_SINCE else f"ais-{day}.csv.zst"


def rows(day: date, seed: int) -> list[dict[str, str]]:
    """The positions of one UTC day as cells by the names of the layout of that day."""
    generation = 0 if day < CSV2_SINCE else 1
    chance = random.Random(f"{seed} {day}")  # noqa: S311
    # The month in China begins on the evening before in UTC.
    months = {f"{moment:%Y-%m}" for moment in (day, day + timedelta(days=1))}
    positions = [one for month in sorted(months) for one in simulated(month, seed).positions]
    return [_cells(chance, one, generation) for one in positions if one.moment.date() == day]


def columns(day: date) -> list[str]:
    """The header of a day's layout, in its order: ``csv2`` has longitude before latitude."""
    names = list(NAMES)
    if day < CSV2_SINCE:
        return [NAMES[name][0] for name in names]
    place = names.index("LATITUDE")
    names[place : place + 2] = ["LONGITUDE", "LATITUDE"]
    return [NAMES[name][1] for name in names]


def as_csv(header: list[str], cells: list[dict[str, str]]) -> bytes:
    """The rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row[name] for name in header] for row in cells)
    return text.getvalue().encode()


def packed(content: bytes, day: date) -> bytes:
    """The CSV as its time packs it."""
    if day >= CSV2_SINCE:
        return zstandard.ZstdCompressor(level=3).compress(content)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as goes:
        goes.writestr(zipfile.ZipInfo(f"AIS_{day:%Y_%m_%d}.csv", (2000, 1, 1, 0, 0, 0)), content)
    return archive.getvalue()


# --- ships -----------------------------------------------------------------------------------------------


def _call(chance: random.Random, mmsi: str, kind: str, first: datetime, room: timedelta) -> Call:
    arrived = first + timedelta(minutes=chance.randrange(int(room.total_seconds() // 60)))
    stay = timedelta(minutes=30 * chance.randrange(12, 96))
    return Call(mmsi, chance.choice(sorted(BERTHS)), arrived, arrived + stay, kind)


def _voyage(chance: random.Random, call: Call, *, silent: bool) -> Iterator[Position]:
    """In from the sea, at the berth, out again; a silent ship is not heard for five hours in between."""
    ship = _static(chance, call.mmsi, call.vessel_type)
    yield from _sailing(chance, call, ship, call.arrived, inward=True)
    silence = call.arrived + timedelta(minutes=30)
    moment = call.arrived
    while moment <= call.left:
        if not (silent and silence < moment < silence + LONGEST_SILENCE and moment < call.left):
            yield _at(chance, call, ship, moment, speed=chance.choice([0.0, 0.0, 0.1, 0.2]))
        moment += timedelta(minutes=30)
    yield from _sailing(chance, call, ship, call.left, inward=False)


def _sailing(
    chance: random.Random, call: Call, ship: tuple[tuple[str, str], ...], turn: datetime, *, inward: bool
) -> Iterator[Position]:
    """Three hours between berth and open sea, a report every ten minutes, never at rest."""
    (berth_x, berth_y), (sea_x, sea_y) = BERTHS[call.harbour], OFFING
    for step in range(1, 19):
        share = step / 18
        moment = turn - timedelta(minutes=10 * step) if inward else turn + timedelta(minutes=10 * step)
        speed = round(chance.uniform(6, 14), 1)
        x, y = berth_x + (sea_x - berth_x) * share, berth_y + (sea_y - berth_y) * share
        yield Position(call.mmsi, moment, round(x, 5), round(y, 5), speed, ship)


def _at(
    chance: random.Random, call: Call, ship: tuple[tuple[str, str], ...], moment: datetime, speed: float
) -> Position:
    x, y = BERTHS[call.harbour]
    x, y = x + chance.uniform(-2e-4, 2e-4), y + chance.uniform(-2e-4, 2e-4)
    return Position(call.mmsi, moment, round(x, 5), round(y, 5), speed, ship)


def _others(chance: random.Random, first: datetime, room: timedelta) -> Iterator[Position]:
    """Ships that make no call: one passes, one stops for an hour, a tug is always there."""
    passing = _call(chance, "413960000", CARGO, first, room)
    ship = _static(chance, passing.mmsi, CARGO)
    yield from _sailing(chance, passing, ship, passing.arrived, inward=True)
    yield from _sailing(chance, passing, ship, passing.arrived, inward=False)
    brief = _call(chance, "413960001", CARGO, first, room)
    hour = Call(brief.mmsi, brief.harbour, brief.arrived, brief.arrived + timedelta(hours=1), CARGO)
    yield from _voyage(chance, hour, silent=False)
    # The whole month, so that there is no day without a position.
    start = first - timedelta(days=1)
    tug = Call("413960002", "QIANWAN", start, start + room + timedelta(days=5), TUG)
    ship = _static(chance, tug.mmsi, TUG)
    for number in range((room.days + 5) * 12):
        yield _at(chance, tug, ship, start + timedelta(hours=2 * number), speed=0.0)


def _static(chance: random.Random, mmsi: str, kind: str) -> tuple[tuple[str, str], ...]:
    """The static cells of a ship: with blanks, zeros and both ways to write an IMO number and a code."""
    imo = f"9{mmsi[-6:]}"
    cells = {
        "VESSEL_NAME": f"SIMULATED {mmsi[-5:]}",
        "IMO": chance.choice([f"IMO{imo}", imo, ""]),
        "CALL_SIGN": f"SIM{mmsi[-4:]}",
        "VESSEL_TYPE": chance.choice([kind, f"{kind}.0"]) if kind else "",
        "LENGTH": chance.choice(["229", "300.0", "0", ""]),
        "WIDTH": chance.choice(["32", "0", ""]),
        "DRAFT": chance.choice(["12.5", "0.0", ""]),
        "CARGO": kind,
        "TRANSCEIVER_CLASS": "A",
    }
    return tuple(cells.items())


def _cells(chance: random.Random, position: Position, generation: int) -> dict[str, str]:
    moored = position.speed < 1
    cells = {
        **dict(position.ship),
        "MMSI": position.mmsi,
        "BASE_DATE_TIME": position.moment.strftime(("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")[generation]),
        "LATITUDE": str(position.latitude),
        "LONGITUDE": str(position.longitude),
        "SOG": str(position.speed),
        "COG": chance.choice(["360.0", "57.3"]),
        "HEADING": chance.choice(["511", "511.0", "57"]),
        "STATUS": chance.choice(["5" if moored else "0", "15"]),
    }
    return {theirs[generation]: cells[ours] for ours, theirs in NAMES.items()}
