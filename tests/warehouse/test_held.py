"""What stood before a held figure: what its own table said earlier, never the held figure again."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from warehouse.held import (
    OBSERVED,
    Before,
    HeldFigure,
    HeldState,
    before_of,
    decimal_text,
    tell_held,
    with_earlier,
)

TABLE = "bureau_statistics/observations"


def held(value: str, state: HeldState = "held", period: str = "2022") -> HeldFigure:
    return HeldFigure(
        f"{TABLE}/vintage=2023-03-31", 7, "GDP", "CN-370211", "LEVEL", period, value,
        "fct_observations.no_unit_slip", "量级", "magnitude", "核对 check", "2023-03-31", state,
    )  # fmt: skip


def scratch(file: Path, *said: tuple[str, str, float]) -> Path:
    """The observations of a landing: landing id, period and value of each."""
    columns = ", ".join(f"{name} {kind}" for name, kind in OBSERVED)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema landing; create schema intermediate")
        connection.execute(f"create table intermediate.int_observations__conformed ({columns})")
        for landing_id, period, value in said:
            connection.execute(
                "insert into intermediate.int_observations__conformed by name select ? as landing_id,"
                " ? as reference_period, ? as value, 'GDP' as series_code, 'CN-370211' as area_code,"
                " 'LEVEL' as measure, '_T' as scope, 'A' as frequency, 'S1' as source_id,"
                " cast(right(landing_id, 10) as date) as vintage_date",
                [landing_id, period, value],
            )
    return file


def values(before: Before) -> list[tuple[str | None, float]]:
    return [(row["landing_id"], float(str(row["value"]))) for row in before.rows]


def test_what_the_table_said_before_stands_again(tmp_path: Path) -> None:
    earlier = f"{TABLE}/vintage=2023-01-31"
    landing = scratch(
        tmp_path / "s.duckdb",
        (earlier, "2022", 4691.85),
        ("bureau_releases/figures/vintage=2023-02-28", "2022", 4700.0),
        (earlier, "2021", 4368.53),
    )
    slip = held("46918.5")
    found = before_of(landing, [slip], [slip])[slip.key]
    assert (values(found), found.repeated_in) == ([(earlier, 4691.85)], frozenset()), "not another table's"
    with duckdb.connect(str(landing)) as connection:
        tell_held(
            connection,
            [replace(slip, earlier=found.rows), replace(held("1", "accepted"), earlier=found.rows)],
        )
        stands = connection.execute("select value, vintage_date from landing.earlier_observations").fetchall()
    assert [(float(value), str(day)) for value, day in stands] == [(4691.85, "2023-01-31")]


def test_an_earlier_file_that_says_the_held_figure_too_is_named(tmp_path: Path) -> None:
    again = f"{TABLE}/vintage=2023-02-28"
    slip = held("46918.5")
    found = before_of(scratch(tmp_path / "s.duckdb", (again, "2022", 46918.5)), [slip], [slip])[slip.key]
    assert found == Before((), frozenset({again}))


def test_another_held_figure_does_not_stand_in_its_place(tmp_path: Path) -> None:
    """The slip was mended by another slip."""
    again = f"{TABLE}/vintage=2023-02-28"
    first, second, true = held("46918.5", "rejected"), held("469.185"), held("4691.85", "accepted")
    landing = scratch(tmp_path / "s.duckdb", (again, "2022", 46918.5))
    assert before_of(landing, [second], [first, second])[second.key].repeated_in == {again}
    landing = scratch(tmp_path / "t.duckdb", (again, "2022", 4691.85))
    assert values(before_of(landing, [second], [first, second, true])[second.key]) == [(again, 4691.85)]


FILES = [f"{TABLE}/vintage=2023-0{month}-28" for month in range(1, 7)]
# What each file says of 2022 and of 2021.
SAID = {
    "2022": dict(zip(FILES, ["46.9", "46.9", "46.9", "469", "469", "469"], strict=True)),
    "2021": dict(zip(FILES, [None, None, "43.6", "43.7", "43.7", "437"], strict=True)),
}


def newest_without(files: Set[str], figures: Sequence[HeldFigure]) -> dict[tuple[str, ...], Before]:
    """A landing in which each file says everything there is, as the tables of a bureau do."""
    last = max(set(FILES) - files, default="")
    found = {}
    for figure in figures:
        value = SAID[figure.reference_period].get(last)
        repeats = frozenset({last}) if value == figure.value else frozenset()
        rows = () if value is None or repeats else ({"landing_id": last, "value": value},)
        found[figure.key] = Before(rows, repeats)
    return found


def test_each_figure_is_looked_for_as_far_back_as_it_needs() -> None:
    """Two of one file: the one that was right a month ago is not taken from half a year ago."""
    old, new, accepted = held("469"), held("437", period="2021"), held("1", "accepted", "2020")
    found = with_earlier([old, new, accepted], lambda _: [FILES[-1]], newest_without)
    assert [values(Before(one.earlier or ())) for one in found[:2]] == [
        [(FILES[2], 46.9)], [(FILES[4], 43.7)]
    ]  # fmt: skip
    assert found[2].earlier is None, "it counts: nothing stands in its place"


def test_what_was_found_once_is_not_looked_for_again() -> None:
    known = replace(held("469"), earlier=({"landing_id": FILES[2], "value": "46.9"},))

    def never(*_: object) -> dict[tuple[str, ...], Before]:
        raise AssertionError("it is known")

    assert with_earlier([known], lambda _: FILES, never) == [known]


def test_what_was_always_wrong_has_nothing_in_its_place() -> None:
    def always(_: Set[str], figures: Sequence[HeldFigure]) -> dict[tuple[str, ...], Before]:
        return {figure.key: Before((), frozenset({FILES[0]})) for figure in figures}

    (found,) = with_earlier([held("469")], lambda _: FILES, always)
    assert found.earlier == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [("82.860000", "82.86"), (1000.0, "1000"), ("0.0", "0"), (-5, "-5"), ("1E+3", "1000"), (None, "None")],
)
def test_one_figure_is_written_one_way(value: object, text: str) -> None:
    assert decimal_text(value) == text
