"""The two dates of a release: what is refused, and what the message says to do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from raw.errors import BadInput
from warehouse.months import check_pair, first_adoption, first_month, last_full_month


@pytest.mark.parametrize(
    ("month", "as_of", "told"),
    [
        ("2020-12", date(2021, 4, 1), "a month from 2021-01 on"),
        ("2021-04", date(2021, 4, 29), "use AS_OF=2021-04-30 or later, or MONTH=2021-03"),
        ("2021-01", date(2021, 3, 31), "when no plan was adopted"),
        ("2021-01", date.today() + timedelta(days=1), "a day up to today"),
    ],
)
def test_a_pair_that_cannot_be_released_is_refused_with_the_remedy(
    month: str, as_of: date, told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        check_pair(month, as_of)


def test_the_first_month_can_be_released_on_the_day_the_plan_was_adopted() -> None:
    """The plan of 2021 was adopted in April: its first months are told from then on."""
    assert first_adoption() == date(2021, 4, 1)
    check_pair(first_month(), first_adoption())


@pytest.mark.parametrize(
    ("as_of", "month"),
    [(date(2022, 12, 31), "2022-12"), (date(2022, 12, 30), "2022-11"), (date(2024, 2, 29), "2024-02")],
)
def test_the_last_full_month_is_over_on_the_day(as_of: date, month: str) -> None:
    assert last_full_month(as_of) == month
