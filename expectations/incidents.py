"""Incidents: one cause, one incident, from its opening until somebody has mended it.

``observe`` compares what was found now with what is open: it opens, updates, worsens, reopens, and ends what
is no longer found. It may be called with the same findings any number of times, by any number of processes.
People acknowledge, snooze, resolve and reopen. Every step is kept in ``incident_actions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from expectations.command import LARGEST
from expectations.findings import Finding, Subject
from expectations.ledger import Incident, IncidentAction, IncidentSubject, exclusive
from raw.errors import BadInput

What = Literal["opened", "worsened", "reopened", "recovered", "escalated", "reminded"]
GATE = "关口 gate"
"""Who acted where no person did."""

SEVERITIES = ("note", "hold", "block")
_RESOLVED = "resolved"
_LIST = "python -m expectations incidents"


@dataclass(frozen=True)
class Change:
    """What happened to an incident that somebody is to hear of."""

    incident_id: int
    what: What
    at: datetime


def observe(
    session: Session,
    findings: Sequence[Finding],
    *,
    scope: str,
    now: datetime,
    keeps_open: Callable[[Session, Incident], bool] = lambda _session, _found: False,
) -> list[Change]:
    """Bring the incidents of ``scope`` in line with what was found now; returns what changed.

    ``scope`` names what was looked at, such as ``gate:official:2024-12``: an incident of the scope whose
    cause is not among the findings has ended, unless ``keeps_open`` says that it waits for something else.
    The same findings again change nothing but the count.
    """
    exclusive(session)
    changes: list[Change] = []
    found = {finding.cause_key: finding for finding in _merged(findings)}
    for finding in found.values():
        what = _note(session, finding, scope, now)
        if what is not None:
            changes.append(what)
    return changes + _ended(session, scope, set(found), now, keeps_open)


def acknowledge(session: Session, incident_id: int, *, by: str, now: datetime, note: str = "") -> Incident:
    """Somebody has taken it up; raises BadInput for an unknown or resolved incident."""
    found = _in_state(session, incident_id, ("open", "acknowledged", "snoozed"), "acknowledge")
    found.state, found.snoozed_until = "acknowledged", None
    found.acknowledged_by, found.acknowledged_at = by, now
    return _acted(session, found, "acknowledged", by, now, note)


def snooze(
    session: Session, incident_id: int, *, by: str, now: datetime, until: datetime, note: str = ""
) -> Incident:
    """Say nothing more of it until a moment; raises BadInput when that is past."""
    if until <= now:
        raise BadInput.one(
            "until", until.isoformat(), f"a moment after {now.isoformat()}", "give a later one"
        )
    found = _in_state(session, incident_id, ("open", "acknowledged", "snoozed"), "snooze")
    found.state, found.snoozed_until = "snoozed", until
    return _acted(session, found, "snoozed", by, now, f"{until.isoformat()} {note}".strip())


def resolve(session: Session, incident_id: int, *, by: str, now: datetime, note: str) -> Incident:
    """Somebody says it is mended, and how; raises BadInput without a note or for a resolved incident.

    If the cause is still found, the next run reopens it.
    """
    if not note.strip():
        raise BadInput.one("note", "nothing", "how it was mended", "say so in --note")
    found = _in_state(session, incident_id, ("open", "acknowledged", "snoozed"), "resolve")
    found.state, found.resolved_at, found.snoozed_until = _RESOLVED, now, None
    return _acted(session, found, "resolved", by, now, note)


def reopen(session: Session, incident_id: int, *, by: str, now: datetime, note: str = "") -> Incident:
    """Open a resolved incident again; raises BadInput for one that is not resolved."""
    found = _in_state(session, incident_id, (_RESOLVED,), "reopen")
    _open_again(found)
    return _acted(session, found, "reopened", by, now, note)


def incident(session: Session, incident_id: int) -> Incident:
    """One incident; raises BadInput when there is none of that number."""
    found = session.get(Incident, incident_id) if incident_id <= LARGEST else None
    if found is None:
        raise BadInput.one(f"incident {incident_id}", "nothing", "a known incident", f"list them: {_LIST}")
    return found


def wake(session: Session, *, now: datetime) -> list[Change]:
    """Open again what was snoozed until now and is not over; nothing else may look at it for a month."""
    exclusive(session)
    asleep = session.scalars(
        sa.select(Incident)
        .where(Incident.state == "snoozed", Incident.snoozed_until <= now)
        .order_by(Incident.incident_id)
    ).all()
    for one in asleep:
        _open_again(one)
    return [_told(session, one, "reminded", now) for one in asleep]


def end_those(
    session: Session, are_over: Callable[[Session, Incident], bool], *, now: datetime
) -> list[Change]:
    """End the incidents that no run will look at again and that are over for another reason."""
    exclusive(session)
    return [_end(session, one, now) for one in open_incidents(session) if are_over(session, one)]


def waits_since(found: Incident) -> datetime:
    """The moment from which nobody has taken it up: when it was opened last."""
    opened = ("opened", "reopened", "reminded")
    return max((one.acted_at for one in found.actions if one.action in opened), default=found.opened_at)


def open_incidents(session: Session) -> list[Incident]:
    """Every incident that is not resolved: the worst first, then the oldest."""
    rank = sa.case({name: place for place, name in enumerate(SEVERITIES)}, value=Incident.severity)
    query = (
        sa.select(Incident)
        .where(Incident.state != _RESOLVED)
        .order_by(rank.desc(), Incident.opened_at, Incident.incident_id)
    )
    return list(session.scalars(query))


def all_incidents(session: Session) -> list[Incident]:
    """Every incident ever, the newest first."""
    return list(session.scalars(sa.select(Incident).order_by(Incident.incident_id.desc())))


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding a cause; of two with one cause the worse stands."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        before = worst.get(finding.cause_key)
        if before is None or _rank(finding.severity) > _rank(before.severity):
            worst[finding.cause_key] = finding
    return list(worst.values())


def _note(session: Session, finding: Finding, scope: str, now: datetime) -> Change | None:
    known = session.scalar(sa.select(Incident).where(Incident.cause_key == finding.cause_key))
    if known is None:
        made = _opened(session, finding, scope, now)
        return _told(session, made, "opened", now)
    what = _what_changed(known, finding, now)
    _update(session, known, finding, scope, now)
    return None if what is None else _told(session, known, what, now)


def _what_changed(known: Incident, finding: Finding, now: datetime) -> What | None:
    """What is new for the reader, before the incident is brought up to date."""
    if known.state == _RESOLVED:
        return "reopened"
    if _rank(finding.severity) > _rank(known.severity):
        return "worsened"
    if known.state == "snoozed" and known.snoozed_until is not None and known.snoozed_until <= now:
        return "reminded"
    return None


def _opened(session: Session, finding: Finding, scope: str, now: datetime) -> Incident:
    made = Incident(cause_key=finding.cause_key, state="open", opened_at=now, seen_count=0, escalation_step=0)
    _update(session, made, finding, scope, now)
    return made


def _update(session: Session, known: Incident, finding: Finding, scope: str, now: datetime) -> None:
    known.scope, known.kind, known.severity = scope, finding.kind, finding.severity
    known.title_zh, known.title_en, known.because = finding.title_zh, finding.title_en, finding.because
    known.remedy_zh, known.remedy_en = finding.remedy_zh, finding.remedy_en
    known.owner, known.units, known.evidence = finding.owner, list(finding.units), list(finding.evidence)
    known.assignee_unit = finding.units[0] if finding.owner == "units" and finding.units else finding.owner
    known.reference_month, known.as_of_date = finding.reference_month, finding.as_of_date
    known.last_seen_at, known.seen_count = now, known.seen_count + 1
    if known.state == _RESOLVED or (known.snoozed_until is not None and known.snoozed_until <= now):
        _open_again(known)
    session.add(known)
    session.flush()
    _set_subjects(session, known, finding.subjects)


def _open_again(known: Incident) -> None:
    known.state, known.resolved_at, known.snoozed_until = "open", None, None
    known.acknowledged_by, known.acknowledged_at, known.escalation_step = None, None, 0


def _set_subjects(session: Session, known: Incident, subjects: Sequence[Subject]) -> None:
    """What the incident touches now is present; what it touched before stays, as history."""
    there = {(one.subject_kind, one.subject_key): one for one in known.subjects}
    for one in there.values():
        one.is_present = False
    for subject in subjects:
        row = there.get((subject.kind, subject.key))
        if row is None:
            row = IncidentSubject(subject_kind=subject.kind, subject_key=subject.key)
            known.subjects.append(row)
            there[(subject.kind, subject.key)] = row
        row.name_zh, row.name_en, row.detail, row.is_present = (
            subject.name_zh, subject.name_en, subject.detail, True,
        )  # fmt: skip
    session.flush()


def _ended(
    session: Session,
    scope: str,
    found: set[str],
    now: datetime,
    keeps_open: Callable[[Session, Incident], bool],
) -> list[Change]:
    over = session.scalars(
        sa.select(Incident)
        .where(Incident.scope == scope, Incident.state != _RESOLVED)
        .order_by(Incident.incident_id)
    )
    return [
        _end(session, one, now) for one in over if one.cause_key not in found and not keeps_open(session, one)
    ]


def _end(session: Session, found: Incident, now: datetime) -> Change:
    found.state, found.resolved_at, found.snoozed_until = _RESOLVED, now, None
    return _told(session, found, "recovered", now)


def _told(session: Session, found: Incident, what: What, now: datetime) -> Change:
    _acted(session, found, what, GATE, now, found.title_zh)
    return Change(found.incident_id, what, now)


def _acted(session: Session, found: Incident, action: str, by: str, now: datetime, note: str) -> Incident:
    session.add(
        IncidentAction(incident_id=found.incident_id, action=action, acted_by=by, acted_at=now, note=note)
    )
    session.flush()
    session.refresh(found, ["actions"])
    return found


def _in_state(session: Session, incident_id: int, states: Sequence[str], verb: str) -> Incident:
    found = incident(session, incident_id)
    if found.state not in states:
        raise BadInput.one(
            f"incident {incident_id}",
            f"state {found.state}",
            f"one of {', '.join(states)} to {verb} it",
            f"look at it: python -m expectations show {incident_id}",
        )
    return found


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)
