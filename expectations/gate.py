"""The gate: judge a finished build, before publication and never during it.

``judge`` opens the build read only, runs every rule of every suite, and writes ``verdict.json`` beside the
build, bound to the sha256 of the database it judged. A release is made of a build and the verdict that
carries that build's hash; nothing else passes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from expectations.data_docs import FOLDER as DATA_DOCS
from expectations.data_docs import write_docs
from expectations.suite import Check, IndicatorCode, Suite, Text, Words, load_suites, parse_yaml, rules_sha256
from raw.errors import BadInput
from warehouse.connect import reader, sha256_of
from warehouse.held import HeldFigure, figure_key, names_its_figures
from warehouse.verdict import (
    MAX_FAILING_ROWS,
    RuleResult,
    Scalar,
    Severity,
    Verdict,
    kept_rows,
    remedies_of,
)

if TYPE_CHECKING:
    from expectations.engine import DuckDBDatasource, Outcome

DATABASE = "warehouse.duckdb"
FAILING_ROWS = "failing_rows"
AGAIN = "build again: python -m warehouse build"
CONFIRMED = Path(__file__).with_name("confirmed_revisions.yml")
FIRST_RELEASE = "首次发布，无可比较 / first release, nothing to compare with"
NO_ROWS = "没有数据可判定 / no rows to judge by"
_UNJUDGED = Text(
    zh="规则未能执行，按未通过处理：先修复规则或数据表，再重新检查",
    en="the rule could not be run and counts as failed: repair the rule or the mart, then check again",
)
_WARNED = Text(
    zh="建库时的检验，不拦截，但发布的读者应当知道",
    en="a test of the build; it does not stop one, but readers of the release should know",
)


class ConfirmedRevision(BaseModel):
    """A large revision that the publisher has confirmed: exactly this new value is let through."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan_id: str
    indicator_code: IndicatorCode
    area_code: str
    reference_period: str
    measure: str
    value: Decimal
    confirmed_by: Words
    confirmed_on: date
    evidence: Words


class ConfirmedRevisions(BaseModel):
    """The file ``confirmed_revisions.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confirmed: Annotated[list[ConfirmedRevision], Field()] = []


def judge(
    build_dir: Path,
    previous: Path | None = None,
    *,
    suites_dir: Path | None = None,
    confirmed: Path = CONFIRMED,
    docs: bool = False,
) -> Verdict:
    """Judge ``build_dir`` and write its ``verdict.json``, with the build's own warnings as notes.

    With ``docs``, beside it: ``gx/``, the project of Great Expectations; ``data_docs/``, its pages;
    ``failing_rows/``, all rows of every check that failed.
    ``previous`` is the ``warehouse.duckdb`` of the last release, None when there is none. The verdict passes
    when no blocking rule failed; a rule that cannot be run counts as a failed blocking rule and hides no
    other. Raises BadInput when the build, the previous release or the rules cannot be read.
    """
    database = build_dir / DATABASE
    # An old verdict must not outlive the start of a new judgement that then breaks off.
    (build_dir / "verdict.json").unlink(missing_ok=True)
    suites = load_suites(suites_dir)
    revisions = parse_yaml(confirmed, confirmed.read_bytes(), ConfirmedRevisions).confirmed
    build_sha256 = _verified_sha256(build_dir)
    previous_sha256 = None if previous is None else sha256_of(previous)
    if previous is not None and previous.resolve() == database.resolve():
        raise BadInput.one(str(previous), "the build itself", "the last release", "leave --previous out")
    _refuse_unreadable(database, previous)
    accepted = _accepted(build_dir / "build.json")
    rows = [row.model_dump() for row in revisions]
    with _opened(database, previous, rows, build_dir if docs else None) as datasource:
        results = _results(suites, datasource, previous, accepted)
        site = _browsable(suites, datasource, results, build_dir) if docs else None
    results += _warned(build_dir / "build.json")
    _refuse_changed(database, build_sha256)
    verdict = Verdict.of(
        build_sha256, results, previous_sha256=previous_sha256, rules_sha256=rules_sha256(suites)
    )
    verdict.save(build_dir / "verdict.json")
    if site is not None:
        write_docs(site, build_dir / DATA_DOCS, verdict, suites)
    return verdict


def _verified_sha256(build_dir: Path) -> str:
    """The database's sha256, which must be the one that the build wrote down."""
    found = sha256_of(build_dir / DATABASE)
    described = build_dir / "build.json"
    try:
        expected = json.loads(described.read_text(encoding="utf-8"))["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput.one(
            str(described), f"{type(error).__name__}: {error}", "the build's sha256", AGAIN
        ) from error
    if found != expected:
        raise BadInput.one(str(build_dir / DATABASE), f"sha256 {found}", f"{expected} of build.json", AGAIN)
    return found


def _accepted(described: Path) -> frozenset[tuple[str, ...]]:
    """The figures that a person has accepted after they were held; none in a build that tells of none."""
    rows = json.loads(described.read_text(encoding="utf-8")).get("held", [])
    figures = [HeldFigure.from_dict(f"{described}: held[{number}]", row) for number, row in enumerate(rows)]
    return frozenset(figure.key for figure in figures if figure.state == "accepted")


def _warned(described: Path) -> list[RuleResult]:
    """The dbt tests that warned, each a note; raises BadInput when ``build.json`` does not list them."""
    try:
        warnings = json.loads(described.read_text(encoding="utf-8"))["warnings"]
        return [_note_of(warning) for warning in warnings]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput.one(
            f"{described}: warnings", f"{type(error).__name__}: {error}", "the tests that warned", AGAIN
        ) from error


def _note_of(warning: Mapping[str, Any]) -> RuleResult:
    zh, _, en = str(warning["message"]).partition(" / ")
    count = int(warning["failing_count"])
    rows = tuple(warning["rows"])
    return RuleResult(
        rule_id=str(warning["name"]),
        suite=str(warning["model"]),
        severity="note",
        success=False,
        what_zh=zh,
        what_en=en or zh,
        because=str(_WARNED),
        remedy=remedies_of(rows) or "见各行 / see its rows",
        observed=f"{count} failing row{'s' if count > 1 else ''}",
        failing_rows=rows[:MAX_FAILING_ROWS],
        failing_count=count,
    )


def _refuse_changed(database: Path, expected: str) -> None:
    if (found := sha256_of(database)) != expected:
        raise BadInput.one(
            str(database),
            f"sha256 {found}, changed while it was judged",
            expected,
            "let nothing write to a build, then check again",
        )


def _refuse_unreadable(database: Path, previous: Path | None) -> None:
    """Refuse damaged and taken files before the slow import, as ``warehouse.connect`` words it."""
    for path in (database, previous):
        if path is not None:
            reader(path).close()


def _opened(
    database: Path,
    previous: Path | None,
    confirmed: Sequence[dict[str, object]],
    project: Path | None,
) -> AbstractContextManager[DuckDBDatasource]:
    from expectations import engine

    return engine.opened(database, previous=previous, confirmed=confirmed, project=project)


def _results(
    suites: Sequence[Suite],
    datasource: DuckDBDatasource,
    previous: Path | None,
    accepted: frozenset[tuple[str, ...]],
) -> list[RuleResult]:
    from expectations import engine

    results: list[RuleResult] = []
    for suite in suites:
        asked: list[Check] = []
        for check in suite.checks:
            if why := _vacuous(check, previous, datasource):
                results.append(_passed_vacuously(suite, check, why))
            else:
                asked.append(check)
        judged = engine.judge(datasource, suite, asked)
        results += [_result(suite, outcome, accepted) for outcome in judged]
    return results


def _browsable(
    suites: Sequence[Suite], datasource: DuckDBDatasource, results: Sequence[RuleResult], build_dir: Path
) -> Path:
    """The site of Great Expectations, and every failing row as a file; returns the folder of the site."""
    from expectations import engine

    folder = build_dir / FAILING_ROWS
    shutil.rmtree(folder, ignore_errors=True)
    failed = {(one.suite, one.rule_id) for one in results if not one.success and one.failing_count}
    for suite in suites:
        checks = [check for check in suite.checks if (suite.mart, check.rule_id) in failed]
        engine.write_failing_rows(datasource, suite, checks, folder)
    return engine.build_site(datasource)


def _vacuous(check: Check, previous: Path | None, datasource: DuckDBDatasource) -> str | None:
    """Why there is nothing that a check could judge by; ``None`` where there is."""
    from expectations import engine

    if previous is None and check.rule.needs == "previous_release":
        return FIRST_RELEASE
    table = check.rule.needs_rows
    if table is not None and engine.is_empty(datasource, table):
        return f"{NO_ROWS}: {table}"
    return None


def _passed_vacuously(suite: Suite, check: Check, why: str) -> RuleResult:
    return RuleResult(
        rule_id=check.rule_id,
        suite=suite.mart,
        severity=check.rule.severity,
        success=True,
        what_zh=check.rule.what_zh,
        what_en=check.rule.what_en,
        because=str(check.because),
        remedy=str(check.rule.remedy),
        observed=why,
        owner=check.rule.owner,
    )


def _result(suite: Suite, outcome: Outcome, accepted: frozenset[tuple[str, ...]]) -> RuleResult:
    rule, check = outcome.check.rule, outcome.check
    broken = outcome.error is not None
    outcome = _without_accepted(outcome, accepted)
    rows = sorted(outcome.failing_rows, key=lambda row: json.dumps(row, sort_keys=True, ensure_ascii=False))
    # A sql rule decides its own order (worst first, say); Great Expectations' row lists come in no order.
    kept = list(outcome.failing_rows) if rule.sql is not None else rows
    severity = "block" if broken else _severity(rule.severity, outcome)
    return RuleResult(
        rule_id=check.rule_id,
        suite=suite.mart,
        severity=severity,
        success=outcome.success,
        what_zh=rule.what_zh,
        what_en=rule.what_en,
        because=str(check.because),
        remedy=str(_UNJUDGED if broken else rule.remedy),
        observed=outcome.observed,
        indicator_codes=() if outcome.success else _codes(check, outcome.failing_rows),
        failing_rows=tuple(kept[: kept_rows(severity)]),
        failing_count=outcome.failing_count,
        owner="engineers" if broken else rule.owner,
    )


def _without_accepted(outcome: Outcome, accepted: frozenset[tuple[str, ...]]) -> Outcome:
    """A figure that a person has accepted after it was held is held no more."""
    if outcome.check.rule.severity != "hold" or outcome.success or outcome.error is not None:
        return outcome
    rows = tuple(row for row in outcome.failing_rows if figure_key(row) not in accepted)
    count = outcome.failing_count - (len(outcome.failing_rows) - len(rows))
    if count == outcome.failing_count:
        return outcome
    observed = f"{count} failing row{'s' if count != 1 else ''} besides those accepted"
    return replace(outcome, success=count == 0, failing_rows=rows, failing_count=count, observed=observed)


def _severity(declared: Severity, outcome: Outcome) -> Severity:
    """What cannot be held back figure by figure keeps the whole month back."""
    if declared == "hold" and not outcome.success:
        return "hold" if names_its_figures(outcome.failing_rows, outcome.failing_count) else "block"
    return declared


def _codes(check: Check, rows: Iterable[dict[str, Scalar]]) -> tuple[str, ...]:
    """The indicators that a failing rule is about: its own, and those that its rows name.

    A code alone does not say whose it is where a release holds several plans: a row of a plan gives
    ``plan_id/indicator_code``.
    """
    column = check.rule.indicator_code_column
    named = [
        (str(row["plan_id"]) + "/" if row.get("plan_id") else "", str(row[column]))
        for row in rows
        if column is not None and row.get(column)
    ]
    codes = {plan + code for plan, text in named for code in text.split(";")}
    return tuple(sorted(codes | set(check.indicator_codes)))
