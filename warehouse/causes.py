"""Why an indicator or text target stands differently in one released file than in another.

Its status, lamp or judged value moved because a new reference period came in (``data``), a known figure was
revised or withdrawn (``revision``; one that newer years displaced and that still stands is none), a figure is
held back or counts again after having been (``held``), its target, baseline or assigned value has another
version (``target``), a decision was taken or another option chosen (``decision``), a status was set by hand
(``override``), or the rules changed (``rule``: cuts, method, code).
Several may hold at once; where no input differs and the code is the same, only the as-of date moved
(``time``). What a judgement rests on is read from ``fct_target_inputs``; where one of the two files is older
than that table, from the figures themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse.publication import words

CauseKind = Literal["data", "revision", "held", "target", "decision", "override", "rule", "time"]
Row = Mapping[str, Any]
TargetKey = tuple[str, str, str]

CAUSES: dict[str, words.Word] = {
    "data": words.Word("新数据", "new data"),
    "revision": words.Word("数据修订", "revised data"),
    "held": words.Word("扣留与核定", "held back or decided"),
    "target": words.Word("目标或基期变动", "target or baseline changed"),
    "decision": words.Word("口径决定", "decision"),
    "override": words.Word("人工认定", "set by hand"),
    "rule": words.Word("评价规则", "rule"),
    "time": words.Word("截止日推移", "time passed"),
}
ROLES: dict[str, words.Word] = {
    "value": words.Word("", ""),
    "comparator": words.Word("比较对象", "comparator"),
    "target": words.Word("目标", "target"),
    "baseline": words.Word("基期", "baseline"),
    "assignment": words.Word("下达值", "assigned value"),
    "threshold": words.Word("标准", "threshold"),
}
FIGURES = ("value", "comparator")
PLANNED = ("target", "baseline", "assignment", "threshold")
# The cuts between the status words are thresholds of the rules, not of a target.
CUTS = "status_thresholds.csv"
NOTHING = words.Word("无", "none")
INPUTS = """
    select plan_id, target_type, target_id, input_role, area_code, reference_period, value, unit, place,
        decision_id, version, landing_id, row_number
    from main.fct_target_inputs
"""
# What stood in a released file before it told the inputs of each judgement.
EARLIER_INPUTS = """
    select plan_id, 'indicator' as target_type, indicator_code as target_id, 'value' as input_role,
        area_code, reference_period, cast(value as double) as value, unit, '' as place, '' as decision_id,
        null as version, landing_id, row_number
    from main.fct_indicator_values
    where frequency = 'A'
    union all
    select plan_id, 'indicator', indicator_code, role, '', '', cast(said as double), null, '', '', null,
        null, null
    from (
        select plan_id, indicator_code, unnest(['baseline', 'target']) as role,
            unnest([baseline_value, target_value]) as said
        from main.fct_target_progress
    )
    where said is not null
    union all
    select plan_id, 'indicator', indicator_code, 'decision', '', null, null, null, '', decision_id, null,
        null, null
    from (
        select plan_id, indicator_code, trim(unnest(string_split(decision_ids, ';'))) as decision_id
        from main.fct_target_progress
    )
    where decision_id != ''
"""
# A yearly figure by what it is about, and the landed row it comes from.
YEARLY_FIGURES = """
    select series_code, area_code, reference_period, measure, scope, value, unit, landing_id, row_number
    from main.fct_observations
    where frequency = 'A'
"""
# What does not count, by the landed row and what it is about.
HELD = """
    select distinct landing_id, row_number, area_code, reference_period
    from main.fct_held_figures
    where held_state in ('held', 'rejected')
"""
OVERRIDES = """
    select plan_id, target_type, target_id, override_id, override_status, override_lamp
    from main.fct_status_overrides
    where override_state = 'in_force'
    order by all
"""


@dataclass(frozen=True)
class Cause:
    """One cause of a change; ``before`` and ``after`` say what was and what is, in words."""

    kind: CauseKind
    before: words.Word
    after: words.Word

    def told(self, language: Literal["zh", "en"]) -> str:
        """Return ``kind: before → after``, or only what is new where nothing stood before."""
        colon = "：" if language == "zh" else ": "
        before, after = getattr(self.before, language), getattr(self.after, language)
        moved = f"{before} → {after}" if before else after
        return f"{getattr(CAUSES[self.kind], language)}{colon}{moved}"


class Side:
    """What one released file knows of the causes; ``file`` lies beside the ``build.json`` of its build."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: Path) -> None:
        self.connection = connection
        self.code_version = _code_version(file)
        self.has_inputs = self._has("main", "fct_target_inputs")
        self.overrides = self._by_target(OVERRIDES if self._has("main", "fct_status_overrides") else None)
        self.options = self._options()
        held = _rows(connection, HELD) if self._has("main", "fct_held_figures") else []
        self._held = {tuple(row.values()) for row in held}

    def holds(self, figure: Row) -> bool:
        """Whether the file has a figure but does not let it count."""
        names = ("landing_id", "row_number", "area_code", "reference_period")
        return tuple(figure[name] for name in names) in self._held

    def inputs(self, *, earlier: bool) -> dict[TargetKey, list[Row]]:
        """The inputs by target; ``earlier``: as a file without the table of inputs tells them."""
        return self._by_target(EARLIER_INPUTS if earlier else INPUTS)

    @cached_property
    def landed(self) -> dict[tuple[Any, ...], list[Row]]:
        """Yearly figures by the landed row they come from."""
        found: dict[tuple[Any, ...], list[Row]] = {}
        for row in self._yearly:
            found.setdefault((row["landing_id"], row["row_number"]), []).append(row)
        return found

    @cached_property
    def figures(self) -> dict[tuple[Any, ...], Row]:
        """Yearly figures by what they are about."""
        return {_subject(row): row for row in self._yearly}

    @cached_property
    def _yearly(self) -> list[dict[str, Any]]:
        return _rows(self.connection, YEARLY_FIGURES)

    def _has(self, schema: str, table: str) -> bool:
        sql = "select 1 from duckdb_tables() where database_name = current_database() and schema_name = ?"
        return bool(self.connection.execute(f"{sql} and table_name = ?", [schema, table]).fetchall())

    def _by_target(self, sql: str | None) -> dict[TargetKey, list[Row]]:
        found: dict[TargetKey, list[Row]] = {}
        for row in _rows(self.connection, sql) if sql else []:
            found.setdefault((row["plan_id"], row["target_type"], row["target_id"]), []).append(row)
        return found

    def _options(self) -> dict[str, str]:
        """The option each decision has chosen: files made before dim_decision told it have the seed alone."""
        if _has_column(self.connection, "dim_decision", "chosen_option"):
            rows = _rows(self.connection, "select decision_id, chosen_option from main.dim_decision")
        elif self._has("plan", "decisions"):
            rows = _rows(self.connection, "select decision_id, chosen_option from plan.decisions")
        else:
            return {}
        return {row["decision_id"]: row["chosen_option"] for row in rows}


class Causes:
    """The causes of what changed from one file to another."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old, new
        earlier = not (old.has_inputs and new.has_inputs)
        self.before, self.after = (side.inputs(earlier=earlier) for side in (old, new))

    def of(self, key: TargetKey, old: Row | None, new: Row | None) -> tuple[Cause, ...]:
        """The causes for one target, whose rows of progress are ``old`` and ``new`` (None: it had none)."""
        before, after = self.before.get(key, []), self.after.get(key, [])
        found = [
            *self._figure_causes(before, after),
            *_planned_causes(before, after),
            *self._decision_causes(before, after),
            *self._override_causes(key),
            *_rule_causes(before, after, old, new),
        ]
        return tuple(found) or (self.remaining(),)

    def _figure_causes(self, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Cause]:
        was, now = _figures(before), _figures(after)
        for key in sorted(was.keys() | now.keys()):
            old, new = was.get(key), now.get(key)
            if old is None and new is not None:
                yield Cause("held" if self.old.holds(new) else "data", words.Word("", ""), _figure(new))
            elif new is None and old is not None:
                yield from self._departure(old)
            elif old is not None and new is not None and _amount(old) != _amount(new):
                decided = self.new.holds(old) or self.old.holds(new)
                yield Cause("held" if decided else "revision", _figure(old), _figure(new))

    def _departure(self, old: Row) -> Iterator[Cause]:
        """A figure no judgement rests on any longer: a revision unless it still stands as it was.

        Many kinds rest on the newest year alone, and an older one leaves with each new year.
        """
        kind: CauseKind = "held" if self.new.holds(old) else "revision"
        stands = self._standing(old)
        if stands is None:
            yield Cause(kind, _figure(old), words.Word("不再采用", "no longer used"))
        elif _amount(stands) != _amount(old):
            yield Cause(
                kind, _figure(old), _figure({**old, "value": stands["value"], "unit": stands["unit"]})
            )

    def _standing(self, old: Row) -> Row | None:
        """The figure that stands in the later file about what an input of the earlier one was about."""
        for row in self.old.landed.get((old["landing_id"], old["row_number"]), []):
            same = (row["area_code"], row["reference_period"], *_amount(row))
            if same == (old["area_code"], old["reference_period"], *_amount(old)):
                return self.new.figures.get(_subject(row))
        return None

    def _decision_causes(self, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Cause]:
        was, now = _decided(before, self.old.options), _decided(after, self.new.options)
        for decision in sorted(was.keys() | now.keys()):
            if was.get(decision) != now.get(decision):
                yield Cause("decision", _said(decision, was), _said(decision, now))

    def _override_causes(self, key: TargetKey) -> Iterator[Cause]:
        was, now = (_override(side.overrides.get(key, [])) for side in (self.old, self.new))
        if was != now:
            yield Cause("override", was, now)

    def remaining(self) -> Cause:
        """What is left when no input differs: other code, or the same code on another day."""
        was, now = self.old.code_version, self.new.code_version
        if was is not None and was == now:
            told = words.Word("所用数据和口径均未变", "no figure, target or decision it rests on differs")
            return Cause("time", words.Word("", ""), told)
        return Cause(
            "rule",
            words.Word(f"程序 {was or '未注明'}", f"code {was or 'not stated'}"),
            words.Word(f"程序 {now or '未注明'}", f"code {now or 'not stated'}"),
        )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [str(column[0]) for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _has_column(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> bool:
    sql = (
        "select 1 from duckdb_columns() where database_name = current_database() and schema_name = 'main'"
        " and table_name = ? and column_name = ?"
    )
    return bool(connection.execute(sql, [table, column]).fetchall())


def _subject(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("series_code", "area_code", "reference_period", "measure", "scope"))


def _code_version(file: Path) -> str | None:
    try:
        told = json.loads((file.parent / "build.json").read_text(encoding="utf-8"))
        return str(told["code_version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _figures(rows: Sequence[Row]) -> dict[tuple[str, str, str], Row]:
    return {
        (str(row["reference_period"]), str(row["area_code"]), str(row["input_role"])): row
        for row in rows
        if row["input_role"] in FIGURES
    }


def _figure(row: Row) -> words.Word:
    period, role = words.period_words(row["reference_period"]), ROLES[row["input_role"]]
    unit = f" {row['unit']}" if row["unit"] else ""
    told = f"{words.number(row['value'])}{unit}"
    return words.Word(f"{role.zh}{period.zh} {told}", f"{role.en + ' ' if role.en else ''}{period.en} {told}")


def _amount(row: Row) -> tuple[Any, Any]:
    return (None if row["value"] is None else round(float(row["value"]), 6), row["unit"])


def _planned_causes(before: Sequence[Row], after: Sequence[Row]) -> Iterator[Cause]:
    for role in PLANNED:
        was, now = (_of_role(rows, role) for rows in (before, after))
        if [_statement(row) for row in was] != [_statement(row) for row in now]:
            yield Cause("target", _planned(role, was), _planned(role, now))


def _of_role(rows: Sequence[Row], role: str) -> list[Row]:
    found = [row for row in rows if row["input_role"] == role and CUTS not in str(row["place"])]
    return sorted(found, key=lambda row: str(_statement(row)))


def _statement(row: Row) -> tuple[Any, ...]:
    return (row["reference_period"], *_amount(row), row["version"])


def _planned(role: str, rows: Sequence[Row]) -> words.Word:
    if not rows:
        return words.Word(f"{ROLES[role].zh}无", f"no {ROLES[role].en}")
    told = "; ".join(_said_amount(row) for row in rows)
    return words.Word(f"{ROLES[role].zh} {told}", f"{ROLES[role].en} {told}")


def _said_amount(row: Row) -> str:
    amount = words.number(row["value"]) or "—"
    unit = f" {row['unit']}" if row["unit"] else ""
    version = f" (v{row['version']})" if row["version"] is not None else ""
    return f"{amount}{unit}{version}"


def _decided(rows: Sequence[Row], options: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """By decision what it says: the option chosen, then the parameters it sets."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["input_role"] == "decision":
            # The place ends in “parameter = value” where the decision sets one.
            parameter = str(row["place"]).rpartition(", ")[2]
            told = found.setdefault(str(row["decision_id"]), set())
            if " = " in parameter:
                told.add(parameter)
    return {
        decision: (*([options[decision]] if decision in options else []), *sorted(told))
        for decision, told in found.items()
    }


def _said(decision: str, decided: Mapping[str, Sequence[str]]) -> words.Word:
    if decision not in decided:
        return words.Word(f"{decision} 无", f"{decision} none")
    told = ", ".join(decided[decision])
    return words.Word(f"{decision} {told}".strip(), f"{decision} {told}".strip())


def _override(rows: Sequence[Row]) -> words.Word:
    if not rows:
        return NOTHING
    zh, en = [], []
    for row in rows:
        status = words.word(words.STATUSES, row["override_status"])
        lamp = words.word(words.LAMPS, row["override_lamp"])
        zh.append(f"{row['override_id']} {status.zh} {lamp.zh}".strip())
        en.append(f"{row['override_id']} {status.en} {lamp.en}".strip())
    return words.Word("；".join(zh), "; ".join(en))


def _rule_causes(
    before: Sequence[Row], after: Sequence[Row], old: Row | None, new: Row | None
) -> Iterator[Cause]:
    was, now = (_cuts(rows) for rows in (before, after))
    # A target that was not judged against a schedule rests on no cuts: they did not change, it did.
    for name in sorted(was.keys() & now.keys()):
        if was[name] != now[name]:
            yield Cause("rule", _cut(name, was), _cut(name, now))
    methods = [str((row or {}).get("method_id") or "none") for row in (old, new)]
    if methods[0] != methods[1] and "none" not in methods:
        yield Cause("rule", *(words.Word(f"方法 {method}", f"method {method}") for method in methods))


def _cuts(rows: Sequence[Row]) -> dict[str, float]:
    return {
        str(row["place"]).rpartition(", ")[2]: float(row["value"])
        for row in rows
        if row["input_role"] == "threshold" and CUTS in str(row["place"])
    }


def _cut(name: str, cuts: Mapping[str, float]) -> words.Word:
    told = f"{name} {words.number(cuts[name])}"
    return words.Word(told, told)
