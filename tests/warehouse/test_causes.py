"""Why a judgement changed between two files: each cause alone, several at once, and the command that prints them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.warehouse.small_build import LANDING_ID, OVERRIDDEN, PLAN, landed_rows, make_build
from tests.warehouse.test_release import released
from warehouse.__main__ import main
from warehouse.diff import ReleaseDiff, StatusChange, change_rows, diff, told_changes

CUTS = "dbt_project/seeds/plan/status_thresholds.csv, behind_below_pp"
DECIDED = "dbt_project/seeds/plan/decisions.csv, DEC-02, tolerance_abs = "
# The landed row of new urban employment.
JOBS = 1 + [row[0] for row in landed_rows()].index("URBAN_NEW_JOBS")
# What indicator 20 and text target T001 rest on, as a finished build tells it.
BASE = (
    "create table fct_target_inputs(plan_id varchar, target_type varchar, target_id varchar, input_role varchar,"
    " area_code varchar, reference_period varchar, value double, unit varchar, place varchar,"
    " decision_id varchar, version integer, landing_id varchar, row_number bigint)",
    "create table fct_text_target_progress(plan_id varchar, text_target_id varchar, statement_zh varchar,"
    " statement_en varchar, unit varchar, status varchar, lamp varchar, value double, status_reason varchar,"
    " status_reason_en varchar, method_id varchar)",
    "create table fct_status_overrides(plan_id varchar, override_id varchar, target_type varchar,"
    " target_id varchar, override_status varchar, override_lamp varchar, override_state varchar)",
    "create schema plan",
    "create table plan.decisions(decision_id varchar, chosen_option varchar)",
    "insert into plan.decisions values ('DEC-02', 'A')",
    *(
        f"insert into fct_target_inputs values ('{PLAN}', '{kind}', '{target}', {rest})"
        for kind, target in (("indicator", "20"), ("text_target", "T001"))
        for rest in (
            f"'value', 'CN-370211', '2022', 7.9, '万人', 'row {JOBS}', '', null, '{LANDING_ID}', {JOBS}",
            "'target', '', '2025', 25, '万人', 'targets.csv, 20', '', 1, '', null",
            "'baseline', '', '2020', 8, '万人', 'baselines.csv, 20', '', 1, '', null",
            f"'threshold', '', null, 0, 'pp', '{CUTS}', '', null, '', null",
            f"'decision', '', null, null, null, '{DECIDED}0', 'DEC-02', null, '', null",
        )
    ),
    f"insert into fct_text_target_progress values ('{PLAN}', 'T001', '新增就业25万人', '250 000 new jobs', '万人',"
    " 'slightly_behind', 'yellow', 7.9, '略慢', 'slightly behind', 'cumulative_sum')",
)
# A judgement that moved: what caused it is in the inputs.
MOVED = (
    "update fct_target_progress set status = 'on_schedule', lamp = 'green' where indicator_code = '20'",
    "update fct_text_target_progress set status = 'on_schedule', lamp = 'green'",
)
INPUTS = "update fct_target_inputs set"
GONE = "delete from fct_target_inputs where input_role = 'value'"
HELD = (
    f"create or replace table fct_held_figures as select '{LANDING_ID}' as landing_id, {JOBS} as row_number,"
    " 'CN-370211' as area_code, '2022' as reference_period, 'held' as held_state"
)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("old") / "b", until=2022, sql=BASE)


def compared(tmp_path: Path, old: Path, *sql: str) -> ReleaseDiff:
    new = make_build(tmp_path / "new", until=2022, sql=[*BASE, *sql])
    return diff(new / "warehouse.duckdb", old / "warehouse.duckdb", "2022-12")


def by_target(changes: ReleaseDiff) -> dict[str, StatusChange]:
    return {change.target_id: change for change in changes.targets}


EACH = [
    (
        "data",
        f"insert into fct_target_inputs select '{PLAN}', target_type, target_id, 'value', 'CN-370211', '2023', 9.1,"
        " '万人', 'row 2', '', null, 'x', 2 from fct_target_inputs where input_role = 'target'",
        "新数据：2023年 9.1 万人",
        "new data: 2023 9.1 万人",
    ),
    (
        "revision",
        f"{INPUTS} value = 8.1 where input_role = 'value'",
        "数据修订：2022年 7.9 万人 → 2022年 8.1 万人",
        "revised data: 2022 7.9 万人 → 2022 8.1 万人",
    ),
    (
        "revision",
        f"{GONE}; delete from fct_observations where series_code = 'URBAN_NEW_JOBS'",
        "数据修订：2022年 7.9 万人 → 不再采用",
        "revised data: 2022 7.9 万人 → no longer used",
    ),
    (
        "revision",
        f"{GONE}; update fct_observations set value = 8.1 where series_code = 'URBAN_NEW_JOBS'",
        "数据修订：2022年 7.9 万人 → 2022年 8.1 万人",
        "revised data: 2022 7.9 万人 → 2022 8.1 万人",
    ),
    (
        "held",
        f"{HELD}; {GONE}; delete from fct_observations where series_code = 'URBAN_NEW_JOBS'",
        "扣留与核定：2022年 7.9 万人 → 不再采用",
        "held back or decided: 2022 7.9 万人 → no longer used",
    ),
    (
        "held",
        f"{HELD}; {INPUTS} value = 7.8, row_number = 99 where input_role = 'value'",
        "扣留与核定：2022年 7.9 万人 → 2022年 7.8 万人",
        "held back or decided: 2022 7.9 万人 → 2022 7.8 万人",
    ),
    (
        "target",
        f"{INPUTS} value = 20, version = 2 where input_role = 'target'",
        "目标或基期变动：目标 25 万人 (v1) → 目标 20 万人 (v2)",
        "target or baseline changed: target 25 万人 (v1) → target 20 万人 (v2)",
    ),
    (
        "target",
        f"{INPUTS} value = 7.5, version = 2 where input_role = 'baseline'",
        "目标或基期变动：基期 8 万人 (v1) → 基期 7.5 万人 (v2)",
        "target or baseline changed: baseline 8 万人 (v1) → baseline 7.5 万人 (v2)",
    ),
    (
        "target",
        "insert into fct_target_inputs select plan_id, target_type, target_id, 'assignment', '', '2023', 5, '万人',"
        " 'superior_assignments.csv', '', null, '', null from fct_target_inputs where input_role = 'target'",
        "目标或基期变动：下达值无 → 下达值 5 万人",
        "target or baseline changed: no assigned value → assigned value 5 万人",
    ),
    (
        "decision",
        f"{INPUTS} place = '{DECIDED}0.5' where input_role = 'decision'",
        "口径决定：DEC-02 A, tolerance_abs = 0 → DEC-02 A, tolerance_abs = 0.5",
        "decision: DEC-02 A, tolerance_abs = 0 → DEC-02 A, tolerance_abs = 0.5",
    ),
    (
        "decision",
        "update plan.decisions set chosen_option = 'B'",
        "口径决定：DEC-02 A, tolerance_abs = 0 → DEC-02 B, tolerance_abs = 0",
        "decision: DEC-02 A, tolerance_abs = 0 → DEC-02 B, tolerance_abs = 0",
    ),
    (
        "override",
        f"insert into fct_status_overrides values ('{PLAN}', 'OVR-1', 'indicator', '20', 'on_schedule', 'green',"
        f" 'in_force'), ('{PLAN}', 'OVR-1', 'text_target', 'T001', 'on_schedule', 'green', 'in_force')",
        "人工认定：无 → OVR-1 符合进度 绿灯",
        "set by hand: none → OVR-1 on schedule green",
    ),
    (
        "rule",
        f"{INPUTS} value = -5 where place = '{CUTS}'",
        "评价规则：behind_below_pp 0 → behind_below_pp −5",
        "rule: behind_below_pp 0 → behind_below_pp −5",
    ),
]


@pytest.mark.parametrize(
    ("kind", "change", "zh", "en"), EACH, ids=[f"{one[0]}-{n}" for n, one in enumerate(EACH)]
)
def test_each_cause_is_told_for_indicators_and_text_targets(
    tmp_path: Path, old: Path, kind: str, change: str, zh: str, en: str
) -> None:
    moved = by_target(compared(tmp_path, old, *MOVED, change))
    assert set(moved) == {"20", "T001"}
    for one in moved.values():
        assert [cause.kind for cause in one.causes] == [kind]
        assert (one.causes[0].told("zh"), one.causes[0].told("en")) == (zh, en)
        assert (one.old, one.new) == ("slightly_behind", "on_schedule")


def test_an_override_alone_moves_what_is_shown_and_the_computed_status_stays(
    tmp_path: Path, old: Path
) -> None:
    in_force = (
        f"insert into fct_status_overrides values ('{PLAN}', 'OVR-1', 'indicator', '20', 'on_schedule', 'green',"
        " 'in_force')"
    )
    (one,) = compared(tmp_path, old, *OVERRIDDEN, in_force).targets
    assert (one.target_id, one.old, one.new) == ("20", "slightly_behind", "on_schedule")
    assert [cause.kind for cause in one.causes] == ["override"]
    assert one.after.told("zh") == "符合进度 绿灯 7.9 万人（人工认定 OVR-1，计算状态：略慢 黄灯）"
    assert one.after.told("en") == (
        "on schedule green 7.9 万人 (set by hand, OVR-1; computed: slightly behind yellow)"
    )


def test_a_year_that_a_newer_one_displaced_is_no_revision(tmp_path: Path, old: Path) -> None:
    """Many kinds rest on the newest year alone: the older figure still stands, and nobody revised it."""
    newer = (
        f"insert into fct_target_inputs select '{PLAN}', target_type, target_id, 'value', 'CN-370211', '2023', 9.1,"
        " '万人', 'row 2', '', null, 'x', 2 from fct_target_inputs where input_role = 'target'"
    )
    for one in compared(tmp_path, old, *MOVED, GONE, newer).targets:
        assert [cause.told("en") for cause in one.causes] == ["new data: 2023 9.1 万人"]


def test_a_figure_that_was_held_and_counts_again_is_no_new_data(tmp_path: Path) -> None:
    """Somebody accepted it; the publisher said nothing new."""
    without = make_build(tmp_path / "held", until=2022, sql=[*BASE, HELD, GONE])
    for one in compared(tmp_path, without, *MOVED).targets:
        assert [cause.told("en") for cause in one.causes] == ["held back or decided: 2022 7.9 万人"]


def test_several_causes_are_all_told(tmp_path: Path, old: Path) -> None:
    moved = by_target(
        compared(
            tmp_path,
            old,
            *MOVED,
            f"{INPUTS} value = 8.1 where input_role = 'value'",
            f"{INPUTS} value = 20, version = 2 where input_role = 'target'",
        )
    )
    assert [cause.kind for cause in moved["20"].causes] == ["revision", "target"]


def test_another_method_is_a_rule(tmp_path: Path, old: Path) -> None:
    change = "update fct_target_progress set method_id = 'R2', value = 8 where indicator_code = '20'"
    (one,) = compared(tmp_path, old, change).targets
    assert [(cause.kind, cause.told("en")) for cause in one.causes] == [
        ("rule", "rule: method R1 → method R2")
    ]


def test_a_value_alone_that_moved_is_told_but_is_no_status(tmp_path: Path, old: Path) -> None:
    changes = compared(
        tmp_path,
        old,
        "update fct_target_progress set value = 8.1 where indicator_code = '20'",
        f"{INPUTS} value = 8.1 where input_role = 'value'",
    )
    (one,) = changes.targets
    assert changes.statuses == ()
    assert one.told("en").startswith("20 New urban employment")
    assert "slightly behind yellow 7.9 万人 → slightly behind yellow 8.1 万人" in one.told("en")
    assert [cause.kind for cause in one.causes] == ["revision"]


def test_what_no_input_explains_is_time_with_the_same_code_and_a_rule_with_other_code(
    tmp_path: Path, old: Path
) -> None:
    new = make_build(tmp_path / "new", until=2022, sql=[*BASE, *MOVED])
    files = new / "warehouse.duckdb", old / "warehouse.duckdb"
    assert {cause.kind for one in diff(*files, "x").targets for cause in one.causes} == {"time"}
    told = json.loads((new / "build.json").read_text(encoding="utf-8"))
    (new / "build.json").write_text(json.dumps(told | {"code_version": "0.2.0"}), encoding="utf-8")
    causes = {cause for one in diff(*files, "x").targets for cause in one.causes}
    assert {cause.told("en") for cause in causes} == {"rule: code 0.1.0+test → code 0.2.0"}


def test_files_without_the_table_of_inputs_are_compared_by_their_figures(tmp_path: Path) -> None:
    before = make_build(tmp_path / "before", until=2021)
    after = make_build(
        tmp_path / "after",
        until=2022,
        sql=["update fct_target_progress set target_value = 30 where indicator_code = '20'"],
    )
    changes = diff(after / "warehouse.duckdb", before / "warehouse.duckdb", "x")
    moved = by_target(changes)
    assert [cause.told("zh") for cause in moved["20"].causes if cause.kind in ("data", "target")] == [
        "新数据：2022年 7.9 万人",
        "目标或基期变动：目标 25 → 目标 30",
    ]


PROJECTS = (
    "create table fct_project_progress as select * from (values"
    " ('qwc-14', 'P01-02', true, '平台', 'Platform', 'on_schedule', 'green', 40.0, '好', 'good', 'started',"
    "  null::double, date '2022-07-10', 'DEC-P7'),"
    " ('qwc-14', 'P01-03', true, '码头', 'Quay', 'lagging', 'yellow', 20.0, '慢', 'slow', 'land',"
    "  null, date '2022-07-10', 'DEC-P7'),"
    " ('qwc-14', 'P01-04', true, '学校', 'Schools', 'not_reported', 'grey', null, '未报', 'silent', null,"
    "  null, null, 'DEC-P7'),"
    " ('qwc-14', 'P01-01', true, '总称', 'Heading', 'heading', 'green', null, '', '', null, null, null, ''))"
    " as t(plan_id, project_id, is_counted, name_zh, name_en, status, lamp, progress_pct, reason_zh, reason_en,"
    " stage_id, completed_quantity_value, reported_date, decision_ids)",
    "create table fct_yearly_assessment as select * from (values"
    " ('qwc-14', '13', 'fgj', 2022, 3.0, null::double, '%', 'not_assessable', false, '无', 'none'),"
    " ('qwc-14', '13', 'fgj', 2023, 3.0, null, '%', 'not_due', false, '未到', 'not due'),"
    " ('qwc-14', '18', 'wjj', 2022, 80.0, 81.0, '岁', 'reached', false, '完成', 'reached'))"
    " as t(plan_id, indicator_code, unit_id, reference_year, yearly_value, actual_value, unit, assessment,"
    " is_vetoed, reason_zh, reason_en)",
)
LAMPS_MOVED = (
    "update fct_project_progress set status = 'lagging', lamp = 'red', reason_en = 'late' where project_id = 'P01-02'",
    "update fct_project_progress set progress_pct = 25 where project_id = 'P01-03'",
    "update fct_project_progress set status = 'completed', lamp = 'green', completed_quantity_value = 60,"
    " reported_date = date '2023-01-08' where project_id = 'P01-04'",
    "update fct_project_progress set lamp = 'red' where project_id = 'P01-01'",
    "update fct_yearly_assessment set actual_value = 2.1, assessment = 'missed', is_vetoed = true"
    " where indicator_code = '13' and reference_year = 2022",
    "update fct_yearly_assessment set assessment = 'not_assessable' where reference_year = 2023",
    "update fct_yearly_assessment set yearly_value = 82, assessment = 'missed', is_vetoed = true"
    " where indicator_code = '18'",
)


def test_lamps_of_projects_and_vetoes_are_told_with_their_causes(tmp_path: Path) -> None:
    """A heading's lamp is that of its projects; a point more, and a year nobody can judge, change nothing."""
    old = make_build(tmp_path / "old", until=2022, sql=[*BASE, *PROJECTS])
    new = make_build(tmp_path / "new", until=2022, sql=[*BASE, *PROJECTS, *LAMPS_MOVED])
    changes = diff(new / "warehouse.duckdb", old / "warehouse.duckdb", "2022-12")
    assert changes.targets == ()
    assert not changes.is_empty
    found = {
        (one.target_type, one.target_id): [cause.told("en") for cause in one.causes] for one in changes.others
    }
    assert found == {
        ("project", "P01-02"): ["time passed: no figure, target or decision it rests on differs"],
        ("project", "P01-04"): ["new data: not reported → return of 2023-01-08 60"],
        ("yearly_assessment", "13-fgj-2022"): ["new data: actual none → actual 2.1"],
        ("yearly_assessment", "18-wjj-2022"): [
            "target or baseline changed: yearly value 80 → yearly value 82"
        ],
    }
    told = told_changes(changes, "2023-06")
    assert told.startswith("2022-12 → 2023-06：评价变化0项，项目2个，年度考核2项\n")
    assert "P01-02 平台 / P01-02 Platform\n  符合进度 绿灯 40 % → 滞后 红灯 40 %\n" in told
    assert "not assessable → missed, which fails the year red 2.1 %" in told
    types = [row[1] for row in change_rows(changes)]
    assert sorted(types) == ["project", "project", "yearly_assessment", "yearly_assessment"]
    assert "项目和年度考核变化及原因" in changes.text("zh")
    by_hand = (
        "create or replace table fct_project_progress as select *, status as shown_status, 'green' as shown_lamp,"
        " if(project_id = 'P01-03', 'OVR-1', null) as override_id from fct_project_progress",
    )
    hand = make_build(tmp_path / "hand", until=2022, sql=[*BASE, *PROJECTS, *by_hand])
    found = {
        one.target_id: one.told("en")
        for one in diff(hand / "warehouse.duckdb", old / "warehouse.duckdb", "x").others
    }
    assert "lagging green 20 % (set by hand, OVR-1; computed: lagging yellow)" in found["P01-03"]
    assert found["P01-03"].endswith("Cause: set by hand: none → OVR-1")
    before = make_build(tmp_path / "before", until=2022, sql=BASE)
    assert diff(new / "warehouse.duckdb", before / "warehouse.duckdb", "x").others == ()


def test_two_plans_with_the_same_code_are_told_apart(tmp_path: Path, old: Path) -> None:
    """A code alone would name the indicator of the other plan."""
    second = (
        "insert into dim_indicator select * replace ('p2' as plan_id, '另一规划的指标' as name_zh)"
        " from dim_indicator where indicator_code = '20'",
        "insert into fct_target_progress select * replace ('p2' as plan_id) from fct_target_progress"
        " where indicator_code = '20'",
    )
    changes = compared(
        tmp_path, old, *second, "update fct_target_progress set status = 'met' where plan_id = 'p2'"
    )
    (one,) = changes.targets
    assert (one.plan_id, one.label.zh, one.old, one.new) == ("p2", "p2 20 另一规划的指标", None, "met")


def test_the_release_holds_the_table_and_the_command_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    monkeypatch.setenv("WAREHOUSE_DATA", str(data))
    change = f"{INPUTS} value = 8.1 where input_role = 'value'"
    # What the bulletin prints of a target besides: its kind, its origin and the source of its figure.
    cited = (
        "alter table fct_target_inputs add column source_id varchar",
        f"{INPUTS} source_id = (select min(source_id) from dim_source)",
        "alter table fct_text_target_progress add column target_kind varchar default 'level'",
        "alter table fct_text_target_progress add column origin varchar default 'published'",
    )
    first = make_build(tmp_path / "1", month="2022-12", as_of="2022-12-31", until=2022, sql=[*BASE, *cited])
    later = make_build(tmp_path / "2", until=2022, sql=[*BASE, *MOVED, change, *cited])
    for build in (first, later):
        released(build, data)
    folder = data / "releases/2024-12"
    with (folder / "status_changes.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["target_id"]: row for row in csv.DictReader(file)}
    assert (rows["20"]["cause"], rows["20"]["cause_before_en"], rows["20"]["cause_after_en"]) == (
        "revision",
        "2022 7.9 万人",
        "2022 8.1 万人",
    )
    notes = (folder / "notes.md").read_text(encoding="utf-8")
    assert "数据修订：2022年 7.9 万人 → 2022年 8.1 万人" in notes
    assert "数据修订：2022年 7.9 万人 → 2022年 8.1 万人" in (folder / "bulletin.html").read_text(
        encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["changes", "--from", "2022-12", "--to", "2024-12"]) == 0
    by_name = capsys.readouterr().out
    assert main(["changes", "--from", "2023-06-30", "--to", "2024-12-31"]) == 0
    assert capsys.readouterr().out == by_name
    assert "2022-12 → 2024-12: 2 judgements changed" in by_name
    assert (
        "· 数据修订：2022年 7.9 万人 → 2022年 8.1 万人 / revised data: 2022 7.9 万人 → 2022 8.1 万人"
        in by_name
    )
    assert main(["changes", "--from", "2020-01-01", "--to", "2024-12"]) == 2
    assert "no release 2020-01-01, nor one as of that day" in capsys.readouterr().err


def test_nothing_changed_is_said(old: Path) -> None:
    same = diff(old / "warehouse.duckdb", old / "warehouse.duckdb", "2022-12")
    assert (
        told_changes(same, "2022-12")
        == "2022-12 → 2022-12：评价变化0项\n2022-12 → 2022-12: 0 judgements changed\n"
    )
