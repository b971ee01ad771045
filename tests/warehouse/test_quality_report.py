"""The quality report: what it says of figures, feeds and held figures; a blank is no zero."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.publication.bulletin import Edition
from warehouse.publication.quality import quality_report
from warehouse.verdict import RuleResult, Verdict

EDITION = Edition("2024-12", 1, None)
TABLES = """
create table release_info as select '2024-12' as reference_month, date '2024-12-31' as as_of_date, 'official' as kind,
  'p' as plan_id, '规划' as plan_name_zh, 'Plan' as plan_name_en;
create table fct_indicator_quality as select 'p' as plan_id, unnest(['01', '02']) as indicator_code,
  unnest(['甲<b>', '乙']) as name_zh, unnest(['A', 'B']) as name_en, '%' as unit, 4 as years_over_number,
  unnest([3, 0]) as years_present_number, unnest([75.0, 0.0]) as completeness_pct, 3 as published_years_number,
  0 as returned_years_number, 0 as derived_years_number, 0 as simulated_years_number, 1 as preliminary_years_number,
  unnest([2023, null]) as latest_value_year, unnest([110, null]) as publication_lag_days, 2 as lags_number,
  unnest([2, 0]) as compared_periods_number, unnest([1, 0]) as revised_periods_number,
  unnest([-0.25, null]) as mean_revision_value, unnest([0.75, null]) as mean_absolute_revision_value,
  0 as breaks_number, null::integer as last_break_value_year, 3 as comparable_years_number,
  0 as held_figures_number;
create table fct_feed_timeliness as select 'port_calls' as feed, unnest(['on_time', 'late', 'missing', 'not_due']) as timeliness,
  unnest([0, 9, null, null]) as late_days;
create table fct_held_figures as select 'GDP' as series_code, '地区生产总值' as series_name_zh, 'GDP' as series_name_en,
  'CN-370211' as area_code, '2022' as reference_period, 'LEVEL' as measure, 46918.5 as held_value, '亿元' as unit,
  4691.85 as shown_value, date '2023-04-30' as shown_vintage_date, 'held' as held_state, '' as held_decided_by,
  '' as held_note, '量级' as held_what_zh, 'magnitude' as held_what_en, '核对 / check' as held_remedy;
"""


def page(tmp_path: Path) -> str:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(TABLES)
    note = RuleResult("late", "fct_x", "note", False, "迟到", "late", "b", "r", "2 failing rows")
    return quality_report(file, Verdict.of("a" * 64, [note]), EDITION)


def test_the_report_says_what_is_there_and_leaves_blank_what_is_not(tmp_path: Path) -> None:
    told = page(tmp_path)
    assert "2项指标中1项有年度数值；规划期内已结束的年度应有8个数值，实有3个" in told
    assert "1 of 2 indicators have a yearly figure; of 8 figures due" in told
    assert ">75.0<" in told
    assert ">110 <" in told
    assert "-0.25" in told.replace("−", "-")
    assert "None" not in told
    assert "甲&lt;b&gt;" in told


def test_feeds_held_figures_and_notes_stand_in_it(tmp_path: Path) -> None:
    told = page(tmp_path)
    assert '<th scope="row">port_calls</th><td class="num">3</td><td class="num">1</td>' in told
    for text in ("扣留待核", "held for checking", "核对 / check", "2 failing rows", "data_docs/index.html"):
        assert text in told
    assert "<script" not in told


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert page(tmp_path / "a") == page(tmp_path / "b")
