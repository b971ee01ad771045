"""Each step tells the ledger; nothing that goes wrong in telling changes the step's own result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from expectations import observing
from expectations.incidents import open_incidents
from expectations.ledger import Incident, Message, QualityRun, open_ledger
from expectations.observing import (
    Run,
    after_disposition,
    after_failure,
    after_judgement,
    after_refusal,
    after_run,
    after_success,
    summary,
    watch,
)
from expectations.overdue import tell_overdue
from expectations.quarantine import dispose, hold_figures
from raw.errors import Problem
from raw.feed import declared_feeds
from warehouse.build import Build
from warehouse.held import figures_of
from warehouse.verdict import RuleResult, Scalar, Verdict

NOON = datetime(2025, 11, 6, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OVERDUE = {"dag_id": "pull_port_calls", "dag_run_id": "r1"}
RUN = Run("pull_unit_returns", "pull", "2024-12", "2024-12-31")
PROBLEM = Problem("wjj_2024-12.xlsx, cell H2", "'abc'", "a number", "enter a number")
ROW: dict[str, Scalar] = {
    "landing_id": "f/t/vintage=2024-12-31", "row_number": 7, "series_code": "GDP", "area_code": "CN-370211",
    "measure": "LEVEL", "reference_period": "2024", "value": "10",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RAW_LANDING", str(tmp_path / "landing"))
    for name in ("EXPECTATIONS_LEDGER_URL", "EXPECTATIONS_ROUTES", "AIRFLOW_CONN_SMTP_DEFAULT"):
        monkeypatch.delenv(name, raising=False)


def made(tmp_path: Path) -> Build:
    return Build(tmp_path / "b", "2024-12", date(2024, 12, 31), "official", "a" * 64, "1", [], {}, [])


def held_verdict(*, fails: bool = True) -> Verdict:
    rows = (ROW,) if fails else ()
    result = RuleResult(
        "slip", "fct_x", "hold", not fails, "量级", "magnitude", "为何 / why", "核对 / check", "seen",
        failing_rows=rows, failing_count=len(rows), owner="units",
    )  # fmt: skip
    return Verdict.of("a" * 64, [result])


def kept_words(tmp_path: Path) -> str:
    folder = tmp_path / "data" / "outbox" / "unnoted"
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.txt"))


def states() -> dict[str, str]:
    with open_ledger() as session:
        return {one.cause_key: one.state for one in session.scalars(sa.select(Incident))}


def test_a_refusal_is_over_once_the_same_step_ends_well() -> None:
    after_refusal(RUN, [PROBLEM], ["wjj", "fgj"], NOON)
    with open_ledger() as session:
        (found,) = open_incidents(session)
        assert (found.kind, found.units) == ("refusal", ["wjj"])
        told = {one.audience for one in session.scalars(sa.select(Message))}
    assert told == {"engineers", "statisticians", "unit:wjj"}
    after_success(replace(RUN, reference_month="2024-11"), NOON + HOUR)
    assert set(states().values()) == {"open"}
    after_success(RUN, NOON + HOUR)
    assert set(states().values()) == {"resolved"}


def test_a_crash_and_an_overdue_run_are_the_engineers() -> None:
    after_failure(RUN, "MemoryError: no", NOON)
    tell_overdue(hours=12, context={"dag_run": {**OVERDUE, "conf": {"month": "2024-12"}}})
    with open_ledger() as session:
        assert {one.owner for one in open_incidents(session)} == {"engineers"}
        titles = " ".join(one.title_zh for one in open_incidents(session))
    assert "MemoryError" in titles
    assert "pull_port_calls 排队 12 小时后仍未结束" in titles
    after_run("pull_port_calls", "r1", datetime.now(UTC))
    assert states()["overdue:pull_port_calls:r1"] == "resolved", "it is over now"


def test_the_incident_of_a_held_figure_waits_for_a_decision(tmp_path: Path) -> None:
    build = made(tmp_path)
    after_judgement(build, held_verdict(), NOON)
    with open_ledger() as session:
        hold_figures(session, figures_of(held_verdict(), "2024-12-31"), build, NOON)
    after_judgement(build, replace(held_verdict(fails=False), build_sha256="b" * 64), NOON + HOUR)
    assert set(states().values()) == {"open"}, "the build without it passes, the figure still waits"
    with open_ledger() as session:
        dispose(session, 1, "rejected", by="王", note="", now=NOON)
    after_judgement(build, replace(held_verdict(fails=False), build_sha256="c" * 64), NOON + HOUR)
    assert set(states().values()) == {"resolved"}
    with open_ledger() as session:
        assert len(list(session.scalars(sa.select(QualityRun)))) == 3


def test_a_decision_ends_the_incident_though_its_month_is_never_judged_again(tmp_path: Path) -> None:
    build = made(tmp_path)
    after_judgement(build, held_verdict(), NOON)
    after_disposition(NOON)
    assert set(states().values()) == {"open"}, "nothing was held yet"
    with open_ledger() as session:
        hold_figures(session, figures_of(held_verdict(), "2024-12-31"), build, NOON)
    after_disposition(NOON)
    assert set(states().values()) == {"open"}
    with open_ledger() as session:
        dispose(session, 1, "accepted", by="王", note="属实", now=NOON)
    after_disposition(NOON + HOUR)
    assert set(states().values()) == {"resolved"}
    with open_ledger() as session:
        told = {
            one.audience for one in session.scalars(sa.select(Message).where(Message.change == "recovered"))
        }
    assert told, "those who heard of it hear that it is over"


def test_broken_routes_lose_no_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "routes.yml"
    path.write_text("sender: nobody", encoding="utf-8")
    monkeypatch.setenv("EXPECTATIONS_ROUTES", str(path))
    after_failure(RUN, "MemoryError: no", NOON)
    with open_ledger() as session:
        assert [one.audience for one in session.scalars(sa.select(Message))] == ["engineers"]
    assert "sender" in kept_words(tmp_path)


def test_a_ledger_that_is_gone_changes_nothing_but_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", "postgresql+psycopg2://u:sesame@127.0.0.1:1/ledger")
    after_refusal(RUN, [PROBLEM], ["wjj"], NOON)
    kept = kept_words(tmp_path)
    said = capsys.readouterr().err
    for text in (kept, said):
        assert "EXPECTATIONS_LEDGER_URL" in text
        assert "sesame" not in text
        assert "wjj_2024-12.xlsx" in text, "what was found stands there"
    assert summary() == ""
    monkeypatch.delenv("EXPECTATIONS_LEDGER_URL")
    watch(date(2025, 11, 6), NOON)
    assert states()["unnoted"] == "open", "the watchdog tells of it once it can"
    for file in (tmp_path / "data/outbox/unnoted").iterdir():
        file.unlink()
    watch(date(2025, 11, 6), NOON + HOUR)
    assert states()["unnoted"] == "resolved"


def test_the_watchdog_finds_late_feeds_without_any_run() -> None:
    told = watch(date(2025, 11, 6), NOON)
    late = {key for key in states() if key.startswith("late:")}
    assert late
    assert late <= {f"late:{feed.feed}" for feed in declared_feeds()}
    assert "open incidents: python -m expectations incidents" in told
    assert "alerts not sent" in told, "no mail server is set up"
    assert "undelivered:mail" not in states()
    watch(date(2025, 11, 6), NOON + HOUR)
    assert states()["undelivered:mail"] == "open", "that alerts do not get out is an incident itself"


def test_a_summary_of_nothing_is_empty() -> None:
    assert summary() == ""
    assert observing.Run("d", "t", "2024-12", "").scope == "d.t:2024-12"
