"""The quality report of a release: how good its figures are, computed from the file and the verdict.

The order is that of the ESS Handbook for Quality and Metadata Reports (2020), as far as figures can answer:
S.12.3 completeness, S.14 timeliness and punctuality, S.17 revisions, S.15.2 comparability over time; then
what the gate judged and what is held back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.connect import reader
from warehouse.diff import rows_of
from warehouse.publication import words
from warehouse.publication.bulletin import Edition, render
from warehouse.verdict import Verdict

QUALITY = "quality.html"
QUALITY_MART = "fct_indicator_quality"
"""A build without it has no report."""

HALF = 50.0
"""A completeness below this is marked: half of the years that are over have no figure."""


def quality_report(database: Path, verdict: Verdict, edition: Edition) -> str:
    """The page, as a function of the released file and its verdict."""
    with reader(database) as connection:
        info = rows_of(connection, "select * from main.release_info order by plan_id")
        indicators = rows_of(
            connection, "select * from main.fct_indicator_quality order by plan_id, indicator_code"
        )
        feeds = rows_of(connection, _FEEDS)
        held = rows_of(
            connection,
            "select * from main.fct_held_figures order by series_code, area_code, reference_period, measure",
        )
    return render(
        "quality.html",
        {
            "edition": edition,
            "stamp": words.stamp(info[0]["kind"]),
            "month": words.period_words(info[0]["reference_month"]),
            "as_of": words.date_words(info[0]["as_of_date"]),
            "plans": [_plan(plan, indicators) for plan in info],
            "feeds": feeds,
            "held": [_held(row) for row in held],
            "verdict": verdict,
            "levels": _LEVELS,
            "number": words.number,
        },
    )


_LEVELS = {
    "block": words.Word("拦截", "block"),
    "hold": words.Word("扣留", "hold"),
    "note": words.Word("提示", "note"),
}
_STATES = {
    "held": words.Word("扣留待核", "held for checking"),
    "rejected": words.Word("不采用", "rejected"),
    "accepted": words.Word("核实后采用", "accepted"),
}
_FEEDS = """
    select
        feed,
        count(*) filter (where timeliness <> 'not_due') as due,
        count(*) filter (where timeliness = 'on_time') as on_time,
        count(*) filter (where timeliness = 'late') as late,
        count(*) filter (where timeliness = 'missing') as missing,
        count(*) filter (where timeliness = 'backfilled') as backfilled,
        max(late_days) as worst_days
    from main.fct_feed_timeliness
    group by feed
    order by feed
"""


def _plan(plan: Mapping[str, Any], indicators: list[dict[str, Any]]) -> dict[str, Any]:
    own = [row for row in indicators if row["plan_id"] == plan["plan_id"]]
    return {
        "name": words.Word(plan["plan_name_zh"], plan["plan_name_en"]),
        "rows": own,
        "with_data": sum(row["latest_value_year"] is not None for row in own),
        "incomplete": sum((row["completeness_pct"] or 0) < HALF for row in own),
        "present": sum(row["years_present_number"] for row in own),
        "over": sum(row["years_over_number"] for row in own),
        "revised": sum(row["revised_periods_number"] for row in own),
        "compared": sum(row["compared_periods_number"] for row in own),
        "broken": sum(row["breaks_number"] > 0 for row in own),
    }


def _held(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "period": words.period_words(row["reference_period"]),
        "area": words.word(words.AREAS, row["area_code"]),
        "measure_word": words.word(words.MEASURES, row["measure"]),
        "state": _STATES[row["held_state"]],
    }
