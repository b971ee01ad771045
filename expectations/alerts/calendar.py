"""When people may be told: quiet hours, and the working days of mainland China with its public holidays.

Holidays and the weekend days worked in exchange come from ``chinesecalendar``, which carries the yearly
notices of the State Council. A year it does not know yet is Monday to Friday; ``is_certain`` says so.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar import is_workday  # type: ignore[import-untyped]

from expectations.alerts.routes import Routes

OPENS, CLOSES = time(9, 0), time(17, 30)
FRIDAY = 4


def is_certain(day: date) -> bool:
    """Whether the holidays of the day's year are known."""
    try:
        is_workday(day)
    except NotImplementedError:
        return False
    return True


def is_working_day(day: date) -> bool:
    """Whether people work on a day."""
    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return day.weekday() <= FRIDAY


def send_after(at: datetime, audience: str, severity: str, routes: Routes) -> datetime:
    """The first moment, not before ``at``, at which this audience may hear of something of this level.

    The night is quiet, and units and statisticians are left in peace on days off; what blocks a release
    reaches the engineers at once.
    """
    quiet = routes.quiet_hours
    if quiet is None:
        return at
    if severity in quiet.except_severities and audience in quiet.except_audiences:
        return at
    zone = ZoneInfo(routes.time_zone)
    local = at.astimezone(zone)
    if _is_quiet(local.time(), quiet.start, quiet.end):
        # Before midnight the night ends tomorrow.
        day = local.date() + timedelta(days=local.time() >= quiet.start > quiet.end)
        local = datetime.combine(day, quiet.end, zone)
    while not is_working_day(local.date()):
        local = datetime.combine(local.date() + timedelta(days=1), quiet.end, zone)
    return local.astimezone(at.tzinfo)


def working_hours_between(start: datetime, end: datetime, time_zone: str) -> float:
    """Hours of working days, 09:00–17:30 local time, between two moments."""
    zone = ZoneInfo(time_zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    hours, day = 0.0, first.date()
    while day <= last.date():
        if is_working_day(day):
            opens = max(first, datetime.combine(day, OPENS, zone))
            closes = min(last, datetime.combine(day, CLOSES, zone))
            hours += max(0.0, (closes - opens).total_seconds() / 3600)
        day += timedelta(days=1)
    return hours


def _is_quiet(at: time, start: time, end: time) -> bool:
    return start <= at < end if start <= end else at >= start or at < end
