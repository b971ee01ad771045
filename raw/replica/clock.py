"""The replica's clock: when a figure became known, and what was known at a moment.

A date known only to the month or the year counts as its last day, an unknown one as the day the figure was
retrieved; a day counts as its last second, because no source says at what hour it published. All moments are
in China Standard Time, the publishers' own.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone

from raw.readers import last_day_meant

CHINA = timezone(timedelta(hours=8), "CST")


def out_by(published: str, retrieved: str) -> datetime:
    """The last second of the day on which a source counts as published.

    ``published`` is ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or empty; ``retrieved`` is ``YYYY-MM-DD``.
    Raises ValueError for anything else.
    """
    return end_of(_last_day(published or retrieved))


def end_of(day: date) -> datetime:
    """The last second of a day in China."""
    return datetime.combine(day, time(23, 59, 59), CHINA)


def _last_day(text: str) -> date:
    day = last_day_meant(text)
    if day is None:
        raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    return day


def as_of_moment(text: str) -> datetime:
    """The moment an ``asOf`` asks about: a date means the whole day, a dateTime its second.

    SDMX-REST 2.2.0, data queries, parameter ``asOf`` (XML Schema dateTime; a plain date is accepted too).
    Without an offset the time is China's. Raises ValueError for anything else.
    """
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return end_of(date.fromisoformat(text))
    if not re.match(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", text):
        raise ValueError(f"{text!r} is neither YYYY-MM-DD nor YYYY-MM-DDThh:mm:ss")
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
