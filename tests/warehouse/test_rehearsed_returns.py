"""Five years of simulated returns through the models: every status word and every lamp is met."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from raw.errors import BadInput
from raw.feed import declared_feeds, find_feed
from raw.land import REHEARSAL, pull
from raw.simulate import unit_returns
from warehouse.build import open_landing, refuse_simulated
from warehouse.paths import DBT_PROJECT

pytestmark = pytest.mark.soak

# Reference month, and a day by which most returns of it are in.
MOMENTS = {"2023-06": date(2023, 8, 31), "2025-12": date(2026, 3, 31)}
# Words of the typed target model (evaluation of targets), and of projects.
STATUSES = {
    "achieved_early", "met", "ahead", "on_schedule", "slightly_behind", "lagging", "reversing", "breached",
    "target_pending", "comparator_missing", "no_baseline", "no_data", "not_due", "under_revision",
}  # fmt: skip
PROJECT_STATUSES = {
    "completed", "stage_reached", "ahead", "on_schedule", "slightly_behind", "lagging", "not_started", "overdue", "stage_only",
    "not_reported", "heading",
}  # fmt: skip
LAMPS = {"green", "yellow", "red", "grey"}
MARTS = ["fct_target_progress", "fct_project_lamps_by_box", "fct_unit_scorecards", "fct_status_overrides"]


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A database for each moment, from the returns alone: no other feed has anything."""
    root = tmp_path_factory.mktemp("rehearsal")
    feed = find_feed(unit_returns.returns.FEED)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAW_INBOX", str(root / "inbox"))
        patch.setenv(REHEARSAL, "1")
        (root / "inbox" / feed.feed).mkdir(parents=True)
        for month, as_of in MOMENTS.items():
            unit_returns.drop(root / "inbox" / feed.feed, month, seed=1)
            pull(feed, as_of, landing_root=root / "landing", month=month)
            found[month] = root / f"{month}.duckdb"
            inputs = open_landing(found[month], declared_feeds(), root / "landing", as_of)
            with pytest.raises(BadInput, match="a simulated vintage"):
                refuse_simulated("official", inputs)
            _build(found[month], root / "target", month, as_of)
    return found


def _build(database: Path, target: Path, month: str, as_of: date) -> None:
    variables = {"as_of_date": as_of.isoformat(), "reference_month": month, "release_kind": "rehearsal"}
    command = [
        sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--project-dir", str(DBT_PROJECT),
        "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target), "--log-path", str(target),
        "--vars", json.dumps(variables), "--exclude-resource-type", "unit_test", "test", "--select",
        *(f"+{mart}" for mart in MARTS),
    ]  # fmt: skip
    environment = {**os.environ, "BUILD_FILE": str(database)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]


def rows(databases: dict[str, Path], sql: str) -> set[tuple[object, ...]]:
    found: set[tuple[object, ...]] = set()
    for database in databases.values():
        with duckdb.connect(str(database), read_only=True) as connection:
            found |= set(connection.execute(sql).fetchall())
    return found


def test_every_status_and_lamp_of_an_indicator_occurs(databases: dict[str, Path]) -> None:
    assert rows(databases, "select distinct status from fct_target_progress") == {(s,) for s in STATUSES}
    assert rows(databases, "select distinct lamp from fct_target_progress") == {(lamp,) for lamp in LAMPS}


def test_every_status_and_lamp_of_a_project_occurs(databases: dict[str, Path]) -> None:
    found = rows(databases, "select distinct status from fct_project_progress")
    assert found == {(status,) for status in PROJECT_STATUSES}
    assert rows(databases, "select distinct lamp from fct_project_progress") == {(lamp,) for lamp in LAMPS}
    reported = "select distinct origin from fct_project_progress where status != 'not_reported'"
    assert rows(databases, reported) <= {("simulated",), (None,)}, "a heading without reports has no origin"


def test_every_project_counts_once(databases: dict[str, Path]) -> None:
    counted = "select sum(projects_number), sum(headings_number), sum(counted_elsewhere_number)"
    counted += ", sum(entries_number), sum(green_number + yellow_number + red_number + grey_number)"
    counted += " from fct_project_lamps_by_box where plan_id = 'qwc-14'"
    assert rows(databases, counted) == {(248, 29, 4, 281, 248)}


def test_yearly_values_are_assigned_derived_and_absent_and_some_units_fail(
    databases: dict[str, Path],
) -> None:
    bases = rows(databases, "select distinct yearly_value_basis from fct_yearly_assessment")
    assert bases == {("printed",), ("assigned",), ("derived",), (None,)}
    vetoed = rows(
        databases, "select distinct yearly_value_basis from fct_yearly_assessment where is_vetoed order by 1"
    )
    assert vetoed <= {("printed",), ("assigned",)}, "what is derived fails nobody (DEC-G11)"
    verdicts = rows(databases, "select distinct assessment from fct_yearly_assessment")
    assert verdicts == {("reached",), ("missed",), ("not_assessable",), ("not_due",)}
    states = rows(databases, "select distinct veto_state from fct_unit_scorecards")
    assert states == {("passed",), ("failed",), ("not_assessable",), ("no_binding_indicator",)}


def test_statuses_are_set_by_hand_and_the_computed_ones_stay(databases: dict[str, Path]) -> None:
    states = rows(databases, "select override_id, override_state, origin from fct_status_overrides")
    assert states == {
        ("OVR-S1", "in_force", "simulated"), ("OVR-S2", "in_force", "simulated"),
        ("OVR-S3", "expired", "simulated"),
    }  # fmt: skip
    shown = rows(
        databases,
        "select indicator_code, override_id, shown_status from fct_target_progress where status != shown_status",
    )
    assert shown == {("09", "OVR-S1", "under_revision")}
    expired = "select override_id from fct_text_target_progress where text_target_id = 'T008'"
    assert rows(databases, expired) == {(None,)}
    assert rows(
        databases, "select shown_status, shown_lamp from fct_project_progress where project_id = 'P09-02'"
    ) == {("on_schedule", "green")}
    # Its approver let it run on past completion, and that is told.
    overtaken = rows(
        databases, "select override_id, computed_status from fct_status_overrides where is_overtaken"
    )
    assert overtaken == {("OVR-S2", "completed")}


def test_returns_are_on_time_late_and_missing(databases: dict[str, Path]) -> None:
    [(due, on_time, late, missing)] = rows(
        {"2025-12": databases["2025-12"]},
        "select sum(returns_due_number), sum(returns_on_time_number), sum(returns_late_number),"
        " sum(returns_missing_number) from fct_unit_scorecards",
    )
    assert due == on_time + late + missing == 283
    assert late > 10
    assert missing > 3
