"""Customs lines on their way to a figure: a revised month, withdrawn lines, totals that they must meet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from raw.simulate import customs_declarations as simulate
from tests.conftest import House
from warehouse.build import Build, build
from warehouse.connect import reader

MAY, JUNE = date(2021, 5, 31), date(2021, 6, 30)


def rehearsed(house: House, month: str, as_of: date) -> Build:
    """A build of simulated lines, which an official one refuses."""
    with house.environment():
        return build(month, as_of, landing_root=house.landing, data_root=house.data, kind="rehearsal")


def asked(made: Build, question: str) -> list[tuple[object, ...]]:
    with reader(made.file) as connection:
        return connection.execute(question).fetchall()


def april(made: Build) -> Decimal:
    """The West Coast's trade of April 2021 in a build, 100 million yuan."""
    ((value,),) = asked(
        made,
        "select value from intermediate.int_customs_declarations__observations where series_code = 'TRADE_TOTAL'"
        " and reference_period = '2021-04' and measure = 'LEVEL'",
    )
    assert isinstance(value, Decimal)
    return value


def lines_of_april(made: Build) -> list[tuple[object, ...]]:
    return asked(
        made,
        "select direction, line_count from intermediate.int_customs_declarations__aggregated"
        " where area_code = 'CN-370200' and reference_period = '2021-04' order by all",
    )


@pytest.mark.soak
def test_a_revised_month_changes_the_figure_and_the_old_one_is_there_as_of_the_old_date(house: House) -> None:
    inbox = house.inbox / "customs_declarations"
    simulate.drop(inbox, "2021-04", 7, lines_per_month=200)
    house.pull(MAY)
    simulate.drop(inbox, "2021-05", 7, lines_per_month=200)
    house.pull(JUNE)
    then, now = rehearsed(house, "2021-04", MAY), rehearsed(house, "2021-05", JUNE)

    assert april(then) == pytest.approx(april(now) * Decimal("0.996"), abs=Decimal("0.000001"))
    # The first print lacks four lines and has one that was withdrawn later.
    assert lines_of_april(then) == [("export", 197), ("import", 197)]
    assert lines_of_april(now) == [("export", 200), ("import", 200)]

    differences = dict(
        asked(
            now,
            "select series_code, round(difference_pct, 2) from intermediate.int_customs_totals__reconciled"
            " where reference_period = '2021-05'",
        )
    )
    assert differences == {"TRADE_EXPORT": -0.08, "TRADE_IMPORT": -0.08, "TRADE_TOTAL": -0.08}
    origins = asked(now, "select distinct origin from intermediate.int_customs_declarations__observations")
    assert origins == [("simulated",)]
