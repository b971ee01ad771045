"""What the gate found, kept over time in ``quality_runs`` and ``quality_results`` of the ledger.

How often a rule failed in a year, since when, and in which releases, is a query::

    select r.reference_month, q.suite, q.rule_id, q.severity, q.failing_count
    from quality_results as q join quality_runs as r using (run_id)
    where not q.success and r.release_name is not null
    order by r.reference_month, q.suite, q.rule_id;
"""

from __future__ import annotations

import argparse
import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from expectations.command import Subparsers, padded
from expectations.ledger import QualityResult, QualityRun, open_ledger
from warehouse.build import Build
from warehouse.verdict import RuleResult, Verdict


def run_id_of(verdict: Verdict) -> str:
    """The same for the same build, rules and last release, however often it is judged."""
    parts = (verdict.build_sha256, verdict.rules_sha256, verdict.previous_sha256 or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def keep(session: Session, verdict: Verdict, build: Build, now: datetime) -> QualityRun:
    """Keep a verdict; the same again changes nothing."""
    run_id = run_id_of(verdict)
    known = session.get(QualityRun, run_id)
    if known is not None:
        return known
    made = QualityRun(
        run_id=run_id,
        reference_month=build.reference_month,
        as_of_date=build.as_of_date.isoformat(),
        kind=build.kind,
        build_sha256=verdict.build_sha256,
        previous_sha256=verdict.previous_sha256,
        rules_sha256=verdict.rules_sha256,
        passed=verdict.passed,
        judged_at=now,
        results=[_row_of(result) for result in verdict.results],
    )
    session.add(made)
    session.flush()
    return made


def mark_released(session: Session, verdict: Verdict, release_name: str) -> None:
    """Say which release a kept judgement let through."""
    known = session.get(QualityRun, run_id_of(verdict))
    if known is not None:
        known.release_name = release_name
        session.flush()


def _row_of(result: RuleResult) -> QualityResult:
    return QualityResult(
        suite=result.suite,
        rule_id=result.rule_id,
        severity=result.severity,
        success=result.success,
        owner=result.owner,
        observed=result.observed,
        failing_count=result.failing_count,
        what_zh=result.what_zh,
        what_en=result.what_en,
        because=result.because,
        remedy=result.remedy,
        indicator_codes=list(result.indicator_codes),
    )


def add_commands(commands: Subparsers) -> None:
    """Add ``results``."""
    results = commands.add_parser("results", help="历次判定结果 / what the gate found, over time")
    results.add_argument("--rule", help="suite.rule_id")
    results.add_argument("--month", help="报告月 YYYY-MM / reference month")
    results.add_argument("--failing", action="store_true", help="只列未通过的 / only what failed")
    results.set_defaults(run=_results)


def _results(options: argparse.Namespace) -> int:
    query = (
        sa.select(QualityRun, QualityResult)
        .join(QualityResult)
        .order_by(QualityRun.judged_at, QualityResult.suite, QualityResult.rule_id)
    )
    if options.month:
        query = query.where(QualityRun.reference_month == options.month)
    if options.failing:
        query = query.where(~QualityResult.success)
    with open_ledger() as session:
        rows = [(run, result) for run, result in session.execute(query) if _asked(result, options.rule)]
        for run, result in rows:
            state = "通过 pass" if result.success else result.severity
            name = f"{result.suite}.{result.rule_id}"
            released = run.release_name or "未发布 not released"
            print(f"{run.reference_month}  {padded(state, 10)}  {name}: {result.observed} ({released})")
    if not rows:
        print("没有结果 / no results")
    return 0


def _asked(result: QualityResult, rule: str | None) -> bool:
    return rule is None or f"{result.suite}.{result.rule_id}" == rule
