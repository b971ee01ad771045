"""What each step of the month noticed goes into the ledger, and from there to those who can mend it.

These functions stand at the end of the line: they never raise. What the ledger or the routes will not take is
written to ``outbox/unnoted`` in the data folder and said on stderr, and the watchdog tells of it once it can:
an alert may be late but is not lost, and a step's own result stands whatever becomes of its alert.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from expectations.alerts.dispatch import dispatch, escalate, tell, tell_status, undelivered
from expectations.alerts.routes import Routes, emergency_routes, load_routes
from expectations.figures import figures_of
from expectations.findings import (
    Finding,
    of_failure,
    of_lateness,
    of_overdue,
    of_refusal,
    of_status_changes,
    of_undelivered,
    of_unnoted,
    of_verdict,
)
from expectations.incidents import end_those, observe, open_incidents, wake
from expectations.ledger import Delivery, Incident, QuarantineItem, open_ledger
from expectations.quarantine import HELD, hold_files, hold_rows, items
from expectations.results import keep, mark_released
from raw.errors import BadInput, Problem
from raw.feed import Feed, declared_feeds
from raw.land import landing_root, vintages
from raw.publishing_calendar import timeliness
from warehouse.diff import diff
from warehouse.paths import data_root

if TYPE_CHECKING:
    from warehouse.build import Build
    from warehouse.release import Release
    from warehouse.verdict import Verdict


@dataclass(frozen=True)
class Run:
    """The step that speaks: its DAG and task, and the two dates of its run."""

    dag_id: str
    task_id: str
    reference_month: str
    as_of_date: str

    @property
    def scope(self) -> str:
        """What one run of the step answers for: a later good run of the same resolves what it reported."""
        return f"{self.dag_id}.{self.task_id}:{self.reference_month}"


def after_success(run: Run, now: datetime) -> None:
    """A step that ended well: what it reported before is over."""
    _observe(run.scope, lambda: [], now)


def after_run(dag_id: str, run_id: str, now: datetime) -> None:
    """A run that is over, well or not: it is overdue no more."""
    _observe(_overdue(dag_id, run_id), lambda: [], now)


def after_deadline(run: Run, run_id: str, hours: float, now: datetime) -> None:
    """A run that is not over by its deadline, which is the engineers' to look into."""
    findings = of_overdue(
        run.dag_id, run_id, hours, reference_month=run.reference_month, as_of=run.as_of_date
    )
    _observe(_overdue(run.dag_id, run_id), lambda: findings, now)


def after_refusal(run: Run, problems: Sequence[Problem], units: Sequence[str], now: datetime) -> None:
    """A step that refused its input; ``units`` are those of the feed, whose refused files are taken up."""

    def take_up(session: Session) -> None:
        hold_files(session, run.dag_id.removeprefix("pull_"), landing_root(), now)

    findings = of_refusal(
        problems,
        scope=run.scope,
        units=units,
        reference_month=run.reference_month,
        as_of=run.as_of_date,
    )
    _observe(run.scope, lambda: findings, now, besides=take_up)


def after_failure(run: Run, error: str, now: datetime) -> None:
    """A step that broke, which is the engineers' to mend."""
    findings = of_failure(
        run.dag_id, run.task_id, error, reference_month=run.reference_month, as_of=run.as_of_date
    )
    _observe(run.scope, lambda: findings, now)


def after_judgement(build: Build, verdict: Verdict, now: datetime) -> None:
    """The gate's verdict: its results are kept, what fails becomes incidents, what passes again ends them.

    A figure that is held back passes no rule: its incident stays open until somebody has decided.
    """
    scope = f"gate:{build.kind}:{build.reference_month}"

    def keep_results(session: Session) -> None:
        keep(session, verdict, build, now)
        hold_rows(session, verdict, build, now)

    def found() -> Sequence[Finding]:
        return of_verdict(verdict, build, figures_of(build.file))

    _observe(scope, found, now, besides=keep_results, keeps_open=_is_still_held)


def after_disposition(now: datetime) -> None:
    """Figures were decided on, or replaced by their publisher: an incident that waits for none is over.

    Its own month may never be judged again, so no run would end it.
    """

    def note() -> None:
        with open_ledger() as session:
            tell(session, end_those(session, _is_decided, now=now), _routes(), now=now)

    if _guarded("dispositions", note):
        _guarded("dispositions", lambda: _send(now))


def after_release(made: Release, previous: Release | None, verdict: Verdict, now: datetime) -> None:
    """A release: its judgement is marked as released; units hear of indicators that changed status."""

    def note() -> None:
        before = (previous.database, previous.name) if previous else (None, None)
        changes = diff(made.database, *before)
        findings = of_status_changes(changes, figures_of(made.database), made.name)
        with open_ledger() as session:
            mark_released(session, verdict, made.name)
            tell_status(session, findings, _routes(), now=now)

    if _guarded(f"status:{made.name}", note):
        _guarded(f"status:{made.name}", lambda: _send(now))


def watch(as_of: date, now: datetime) -> str:
    """Look for what no run will tell: feeds that are late, alerts that wait, incidents nobody took up.

    Returns what is open in one line. Needs no run of any DAG.
    """
    for feed in declared_feeds():
        _observe(f"late:{feed.feed}", partial(_late, feed, as_of), now, sends=False)
    _observe("alerts", _undelivered, now, sends=False)
    _observe("unnoted", lambda: of_unnoted(sorted(_unnoted().glob("*.txt")), now), now, sends=False)
    _guarded("escalation", lambda: _escalate(now))
    _guarded("dispatch", lambda: _send(now))
    return summary()


def summary() -> str:
    """One line on the incidents that are open and the alerts that are not out; empty where there is none."""
    with suppress(BadInput, sa.exc.SQLAlchemyError), open_ledger() as session:
        found, waiting = open_incidents(session), undelivered(session)
        told = [
            (len(found), "未结事件", "open incidents", "incidents"),
            (len(waiting), "未发提醒", "alerts not sent", "alerts pending"),
        ]
        return "\n".join(
            f"{zh} {count} / {count} {en}: python -m expectations {command}"
            for count, zh, en, command in told
            if count
        )
    return ""


def _overdue(dag_id: str, run_id: str) -> str:
    return f"overdue:{dag_id}:{run_id}"


def _late(feed: Feed, as_of: date) -> list[Finding]:
    rows = [
        row
        for table in feed.tables
        for row in timeliness(feed, table, vintages(landing_root(), feed.feed, table, as_of), as_of)
    ]
    return of_lateness(feed, rows, as_of)


def _undelivered() -> list[Finding]:
    """Alerts that do not get out are themselves something to be mended: one finding a channel."""
    by_channel: dict[str, list[Delivery]] = {}
    with open_ledger() as session:
        for delivery in undelivered(session):
            by_channel.setdefault(delivery.channel, []).append(delivery)
        return [of_undelivered(channel, deliveries) for channel, deliveries in sorted(by_channel.items())]


def _is_still_held(session: Session, found: Incident) -> bool:
    """Whether a figure that the incident is about still waits for a decision."""
    return any(item.state == HELD for item in _figures_of(session, found))


def _is_decided(session: Session, found: Incident) -> bool:
    """Whether figures were held for the incident and none waits any longer."""
    figures = [item for item in _figures_of(session, found) if item.reference_month == found.reference_month]
    return bool(figures) and all(item.state != HELD for item in figures)


def _figures_of(session: Session, found: Incident) -> list[QuarantineItem]:
    """The figures in quarantine for the rules that an incident of level hold is about."""
    if found.severity != "hold":
        return []
    rules = {subject.subject_key for subject in found.subjects if subject.subject_kind == "rule"}
    return [
        item for item in items(session, open_only=False) if item.item_kind == "figure" and item.rule in rules
    ]


def _observe(
    scope: str,
    find: Callable[[], Sequence[Finding]],
    now: datetime,
    *,
    besides: Callable[[Session], None] = lambda _session: None,
    keeps_open: Callable[[Session, Incident], bool] = lambda _session, _found: False,
    sends: bool = True,
) -> None:
    """Note the findings and tell of what changed, in one transaction; then send, which waits for others.

    ``besides`` is what else belongs into that transaction.
    """
    findings: list[Finding] = []

    def note() -> None:
        findings.extend(find())
        with open_ledger() as session:
            besides(session)
            changes = observe(session, findings, scope=scope, now=now, keeps_open=keeps_open)
            tell(session, changes, _routes(), now=now)

    if _guarded(scope, note, findings) and sends:
        _guarded(scope, lambda: _send(now))


def _routes() -> Routes:
    """The routes, or, while they are unusable, those that keep every message until they are mended."""
    try:
        return load_routes()
    except BadInput as error:
        _keep_word("routes.yml", str(error))
        return emergency_routes()


def _send(now: datetime) -> None:
    with open_ledger() as session:
        report = dispatch(session, load_routes(), now=now)
    if report.sent or report.kept or report.given_up:
        print(report, file=sys.stderr)


def _escalate(now: datetime) -> None:
    routes = load_routes()
    with open_ledger() as session:
        tell(session, [*wake(session, now=now), *escalate(session, routes, now=now)], routes, now=now)


def _guarded(what: str, work: Callable[[], None], findings: Sequence[Finding] = ()) -> bool:
    """Do it; where it cannot be done, keep word of that and of the findings. Returns whether it was done."""
    try:
        work()
    except Exception as error:  # noqa: BLE001 (the step's own result must stand, whatever this was)
        reason = f"{error}" if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"
        _keep_word(what, reason, findings)
        return False
    return True


def _keep_word(what: str, reason: str, findings: Sequence[Finding] = ()) -> None:
    told = [f"{one.title_zh}\n{one.title_en}" for one in findings]
    text = "\n".join([f"提醒未能登记 / an alert could not be noted: {what}", reason, *told, ""])
    print(text, file=sys.stderr)
    with suppress(OSError):
        _unnoted().mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "_" for letter in what)[:80]
        # By its content: what is said every ten minutes lies there once.
        mark = hashlib.sha256(text.encode()).hexdigest()[:12]
        Path(_unnoted(), f"{name}.{mark}.txt").write_text(text, encoding="utf-8")


def _unnoted() -> Path:
    return data_root() / "outbox" / "unnoted"
