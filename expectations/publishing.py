"""The steps of a publication as plain functions, each of which tells the ledger what it noticed.

``build`` → ``check`` → ``settle`` → ``release``; Airflow arranges them, and a shell can call them as well.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from expectations import hold
from expectations.gate import judge
from expectations.observing import after_disposition, after_judgement, after_release
from raw.land import landing_root
from warehouse.build import Build
from warehouse.paths import data_root
from warehouse.release import VERDICT, Release, previous_release
from warehouse.release import release as release_build
from warehouse.verdict import Verdict

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def build(reference_month: str, as_of: date, *, kind: str = "official") -> Build:
    """A fresh database from the vintages known on a day, without the figures that are held back."""
    return hold.build_as_decided(
        reference_month, as_of, kind, landing_root=landing_root(), data_root=data_root()
    )


def check(build_dir: str, *, clock: Clock = utc_now) -> Verdict:
    """The gate's verdict on a build, compared with the release before it."""
    made = Build.load(Path(build_dir))
    before = _release_before(made)
    verdict = judge(made.path, before.database if before else None, docs=True)
    after_judgement(made, verdict, clock())
    return verdict


def settle(build_dir: str, *, clock: Clock = utc_now) -> Verdict:
    """Build and judge again without the figures that the verdict holds back; returns the verdict that stands.

    Nothing is done where the verdict holds none back.
    """
    made = Build.load(Path(build_dir))
    verdict = Verdict.load(made.path / VERDICT)
    if verdict.holding:
        made, verdict = hold.settle(
            made, verdict, landing_root=landing_root(), data_root=data_root(), now=clock()
        )
        after_judgement(made, verdict, clock())
    hold.close_what_is_replaced(made, clock())
    after_disposition(clock())
    return verdict


def release(build_dir: str, *, clock: Clock = utc_now) -> Release:
    """The immutable release of a judged build."""
    path = Path(build_dir)
    before = _release_before(Build.load(path))
    made = release_build(path, path / VERDICT, data_root())
    after_release(made, before, Verdict.load(made.path / VERDICT), clock())
    return made


def _release_before(made: Build) -> Release | None:
    return previous_release(data_root(), made.reference_month, made.as_of_date, made.kind)
