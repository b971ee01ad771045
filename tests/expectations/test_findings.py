"""Findings: what was noticed, grouped by its cause."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from expectations.figures import Figure, Figures, told
from expectations.findings import of_failure, of_lateness, of_refusal, of_verdict
from raw.errors import Problem
from raw.feed import find_feed
from raw.publishing_calendar import Expected, Timeliness
from warehouse.build import Build
from warehouse.verdict import RuleResult, Scalar, Severity, Verdict

LANDING = "bureau_statistics/observations/vintage=2024-12-31"
OTHER = "customs_monthly_totals/totals/vintage=2024-12-31_2"
BUILD = Build(
    Path("builds/2024-12_2024-12-31"), "2024-12", date(2024, 12, 31), "official", "a" * 64, "1", [], {}, []
)
FIGURES = Figures(
    {
        f"qwc-14/{number:02}": Figure(
            f"指标{number}", f"Indicator {number}", "%", (f"u{number}",), "局", "Bureau"
        )
        for number in range(1, 13)
    },
    {(f"qwc-14/{number:02}", "2024"): frozenset({LANDING}) for number in range(1, 13)}
    | {("GDP", "2024"): frozenset({LANDING, OTHER}), ("EXPORTS", "2024"): frozenset({OTHER})},
)


def result(rule_id: str, *rows: dict[str, Scalar], severity: Severity = "block") -> RuleResult:
    return RuleResult(
        rule_id, "fct_x", severity, False, "在范围内", "in range", "为何 / why", "核对 / check", "seen",
        failing_rows=rows, failing_count=len(rows), owner="units",
    )  # fmt: skip


def row(number: int) -> dict[str, Scalar]:
    return {
        "plan_id": "qwc-14", "indicator_code": f"{number:02}", "reference_period": "2024", "value": 58
    }  # fmt: skip


def findings(*results: RuleResult) -> list[tuple[str, str, int]]:
    verdict = Verdict.of("a" * 64, results)
    return [
        (one.cause_key, one.severity, sum(subject.kind == "indicator" for subject in one.subjects))
        for one in of_verdict(verdict, BUILD, FIGURES)
    ]


def test_one_delivery_that_breaks_twelve_indicators_in_many_rules_is_one_finding() -> None:
    results = [result(f"range_{number}", row(number)) for number in range(1, 13)]
    results += [result("total", {"landing_id": LANDING, "value": 1}), result("all", *map(row, range(1, 13)))]
    assert findings(*results) == [(f"gate:official:delivery:{LANDING}", "block", 12)]
    (one,) = of_verdict(Verdict.of("a" * 64, results), BUILD, FIGURES)
    assert one.title_zh == (
        "2024-12 未发布：指标01 指标1，2024 58 %，不符合“在范围内”；责任单位：局；另有13条规则同因未过。"
    )
    assert one.units == tuple(f"u{number}" for number in range(1, 13))
    assert [subject.key for subject in one.subjects if subject.kind == "feed"] == ["bureau_statistics"]


def test_the_files_of_one_pull_are_one_delivery() -> None:
    rows: list[dict[str, Scalar]] = [{"landing_id": f"{LANDING}_{number}", "value": 1} for number in (2, 3)]
    assert findings(result("a", rows[0]), result("b", rows[1])) == [
        (f"gate:official:delivery:{LANDING}", "block", 0)
    ]


def test_a_row_that_may_come_from_two_deliveries_goes_to_the_one_that_others_accuse() -> None:
    unsure: dict[str, Scalar] = {"series_code": "GDP", "reference_period": "2024"}
    accuses: dict[str, Scalar] = {"series_code": "EXPORTS", "reference_period": "2024"}
    assert findings(result("a", unsure)) == [("gate:official:rule:fct_x.a", "block", 0)]
    delivery = OTHER.removesuffix("_2")
    assert findings(result("a", unsure), result("b", accuses)) == [
        (f"gate:official:delivery:{delivery}", "block", 0)
    ]


def test_rules_about_no_delivery_are_causes_of_their_own_and_notes_are_none() -> None:
    assert findings(result("a"), result("b", severity="hold"), result("c", row(1), severity="note")) == [
        ("gate:official:rule:fct_x.a", "block", 0),
        ("gate:official:rule:fct_x.b", "hold", 0),
    ]


def test_the_worst_level_of_a_cause_counts() -> None:
    assert findings(result("a", row(1), severity="hold"), result("b", row(2))) == [
        (f"gate:official:delivery:{LANDING}", "block", 2)
    ]


def test_the_same_cause_has_the_same_key_in_every_run() -> None:
    once = findings(result("a", row(1)))
    again = findings(result("b", row(2), row(3)))
    assert once[0][0] == again[0][0]


def test_a_revision_is_told_as_from_and_to() -> None:
    revised: dict[str, Scalar] = {"reference_period": "2024", "old_value": "10.6", "new_value": "106"}
    assert told(revised, FIGURES.indicators["qwc-14/01"]) == "2024 10.6 → 106 %"


def test_a_row_without_a_figure_is_told_by_where_it_stands_and_what_it_says() -> None:
    sums: dict[str, Scalar] = {
        "plan_id": "p", "area_code": "CN-370200", "reference_period": "2022-Q2", "measure": "YTD",
        "source_id": "S139", "gdp": "3000", "difference": -4070.4000000000005, "tolerance": 0.65,
    }  # fmt: skip
    assert told(sums, None) == "青岛市 Qingdao 2022-Q2：gdp=3000, difference=-4070.4"
    assert told({"earlier_number": 785, "now_number": 67}, None) == "earlier_number=785, now_number=67"


def test_refused_input_is_one_finding_a_file_for_the_unit_whose_it_is() -> None:
    problems = [
        Problem("wjj_2023-03.xlsx, cell H2", "'abc'", "a number", "enter a number"),
        Problem("wjj_2023-03.xlsx, cell H3", "'def'", "a number", "enter a number"),
        Problem("fgj_2023-03.xlsx, cell H2", "'abc'", "a number", "enter a number"),
    ]
    found = of_refusal(
        problems, scope="pull", units=("fgj", "wjj"), reference_month="2023-03", as_of="2023-04-30"
    )
    assert [(one.units, len(one.subjects)) for one in found] == [(("wjj",), 3), (("fgj",), 2)]
    assert "共2处" in found[0].title_zh
    assert found[0].owner == "units"


def test_a_crash_is_the_engineers() -> None:
    (one,) = of_failure("publish_monthly", "build", "MemoryError:\n  no", reference_month="2023-03", as_of="")
    assert (one.owner, one.severity, one.units) == ("engineers", "block", ())
    assert "MemoryError: no" in one.title_en


def test_a_late_feed_is_one_finding_about_the_latest_month_it_owes() -> None:
    feed = find_feed("customs_monthly_totals")
    due = Expected(date(2024, 11, 18), date(2024, 11, 25))
    rows = [
        Timeliness(feed.feed, "totals", "2024-09", due, None, None, "missing"),
        Timeliness(feed.feed, "totals", "2024-10", due, None, None, "missing"),
        Timeliness(feed.feed, "totals", "2024-11", due, None, None, "not_due"),
    ]
    (one,) = of_lateness(feed, rows, date(2024, 12, 1))
    assert (one.cause_key, one.reference_month) == ("late:customs_monthly_totals", "2024-10")
    assert "已迟 13 天" in one.title_zh
    assert of_lateness(feed, rows[2:], date(2024, 12, 1)) == []
