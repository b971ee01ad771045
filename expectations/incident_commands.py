"""``python -m expectations incidents | show | ack | snooze | resolve | reopen | watch``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from expectations import incidents
from expectations.command import Subparsers, days, number, padded
from expectations.ledger import Incident, open_ledger
from expectations.observing import watch
from raw.errors import BadInput
from warehouse.months import first_adoption, parse_as_of

LEVELS = {"block": "拦截 block", "hold": "扣留 hold", "note": "提示 note"}
STATES = {
    "open": "未受理 open",
    "acknowledged": "已受理 acknowledged",
    "snoozed": "暂缓 snoozed",
    "resolved": "已结 resolved",
}
_MORNING = time(8, 0)
_ZONE = ZoneInfo("Asia/Shanghai")


def add_commands(commands: Subparsers) -> None:
    """Add the commands about incidents."""
    listing = commands.add_parser("incidents", help="未结事件 / open incidents, the worst first")
    listing.add_argument("--all", action="store_true", help="含已结的 / with those that are resolved")
    listing.set_defaults(run=_list)
    for name, told, run in (
        ("show", "一件事件的全部 / all about one incident", _show),
        ("ack", "受理 / say that somebody has taken it up", _acknowledge),
        ("snooze", "暂缓提醒 / say nothing more until a day", _snooze),
        ("resolve", "结案 / say that it is mended, and how", _resolve),
        ("reopen", "重开 / open a resolved one again", _reopen),
    ):
        verb = commands.add_parser(name, help=told)
        verb.add_argument("incident", type=number)
        if name != "show":
            verb.add_argument("--by", required=True, help="姓名 / who says so")
            verb.add_argument("--note", default="", help="说明 / why, how")
        if name == "snooze":
            until = verb.add_mutually_exclusive_group(required=True)
            until.add_argument("--until", help="YYYY-MM-DD，当日8时 / 8:00 of that day")
            until.add_argument("--days", type=days, help="天数 / so many days")
        verb.set_defaults(run=run)
    watching = commands.add_parser(
        "watch", help="查迟到、未发、未受理 / look for late feeds, unsent alerts, incidents nobody took up"
    )
    watching.add_argument("--as-of", help="截止日 YYYY-MM-DD，默认今天 / default today")
    watching.set_defaults(run=_watch)


def _list(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        found = incidents.all_incidents(session) if options.all else incidents.open_incidents(session)
        for one in found:
            print(_line(one))
    if not found:
        print("没有未结事件 / no open incident")
    return 0


def _line(one: Incident) -> str:
    state, level = padded(STATES[one.state], 20), padded(LEVELS[one.severity], 12)
    whose = padded(one.assignee_unit, 14)
    return f"{one.incident_id:5}  {level}{state}{whose}{one.title_zh}\n{' ' * 7}{one.title_en}"


def _show(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        print("\n".join(_details(incidents.incident(session, options.incident))))
    return 0


def _details(one: Incident) -> Iterator[str]:
    yield _line(one)
    yield f"负责 for: {one.assignee_unit}; 单位 units: {', '.join(one.units) or '—'}"
    yield f"报告月 month: {one.reference_month}    截止日 as of: {one.as_of_date}"
    yield f"为何 because: {one.because}"
    yield f"怎么办 remedy: {one.remedy_zh} / {one.remedy_en}"
    for place in one.evidence:
        yield f"依据 evidence: {place}"
    for subject in one.subjects:
        names = " / ".join(filter(None, [subject.name_zh, subject.name_en]))
        gone = "" if subject.is_present else " （已无 gone）"
        detail = f": {subject.detail}" if subject.detail else ""
        yield f"  - {padded(subject.subject_kind, 10)} {subject.subject_key} {names}{detail}{gone}"
    yield f"见 {one.seen_count} 次 / seen {one.seen_count} times"
    for action in one.actions:
        yield f"  {_local(action.acted_at)}  {action.action}  {action.acted_by}  {action.note}"


def _acknowledge(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        print(
            _line(
                incidents.acknowledge(session, options.incident, by=options.by, now=_now(), note=options.note)
            )
        )
    return 0


def _snooze(options: argparse.Namespace) -> int:
    until = _now() + timedelta(days=options.days) if options.days else _morning_of(options.until)
    with open_ledger() as session:
        print(_line(incidents.snooze(session, options.incident, until=until, **_said(options))))
    return 0


def _morning_of(text: str | None) -> datetime:
    if text is None:
        raise BadInput.one("--days", "0", "at least 1", "give --days or --until")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput.one("--until", repr(text), "YYYY-MM-DD", "correct the date") from None
    return datetime.combine(day, _MORNING, _ZONE)


def _resolve(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        print(
            _line(incidents.resolve(session, options.incident, by=options.by, now=_now(), note=options.note))
        )
    return 0


def _reopen(options: argparse.Namespace) -> int:
    with open_ledger() as session:
        print(
            _line(incidents.reopen(session, options.incident, by=options.by, now=_now(), note=options.note))
        )
    return 0


def _watch(options: argparse.Namespace) -> int:
    as_of = parse_as_of(options.as_of) if options.as_of else date.today()
    if not first_adoption() <= as_of <= date.today():
        raise BadInput.one(
            "AS_OF",
            as_of.isoformat(),
            f"a day from {first_adoption()}, when a plan was adopted, to today",
            "leave it out for today",
        )
    print(watch(as_of, _now()) or "没有未结事件，提醒均已发出 / nothing is open, every alert was sent")
    return 0


def _said(options: argparse.Namespace) -> dict[str, Any]:
    return {"by": options.by, "now": _now(), "note": options.note}


def _now() -> datetime:
    return datetime.now(UTC)


def _local(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}"
