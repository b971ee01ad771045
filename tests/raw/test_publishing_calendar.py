"""When a feed is expected to speak of a month, and whether it did."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from raw.errors import BadInput
from raw.feed import Feed, declared_feeds, find_feed, load_feed
from raw.land import Vintage
from raw.publishing_calendar import calendar, expected, lateness, timeliness

REPORTS = find_feed("environment_reports")
# Customs as described: flash totals on the 7th, January and February together in March, December late in January.
CUSTOMS = {
    "exceptions": [
        {"months": [1], "published": False, "because": "一、二月合并公布"},
        {"months": [2], "expected_day": 9, "because": "一、二月合并公布"},
        {"months": [12], "expected_day": 31, "late_after_days": 60, "because": "年度数据"},
    ]
}


def scheduled(**changes: object) -> Feed:
    schedule = REPORTS.schedule.model_dump() | {"expected_day": 7, "late_after_days": 3} | changes
    return Feed.model_validate(REPORTS.model_dump() | {"schedule": schedule})


def days(feed: Feed, month: str) -> tuple[str, str] | None:
    due = expected(feed, month)
    return (due.day.isoformat(), due.late_after.isoformat()) if due else None


def test_todays_schedule_keys_stay_enough() -> None:
    for feed in declared_feeds():
        assert expected(feed, "2022-06") is not None


def test_a_month_is_expected_in_the_month_after_it() -> None:
    assert days(scheduled(), "2022-06") == ("2022-07-07", "2022-07-10")
    assert days(scheduled(months_after=2), "2022-11") == ("2023-01-07", "2023-01-10")


def test_nothing_is_expected_about_a_january_that_is_never_published() -> None:
    assert days(scheduled(**CUSTOMS), "2022-01") is None
    assert days(scheduled(**CUSTOMS), "2022-02") == ("2022-03-09", "2022-03-12")


def test_the_annual_table_may_come_at_the_end_of_january_or_in_march() -> None:
    assert days(scheduled(**CUSTOMS), "2024-12") == ("2025-01-31", "2025-04-01")


def test_a_quarterly_feed_speaks_of_quarter_months_only() -> None:
    others = {"months": [1, 2, 4, 5, 7, 8, 10, 11], "published": False, "because": "季度数据"}
    feed = scheduled(exceptions=[others], expected_day=17)
    assert [month for month in range(1, 13) if expected(feed, f"2022-{month:02d}")] == [3, 6, 9, 12]


def test_the_31st_of_a_short_month_is_its_last_day() -> None:
    assert days(scheduled(expected_day=31), "2024-01") == ("2024-02-29", "2024-03-03")


def test_a_weekend_is_moved_to_the_monday_after_it_where_the_feed_says_so() -> None:
    assert date(2022, 8, 7).strftime("%A") == "Sunday"
    assert days(scheduled(), "2022-07") == ("2022-08-07", "2022-08-10")
    assert days(scheduled(shift_to_working_day=True), "2022-07") == ("2022-08-08", "2022-08-11")


def test_a_month_is_not_due_then_missing_then_late() -> None:
    feed = scheduled()
    assert lateness(feed, "2022-06", date(2022, 7, 10)) == "not_due"
    assert lateness(feed, "2022-06", date(2022, 7, 11)) == "missing"
    assert lateness(feed, "2022-06", date(2022, 7, 20), date(2022, 7, 10)) == "on_time"
    assert lateness(feed, "2022-06", date(2022, 7, 20), date(2022, 7, 11)) == "late"
    assert lateness(scheduled(**CUSTOMS), "2022-01", date(2022, 7, 20)) is None


def vintage(day: str, month: str) -> Vintage:
    manifest = {"facts": {"月份": month}, "row_count": 2}
    return Vintage("environment_reports", "air", Path(), date.fromisoformat(day), 1, "编号=S1", manifest)


def test_what_came_with_the_first_pull_is_not_called_late() -> None:
    known = [
        vintage("2022-06-01", "2022-01"),
        vintage("2022-06-01", "2022-04"),
        vintage("2022-06-20", "2022-05"),
    ]
    seen = {one.reference_month: one for one in timeliness(scheduled(), "air", known, date(2022, 7, 8))}
    assert len(seen) == 13
    assert seen["2022-01"].state == seen["2022-04"].state == "backfilled"
    assert (seen["2022-05"].state, seen["2022-05"].late_days) == ("late", 13)
    assert seen["2022-03"].state == "missing"
    assert seen["2022-06"].state == "not_due"


def test_the_calendar_tells_ten_years_of_months_that_are_published() -> None:
    told = dict(calendar(scheduled(**CUSTOMS), date(2022, 7, 8)))
    assert min(told) > "2012-06"
    assert max(told) == "2022-06"
    assert not [month for month in told if month.endswith("-01")], "nothing is ever said about January alone"
    assert len(dict(calendar(scheduled(), date(2022, 7, 8)))) == 120


def test_a_part_of_a_file_that_nobody_promised_has_no_calendar() -> None:
    returns = find_feed("unit_returns")
    told = {name: len(list(timeliness(returns, name, [], date(2022, 7, 8)))) for name in returns.tables}
    assert told == {"returns": 13, "project_milestones": 0, "superior_assignments": 0}


def test_a_file_of_the_year_speaks_of_each_month_it_runs_through() -> None:
    feed = find_feed("customs_declarations")
    first, second = (
        Vintage(
            "customs_declarations", "lines", Path(), date.fromisoformat(day), 1, "PERIOD=2024",
            {"facts": {"PERIOD": "2024", "LAST_MONTH": last}, "row_count": 9},
        )
        for day, last in (("2024-03-20", "2024-02"), ("2024-04-21", "2024-03"))
    )  # fmt: skip
    seen = {one.reference_month: one for one in timeliness(feed, "lines", [first, second], date(2025, 2, 28))}
    assert seen["2024-02"].first_landed == date(2024, 3, 20)
    assert (seen["2024-03"].first_landed, seen["2024-03"].state) == (date(2024, 4, 21), "on_time")
    assert seen["2024-04"].state == seen["2024-12"].state == "missing", "December has not come with March"


def test_a_month_of_days_has_come_when_its_end_has() -> None:
    feed = find_feed("environment_air")
    known = [
        Vintage(
            "environment_air", "station_hours", Path(), date(2024, 4, 12), 1, f"DATE={day}", {"row_count": 24}
        )
        for day in ("2024-02-29", "2024-03-01", "2024-03-24")
    ]
    seen = {one.reference_month: one for one in timeliness(feed, "station_hours", known, date(2024, 4, 30))}
    assert seen["2024-02"].first_landed == date(2024, 4, 12)
    assert seen["2024-03"].state == "missing", "it ends on the 24th"


def test_only_what_somebody_promised_is_missed() -> None:
    today = date(2026, 6, 30)
    assert not list(timeliness(find_feed("environment_air"), "city_months", [], today))
    nbs = find_feed("bureau_nbs")
    months = {name: [one.reference_month for one in timeliness(nbs, name, [], today)] for name in nbs.tables}
    assert max(months["history"]) == "2026-02" and min(months["observations"]) == "2026-03"
    assert not set(months["history"]) & set(months["observations"])


@pytest.mark.parametrize(
    ("exception", "said"),
    [
        ({"months": [13], "published": False}, "different months as numbers from 1"),
        ({"months": [1]}, "`published: false`, or the day that is otherwise"),
        ({"months": [1], "published": False, "expected_day": 3}, "no day at all with `published: false`"),
        ({"months": [1], "publishd": False}, "did you mean 'published'?"),
    ],
)
def test_a_wrong_exception_is_told_with_its_place(
    exception: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"key schedule\.exceptions") as refused:
        load_feed(_feed_file(tmp_path, [{"because": "x", **exception}]))
    assert said in str(refused.value)


def test_a_month_in_two_exceptions_is_refused(tmp_path: Path) -> None:
    one = {"months": [1], "published": False, "because": "x"}
    with pytest.raises(BadInput, match="every month in one of `exceptions` only; 1 is in two"):
        load_feed(_feed_file(tmp_path, [one, one]))


def _feed_file(folder: Path, exceptions: list[dict[str, object]]) -> Path:
    source = Path(__file__).parents[2] / "raw/feeds/environment_reports.yml"
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    content["schedule"]["exceptions"] = exceptions
    path = folder / "environment_reports.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_every_declared_table_tells_its_months_or_is_promised_to_nobody() -> None:
    for feed in declared_feeds():
        for name, table in feed.tables.items():
            told = table.calendar == "none" or table.month_column is not None
            assert told, f"{feed.feed}.{name} can never be late: `calendar` names its column, or is none"


@pytest.mark.parametrize("key", ["column", "through"])
def test_a_calendar_of_an_undeclared_column_is_refused(key: str, tmp_path: Path) -> None:
    path = _feed_file(tmp_path, [])
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["tables"]["air"]["calendar"] = {key: "DAY"}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(BadInput, match="`calendar` to name declared columns; 'DAY' is not one"):
        load_feed(path)
