"""The statistical rules, each on a toy: silent on a clean table, and failing on the one defect it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from expectations.sql_macros import MACROS
from expectations.suite import Check, load_suites
from warehouse.held import KEY

Row = dict[str, Any]
LANDING = "bureau_statistics/observations/vintage=2024-12-31"
SHA = "a" * 64
DISTRICT, CITY = "CN-370211", "CN-370200"

OBSERVATIONS = """(series_code varchar, area_code varchar, measure varchar, scope varchar, frequency varchar,
  reference_period varchar, value decimal(24,6), unit varchar, tags varchar, origin varchar, source_id varchar,
  published_date date, landing_id varchar, file_sha256 varchar, row_number bigint"""
TABLES = {
    "fct_observations": OBSERVATIONS + ")",
    "fct_observation_vintages": OBSERVATIONS + ", is_held boolean)",
    "fct_indicator_values": "(plan_id varchar, indicator_code varchar, series_code varchar)",
    "dim_source": "(source_id varchar, title varchar, publisher_class varchar)",
    "fct_target_progress": """(plan_id varchar, indicator_code varchar, as_of_date date, reference_period varchar,
      value double, target_value double, status varchar, method_id varchar)""",
    "fct_feed_timeliness": "(feed varchar, table_name varchar, reference_month varchar, timeliness varchar)",
    "release_info": "(as_of_date date)",
}


def obs(series: str, period: str, value: float, measure: str = "LEVEL", **changed: object) -> Row:
    frequency = "Q" if "Q" in period else ("M" if "-" in period else "A")
    return {
        "series_code": series, "area_code": DISTRICT, "measure": measure, "scope": "_T", "frequency": frequency,
        "reference_period": period, "value": value, "unit": "亿元", "tags": "", "origin": "published",
        "source_id": "S1", "published_date": "2024-12-01", "landing_id": LANDING, "file_sha256": SHA,
        "row_number": 1, **changed,
    }  # fmt: skip


def series(code: str, values: Sequence[float], measure: str = "LEVEL", **changed: object) -> list[Row]:
    return [obs(code, str(2024 - n), value, measure, **changed) for n, value in enumerate(reversed(values))]


def months(
    code: str, values: Sequence[float], measure: str = "YTD", year: int = 2024, **changed: object
) -> list[Row]:
    return [obs(code, f"{year}-{n:02}", value, measure, **changed) for n, value in enumerate(values, start=1)]


@dataclass(frozen=True)
class Toy:
    """Tables on which a rule is silent, and the same with the one defect that it is for."""

    rule: str
    clean: dict[str, list[Row]]
    broken: dict[str, list[Row]]


def toy(rule: str, clean: list[Row], broken: list[Row], **both: list[Row]) -> Toy:
    mart = rule.partition(".")[0]
    return Toy(rule, {mart: clean} | both, {mart: broken} | both)


def now_and_before(
    rule: str, before: list[Row], clean: list[Row], broken: list[Row], **both: list[Row]
) -> Toy:
    mart = rule.partition(".")[0]
    return toy(rule, clean, broken, **{f"previous.{mart}": before}, **both)


TRADE = [
    obs("TRADE_TOTAL", "2024-06", 100, "YTD"),
    obs("TRADE_EXPORT", "2024-06", 60, "YTD"),
    obs("TRADE_IMPORT", "2024-06", 40, "YTD"),
    obs("TRADE_GENERAL", "2024-06", 55, "YTD"),
    obs("TRADE_PROCESSING", "2024-06", 30, "YTD"),
    obs("TRADE_BONDED_LOGISTICS", "2024-06", 15, "YTD"),
]
AIR = [obs("PM25", "2024-06", 30, unit="微克/立方米"), obs("PM10", "2024-06", 60, unit="微克/立方米")]
SHARES = [
    obs("GDP_SHARE_PRIMARY", "2024", 2.1, unit="%"),
    obs("GDP_SHARE_SECONDARY", "2024", 37.6, unit="%"),
    obs("GDP_SHARE_TERTIARY", "2024", 60.3, unit="%"),
]
GROWN = [
    obs("TRADE_TOTAL", "2023-06", 100, "YTD"),
    obs("TRADE_TOTAL", "2024-06", 110, "YTD"),
    obs("TRADE_TOTAL", "2024-06", 9.8, "YOY_YTD", unit="%"),
]
PAIRS = [
    row
    for year in range(2018, 2025)
    for row in (obs("TRADE_EXPORT", str(year), 60), obs("TRADE_IMPORT", str(year), 40))
]
STEADY = [round(100 * 1.05**n, 2) for n in range(11)]


def swap(rows: list[Row], place: int, **changed: object) -> list[Row]:
    return [{**row, **changed} if number == place else row for number, row in enumerate(rows)]


def one_more(rows: list[Row], number: int) -> list[Row]:
    return [{**row, "source_id": f"S{n}", "is_held": False} for row in rows for n in range(number)]


SWAPPED = swap(swap(PAIRS, 12, value=40), 13, value=60)
VINTAGE = {**obs("GDP", "2023", 100), "is_held": False}
PROGRESS: Row = {
    "plan_id": "p", "indicator_code": "01", "as_of_date": "2024-12-31", "reference_period": "2024", "value": 5,
    "target_value": 6, "status": "on_track", "method_id": "M1",
}  # fmt: skip
FOUR = [{**PROGRESS, "indicator_code": f"0{n}"} for n in range(1, 5)]
SOURCES = [{"source_id": "S1", "title": "2024年统计公报", "publisher_class": "statistics_bureau"}]
REVISED = [
    {**obs("GDP", str(year), value), "source_id": source, "is_held": False}
    for year in range(2015, 2021)
    for source, value in (("S1", 100), ("S2", 100.2))
]

TOYS = [
    toy(
        "fct_observations.year_to_date_never_falls",
        months("GDP", [10, 20, 30, 29.9]),
        months("GDP", [10, 20, 30, 28]),
    ),
    toy("fct_observations.no_unit_slip", series("FAI", [100, 110, 120, 130, 140]), series("FAI", [100, 110, 120, 130, 1_400_000])),
    toy("fct_observations.no_unit_slip", series("FAI", [100, 110, 120, 130, 300]), series("FAI", [100, 110, 120, 130, 13])),
    toy("fct_observations.no_stale_copy", months("GDP", [12.34, 23.45]), months("GDP", [12.34, 12.34])),
    toy("fct_observations.share_is_a_share", [SHARES[0]], [{**SHARES[0], "value": 210}]),
    toy("fct_observations.shares_sum_to_hundred", SHARES, swap(SHARES, 1, value=39.6)),
    toy("fct_observations.no_negative_quantity", [obs("GDP", "2024", 1)], [obs("GDP", "2024", -1)]),
    toy(
        "fct_observations.growth_is_possible",
        [obs("GDP", "2024", -20, "YOY", unit="%")],
        [obs("GDP", "2024", -120, "YOY", unit="%")],
    ),
    toy("fct_observations.growth_agrees_with_levels", GROWN, swap(GROWN, 1, value=140)),
    toy("fct_observations.exports_and_imports_sum_to_trade", TRADE, swap(TRADE, 2, value=45)),
    toy("fct_observations.part_not_above_total", TRADE, swap(TRADE, 3, value=155)),
    toy("fct_observations.modes_not_above_total", TRADE, swap(TRADE, 4, value=45)),
    toy("fct_observations.exports_and_imports_not_swapped", PAIRS, SWAPPED),
    toy("fct_observations.level_is_not_its_growth", GROWN, swap(GROWN, 1, value=9.8)),
    toy("fct_observations.fine_dust_not_above_coarse", AIR, swap(swap(AIR, 0, value=60), 1, value=30)),
    toy("fct_observations.concentration_is_believable", AIR, swap(AIR, 1, value=0.06)),
    toy(
        "fct_observations.days_fit_the_period",
        [obs("AQI_GOOD_DAYS", "2024-02", 29, unit="天")],
        [obs("AQI_GOOD_DAYS", "2024-02", 30, unit="天")],
    ),
    toy(
        "fct_observations.year_end_sum_meets_the_year",
        [obs("GDP", "2024-12", 102, "YTD"), obs("GDP", "2024", 100)],
        [obs("GDP", "2024-12", 140, "YTD"), obs("GDP", "2024", 100)],
    ),
    toy("fct_observations.usual_for_the_season", series("GDP", STEADY), series("GDP", [*STEADY[:-1], 300])),
    toy("fct_observations.provenance_is_complete", [obs("GDP", "2024", 1)], [obs("GDP", "2024", 1, file_sha256="")]),
    toy("fct_observations.period_fits_frequency", [obs("GDP", "2024-Q1", 1)], [obs("GDP", "2024-Q1", 1, frequency="M")]),
    toy("fct_observations.codes_are_not_empty", [obs("GDP", "2024", 1)], [obs("GDP", "2024", 1, unit=" ")]),
    Toy(
        "fct_observations.two_feeds_mirror_each_other",
        {"fct_observations": [obs("TRADE_TOTAL", "2024", 100)],
         "fct_observation_vintages": [obs("TRADE_TOTAL", "2024", 101, landing_id="customs_monthly_totals/x")]},
        {"fct_observations": [obs("TRADE_TOTAL", "2024", 100)],
         "fct_observation_vintages": [obs("TRADE_TOTAL", "2024", 90, landing_id="customs_monthly_totals/x")]},
    ),
    now_and_before(
        "fct_observations.base_is_unchanged",
        series("CPI", [100, 102, 104]),
        series("CPI", [100, 102, 105]),
        series("CPI", [110, 112.2, 114.4]),
    ),
    now_and_before(
        "fct_observations.feed_has_not_fallen_silent",
        [obs("GDP", "2024", 1), obs("PM25", "2024", 1, landing_id="environment_reports/air/x")],
        [obs("GDP", "2024", 1), obs("SO2", "2024", 1, landing_id="environment_reports/air/y")],
        [obs("GDP", "2024", 1)],
    ),
    now_and_before(
        "fct_observations.series_are_not_lost",
        [obs("GDP", "2023", 1), obs("FAI", "2023", 1)],
        [obs("GDP", "2024", 1), obs("FAI", "2024", 1)],
        [obs("GDP", "2024", 1)],
    ),
    now_and_before(
        "fct_observations.code_lists_have_not_drifted",
        [obs("GDP", "2023", 1)], [obs("GDP", "2024", 1)], [obs("GDP", "2024", 1, unit="万元")],
    ),
    now_and_before(
        "fct_observation_vintages.no_silent_revision",
        [VINTAGE],
        [{**VINTAGE, "value": 101, "landing_id": "later", "published_date": "2024-12-02"}],
        [{**VINTAGE, "value": 101, "landing_id": "later"}],
    ),
    toy(
        "fct_observation_vintages.revision_is_of_the_usual_size",
        REVISED,
        [*REVISED, *[{**obs("GDP", "2022", v), "source_id": s, "is_held": False} for s, v in (("S1", 100), ("S2", 150))]],
    ),
    now_and_before(
        "fct_observation_vintages.vintages_are_not_lost",
        one_more([VINTAGE], 10), one_more([VINTAGE], 9), one_more([VINTAGE], 8),
    ),
    toy("dim_source.titles_are_not_garbled", SOURCES, [{**SOURCES[0], "title": "2024�统计"}]),
    toy("dim_source.publisher_is_ranked", SOURCES, [{**SOURCES[0], "publisher_class": " "}]),
    now_and_before(
        "fct_target_progress.coverage_has_not_fallen",
        FOUR, [*FOUR[:2], *({**row, "status": "no_data"} for row in FOUR[2:])],
        [FOUR[0], *({**row, "status": "no_data"} for row in FOUR[1:])],
    ),
    now_and_before(
        "fct_target_progress.indicator_has_not_lost_its_data",
        FOUR, FOUR, swap(FOUR, 0, status="no_data"),
    ),
    now_and_before(
        "fct_target_progress.status_moves_with_the_value",
        FOUR, swap(FOUR, 0, status="lagging", value=4), swap(FOUR, 0, status="lagging"),
    ),
    toy(
        "fct_feed_timeliness.not_three_months_silent",
        [{"feed": "f", "table_name": "t", "reference_month": f"2024-{n:02}", "timeliness": "missing"} for n in (10, 11)],
        [{"feed": "f", "table_name": "t", "reference_month": f"2024-{n:02}", "timeliness": "missing"} for n in (9, 10, 11)],
        release_info=[{"as_of_date": "2024-12-31"}],
    ),
]  # fmt: skip

CHECKS: dict[str, Check] = {
    f"{suite.mart}.{check.rule_id}": check for suite in load_suites() for check in suite.checks
}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        for macro in MACROS:
            opened.execute(macro)
        opened.execute("attach ':memory:' as previous")
        for table, columns in TABLES.items():
            opened.execute(f"create table main.{table}{columns}")
            opened.execute(f"create table previous.main.{table}{columns}")
        yield opened


def failing(connection: duckdb.DuckDBPyConnection, rule: str, tables: dict[str, list[Row]]) -> list[Row]:
    for table, rows in tables.items():
        place = (
            f"previous.main.{table.removeprefix('previous.')}" if "previous." in table else f"main.{table}"
        )
        connection.execute(f"delete from {place}")
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into {place} ({names}) values ({marks})", list(row.values()))
    sql = CHECKS[rule].rule.sql
    assert sql is not None
    result = connection.execute(sql.replace("{batch}", f"main.{rule.partition('.')[0]}"))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.mark.parametrize("one", TOYS, ids=lambda one: one.rule)
def test_a_rule_is_silent_on_what_is_clean_and_fails_on_its_defect(
    connection: duckdb.DuckDBPyConnection, one: Toy
) -> None:
    assert failing(connection, one.rule, one.clean) == []
    found = failing(connection, one.rule, one.broken)
    assert found
    if CHECKS[one.rule].rule.severity == "hold":
        assert all(row[name] is not None for row in found for name in KEY), (
            "every figure is named, to be held"
        )


def test_every_rule_that_can_hold_a_figure_back_has_a_toy() -> None:
    """The others that are older have tests of their own in test_gate.py."""
    holding = {name for name, check in CHECKS.items() if check.rule.severity == "hold" and check.rule.sql}
    tested_elsewhere = {"fct_observations.district_not_above_city", "fct_indicator_values.large_revision"}
    assert holding - tested_elsewhere == {one.rule for one in TOYS} & holding


def test_spring_festival_does_not_make_a_january_unusual(connection: duckdb.DuckDBPyConnection) -> None:
    """It moves between January and February: sums to January jump by a third, and nothing is wrong."""
    rows = [
        obs("RETAIL_SALES", f"{year}-01", value, "YTD")
        for year, value in zip(range(2013, 2025), [100, 130, 105, 140, 110, 150, 115, 155, 120, 160, 125, 168], strict=True)
    ]  # fmt: skip
    assert failing(connection, "fct_observations.usual_for_the_season", {"fct_observations": rows}) == []


def test_growth_at_constant_prices_is_not_compared_with_levels(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        obs("GDP", "2023", 100), obs("GDP", "2024", 140), obs("GDP", "2024", 5.8, "YOY", unit="%")
    ]  # fmt: skip
    assert failing(connection, "fct_observations.growth_agrees_with_levels", {"fct_observations": rows}) == []


def test_there_are_three_levels_each_with_an_owner() -> None:
    rules = [check.rule for check in CHECKS.values()]
    assert {rule.severity for rule in rules} == {"block", "hold", "note"}
    assert {rule.owner for rule in rules} == {"engineers", "statisticians", "units"}
    assert len({(name.partition(".")[0], check.rule.id) for name, check in CHECKS.items()}) >= 120
