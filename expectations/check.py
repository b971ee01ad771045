"""``python -m expectations check BUILD_DIR [--previous FILE]``: judge a build and print the verdict."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from expectations.command import Subparsers, display_width, padded
from expectations.data_docs import FOLDER, INDEX
from expectations.gate import judge
from warehouse.verdict import RuleResult, Verdict, row_text

_SHOWN_ROWS = 3
_LEVELS = {"block": "拦截 BLOCK", "hold": "扣留 HOLD", "note": "提示 note"}


def add_commands(commands: Subparsers) -> None:
    """Add ``check``; it ends with 0 where the build may be released, with 1 where it may not."""
    check = commands.add_parser("check", help="检查一个构建 / judge a build")
    check.add_argument("build_dir", type=Path, help="构建目录 / folder of warehouse.duckdb and build.json")
    check.add_argument(
        "--previous", type=Path, help="上次发布的 warehouse.duckdb / that file of the last release"
    )
    check.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    verdict = judge(options.build_dir, options.previous, docs=True)
    print("\n".join(_report(verdict, options.build_dir / "verdict.json")))
    print(options.build_dir / FOLDER / INDEX)
    return 0 if verdict.passed else 1


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
