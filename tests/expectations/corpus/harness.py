"""Pull, build and judge what the stand-in publishers say when their tables hold seeded defects."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from expectations.alerts.dispatch import tell
from expectations.alerts.routes import load_routes
from expectations.figures import figures_of
from expectations.findings import of_refusal, of_verdict
from expectations.gate import judge
from expectations.incidents import incident, observe
from expectations.ledger import open_ledger
from raw.doors.drop_folder import inbox
from raw.errors import BadInput
from raw.feed import declared_feeds, find_feed
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.sample_returns import write_sample_returns
from raw.replica.server import asked_instead, serve
from raw.replica.table import OTHERS, PUBLISHED
from tests.expectations.corpus.defects import DEFECTS, Defect, Tables
from warehouse.build import Build, build
from warehouse.verdict import RuleResult, Verdict


@dataclass(frozen=True)
class Judged:
    """A build with defects: its verdict, and what landing refused already, by feed."""

    build: Build
    verdict: Verdict
    refused: dict[str, BadInput]


# All that is bundled is out by then.
MONTH, AS_OF = "2025-12", date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 4, 0, tzinfo=UTC)
KEYS = ("series_code", "area_code", "measure", "reference_period", "plan_id", "indicator_code", "source_id")


@contextmanager
def environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def seeded(defects: Sequence[Defect], folder: Path) -> Path:
    """The published tables with the defects in them; a defect that changes nothing is an error."""
    shutil.copytree(PUBLISHED, folder)
    tables: Tables = {}
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as rows:
            tables[file.stem] = list(csv.DictReader(rows))
    for defect in defects:
        assert defect.edit(tables), f"{defect.name} changes nothing"
    for name, rows_of in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(rows_of[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows_of)
    return folder


def landed(landing: Path, published: Path, as_of: date, returns: Path) -> dict[str, BadInput]:
    """Everything the stand-ins say on a day, pulled over HTTP; returns what was refused, by feed."""
    refused: dict[str, BadInput] = {}
    with environment(**{OTHERS: str(published), "RAW_INBOX": str(returns)}):
        write_sample_returns(inbox(find_feed("unit_returns")))
        with serve(port=0, now=end_of(as_of)) as running, asked_instead(running.url):
            for feed in declared_feeds():
                try:
                    pull(feed, as_of, landing_root=landing)
                except BadInput as error:
                    refused[feed.feed] = error
    return refused


def judged(
    folder: Path, defects: Sequence[Defect], previous: Path | None, *, month: str = MONTH, as_of: date = AS_OF
) -> Judged:
    """One build with the defects of one group, judged against a clean one."""
    published = seeded(defects, folder / "published")
    landing = folder / "landing"
    refused = landed(landing, published, as_of, folder / "inbox")
    made = build(month, as_of, landing_root=landing, data_root=folder / "data")
    return Judged(made, judge(made.path, previous), refused)


def level_of(defect: Defect, rule: str, found: Judged, clean: Judged) -> str | None:
    """At which level a rule notices a defect; None where it does not. ``landing.<feed>`` refuses a file."""
    if rule.startswith("landing."):
        error = found.refused.get(rule.removeprefix("landing."))
        return "refused" if error and defect.said in str(error) else None
    result = noticed(defect, rule, found.verdict, clean.verdict)
    return result.severity if result else None


def noticed(defect: Defect, rule: str, verdict: Verdict, clean: Verdict) -> RuleResult | None:
    """The result of a rule that fails with the defect, on rows on which it does not fail without it."""
    before = {_key(row) for result in clean.results if _name(result) == rule for row in result.failing_rows}
    for result in verdict.results:
        if _name(result) != rule or result.success:
            continue
        if any(_key(row) not in before and _is_about(defect, row) for row in result.failing_rows):
            return result
    return None


def told(judged_: Judged, ledger: Path) -> list[dict[str, Any]]:
    """The incidents that refusals and a verdict open, and the audiences that hear of each."""
    rows = []
    made = judged_.build
    findings = of_verdict(judged_.verdict, made, figures_of(made.file))
    for feed, error in judged_.refused.items():
        findings += of_refusal(
            error.problems, scope=f"landing.{feed}", units=find_feed(feed).units,
            reference_month=made.reference_month, as_of=made.as_of_date.isoformat(),
        )  # fmt: skip
    with open_ledger(f"sqlite:///{ledger}") as session:
        changes = observe(session, findings, scope="gate", now=NOW)
        messages = tell(session, changes, load_routes(), now=NOW)
        for change in changes:
            found = incident(session, change.incident_id)
            rows.append(
                {
                    "rules": {s.subject_key for s in found.subjects if s.subject_kind == "rule"}
                    | {f"landing.{feed}" for feed in judged_.refused if f"landing.{feed}" in found.cause_key},
                    "title": found.title_zh,
                    "severity": found.severity,
                    "audiences": [m.audience for m in messages if m.incident_id == found.incident_id],
                    "first_lines": [m.body.splitlines()[0] for m in messages],
                }
            )
    return rows


def groups() -> list[tuple[str, list[Defect]]]:
    names = sorted({defect.group for defect in DEFECTS})
    return [(name, [defect for defect in DEFECTS if defect.group == name]) for name in names]


def _is_about(defect: Defect, row: Mapping[str, object]) -> bool:
    """Whether a failing row is about the series that the defect touches, as far as both say one."""
    return not defect.series or row.get("series_code") in (None, *defect.series)


def _name(result: RuleResult) -> str:
    return f"{result.suite}.{result.rule_id}"


def _key(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(row.get(name, "")) for name in KEYS)
