"""Every fault of every stand-in ends as promised: landed after another try, or kept, quarantined and told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from raw import land
from raw.feed import declared_feeds, find_feed
from raw.fetch import hurried
from raw.replica import matrix
from raw.replica.faults import TRANSPORT_FAULTS, Fault
from raw.replica.matrix import Case, Outcome, Rehearsal, cases
from raw.replica.publishers import known_publishers
from raw.replica.server import faults_of

AS_OF = date(2024, 12, 31)
SEED = 1


@pytest.fixture
def rehearsal(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rehearsal]:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    with hurried(**matrix.HURRY):
        yield Rehearsal(find_feed(request.param), AS_OF, SEED, tmp_path)


def some(feed: str) -> list[Case]:
    """One fault that passes, one of transport that stays, one in the data: all of them take minutes."""
    of_data = [case for case in cases(feed) if case.fault not in TRANSPORT_FAULTS]
    return [Case(feed, Fault.STATUS_500, 1), Case(feed, Fault.WAF_PAGE), *of_data[:1]]


@pytest.mark.parametrize("rehearsal", known_publishers(), indirect=True)
def test_a_few_faults_of_every_feed_end_as_promised(rehearsal: Rehearsal) -> None:
    ended = list(rehearsal.run(some(rehearsal.feed.feed)))
    assert len(ended) >= 2
    assert [one.told() for one in ended if not one.as_promised] == []


@pytest.mark.soak
@pytest.mark.parametrize("rehearsal", known_publishers(), indirect=True)
def test_every_fault_of_every_feed_ends_as_promised(rehearsal: Rehearsal) -> None:
    wanted = cases(rehearsal.feed.feed)
    ended = list(rehearsal.run(wanted))
    assert [one.case for one in ended] == wanted
    assert [one.told() for one in ended if not one.as_promised] == []


@pytest.mark.parametrize("rehearsal", ["bureau_statistics"], indirect=True)
def test_a_revision_in_place_lands_as_a_new_vintage(rehearsal: Rehearsal) -> None:
    (ended,) = rehearsal.run([Case(rehearsal.feed.feed, Fault.SILENT_REVISION)])
    assert (ended.outcome, ended.as_promised) == (Outcome.NEW_VINTAGE, True)


@pytest.mark.parametrize("rehearsal", ["customs_monthly_totals"], indirect=True)
def test_a_revision_in_place_that_some_files_own_sums_give_away_is_refused_there_and_lands_elsewhere(
    rehearsal: Rehearsal,
) -> None:
    (ended,) = rehearsal.run([Case(rehearsal.feed.feed, Fault.SILENT_REVISION)])
    assert (ended.outcome, ended.as_promised) == (Outcome.NEW_VINTAGE, True)
    lone, _, refused = ended.reason.partition("; refused: ")
    assert "totals RELEASE=S119" in lone and "S052" not in lone
    assert "the total" in refused


@pytest.mark.parametrize("rehearsal", ["bureau_statistics"], indirect=True)
def test_a_damaged_figure_in_the_landing_is_seen(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(land, "reconcile", lambda *_: None)
    (ended,) = rehearsal.run([Case(rehearsal.feed.feed, Fault.HALF_MONTH)])
    assert (ended.outcome, ended.as_promised) == (Outcome.DAMAGED, False)
    assert "observations all" in ended.told()


@pytest.mark.parametrize("rehearsal", ["port_calls"], indirect=True)
def test_what_is_declared_undetectable_lands_and_is_told_apart(rehearsal: Rehearsal) -> None:
    (case,) = [case for case in cases("port_calls") if case.fault is Fault.HALF_MONTH]
    (ended,) = rehearsal.run([case])
    assert (ended.outcome, ended.as_promised) == (Outcome.DECLARED, True)
    assert ended.told().startswith("! port_calls") and "no total of rows" in ended.told()
    # Without the declaration it is what it is: damage that nobody told of.
    (ended,) = rehearsal.run([Case("port_calls", Fault.HALF_MONTH)])
    assert (ended.outcome, ended.as_promised) == (Outcome.DAMAGED, False)


@pytest.mark.parametrize("rehearsal", ["port_calls"], indirect=True)
def test_a_declaration_that_is_no_longer_true_is_seen(rehearsal: Rehearsal) -> None:
    (ended,) = rehearsal.run([Case("port_calls", Fault.WAF_PAGE, undetectable="so they said")])
    assert (ended.outcome, ended.as_promised) == (Outcome.QUARANTINED, False)


# Those of a workbook's name: who sends no workbook cannot send another thing in its place.
OF_WORKBOOKS = {Fault.PDF_INSTEAD, Fault.IMAGE_INSTEAD, Fault.OLD_XLS_INSTEAD}


@pytest.mark.parametrize("feed", known_publishers())
def test_every_stand_in_can_have_every_fault(feed: str) -> None:
    assert set(Fault) - set(faults_of(feed)) <= OF_WORKBOOKS


SWITCHED = [
    ("bureau_nbs", Fault.COLUMN_MOVED, Outcome.UNCHANGED, ""),
    ("bureau_nbs", Fault.LAST_MONTH, Outcome.DECLARED, "each figure carries its period"),
    ("bureau_statistics", Fault.THOUSANDS_SEPARATORS, Outcome.QUARANTINED, "found '5.003,38'"),
    ("bureau_statistics", Fault.LAST_MONTH, Outcome.QUARANTINED, "the publisher's own total"),
    ("port_calls", Fault.UNIT_CHANGED, Outcome.DECLARED, "has a place for a unit"),
    ("port_throughput", Fault.WRONG_ENCODING, Outcome.QUARANTINED, "damaged workbook"),
    ("customs_monthly_totals", Fault.WRONG_ENCODING, Outcome.QUARANTINED, "damaged workbook"),
]


@pytest.mark.parametrize("rehearsal", dict.fromkeys(feed for feed, *_ in SWITCHED), indirect=True)
def test_a_fault_that_hides_in_another_way_ends_as_its_format_lets_it(rehearsal: Rehearsal) -> None:
    ours = {fault: (outcome, said) for feed, fault, outcome, said in SWITCHED if feed == rehearsal.feed.feed}
    chosen = [case for case in cases(rehearsal.feed.feed) if case.fault in ours]
    for ended in rehearsal.run(chosen):
        outcome, said = ours.pop(ended.case.fault)
        assert (ended.outcome, ended.as_promised) == (outcome, True), ended.told()
        assert said in ended.reason
    assert not ours


def test_only_faults_that_a_stand_in_can_have_are_declared_undetectable() -> None:
    for feed in declared_feeds():
        known = faults_of(feed.feed) if feed.feed in known_publishers() else []
        assert set(feed.undetectable) <= {str(fault) for fault in known}, feed.feed


def test_where_nothing_is_asked_for_any_more_the_day_is_the_last_on_which_something_came_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAW_INBOX", str(tmp_path / "inbox"))
    with hurried(**matrix.HURRY):
        late = Rehearsal(find_feed("port_throughput"), date(2026, 11, 25), SEED, tmp_path)
        assert late.as_of == date(2024, 12, 31)
        (ended,) = late.run([Case("port_throughput", Fault.STATUS_403)])
    assert ended.outcome is Outcome.QUARANTINED


@pytest.mark.parametrize("rehearsal", ["bureau_statistics"], indirect=True)
def test_a_fault_that_crashes_the_program_is_seen(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a slip")

    monkeypatch.setattr(land, "reconcile", broken)
    (ended,) = rehearsal.run([Case(rehearsal.feed.feed, Fault.HALF_MONTH)])
    assert (ended.outcome, ended.as_promised) == (Outcome.CRASHED, False)


def test_the_matrix_is_printed_and_its_end_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = matrix.Ended(Case("bureau_statistics", Fault.WAF_PAGE), Outcome.QUARANTINED, "found a page")
    bad = matrix.Ended(Case("bureau_statistics", Fault.HALF_MONTH), Outcome.DAMAGED, "observations all")
    monkeypatch.setattr(matrix, "matrix", lambda *_: iter([good, bad]))
    assert matrix.main([]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("✓ bureau_statistics")
    assert shown[1].startswith("✗") and shown[1].endswith("promised: 隔离 quarantined")
    assert shown[2].startswith("2 例 cases, 1 如约 as promised, 0 已声明")
    monkeypatch.setattr(matrix, "matrix", lambda *_: iter([good]))
    assert matrix.main([]) == 0


def test_a_feed_without_a_stand_in_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    from raw.__main__ import main

    assert main(["faults", "--feed", "unit_returns"]) == 2
    assert "unit_returns" in capsys.readouterr().err
