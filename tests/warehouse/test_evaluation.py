"""Evaluations on true figures: findings in order, proposals with data only, a page of what was then known."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from raw.errors import BadInput
from tests.warehouse.small_build import write_verdict
from warehouse import __main__ as commands
from warehouse.build import Build
from warehouse.diff import ReleaseDiff
from warehouse.publication.bulletin import Edition, bulletin
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


def test_nothing_is_proposed_where_the_assessed_year_has_no_figure(late_build: Build) -> None:
    """Nothing of 2023 is published: the newest figures are of 2022, and the evaluation is of 2023."""
    assert rows(late_build, "select * from fct_revision_proposals") == []
    newest = (
        "select max(reference_period) from fct_target_progress where plan_id = 'qwc-14' and lamp != 'grey'"
    )
    assert rows(late_build, newest) == [("2022",)]


def test_an_earlier_evaluation_sees_only_what_was_then_known(early_build: Build, late_build: Build) -> None:
    """The bulletin of 2022 came out in April 2023: at the end of 2022 nobody knew the rate of 82.86 %."""
    sql = (
        "select distinct evaluation_id, as_of_date::varchar, status, evaluation_class"
        " from fct_evaluation_findings where section = 'indicators' and subject_id = '11'"
    )
    assert rows(early_build, sql) == [("annual-2021", "2022-12-31", "no_data", "not_assessable")]
    assert rows(late_build, sql) == [("annual-2023", "2024-12-31", "earlier_year", "not_assessable")]


def test_an_annual_evaluation_says_where_it_only_has_figures_of_another_year(
    page: str, late_build: Build
) -> None:
    """Of 2023 nothing is published: what was judged by 2022 is told as such, and owed by its unit."""
    (text,) = rows(
        late_build,
        "select text_zh, text_en from fct_evaluation_findings where section = 'indicators' and subject_id = '11'",
    )
    assert text[0].startswith("没有2023年的数，本次不评价；最近一次：2022年为 82.86")
    assert text[1].startswith("no figure of 2023, not assessed here; the last one: 82.86 in 2022")
    counted = dict(
        rows(
            late_build,
            "select status, count(*) from fct_evaluation_findings where section = 'indicators' group by status",
        )
    )
    earlier, nothing = counted["earlier_year"], counted["no_data"]
    assert min(earlier, nothing) > 1
    lead = re.findall(r'<p class="lead(?:-en)?"[^>]*>(.*?)</p>', page)
    assert f"25项指标中，无法评估25项（其中{nothing}项没有数、{earlier}项只有更早年度的数）" in lead[0]
    told = f"{nothing} have no figure at all, {earlier} have only a figure of an earlier year"
    assert f"25 not assessable (of which {told})" in lead[1]
    assert 'id="v-fct_target_progress-qwc-14-11-progress_pct"' not in page
    assert "没有可评价的目标。" in page


def test_a_group_of_problems_says_how_many_could_be_judged(page: str, late_build: Build) -> None:
    """None of what nobody could judge is not the same as none."""
    counted = dict(
        rows(
            late_build,
            "select counts_for_veto, count(*) from fct_yearly_assessment where reference_year = 2023"
            " and plan_id = 'qwc-14' and assessment = 'not_assessable' group by all",
        )
    )
    due, derived = counted.get(True, 0), counted.get(False, 0)
    assert derived > 1
    group = page[page.index("约束性指标年度考核未完成（0）") :].partition("<h3>")[0]
    assert f"可评定0项，无法评定{due}项。另有{derived}项年度值由推算得出，不作通过，也不作否决。" in group
    assert f"0 could be assessed, {due} could not. A further {derived} yearly values are derived" in group
    assert "可评定的各项中没有。" in group
    assert "<p>没有。" not in group


def test_a_derived_yearly_value_is_no_assessment(late_build: Build, tmp_path: Path) -> None:
    """Of two values that could be judged one was derived: it passes nobody and is not counted."""
    page = _changed(
        late_build,
        tmp_path,
        "update fct_yearly_assessment set assessment = 'reached' where reference_year = 2023 and plan_id = 'qwc-14'",
    )
    due = rows(
        late_build,
        "select count(*) from fct_yearly_assessment where reference_year = 2023 and plan_id = 'qwc-14'"
        " and counts_for_veto",
    )[0][0]
    assert f"可评定{due}项，无法评定0项。另有" in page


def test_what_is_said_twice_counts_once(page: str, late_build: Build) -> None:
    """DEC-T10. T053 repeats T049, four more repeat an indicator: of 72 statements 67 are judged."""
    repeats = rows(
        late_build,
        "select text_target_id from fct_text_target_progress where is_repeat and plan_id = 'qwc-14' order by 1",
    )
    assert [row[0] for row in repeats] == ["T002", "T003", "T037", "T047", "T053"]
    lead = re.findall(r'<p class="lead(?:-en)?"[^>]*>(.*?)</p>', page)
    assert "；67项文字目标中，" in lead[0]
    assert "; of 67 targets in text " in lead[1]
    assert "其中重复表述5项，只计一次" in page
    assert page.count("重复表述，不另计 a repeat, not counted again") == 5
    group = page[page.index("滞后、倒退或突破底线（") :].partition("<h3>")[0]
    assessed, not_assessed = map(int, re.findall(r"可评定(\d+)项，无法评定(\d+)项。", group)[0])
    assert assessed + not_assessed == 25 + 67


def test_the_bulletin_says_which_lines_its_totals_leave_out(late_build: Build, tmp_path: Path) -> None:
    """DEC-T10. T053 repeats T049: both lines stand in the list, one is in the totals above it."""
    build = _copy(
        late_build,
        tmp_path,
        "update fct_text_target_progress set value = 68 where text_target_id in ('T049', 'T053')",
    )
    page = bulletin(build, ReleaseDiff(None), a_verdict(tmp_path), EDITION)
    line_of = dict(re.findall(r'<span class="small"[^>]*>(T\d+)</span>(.*?)</li>', page))
    assert "重复表述，不另计 a repeat, not counted again" in line_of["T053"]
    assert "重复表述，不另计" not in line_of["T049"]


def test_a_returned_figure_cites_its_source_and_a_sum_is_computed(late_build: Build, tmp_path: Path) -> None:
    page = _changed(
        late_build,
        tmp_path,
        *(
            f"update fct_text_target_progress set value = 4, reference_period = '2023', status = 'ahead',"
            f" lamp = 'green' where text_target_id = '{target}'"
            for target in ("T006", "T039")
        ),
        "update fct_evaluation_findings set status = 'ahead', lamp = 'green' where subject_id in ('T006', 'T039')",
        *(
            "insert into fct_target_inputs select * replace ('text_target' as target_type,"
            f" '{target}' as target_id, 'value' as input_role, {value} as value, 'S002' as source_id)"
            " from fct_target_inputs where plan_id = 'qwc-14' limit 1"
            for target, value in (("T006", 4), ("T039", 3), ("T039", 1))
        ),
    )
    shown = dict(
        re.findall(r'id="v-fct_text_target_progress-qwc-14-(T\d+)-value">4<sup><a href="#([a-z]+)', page)
    )
    assert shown == {"T006": "src", "T039": "methods"}


def test_a_milestone_is_told_in_words(late_build: Build, tmp_path: Path) -> None:
    page = _changed(
        late_build,
        tmp_path,
        "update fct_text_target_progress set value = 0, target_value = 1 where text_target_id = 'T022'",
        "update fct_text_target_progress set value = 1, target_value = 1 where text_target_id = 'T023'",
        "update fct_evaluation_findings set status = 'not_due' where subject_id in ('T022', 'T023')",
    )
    told = dict(re.findall(r'id="v-fct_text_target_progress-qwc-14-(T02[23])-value">([^<]*)<', page))
    assert told == {"T022": "未完成 not done", "T023": "已完成 done"}


def test_what_is_simulated_is_marked_beside_each_figure(late_build: Build, tmp_path: Path) -> None:
    page = _changed(
        late_build,
        tmp_path,
        "update fct_target_progress set origin = 'simulated', progress_pct = 50 where indicator_code = '03'",
        "update fct_evaluation_findings set origin = 'simulated', status = 'ahead' where subject_id = '03'",
        "update fct_project_progress set origin = 'simulated' where project_id = 'P01-01'",
    )
    row = page[page.index('<tr id="i-03">') :].partition("</tr>")[0]
    cell = row[row.index('data-label="进度／序时"') :].partition("</td>")[0]
    assert "模拟 simulated" in cell
    boxes = page[page.index('<section id="projects">') :].partition("<table")[0]
    assert "模拟 simulated" in boxes
    assert "模拟 simulated" not in page[: page.index('<tr id="i-03">')]


def test_a_notice_is_printed_where_the_reason_does_not_tell_it(late_build: Build, tmp_path: Path) -> None:
    page = _changed(
        late_build,
        tmp_path,
        "update fct_target_progress set notice_zh = '另报 7', notice_en = 'returned: 7'"
        " where indicator_code = '03' and plan_id = 'qwc-14'",
        "update fct_target_progress set notice_zh = left(status_reason, 4), notice_en = 'said twice already'"
        " where indicator_code = '04' and plan_id = 'qwc-14'",
    )
    assert '<span class="owing">另报 7 <span class="en" lang="en">returned: 7</span></span>' in page
    assert "said twice already" not in page


def test_english_is_in_english(late_build: Build, tmp_path: Path) -> None:
    page = _changed(
        late_build,
        tmp_path,
        "update fct_evaluation_findings set status = 'earlier_year' where subject_id = 'T010'",
    )
    marked = re.findall(r'<li><span class="code">T010</span>(.*?)</li>', page)[0]
    (english,) = re.findall(r'（.*?<span class="en" lang="en">(.*?)</span>）', marked)
    assert english.isascii()
    assert english


def _changed(build: Build, folder: Path, *statements: str) -> str:
    """The page of a copy of a build in which statements were run."""
    return evaluation(_copy(build, folder, *statements), "annual", a_verdict(folder), EDITION)


def _copy(build: Build, folder: Path, *statements: str) -> Path:
    """A copy of the database of a build in which statements were run."""
    copy = folder / "warehouse.duckdb"
    shutil.copyfile(build.file, copy)
    with duckdb.connect(str(copy)) as connection:
        for statement in statements:
            connection.execute(statement)
    return copy


def test_what_cannot_be_judged_for_want_of_a_target_is_a_problem(late_build: Build) -> None:
    found = dict(
        rows(
            late_build,
            "select subject_id, status from fct_evaluation_findings where finding_kind = 'not_to_be_judged'"
            " and subject_type = 'indicator'",
        )
    )
    unjudged = dict(
        rows(
            late_build,
            "select indicator_code, status from fct_target_progress where plan_id = 'qwc-14'"
            " and status in ('target_pending', 'comparator_missing', 'no_baseline', 'under_revision')",
        )
    )
    assert {"13": "target_pending", "14": "target_pending"}.items() <= found.items()
    assert found == unjudged


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
        connection.execute(
            "update fct_evaluation_findings set override_id = 'OVR-1', status = 'lagging', lamp = 'red'"
            " where section in ('indicators', 'tasks') and subject_id in ('11', 'T037')"
        )
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


def test_an_unknown_plan_is_told_with_those_that_are_evaluated(late_build: Build, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no evaluation of a plan 'nope'；应为 expected 其一 / one of qwc-14"):
        evaluation(late_build.file, "annual", a_verdict(tmp_path), EDITION, "nope")


@pytest.mark.parametrize("place", ["absent/report.html", ".", ""])
def test_a_place_the_report_cannot_be_written_to_is_told(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_verdict(tmp_path)
    chosen = SimpleNamespace(path=tmp_path, database=tmp_path, name="2024-12", revision=1, previous=None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "_undamaged", lambda _: chosen)
    monkeypatch.setattr(commands, "evaluation", lambda *_: "page")
    assert commands.main(["evaluate", "--kind", "annual", "--to", place]) == 2
    assert "the name of a file in a folder that is there" in capsys.readouterr().err
    assert commands.main(["evaluate", "--kind", "annual", "--to", "report.html"]) == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "page"


def test_a_cell_of_several_figures_stays_together_on_a_narrow_screen(
    late_build: Build, tmp_path: Path
) -> None:
    """There the parts of a cell are pushed to both edges: value, stroke and target must be one part."""
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(late_build.file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update fct_evaluation_findings set status = 'ahead', lamp = 'green' where status = 'earlier_year'"
        )
    page = evaluation(copy, "annual", a_verdict(tmp_path), EDITION)
    cells = re.findall(r'<td class="num" data-label="(?:数值|进度)／(?:目标|序时)">(.*?)</td>', page)
    assert [cell for cell in cells if "／" in cell]
    assert [cell for cell in cells if not re.fullmatch(r"<span\b.*</span>", cell.strip())] == []
    assert '评估 <span class="en" lang="en">Evaluation</span>' in page


def test_a_report_belongs_into_the_first_release_from_its_due_date_on(
    late_build: Build, tmp_path: Path
) -> None:
    """The evaluation of 2023 is due on 30 June 2024."""

    def named(file: Path, *before: date) -> list[str]:
        return [report.file_name for report in due_reports(file, before)]

    assert named(late_build.file) == ["evaluation-annual.html"]
    assert named(late_build.file, date(2024, 6, 29), date(2023, 12, 31)) == ["evaluation-annual.html"]
    assert named(late_build.file, date(2023, 12, 31), date(2024, 6, 30)) == []
    copy = tmp_path / "warehouse.duckdb"
    shutil.copyfile(late_build.file, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update fct_evaluation_findings set status = 'later_year' where section = 'indicators' and subject_id = '11'"
        )
    assert named(copy) == [], "by then a later year is in"
