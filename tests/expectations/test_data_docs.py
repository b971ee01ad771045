"""Data Docs: readable without a network, the same bytes for the same build, three levels, rows in full."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from expectations.gate import judge
from tests.expectations.conftest import MakeBuild

SLIP = "update fct_indicator_values set value = 828.6 where indicator_code = '11'"
FORMULA = (
    "insert into dim_source values ('=1+1', '锟斤拷', '2021-03-19', 'day', 'published', 'statistics_bureau')"
)


def pages(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.html"))}


def test_the_pages_of_a_judged_build(make_build: MakeBuild) -> None:
    build = make_build("b", SLIP, FORMULA)
    verdict = judge(build, docs=True)
    assert judge(build, docs=True) == verdict
    found = pages(build / "data_docs")
    index, results = found["index.html"], found["results/fct_indicator_values.html"]
    assert "拦截 block" in index
    assert "扣留 hold" in index
    assert "扣留该数 holds the figure back" in results
    assert "828.6" in results
    assert "怎么办 remedy" in results
    for page in found.values():
        assert not re.search(r"https?://|<script|<link|<img", page)
    with (build / "failing_rows" / "dim_source.titles_are_not_garbled.csv").open(encoding="utf-8") as rows:
        (row,) = csv.DictReader(rows)
    assert row["source_id"] == "'=1+1", "no spreadsheet takes it for a formula"
    assert (build / "gx" / "great_expectations.yml").exists()

    judge(build, docs=True)
    assert pages(build / "data_docs") == found


def test_their_users_open_the_project_as_they_know_it(make_build: MakeBuild) -> None:
    build = make_build("b")
    judge(build, docs=True)
    import great_expectations as gx

    from expectations import engine

    assert engine.EXPECTATIONS
    context = gx.get_context(mode="file", project_root_dir=build)
    assert "fct_indicator_values" in {suite.name for suite in context.suites.all()}
    assert [checkpoint.name for checkpoint in context.checkpoints.all()] == ["gate"]
