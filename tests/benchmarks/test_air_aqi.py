"""The benchmark of the air quality models runs, and both sides of it give the same rows."""

from __future__ import annotations

from tests.benchmarks.air_aqi import SMALL, measure


def test_the_models_and_the_sql_written_by_hand_give_the_same_index() -> None:
    found = measure(*SMALL, rounds=1, memory="1GB")
    assert found["hours"] == 30 * 366 * 24
    assert found["differing_rows"] == 0
