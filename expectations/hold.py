"""The hold level: the month is published without the figures at fault, each with its last good value shown.

``settle`` puts the figures that a verdict holds back in quarantine, builds again without them, and has the
gate judge what is left. A disposition is settled in the same way: ``rerun`` builds, judges, settles.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from expectations.gate import judge
from expectations.ledger import open_ledger
from expectations.quarantine import close_replaced, figures_in_force, hold_figures, remember_earlier
from warehouse.build import Build, build
from warehouse.held import KEY, HeldFigure, figure_key, figures_of
from warehouse.release import previous_release
from warehouse.verdict import Verdict

MOST_ROUNDS = 3
"""Holding a figure back may uncover one that it hid; after so many rounds a person has to look."""


def build_as_decided(
    reference_month: str, as_of: date, kind: str, *, landing_root: Path, data_root: Path
) -> Build:
    """A build by what has been decided by now; what stood before each held figure is kept with it."""
    with open_ledger() as session:
        held = figures_in_force(session)
    made = build(reference_month, as_of, landing_root=landing_root, data_root=data_root, kind=kind, held=held)
    with open_ledger() as session:
        remember_earlier(session, made.held)
    return made


def settle(
    made: Build, verdict: Verdict, *, landing_root: Path, data_root: Path, now: datetime
) -> tuple[Build, Verdict]:
    """Hold figures back, build and judge again, until the verdict holds none back any more.

    Returns the build and the verdict that stand; a verdict that still does not pass refuses the month.
    """
    for _ in range(MOST_ROUNDS):
        if verdict.blocking or not verdict.holding:
            break
        with open_ledger() as session:
            hold_figures(session, figures_of(verdict, made.as_of_date.isoformat()), made, now)
        made = build_as_decided(
            made.reference_month, made.as_of_date, made.kind, landing_root=landing_root, data_root=data_root
        )
        verdict = _judged(made, data_root)
    return made, verdict


def rerun(
    reference_month: str, as_of: date, kind: str, *, landing_root: Path, data_root: Path, now: datetime
) -> tuple[Build, Verdict]:
    """Build, judge and settle a month with what has been decided by now; the DAG releases it as ever."""
    made = build_as_decided(reference_month, as_of, kind, landing_root=landing_root, data_root=data_root)
    return settle(made, _judged(made, data_root), landing_root=landing_root, data_root=data_root, now=now)


def close_what_is_replaced(made: Build, now: datetime) -> None:
    """Close the held figures that a build no longer finds."""
    still = _figures_found(made)
    with open_ledger() as session:
        close_replaced(session, still, made, now)


def _figures_found(made: Build) -> list[HeldFigure]:
    from warehouse.connect import reader

    names = ", ".join(name for name in KEY if name != "value")
    with reader(made.file) as connection:
        rows = connection.execute(f"select {names}, held_value from fct_held_figures").fetchall()
    found = {figure_key(dict(zip(KEY, row, strict=True))) for row in rows}
    return [figure for figure in made.held if figure.key in found]


def _judged(made: Build, data_root: Path) -> Verdict:
    before = previous_release(data_root, made.reference_month, made.as_of_date, made.kind)
    return judge(made.path, before.database if before else None, docs=True)
