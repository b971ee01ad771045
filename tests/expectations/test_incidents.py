"""Incidents: one for a cause, whatever finds it and how often; a life from opened to resolved and back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from expectations.findings import Finding, Subject
from expectations.incidents import (
    acknowledge,
    all_incidents,
    incident,
    observe,
    open_incidents,
    reopen,
    resolve,
    snooze,
    waits_since,
    wake,
)
from expectations.ledger import Incident, open_ledger
from raw.errors import BadInput

NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCOPE = "gate:official:2024-12"

SLIP = Finding(
    cause_key="feed:bureau_statistics:x",
    kind="quality",
    severity="hold",
    title_zh="地区生产总值放大十倍",
    title_en="GDP is ten times too large",
    because="为何 / why",
    remedy_zh="核实",
    remedy_en="verify",
    owner="units",
    reference_month="2024-12",
    as_of_date="2024-12-31",
    units=("qtjj", "fgj"),
    subjects=(Subject("rule", "fct_observations.unit_slip"), Subject("indicator", "qwc-14fyp/01")),
    evidence=("verdict.json",),
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        yield opened


def see(
    session: Session, *findings: Finding, after: timedelta = timedelta(), scope: str = SCOPE
) -> list[str]:
    return [change.what for change in observe(session, findings, scope=scope, now=NOON + after)]


def actions(session: Session, number: int = 1) -> list[str]:
    return [action.action for action in incident(session, number).actions]


def test_a_cause_opens_once_and_is_counted(session: Session) -> None:
    assert see(session, SLIP) == ["opened"]
    assert see(session, SLIP, after=HOUR) == []
    (found,) = open_incidents(session)
    assert (found.seen_count, found.opened_at, found.last_seen_at) == (2, NOON, NOON + HOUR)
    assert (found.state, found.assignee_unit) == ("open", "qtjj")
    assert {one.subject_key for one in found.subjects} == {"qwc-14fyp/01", "fct_observations.unit_slip"}
    assert actions(session) == ["opened"]


def test_what_is_no_longer_found_has_recovered_and_comes_back_reopened(session: Session) -> None:
    see(session, SLIP)
    acknowledge(session, 1, by="王", now=NOON)
    assert see(session, after=HOUR) == ["recovered"]
    assert incident(session, 1).resolved_at == NOON + HOUR
    assert see(session, SLIP, after=2 * HOUR) == ["reopened"]
    found = incident(session, 1)
    assert (found.state, found.acknowledged_by, found.resolved_at) == ("open", None, None)
    assert actions(session) == ["opened", "acknowledged", "recovered", "reopened"]


def test_another_scope_ends_nothing_here(session: Session) -> None:
    see(session, SLIP)
    assert see(session, scope="gate:official:2024-11") == []
    assert len(open_incidents(session)) == 1


def test_a_worse_level_is_told_a_better_one_is_not(session: Session) -> None:
    see(session, SLIP)
    assert see(session, replace(SLIP, severity="block")) == ["worsened"]
    assert see(session, SLIP) == []
    assert incident(session, 1).severity == "hold"


def test_two_findings_of_one_cause_are_one_incident_of_the_worse(session: Session) -> None:
    assert see(session, SLIP, replace(SLIP, severity="block"), replace(SLIP, severity="note")) == ["opened"]
    assert [one.severity for one in all_incidents(session)] == ["block"]


def test_a_snoozed_one_is_silent_then_reminds_once(session: Session) -> None:
    see(session, SLIP)
    snooze(session, 1, by="王", now=NOON, until=NOON + 2 * HOUR)
    assert see(session, SLIP, after=HOUR) == []
    assert see(session, SLIP, after=2 * HOUR) == ["reminded"]
    assert see(session, SLIP, after=3 * HOUR) == []
    assert incident(session, 1).state == "open"


def test_what_an_incident_touched_once_stays_as_history(session: Session) -> None:
    see(session, SLIP)
    see(session, replace(SLIP, subjects=(Subject("indicator", "qwc-14fyp/02"),)))
    present = {one.subject_key: one.is_present for one in incident(session, 1).subjects}
    assert present == {
        "qwc-14fyp/01": False, "qwc-14fyp/02": True, "fct_observations.unit_slip": False
    }  # fmt: skip


def test_the_worst_stand_first(session: Session) -> None:
    see(
        session,
        replace(SLIP, cause_key="a", severity="note"),
        replace(SLIP, cause_key="b", severity="block"),
        SLIP,
    )
    assert [one.severity for one in open_incidents(session)] == ["block", "hold", "note"]


def test_people_resolve_with_a_note_and_reopen(session: Session) -> None:
    see(session, SLIP)
    with pytest.raises(BadInput, match="note"):
        resolve(session, 1, by="王", now=NOON, note=" ")
    resolve(session, 1, by="王", now=NOON, note="发布单位已更正")
    assert open_incidents(session) == []
    with pytest.raises(BadInput, match="state resolved"):
        acknowledge(session, 1, by="王", now=NOON)
    reopen(session, 1, by="李", now=NOON + HOUR)
    assert actions(session) == ["opened", "resolved", "reopened"]
    with pytest.raises(BadInput, match="state open"):
        reopen(session, 1, by="李", now=NOON)


def test_what_was_snoozed_wakes_by_itself(session: Session) -> None:
    """A month is built once: nobody would see its incident again before the next one."""
    see(session, SLIP)
    snooze(session, 1, by="王", now=NOON, until=NOON + HOUR)
    assert wake(session, now=NOON + HOUR / 2) == []
    (change,) = wake(session, now=NOON + HOUR)
    assert (change.what, incident(session, 1).state) == ("reminded", "open")
    assert waits_since(incident(session, 1)) == NOON + HOUR
    assert wake(session, now=NOON + 2 * HOUR) == []


def test_what_cannot_be_is_said_in_words(session: Session) -> None:
    with pytest.raises(BadInput, match="incident 7"):
        incident(session, 7)
    see(session, SLIP)
    with pytest.raises(BadInput, match="a moment after"):
        snooze(session, 1, by="王", now=NOON, until=NOON)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=1, max_size=6))
def test_looking_twice_is_looking_once(rounds: list[set[str]]) -> None:
    engine_url = "sqlite://"
    with open_ledger(engine_url) as session:
        for number, keys in enumerate(rounds):
            findings = [replace(SLIP, cause_key=key) for key in sorted(keys)]
            see(session, *findings, after=number * HOUR)
            assert see(session, *findings, after=number * HOUR) == []
            assert {one.cause_key for one in open_incidents(session)} == keys


def race(url: str) -> list[str]:
    def look(_: int) -> list[str]:
        with open_ledger(url) as session:
            return see(session, SLIP)

    with ThreadPoolExecutor(6) as pool:
        return [what for told in pool.map(look, range(12)) for what in told]


def test_of_many_that_find_it_at_once_one_opens_it(tmp_path: Path) -> None:
    assert race(f"sqlite:///{tmp_path / 'ledger.sqlite'}") == ["opened"]


def test_the_same_in_postgresql(postgres: str) -> None:
    assert race(postgres) == ["opened"]
    with open_ledger(postgres) as session:
        found = session.scalars(sa.select(Incident)).one()
        assert (found.seen_count, found.opened_at, found.units) == (12, NOON, ["qtjj", "fgj"])
        assert see(session) == ["recovered"]
