"""Quarantine: what is held back, with the rule, the evidence, and what was decided by whom and when.

Three kinds of things are held. A *figure*: one vintage of one observation that a rule of level ``hold``
names; it does not count until somebody has decided. A *row*: what a blocking rule failed on, held with its
whole month. A *file*: bytes that landing refused, kept in the landing's own quarantine folder. An item is
closed by a disposition: ``corrected`` (a right one has taken its place), ``accepted`` (it is true after all,
with a note) or ``rejected`` (it is wrong for good). Nothing is ever deleted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from expectations.incidents import GATE
from expectations.ledger import Disposition, QuarantineItem, exclusive
from raw.errors import BadInput
from warehouse.build import Build
from warehouse.held import HeldFigure, HeldState
from warehouse.verdict import RuleResult, Verdict

DispositionKind = Literal["corrected", "accepted", "rejected"]
HELD = "held"
_LIST = "python -m expectations quarantine list"
# What a closed figure is to the next build: one that was corrected is as gone as one that was rejected.
_TO_THE_BUILD: dict[str, HeldState] = {
    "held": "held",
    "accepted": "accepted",
    "rejected": "rejected",
    "corrected": "rejected",
}


def hold_figures(
    session: Session, figures: Iterable[HeldFigure], build: Build, now: datetime
) -> list[QuarantineItem]:
    """Hold figures back; one that is known already stays as it was decided. Returns the new items."""
    return _add_missing(session, [_figure_item(figure, build, now) for figure in figures])


def hold_rows(session: Session, verdict: Verdict, build: Build, now: datetime) -> list[QuarantineItem]:
    """Hold the rows that blocking rules failed on; those of the month that fail no more are corrected."""
    items = [
        _row_item(result, dict(row), build, now) for result in verdict.blocking for row in result.failing_rows
    ]
    present = {item.item_key for item in items}
    for item in _held(session, "row"):
        if item.reference_month == build.reference_month and item.item_key not in present:
            dispose(session, item.item_id, "corrected", by=GATE, note="不再出现 / fails no more", now=now)
    return _add_missing(session, items)


def hold_files(session: Session, feed: str, landing_root: Path, now: datetime) -> list[QuarantineItem]:
    """Take up the files that landing has refused for a feed."""
    folders = sorted(landing_root.glob(f"{feed}/*/quarantine/*/problems.json"))
    return _add_missing(session, [_file_item(told, landing_root, now) for told in folders])


def close_replaced(
    session: Session, figures: Sequence[HeldFigure], build: Build, now: datetime
) -> list[QuarantineItem]:
    """Held figures that a build no longer finds: the publisher has said something else in their place.

    ``figures`` are those the build still holds. One that knows less than the build an item was found in does
    not speak of it.
    """
    there = {"|".join(figure.key) for figure in figures}
    gone = [
        item
        for item in _held(session, "figure")
        if item.reference_month <= build.reference_month
        and item.as_of_date <= build.as_of_date.isoformat()
        and item.item_key not in there
    ]
    return [
        dispose(session, item.item_id, "corrected", by=GATE, note="发布单位已更新 / replaced", now=now)
        for item in gone
    ]


def dispose(
    session: Session, item_id: int, disposition: str, *, by: str, note: str, now: datetime
) -> QuarantineItem:
    """Decide about an item; a later decision replaces an earlier one, and both are kept.

    Raises BadInput for an unknown item or disposition, without a name, or for an acceptance without a note.
    """
    found = item(session, item_id)
    if disposition not in get_args(DispositionKind):
        known = ", ".join(get_args(DispositionKind))
        raise BadInput.one(f"quarantine item {item_id}", repr(disposition), f"one of {known}", "choose one")
    if not by.strip():
        raise BadInput.one("by", "nothing", "the name of whoever decides", "give --by")
    if disposition == "accepted" and not note.strip():
        raise BadInput.one("note", "nothing", "why the figure is true after all", "give --note")
    found.state = disposition
    found.dispositions.append(
        Disposition(disposition=disposition, disposed_by=by, disposed_at=now, note=note)
    )
    session.flush()
    return found


def item(session: Session, item_id: int) -> QuarantineItem:
    """One item; raises BadInput when there is none of that number."""
    found = session.get(QuarantineItem, item_id)
    if found is None:
        raise BadInput.one(f"quarantine item {item_id}", "nothing", "a known item", f"list them: {_LIST}")
    return found


def items(session: Session, *, open_only: bool) -> list[QuarantineItem]:
    """The items, the oldest first."""
    query = sa.select(QuarantineItem).order_by(QuarantineItem.item_id)
    if open_only:
        query = query.where(QuarantineItem.state == HELD)
    return list(session.scalars(query))


def figures_in_force(session: Session) -> list[HeldFigure]:
    """Every figure that was ever held, as the next build is to treat it."""
    found = [one for one in items(session, open_only=False) if one.item_kind == "figure"]
    return [_as_figure(one) for one in found]


def remember_earlier(session: Session, figures: Iterable[HeldFigure]) -> None:
    """Keep what stood before each figure with it: a later build need not look for it again."""
    earlier = {"|".join(one.key): one.as_dict()["earlier"] for one in figures if one.earlier is not None}
    for found in items(session, open_only=False):
        if found.item_key in earlier and found.evidence["figure"]["earlier"] is None:
            figure = {**found.evidence["figure"], "earlier": earlier[found.item_key]}
            found.evidence = {**found.evidence, "figure": figure}
    session.flush()


def _as_figure(found: QuarantineItem) -> HeldFigure:
    last = found.dispositions[-1] if found.dispositions else None
    return HeldFigure.from_dict(
        f"quarantine item {found.item_id}",
        {
            **found.evidence["figure"],
            "state": _TO_THE_BUILD[found.state],
            "decided_by": last.disposed_by if last else "",
            "note": last.note if last else "",
        },
    )


def _held(session: Session, kind: str) -> list[QuarantineItem]:
    return [one for one in items(session, open_only=True) if one.item_kind == kind]


def _add_missing(session: Session, made: Sequence[QuarantineItem]) -> list[QuarantineItem]:
    exclusive(session)
    added = []
    for one in made:
        known = session.scalar(sa.select(QuarantineItem).where(QuarantineItem.item_key == one.item_key))
        if known is None:
            session.add(one)
            session.flush()
            added.append(one)
    return added


def _figure_item(figure: HeldFigure, build: Build, now: datetime) -> QuarantineItem:
    return QuarantineItem(
        item_kind="figure",
        item_key="|".join(figure.key),
        state=HELD,
        rule=figure.rule,
        what_zh=figure.what_zh,
        what_en=figure.what_en,
        remedy=figure.remedy,
        evidence={"figure": figure.as_dict(), "build_sha256": build.sha256},
        reference_month=build.reference_month,
        as_of_date=build.as_of_date.isoformat(),
        held_at=now,
    )


def _row_item(result: RuleResult, row: dict[str, Any], build: Build, now: datetime) -> QuarantineItem:
    rule = f"{result.suite}.{result.rule_id}"
    told = json.dumps([build.kind, build.reference_month, rule, row], sort_keys=True, ensure_ascii=False)
    return QuarantineItem(
        item_kind="row",
        item_key=f"{rule}:{hashlib.sha256(told.encode()).hexdigest()}",
        state=HELD,
        rule=rule,
        what_zh=result.what_zh,
        what_en=result.what_en,
        remedy=result.remedy,
        evidence={"row": row, "build_sha256": build.sha256},
        reference_month=build.reference_month,
        as_of_date=build.as_of_date.isoformat(),
        held_at=now,
    )


def _file_item(told: Path, landing_root: Path, now: datetime) -> QuarantineItem:
    folder = told.parent
    said = json.loads(told.read_text(encoding="utf-8"))
    files = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name != told.name
    }
    first = said["problems"][0]
    return QuarantineItem(
        item_kind="file",
        item_key=str(folder.relative_to(landing_root)),
        state=HELD,
        rule=f"landing.{folder.parents[1].name}",
        what_zh=f"{first['where']}：应为 {first['expected']}",
        what_en=f"{first['where']}: expected {first['expected']}",
        remedy=first["remedy"],
        evidence={"problems": said["problems"], "sha256": files},
        reference_month=folder.name[:7],
        as_of_date=folder.name[:10],
        held_at=now,
    )
