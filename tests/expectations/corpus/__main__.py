"""``python -m tests.expectations.corpus [--faults] [FOLDER]``: the table defect → rule → level → incident → alert.

Writes Markdown to the standard output; with ``--faults`` also what landing made of every fault of every
stand-in (many minutes; ``python -m raw faults`` is the same alone).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.expectations.corpus.harness import AS_OF, groups, judged, level_of, told


def main() -> int:
    """Run the corpus and print the table; the exit code says whether a defect was missed."""
    asked = [argument for argument in sys.argv[1:] if argument != "--faults"]
    folder = Path(asked[0]) if asked else Path(tempfile.mkdtemp(prefix="corpus-"))
    clean = judged(folder / "clean", [], None)
    verdict = clean.verdict
    print(f"clean: {len(verdict.blocking)} block, {len(verdict.holding)} hold, {len(verdict.notes)} notes")
    print("\n| defect | 缺陷 | rule | level | incident | audiences |\n| --- | --- | --- | --- | --- | --- |")
    missed = 0
    for group, defects in groups():
        found = judged(folder / group, defects, clean.build.file)
        incidents = told(found, folder / f"{group}.sqlite")
        for defect in defects:
            for rule in defect.rules:
                level = level_of(defect, rule, found, clean)
                missed += level is None
                opened = next((row for row in incidents if rule in row["rules"]), None)
                title = opened["title"] if opened else "（提示 note）"
                heard = ", ".join(opened["audiences"]) if opened else "公报 bulletin"
                print(
                    f"| {defect.name} | {defect.what_zh} | {rule} | {level or 'MISSED'} | {title} | {heard} |"
                )
    print(f"\nmissed: {missed}; as of {AS_OF}\n")
    if "--faults" in sys.argv:
        print("\n".join(_landing()))
    return int(missed > 0)


def _landing() -> Iterator[str]:
    from raw.feed import declared_feeds
    from raw.replica.matrix import matrix

    yield "| feed and fault | outcome |\n| --- | --- |"
    for ended in matrix(declared_feeds(), AS_OF):
        yield f"| {ended.case} | {ended.told()} |"


if __name__ == "__main__":
    sys.exit(main())
