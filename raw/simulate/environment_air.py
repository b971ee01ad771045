"""Simulated station hours of Qingdao, in the wire layouts of the wide mirror and of the long archive.

What is simulated: the six pollutants at the stations of the list of 2022-02-13, with the seasons of the coast
(particles in winter, ozone in summer), missing hours, and the provisional spike that the monthly confirmation
removes. A month whose share of good days was published gets exactly that share, for city and district
(``raw/replica/published``); of the others a seasonal share is drawn. The same seed gives the same bytes. The
index is left empty, as the source itself does at times: computing it is what the models are for.
"""

from __future__ import annotations

import calendar
import csv
import io
import math
from datetime import date, timedelta
from functools import cache
from random import Random

from raw.readers.china_sites_csv import TYPES
from raw.readers.cnemc_archive_csv import COLUMNS, LEFT
from raw.replica.table import rows

CITY, DISTRICT = "CN-370200", "CN-370211"
WEST_COAST = frozenset({"1314A", "1965A", "1966A"})
MOVED_ON = date(2022, 1, 1)  # 1308A, 1309A and 1965A fall silent, their successors and 1966A begin
UNTIL_2021 = ("1307A", "1308A", "1309A", *(f"{n}A" for n in range(1310, 1316)), "1965A")
SINCE_2022 = ("1307A", *(f"{n}A" for n in range(1310, 1316)), "1966A", "3362A", "3642A", "3643A")
ELSEWHERE = tuple(f"{n}A" for n in range(1001, 1007))
# The order of the wide header: with stations that say nothing, and with the two that stand there twice.
HEADER = (
    *ELSEWHERE, *(f"{n}A" for n in range(1307, 1316)), "1961A", "1961A",
    *(f"{n}A" for n in range(1962, 1966)), "1966A", "1966A", "3362A", "3642A", "3643A",
)  # fmt: skip
# Share of good days in an ordinary month, January first: about what the city's bulletins say.
SEASONAL_SHARE = (0.77, 0.83, 0.87, 0.87, 0.84, 0.77, 0.87, 0.93, 0.9, 0.9, 0.83, 0.77)
OZONE_MONTHS = range(5, 10)
FIRST_MONTH_OF_2026 = "2026-03"  # the first under HJ 633-2026
SPIKE = ("1311A", 7, 10, "1210")  # station, day of the month, hour, SO2: seen at 1742A, removed later
POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "O3", "CO")

Series = dict[str, list[float | None]]


def _chance(seed: int, *about: object) -> Random:
    """Chance that is the same for the same seed and matter."""
    return Random("|".join(map(str, (seed, *about))))  # noqa: S311 (nothing here is secret)


def wide_rows(day: date, last_hour: int, seed: int, *, confirmed: bool) -> list[dict[str, str]]:
    """The rows of ``china_sites_<day>.csv`` up to an hour: ``date``, ``hour``, ``type``, a cell a station.

    ``confirmed``: as it stands once the month has been confirmed.
    """
    found: list[dict[str, str]] = []
    for hour in range(last_hour + 1):
        if _is_absent(day, hour, seed):
            continue
        said = {station: _cells(station, day, hour, seed, confirmed=confirmed) for station in active(day)}
        for kind in TYPES:
            cells = {station: said.get(station, {}).get(kind, "") for station in HEADER}
            found.append({"date": f"{day:%Y%m%d}", "hour": str(hour), "type": kind, **cells})
    return found


def archive_hour(day: date, hour: int, seed: int) -> str:
    """The text of the archive's file of one hour, with its swapped ozone columns, once all is confirmed."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*LEFT[:1], "stationcode", *LEFT[1:], *list(COLUMNS.values())[1:]])
    writer.writeheader()
    for station in active(day):
        cells = _cells(station, day, hour, seed, confirmed=True)
        row = {theirs: cells.get(ours, "") for ours, theirs in COLUMNS.items()}
        row |= {"timepoint": f"{day}T{hour:02}:00:00", "stationcode": station, "area": "青岛市"}
        writer.writerow(row)
    return text.getvalue()


def active(day: date) -> tuple[str, ...]:
    """The stations of which something is said on a day."""
    return (*ELSEWHERE, *(SINCE_2022 if day >= MOVED_ON else UNTIL_2021))


def _cells(station: str, day: date, hour: int, seed: int, *, confirmed: bool) -> dict[str, str]:
    """What is said of a station at an hour: the hour itself and the running means, as text."""
    past = [_hour_before(station, day, hour, back, seed) for back in range(24)]
    said: dict[str, str] = {}
    for name in POLLUTANTS:
        places = 1 if name == "CO" else 0
        series = [values[name] for values in past]
        said[name] = _text(series[0], places)
        highest = [value for value in series[: hour or 24] if value is not None]
        said[f"{name}_24h"] = (
            _text(max(highest, default=None), places) if name == "O3" else _text(_mean(series, 20), places)
        )
    ozone = [values["O3"] for values in past]
    said["O3_8h"] = _text(_mean(ozone[:8], 6), 0)
    runs = [_mean(ozone[back : back + 8], 6) for back in range(max(1, (hour or 24) - 7))]
    said["O3_8h_24h"] = _text(max((run for run in runs if run is not None), default=None), 0)
    if not confirmed and (station, day.day, hour) == SPIKE[:3]:
        said["SO2"] = SPIKE[3]
    return said


def _hour_before(station: str, day: date, hour: int, back: int, seed: int) -> dict[str, float | None]:
    """The values of the hour that ended ``back`` hours before: hour 0 is the 24th of the day before."""
    days, air_hour = divmod(hour - back - 1, 24)
    series = _station_day(station, day + timedelta(days=days), seed)
    return {name: series[name][air_hour] for name in POLLUTANTS}


@cache
def _station_day(station: str, day: date, seed: int) -> Series:
    """The 24 hourly means of a day, the hour ending at 1:00 first."""
    chance = _chance(seed, station, day)
    regional = _chance(seed, day).uniform(0.8, 1.12)
    winter = math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365.25)
    local = regional * chance.uniform(0.95, 1.05)
    is_bad = day in bad_days(DISTRICT if station in WEST_COAST else CITY, f"{day:%Y-%m}", seed)
    by_ozone = is_bad and day.month in OZONE_MONTHS
    fine = chance.uniform(97, 118) if is_bad and not by_ozone else (24 + 8 * winter) * local
    if day in between_days(f"{day:%Y-%m}", seed):
        fine = chance.uniform(64, 69)
    ozone = chance.uniform(182, 210) if by_ozone else (78 - 35 * winter) * local
    levels = {
        "PM2.5": fine,
        "PM10": fine * 1.6 + 10,
        "SO2": 7 + 3 * winter,
        "NO2": (22 + 8 * winter) * local,
        "CO": 0.55 + 0.2 * winter,
    }
    series: Series = {
        name: [
            level * (1 + 0.15 * math.sin(hour * math.pi / 12)) * chance.uniform(0.97, 1.03)
            for hour in range(24)
        ]
        for name, level in levels.items()
    }
    series["O3"] = [ozone * share for share in _ozone_shape()]
    _lose_some(series, day, chance, seed)
    return series


@cache
def _ozone_shape() -> list[float]:
    """The course of ozone over a day, its highest 8-hour mean being 1."""
    course = [0.25 + 0.75 * math.exp(-(((hour - 15) / 4.5) ** 2)) for hour in range(1, 25)]
    highest = max(sum(course[end - 8 : end]) / 8 for end in range(8, 25))
    return [value / highest for value in course]


def _lose_some(series: Series, day: date, chance: Random, seed: int) -> None:
    """Up to two hours of each pollutant are missing; on an invalid day seven hours of all."""
    lost_to_all = range(7, 14) if day in _invalid_days(f"{day:%Y-%m}", seed) else range(0)
    for values in series.values():
        for hour in (*lost_to_all, *chance.sample(range(24), chance.choice((0, 0, 0, 1, 2)))):
            values[hour] = None


def _is_absent(day: date, hour: int, seed: int) -> bool:
    """Whether the whole hour is absent from the file: one hour of one day in twelve."""
    return _chance(seed, "absent", day).randrange(24 * 12) == hour


@cache
def bad_days(area: str, month: str, seed: int) -> frozenset[date]:
    """The days of a month with an index above 100, in an area.

    The district's are the city's, and more or fewer where published shares ask for it.
    """
    days = [day for day in _days(month) if day not in _invalid_days(month, seed)]
    order = _chance(seed, "bad", month).sample(days, len(days))
    return frozenset(order[: _bad_count(area, month, len(days), seed)])


@cache
def between_days(month: str, seed: int) -> frozenset[date]:
    """Days that are good by the limits for particles of 2012 and bad by those of 2026 (75 and 60 µg/m³).

    Where the limits of 2026 are in force they take the place of bad days, or the share would not be kept.
    """
    bad = bad_days(CITY, month, seed) | bad_days(DISTRICT, month, seed)
    if month >= FIRST_MONTH_OF_2026:
        both = sorted(bad_days(CITY, month, seed) & bad_days(DISTRICT, month, seed))
        return frozenset(day for day in both[::2] if day.month not in OZONE_MONTHS)
    days = [day for day in _days(month) if day not in bad]
    return frozenset(_chance(seed, "between", month).sample(days, 2)) if len(days) > 2 else frozenset()


def _bad_count(area: str, month: str, valid: int, seed: int) -> int:
    share = published_share(area, month)
    if share is None:
        share = published_share(CITY, month)
    if share is None:
        drawn = SEASONAL_SHARE[int(month[5:]) - 1] + _chance(seed, "share", month).uniform(-0.06, 0.06)
        return valid - round(valid * min(drawn, 1.0))
    return valid - round(valid * float(share) / 100)


@cache
def _invalid_days(month: str, seed: int) -> frozenset[date]:
    """Days without enough hours: as many as the published share needs (93.1 % of April is 27 of 29)."""
    days = _days(month)
    shares = [share for area in (CITY, DISTRICT) if (share := published_share(area, month))]
    for lost in range(len(days)):
        if all(_is_share_of(share, len(days) - lost) for share in shares):
            return frozenset(_chance(seed, "invalid", month).sample(days[1:-1], lost))
    raise ValueError(f"no number of days of {month} gives the published shares {', '.join(shares)}")


def _is_share_of(share: str, valid: int) -> bool:
    places = len(share.partition(".")[2])
    return any(f"{100 * good / valid:.{places}f}" == share for good in range(valid + 1))


@cache
def published_share(area: str, month: str) -> str | None:
    """The share of good days that was published of a month, as printed, in per cent."""
    wanted = ("M", area, "AQI_GOOD_DAYS_RATIO", "LEVEL", month)
    for row in rows("observations"):
        if tuple(row[name] for name in ("FREQ", "REF_AREA", "INDICATOR", "MEASURE", "TIME_PERIOD")) == wanted:
            return row["OBS_VALUE"]
    return None


def _days(month: str) -> list[date]:
    year, number = int(month[:4]), int(month[5:])
    return [date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]


def _mean(values: list[float | None], least: int) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if len(present) >= least else None


def _text(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"
