"""Quarantine: held with the rule and the evidence, decided by somebody, never deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from expectations.ledger import open_ledger
from expectations.quarantine import (
    close_replaced,
    dispose,
    figures_in_force,
    hold_figures,
    hold_files,
    hold_rows,
    item,
    items,
    remember_earlier,
)
from raw.errors import BadInput
from warehouse.build import Build
from warehouse.held import HeldFigure, figures_of, names_its_figures
from warehouse.verdict import RuleResult, Scalar, Severity, Verdict

NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)
BUILD = Build(
    Path("builds/2024-12_2024-12-31"), "2024-12", date(2024, 12, 31), "official", "a" * 64, "1", [], {}, []
)
ROW: dict[str, Scalar] = {
    "landing_id": "f/t/vintage=2024-12-31", "row_number": 7, "series_code": "GDP", "area_code": "CN-370211",
    "measure": "LEVEL", "reference_period": "2024", "value": "10",
}  # fmt: skip
OTHER: dict[str, Scalar] = {**ROW, "row_number": 8, "reference_period": "2023"}


def result(*rows: dict[str, Scalar], severity: Severity = "hold", rule_id: str = "slip") -> RuleResult:
    return RuleResult(
        rule_id, "fct_x", severity, False, "量级", "magnitude", "为何 / why", "核对 / check", "seen",
        failing_rows=rows, failing_count=len(rows),
    )  # fmt: skip


def verdict(*results: RuleResult) -> Verdict:
    return Verdict.of("a" * 64, results)


def figures(*results: RuleResult) -> list[HeldFigure]:
    return figures_of(verdict(*results), "2024-12-31")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        yield opened


def test_a_figure_named_by_two_rules_is_held_once(session: Session) -> None:
    held = figures(result(ROW), result(ROW, OTHER, rule_id="outlier"))
    assert [one.reference_period for one in held] == ["2023", "2024"]
    assert len(hold_figures(session, held, BUILD, NOON)) == 2
    assert hold_figures(session, held, BUILD, NOON) == []
    assert [one.state for one in figures_in_force(session)] == ["held", "held"]


def test_a_row_that_names_no_figure_cannot_be_held() -> None:
    assert names_its_figures([ROW], 1)
    assert not names_its_figures([{**ROW, "row_number": None}], 1)
    assert not names_its_figures([{k: v for k, v in ROW.items() if k != "landing_id"}], 1)
    assert not names_its_figures([ROW], 2), "one of them is not shown"
    assert not names_its_figures([], 0)


@pytest.mark.parametrize(
    ("disposition", "state"), [("accepted", "accepted"), ("rejected", "rejected"), ("corrected", "rejected")]
)
def test_what_was_decided_reaches_the_next_build(session: Session, disposition: str, state: str) -> None:
    hold_figures(session, figures(result(ROW)), BUILD, NOON)
    dispose(session, 1, disposition, by="王", note="统计局已核实", now=NOON)
    (one,) = figures_in_force(session)
    assert (one.state, one.decided_by, one.note) == (state, "王", "统计局已核实")
    assert items(session, open_only=True) == []
    assert HeldFigure.from_dict("x", one.as_dict()) == one


def test_what_stood_before_is_kept_with_the_figure(session: Session) -> None:
    held = figures(result(ROW))
    hold_figures(session, held, BUILD, NOON)
    remember_earlier(
        session, [replace(held[0], earlier=({"landing_id": "f/t/vintage=2024-11-30", "value": "1"},))]
    )
    remember_earlier(session, [replace(held[0], earlier=())])
    dispose(session, 1, "rejected", by="王", note="", now=NOON)
    (one,) = figures_in_force(session)
    assert one.earlier == ({"landing_id": "f/t/vintage=2024-11-30", "value": "1"},), (
        "the first finding stands"
    )


def test_a_later_decision_stands_and_the_earlier_is_kept(session: Session) -> None:
    hold_figures(session, figures(result(ROW)), BUILD, NOON)
    dispose(session, 1, "accepted", by="王", note="属实", now=NOON)
    dispose(session, 1, "rejected", by="李", note="复核有误", now=NOON)
    assert figures_in_force(session)[0].state == "rejected"
    assert [one.disposed_by for one in item(session, 1).dispositions] == ["王", "李"]


@pytest.mark.parametrize(
    ("disposition", "by", "note", "message"),
    [
        ("accepted", "王", " ", "why the figure is true"),
        ("deleted", "王", "x", "one of corrected, accepted, rejected"),
        ("rejected", " ", "x", "the name of whoever decides"),
    ],
)
def test_a_decision_says_who_and_why(
    session: Session, disposition: str, by: str, note: str, message: str
) -> None:
    hold_figures(session, figures(result(ROW)), BUILD, NOON)
    with pytest.raises(BadInput, match=message):
        dispose(session, 1, disposition, by=by, note=note, now=NOON)
    with pytest.raises(BadInput, match="quarantine item 9"):
        dispose(session, 9, "rejected", by="王", note="", now=NOON)


def test_a_figure_the_publisher_has_replaced_is_corrected(session: Session) -> None:
    held = figures(result(ROW, OTHER))
    hold_figures(session, held, BUILD, NOON)
    knows_less = replace(BUILD, as_of_date=date(2024, 12, 30))
    close_replaced(session, [], knows_less, NOON)
    assert [one.state for one in items(session, open_only=False)] == ["held", "held"]
    close_replaced(session, held[1:], BUILD, NOON)
    assert [one.state for one in items(session, open_only=False)] == ["corrected", "held"]


def test_a_later_file_that_says_the_same_needs_no_second_decision(session: Session) -> None:
    """The tables of a bureau come whole each month; another value, or the same in another table, is another matter."""
    hold_figures(session, figures(result(ROW)), BUILD, NOON)
    dispose(session, 1, "accepted", by="王", note="属实", now=NOON)
    again = {**ROW, "landing_id": "f/t/vintage=2025-01-31", "row_number": 9, "value": "10.000000"}
    assert hold_figures(session, figures(result(again)), BUILD, NOON) == []
    assert [one.state for one in figures_in_force(session)] == ["accepted"]
    others = [{**again, "value": "10.1"}, {**again, "landing_id": "f/u/vintage=2025-01-31"}]
    assert len(hold_figures(session, figures(result(*others)), BUILD, NOON)) == 2


def test_rows_that_block_are_held_until_they_fail_no_more(session: Session) -> None:
    blocked = verdict(result({"a": 1}, {"a": 2}, severity="block"))
    assert len(hold_rows(session, blocked, BUILD, NOON)) == 2
    assert hold_rows(session, blocked, BUILD, NOON) == []
    hold_rows(session, verdict(result({"a": 2}, severity="block")), BUILD, NOON)
    found = items(session, open_only=False)
    assert [(one.evidence["row"], one.state) for one in found] == [
        ({"a": 1}, "corrected"), ({"a": 2}, "held")
    ]  # fmt: skip


def test_refused_files_are_taken_up_with_their_hashes(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "unit_returns" / "returns" / "quarantine" / "2022-12-31_1a2b3c4d"
    folder.mkdir(parents=True)
    problem = {
        "where": "wjj_2022-12.xlsx, cell H2",
        "found": "'abc'",
        "expected": "a number",
        "remedy": "enter it",
    }
    (folder / "problems.json").write_text(json.dumps({"refused_at": "", "problems": [problem]}))
    (folder / "wjj_2022-12.xlsx").write_bytes(b"bytes")
    assert len(hold_files(session, "unit_returns", tmp_path, NOON)) == 1
    assert hold_files(session, "unit_returns", tmp_path, NOON) == []
    assert hold_files(session, "customs_declarations", tmp_path, NOON) == []
    (one,) = items(session, open_only=True)
    assert one.item_key == "unit_returns/returns/quarantine/2022-12-31_1a2b3c4d"
    assert list(one.evidence["sha256"]) == ["wjj_2022-12.xlsx"]


def test_a_state_that_is_not_known_is_named() -> None:
    row = {**figures(result(ROW))[0].as_dict(), "state": "lost"}
    with pytest.raises(BadInput, match=r"build\.json: held"):
        HeldFigure.from_dict("build.json: held[0]", row)
