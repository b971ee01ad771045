"""The bundled sample returns: what each responsible unit could have returned when the plan was adopted.

They hold only figures that were published (rows of feed ``unit_returns`` in ``published/observations.csv``,
which stand in the plan's own table), entered through the same form that people fill in. Where no figure is
known, the row says so. Every figure and every date follows from the bundled tables, so the files are the
same bytes each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path

from raw import returns
from raw.errors import BadInput
from raw.replica.clock import CHINA, out_by
from raw.replica.table import PUBLISHED, Figure, figures, rows

MONTH = "2021-04"
REPORTED_ON = date(2021, 4, 30)
REPORTER = "样表：依据规划附表录入 / sample, entered from the plan's table"
NOT_PUBLISHED = "未见公开发布数据 / no published figure found"
IN_OTHER_FEED = (
    "已由统计数据渠道（bureau_statistics）提供，不重复填报 / "
    "supplied by the feed bureau_statistics, not repeated here"
)
AREA = "CN-370211"


def write_sample_returns(inbox: Path, published: Path = PUBLISHED) -> list[Path]:
    """Write one sample return per responsible unit into ``inbox``; returns their paths in the plan's order.

    A file that is there already is left as it is: a person may have edited it. Raises ``BadInput`` where a
    published figure is not in the plan's unit.
    """
    plan = returns.load_plan(returns.plans_of(MONTH)[0])
    inbox.mkdir(parents=True, exist_ok=True)
    return [_write(inbox, plan, unit, published) for unit in plan.named_units()]


def _write(inbox: Path, plan: returns.Plan, unit: returns.Unit, published: Path) -> Path:
    path = inbox / returns.file_name(plan, unit, MONTH)
    if path.exists():
        return path
    content = returns.workbook(
        plan,
        unit,
        MONTH,
        answers=list(_answers(plan, unit, published)),
        reporter=REPORTER,
        reported_on=REPORTED_ON,
    )
    # Written aside and moved in: a pull that runs at this moment must not find half a file.
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def _answers(plan: returns.Plan, unit: returns.Unit, published: Path) -> Iterator[dict[str, str]]:
    """For every indicator its published figures, and a row without for what was asked or not published."""
    asked = plan.asks(unit, MONTH)
    for indicator in plan.owned_by(unit):
        found = _figures(indicator, published)
        wanted = [ask for ask in asked if ask.indicator == indicator]
        baseline = returns.Ask(indicator, str(plan.baseline_year), "A")
        for figure in found:
            yield _given(indicator, figure, published)
        periods = {figure.cells["TIME_PERIOD"] for figure in found}
        for ask in [baseline, *wanted]:
            if ask.period not in periods:
                yield _missing(ask, published)


def _known(feed: str, series: str, published: Path) -> list[Figure]:
    moment = datetime.combine(REPORTED_ON, time(23, 59, 59), CHINA)
    return [
        figure
        for figure in figures(feed, published)
        if figure.cells["INDICATOR"] == series
        and figure.cells["REF_AREA"] == AREA
        and figure.known_from <= moment
    ]


def _figures(indicator: returns.Indicator, published: Path) -> list[Figure]:
    """The figures of an indicator that were out by the day of reporting, in the measure of the plan."""
    return [
        figure
        for figure in _known(returns.FEED, indicator.series_code, published)
        if figure.cells["MEASURE"] == indicator.measures[figure.cells["FREQ"]]
    ]


def _given(indicator: returns.Indicator, figure: Figure, published: Path) -> dict[str, str]:
    cells = figure.cells
    _check_unit(indicator, cells, published)
    source = next(row for row in rows("sources", published) if row["SOURCE"] == cells["SOURCE"])
    dated = out_by(source["PUBLISHED_DATE"], source["RETRIEVED_DATE"]).date()
    return {
        **returns.asked_row(returns.Ask(indicator, cells["TIME_PERIOD"], cells["FREQ"])),
        "VALUE": cells["OBS_VALUE"],
        "OBS_STATUS": cells["OBS_STATUS"],
        "STAGE": cells["STAGE"],
        "EVIDENCE_DOCUMENT": source["TITLE"],
        "EVIDENCE_DATE": dated.isoformat(),
    }


def _check_unit(indicator: returns.Indicator, cells: Mapping[str, str], published: Path) -> None:
    """A figure goes into the form as published, so its unit must be the plan's."""
    printed = {
        row["UNIT_ZH"]
        for row in rows("units", published)
        if (row["UNIT_MEASURE"], row["UNIT_MULT"]) == (cells["UNIT_MEASURE"], cells["UNIT_MULT"])
    }
    if indicator.unit not in printed:
        raise BadInput.one(
            f"{published / 'observations.csv'}, {cells['INDICATOR']} {cells['TIME_PERIOD']}",
            f"unit {cells['UNIT_MEASURE']} with multiplier {cells['UNIT_MULT']}",
            f"the plan's unit {indicator.unit!r} of indicator {indicator.code}",
            "convert the figure, or add the unit to units.csv",
        )


def _missing(ask: returns.Ask, published: Path) -> dict[str, str]:
    elsewhere = any(
        figure.cells["TIME_PERIOD"] == ask.period and figure.cells["MEASURE"] == ask.measure
        for figure in _known("bureau_statistics", ask.indicator.series_code, published)
    )
    return {
        **returns.asked_row(ask),
        "OBS_STATUS": "O",
        "MISSING_REASON": IN_OTHER_FEED if elsewhere else NOT_PUBLISHED,
    }
