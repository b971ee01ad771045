"""What one release says differently from another: values added, changed, withdrawn, judgements moved.

Judgements are those of indicators and text targets, of projects, and of units' years of binding indicators.

Two values are the same one when plan, indicator (or series), area, period, frequency and measure agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse.causes import Cause, Causes, Side, TargetKey
from warehouse.connect import reader
from warehouse.publication import overrides, words

Kind = Literal["added", "changed", "withdrawn"]
Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
KINDS: tuple[Kind, ...] = ("added", "changed", "withdrawn")
Key = tuple[str, ...]

PROJECT, ASSESSMENT = "project", "yearly_assessment"
PROJECTS = """
    select *, concat_ws(' ', project_id, name_zh) as label_zh,
        concat_ws(' ', project_id, name_en) as label_en,
        progress_pct as value, '%' as unit
    from main.fct_project_progress
    where is_counted and status != 'heading'
"""
ASSESSMENTS = """
    select assessed.plan_id, concat_ws('-', indicator_code, unit_id, reference_year) as assessment_id,
        concat_ws(' ', indicator_code, reference_year || '年', units.name_zh) as label_zh,
        concat_ws(' ', indicator_code, reference_year, units.name_en) as label_en,
        assessment as status, case when is_vetoed then 'red' end as lamp, actual_value as value, unit,
        reason_zh, reason_en, yearly_value
    from main.fct_yearly_assessment as assessed
    left join main.dim_responsible_unit as units using (unit_id)
"""
# A year nobody could judge moves nobody.
JUDGED_YEARS = ("reached", "missed")
INDICATOR_KEY = ("plan_id", "indicator_code", "area_code", "reference_period", "frequency", "measure")
SERIES_KEY = ("series_code", "area_code", "reference_period", "frequency", "measure", "scope")
# What a reader would call another statement about the same figure.
COMPARED = ("value", "unit", "stage", "obs_status")
KIND_WORDS = {
    "added": words.Word("新增", "added"),
    "changed": words.Word("改变", "changed"),
    "withdrawn": words.Word("撤回", "withdrawn"),
}


@dataclass(frozen=True)
class ValueChange:
    """One figure that is new, different or gone; ``old`` and ``new`` are rows of the mart (None: absent)."""

    kind: Kind
    table: str
    key: Key
    label: words.Word
    area: words.Word
    period: words.Word
    measure: words.Word
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None

    @property
    def unit(self) -> str:
        """Unit of the figure now (before, if it is gone)."""
        return str((self.new or self.old or {}).get("unit") or "")

    @property
    def absolute(self) -> Decimal | None:
        """New minus old in the unit of the figure; None where there is no pair in one unit."""
        if self.old is None or self.new is None or self.old["unit"] != self.new["unit"]:
            return None
        if self.old["value"] is None or self.new["value"] is None:
            return None
        return Decimal(str(self.new["value"])) - Decimal(str(self.old["value"]))

    @property
    def percent(self) -> Decimal | None:
        """The difference as per cent of the old value; None where that is zero or there is no pair."""
        difference = self.absolute
        if difference is None or self.old is None or not self.old["value"]:
            return None
        return difference / abs(Decimal(str(self.old["value"]))) * 100

    def told(self, language: Language) -> str:
        """Return one line: what, where, when, old → new, by how much."""
        join = "，" if language == "zh" else ", "
        subject = join.join(
            getattr(part, language) for part in (self.label, self.area, self.period, self.measure)
        )
        return f"{subject}{'：' if language == 'zh' else ': '}{self._movement(language)}"

    def _movement(self, language: Language) -> str:
        opened, closed = ("（", "）") if language == "zh" else (" (", ")")
        if self.old is None or self.new is None:
            row = self.old or self.new or {}
            return f"{words.number(row['value'])} {self.unit}{opened}{self._stage(row, language)}{closed}"
        if self.absolute:
            percent = f"; {signed(self.percent, 2)}%" if self.percent is not None else ""
            moved = f"{words.number(self.old['value'])} → {words.number(self.new['value'])} {self.unit}"
            return f"{moved}{opened}{signed(self.absolute)}{percent}{closed}"
        parts = [
            f"{self._shown(name, self.old, language)} → {self._shown(name, self.new, language)}"
            for name in COMPARED
            if self.old[name] != self.new[name]
        ]
        return f"{words.number(self.new['value'])} {self.unit}{opened}{'; '.join(parts)}{closed}"

    def _shown(self, name: str, row: Mapping[str, Any], language: Language) -> str:
        return self._stage(row, language) if name == "stage" else str(row[name])

    def _stage(self, row: Mapping[str, Any], language: Language) -> str:
        return str(getattr(words.word(words.STAGES, row["stage"] or "unknown"), language))


@dataclass(frozen=True)
class Standing:
    """How an indicator or text target stands in one file: its status, its lamp and the value judged.

    Under an override in force, ``override_id``, status and lamp are those set by hand; the computed ones
    follow.
    """

    status: str | None
    lamp: str | None
    value: Decimal | None
    unit: str
    override_id: str = ""
    computed_status: str = ""
    computed_lamp: str = ""

    def told(self, language: Language) -> str:
        """Return status, lamp and value in words."""
        if self.status is None:
            return {"zh": "（无）", "en": "(none)"}[language]
        told = _lit(self.status, self.lamp, language)
        if self.value is not None:
            told = f"{told} {words.number(self.value)} {self.unit}".rstrip()
        if not self.override_id:
            return told
        computed = _lit(self.computed_status, self.computed_lamp, language)
        return {
            "zh": f"{told}（人工认定 {self.override_id}，计算状态：{computed}）",
            "en": f"{told} (set by hand, {self.override_id}; computed: {computed})",
        }[language]


@dataclass(frozen=True)
class StatusChange:
    """An indicator or text target whose status, lamp or judged value moved, with what caused it.

    Of a project (``target_type`` ``project``) status and lamp count; a unit's year of a binding indicator
    (``yearly_assessment``, id ``indicator-unit-year``) counts where it was or is reached or missed.
    ``before`` has no status where it had no row; ``reason`` is that of the new status.
    """

    plan_id: str
    target_type: str
    target_id: str
    label: words.Word
    before: Standing
    after: Standing
    reason: words.Word
    causes: tuple[Cause, ...]

    @property
    def old(self) -> str | None:
        """The status before."""
        return self.before.status

    @property
    def new(self) -> str | None:
        """The status now."""
        return self.after.status

    def told(self, language: Language) -> str:
        """Return one line: what, before → after, the causes, the reason of the new status."""
        before, after = self.before.told(language), self.after.told(language)
        reason = getattr(self.reason, language)
        colon, stop = ("：", "。") if language == "zh" else (": ", ". ")
        tail = f"{stop}{reason}" if reason else ""
        moved = f"{getattr(self.label, language)}{colon}{before} → {after}"
        return f"{moved}{tail}{stop}{self.told_causes(language)}"

    def told_causes(self, language: Language) -> str:
        """Return the causes in words, each with what was and what is."""
        opened, join = ("原因：", "；") if language == "zh" else ("Cause: ", "; ")
        return opened + join.join(cause.told(language) for cause in self.causes)


@dataclass(frozen=True)
class ReleaseDiff:
    """All that changed since ``previous`` (None: this is the first release, and nothing is compared).

    ``targets`` are the indicators and text targets whose status, lamp or judged value moved, ``others`` the
    projects and the units' years.
    """

    previous: str | None
    indicators: tuple[ValueChange, ...] = ()
    series: tuple[ValueChange, ...] = ()
    targets: tuple[StatusChange, ...] = ()
    others: tuple[StatusChange, ...] = ()

    @property
    def statuses(self) -> tuple[StatusChange, ...]:
        """Those of ``targets`` whose status moved."""
        return tuple(change for change in self.targets if change.old != change.new)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all changed."""
        return not (self.indicators or self.series or self.targets or self.others)

    def of_kind(self, kind: Kind) -> tuple[ValueChange, ...]:
        """Return the changes of one kind, indicators before supporting series."""
        return tuple(change for change in (*self.indicators, *self.series) if change.kind == kind)

    def headline(self) -> words.Word:
        """Return how many figures are new, changed and gone, and how many states moved, in one sentence."""
        if self.previous is None:
            return words.Word(
                "首次发布，没有可比的上一期。", "First release: there is nothing to compare with."
            )
        added, changed, gone = (len(self.of_kind(kind)) for kind in KINDS)
        moved = len(self.statuses)
        if self.is_empty:
            return words.Word(
                f"与上一期 {self.previous} 相比没有变化。", f"Nothing changed since {self.previous}."
            )
        return words.Word(
            f"与上一期 {self.previous} 相比：新增数值{added}个，改变{changed}个，撤回{gone}个；"
            f"状态变化{moved}项。",
            f"Since {self.previous}: {added} values added, {changed} changed, {gone} withdrawn; "
            f"{moved} statuses moved.",
        )

    def text(self, language: Language = "zh") -> str:
        """Return the whole list as plain text, one line a change."""
        titles = {
            "zh": ("评价变化及原因", "项目和年度考核变化及原因", "规划指标", "支撑数据"),
            "en": (
                "Judgements and why they changed",
                "Projects and yearly assessments, and why they changed",
                "Plan indicators",
                "Supporting series",
            ),
        }[language]
        lines = [getattr(self.headline(), language)]
        lists: tuple[Sequence[ValueChange | StatusChange], ...] = (
            self.targets,
            self.others,
            self.indicators,
            self.series,
        )
        for title, changes in zip(titles, lists, strict=True):
            if changes:
                lines += ["", title]
                lines += [f"  {_kind(change, language)}{change.told(language)}" for change in changes]
        return "\n".join(lines) + "\n"


def diff(new_file: Path, old_file: Path | None, previous: str | None) -> ReleaseDiff:
    """Compare two DuckDB files; ``previous`` is the name of the release that ``old_file`` belongs to.

    Without an old file the answer says that this is the first release. Raises BadInput for a broken file.
    """
    if old_file is None:
        return ReleaseDiff(None)
    with reader(new_file) as new, reader(old_file) as old:
        indicators = _value_changes(new, old, "fct_indicator_values", INDICATOR_KEY)
        told = {_as_observation(change) for change in indicators}
        series = [
            change
            for change in _value_changes(new, old, "fct_observations", SERIES_KEY)
            if change.key[:5] not in told
        ]
        causes = Causes(Side(old, old_file), Side(new, new_file))
        changes = _status_changes(new, old, causes)
        others = [*_project_changes(new, old, causes), *_assessment_changes(new, old, causes)]
        return ReleaseDiff(previous, tuple(indicators), tuple(series), tuple(changes), tuple(others))


CHANGE_COLUMNS = (
    "plan_id", "target_type", "target_id", "name_zh", "name_en", "status_before", "status_after",
    "lamp_before", "lamp_after", "value_before", "value_after", "unit", "cause", "cause_before_zh",
    "cause_after_zh", "cause_before_en", "cause_after_en", "override_before", "override_after",
)  # fmt: skip


def change_rows(changes: ReleaseDiff) -> list[tuple[object, ...]]:
    """The changed judgements as a table, one row a cause, in the columns :data:`CHANGE_COLUMNS`."""
    return [
        (
            one.plan_id, one.target_type, one.target_id, one.label.zh, one.label.en, one.before.status,
            one.after.status, one.before.lamp, one.after.lamp, one.before.value, one.after.value,
            one.after.unit or one.before.unit, cause.kind, cause.before.zh, cause.after.zh, cause.before.en,
            cause.after.en, one.before.override_id, one.after.override_id,
        )
        for one in (*changes.targets, *changes.others)
        for cause in one.causes
    ]  # fmt: skip


def told_changes(changes: ReleaseDiff, name: str) -> str:
    """The changed judgements from ``changes.previous`` to release ``name`` with their causes."""
    total, projects = len(changes.targets), sum(one.target_type == PROJECT for one in changes.others)
    years = len(changes.others) - projects
    more_zh = f"，项目{projects}个，年度考核{years}项" if changes.others else ""
    more_en = f", of {projects} projects and {years} yearly assessments too" if changes.others else ""
    lines = [
        f"{changes.previous} → {name}：评价变化{total}项{more_zh}",
        f"{changes.previous} → {name}: {total} judgements changed{more_en}",
    ]
    for one in (*changes.targets, *changes.others):
        lines += ["", f"{one.label.zh} / {one.label.en}"]
        lines += [f"  {one.before.told(tongue)} → {one.after.told(tongue)}" for tongue in LANGUAGES]
        lines += [f"  · {cause.told('zh')} / {cause.told('en')}" for cause in one.causes]
    return "\n".join(lines) + "\n"


def signed(value: Decimal | None, places: int | None = None) -> str:
    """Return a difference with its sign: +1.5, −0.2, ±0."""
    if value is None:
        return ""
    text = words.number(value, places)
    return f"+{text}" if value > 0 else text if value < 0 else f"±{text}"


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    """Run a query; return its rows as dictionaries."""
    cursor = connection.execute(sql, list(parameters))
    names = [str(column[0]) for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _lit(status: str | None, lamp: str | None, language: Language) -> str:
    statuses = {**words.ASSESSMENTS, **words.PROJECT_STATUSES, **words.STATUSES}
    parts = [words.word(statuses, status), words.word(words.LAMPS, lamp)]
    return " ".join(getattr(part, language) for part in parts if part.zh)


def _kind(change: ValueChange | StatusChange, language: Language) -> str:
    if isinstance(change, StatusChange):
        return ""
    return f"[{getattr(KIND_WORDS[change.kind], language)}] "


def _as_observation(change: ValueChange) -> Key:
    row = change.new or change.old or {}
    return (str(row["series_code"]), *change.key[2:])


def _value_changes(
    new: duckdb.DuckDBPyConnection, old: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]
) -> list[ValueChange]:
    after, before = (_by_key(connection, table, key) for connection in (new, old))
    names = _names(old) | _names(new)
    changes = []
    for found in sorted(after.keys() | before.keys()):
        old_row, new_row = before.get(found), after.get(found)
        if kind := _kind_of(old_row, new_row):
            changes.append(_change(kind, table, dict(zip(key, found, strict=True)), names, old_row, new_row))
    return changes


def _by_key(
    connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]
) -> dict[Key, dict[str, Any]]:
    return {
        tuple(str(row[name]) for name in key): row
        for row in rows_of(connection, f"select * from main.{table}")
    }


def _kind_of(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Kind | None:
    if old is None:
        return "added"
    if new is None:
        return "withdrawn"
    return "changed" if any(old[name] != new[name] for name in COMPARED) else None


def _names(connection: duckdb.DuckDBPyConnection) -> dict[str, words.Word]:
    indicators = rows_of(
        connection, "select plan_id, indicator_code, name_zh, name_en from main.dim_indicator"
    )
    series = rows_of(
        connection,
        "select distinct series_code, series_name_zh, series_name_en from main.fct_observation_vintages",
    )
    named = {
        str(row["series_code"]): words.Word(row["series_name_zh"], row["series_name_en"]) for row in series
    }
    # A code alone says whose it is only where there is one plan.
    plans = {row["plan_id"] for row in indicators}
    for row in indicators:
        code = f"{row['plan_id']} {row['indicator_code']}" if len(plans) > 1 else str(row["indicator_code"])
        key = f"indicator {row['plan_id']} {row['indicator_code']}"
        named[key] = words.Word(f"{code} {row['name_zh']}", f"{code} {row['name_en']}")
    return named


def _change(
    kind: Kind,
    table: str,
    key: Mapping[str, str],
    names: Mapping[str, words.Word],
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
) -> ValueChange:
    is_indicator = "indicator_code" in key
    name = f"indicator {key['plan_id']} {key['indicator_code']}" if is_indicator else key["series_code"]
    return ValueChange(
        kind=kind,
        table=table,
        key=tuple(key.values()),
        label=names.get(name, words.Word(name, name)),
        area=words.word(words.AREAS, key["area_code"]),
        period=words.period_words(key["reference_period"]),
        measure=words.word(words.MEASURES, key["measure"]),
        old=old,
        new=new,
    )


def _status_changes(
    new: duckdb.DuckDBPyConnection, old: duckdb.DuckDBPyConnection, causes: Causes
) -> list[StatusChange]:
    after, before = _standings(new), _standings(old)
    changes = []
    for key in sorted(after.keys() | before.keys()):
        old_row, new_row = before.get(key), after.get(key)
        was, now = _standing(old_row), _standing(new_row)
        if was == now:
            continue
        row = new_row or old_row or {}
        reason = words.Word(
            (new_row or {}).get("status_reason") or "", (new_row or {}).get("status_reason_en") or ""
        )
        label = words.Word(row["label_zh"], row["label_en"])
        changes.append(StatusChange(*key, label, was, now, reason, causes.of(key, old_row, new_row)))
    return changes


def _standings(connection: duckdb.DuckDBPyConnection) -> dict[TargetKey, dict[str, Any]]:
    """Progress of indicators, and of text targets where the file has them, by plan, type and id."""
    names = _names(connection)
    units = {
        (row["plan_id"], row["indicator_code"]): row["unit"]
        for row in rows_of(connection, "select plan_id, indicator_code, unit from main.dim_indicator")
    }
    found: dict[TargetKey, dict[str, Any]] = {}
    for row in rows_of(connection, "select * from main.fct_target_progress"):
        plan_id, code = str(row["plan_id"]), str(row["indicator_code"])
        label = names.get(f"indicator {plan_id} {code}", words.Word(code, code))
        told = {"label_zh": label.zh, "label_en": label.en, "unit": units.get((plan_id, code)) or ""}
        found[(plan_id, "indicator", code)] = row | told
    if not _has_table(connection, "fct_text_target_progress"):
        return found
    rows = rows_of(connection, "select * from main.fct_text_target_progress")
    several = len({row["plan_id"] for row in rows}) > 1
    for row in rows:
        plan_id, target_id = str(row["plan_id"]), str(row["text_target_id"])
        code = f"{plan_id} {target_id}" if several else target_id
        told = {
            "label_zh": f"{code} {row['statement_zh']}",
            "label_en": f"{code} {row['statement_en']}",
            "unit": row["unit"] or "",
        }
        found[(plan_id, "text_target", target_id)] = row | told
    return found


def _has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    sql = (
        "select 1 from duckdb_tables() where database_name = current_database() and schema_name = 'main'"
        " and table_name = ?"
    )
    return bool(connection.execute(sql, [table]).fetchall())


def _standing(row: Mapping[str, Any] | None) -> Standing:
    if row is None:
        return Standing(None, None, None, "")
    # Six decimals: beyond them a computed value holds only the noise of floating point.
    value = None if row["value"] is None else words.half_up(Decimal(str(row["value"])), 6)
    status, lamp = overrides.shown(row, "status"), overrides.shown(row, "lamp")
    if not row.get("override_id"):
        return Standing(status, lamp, value, row["unit"])
    return Standing(status, lamp, value, row["unit"], row["override_id"], row["status"], row["lamp"] or "")


def _project_changes(
    new: duckdb.DuckDBPyConnection, old: duckdb.DuckDBPyConnection, causes: Causes
) -> list[StatusChange]:
    """The projects whose status or lamp moved; none where a file does not follow projects yet."""
    if not all(_has_table(each, "fct_project_progress") for each in (new, old)):
        return []
    key = ("plan_id", "project_id")
    after, before = (_rows_by(connection, PROJECTS, key) for connection in (new, old))
    changes = []
    for found in sorted(after.keys() | before.keys()):
        was, now = before.get(found), after.get(found)
        if _lit_of(was) != _lit_of(now):
            told = tuple(_project_causes(was, now)) or (causes.remaining(),)
            changes.append(_other_change(PROJECT, found, was, now, told))
    return changes


def _assessment_changes(
    new: duckdb.DuckDBPyConnection, old: duckdb.DuckDBPyConnection, causes: Causes
) -> list[StatusChange]:
    """The units' years that are judged otherwise; none where a file does not assess them yet."""
    if not all(_has_table(each, "fct_yearly_assessment") for each in (new, old)):
        return []
    key = ("plan_id", "assessment_id")
    after, before = (_rows_by(connection, ASSESSMENTS, key) for connection in (new, old))
    changes = []
    for found in sorted(after.keys() | before.keys()):
        was, now = before.get(found), after.get(found)
        states = [row and row["status"] for row in (was, now)]
        if states[0] != states[1] and set(states) & set(JUDGED_YEARS):
            told = tuple(_assessment_causes(was, now)) or (causes.remaining(),)
            changes.append(_other_change(ASSESSMENT, found, was, now, told))
    return changes


def _rows_by(
    connection: duckdb.DuckDBPyConnection, sql: str, key: Sequence[str]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(str(row[key[0]]), str(row[key[1]])): row for row in rows_of(connection, sql)}


def _lit_of(row: Mapping[str, Any] | None) -> tuple[Any, Any]:
    return (overrides.shown(row, "status"), overrides.shown(row, "lamp")) if row else (None, None)


def _other_change(
    kind: str,
    key: tuple[str, str],
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    causes: tuple[Cause, ...],
) -> StatusChange:
    row = now or was or {}
    label = words.Word(row["label_zh"], row["label_en"])
    reason = words.Word(now["reason_zh"], now["reason_en"]) if now else words.Word("", "")
    return StatusChange(key[0], kind, key[1], label, _standing(was), _standing(now), reason, causes)


def _project_causes(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[Cause]:
    """A new return, or another decision; the lamp of a project that nobody reported anew moves with time."""
    names = ("stage_id", "completed_quantity_value", "reported_date")
    reported = [tuple(row[name] for name in names) if row else None for row in (was, now)]
    if reported[0] != reported[1]:
        yield Cause("data", _reported(was), _reported(now))
    decided = [row["decision_ids"] if row else "" for row in (was, now)]
    if was and now and decided[0] != decided[1]:
        yield Cause("decision", *(words.Word(each or "无", each or "none") for each in decided))
    by_hand = [(row or {}).get("override_id") for row in (was, now)]
    if by_hand[0] != by_hand[1]:
        yield Cause("override", *(words.Word(each or "无", each or "none") for each in by_hand))


def _reported(row: Mapping[str, Any] | None) -> words.Word:
    if row is None or row["reported_date"] is None:
        return words.Word("未报", "not reported")
    what = row["stage_id"] or ""
    if row["completed_quantity_value"] is not None:
        what = words.number(row["completed_quantity_value"])
    return words.Word(
        f"{row['reported_date']}填报 {what}".rstrip(), f"return of {row['reported_date']} {what}".rstrip()
    )


def _assessment_causes(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[Cause]:
    actual, due = ([row[name] if row else None for row in (was, now)] for name in ("value", "yearly_value"))
    if actual[0] != actual[1]:
        yield Cause(
            "data" if actual[0] is None else "revision",
            *(_amount_of(each, "实际", "actual") for each in actual),
        )
    if due[0] != due[1]:
        yield Cause("target", *(_amount_of(each, "年度值", "yearly value") for each in due))


def _amount_of(value: float | None, zh: str, en: str) -> words.Word:
    told = words.number(value)
    return words.Word(f"{zh} {told or '无'}", f"{en} {told or 'none'}")
