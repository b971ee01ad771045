"""The bulletin: one self-contained HTML page that says what a release says, Chinese first, English beside.

Every figure is a ``Figure`` with a stable id made of its table and key, so a reader (and
``python -m warehouse trace``) can go from the printed cell to the landed bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from warehouse.connect import reader
from warehouse.diff import SERIES_KEY, ReleaseDiff, StatusChange, ValueChange, rows_of, signed
from warehouse.publication import charts, overrides, words
from warehouse.publication.content_hash import main_tables
from warehouse.verdict import Verdict

TEMPLATES = Path(__file__).parent / "templates"
VALUE_KEY = ("plan_id", "indicator_code", "area_code", "frequency", "reference_period", "measure")
OBSERVATION_KEY = ("series_code", "area_code", "frequency", "reference_period", "measure", "scope")
VINTAGE_KEY = (*OBSERVATION_KEY, "source_id", "vintage_date")
PROGRESS_KEY = ("plan_id", "indicator_code")
# Tables whose figures are computed here, and what tells their rows apart.
COMPUTED_KEYS = {
    "fct_target_progress": PROGRESS_KEY,
    "fct_text_target_progress": ("plan_id", "text_target_id"),
    "fct_project_progress": ("plan_id", "project_id"),
    "fct_project_lamps_by_box": ("plan_id", "box_number"),
    "fct_yearly_assessment": ("plan_id", "indicator_code", "unit_id", "reference_year"),
    "fct_revision_proposals": ("plan_id", "target_type", "target_id"),
}
TARGETS_ELSEWHERE = ("assigned_by_superior", "relative_region", "relative_series")
"""Kinds of targets whose value the plan does not print: a superior assigns it, another series gives it."""
TARGET_OF = {
    "fct_target_progress": ("indicator", "indicator_code"),
    "fct_text_target_progress": ("text_target", "text_target_id"),
}
PROGRESS_FIGURES = ("baseline_value", "value", "attainment_pct", "progress_pct", "schedule_pct")
BOX_COUNTS = (
    "projects_number",
    "green_number",
    "yellow_number",
    "red_number",
    "grey_number",
    "completed_number",
    "stage_reached_number",
    "not_reported_number",
)
ACCOUNTS = ("GDP", "VA_PRIMARY", "VA_SECONDARY", "VA_TERTIARY")
# The whole of something (SDMX code list CL_ACTIVITY and others write it so): not worth a part of an id.
WHOLE_SCOPE = "_T"
SHOWN_CONFLICTS = 60


@dataclass(frozen=True)
class Figure:
    """A printed figure: its text, the id of its cell, the number and anchor of its source, a small remark."""

    text: str = ""
    cell_id: str = ""
    source: str = ""
    href: str = ""
    remark: words.Word = field(default_factory=lambda: words.Word("", ""))


@dataclass(frozen=True)
class Edition:
    """What the bulletin says about itself: ``name`` is the release's, ``revision`` counts from 1."""

    name: str
    revision: int
    previous: str | None


def cell_id(table: str, row: Mapping[str, Any], column: str | None = None) -> str:
    """Return the id of the cell that prints a row of a mart (and one of its columns, for target progress).

    ``v-fct_observations-GDP-CN-370211-A-2022-LEVEL``; a scope is named only where it is not the whole.
    """
    key = {
        "fct_indicator_values": VALUE_KEY,
        "fct_observations": OBSERVATION_KEY,
        "fct_observation_vintages": VINTAGE_KEY,
        **COMPUTED_KEYS,
    }[table]
    parts = [str(row[name]) for name in key if not (name == "scope" and row[name] in (None, "", WHOLE_SCOPE))]
    return "-".join(["v", table, *parts, *([column] if column else [])]).replace(" ", "_")


def bulletin(database: Path, changes: ReleaseDiff, verdict: Verdict, edition: Edition) -> str:
    """Return the page for one released database file; a pure function of what it is given."""
    with reader(database) as connection:
        page = Page(connection, changes, verdict, edition)
        context = page.context()
    return render("bulletin.html", context)


def render(template: str, context: Mapping[str, Any]) -> str:
    """Fill in a template of this folder; everything is escaped, and an unknown name is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(context)


class _Sources:
    """Numbers the sources in the order in which the page cites them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows = {str(row["source_id"]): row for row in rows}
        self.cited: dict[str, int] = {}

    def cite(self, source_id: str | None) -> tuple[str, str]:
        if not source_id or source_id not in self.rows:
            return (source_id or "", "#sources")
        number = self.cited.setdefault(source_id, len(self.cited) + 1)
        return (str(number), f"#src-{number}")

    def listed(self) -> list[dict[str, Any]]:
        return [self._line(number, self.rows[source_id]) for source_id, number in self.cited.items()]

    def _line(self, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        url = str(row["url"] or "")
        return {
            "number": number,
            "source_id": row["source_id"],
            "title": row["title"],
            "publisher": row["publisher"],
            "published": words.published_words(row["published_date"], row["published_precision"]),
            # Only what a browser may safely follow becomes a link.
            "url": url if url.startswith(("https://", "http://")) else "",
            "origin": words.word(words.ORIGINS, row["origin"]),
        }


class Page:
    """What pages made of a released file share: its rows, numbered sources, and figures with ids."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, changes: ReleaseDiff, verdict: Verdict, edition: Edition
    ) -> None:
        self.connection = connection
        self.changes = changes
        self.verdict = verdict
        self.edition = edition
        # Official plans first, the oldest first.
        self.plans = self._rows(
            "select * from main.release_info order by plan_kind != 'official', plan_first_year, plan_id"
        )
        self.info = self.plans[0]
        self.plan_of = {str(row["plan_id"]): row for row in self.plans}
        self.sources = _Sources(self._rows("select * from main.dim_source"))
        self.values = self._rows("select * from main.fct_indicator_values order by all")
        self.progress = {
            (row["plan_id"], row["indicator_code"]): row
            for row in self._rows("select * from main.fct_target_progress")
        }
        self.indicators = self._rows("select * from main.dim_indicator order by plan_id, indicator_code")
        self.tables = set(main_tables(connection))
        self.held = self._held()
        self.anchored: set[str] = set()

    def _held(self) -> list[dict[str, Any]]:
        """The figures that are held back; releases made before there were any say nothing of it."""
        if "fct_held_figures" not in self.tables:
            return []
        return self._rows(
            "select * from main.fct_held_figures where held_state = 'held'"
            " order by plan_id, indicator_code, area_code, reference_period, measure"
        )

    def context(self) -> dict[str, Any]:
        """Everything the template prints, in the order of the page (citations are numbered on the way)."""
        as_of: date = self.info["as_of_date"]
        plans = [self._plan(plan) for plan in self.plans]
        for plan in plans:
            plan["charts"] = [self._chart(row, line) for row, line in plan.pop("lines")]
        return {
            "edition": self.edition,
            "stamp": words.stamp(self.info["kind"]),
            "plan": words.Word(
                "；".join(plan["name"].zh for plan in plans), "; ".join(plan["name"].en for plan in plans)
            ),
            "plans": plans,
            "month": words.month_words(self.info["reference_month"]),
            "as_of": words.date_words(as_of),
            "accounts": self._accounts(),
            "changes": self._changes(),
            "conflicts": self._conflicts(),
            "shown_conflicts": SHOWN_CONFLICTS,
            "decisions": self._decisions(),
            "quality": self._quality(),
            "sources": self.sources.listed(),
            "all_sources": len(self.sources.rows),
            "statuses": list(words.STATUSES.items()),
            "word": words,
        }

    def _plan(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """What the page says of one plan: headline, counts, the table and the charts of its indicators."""
        rows = [row for row in self.indicators if row["plan_id"] == plan["plan_id"]]
        lines = [self._indicator(row) for row in rows]
        progress = [row for row in self.progress.values() if row["plan_id"] == plan["plan_id"]]
        return {
            "plan_id": plan["plan_id"],
            "name": words.Word(plan["plan_name_zh"], plan["plan_name_en"]),
            "kind": words.PLAN_KINDS.get(plan["plan_kind"]),
            "baseline_year": plan["plan_baseline_year"],
            "last_year": plan["plan_last_year"],
            "counts": self._counts(progress),
            "tasks": self._tasks_told(str(plan["plan_id"])),
            "boxes": self._boxes_told(str(plan["plan_id"])),
            "boxes_simulated": self.has_simulated_projects(str(plan["plan_id"])),
            "projects_by_hand": self._projects_by_hand(str(plan["plan_id"])),
            "headline": self._headline(progress),
            "categories": [
                {"name": words.Word(*names), "lines": list(group)}
                for names, group in groupby(lines, key=lambda line: line["category"])
            ],
            "lines": list(zip(rows, lines, strict=True)),
        }

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        return rows_of(self.connection, sql, parameters)

    # Figures -----------------------------------------------------------------------------------------

    def _figure(self, table: str, row: Mapping[str, Any], text: str, column: str | None = None) -> Figure:
        """A cell of a mart; only the first place that prints it carries the id: ids are unique on a page."""
        identity = cell_id(table, row, column)
        shown_id = "" if identity in self.anchored else identity
        self.anchored.add(identity)
        if table in COMPUTED_KEYS:
            source, href = ("纲", "#src-plan") if _is_printed(row, column) else ("算", "#methods")
            return Figure(text, shown_id, source, href)
        source, href = self.sources.cite(row["source_id"])
        return Figure(text, shown_id, source, href, self._remark(row))

    def _remark(self, row: Mapping[str, Any]) -> words.Word:
        stage = row["stage"] if row["stage"] not in (None, "", "unknown") else None
        told = [words.word(words.STAGES, stage)] if stage else []
        tags = str(row.get("tags") or "").replace(",", ";").split(";")
        told += [words.word(words.TAGS, tag.strip()) for tag in tags if tag.strip()]
        if row["origin"] in ("simulated", "returned", "derived"):
            told.append(words.word(words.ORIGINS, row["origin"]))
        return words.Word(" · ".join(part.zh for part in told), ", ".join(part.en for part in told))

    # The table of indicators ---------------------------------------------------------------------------

    def _indicator(self, row: Mapping[str, Any]) -> dict[str, Any]:
        progress = self.progress[(row["plan_id"], row["indicator_code"])]
        latest = self._latest(row, progress)
        return {
            "category": (row["category_zh"], row["category_en"]),
            "code": row["indicator_code"],
            "name": words.Word(row["name_zh"], row["name_en"]),
            "unit": row["unit"],
            "attribute": words.word(words.ATTRIBUTES, row["attribute"]),
            "is_binding": row["attribute"] == "binding",
            "baseline": self._baseline(row, progress),
            "target": Figure(str(row["target_printed"] or "—"), "", "纲", "#src-plan"),
            "latest": latest,
            "latest_period": words.period_words(
                progress["latest_reference_period"], progress["latest_measure"]
            ),
            "assessed": self._assessed(row, progress),
            "assessed_period": words.period_words(progress["reference_period"]),
            "progress": self._percent(progress, "progress_pct"),
            "schedule": self._percent(progress, "schedule_pct"),
            "attainment": self._percent(progress, "attainment_pct"),
            "status": words.word(words.STATUSES, overrides.shown(progress, "status")),
            "status_key": progress["status"],
            "lamp": overrides.shown(progress, "lamp"),
            "lamp_word": words.word(words.LAMPS, overrides.shown(progress, "lamp")),
            "by_hand": overrides.told(progress),
            "reason": words.Word(progress["status_reason"] or "", progress["status_reason_en"] or ""),
            "age": words.age_words(self.info["reference_month"], progress["status_age_years"]),
            "is_simulated": progress["origin"] == "simulated",
            "notice": notice_of(progress),
            "held": [
                held_words(held)
                for held in self.held
                if (held["plan_id"], held["indicator_code"]) == (row["plan_id"], row["indicator_code"])
            ],
            "owing": progress["owing_units"] or "",
            "units": row["responsible_units"],
            "decisions": listed(progress["decision_ids"]),
            "method": progress["method_id"] or "",
            "citation": row["citation"] or "",
        }

    def _latest(self, row: Mapping[str, Any], progress: Mapping[str, Any]) -> Figure | None:
        if progress["latest_value"] is None or self._is_only_baseline(progress):
            return None
        for value in self._values_of(row):
            same_period = value["reference_period"] == progress["latest_reference_period"]
            if same_period and value["measure"] == progress["latest_measure"] and _same(value, progress):
                return self._figure("fct_indicator_values", value, words.number(value["value"]))
        return self._figure(
            "fct_target_progress", progress, words.number(progress["latest_value"]), "latest_value"
        )

    def _is_only_baseline(self, progress: Mapping[str, Any]) -> bool:
        """The baseline has its own column: it is no outcome of the plan period."""
        return charts.year_of(progress["latest_reference_period"]) <= self._plan_years(progress)[0]

    def _values_of(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        key = (row["plan_id"], row["indicator_code"])
        return [value for value in self.values if (value["plan_id"], value["indicator_code"]) == key]

    def _baseline(self, row: Mapping[str, Any], progress: Mapping[str, Any]) -> Figure:
        printed = str(row["baseline_printed"] or "—")
        if progress["baseline_value"] is None:
            return Figure("—" if printed == "-" else printed)
        return self._figure("fct_target_progress", progress, printed, "baseline_value")

    def _assessed(self, row: Mapping[str, Any], progress: Mapping[str, Any]) -> Figure | None:
        """The value that was judged (an average, a sum), where it is not the latest value itself."""
        value, latest = progress["value"], progress["latest_value"]
        if value is None or (latest is not None and abs(float(value) - float(latest)) < 1e-9):
            return None
        places = max(int(row["decimals"] or 0), 1)
        figure = self._figure("fct_target_progress", progress, words.number(value, places), "value")
        return self._cited("fct_target_progress", progress, figure)

    def _percent(self, progress: Mapping[str, Any], column: str) -> Figure | None:
        if progress[column] is None:
            return None
        return self._figure("fct_target_progress", progress, words.number(progress[column], 1) + "%", column)

    def _counts(self, progress: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """How many have each status and lamp; a status with several lamps is told with its lamp."""
        counted = Counter(
            (str(overrides.shown(row, "status")), str(overrides.shown(row, "lamp"))) for row in progress
        )
        order = {status: place for place, status in enumerate(words.STATUSES)}
        found = sorted(counted.items(), key=lambda item: (order.get(item[0][0], 99), item[0][1]))
        lamps = Counter(status for status, _ in counted)
        return [
            {
                "status": _lit_status(status, lamp if lamps[status] > 1 else None),
                "lamp": lamp,
                "count": count,
                "key": status,
            }
            for (status, lamp), count in found
        ]

    def _headline(self, progress: Sequence[Mapping[str, Any]]) -> words.Word:
        as_of = words.date_words(self.info["as_of_date"])
        total = len(progress)
        # Not the status no_data: a sum over a gap has it and figures; a pending target may have neither.
        without = sum(row["reference_period"] is None and row["status"] != "held" for row in progress)
        held = _held_clause(sum(row["status"] == "held" for row in progress))
        judged = sum(overrides.shown(row, "lamp") != "grey" for row in progress)
        old = self._old_words(progress)
        if not without and not held.zh:
            return words.Word(
                f"规划{total}项指标均有数值，其中{judged}项可以评价进展{old.zh}。",
                f"All {total} indicators have a figure; the progress of {judged} can be judged{old.en}.",
            )
        lead_zh, lead_en = (
            ("多数指标没有可供评价的数值：", "Most indicators have no figure to be judged by: as")
            if without * 2 > total
            else ("", "As")
        )
        return words.Word(
            f"{lead_zh}截至{as_of.zh}，规划{total}项指标中有{without}项没有已公布或已填报的规划期年度数值，"
            f"{held.zh}{judged}项可以评价进展{old.zh}。",
            f"{lead_en} of {as_of.en}, {without} of the plan's {total} indicators {words.have(without)} no"
            f" yearly figure of the plan period, published or returned; {held.en}the progress of {judged} can"
            f" be judged{old.en}.",
        )

    def _old_words(self, progress: Sequence[Mapping[str, Any]]) -> words.Word:
        """How many of the judged rest on old figures, as the end of the headline; empty where none does."""
        month = self.info["reference_month"]
        old = sum(
            overrides.shown(row, "lamp") != "grey"
            and words.age_words(month, row["status_age_years"]) is not None
            for row in progress
        )
        if not old:
            return words.Word("", "")
        return words.Word(
            f"（其中{old}项依据两年或更早以前的数值）", f" ({old} on figures two or more years old)"
        )

    # Charts ----------------------------------------------------------------------------------------------

    def _chart(self, row: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, Any]:
        path = self._rows(
            "select reference_year, path_value, path_kind from main.fct_target_path"
            " where plan_id = ? and indicator_code = ? order by reference_year",
            [row["plan_id"], row["indicator_code"]],
        )
        first, last = self._plan_years(row)
        area = self.plan_of[str(row["plan_id"])]["plan_area_code"]
        kind = path[0]["path_kind"] if path else ""
        progress = self.progress[(row["plan_id"], row["indicator_code"])]
        yearly = [
            v
            for v in self._values_of(row)
            if v["frequency"] == "A" and first < charts.year_of(v["reference_period"]) <= last
        ]
        own = [v for v in yearly if v["area_code"] == area]
        drawing = charts.Chart(
            name=f"{row['indicator_code']} {row['name_zh']}",
            unit=str(row["unit"]),
            first_year=first,
            last_year=last,
            points=_cumulated(progress) if kind == "cumulative" else [_point(v) for v in own],
            inner=[_point(v) for v in self._values_of(row) if _is_rate_within_a_year(v, first, area)],
            other=[_point(v) for v in yearly if _is_comparable(row, v) and v["area_code"] != area],
            baseline=_baseline_point(row, progress, first) if kind != "cumulative" else None,
            path=[(int(step["reference_year"]), float(step["path_value"])) for step in path],
            path_label=str(row["target_printed"] or ""),
            empty=_empty_words(own, line["status_key"], has_latest=line["latest"] is not None),
        )
        shows_panel = bool(drawing.points or drawing.path or drawing.inner or drawing.other)
        return {
            **line,
            "svg": Markup(drawing.svg()) if shows_panel else None,  # noqa: S704 - Chart.svg escapes every text
            "empty": drawing.empty,
            "has_path": bool(path),
            "is_cumulative": kind == "cumulative",
            "has_points": bool(drawing.points),
            "has_other": bool(drawing.other),
            "has_inner": bool(drawing.inner),
        }

    def _plan_years(self, row: Mapping[str, Any]) -> tuple[int, int]:
        """Baseline year and last year of the plan a row belongs to."""
        plan = self.plan_of[str(row["plan_id"])]
        return int(plan["plan_baseline_year"]), int(plan["plan_last_year"])

    # Targets in text, projects ---------------------------------------------------------------------------

    def _tasks_told(self, plan_id: str) -> dict[str, Any]:
        """Targets in the plan's text: how many have each status; those with a figure or set by hand."""
        rows = self._optional("fct_text_target_progress", plan_id, "text_target_id")
        figures = [row for row in rows if row["value"] is not None or row.get("override_id")]
        once = [row for row in rows if not is_repeat(row)]
        return {
            "total": len(rows),
            "repeats": words.repeats(len(rows) - len(once)),
            "counts": self._counts(once),
            "lines": [
                {
                    "id": row["text_target_id"],
                    "name": words.Word(row["statement_zh"], row["statement_en"]),
                    "figure": self.judged_value("fct_text_target_progress", row),
                    "unit": unit_of_task(row),
                    "is_simulated": row["origin"] == "simulated",
                    "is_repeat": is_repeat(row),
                    "lamp": overrides.shown(row, "lamp"),
                    "lamp_word": words.word(words.LAMPS, overrides.shown(row, "lamp")),
                    "status": words.word(words.STATUSES, overrides.shown(row, "status")),
                    "by_hand": overrides.told(row),
                }
                for row in figures
            ],
        }

    def _boxes_told(self, plan_id: str) -> list[dict[str, Any]]:
        """Lamps of the projects, box by box."""
        return [
            {
                "number": row["box_number"],
                "title": words.Word(row["title_zh"], row["title_en"]),
                "counts": [
                    self.computed("fct_project_lamps_by_box", row, column, source=False)
                    for column in BOX_COUNTS
                ],
            }
            for row in self._optional("fct_project_lamps_by_box", plan_id, "box_number")
        ]

    def has_simulated_projects(self, plan_id: str) -> bool:
        """Whether a project's progress, and so the count of a lamp, rests on simulated returns."""
        return any(
            row["origin"] == "simulated"
            for row in self._optional("fct_project_progress", plan_id, "project_id")
        )

    def judged_value(self, table: str, row: Mapping[str, Any]) -> Figure | None:
        """The value by which a target is judged, a row of progress.

        The one figure that it is, as published or returned, is cited; a sum, a mean or an index is computed.
        A milestone is done or not, in words.
        """
        figure = self.computed(table, row, "value")
        if figure is None:
            return None
        if row["target_kind"] == "milestone":
            figure = replace(figure, text=words.milestone(row["value"], row["target_value"]))
        return self._cited(table, row, figure)

    def _cited(self, table: str, row: Mapping[str, Any], figure: Figure) -> Figure:
        """The judged value of a row of progress with its source, where one figure alone is that value."""
        inputs = self._value_inputs(table, row)
        if len(inputs) != 1 or abs(float(inputs[0]["value"]) - float(row["value"])) > 1e-9:
            return figure
        source, href = self.sources.cite(inputs[0]["source_id"])
        return replace(figure, source=source, href=href)

    def _value_inputs(self, table: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The figures that went into the value of a target; releases made before they were told have none."""
        if "fct_target_inputs" not in self.tables:
            return []
        kind, column = TARGET_OF[table]
        return self._rows(
            "select value, source_id from main.fct_target_inputs"
            " where plan_id = ? and target_type = ? and target_id = ? and input_role = 'value'",
            [row["plan_id"], kind, row[column]],
        )

    def _projects_by_hand(self, plan_id: str) -> list[dict[str, Any]]:
        """Projects whose status was set by hand: the lamps of the boxes count what was set."""
        rows = self._optional("fct_project_progress", plan_id, "project_id")
        return [
            {
                "id": row["project_id"],
                "name": words.Word(row["name_zh"], row["name_en"]),
                "lamp": overrides.shown(row, "lamp"),
                "lamp_word": words.word(words.LAMPS, overrides.shown(row, "lamp")),
                "status": words.word(words.PROJECT_STATUSES, overrides.shown(row, "status")),
                "by_hand": told,
            }
            for row in rows
            if (told := overrides.told(row)) and row["is_counted"]
        ]

    def _optional(self, table: str, plan_id: str, order: str) -> list[dict[str, Any]]:
        """Rows of a table that releases made before it do not have."""
        if table not in self.tables:
            return []
        return self._rows(f"select * from main.{table} where plan_id = ? order by {order}", [plan_id])

    def computed(
        self,
        table: str,
        row: Mapping[str, Any],
        column: str,
        places: int | None = None,
        *,
        source: bool = True,
    ) -> Figure | None:
        """A computed figure with its id, None where there is none; without ``source`` no mark beside it."""
        if row[column] is None:
            return None
        # A computed value may have six decimals: two are enough for people, four below one; 9 stays 9.
        exact = Decimal(str(row[column]))
        value = words.half_up(exact, (2 if abs(exact) >= 1 else 4) if places is None else places)
        figure = self._figure(table, row, words.number(value, places), column)
        return figure if source else Figure(figure.text, figure.cell_id)

    # Accounts, changes, conflicts, decisions ----------------------------------------------------------------

    def _accounts(self) -> list[dict[str, Any]]:
        marks = ", ".join("?" * len(ACCOUNTS))
        rows = self._rows(
            f"select * from main.fct_observations where series_code in ({marks}) and frequency = 'A'"
            " and measure = 'LEVEL' and scope = ? order by reference_period desc",
            [*ACCOUNTS, WHOLE_SCOPE],
        )
        names = {row["series_code"]: words.Word(row["series_name_zh"], row["series_name_en"]) for row in rows}
        tables = []
        for area, area_word in words.AREAS.items():
            found = {
                (row["reference_period"], row["series_code"]): row for row in rows if row["area_code"] == area
            }
            known = sorted({int(period) for period, _ in found})
            # Every year between, so that one without a figure shows as one.
            years = [str(year) for year in range(known[-1], known[0] - 1, -1)] if known else []
            lines = [
                {"year": year, "cells": [self._account(found.get((year, code))) for code in ACCOUNTS]}
                for year in years
            ]
            tables.append({"area": area_word, "lines": lines})
        heads = [names.get(code, words.Word(code, code)) for code in ACCOUNTS]
        unit = rows[0]["unit"] if rows else ""
        return [{**table, "heads": heads, "unit": unit} for table in tables if table["lines"]]

    def _account(self, row: Mapping[str, Any] | None) -> Figure | None:
        return self._figure("fct_observations", row, words.number(row["value"])) if row else None

    def _changes(self) -> dict[str, Any]:
        return {
            "headline": self.changes.headline(),
            "statuses": [_status_line(change) for change in self.changes.statuses],
            "indicators": [_change_line(change) for change in self.changes.indicators],
            "series": [_change_line(change) for change in self.changes.series if change.kind != "added"],
            "added": _added_series(self.changes.series),
            "previous": self.changes.previous,
        }

    def _conflicts(self) -> dict[str, Any]:
        key = ", ".join(SERIES_KEY)
        # A figure that is held back is no other opinion: it is told of with its indicator, and not printed.
        said = " where not is_held" if "fct_held_figures" in self.tables else ""
        rows = self._rows(
            f"select * from main.fct_observation_vintages{said}"
            f" qualify count(distinct value) over (partition by {key}) > 1"
            " order by series_code, area_code desc, reference_period desc, frequency, measure, scope,"
            " is_selected desc, selection_rank, source_id, vintage_date"
        )
        groups = [
            list(group) for _, group in groupby(rows, key=lambda row: tuple(row[name] for name in SERIES_KEY))
        ]
        return {"total": len(groups), "groups": [self._conflict(group) for group in groups[:SHOWN_CONFLICTS]]}

    def _conflict(self, group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        first = group[0]
        return {
            "name": words.Word(first["series_name_zh"], first["series_name_en"]),
            "area": words.word(words.AREAS, first["area_code"]),
            "period": words.period_words(first["reference_period"]),
            "measure": words.word(words.MEASURES, first["measure"]),
            "scope": "" if first["scope"] == WHOLE_SCOPE else first["scope"],
            "unit": first["unit"],
            "rows": [
                {
                    "figure": self._figure("fct_observation_vintages", row, words.number(row["value"])),
                    "counts": bool(row["is_selected"]),
                    "published": words.published_words(row["published_date"], row["published_precision"]),
                    "reason": words.Word(row["selection_reason_zh"] or "", row["selection_reason_en"] or ""),
                }
                for row in group
            ],
        }

    def _decisions(self) -> list[dict[str, Any]]:
        rows = [
            row
            for row in self._rows("select * from main.dim_decision order by decision_id")
            if row["plan_id"] in self.plan_of
        ]
        return [
            {
                **row,
                "state_word": words.word(words.DECISION_STATES, row["state"]),
                # Releases made before it was told say nothing of it.
                "effect": words.decision_effect(row.get("is_computed")),
            }
            for row in rows
        ]

    def _quality(self) -> dict[str, Any]:
        return {
            "has_report": "fct_indicator_quality" in self.tables,
            "judged": len(self.verdict.results),
            "passed": sum(result.success for result in self.verdict.results),
            "notes": [
                {
                    "zh": result.what_zh,
                    "en": result.what_en,
                    "observed": result.observed,
                    "because": result.because,
                }
                for result in self.verdict.notes
            ],
        }


def listed(text: str | None) -> list[str]:
    """Return the parts of a cell that holds several, joined by semicolons."""
    return [part.strip() for part in (text or "").split(";") if part.strip()]


def is_repeat(row: Mapping[str, Any]) -> bool:
    """Whether a target in text says again what is said elsewhere; older releases do not tell."""
    return bool(row.get("is_repeat"))


def unit_of_task(row: Mapping[str, Any]) -> str:
    """The unit that is printed behind the value of a target in text; a milestone is told in words."""
    return "" if row["target_kind"] == "milestone" else str(row["unit"] or "")


def held_words(row: Mapping[str, Any]) -> words.Word:
    """A figure that is held back: which, why, and what stands in its place.

    Not what was stated: what may be wrong is not printed in a bulletin, where it could be quoted. The quality
    report has it.
    """
    area, period = words.word(words.AREAS, row["area_code"]), words.period_words(row["reference_period"])
    shown = row["shown_value"]
    instead = (
        words.Word(f"暂用{row['shown_vintage_date']}的{words.number(shown)}",
                   f"{words.number(shown)} of {row['shown_vintage_date']} stands in its place")
        if shown is not None
        else words.Word("暂无可用数值", "nothing stands in its place")
    )  # fmt: skip
    return words.Word(
        f"扣留待核：{area.zh}{period.zh}新报的数未通过“{row['held_what_zh']}”，{instead.zh}",
        f"Held for checking: the figure stated for {area.en}, {period.en}, does not pass"
        f" “{row['held_what_en']}”; {instead.en}",
    )


def notice_of(row: Mapping[str, Any]) -> words.Word | None:
    """What a row of progress tells that is not in its reason already; None where that is nothing."""
    zh, en = row.get("notice_zh") or "", row.get("notice_en") or ""
    return words.Word(zh, en) if zh and zh not in (row["status_reason"] or "") else None


def _lit_status(status: str, lamp: str | None) -> words.Word:
    said = words.word(words.STATUSES, status)
    if lamp is None:
        return said
    colour = words.word(words.LAMPS, lamp)
    return words.Word(f"{said.zh}（{colour.zh}）", f"{said.en} ({colour.en})")


def _is_printed(row: Mapping[str, Any], column: str | None) -> bool:
    """Whether the plan itself prints the figure: a baseline, or a target that follows no other figure."""
    return column == "baseline_value" or (
        column == "target_value" and row.get("target_kind") not in (None, *TARGETS_ELSEWHERE)
    )


def _same(value: Mapping[str, Any], progress: Mapping[str, Any]) -> bool:
    return abs(float(value["value"]) - float(progress["latest_value"])) < 1e-6


def _point(value: Mapping[str, Any]) -> charts.Point:
    return charts.Point(
        charts.year_of(value["reference_period"]), float(value["value"]), words.number(value["value"])
    )


def _cumulated(progress: Mapping[str, Any]) -> list[charts.Point]:
    """A cumulative target is followed by the sum that was judged, not by the flow of a year."""
    if progress["value"] is None or not progress["reference_period"]:
        return []
    return [
        charts.Point(
            charts.year_of(progress["reference_period"]),
            float(progress["value"]),
            words.number(progress["value"], 1),
        )
    ]


def _baseline_point(row: Mapping[str, Any], progress: Mapping[str, Any], year: int) -> charts.Point | None:
    if progress["baseline_value"] is None:
        return None
    return charts.Point(year, float(progress["baseline_value"]), str(row["baseline_printed"]))


def _is_rate_within_a_year(value: Mapping[str, Any], first: int, area: str) -> bool:
    """A rate of a quarter or month compares with the yearly one; a flow of a month does not."""
    is_rate = value["unit"] == "%" and value["measure"] != "YTD"
    return (
        value["frequency"] != "A"
        and is_rate
        and value["area_code"] == area
        and charts.year_of(value["reference_period"]) > first
    )


def _is_comparable(row: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """A rate of the city, or what the target compares with; a total of the city would dwarf the chart."""
    return bool(value["unit"] == "%" or row["target_kind"] == "relative_region")


def _held_clause(count: int) -> words.Word:
    """How many indicators have a figure that waits: they are not without one."""
    if not count:
        return words.Word("", "")
    return words.Word(
        f"{count}项的数值扣留待核，", f"{count} {words.have(count)} a figure held for checking; "
    )


def _empty_words(own: Sequence[Mapping[str, Any]], status: str, *, has_latest: bool) -> words.Word:
    if status == "held":
        return words.word(words.STATUSES, status)
    if own and status == "no_data":
        return words.Word("无可评价的数值", "Nothing to judge by")
    if has_latest:
        # A figure within a year is printed in the table: only the yearly one is missing.
        return words.Word("无年度数值", "No yearly figure")
    return words.Word("无数据", "No data")


def _status_line(change: StatusChange) -> dict[str, Any]:
    return {
        "label": change.label,
        "old": words.word(words.STATUSES, change.old) if change.old else words.Word("（无）", "(none)"),
        "new": words.word(words.STATUSES, change.new) if change.new else words.Word("（无）", "(none)"),
        "reason": change.reason,
        "causes": words.Word(change.told_causes("zh"), change.told_causes("en")),
    }


def _added_series(changes: Sequence[ValueChange]) -> dict[str, Any]:
    """New supporting values, one line a series and area: most months bring many, and notes.md lists each."""
    added = [change for change in changes if change.kind == "added"]
    grouped: dict[tuple[words.Word, words.Word, words.Word], list[ValueChange]] = {}
    for change in added:
        grouped.setdefault((change.label, change.area, change.measure), []).append(change)
    lines = [
        {"label": label, "area": area, "measure": measure, "periods": [change.period for change in group]}
        for (label, area, measure), group in grouped.items()
    ]
    return {"total": len(added), "lines": lines}


def _change_line(change: ValueChange) -> dict[str, Any]:
    old, new = (words.number(row["value"]) if row else "" for row in (change.old, change.new))
    return {
        "kind": change.kind,
        "label": change.label,
        "area": change.area,
        "period": change.period,
        "measure": change.measure,
        "unit": change.unit,
        "old": old,
        "new": new,
        "by": signed(change.absolute) if change.absolute else "",
        "percent": signed(change.percent, 2) + "%" if change.absolute and change.percent is not None else "",
        "zh": change.told("zh"),
        "en": change.told("en"),
    }
