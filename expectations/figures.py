"""The indicators of a build as messages name them, and where each of its figures was landed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from raw.errors import BadInput
from warehouse.connect import reader
from warehouse.publication.words import AREAS
from warehouse.verdict import Scalar, row_text

Row = Mapping[str, Scalar]
MOST_LETTERS = 160

_LINEAGE = """
    select plan_id || '/' || indicator_code, reference_period, landing_id from fct_indicator_values
    where landing_id is not null
    union all
    select series_code, reference_period, landing_id from fct_observations where landing_id is not null
"""


@dataclass(frozen=True)
class Figure:
    """An indicator as a message names it: its names, its unit of measure and who is responsible."""

    name_zh: str
    name_en: str
    unit: str
    unit_ids: tuple[str, ...]
    responsible_zh: str
    responsible_en: str


@dataclass(frozen=True)
class Figures:
    """What a build says of its figures.

    ``indicators`` are keyed by ``plan_id/indicator_code``; ``landings`` give the landing ids of a figure by
    (``plan_id/indicator_code`` or series code, reference period), ``measured_by`` the indicators that a
    series measures.
    """

    def indicators_of(self, row: Row) -> tuple[str, ...]:
        """The indicators a failing row is about, as ``plan_id/indicator_code``: those it names, else those
        that its series measures."""
        named = str(row.get("indicator_code") or "")
        if "/" in named:
            return tuple(named.split(";"))
        if named and row.get("plan_id"):
            return (f"{row['plan_id']}/{named}",)
        return self.measured_by.get(str(row.get("series_code") or ""), ())

    indicators: Mapping[str, Figure] = field(default_factory=dict)
    landings: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    measured_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def landings_of(self, row: Row) -> frozenset[str]:
        """Where the figure of a failing row was landed from; empty where the row does not name one."""
        if row.get("landing_id"):
            return frozenset({str(row["landing_id"])})
        period = str(row.get("reference_period") or "")
        for key in (*self.indicators_of(row), str(row.get("series_code") or "")):
            if found := self.landings.get((key, period)):
                return found
        return frozenset()


def figures_of(database: Path) -> Figures:
    """Read them from a build; empty when it is too broken to tell, since a message must go out even then."""
    try:
        with reader(database) as connection:
            return Figures(_indicators(connection), _landings(connection), _measured_by(connection))
    except (BadInput, duckdb.Error):
        return Figures()


# What a message says before the rest of a row, or not at all: where it stands is in the evidence.
_LEFT_OUT = (
    "plan_id", "indicator_code", "landing_id", "file_sha256", "row_number", "scope", "measure", "area_code",
    "reference_period", "source_id", "tolerance",
)  # fmt: skip


def told(row: Row, figure: Figure | None) -> str:
    """A failing row in a few words: the figure with its period and unit where it has one."""
    period, unit = row.get("reference_period") or "", row.get("unit") or (figure.unit if figure else "")
    if row.get("old_value") is not None and row.get("new_value") is not None:
        return f"{period} {row['old_value']} → {row['new_value']} {unit}".strip()
    if row.get("value") is not None and (figure is not None or row.get("series_code")):
        series = "" if figure is not None else f"{row['series_code']} {row.get('area_code') or ''} "
        return f"{series}{period} {row['value']} {unit}".strip()
    area = str(row.get("area_code") or "")
    named = f"{AREAS[area].zh} {AREAS[area].en}" if area in AREAS else area
    where = f"{named} {period}".strip()
    text = row_text({name: _rounded(value) for name, value in row.items() if name not in _LEFT_OUT})
    text = f"{where}：{text}" if where and text else where or text
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _rounded(value: Scalar) -> Scalar:
    """A computed figure without the noise of binary fractions: 0.6500000000000001 is 0.65."""
    return f"{value:.10g}" if isinstance(value, float) else value


def _indicators(connection: duckdb.DuckDBPyConnection) -> dict[str, Figure]:
    units = connection.execute("select unit_id, name_zh, name_en from dim_responsible_unit").fetchall()
    names = {str(unit_id): (str(zh), str(en)) for unit_id, zh, en in units}
    rows = connection.execute(
        "select plan_id || '/' || indicator_code, name_zh, name_en, unit, responsible_unit_ids"
        " from dim_indicator"
    ).fetchall()
    return {str(key): _figure(zh, en, unit, ids, names) for key, zh, en, unit, ids in rows}


def _figure(
    zh: str, en: str, unit: str | None, unit_ids: str | None, names: Mapping[str, tuple[str, str]]
) -> Figure:
    ids = tuple(part.strip() for part in (unit_ids or "").split(";") if part.strip())
    responsible: Sequence[tuple[str, str]] = [names.get(unit_id, (unit_id, unit_id)) for unit_id in ids]
    return Figure(
        zh,
        en,
        unit or "",
        ids,
        "、".join(pair[0] for pair in responsible),
        "; ".join(pair[1] for pair in responsible),
    )


def _measured_by(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    rows = connection.execute(
        "select distinct series_code, plan_id || '/' || indicator_code from plan.indicator_series"
        " order by all"
    ).fetchall()
    for series_code, key in rows:
        found.setdefault(str(series_code), []).append(str(key))
    return {series: tuple(keys) for series, keys in found.items()}


def _landings(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for key, period, landing_id in connection.execute(_LINEAGE).fetchall():
        found.setdefault((str(key), str(period)), set()).add(str(landing_id))
    return {key: frozenset(ids) for key, ids in found.items()}
