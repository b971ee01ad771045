"""From a change to the people who hear of it: told once, kept until sent, sent within each service's limits.

``tell`` writes messages, ``dispatch`` sends what is due, ``escalate`` climbs the ladder. All of it is in the
ledger first: a service that is down, slow or refusing delays an alert and never loses it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from expectations.alerts.calendar import send_after, working_hours_between
from expectations.alerts.channels import LIMITS, Outcome, Parcel, send_to
from expectations.alerts.compose import body_of, body_of_status, title_of, title_of_status
from expectations.alerts.mail import send_mail
from expectations.alerts.routes import Channel, Routes
from expectations.alerts.secrets import address_of
from expectations.findings import Finding
from expectations.incidents import GATE, Change, incident, waits_since
from expectations.ledger import Delivery, Incident, IncidentAction, Message, exclusive
from raw.errors import BadInput
from raw.land import REHEARSAL
from warehouse.paths import data_root

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""How long to wait before each further try; after the last one the delivery is given up, visibly."""

CLAIMED_FOR = timedelta(minutes=10)
"""Longer than any service may take: a process that has died by then sends no more."""

DIGEST_TITLES = 40
_UNREACHED = (
    "\n另：{audience} 在 routes.yml 中没有地址，未能通知，请补上"
    " / has no address in routes.yml and was not told: add it\n"
)
Sender = Callable[[Channel, Routes, Sequence[str], Parcel, datetime], Outcome]


@dataclass(frozen=True)
class DispatchReport:
    """What became of the deliveries that were due; ``reasons`` say why some are still here."""

    sent: int = 0
    kept: int = 0
    given_up: int = 0
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f"提醒 alerts: 已发 sent {self.sent}，留存待发 kept {self.kept}，放弃 given up {self.given_up}"
        return "\n".join([told, *(f"  {reason}" for reason in dict.fromkeys(self.reasons))])


def tell(session: Session, changes: Sequence[Change], routes: Routes, *, now: datetime) -> list[Message]:
    """Write one message a change and audience, unless it was written before."""
    made: list[Message] = []
    for change in changes:
        found = incident(session, change.incident_id)
        for audience in _audiences(session, found, change, routes):
            made += _add(
                session,
                key=f"{found.incident_id}:{change.what}:{change.at.isoformat()}:{audience}",
                incident_id=found.incident_id,
                change=change.what,
                audience=audience,
                severity="note" if change.what == "recovered" else found.severity,
                title=title_of(found, change),
                body=body_of(found, change, audience, routes),
                routes=routes,
                now=now,
            )
    return made


def tell_status(
    session: Session, findings: Sequence[Finding], routes: Routes, *, now: datetime
) -> list[Message]:
    """Write the messages about changed statuses: news, not incidents; nobody has to mend them."""
    made: list[Message] = []
    for finding in findings:
        for audience in routes.hears(finding.kind, finding.severity, list(finding.units)):
            made += _add(
                session,
                key=f"{finding.cause_key}:{audience}",
                incident_id=None,
                change="status",
                audience=audience,
                severity=finding.severity,
                title=title_of_status(finding),
                body=body_of_status(finding),
                routes=routes,
                now=now,
            )
    return made


def escalate(session: Session, routes: Routes, *, now: datetime) -> list[Change]:
    """The incidents that nobody has taken up for so long that more people are to be told."""
    changes: list[Change] = []
    exclusive(session)
    for found in session.scalars(sa.select(Incident).where(Incident.state == "open")):
        step = _step_reached(found, routes, now)
        if step > found.escalation_step:
            found.escalation_step = step
            session.add(
                IncidentAction(
                    incident_id=found.incident_id, action="escalated", acted_by=GATE, acted_at=now,
                    note=f"第{step}级 step {step}",
                )
            )  # fmt: skip
            changes.append(Change(found.incident_id, "escalated", now))
    session.flush()
    return changes


def dispatch(
    session: Session, routes: Routes, *, now: datetime, sender: Sender | None = None
) -> DispatchReport:
    """Send what is due, each service within its limits; commits before and after every parcel.

    Several processes may do so at once: each sends what it has claimed, and waits for no service in a
    transaction. One that dies leaves its claim due again after ten minutes.

    More than ``digest_over`` messages for one address at once go as one digest. A channel that refuses is
    left alone until its next try, so that one that hangs holds up no other and costs one timeout.
    """
    exclusive(session)
    _plan(session, routes, now)
    session.commit()
    send = sender or send_over
    report = DispatchReport()
    for channel_name, target in _due_addresses(session, now):
        for parcel, deliveries in _parcels(session, routes, channel_name, target, now):
            outcome = _try(send, routes, channel_name, deliveries, parcel, now)
            report = _noted(report, channel_name, deliveries, outcome, parcel.key, now)
            session.commit()
            if not outcome.sent:
                break
    return report


def undelivered(session: Session) -> list[Delivery]:
    """Deliveries that have failed at least once and are not sent: still waiting, or given up."""
    query = (
        sa.select(Delivery)
        .where(Delivery.state != "sent", Delivery.attempts > 0)
        .order_by(Delivery.delivery_id)
    )
    return list(session.scalars(query))


def retry(session: Session, *, now: datetime) -> int:
    """Make everything that is not sent due now, also what was given up; returns how many."""
    waiting = list(session.scalars(sa.select(Delivery).where(Delivery.state != "sent")))
    for delivery in waiting:
        delivery.state, delivery.next_attempt_at, delivery.attempts = "pending", now, 0
    session.flush()
    return len(waiting)


def _audiences(session: Session, found: Incident, change: Change, routes: Routes) -> list[str]:
    """Who hears: of a recovery, those who heard of the incident; of an escalation, those of its step too."""
    if change.what == "recovered":
        told = session.scalars(
            sa.select(Message.audience)
            .where(Message.incident_id == found.incident_id, Message.change != "recovered")
            .distinct()
            .order_by(Message.audience)
        )
        return list(told)
    hears = routes.hears(found.kind, found.severity, list(found.units))
    if change.what == "escalated":
        step = routes.escalation[found.escalation_step - 1]
        return routes.expanded(step.to, list(found.units)) or ["engineers"]
    return hears


def _step_reached(found: Incident, routes: Routes, now: datetime) -> int:
    hours = working_hours_between(waits_since(found), now, routes.time_zone)
    reached = [
        number
        for number, step in enumerate(routes.escalation, start=1)
        if found.severity in step.severities and hours >= step.after_working_hours
    ]
    return max(reached, default=0)


def _add(
    session: Session,
    *,
    key: str,
    incident_id: int | None,
    change: str,
    audience: str,
    severity: str,
    title: str,
    body: str,
    routes: Routes,
    now: datetime,
) -> list[Message]:
    message_key = hashlib.sha256(key.encode()).hexdigest()[:32]
    if session.scalar(sa.select(Message).where(Message.message_key == message_key)) is not None:
        return []
    message = Message(
        message_key=message_key,
        incident_id=incident_id,
        change=change,
        audience=audience,
        severity=severity,
        title=title,
        body=body,
        made_at=now,
        send_after=send_after(now, audience, severity, routes),
    )
    session.add(message)
    session.flush()
    return [message]


def _plan(session: Session, routes: Routes, now: datetime) -> None:
    """One delivery a channel of the audience, made when the message is due: by then routes may be mended."""
    due = session.scalars(
        sa.select(Message)
        .where(Message.send_after <= now, ~Message.deliveries.any())
        .order_by(Message.message_id)
    )
    for message in due:
        audience = routes.audience(message.audience)
        if audience is None:
            audience = routes.audiences["engineers"]
            message.body += _UNREACHED.format(audience=message.audience)
        for channel in audience.channels:
            email = routes.channels[channel].kind == "email"
            message.deliveries.append(
                Delivery(
                    channel=channel,
                    target=", ".join(audience.addresses) if email else channel,
                    state="pending",
                    attempts=0,
                    next_attempt_at=now,
                    last_error="",
                )
            )
    session.flush()


def _due_addresses(session: Session, now: datetime) -> list[tuple[str, str]]:
    query = (
        sa.select(Delivery.channel, Delivery.target)
        .where(Delivery.state == "pending", Delivery.next_attempt_at <= now)
        .group_by(Delivery.channel, Delivery.target)
        .order_by(sa.func.min(Delivery.delivery_id))
    )
    return [(channel, target) for channel, target in session.execute(query)]


def _parcels(
    session: Session, routes: Routes, channel_name: str, target: str, now: datetime
) -> Iterator[tuple[Parcel, list[Delivery]]]:
    """What goes to one address now: never more than its service takes in a minute."""
    query = (
        sa.select(Delivery)
        .where(
            Delivery.channel == channel_name,
            Delivery.target == target,
            Delivery.state == "pending",
            Delivery.next_attempt_at <= now,
        )
        .order_by(Delivery.delivery_id)
        # Read now: a look-up after the claim would hold a transaction open while the service is slow.
        .options(joinedload(Delivery.message))
    )
    due = list(session.scalars(query))
    channel = routes.channels.get(channel_name)
    limit = LIMITS[channel.kind] if channel else LIMITS["email"]
    free = limit.per_minute - _sent_lately(session, channel_name, target, now)
    if free <= 0:
        return
    if len(due) > min(routes.digest_over, free):
        if ours := _claimed(session, due, now):
            yield _digest([delivery.message for delivery in ours]), ours
        return
    for delivery in due:
        if _claimed(session, [delivery], now):
            message = delivery.message
            yield Parcel(message.message_key, message.title, message.body, message.severity), [delivery]


def _claimed(session: Session, due: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those of the deliveries that no other process has claimed since they were looked up."""
    query = (
        sa.update(Delivery)
        .where(
            Delivery.delivery_id.in_([delivery.delivery_id for delivery in due]),
            Delivery.state == "pending",
            Delivery.next_attempt_at <= now,
        )
        .values(next_attempt_at=now + CLAIMED_FOR)
        .returning(Delivery.delivery_id)
    )
    won = set(session.scalars(query))
    session.commit()
    return [delivery for delivery in due if delivery.delivery_id in won]


def _sent_lately(session: Session, channel_name: str, target: str, now: datetime) -> int:
    """Parcels sent to an address in the last minute."""
    query = sa.select(sa.func.count(sa.distinct(Delivery.parcel_key))).where(
        Delivery.channel == channel_name,
        Delivery.target == target,
        Delivery.sent_at > now - timedelta(minutes=1),
    )
    return session.scalar(query) or 0


def _digest(messages: Sequence[Message]) -> Parcel:
    worst = min((m.severity for m in messages), key=("block", "hold", "note").index)
    key = hashlib.sha256("\n".join(m.message_key for m in messages).encode()).hexdigest()[:32]
    lines = [f"{number}. {m.title}" for number, m in enumerate(messages[:DIGEST_TITLES], start=1)]
    if len(messages) > DIGEST_TITLES:
        lines.append(f"… 另有 {len(messages) - DIGEST_TITLES} 条 / more: python -m expectations incidents")
    texts = [f"——— {number} ———\n{m.body}" for number, m in enumerate(messages, start=1)]
    first = messages[0].title
    title = f"{len(messages)} 条提醒 / {len(messages)} alerts：{first}"
    return Parcel(key, title[:120], "\n".join([*lines, "", *texts]), worst)


def _try(
    send: Sender, routes: Routes, channel_name: str, deliveries: Sequence[Delivery], parcel: Parcel,
    now: datetime,
) -> Outcome:  # fmt: skip
    if os.environ.get(REHEARSAL):
        return Outcome(False, "模拟演练不发提醒 / a rehearsal sends no alerts", final=True)
    channel = routes.channels.get(channel_name)
    if channel is None:
        return Outcome(False, f"{channel_name} is no longer in routes.yml", final=True)
    addresses = deliveries[0].target.split(", ") if channel.kind == "email" else []
    try:
        return send(channel, routes, addresses, parcel, now)
    except Exception as error:  # noqa: BLE001 (one broken channel must not hold up the others)
        return Outcome(False, type(error).__name__)


def send_over(
    channel: Channel, routes: Routes, addresses: Sequence[str], parcel: Parcel, now: datetime
) -> Outcome:
    """Send one parcel over one channel; never raises for what the service does."""
    if channel.kind == "email":
        return send_mail(channel.connection or "", routes.sender, addresses, parcel, now)
    try:
        address = address_of(channel)
    except BadInput as error:
        return Outcome(False, str(error))
    return send_to(channel, address, parcel, now)


def _noted(
    report: DispatchReport,
    channel: str,
    deliveries: Sequence[Delivery],
    outcome: Outcome,
    parcel_key: str,
    now: datetime,
) -> DispatchReport:
    if outcome.sent:
        for delivery in deliveries:
            delivery.state, delivery.sent_at, delivery.attempts = "sent", now, delivery.attempts + 1
            delivery.parcel_key, delivery.last_error = parcel_key, ""
        return DispatchReport(report.sent + len(deliveries), report.kept, report.given_up, report.reasons)
    given_up = 0
    for delivery in deliveries:
        delivery.attempts += 1
        delivery.last_error = outcome.reason
        if outcome.final or delivery.attempts > len(WAITS):
            delivery.state = "given_up"
            given_up += 1
        else:
            wait = WAITS[delivery.attempts - 1]
            delivery.next_attempt_at = now + max(wait, outcome.retry_after or wait)
        _keep_a_copy(delivery)
    return DispatchReport(
        report.sent,
        report.kept + len(deliveries) - given_up,
        report.given_up + given_up,
        (*report.reasons, f"{channel}: {outcome.reason}"),
    )


def _keep_a_copy(delivery: Delivery) -> None:
    """A file a person finds without the ledger; written at the first failure, never twice."""
    message = delivery.message
    path = data_root() / "outbox" / f"{message.made_at:%Y-%m-%d}_{message.message_key}.txt"
    text = f"{message.title}\n收件 For: {message.audience}\n\n{message.body}"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            print(f"提醒未能发出，已留存 an alert could NOT be sent, kept: {path}", file=sys.stderr)
