from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from expectations.__main__ import main
from expectations.gate import FIRST_RELEASE, NO_ROWS, judge
from expectations.sql_macros import MACROS
from expectations.suite import load_suites
from raw.errors import BadInput
from tests.expectations.conftest import MakeBuild
from tests.expectations.test_statistical_rules import TOYS
from warehouse.connect import sha256_of, writer
from warehouse.held import KEY
from warehouse.verdict import RuleResult, Verdict

PROGRESS = "update fct_target_progress set"
TEXT_PROGRESS = "update fct_text_target_progress set"
VALUES = "update fct_indicator_values set"
OBSERVATIONS = "update fct_observations set"

# rule, severity, indicators named, the change that breaks it
Broken = tuple[str, str, tuple[str, ...], str]
BROKEN: list[Broken] = [
    (
        "dim_indicator.indicators_are_complete",
        "block",
        ("25",),
        "delete from dim_indicator where indicator_code = '25'",
    ),
    (
        "dim_indicator.every_indicator_has_an_owner",
        "block",
        ("12",),
        "update dim_indicator set responsible_unit_ids = 'gdzhb;nobody' where indicator_code = '12'",
    ),
    (
        "fct_target_progress.one_row_for_each_indicator",
        "block",
        ("03",),
        "insert into fct_target_progress select * from fct_target_progress where indicator_code = '03'",
    ),
    (
        "fct_target_progress.status_is_known",
        "block",
        ("03",),
        f"{PROGRESS} status = 'fine' where indicator_code = '03'",
    ),
    (
        "fct_target_progress.status_is_known",
        "block",
        ("03",),
        f"{PROGRESS} status = null where indicator_code = '03'",
    ),
    (
        "fct_target_progress.no_data_has_no_value_and_an_owner",
        "block",
        ("03",),
        f"{PROGRESS} value = 0 where indicator_code = '03'",
    ),
    (
        "fct_target_progress.no_data_has_no_value_and_an_owner",
        "block",
        ("03",),
        f"{PROGRESS} owing_units = '' where indicator_code = '03'",
    ),
    (
        "fct_target_progress.evaluated_has_a_value",
        "block",
        ("11",),
        f"{PROGRESS} value = null where indicator_code = '11'",
    ),
    (
        "fct_target_progress.latest_period_not_after_reference_month",
        "block",
        ("11",),
        f"{PROGRESS} latest_reference_period = '2025' where indicator_code = '11'",
    ),
    (
        "fct_target_progress.as_of_is_that_of_the_release",
        "block",
        ("11",),
        f"{PROGRESS} as_of_date = '2024-11-30' where indicator_code = '11'",
    ),
    (
        "fct_target_progress.no_simulated_origin_in_official_release",
        "block",
        ("11",),
        f"{PROGRESS} origin = 'simulated' where indicator_code = '11'",
    ),
    (
        "fct_indicator_quality.one_row_for_each_indicator",
        "block",
        ("11",),
        "delete from fct_indicator_quality where indicator_code = '11'",
    ),
    (
        "fct_indicator_quality.counts_agree",
        "block",
        ("11",),
        "update fct_indicator_quality set years_present_number = 5 where indicator_code = '11'",
    ),
    (
        "fct_text_target_progress.status_is_known",
        "block",
        (),
        f"{TEXT_PROGRESS} status = 'fine' where text_target_id = 'T002'",
    ),
    (
        "fct_text_target_progress.no_data_has_no_value_and_an_owner",
        "block",
        (),
        f"{TEXT_PROGRESS} owing_units = '' where text_target_id = 'T001'",
    ),
    (
        "fct_text_target_progress.evaluated_has_a_value",
        "block",
        (),
        f"{TEXT_PROGRESS} value = null where text_target_id = 'T002'",
    ),
    (
        "fct_text_target_progress.as_of_is_that_of_the_release",
        "block",
        (),
        f"{TEXT_PROGRESS} as_of_date = '2024-11-30' where text_target_id = 'T002'",
    ),
    (
        "fct_text_target_progress.no_simulated_origin_in_official_release",
        "block",
        (),
        f"{TEXT_PROGRESS} origin = 'simulated' where text_target_id = 'T002'",
    ),
    (
        "fct_text_target_progress.period_not_after_reference_month",
        "block",
        (),
        f"{TEXT_PROGRESS} reference_period = '2025' where text_target_id = 'T002'",
    ),
    (
        "fct_indicator_values.unit_is_that_of_the_plan",
        "block",
        ("20",),
        f"{VALUES} unit = '人' where indicator_code = '20'",
    ),
    (
        "fct_indicator_values.range.qwc-14.11",
        "hold",
        ("11",),
        f"{VALUES} value = 828.6 where indicator_code = '11'",
    ),
    (
        "fct_indicator_values.range.qwc-14.20.CN-370211",
        "hold",
        ("20",),
        f"{VALUES} value = 79000 where indicator_code = '20'",
    ),
    (
        "fct_indicator_values.value_is_there",
        "block",
        ("11",),
        f"{VALUES} value = null where indicator_code = '11'",
    ),
    (
        "fct_indicator_values.vintage_date_is_known",
        "block",
        ("11",),
        f"{VALUES} vintage_date = null where indicator_code = '11'",
    ),
    (
        "fct_indicator_values.not_published_after_as_of",
        "block",
        ("11",),
        f"{VALUES} published_date = '2025-01-01' where indicator_code = '11'",
    ),
    (
        "fct_indicator_values.period_not_after_reference_month",
        "block",
        ("11",),
        f"{VALUES} reference_period = '2025' where indicator_code = '11'",
    ),
    (
        "fct_indicator_values.no_simulated_origin_in_official_release",
        "block",
        ("11",),
        f"{VALUES} origin = 'simulated' where indicator_code = '11'",
    ),
    (
        "fct_observations.gdp_is_the_sum_of_three_industries",
        "block",
        ("01",),
        f"{OBSERVATIONS} value = 1399.13 where value = 1399.31",
    ),
    (
        "fct_observations.gdp_is_the_sum_across_sources",
        "note",
        ("01",),
        f"{OBSERVATIONS} source_id = 'S104', value = 3751.16 where value = 3721.68",
    ),
    (
        "fct_observations.district_not_above_city",
        "hold",
        ("01",),
        f"{OBSERVATIONS} value = 3711.68 where value = 12400.56",
    ),
    (
        "fct_observations.no_simulated_origin_in_official_release",
        "block",
        (),
        f"{OBSERVATIONS} origin = 'simulated' where value = 82.25",
    ),
    (
        "fct_observations.not_published_after_as_of",
        "block",
        (),
        f"{OBSERVATIONS} vintage_date = '2025-01-01' where value = 82.25",
    ),
    (
        "fct_observations.period_not_after_reference_month",
        "block",
        (),
        f"{OBSERVATIONS} reference_period = '2022年' where value = 14920.75",
    ),
    (
        "fct_observations.vintage_date_is_known",
        "block",
        (),
        f"{OBSERVATIONS} vintage_date = null where value = 82.25",
    ),
    (
        "fct_observation_vintages.one_selected_for_each_period",
        "block",
        (),
        "update fct_observation_vintages set is_selected = false where value = 82.25",
    ),
    (
        "fct_observation_vintages.computed_meets_published",
        "note",
        ("01",),
        "insert into dim_source values ('C-2020', '', '2021-04-01', 'day', 'derived', 'computed');"
        " insert into fct_observation_vintages select * replace ('C-2020' as source_id, value + 0.006 as value,"
        " false as is_selected, 2 as selection_rank) from fct_observation_vintages where value = 3721.68",
    ),
    (
        "fct_observation_vintages.origin_is_known",
        "block",
        (),
        "update fct_observation_vintages set origin = null where value = 82.25",
    ),
    (
        "dim_source.no_simulated_source_in_official_release",
        "block",
        (),
        "update dim_source set origin = 'simulated'",
    ),
    (
        "dim_source.not_published_after_as_of",
        "block",
        (),
        "update dim_source set published_date = '2025-01-01'",
    ),
    (
        "fct_feed_timeliness.last_month_due_has_arrived",
        "note",
        (),
        "insert into fct_feed_timeliness values "
        "('unit_returns', 'returns', '2024-11', '2024-12-10', '2024-12-15', 'missing')",
    ),
    (
        "fct_monthly_flows.no_simulated_row_in_official_release",
        "block",
        (),
        "insert into fct_monthly_flows values ('TRADE_TOTAL', 'CN-370200', '_T', '2024-11', 'simulated')",
    ),
    (
        "fct_water_section_monthly.no_simulated_row_in_official_release",
        "block",
        (),
        "insert into fct_water_section_monthly values ('S-01', '2024-11', 'simulated')",
    ),
    (
        "fct_observations.customs_lines_meet_published_totals",
        "block",
        (),
        "insert into intermediate.int_customs_totals__reconciled"
        " values ('TRADE_TOTAL', '2021-07', 'S046', '2021', 236820000000, 473640000000, -50)",
    ),
    (
        "release_info.no_demonstration_in_official_release",
        "block",
        (),
        "insert into release_info values "
        "('2024-12', '2024-12-31', 'official', 'demo', '演示', 'Demonstration', 'demonstration', 2026, 2030)",
    ),
    (
        "fct_text_target_progress.one_row_for_each_text_target",
        "block",
        (),
        "delete from fct_text_target_progress where text_target_id = 'T003'",
    ),
    (
        "fct_text_target_progress.value_is_believable",
        "block",
        (),
        f"{TEXT_PROGRESS} value = 9000 where text_target_id = 'T003'",
    ),
    (
        "fct_text_target_progress.value_is_believable",
        "block",
        (),
        f"{TEXT_PROGRESS} value = -5 where text_target_id = 'T003'",
    ),
    (
        "fct_text_target_progress.value_is_believable",
        "block",
        (),
        f"{TEXT_PROGRESS} value = 901 where text_target_id = 'T002'",
    ),
    (
        "fct_text_target_progress.value_is_believable",
        "block",
        (),
        f"{TEXT_PROGRESS} value = 7 where text_target_id = 'T004'",
    ),
    (
        "fct_text_target_progress.lamp_agrees_with_status",
        "block",
        (),
        f"{TEXT_PROGRESS} lamp = 'green' where text_target_id = 'T001'",
    ),
    (
        "fct_text_target_progress.lamp_agrees_with_status",
        "block",
        (),
        f"{TEXT_PROGRESS} lamp = 'green' where text_target_id = 'T003'",
    ),
    (
        "fct_target_progress.lamp_agrees_with_status",
        "block",
        ("03",),
        f"{PROGRESS} lamp = 'green' where indicator_code = '03'",
    ),
    (
        "fct_target_progress.lamp_agrees_with_status",
        "block",
        ("11",),
        f"{PROGRESS} lamp = null where indicator_code = '11'",
    ),
    (
        "fct_project_progress.one_row_for_each_project",
        "block",
        (),
        "insert into fct_project_progress from fct_project_progress where project_id = 'P1'",
    ),
    (
        "fct_project_progress.one_row_for_each_project",
        "block",
        (),
        "delete from fct_project_progress where project_id = 'P2'",
    ),
    (
        "fct_project_progress.one_row_for_each_project",
        "block",
        (),
        "update fct_project_progress set plan_id = 'demo-15' where project_id = 'P2'",
    ),
    (
        "fct_project_progress.coloured_lamp_rests_on_a_report",
        "block",
        (),
        "update fct_project_progress set lamp = 'green' where project_id = 'P2'",
    ),
    (
        "fct_project_progress.coloured_lamp_rests_on_a_report",
        "block",
        (),
        "update fct_project_progress set source_id = 'R-fgj-2024-06' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.coloured_lamp_rests_on_a_report",
        "block",
        (),
        "update fct_project_progress set children_number = 0 where project_id = 'H'",
    ),
    (
        "fct_project_progress.coloured_lamp_rests_on_a_report",
        "block",
        (),
        "update fct_project_progress set progress_pct = 50 where project_id = 'P2'",
    ),
    (
        "fct_project_progress.lamp_agrees_with_status",
        "block",
        (),
        "update fct_project_progress set lamp = 'red' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.lamp_agrees_with_status",
        "block",
        (),
        "update fct_project_progress set status = 'overdue' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.units_are_known",
        "block",
        (),
        "update fct_project_progress set responsible_unit_ids = 'gxj;nobody' where project_id = 'P2'",
    ),
    (
        "fct_project_progress.units_are_known",
        "block",
        (),
        "update fct_project_progress set reporting_unit_id = 'nobody' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.nothing_later_than_the_release",
        "block",
        (),
        "update fct_project_progress set stage_reached_date = '2025-01-01' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.nothing_later_than_the_release",
        "block",
        (),
        "update fct_project_progress set reported_date = '2025-01-01' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.as_of_is_that_of_the_release",
        "block",
        (),
        "update fct_project_progress set as_of_date = '2024-11-30' where project_id = 'P1'",
    ),
    (
        "fct_project_progress.no_simulated_origin_in_official_release",
        "block",
        (),
        "update fct_project_progress set origin = 'simulated' where project_id = 'P1'",
    ),
    (
        "fct_project_lamps_by_box.one_row_for_each_box",
        "block",
        (),
        "update fct_project_lamps_by_box set plan_id = 'demo-15'",
    ),
    (
        "fct_project_lamps_by_box.lamps_are_those_of_the_projects",
        "block",
        (),
        "update fct_project_lamps_by_box set green_number = 2, grey_number = 0",
    ),
    (
        "fct_status_overrides.in_force_is_shown_and_nothing_else",
        "block",
        (),
        "update fct_target_progress set shown_status = status where indicator_code = '07'",
    ),
    (
        "fct_status_overrides.in_force_is_shown_and_nothing_else",
        "block",
        (),
        "update fct_text_target_progress set shown_status = 'met' where text_target_id = 'T003'",
    ),
    (
        "fct_yearly_assessment.unit_is_known",
        "block",
        ("15",),
        "update fct_yearly_assessment set unit_id = 'nobody' where indicator_code = '15' and reference_year = 2022",
    ),
    (
        "fct_yearly_assessment.verdict_rests_on_figures",
        "block",
        ("15",),
        "update fct_yearly_assessment set actual_value = null where is_vetoed",
    ),
    (
        "fct_yearly_assessment.verdict_rests_on_figures",
        "block",
        ("15",),
        "update fct_yearly_assessment set assessment = 'not_assessable' where is_vetoed",
    ),
    (
        "fct_yearly_assessment.verdict_rests_on_figures",
        "block",
        ("15",),
        "update fct_yearly_assessment set counts_for_veto = false where is_vetoed",
    ),
    (
        "fct_yearly_assessment.verdict_rests_on_figures",
        "block",
        ("15",),
        "update fct_yearly_assessment set assessment = 'reached', yearly_value = 79, yearly_value_basis = 'assigned', actual_value = 80, actual_source_id = 'S003' where indicator_code = '15' and reference_year = 2025",
    ),
    (
        "fct_yearly_assessment.one_row_for_each_binding_indicator_unit_and_year",
        "block",
        ("15",),
        "insert into fct_yearly_assessment from fct_yearly_assessment where is_vetoed",
    ),
    (
        "fct_yearly_assessment.one_row_for_each_binding_indicator_unit_and_year",
        "block",
        ("15",),
        "delete from fct_yearly_assessment where indicator_code = '15' and reference_year = 2023",
    ),
    (
        "fct_yearly_assessment.no_simulated_origin_in_official_release",
        "block",
        ("15",),
        "update fct_yearly_assessment set origin = 'simulated' where is_vetoed",
    ),
    (
        "fct_unit_scorecards.one_row_for_each_unit_and_year",
        "block",
        (),
        "delete from fct_unit_scorecards where unit_id = 'fgj'",
    ),
    (
        "fct_unit_scorecards.one_row_for_each_unit_and_year",
        "block",
        (),
        "insert into fct_unit_scorecards select * replace ('demo-15' as plan_id) from fct_unit_scorecards where unit_id = 'fgj'",
    ),
    (
        "fct_unit_scorecards.unit_is_known",
        "block",
        (),
        "insert into fct_unit_scorecards select * replace ('nobody' as unit_id) from fct_unit_scorecards where unit_id = 'fgj'",
    ),
    (
        "fct_unit_scorecards.verdict_is_that_of_the_assessment",
        "block",
        (),
        "update fct_unit_scorecards set veto_state = 'passed' where veto_state = 'failed'",
    ),
    (
        "fct_unit_scorecards.verdict_is_that_of_the_assessment",
        "block",
        (),
        "update fct_unit_scorecards set returns_missing_number = 12 where unit_id = 'fgj'",
    ),
    ("dim_task_chain.chain_is_complete", "block", (), "delete from dim_task_chain where target_id = 'T003'"),
    (
        "dim_task_chain.chain_is_complete",
        "block",
        (),
        "update dim_task_chain set plan_id = 'demo-15' where project_id = 'P2'",
    ),
    (
        "dim_task_chain.row_is_unique_and_of_a_known_unit",
        "block",
        (),
        "insert into dim_task_chain from dim_task_chain where project_id = 'P2'",
    ),
    (
        "dim_task_chain.row_is_unique_and_of_a_known_unit",
        "block",
        (),
        "update dim_task_chain set responsible_unit_id = 'nobody' where project_id = 'P2'",
    ),
    (
        "dim_evaluation.one_row_for_each_evaluation",
        "block",
        (),
        "delete from dim_evaluation where evaluation_id = 'final'",
    ),
    (
        "dim_evaluation.newest_due_is_the_last_before_the_as_of_date",
        "block",
        (),
        "update dim_evaluation set is_newest_due = not is_newest_due",
    ),
    (
        "fct_evaluation_findings.findings_cover_every_section",
        "block",
        (),
        "delete from fct_evaluation_findings where section = 'projects'",
    ),
    (
        "fct_evaluation_findings.findings_cover_every_section",
        "block",
        (),
        "delete from fct_evaluation_findings where section = 'proposals'",
    ),
    (
        "fct_evaluation_findings.problems_are_told",
        "block",
        (),
        "delete from fct_evaluation_findings where section = 'problems'",
    ),
    (
        "fct_evaluation_findings.a_target_has_one_status",
        "block",
        (),
        "update fct_evaluation_findings set status = 'lagging' where section = 'proposals'",
    ),
    (
        "fct_evaluation_findings.finding_number_is_unique",
        "block",
        (),
        "delete from fct_evaluation_findings where finding_number = 3",
    ),
    (
        "fct_evaluation_findings.as_of_is_that_of_the_release",
        "block",
        (),
        "update fct_evaluation_findings set as_of_date = '2024-11-30' where finding_number = 3",
    ),
    (
        "fct_evaluation_findings.no_simulated_origin_in_official_release",
        "block",
        (),
        "update fct_evaluation_findings set origin = 'simulated' where finding_number = 3",
    ),
    (
        "fct_revision_proposals.proposal_is_of_a_judged_target",
        "block",
        (),
        "update fct_revision_proposals set target_id = '03'",
    ),
    (
        "fct_revision_proposals.proposal_is_of_a_judged_target",
        "block",
        (),
        "update fct_revision_proposals set evaluation_id = 'annual-2021'",
    ),
    (
        "fct_revision_proposals.no_simulated_origin_in_official_release",
        "block",
        (),
        "update fct_revision_proposals set origin = 'simulated'",
    ),
    (
        "fct_status_overrides.one_row_for_each_override_approved",
        "block",
        (),
        "delete from fct_status_overrides where override_id = 'OVR-2'",
    ),
    (
        "fct_status_overrides.in_force_is_not_past_expiry",
        "block",
        (),
        "update fct_status_overrides set override_state = 'in_force' where override_id = 'OVR-2'",
    ),
    (
        "fct_status_overrides.status_and_target_are_known",
        "block",
        (),
        "update fct_status_overrides set target_id = '77' where override_id = 'OVR-1'",
    ),
    (
        "fct_status_overrides.status_and_target_are_known",
        "block",
        (),
        "update fct_status_overrides set override_status = 'fine' where override_id = 'OVR-1'",
    ),
    ("release_info.kind_is_known", "block", (), "update release_info set kind = 'oficial'"),
    ("release_info.kind_is_stated", "block", (), "update release_info set kind = null"),
    ("release_info.one_month_one_day", "block", (), "update release_info set as_of_date = '2024-12-30'"),
    ("release_info.at_least_one_plan", "block", (), "delete from release_info"),
]

RECONCILED = "intermediate.int_customs_totals__reconciled"
ALONE = {"release_info.one_month_one_day", "release_info.at_least_one_plan"}
# Rules that stand in several suites with the same words; each is broken above in another suite.
SAME_RULE_ELSEWHERE = {
    "fct_observation_vintages.no_simulated_origin_in_official_release",
    "fct_observation_vintages.not_published_after_as_of",
    "fct_observation_vintages.period_not_after_reference_month",
    "fct_observation_vintages.vintage_date_is_known",
    "fct_target_progress.period_not_after_reference_month",
}


def failing(verdict: Verdict) -> dict[str, RuleResult]:
    return {f"{r.suite}.{r.rule_id}": r for r in verdict.results if not r.success}


def test_a_sound_build_passes_and_its_verdict_lies_beside_it(make_build: MakeBuild) -> None:
    build = make_build()
    verdict = judge(build)
    assert failing(verdict) == {}
    assert verdict.passed
    assert verdict.build_sha256 == sha256_of(build / "warehouse.duckdb")
    assert Verdict.load(build / "verdict.json") == verdict
    waiting = [r for r in verdict.results if r.observed == FIRST_RELEASE]
    checks = [check for suite in load_suites() for check in suite.checks]
    assert {r.rule_id for r in waiting} == {
        check.rule_id for check in checks if check.rule.needs == "previous_release"
    }
    assert len(waiting) == 13
    writer(build / "warehouse.duckdb").close()


def test_without_customs_lines_their_rule_passes_and_says_that_it_had_nothing_to_judge(
    make_build: MakeBuild,
) -> None:
    (told,) = (r for r in judge(make_build()).results if r.rule_id == "customs_lines_meet_published_totals")
    assert (told.success, told.severity, told.observed) == (True, "block", f"{NO_ROWS}: {RECONCILED}")


def test_customs_lines_may_differ_from_a_published_total_by_no_more_than_a_revision_does(
    make_build: MakeBuild,
) -> None:
    agreeing = f"insert into {RECONCILED} values ('TRADE_TOTAL', '2021-07', 'S046', '2021', 99, 100, -1)"
    (told,) = (
        r
        for r in judge(make_build("b", agreeing)).results
        if r.rule_id == "customs_lines_meet_published_totals"
    )
    assert (told.success, told.observed) == (True, "no failing row")


def test_a_build_without_the_table_of_customs_lines_is_not_taken_for_one_without_lines(
    make_build: MakeBuild,
) -> None:
    told = failing(judge(make_build("b", f"drop table {RECONCILED}")))
    assert told["fct_observations.customs_lines_meet_published_totals"].observed.startswith("error")


def test_lamps_set_by_hand_count_in_the_box_and_among_the_problems(make_build: MakeBuild) -> None:
    by_hand = (
        "update fct_project_progress set shown_status = 'overdue', shown_lamp = 'red', override_id = 'OVR-2'"
        " where project_id = 'P1'",
        "update fct_status_overrides set override_status = 'overdue', override_lamp = 'red',"
        " override_state = 'in_force', expiry_date = '2025-12-31' where override_id = 'OVR-2'",
    )
    told = (
        "update fct_project_lamps_by_box set green_number = 0, red_number = 1",
        "insert into fct_evaluation_findings select * replace ('project_red' as finding_kind, 'project' as"
        " subject_type, 'P1' as subject_id, (select max(finding_number) + 1 from fct_evaluation_findings)"
        " as finding_number) from fct_evaluation_findings where finding_kind = 'yearly_veto'",
    )
    assert set(failing(judge(make_build("untold", *by_hand)))) == {
        "fct_project_lamps_by_box.lamps_are_those_of_the_projects",
        "fct_evaluation_findings.problems_are_told",
    }
    assert failing(judge(make_build("told", *by_hand, *told))) == {}


def test_judging_twice_gives_the_same_bytes(make_build: MakeBuild) -> None:
    build = make_build("b", f"{VALUES} unit = 'x'", f"{OBSERVATIONS} origin = 'simulated'")
    judge(build)
    first = (build / "verdict.json").read_bytes()
    moved = build.rename(build.with_name("moved"))
    judge(moved)
    assert (moved / "verdict.json").read_bytes() == first


def waves() -> list[list[Broken]]:
    """The breakages in as few builds as can be: one for each mart at a time, but those alone that change what
    the other rules read."""
    by_mart: dict[str, list[Broken]] = {}
    for broken in (broken for broken in BROKEN if broken[0] not in ALONE):
        by_mart.setdefault(broken[0].split(".")[0], []).append(broken)
    alone = [[broken] for broken in BROKEN if broken[0] in ALONE]
    together = [[one for one in column if one is not None] for column in zip_longest(*by_mart.values())]
    return together + alone


@pytest.mark.parametrize("wave", waves(), ids=lambda wave: f"{len(wave)}x-{wave[0][0]}")
def test_each_rule_notices_what_it_is_there_for(make_build: MakeBuild, wave: list[Broken]) -> None:
    verdict = judge(make_build("b", *(change for *_, change in wave)))
    found = failing(verdict)
    for rule, severity, codes, change in wave:
        assert rule in found, change
        assert not found[rule].observed.startswith("error"), found[rule].observed
        named = tuple(f"qwc-14/{code}" for code in codes)
        assert (found[rule].severity, found[rule].indicator_codes) == (severity, named)
        assert found[rule].failing_count >= 1
    assert not verdict.passed


def test_every_rule_but_the_ranges_and_revisions_is_broken_once_here() -> None:
    tried = {broken[0] for broken in BROKEN}
    tried |= {toy.rule for toy in TOYS}
    elsewhere = ("range", "revision", "value_withdrawn")
    rules = {f"{suite.mart}.{check.rule_id}" for suite in load_suites() for check in suite.checks}
    assert {
        rule for rule in rules - tried if not any(word in rule for word in elsewhere)
    } == SAME_RULE_ELSEWHERE


def test_every_rule_that_holds_says_which_figure(make_build: MakeBuild, tmp_path: Path) -> None:
    """A row that names no figure would block the whole month instead."""
    build = make_build("b")
    shutil.copy(build / "warehouse.duckdb", tmp_path / "previous.duckdb")
    holding = [
        (suite.mart, check)
        for suite in load_suites()
        for check in suite.checks
        if check.rule.severity == "hold" and check.rule.sql is not None
    ]
    assert len(holding) > 15
    with writer(build / "warehouse.duckdb") as connection:
        for macro in MACROS:
            connection.execute(macro)
        connection.execute(
            "create temp table confirmed_revision as"
            " select plan_id, indicator_code, area_code, reference_period, measure, value from fct_indicator_values"
        )
        connection.execute(f"attach '{tmp_path / 'previous.duckdb'}' as previous (read_only)")
        for mart, check in holding:
            columns = connection.execute(str(check.rule.sql).replace("{batch}", mart)).description
            assert set(KEY) <= {column[0] for column in columns}, check.rule_id


def test_the_rows_at_fault_are_in_the_verdict(make_build: MakeBuild) -> None:
    result = failing(judge(make_build("b", f"{OBSERVATIONS} value = 1399.13 where value = 1399.31")))[
        "fct_observations.gdp_is_the_sum_of_three_industries"
    ]
    [row] = result.failing_rows
    assert (row["gdp"], row["three_industries"], row["source_id"]) == ("3721.68", "3721.5", "S003")
    assert row["difference"] == "0.18"


def beside(value: str, published: str, tags: str = "", source: str = "C-1") -> list[str]:
    """SQL that puts a computed value beside the published one of the West Coast's GDP of 2020 (S003)."""
    return [
        f"insert into dim_source values ('{source}', '', '2021-04-01', 'day', 'derived', 'computed')",
        f"update fct_observation_vintages set value = {published}, tags = '{tags}' where value = 3721.68",
        f"insert into fct_observation_vintages select * replace ('{source}' as source_id, {value} as value,"
        " '' as tags, false as is_selected, 2 as selection_rank) from fct_observation_vintages"
        f" where series_code = 'GDP' and area_code = 'CN-370211' and reference_period = '2020'",
    ]


@pytest.mark.parametrize(
    ("computed", "published", "tags", "differs"),
    [
        ("3721.6849", "3721.68", "", False),  # half of the last digit printed
        ("3721.6851", "3721.68", "", True),
        ("87.4", "87", "", False),
        ("87.6", "87", "", True),
        ("15749", "15700", "CONV", False),  # 1.57 trillion yuan
        ("15751", "15700", "CONV", True),
        ("3721.68", "3000", "BOUND", False),  # "over 3000" can be no other
    ],
)
def test_what_is_computed_is_compared_with_what_was_published(
    make_build: MakeBuild, computed: str, published: str, tags: str, differs: bool
) -> None:
    verdict = judge(make_build("b", *beside(computed, published, tags)))
    found = failing(verdict).get("fct_observation_vintages.computed_meets_published")
    assert (found is not None) == differs
    if found is not None:
        [row] = found.failing_rows
        assert (row["published_value"], row["published_source_id"]) == (published, "S003")
        assert (row["computed_value"], row["computed_source_id"]) == (computed, "C-1")
        assert verdict.passed and "look for missing stations" in found.remedy


def test_one_row_a_pair_however_many_sources_stand_there(make_build: MakeBuild) -> None:
    reprint = (
        "insert into fct_observation_vintages select * replace ('S104' as source_id, 3751.16 as value,"
        " false as is_selected, 3 as selection_rank) from fct_observation_vintages where value = 3721.68"
    )
    build = make_build(
        "b",
        reprint,
        "insert into dim_source values ('S104', '', null, 'day', 'published', 'second_hand')",
        *beside("3700", "3721.68"),
    )
    result = failing(judge(build))["fct_observation_vintages.computed_meets_published"]
    assert [row["difference"] for row in result.failing_rows] == ["-21.68"]


def test_a_rehearsal_may_hold_simulated_data(make_build: MakeBuild) -> None:
    build = make_build("b", "update release_info set kind = 'rehearsal'", f"{VALUES} origin = 'simulated'")
    assert judge(build).passed


WARNED_ROW = {
    "where_found": "int_customs_totals__reconciled, TRADE_TOTAL 2024-11",
    "found": "600 亿元",
    "expected": "within 1 % of 740 亿元",
    "remedy": "look whether parts of the download are missing",
}


def warn(build: Path) -> Path:
    described = json.loads((build / "build.json").read_text(encoding="utf-8"))
    described["warnings"] = [
        {
            "name": "assert_customs_lines_meet_totals",
            "model": "int_customs_totals__reconciled",
            "message": "报关单合计与总值相符 / The lines add up to the total",
            "failing_count": 21,
            "rows": [WARNED_ROW] * 20,
        }
    ]
    (build / "build.json").write_text(json.dumps(described), encoding="utf-8")
    return build


def test_what_a_test_of_the_build_warned_of_stands_in_the_verdict_as_a_note(
    make_build: MakeBuild, capsys: pytest.CaptureFixture[str]
) -> None:
    build = warn(make_build())
    verdict = judge(build)
    assert verdict.passed
    [note] = verdict.notes
    assert (note.suite, note.rule_id) == (
        "int_customs_totals__reconciled",
        "assert_customs_lines_meet_totals",
    )
    assert (note.what_zh, note.what_en) == ("报关单合计与总值相符", "The lines add up to the total")
    assert (note.observed, note.failing_count, note.failing_rows[0]) == ("21 failing rows", 21, WARNED_ROW)
    assert note.remedy == "look whether parts of the download are missing"
    assert Verdict.load(build / "verdict.json") == verdict
    assert main(["check", str(build)]) == 0
    assert "2024-11: 发现 found 600 亿元；应为 expected within 1 %" in capsys.readouterr().out


def test_a_build_that_does_not_say_what_warned_is_refused(make_build: MakeBuild) -> None:
    build = make_build()
    digest = sha256_of(build / "warehouse.duckdb")
    (build / "build.json").write_text(json.dumps({"sha256": digest}), encoding="utf-8")
    with pytest.raises(BadInput, match=r"build\.json: warnings: .*build again"):
        judge(build)
    assert not (build / "verdict.json").exists()


def test_rounding_and_bounds_are_no_errors(make_build: MakeBuild) -> None:
    build = make_build(
        "b",
        f"{OBSERVATIONS} value = 4691.9 where value = 4691.85",
        f"{OBSERVATIONS} value = 3000, tags = 'CONV;BOUND' where value = 12400.56",
    )
    assert failing(judge(build)) == {}


def test_a_rule_that_cannot_run_counts_as_failed_and_hides_no_other(make_build: MakeBuild) -> None:
    build = make_build(
        "b",
        "alter table fct_observations drop column scope",
        "drop table dim_source",
        f"{VALUES} unit = '人' where indicator_code = '20'",
    )
    broken = failing(judge(build))
    assert {name for name, r in broken.items() if r.observed.startswith("error")} >= {
        "dim_source.no_simulated_source_in_official_release",
        "fct_observations.gdp_is_the_sum_of_three_industries",
        "fct_observations.gdp_is_the_sum_across_sources",
    }
    assert broken["fct_observations.gdp_is_the_sum_across_sources"].severity == "block"
    assert "repair the rule" in broken["fct_observations.gdp_is_the_sum_across_sources"].remedy
    assert broken["fct_indicator_values.unit_is_that_of_the_plan"].failing_count == 1


def test_revisions_are_measured_against_the_last_release(make_build: MakeBuild) -> None:
    previous = make_build("old") / "warehouse.duckdb"
    changes = (
        "value = 8.70 where indicator_code = '20'",  # 10.1 %
        "value = 34.90 where indicator_code = '07'",  # 6 %, but 1.99 percentage points
        "value = 84.87 where indicator_code = '11'",  # 2.01 points
    )
    verdict = judge(make_build("new", *(f"{VALUES} {change}" for change in changes)), previous)
    found = {r.rule_id: r.indicator_codes for r in failing(verdict).values()}
    assert found == {"large_revision": ("qwc-14/11", "qwc-14/20"), "notable_revision": ("qwc-14/07",)}
    assert not verdict.passed
    assert verdict.previous_sha256 == sha256_of(previous)


def test_a_large_revision_names_both_values_and_goes_through_once_confirmed(
    make_build: MakeBuild, tmp_path: Path
) -> None:
    previous = make_build("old") / "warehouse.duckdb"
    build = make_build("new", f"{VALUES} value = 9.9 where indicator_code = '20'")
    result = failing(judge(build, previous))["fct_indicator_values.large_revision"]
    assert result.failing_rows[0]["old_value"] == "7.9"
    assert result.failing_rows[0]["new_value"] == "9.9"
    assert result.failing_rows[0]["change_pct"] == 25.32
    assert "confirmed_revisions.yml" in result.remedy
    confirmed = tmp_path / "confirmed.yml"
    entry = (
        "confirmed:\n- {plan_id: qwc-14, indicator_code: '20', area_code: CN-370211, reference_period: '2022',"
        " measure: LEVEL, value: VALUE, confirmed_by: 区人社局, confirmed_on: 2024-12-30, evidence: 函〔2024〕1号}"
    )
    confirmed.write_text(entry.replace("VALUE", "9.9"), encoding="utf-8")
    verdict = judge(build, previous, confirmed=confirmed)
    assert verdict.passed
    assert set(failing(verdict)) == {"fct_indicator_values.confirmed_revision_is_told"}
    confirmed.write_text(entry.replace("VALUE", "9.8"), encoding="utf-8")
    assert not judge(build, previous, confirmed=confirmed).passed


def test_a_withdrawn_value_is_told_and_one_from_the_future_is_not(make_build: MakeBuild) -> None:
    later = "insert into fct_indicator_values select * replace ('2025' as reference_period) from fct_indicator_values"
    previous = make_build("old", later) / "warehouse.duckdb"
    verdict = judge(
        make_build("new", "delete from fct_indicator_values where indicator_code = '20'"), previous
    )
    result = failing(verdict)["fct_indicator_values.value_withdrawn"]
    assert [row["reference_period"] for row in result.failing_rows] == ["2022"]
    assert verdict.passed


def test_a_changed_or_undescribed_build_is_refused_and_leaves_no_verdict(make_build: MakeBuild) -> None:
    build = make_build()
    (build / "verdict.json").write_text("of an earlier judgement", encoding="utf-8")
    with (build / "warehouse.duckdb").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BadInput, match=r"sha256 .* of build\.json"):
        judge(build)
    assert not (build / "verdict.json").exists()
    (build / "build.json").unlink()
    with pytest.raises(BadInput, match=r"build\.json: 发现 found FileNotFoundError"):
        judge(build)


def test_a_previous_release_that_cannot_serve_is_refused(make_build: MakeBuild, tmp_path: Path) -> None:
    build = make_build()
    with pytest.raises(BadInput, match="the build itself"):
        judge(build, build / "warehouse.duckdb")
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"broken" * 9999)
    with pytest.raises(BadInput, match="no usable database"):
        judge(build, broken)


def test_the_command_prints_both_languages_and_tells_by_its_exit_code(
    make_build: MakeBuild, capsys: pytest.CaptureFixture[str]
) -> None:
    sound, bad = make_build("sound"), make_build("bad", f"{VALUES} value = 828.6 where indicator_code = '11'")
    assert main(["check", str(sound)]) == 0
    assert "可以发布 / may be released" in capsys.readouterr().out
    assert main(["check", str(bad), "--previous", str(sound / "warehouse.duckdb")]) == 1
    shown = capsys.readouterr().out
    assert "扣留 HOLD   fct_indicator_values.range.qwc-14.11: 1 failing row" in shown
    assert "value=828.6" in shown
    assert "不得发布 / must not be released" in shown
    shutil.rmtree(bad)
    assert main(["check", str(bad)]) == 2
    assert "Remedy" in capsys.readouterr().err


def test_the_command_is_quiet_but_for_its_table(make_build: MakeBuild) -> None:
    command = [sys.executable, "-m", "expectations", "check", str(make_build())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "{batch}" not in done.stdout
