"""The simulated returns: repeatable, readable by the reader of real ones, late and corrected as returns are."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from raw import readers, returns
from raw.feed import find_feed
from raw.publishing_calendar import expected
from raw.simulate import unit_returns

FEED = find_feed("unit_returns")
PLAN = returns.load_plan()


@cache
def simulated(seed: int = 1) -> unit_returns._Simulated:
    return unit_returns._Simulated(PLAN, seed)


def test_the_same_seed_gives_the_same_files_and_another_gives_others(tmp_path: Path) -> None:
    written = {}
    for place, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / place).mkdir()
        unit_returns.drop(tmp_path / place, "2021-02", seed)
        written[place] = {path.name: path.read_bytes() for path in (tmp_path / place).iterdir()}
    assert written["a"]
    assert written["a"] == written["b"]
    assert written["a"] != written["c"]


def test_what_was_dropped_stays_and_later_months_are_added(tmp_path: Path) -> None:
    unit_returns.drop(tmp_path, "2021-01", 1)
    first = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    unit_returns.drop(tmp_path, "2021-02", 1)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert {name: after[name] for name in first} == first
    assert len(after) > len(first)


@pytest.mark.parametrize("month", ["2021-05", "2021-12", "2025-12"])
def test_every_workbook_is_one_the_reader_accepts(month: str) -> None:
    made = [one for one in simulated().returns_up_to(month) if one.month == month]
    assert made
    found: Counter[str] = Counter()
    for one in made:
        content = simulated().workbook(one)
        for name, table in FEED.tables.items():
            rows = readers.read(table.format, content, table, one.name)
            if not rows.is_absent:
                readers.check_rows(rows, table, one.name)
                assert rows.not_before == one.reported_on
                found[name] += len(rows.records)
                assert {record["REPORTER"] for record in rows.records} == {unit_returns.REPORTER}
    assert found["returns"] > 0
    if month.endswith("-12"):
        assert found["project_milestones"] > 100
        assert found["superior_assignments"] == 2, (
            "a year and the whole period, of the first assigned indicator"
        )


def test_no_unit_covers_more_than_all_or_half_reaches_a_milestone() -> None:
    kinds = {code: target.kind for code, target in simulated()._targets.items()}
    figures: dict[str, set[float]] = {}
    for made in simulated().returns_up_to("2025-12"):
        for row in simulated()._answers(made):
            if row.get("VALUE"):
                figures.setdefault(kinds[row["INDICATOR_CODE"]], set()).add(float(row["VALUE"]))
    assert min(figures["coverage"]) >= 0
    assert max(figures["coverage"]) == 100
    assert figures["milestone"] <= {0, 1}
    assert all(figure >= 0 and figure == int(figure) for figure in figures["threshold_count"])


def test_whole_things_are_returned_whole_and_never_below_none() -> None:
    """A count of clusters is no 0.99 and no −0.01; a school is built or not; yearly schools add up to all."""
    made = [one for one in simulated().returns_up_to("2025-12") if one.month.endswith("-12")]
    counted = {code for code, target in simulated()._targets.items() if target.is_counted}
    assert {"T015", "T022", "T042", "T056"} <= counted, "clusters, milestones, schools and places in them"
    assert not {"20", "T037", "T043", "T012"} & counted, "of ten thousands there are parts, and of minutes"
    values = [
        row["VALUE"]
        for one in made
        for row in simulated()._answers(one)
        if row["INDICATOR_CODE"] in counted and "VALUE" in row
    ]
    assert len(values) > 50
    assert [value for value in values if not value.isdecimal()] == []


def test_rates_of_growth_say_their_prices() -> None:
    made = [one for one in simulated().returns_up_to("2022-12") if one.unit.unit_id == "fgj"]
    found = {
        (row["INDICATOR_CODE"], row.get("PRICE_BASIS"))
        for one in made
        for row in simulated()._answers(one)
        if row["INDICATOR_CODE"] in {"01", "13", "19"} and "VALUE" in row
    }
    assert found == {("01", "real"), ("13", None), ("19", "real")}


def test_some_returns_are_late_some_never_come_and_some_are_corrected() -> None:
    made = list(simulated().returns_up_to("2025-12"))
    first = {(one.unit.unit_id, one.month): one.reported_on for one in made if not one.is_correction}
    asked = [(unit.unit_id, month) for unit in PLAN.units for month in simulated()._months(unit)]

    def is_late(month: str, day: date) -> bool:
        due = expected(FEED, month)
        return due is not None and day > due.late_after

    late = sum(is_late(month, day) for (_, month), day in first.items())
    missing = len(asked) - len(first)
    corrected = [one for one in made if one.is_correction]
    assert len(asked) == 4 * 60 + 11 * 5, "four units with a monthly indicator, eleven without"
    assert 0.05 < late / len(asked) < 0.25
    assert 0.01 < missing / len(asked) < 0.1
    assert corrected
    assert all(one.reported_on > first[one.unit.unit_id, one.month] for one in corrected)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_every_story_is_told_of_an_indicator_and_every_pace_of_a_project(seed: int) -> None:
    stories = simulated(seed)._stories
    told = {stories[found.code] for found in PLAN.indicators}
    assert told == {*unit_returns.STORIES, unit_returns.SILENT}
    assert len(simulated(seed)._leaves) == 252
    assert set(stories) == {found.code for found in (*PLAN.indicators, *PLAN.text_targets)}


def test_a_correction_gives_the_final_word_on_its_year() -> None:
    corrected = next(one for one in simulated().returns_up_to("2025-12") if one.is_correction)
    plain = unit_returns._Return(
        corrected.plan, corrected.unit, corrected.month, corrected.reported_on, is_correction=False
    )
    year = corrected.month[:4]

    def said(one: unit_returns._Return) -> set[str]:
        return {
            row["STAGE"]
            for row in simulated()._answers(one)
            if "STAGE" in row and row["REFERENCE_PERIOD"][:4] == year
        }

    assert said(plain) <= {"preliminary"} or said(plain) == set()
    assert "preliminary" not in said(corrected)
