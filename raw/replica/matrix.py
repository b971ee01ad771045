"""The fault matrix: every feed with a stand-in × every fault it can have → what became of it.

``python -m raw faults [--feed FEED …] [--as-of DATE] [--seed N]``. Each case is a pull over real HTTP on
loopback into a throwaway landing that holds what was known at the end of the month before; what lies there
afterwards is held against a landing that was filled without faults. Where nothing came out of late, so that
nothing is asked for any more, the day is the last one on which something did. A fault that is over after one
request (``×1``) must be asked again and land; one that stays must be refused, its bytes kept and the reason
said. One that the feed file declares ``undetectable`` must land unnoticed, else the declaration is not true.
Exit code 1: a fault ended otherwise than promised, above all as a figure in the landing.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from raw.errors import BadInput
from raw.feed import Feed, declared_feeds, find_feed, parse_as_of
from raw.fetch import hurried
from raw.land import Vintage, pull, vintages
from raw.readers import is_date
from raw.replica.clock import end_of
from raw.replica.faults import Fault, Faults
from raw.replica.publishers import known_publishers
from raw.replica.server import Running, asked_instead, faults_of, serve

# Of a stand-in on this machine nobody expects to wait: seconds, but for the number of attempts.
HURRY = {"attempts": 2, "first_pause": 0.01, "longest_pause": 0.02, "longest_answer": 2.0, "interval": 0.0}
DRIP_SECONDS = 1.0
DEFAULT_SEED = 1
REASON_LENGTH = 150

# What may well be over when asked again.
PASSING = frozenset(
    {Fault.STATUS_429, Fault.STATUS_500, Fault.STATUS_504, Fault.SLOW_DRIP, Fault.CONNECTION_RESET}
)
# What a careful reader may see through: refusing it is right, reading it right is right too.
SEEN_THROUGH = frozenset(
    {
        Fault.PATH_LIKE_NAME,
        Fault.WRONG_CONTENT_TYPE,
        Fault.WRONG_ENCODING,
        Fault.HEADER_RENAMED,
        Fault.COLUMN_MOVED,
        Fault.DUPLICATE_ROWS,
    }
)


class Outcome(StrEnum):
    """What became of a fault; DECLARED is promised only of what the feed file says, the last three never."""

    RETRIED = "重试后入库 retried and landed"
    QUARANTINED = "隔离 quarantined"
    REFUSED = "拒绝 refused"
    NEW_VINTAGE = "新版本 landed as a new vintage"
    UNCHANGED = "照常入库 landed unchanged"
    DECLARED = "无法察觉 LANDED, AS DECLARED"
    DAMAGED = "坏数入库 DAMAGE LANDED"
    SILENT = "缺数未报 MISSING, NOTHING SAID"
    CRASHED = "程序出错 CRASHED"


@dataclass(frozen=True)
class Case:
    """A fault of a feed; ``times`` is for how many data requests (``None``: until cleared).

    ``undetectable`` is why nothing tells it from good data, where the feed file declares that.
    """

    feed: str
    fault: Fault
    times: int | None = None
    undetectable: str | None = None

    def __str__(self) -> str:
        return f"{self.fault}{'' if self.times is None else f' ×{self.times}'}"

    @property
    def promised(self) -> frozenset[Outcome]:
        """The outcomes that are right."""
        if self.undetectable is not None:
            return frozenset({Outcome.DECLARED})
        if self.fault in PASSING and self.times is None:
            return frozenset({Outcome.REFUSED, Outcome.QUARANTINED})
        if self.fault in PASSING:
            return frozenset({Outcome.RETRIED})
        if self.fault is Fault.SILENT_REVISION:
            # A publisher's own sums may give it away.
            return frozenset({Outcome.NEW_VINTAGE, Outcome.QUARANTINED})
        if self.fault in SEEN_THROUGH:
            return frozenset({Outcome.UNCHANGED, Outcome.RETRIED, Outcome.QUARANTINED})
        return frozenset({Outcome.QUARANTINED})


@dataclass(frozen=True)
class Ended:
    """How a case ended; ``reason`` is the first thing that was said about it."""

    case: Case
    outcome: Outcome
    reason: str = ""

    @property
    def as_promised(self) -> bool:
        """Whether that is what is promised of the fault."""
        return self.outcome in self.case.promised

    def told(self) -> str:
        """One line of the matrix."""
        mark = "✗" if not self.as_promised else "!" if self.outcome is Outcome.DECLARED else "✓"
        line = f"{mark} {self.case.feed:<24} {self.case!s:<24} {self.outcome}"
        line += f": {self.reason}" if self.reason else ""
        if self.as_promised:
            return line
        return f"{line} — 应为 promised: {', '.join(sorted(self.case.promised))}"


def cases(feed: str) -> list[Case]:
    """Every case of a feed: a passing fault once and until cleared, any other until cleared."""
    declared = find_feed(feed).undetectable
    found = []
    for fault in faults_of(feed):
        found += [Case(feed, fault, 1)] if fault in PASSING else []
        because = declared.get(fault)
        found.append(Case(feed, fault, undetectable=because and " ".join(because.split())))
    return found


@dataclass(frozen=True)
class Held:
    """What lies in a landing of one feed: its vintages, and what each says whatever the order of its rows."""

    root: Path
    feed: Feed
    as_of: date

    @cached_property
    def vintages(self) -> list[Vintage]:
        """All of them, oldest first for each table."""
        return [
            v for table in self.feed.tables for v in vintages(self.root, self.feed.feed, table, self.as_of)
        ]

    @cached_property
    def said(self) -> dict[str, set[tuple[int, int]]]:
        """For each table and scope what any of its vintages says."""
        found: dict[str, set[tuple[int, int]]] = {}
        for vintage in self.vintages:
            found.setdefault(_place(vintage), set()).add(_content(vintage))
        return found

    @cached_property
    def current(self) -> dict[str, tuple[int, int]]:
        """For each table and scope what its newest vintage says."""
        return {_place(vintage): _content(vintage) for vintage in self.vintages}

    @property
    def quarantined(self) -> set[Path]:
        """The folders of refused bytes, below the landing."""
        return {path.relative_to(self.root) for path in self.root.glob("*/*/quarantine/*")}

    def strangers(self, good: Held) -> list[str]:
        """Tables and scopes with a vintage that the good landing does not have."""
        return sorted(place for place, said in self.said.items() if said - good.said.get(place, set()))


def _place(vintage: Vintage) -> str:
    return f"{vintage.table} {vintage.scope}"


def _content(vintage: Vintage) -> tuple[int, int]:
    """Number of rows and a checksum of them in any order, over the declared columns."""
    import pyarrow.parquet as pq

    part = pq.read_table(vintage.part).drop_columns(["_row_number", "_place"])
    rows = zip(*(column.to_pylist() for column in part.columns), strict=True)
    return part.num_rows, sum(map(hash, rows))


class Rehearsal:
    """The stand-in of one feed, a landing filled without faults, and one case after another against it.

    ``seed`` is used only where the stand-in has nothing without: what cannot be bundled is simulated.
    """

    def __init__(self, feed: Feed, as_of: date, seed: int, folder: Path) -> None:
        self.feed = feed
        self.as_of = as_of
        self._folder = folder
        self._port = 0
        self._before, self._good = folder / "before", folder / "good"
        self._seed = None if self._fill(None) else seed
        if self._seed is not None:
            self._fill(self._seed)
        if self._asks_for_nothing():
            self.as_of = self._newest()
            self._fill(self._seed)

    @cached_property
    def _held(self) -> Held:
        """The landing filled without faults, read once for all cases."""
        return Held(self._good, self.feed, self.as_of)

    def _asks_for_nothing(self) -> bool:
        """Whether no file is asked for on ``as_of``, so that no fault can be met.

        A door that asks only for what may have changed is done once the last file that came out is old.
        """
        faults = Faults()
        faults.on(self.feed.feed, Fault.STATUS_403)
        with self._stand_in(self.as_of, self._seed, faults), self._copy_of(self._before) as landing:
            return self._refusal(landing) is None

    def _newest(self) -> date:
        """The last day by ``as_of`` on which something came out."""
        known = Held(self._good, self.feed, self.as_of).vintages
        days = [str(vintage.manifest["published_at"]) for vintage in known]
        return max((date.fromisoformat(day) for day in days if is_date(day)), default=self.as_of)

    @contextmanager
    def _copy_of(self, start: Path) -> Iterator[Path]:
        """A landing to play with, gone afterwards."""
        landing = self._folder / "landing"
        shutil.copytree(start, landing)
        try:
            yield landing
        finally:
            shutil.rmtree(landing)

    def _fill(self, seed: int | None) -> bool:
        """Pull without faults: the month before, then what is known now; whether there is anything."""
        for folder in (self._before, self._good):
            shutil.rmtree(folder, ignore_errors=True)
        earlier = self.as_of.replace(day=1) - timedelta(days=1)
        with self._stand_in(earlier, seed, Faults()):
            pull(self.feed, earlier, landing_root=self._before)
        shutil.copytree(self._before, self._good)
        with self._stand_in(self.as_of, seed, Faults()):
            pull(self.feed, self.as_of, landing_root=self._good)
        return bool(Held(self._good, self.feed, self.as_of).vintages)

    @contextmanager
    def _stand_in(self, now: date, seed: int | None, faults: Faults) -> Iterator[Running]:
        with serve(self._port, faults, end_of(now), seed) as running, asked_instead(running.url):
            # The address is part of what some tables hold: another port would look like another figure.
            self._port = urlsplit(running.url).port or 0
            yield running

    def run(self, chosen: Sequence[Case]) -> Iterator[Ended]:
        """Play the cases and tell how each ended."""
        faults = Faults()
        faults.delay_seconds, faults.retry_after_seconds = DRIP_SECONDS, 0
        with self._stand_in(self.as_of, self._seed, faults):
            for case in chosen:
                faults.on(case.feed, case.fault, case.times)
                try:
                    yield self._play(case)
                finally:
                    faults.clear()

    def _play(self, case: Case) -> Ended:
        # What is revised in place must have been there before.
        start = self._good if case.fault is Fault.SILENT_REVISION else self._before
        try:
            with self._copy_of(start) as landing:
                with _listening() as retries:
                    said = self._refusal(landing)
                return self._judge(case, landing, said, retried=bool(retries))
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the matrix
            return Ended(case, Outcome.CRASHED, f"{type(error).__name__}: {error}"[:REASON_LENGTH])

    def _refusal(self, landing: Path) -> str | None:
        try:
            pull(self.feed, self.as_of, landing_root=landing)
        except BadInput as error:
            first = error.problems[0]
            said = " ".join(f"found {first.found}; expected {first.expected}".split())
            return said if len(said) <= REASON_LENGTH else f"{said[: REASON_LENGTH - 1]}…"
        return None

    def _judge(self, case: Case, landing: Path, said: str | None, *, retried: bool) -> Ended:
        ended = self._ended(case, landing, said, retried=retried)
        if case.undetectable is not None and ended.outcome in (Outcome.DAMAGED, Outcome.SILENT):
            return Ended(case, Outcome.DECLARED, case.undetectable)
        return ended

    def _ended(self, case: Case, landing: Path, said: str | None, *, retried: bool) -> Ended:
        now, good = Held(landing, self.feed, self.as_of), self._held
        strangers = ", ".join(now.strangers(good))
        if strangers:
            # Files whose own sums give it away are refused beside those that nothing tells from a revision.
            is_told = case.fault is Fault.SILENT_REVISION
            reason = strangers if said is None else f"{strangers}; refused: {said}"
            return Ended(case, Outcome.NEW_VINTAGE if is_told else Outcome.DAMAGED, reason)
        if said is not None:
            kept = now.quarantined - Held(self._before, self.feed, self.as_of).quarantined
            return Ended(case, Outcome.QUARANTINED if kept else Outcome.REFUSED, said)
        if now.current != good.current:
            missing = sorted(place for place in good.current if now.current.get(place) != good.current[place])
            return Ended(case, Outcome.SILENT, ", ".join(missing)[:REASON_LENGTH])
        return Ended(case, Outcome.RETRIED if retried else Outcome.UNCHANGED)


class _Ears(logging.Handler):
    """Hears of retries, which fetch() tells as warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record)


@contextmanager
def _listening() -> Iterator[list[logging.LogRecord]]:
    """Hear of retries, and keep everybody else from hearing of them."""
    ears, log = _Ears(), logging.getLogger("raw.fetch")
    log.addHandler(ears)
    log.propagate = False
    try:
        yield ears.heard
    finally:
        log.propagate = True
        log.removeHandler(ears)


def matrix(feeds: Sequence[Feed], as_of: date, seed: int = DEFAULT_SEED) -> Iterator[Ended]:
    """Play every case of the feeds, in throwaway folders; tell each as soon as it has ended."""
    for feed in feeds:
        with (
            tempfile.TemporaryDirectory(prefix="faults-") as folder,
            _empty_inbox(Path(folder)),
            hurried(**HURRY),
        ):
            yield from Rehearsal(feed, as_of, seed, Path(folder)).run(cases(feed.feed))


@contextmanager
def _empty_inbox(folder: Path) -> Iterator[None]:
    """What people dropped has no part in this."""
    before = os.environ.get("RAW_INBOX")
    os.environ["RAW_INBOX"] = str(folder / "inbox")
    try:
        yield
    finally:
        if before is None:
            del os.environ["RAW_INBOX"]
        else:
            os.environ["RAW_INBOX"] = before


def main(argv: Sequence[str] | None = None) -> int:
    """Print the matrix; 0 when every fault ended as promised, else 1. Raises BadInput for an unknown feed."""
    parser = argparse.ArgumentParser(prog="python -m raw faults", description="故障矩阵 / the fault matrix")
    parser.add_argument("--feed", action="append", metavar="FEED", help="default: all that have a stand-in")
    parser.add_argument("--as-of", help="the day the stand-ins live in (default: today)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="of what is simulated (%(default)s)")
    arguments = parser.parse_args(argv)
    as_of = parse_as_of(arguments.as_of) if arguments.as_of else datetime.now(UTC).astimezone().date()
    played = wrong = declared = 0
    for ended in matrix(_chosen(arguments.feed), as_of, arguments.seed):
        print(ended.told(), flush=True)
        played += 1
        wrong += not ended.as_promised
        declared += ended.as_promised and ended.outcome is Outcome.DECLARED
    kept = played - wrong - declared
    print(
        f"{played} 例 cases, {kept} 如约 as promised, {declared} 已声明无法察觉 declared undetectable,"
        f" {wrong} 违约 otherwise"
    )
    return 1 if wrong or not played else 0


def _chosen(names: list[str] | None) -> list[Feed]:
    """The feeds named, else all declared ones; of either only those that have a stand-in."""
    feeds = [find_feed(name) for name in names] if names else declared_feeds()
    found = [feed for feed in feeds if feed.feed in known_publishers()]
    if names and len(found) < len(feeds):
        without = ", ".join(feed.feed for feed in feeds if feed not in found)
        raise BadInput.one(
            "--feed", without, f"one of {', '.join(known_publishers())}", "name a feed that has a stand-in"
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
