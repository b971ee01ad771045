"""Evaluations on true figures: findings in order, proposals with data only, a page of what was then known."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from raw.errors import BadInput
from tests.warehouse.small_build import write_verdict
from warehouse.build import Build
from warehouse.publication.bulletin import Edition
from warehouse.publication.evaluation import due_reports, evaluation
from warehouse.verdict import Verdict

SECTIONS = ["indicators", "tasks", "projects", "problems", "proposals"]
EDITION = Edition("2024-12", 1, None)


def rows(build: Build, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(build.file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def a_verdict(folder: Path) -> Verdict:
    write_verdict(folder / "verdict.json", "0" * 64, True)
    return Verdict.load(folder / "verdict.json")


@pytest.fixture
def page(late_build: Build, tmp_path: Path) -> str:
    return evaluation(late_build.file, "annual", a_verdict(tmp_path), EDITION)


def test_findings_stand_in_the_customary_order(late_build: Build) -> None:
    found = [
        row[0]
        for row in rows(late_build, "select section from fct_evaluation_findings order by finding_number")
    ]
    assert [section for section in SECTIONS if section in found] == list(dict.fromkeys(found))
    assert found == sorted(found, key=SECTIONS.index)
    assert Counter(found)["indicators"] == 25
    assert Counter(found)["projects"] == 21


def test_nothing_is_proposed_where_there_is_no_figure(late_build: Build) -> None:
    proposed = rows(late_build, "select target_id, value, status from fct_revision_proposals")
    assert ("11", 82.86, "achieved_early") in proposed
    assert all(value is not None for _, value, _ in proposed)
    silent = {
        row[0]
        for row in rows(late_build, "select indicator_code from fct_target_progress where value is null")
    }
    assert silent
    assert not silent & {target for target, _, _ in proposed}


def test_an_earlier_evaluation_sees_only_what_was_then_known(early_build: Build, late_build: Build) -> None:
    """The bulletin of 2022 came out in April 2023: at the end of 2022 nobody knew the rate of 82.86 %."""
    sql = (
        "select distinct evaluation_id, as_of_date::varchar, evaluation_class from fct_evaluation_findings"
        " where section = 'indicators' and subject_id = '11'"
    )
    assert rows(early_build, sql) == [("annual-2021", "2022-12-31", "not_assessable")]
    assert rows(late_build, sql) == [("annual-2023", "2024-12-31", "achieved_early")]
    assert rows(early_build, "select count(*) from fct_revision_proposals where target_id = '11'") == [(0,)]


def test_the_page_says_it_in_both_languages_with_ids_and_no_raw_values(page: str, late_build: Build) -> None:
    for said in (
        "主要指标",
        "Indicators",
        "存在问题",
        "Problems",
        "修订建议",
        "Proposals to revise",
        "2024年12月31日",
    ):
        assert said in page
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "v-fct_target_progress-qwc-14-11-progress_pct" in ids
    links = set(re.findall(r'href="#(v-[^"]+)"', page))
    assert links <= set(ids)
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert not re.search(r"\bNone\b(?!\.)|\bnan\b|\d\.\d{7,}", text)
    assert "模拟演练" not in text


def test_every_lamp_has_a_word_beside_it(page: str) -> None:
    lamps = re.findall(r'<i class="lamp [a-z]+" role="img" aria-label="([^"]*)"></i>(.{0,40})', page)
    assert lamps
    assert all(label and re.search(r"[\u4e00-\u9fff]", after) for label, after in lamps)


def test_a_rehearsal_is_stamped(late_build: Build, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(late_build.file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update release_info set kind = 'rehearsal'")
    page = evaluation(copy, "annual", a_verdict(tmp_path), EDITION)
    assert page.count("模拟演练 SIMULATED") >= 3


def test_a_status_set_by_hand_stands_in_the_report_with_the_computed_one(
    late_build: Build, tmp_path: Path
) -> None:
    assert rows(late_build, "select override_id from fct_target_progress where override_id is not null") == []
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(late_build.file, copy)
    set_by_hand = (
        "override_id = 'OVR-1', override_approved_by = '管委会', override_expiry_date = date '2026-12-31',"
        " override_reason_zh = '补报', override_reason_en = 'late return'"
    )
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            f"update fct_target_progress set {set_by_hand}, shown_status = 'lagging', shown_lamp = 'red'"
            " where indicator_code = '11'"
        )
        connection.execute(f"update fct_text_target_progress set {set_by_hand} where text_target_id = 'T037'")
    page = evaluation(copy, "annual", a_verdict(tmp_path), EDITION)
    row = page[page.index('id="i-11"') :].partition("</tr>")[0]
    assert "<b>滞后</b>" in row
    assert "人工认定 OVR-1（管委会 批准，2026-12-31 前有效）：补报；计算状态：提前完成 绿灯" in row
    assert page.count("late return; computed:") == 2


def test_a_decision_says_whether_its_letter_is_read(page: str, late_build: Build) -> None:
    found = dict(rows(late_build, "select decision_id, is_computed from dim_decision"))
    assert (found["DEC-01"], found["DEC-05"], found["DEC-I17"], found["DEC-G5"]) == (True, True, False, False)
    inputs = "select distinct decision_id, is_computed from fct_target_inputs where input_role = 'decision'"
    assert all(found[decision] == is_read for decision, is_read in rows(late_build, inputs))
    block = page[page.index('id="DEC-01"') :].partition("</div>")[0]
    assert "选项读入计算 its letter is read by the computation" in block
    block = page[page.index('id="DEC-I17"') :].partition("</div>")[0]
    assert "只作说明，改选项不改计算" in block


def test_simulated_overrides_are_for_rehearsals_alone(late_build: Build) -> None:
    assert rows(late_build, "select count(*) from plan.status_overrides where origin = 'simulated'") == [(0,)]
    assert rows(late_build, "select count(*) from fct_status_overrides") == [(0,)]


def test_another_kind_than_the_one_due_is_refused_with_the_day_to_ask_for(
    late_build: Build, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"annual-2023；应为 expected midterm.*2023-06-30"):
        evaluation(late_build.file, "midterm", a_verdict(tmp_path), EDITION)


def test_a_release_holds_the_report_only_in_the_month_it_is_due(late_build: Build, tmp_path: Path) -> None:
    assert due_reports(late_build.file) == []
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(late_build.file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update dim_evaluation set is_due_month = is_newest_due")
    assert [report.file_name for report in due_reports(copy)] == ["evaluation-annual.html"]
