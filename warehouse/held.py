"""Figures that are held back: landed, kept, shown as held, and counted nowhere until somebody has decided.

A held figure is what one table of a feed says of one observation, kept with the landed row it was found in.
A later file of the table that says the same is the same figure, and needs no second decision. ``held`` waits
for one, ``rejected`` is wrong for good, ``accepted`` is true after all and counts again. The build leaves the
first two out of the choice of sources, so that the last good value stands in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb

from raw.errors import BadInput
from warehouse.publication.content_hash import literal
from warehouse.verdict import MAX_HELD_ROWS, RuleResult, Scalar, Verdict

HeldState = Literal["held", "rejected", "accepted"]
Observation = Mapping[str, str | None]
KEY = ("landing_id", "row_number", "series_code", "area_code", "measure", "reference_period", "value")
"""What a failing row must say for its figure to be held back."""

# The columns of int_observations__conformed.
OBSERVED = (
    ("series_code", "varchar"), ("area_code", "varchar"), ("measure", "varchar"), ("scope", "varchar"),
    ("frequency", "varchar"), ("reference_period", "varchar"), ("unit_measure", "varchar"),
    ("stage", "varchar"), ("tags", "varchar"), ("source_id", "varchar"), ("origin", "varchar"),
    ("first_seen_date", "date"), ("landing_id", "varchar"), ("file_sha256", "varchar"),
    ("row_number", "bigint"), ("place", "varchar"), ("value", "decimal(24, 6)"), ("unit", "varchar"),
    ("expected_unit_measure", "varchar"), ("obs_status", "varchar"), ("publisher_class", "varchar"),
    ("publisher_rank", "integer"), ("published_date", "date"), ("published_precision", "varchar"),
    ("vintage_date", "date"), ("period_end_date", "date"),
)  # fmt: skip
_TYPES = {"row_number": "bigint", "value": "decimal(24, 6)", "held_on": "date"}
_VINTAGE = "/vintage="
MOST_STEPS_BACK = 6
"""How often the landing is modelled further back for what stood before a held figure; each is a dbt run."""
_REMEDY = "record the figure as the quarantine lists it: python -m expectations quarantine list"


@dataclass(frozen=True)
class HeldFigure:
    """What a table says of one observation, and what was decided about it; ``rule`` is ``suite.rule_id``.

    ``value`` is in the unit of the series, as :func:`decimal_text` writes it. ``held_on`` is the as-of date
    of the build it was found in (ISO 8601): the same build says the same. ``earlier`` are the observations of
    its table that stood before it, as text; None until somebody has looked.
    """

    landing_id: str
    row_number: int
    series_code: str
    area_code: str
    measure: str
    reference_period: str
    value: str
    rule: str
    what_zh: str
    what_en: str
    remedy: str
    held_on: str
    state: HeldState = "held"
    decided_by: str = ""
    note: str = ""
    earlier: tuple[Observation, ...] | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The figure, whichever file said it and whatever was decided about it."""
        return figure_key(asdict(self))

    def as_dict(self) -> dict[str, Any]:
        """For ``build.json``."""
        return asdict(self)

    @classmethod
    def from_dict(cls, where: str, row: Mapping[str, Any]) -> HeldFigure:
        """Read one; raises BadInput naming ``where`` for keys or a state that are not known."""
        names = {field.name for field in fields(cls)}
        if set(row) != names or row.get("state") not in get_args(HeldState):
            found = f"keys {sorted(row)}, state {row.get('state')!r}"
            raise BadInput.one(where, found, f"{sorted(names)}, {get_args(HeldState)}", _REMEDY)
        earlier = row["earlier"]
        return cls(**{**row, "earlier": None if earlier is None else tuple(earlier)})


def names_its_figures(rows: Sequence[Mapping[str, Scalar]], failing_count: int) -> bool:
    """Whether every failing row says which landed figure it is about, and all of them are there."""
    return (
        0 < failing_count <= MAX_HELD_ROWS
        and len(rows) == failing_count
        and all(row.get(name) is not None for row in rows for name in KEY)
    )


def figures_of(verdict: Verdict, held_on: str) -> list[HeldFigure]:
    """The figures that a verdict holds back, each once, by the first rule that names it."""
    found: dict[tuple[str, ...], HeldFigure] = {}
    for result in verdict.holding:
        for row in result.failing_rows:
            figure = _figure(result, row, held_on)
            found.setdefault(figure.key, figure)
    return [found[key] for key in sorted(found)]


def figure_key(row: Mapping[str, Scalar]) -> tuple[str, ...]:
    """The figure a failing row is about, as :attr:`HeldFigure.key`: its table, what it is of, its value."""
    said = (str(row.get(name)) for name in ("series_code", "area_code", "measure", "reference_period"))
    return (table_of(str(row.get("landing_id"))), *said, decimal_text(row.get("value")))


def table_of(landing_id: str) -> str:
    """The feed and table of a landing id: ``bureau_nbs/observations`` of one with its vintage."""
    return landing_id.partition(_VINTAGE)[0]


def decimal_text(value: object) -> str:
    """A figure without idle digits: 82.860000 and 82.86 are both 82.86; what is no number stays as it is."""
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


def tell_held(connection: duckdb.DuckDBPyConnection, held: Sequence[HeldFigure]) -> None:
    """Make the views ``landing.held_figures`` and ``landing.earlier_observations`` of a build."""
    names = [field.name for field in fields(HeldFigure) if field.name != "earlier"]
    typed = ", ".join(f"cast({name} as {_TYPES.get(name, 'varchar')}) as {name}" for name in names)
    typed += f", split_part(landing_id, '{_VINTAGE}', 1) as landing_table"
    ordered = sorted(held, key=lambda figure: figure.key)
    connection.execute(
        f"create or replace view landing.held_figures as select {typed} from"
        f" {_told([[getattr(figure, name) for name in names] for figure in ordered], names)}"
        " where landing_id is not null"
    )
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in OBSERVED)
    earlier = [row for figure in ordered if figure.state != "accepted" for row in figure.earlier or ()]
    said = _told([[row[name] for name, _ in OBSERVED] for row in earlier], [name for name, _ in OBSERVED])
    connection.execute(
        "create or replace view landing.earlier_observations as"
        f" select distinct {columns} from {said} where landing_id is not null"
    )


def _told(rows: Sequence[Sequence[object]], names: Sequence[str]) -> str:
    """SQL of a table of text; a row of nulls gives the columns where there is nothing to say."""
    values = [", ".join("null" if cell is None else literal(str(cell)) for cell in row) for row in rows]
    told = ", ".join(f"({row})" for row in values or [", ".join(["null"] * len(names))])
    return f"(values {told}) as told({', '.join(names)})"


@dataclass(frozen=True)
class Before:
    """What a table said of a held figure before: one observation a source, and files that say a held one."""

    rows: tuple[Observation, ...] = ()
    repeated_in: frozenset[str] = frozenset()


def before_of(
    scratch: Path, figures: Sequence[HeldFigure], held: Sequence[HeldFigure]
) -> dict[tuple[str, ...], Before]:
    """What their own tables say of the figures in ``scratch``: a landing without the files they are said in.

    ``scratch`` holds ``int_observations__conformed``. ``held`` are all held figures: what stood before one
    may be another. By :attr:`HeldFigure.key`; of each source the newest.
    """
    names = [name for name, _ in OBSERVED]
    with duckdb.connect(str(scratch)) as connection:
        tell_held(connection, [figure for figure in held if figure.state != "accepted"])
        rows = connection.execute(
            f"""
            select
                {", ".join(f"cast(said.{name} as varchar) as {name}" for name in names)},
                held.value as held_value,
                bool_or(said.value = held.value) over (
                    partition by said.landing_id, said.row_number, said.series_code, said.area_code,
                        said.measure, said.scope, said.reference_period
                ) as is_held
            from intermediate.int_observations__conformed as said
            inner join landing.held_figures as held
                on
                    split_part(said.landing_id, '{_VINTAGE}', 1) = held.landing_table
                    and said.series_code = held.series_code
                    and said.area_code = held.area_code
                    and said.measure = held.measure
                    and said.reference_period = held.reference_period
            qualify row_number() over (
                partition by said.series_code, said.area_code, said.measure, said.scope, said.frequency,
                    said.reference_period, said.source_id, held.landing_table, held.value
                order by said.vintage_date desc, said.landing_id desc
            ) = 1
            order by all
            """
        ).fetchall()
    found: dict[tuple[str, ...], Before] = {figure.key: Before() for figure in figures}
    for *cells, held_value, is_held in rows:
        said: Observation = dict(zip(names, cells, strict=True))
        known = found.get(key := figure_key({**said, "value": str(held_value)}))
        if known is not None:
            found[key] = (
                replace(known, repeated_in=known.repeated_in | {str(said["landing_id"])})
                if is_held
                else replace(known, rows=(*known.rows, said))
            )
    return found


def with_earlier(
    figures: Sequence[HeldFigure],
    since: Callable[[HeldFigure], Iterable[str]],
    before_without: Callable[[Set[str], Sequence[HeldFigure]], Mapping[tuple[str, ...], Before]],
) -> list[HeldFigure]:
    """The figures, each with what stood before it; one that has that, or counts again, stays as it is.

    ``since`` names the landed files of a figure's table from the one it was found in on, ``before_without``
    models the landing without some files. Where a file further back says the held figure too, or another that
    is held, it is left out as well, up to ``MOST_STEPS_BACK`` times; then nothing stands in its place.
    """
    looking = [figure for figure in figures if figure.state != "accepted" and figure.earlier is None]
    without = {one for figure in looking for one in since(figure)}
    found: dict[tuple[str, ...], tuple[Observation, ...]] = {}
    for _ in range(MOST_STEPS_BACK):
        if not looking:
            break
        said = before_without(without, looking)
        found |= {figure.key: said[figure.key].rows for figure in looking if not said[figure.key].repeated_in}
        looking = [figure for figure in looking if said[figure.key].repeated_in]
        without |= {one for figure in looking for one in said[figure.key].repeated_in}
    found |= {figure.key: () for figure in looking}
    return [replace(figure, earlier=found.get(figure.key, figure.earlier)) for figure in figures]


def _figure(result: RuleResult, row: Mapping[str, Scalar], held_on: str) -> HeldFigure:
    return HeldFigure(
        landing_id=str(row["landing_id"]),
        row_number=int(str(row["row_number"])),
        series_code=str(row["series_code"]),
        area_code=str(row["area_code"]),
        measure=str(row["measure"]),
        reference_period=str(row["reference_period"]),
        value=decimal_text(row["value"]),
        rule=f"{result.suite}.{result.rule_id}",
        what_zh=result.what_zh,
        what_en=result.what_en,
        remedy=result.remedy,
        held_on=held_on,
    )
