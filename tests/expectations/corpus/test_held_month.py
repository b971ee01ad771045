"""A publisher overwrites a true figure with a slip: the month is published with the last good one, flagged."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations import hold
from expectations.gate import judge
from expectations.ledger import open_ledger
from expectations.quarantine import dispose, figures_in_force, items
from raw.land import vintages
from raw.replica.table import PUBLISHED
from tests.expectations.corpus.defects import DEFECTS
from tests.expectations.corpus.harness import NOW, landed, seeded
from warehouse.build import build
from warehouse.months import last_full_month
from warehouse.release import VERDICT, release

MONTH, THEN = "2024-12", date(2025, 3, 31)
# The slip is landed twice before the month is built, and once more afterwards.
SLIPPED, LATER, AFTERWARDS = date(2025, 5, 31), date(2025, 6, 30), date(2025, 9, 30)
SHOWN = (
    "select value, is_held, is_selected from fct_observation_vintages where series_code = ? and area_code = ?"
)


@pytest.mark.soak
def test_a_slip_is_held_and_the_last_good_value_is_shown_dated_and_flagged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing, data = tmp_path / "landing", tmp_path / "data"
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    slip = next(defect for defect in DEFECTS if defect.name == "out_of_range")
    assert landed(landing, PUBLISHED, THEN, tmp_path / "inbox") == {}
    slipped = seeded([slip], tmp_path / "slip")
    for day in (SLIPPED, LATER):
        assert landed(landing, slipped, day, tmp_path / "inbox") == {}
    said = [one.landing_id for one in vintages(landing, "bureau_statistics", "observations", LATER)]
    assert len(said) == 3, "each delivery was another file"
    made = build(MONTH, LATER, landing_root=landing, data_root=data)
    verdict = judge(made.path, None)
    assert [f"{one.suite}.{one.rule_id}" for one in verdict.holding] == list(slip.rules)

    made, settled = hold.settle(made, verdict, landing_root=landing, data_root=data, now=NOW)
    assert settled.passed
    with duckdb.connect(str(made.file), read_only=True) as connection:
        found = connection.execute(
            SHOWN + " and reference_period = '2022'", ["URBANISATION_RATE_RESIDENT", "CN-370211"]
        )
        assert sorted((float(value), held, counts) for value, held, counts in found.fetchall()) == [
            (82.86, False, True), (828.6, True, False)
        ]  # fmt: skip
        ((stated, shown, state),) = connection.execute(
            "select held_value, shown_value, held_state from fct_held_figures"
        ).fetchall()
        assert (float(stated), float(shown), state) == (828.6, 82.86, "held")
    page = release(made.path, made.path / VERDICT, data).bulletin.read_text(encoding="utf-8")
    assert "扣留待核" in page
    assert "828.6" not in page, "what may be wrong is not printed where it could be quoted"
    assert "828.6" in made.path.parents[1].joinpath("releases", MONTH, "quality.html").read_text("utf-8")

    with open_ledger() as session:
        (item,) = items(session, open_only=True)
        dispose(session, item.item_id, "accepted", by="王", note="统计局来函核实", now=NOW)
        assert [one.state for one in figures_in_force(session)] == ["accepted"]
    again, verdict = hold.rerun(
        MONTH, LATER, "official", landing_root=landing, data_root=data, now=NOW + timedelta(hours=1)
    )
    assert verdict.passed, "a figure that a person accepted is held no more"
    with duckdb.connect(str(again.file), read_only=True) as connection:
        found = connection.execute(
            SHOWN + " and is_selected and reference_period = '2022'",
            ["URBANISATION_RATE_RESIDENT", "CN-370211"],
        )
        assert [float(row[0]) for row in found.fetchall()] == [828.6]

    assert landed(landing, slipped, AFTERWARDS, tmp_path / "inbox") == {}
    month = last_full_month(AFTERWARDS)
    _, verdict = hold.rerun(
        month, AFTERWARDS, "official", landing_root=landing, data_root=data, now=NOW + timedelta(days=90)
    )
    assert verdict.passed
    assert not verdict.holding
    with open_ledger() as session:
        assert [one.state for one in items(session, open_only=False)] == ["accepted"], "no second decision"
