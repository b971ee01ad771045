"""Recall of the gate on seeded defects, and its silence on clean months."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from expectations.suite import load_suites
from raw.feed import declared_feeds
from tests.expectations.corpus.defects import DEFECTS, Defect
from tests.expectations.corpus.harness import Judged, groups, judged, level_of, seeded, told

# The groups whose many failing rules are broken by few files; in the others each failure has a cause of its own.
ONE_DELIVERY = ("a", "b", "f")


def test_every_defect_names_rules_that_there_are() -> None:
    known = {f"{suite.mart}.{check.rule_id}" for suite in load_suites() for check in suite.checks}
    known |= {f"landing.{feed.feed}" for feed in declared_feeds()}
    assert {rule for defect in DEFECTS for rule in defect.rules} <= known
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged(tmp_path_factory.mktemp("clean"), [], None)


@pytest.mark.soak
@pytest.mark.parametrize("group", [name for name, _ in groups()])
def test_each_defect_is_noticed_by_the_rules_that_claim_it(clean: Judged, group: str, tmp_path: Path) -> None:
    defects = dict(groups())[group]
    found = judged(tmp_path, defects, clean.build.file)
    assert not found.verdict.passed
    missed = [
        f"{defect.name}: {rule}"
        for defect in defects
        for rule in defect.rules
        if level_of(defect, rule, found, clean) is None
    ]
    assert missed == []
    incidents = told(found, tmp_path / "ledger.sqlite")
    failing = [f"{one.suite}.{one.rule_id}" for one in (*found.verdict.blocking, *found.verdict.holding)]
    named = [rule for row in incidents for rule in row["rules"]]
    assert set(failing) <= set(named), "no failure is nobody's"
    assert incidents
    if group in ONE_DELIVERY:
        assert len(incidents) < len(failing) + len(found.refused), "one cause, one incident"
    assert all(row["audiences"] for row in incidents)


@pytest.mark.soak
def test_a_clean_build_blocks_and_holds_nothing(clean: Judged) -> None:
    assert (clean.verdict.blocking, clean.verdict.holding, clean.refused) == ((), (), {})


@pytest.mark.soak
@pytest.mark.parametrize(
    ("month", "as_of"),
    [
        ("2022-12", date(2023, 4, 30)),
        ("2023-06", date(2023, 8, 31)),
        ("2024-02", date(2024, 4, 30)),
        ("2025-10", date(2025, 12, 31)),
    ],
)
def test_a_clean_month_blocks_and_holds_nothing(month: str, as_of: date, tmp_path: Path) -> None:
    found = judged(tmp_path, [], None, month=month, as_of=as_of)
    assert (found.verdict.blocking, found.verdict.holding) == ((), ())


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_each_defect_changes_what_is_published(defect: Defect, tmp_path: Path) -> None:
    seeded([defect], tmp_path / "published")
