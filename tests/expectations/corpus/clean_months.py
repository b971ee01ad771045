"""``python -m tests.expectations.corpus.clean_months [FIRST LAST]``: the gate's false alarms on true months.

Each month from FIRST to LAST (default 2021-01 to 2025-12, sixty) is pulled from the stand-ins, built, and judged
against the month before: as of the end of the second month after it, and never before the plan was adopted.
Prints what blocks and holds, which should be nothing, and how often each note was given.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from tests.expectations.corpus.harness import judged
from warehouse.months import first_adoption


def months(first: str, last: str) -> list[str]:
    """Every month from the first to the last."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(start, end + 1)]


def as_of(month: str) -> date:
    """The end of the second month after it: what is published about a month is mostly out by then."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + 3
    return max(date(number // 12, number % 12 + 1, 1) - timedelta(days=1), first_adoption())


def main() -> int:
    """Judge the months; the exit code says whether one was blocked or held."""
    first, last = sys.argv[1:3] if len(sys.argv) > 2 else ("2021-01", "2025-12")
    notes: Counter[str] = Counter()
    alarms, previous = 0, None
    with tempfile.TemporaryDirectory(prefix="months-") as folder:
        for month in months(first, last):
            found = judged(Path(folder) / month, [], previous, month=month, as_of=as_of(month))
            stopped = [*found.verdict.blocking, *found.verdict.holding]
            alarms += len(stopped)
            notes.update(f"{one.suite}.{one.rule_id}" for one in found.verdict.notes)
            told = ", ".join(f"{one.severity} {one.suite}.{one.rule_id}" for one in stopped) or "nothing"
            print(f"{month} as of {as_of(month)}: {told}; {len(found.verdict.notes)} notes", flush=True)
            previous = found.build.file
    for rule, count in notes.most_common():
        print(f"  note {rule}: {count} months")
    print(f"{len(months(first, last))} months, {alarms} blocking or holding")
    return int(alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
