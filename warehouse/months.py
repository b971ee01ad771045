"""The two dates of every release: the month it is about, and the day up to which it knows."""

from __future__ import annotations

import calendar
import csv
import re
from datetime import date, timedelta

from raw.errors import BadInput
from warehouse.paths import dbt_project_dir

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def month_end(month: str) -> date:
    """Last day of ``YYYY-MM``; raises BadInput for anything else."""
    try:
        year, number = int(month[:4]), int(month[5:])
        if len(month) != 7 or month[4] != "-":
            raise ValueError(month)
        return date(year, number, calendar.monthrange(year, number)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise BadInput.one(
            "MONTH", repr(month), "a month such as 2022-12", "write the year, a hyphen and two digits"
        ) from None


def parse_as_of(text: str) -> date:
    """A date ``YYYY-MM-DD``; raises BadInput for anything else."""
    try:
        # fromisoformat also takes 20221231 and 2022-W52-6.
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput.one(
            "AS_OF", repr(text), "a date such as 2023-04-30", "write year-month-day with hyphens"
        ) from None


def last_full_month(as_of: date) -> str:
    """The last month that ended on or before ``as_of``: 2022-12-31 gives 2022-12, the day before 2022-11."""
    tomorrow = as_of + timedelta(days=1)
    last_day = tomorrow.replace(day=1) - timedelta(days=1)
    return f"{last_day:%Y-%m}"


def first_month() -> str:
    """The first month of the earliest plan, from the seed ``plans``: nothing is monitored before."""
    return f"{min(int(plan['first_year']) for plan in _plans()):04d}-01"


def first_adoption() -> date:
    """The day the earliest plan was adopted, from the seed ``plans``: before it nobody knew of a target."""
    return min(date.fromisoformat(plan["adopted_on"]) for plan in _plans())


def _plans() -> list[dict[str, str]]:
    with (dbt_project_dir() / "seeds" / "plan" / "plans.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check_pair(month: str, as_of: date) -> None:
    """A month can be released once it is over and a plan is adopted; nothing is known from the future."""
    if month_end(month) < month_end(first_month()):
        raise BadInput.one(
            "MONTH", month, f"a month from {first_month()} on, when the plan begins", "use a later month"
        )
    if as_of > date.today():
        raise BadInput.one(
            "AS_OF", as_of.isoformat(), f"a day up to today, {date.today()}", "use today's date"
        )
    if as_of < month_end(month):
        raise BadInput.one(
            "AS_OF",
            f"{as_of} before the end of the month {month}",
            f"a day from {month_end(month)} on",
            f"use AS_OF={month_end(month)} or later, or MONTH={last_full_month(as_of)}",
        )
    if as_of < first_adoption():
        raise BadInput.one(
            "AS_OF",
            f"{as_of}, when no plan was adopted",
            f"a day from {first_adoption()} on",
            f"use AS_OF={first_adoption()} or later",
        )
