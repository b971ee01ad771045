"""The true published figures pass the gate at the start of the plan and with all that is known today."""

from __future__ import annotations

from datetime import date

import pytest

from expectations.gate import judge
from tests.conftest import House
from warehouse.months import last_full_month


@pytest.mark.soak
@pytest.mark.parametrize("as_of", [date(2021, 4, 30), date(2026, 11, 24)], ids=str)
def test_a_month_of_true_figures_passes_the_gate(house: House, as_of: date) -> None:
    house.pull(as_of)
    build = house.build(last_full_month(as_of), as_of)
    verdict = judge(build.path)
    assert verdict.passed, [(result.rule_id, result.failing_rows) for result in verdict.blocking]
    assert len(verdict.results) >= 60
