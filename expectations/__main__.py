"""``python -m expectations check BUILD_DIR [--previous FILE]``: judge a build and print the verdict.

Exit code 0: it may be released. 1: it may not. 2: the build, the previous release or the rules are unusable.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from expectations.gate import judge
from raw.errors import BadInput
from warehouse.verdict import RuleResult, Verdict, row_text

_SHOWN_ROWS = 3
_LEVELS = {"block": "拦截 BLOCK", "hold": "扣留 HOLD", "note": "提示 note"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        verdict = judge(options.build_dir, options.previous)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(_report(verdict, options.build_dir / "verdict.json")))
    return 0 if verdict.passed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m expectations", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="检查一个构建 / judge a build")
    check.add_argument("build_dir", type=Path, help="构建目录 / folder of warehouse.duckdb and build.json")
    check.add_argument(
        "--previous", type=Path, help="上次发布的 warehouse.duckdb / that file of the last release"
    )
    return parser


def _report(verdict: Verdict, path: Path) -> Iterator[str]:
    width = max(display_width(f"{r.suite}.{r.rule_id}") for r in verdict.results)
    for result in verdict.results:
        name = f"{result.suite}.{result.rule_id}"
        yield f"{_state(result)}  {padded(name, width)}  {result.what_zh} / {result.what_en}"
    for result in (*verdict.blocking, *verdict.holding, *verdict.notes):
        yield ""
        yield from _details(result)
    yield ""
    yield _summary(verdict)
    yield f"{path}"


def _state(result: RuleResult) -> str:
    if result.success:
        return padded("通过 pass", 10)
    return padded(_LEVELS[result.severity], 10)


def _details(result: RuleResult) -> Iterator[str]:
    yield f"{_state(result)}  {result.suite}.{result.rule_id}: {result.observed}"
    yield f"  为何 because: {result.because}"
    yield f"  怎么办 remedy: {result.remedy}"
    for row in result.failing_rows[:_SHOWN_ROWS]:
        yield f"  - {row_text(row)}"
    if result.failing_count > _SHOWN_ROWS:
        yield f"  … 共 {result.failing_count} 行 / {result.failing_count} rows in all"


def _summary(verdict: Verdict) -> str:
    total, blocking, holding = len(verdict.results), len(verdict.blocking), len(verdict.holding)
    notes = len(verdict.notes)
    outcome = "可以发布 / may be released" if verdict.passed else "不得发布 / must not be released"
    return (
        f"{outcome}: {total} 条规则，{blocking} 条拦截，{holding} 条扣留，{notes} 条提示"
        f" / {total} rules, {blocking} blocking, {holding} holding, {notes} notes"
    )


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal: a wide or full-width character takes two (UAX #11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, width: int) -> str:
    """The text, filled with spaces to so many columns of a terminal."""
    return text + " " * max(0, width - display_width(text))


if __name__ == "__main__":
    sys.exit(main())
