"""The report of an evaluation (annual, mid-term, final): one printable HTML page in the customary order.

Indicators, tasks, projects, problems, proposals; then an annex. It says what ``fct_evaluation_findings``
holds, with the look, the figures and the trace ids of the bulletin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from raw.errors import BadInput
from warehouse.connect import reader
from warehouse.diff import ReleaseDiff, rows_of
from warehouse.publication import overrides, words
from warehouse.publication.bulletin import (
    BOX_COUNTS,
    Edition,
    Figure,
    Page,
    cell_id,
    is_repeat,
    listed,
    notice_of,
    render,
    unit_of_task,
)
from warehouse.publication.content_hash import main_tables
from warehouse.verdict import Verdict

EVALUATION_KINDS = ("annual", "midterm", "final")
# Findings whose status is of another year than the assessed one.
OTHER_YEARS = ("earlier_year", "later_year")
# Why a target has no judgement of the assessed year, as the headline counts them: of one, of several.
NOT_OF_THE_YEAR = {
    "no_data": words.Word("没有数", "no figure at all"),
    "held": words.Word("数据扣留待核", "a figure held for checking"),
    "earlier_year": words.Word("只有更早年度的数", "only a figure of an earlier year"),
    "later_year": words.Word("已按更晚年度评定", "a judgement by a later year"),
}
# What a row of another year does not show on the page: the judgement that is not of the assessed year.
JUDGED = ("value", "progress_pct", "schedule_pct", "attainment_pct", "status_age_years")
PROBLEMS = {
    "off_course": words.Word("滞后、倒退或突破底线", "Lagging, reversing or breached"),
    "yearly_veto": words.Word("约束性指标年度考核未完成", "Binding yearly values that were missed"),
    "project_red": words.Word("红灯项目", "Projects with a red lamp"),
    "methods_disagree": words.Word("两种方法结论不同", "Methods that disagree"),
    "not_to_be_judged": words.Word(
        "缺目标值、比较对象、基期、口径或当年状态，不能评价",
        "Not to be judged: target, comparator, baseline, meaning or status of the year is missing",
    ),
    "absent_data": words.Word("缺数据，按责任单位", "Absent data, by responsible unit"),
}


@dataclass(frozen=True)
class Report:
    """An evaluation report that is due: ``file_name`` is what it is called in a release."""

    plan_id: str
    kind: str
    file_name: str


def due_reports(database: Path, known: Sequence[date]) -> list[Report]:
    """The reports that belong into the release of this database: those no release before it could hold.

    ``known`` are the as-of dates of the standing releases before it. A report belongs into the first release
    that is as of its due date or later, unless a later year than the assessed one is in by then already.
    """
    with reader(database) as connection:
        if "dim_evaluation" not in main_tables(connection):
            return []
        rows = rows_of(
            connection,
            "select plan_id, evaluation_kind, due_date from main.dim_evaluation"
            " where is_newest_due and not exists ("
            "   select 1 from main.fct_evaluation_findings as findings"
            "   where findings.plan_id = dim_evaluation.plan_id and findings.status = 'later_year')"
            " order by due_date, plan_id desc",
        )
    newest_known = max(known, default=date.min)
    return list(_named([row for row in rows if row["due_date"] > newest_known]))


def _named(rows: Sequence[Mapping[str, Any]]) -> Iterator[Report]:
    taken: set[str] = set()
    for row in rows:
        name = f"evaluation-{row['evaluation_kind']}"
        # Two plans may be due in one month.
        name = f"{name}-{row['plan_id']}" if name in taken else name
        taken.add(name)
        yield Report(str(row["plan_id"]), str(row["evaluation_kind"]), f"{name}.html")


def evaluation(
    database: Path, kind: str, verdict: Verdict, edition: Edition, plan_id: str | None = None
) -> str:
    """Return the report of a kind for one released database; a pure function of what it is given.

    Raises BadInput when the newest evaluation due on the as-of date of the database is of another kind: a
    report of another day needs a release of that day, which knows only what was known then.
    """
    with reader(database) as connection:
        chosen = _chosen(connection, kind, plan_id, edition.name)
        return render("evaluation.html", _Report(connection, verdict, edition, chosen).context())


def _chosen(
    connection: duckdb.DuckDBPyConnection, kind: str, plan_id: str | None, name: str
) -> dict[str, Any]:
    rows = rows_of(connection, "select * from main.dim_evaluation order by plan_id desc, due_date")
    plans = list(dict.fromkeys(str(row["plan_id"]) for row in rows))
    if plan_id is not None and plan_id not in plans:
        raise BadInput.one(
            f"{name}: --plan",
            f"没有评估的规划 / no evaluation of a plan {plan_id!r}",
            f"其一 / one of {', '.join(plans) or '无 none'}",
            "更正规划编号；新规划在 seeds/plan/evaluations.csv 加行 / "
            "correct the plan id; a new plan needs rows in seeds/plan/evaluations.csv",
        )
    of_plan = [row for row in rows if plan_id in (None, row["plan_id"])]
    found = [row for row in of_plan if row["is_newest_due"] and row["evaluation_kind"] == kind]
    if found:
        return found[0]
    due = ", ".join(f"{row['plan_id']} {row['evaluation_id']}" for row in of_plan if row["is_newest_due"])
    days = ", ".join(str(row["due_date"]) for row in of_plan if row["evaluation_kind"] == kind)
    raise BadInput.one(
        f"{name}: evaluation",
        f"newest evaluation due {due or 'none'}",
        f"{kind}",
        f"ask a release that is as of {days or 'a day in dbt_project/seeds/plan/evaluations.csv'}"
        " (make month AS_OF=…), or ask for the kind that is due",
    )


class _Report(Page):
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        verdict: Verdict,
        edition: Edition,
        chosen: Mapping[str, Any],
    ) -> None:
        super().__init__(connection, ReleaseDiff(None), verdict, edition)
        self.chosen = chosen
        self.plan_id = str(chosen["plan_id"])
        self.findings = self._of_plan("fct_evaluation_findings", "finding_number")
        self.text_targets = {
            row["text_target_id"]: row for row in self._of_plan("fct_text_target_progress", "text_target_id")
        }
        finding_of = {row["subject_id"]: row for row in self._section("indicators")}
        self.progress = {
            key: _of_assessed_year(row, finding_of[key[1]]) if key[0] == self.plan_id else row
            for key, row in self.progress.items()
        }

    def _of_plan(self, table: str, order: str) -> list[dict[str, Any]]:
        return self._rows(f"select * from main.{table} where plan_id = ? order by {order}", [self.plan_id])

    def context(self) -> dict[str, Any]:
        """Everything the template prints, in the order of the page (citations are numbered on the way)."""
        plan = self.plan_of[self.plan_id]
        indicators = self._indicators()
        tasks = self._tasks()
        boxes = self._boxes()
        proposals = self._proposals()
        # Last, so that it links to cells that were printed.
        problems = self._problems()
        return {
            "edition": self.edition,
            "stamp": words.stamp(self.info["kind"]),
            "plan": words.Word(plan["plan_name_zh"], plan["plan_name_en"]),
            "years": plan,
            "evaluation": self.chosen,
            "name": words.Word(self.chosen["name_zh"], self.chosen["name_en"]),
            "due": words.date_words(self.chosen["due_date"]),
            "basis": words.Word(self.chosen["basis_zh"], self.chosen["basis_en"]),
            "month": words.month_words(self.info["reference_month"]),
            "as_of": words.date_words(self.info["as_of_date"]),
            "headline": self._headline_of(boxes),
            "counts": self._class_counts("indicators"),
            "indicators": indicators,
            "tasks": tasks,
            "task_counts": self._class_counts("tasks"),
            "repeats": words.repeats(len(self._section("tasks")) - len(self._counted("tasks"))),
            "boxes": boxes,
            "problems": problems,
            "proposals": proposals,
            "rules": self._rules(),
            "decisions": self._applied(indicators, tasks),
            "methods": self._methods(),
            "quality": self._quality(),
            "sources": self.sources.listed(),
            "word": words,
        }

    # Headline -----------------------------------------------------------------------------------------

    def _section(self, name: str) -> list[dict[str, Any]]:
        return [finding for finding in self.findings if finding["section"] == name]

    def _counted(self, section: str) -> list[dict[str, Any]]:
        """The findings of a section that count: what is said twice counts once (DEC-T10)."""
        return [
            finding
            for finding in self._section(section)
            if not (section == "tasks" and is_repeat(self.text_targets[finding["subject_id"]]))
        ]

    def _class_counts(self, section: str) -> list[dict[str, Any]]:
        counted = Counter(str(finding["evaluation_class"]) for finding in self._counted(section))
        return [
            {"key": key, "name": name, "count": counted[key]}
            for key, name in words.EVALUATION_CLASSES.items()
        ]

    def _headline_of(self, boxes: Mapping[str, Any]) -> words.Word:
        zh, en = [], []
        for section, noun_zh, noun_en in (
            ("indicators", "项指标", "indicators"),
            ("tasks", "项文字目标", "targets in text"),
        ):
            counts = self._class_counts(section)
            total = sum(item["count"] for item in counts)
            some = [item for item in counts if item["count"]]
            other = self._without_judgement(section)
            zh.append(
                f"{total}{noun_zh}中，"
                + "、".join(f"{item['name'].zh}{item['count']}项" for item in some)
                + other.zh
            )
            en.append(
                f"of {total} {noun_en} "
                + ", ".join(f"{item['count']} {item['name'].en}" for item in some)
                + other.en
            )
        told = boxes["total"]
        zh.append(
            f"{told['projects_number']}个项目中，绿{told['green_number']}、黄{told['yellow_number']}、"
            f"红{told['red_number']}、未报或无法判断{told['grey_number']}"
        )
        en.append(
            f"of {told['projects_number']} projects {told['green_number']} green, "
            f"{told['yellow_number']} yellow, {told['red_number']} red, "
            f"{told['grey_number']} not reported or not to be judged"
        )
        proposed = len(self._section("proposals"))
        zh.append(f"起草修订建议{proposed}条")
        en.append(f"proposals to revise: {proposed}")
        return words.Word("；".join(zh) + "。", "; ".join(en).capitalize() + ".")

    def _without_judgement(self, section: str) -> words.Word:
        """Why some of a section have no judgement of the assessed year, in brackets; empty where all have."""
        counted = Counter(finding["status"] for finding in self._counted(section))
        told = [(word, counted[status]) for status, word in NOT_OF_THE_YEAR.items() if counted[status]]
        if not told:
            return words.Word("", "")
        return words.Word(
            "（其中" + "、".join(f"{count}项{word.zh}" for word, count in told) + "）",
            " (of which " + ", ".join(f"{count} {words.have(count)} {word.en}" for word, count in told) + ")",
        )

    # Sections -----------------------------------------------------------------------------------------

    def _indicators(self) -> list[dict[str, Any]]:
        finding_of = {row["subject_id"]: row for row in self._section("indicators")}
        return [
            {
                **self._indicator(row),
                **_judgement(
                    finding_of[row["indicator_code"]], self.progress[(row["plan_id"], row["indicator_code"])]
                ),
            }
            for row in self.indicators
            if row["plan_id"] == self.plan_id
        ]

    def _tasks(self) -> list[dict[str, Any]]:
        chapters = {
            str(row["chapter_no"]): words.Word(row["title_zh"], row["title_en"])
            for row in self._rows(
                "select * from plan.plan_sections where plan_id = ? and section_no = 0", [self.plan_id]
            )
        }

        def chapter_of(finding: Mapping[str, Any]) -> str:
            return str(self.text_targets[finding["subject_id"]]["section_id"] or "").partition(".")[0]

        told = []
        for chapter, findings in groupby(self._section("tasks"), key=chapter_of):
            lines = [
                self._task(finding, _of_assessed_year(self.text_targets[finding["subject_id"]], finding))
                for finding in findings
            ]
            told.append(
                {
                    "number": chapter,
                    "title": chapters.get(chapter, words.Word("", "")),
                    "assessed": [line for line in lines if line["value"]],
                    "silent": [line for line in lines if not line["value"]],
                }
            )
        return told

    def _task(self, finding: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": finding["subject_id"],
            "name": words.Word(finding["subject_name_zh"], finding["subject_name_en"]),
            "unit": unit_of_task(row),
            "value": self.judged_value("fct_text_target_progress", row),
            "target": None
            if row["target_kind"] == "milestone"
            else self.computed("fct_text_target_progress", row, "target_value", source=False),
            "progress": self._share("fct_text_target_progress", row, "progress_pct"),
            "schedule": self._share("fct_text_target_progress", row, "schedule_pct"),
            "period": words.period_words(row["reference_period"]),
            **_judgement(finding, row),
            "by_hand": overrides.told(row),
            "decisions": listed(row["decision_ids"]),
            "notice": notice_of(row),
            "is_simulated": row["origin"] == "simulated",
            "is_repeat": is_repeat(row),
        }

    def _boxes(self) -> dict[str, Any]:
        rows = self._of_plan("fct_project_lamps_by_box", "box_number")
        lamp_of = {row["subject_id"]: row["lamp"] for row in self._section("projects")}
        lines = [
            {
                "number": row["box_number"],
                "title": words.Word(row["title_zh"], row["title_en"]),
                "lamp": lamp_of[str(row["box_number"])],
                "lamp_word": words.word(words.LAMPS, lamp_of[str(row["box_number"])]),
                "counts": [
                    self.computed("fct_project_lamps_by_box", row, column, source=False)
                    for column in BOX_COUNTS
                ],
            }
            for row in rows
        ]
        total = {column: sum(int(row[column]) for row in rows) for column in BOX_COUNTS}
        return {
            "lines": lines,
            "total": total,
            "totals": [total[column] for column in BOX_COUNTS],
            "is_simulated": self.has_simulated_projects(self.plan_id),
        }

    def _problems(self) -> list[dict[str, Any]]:
        found = self._section("problems")
        bases = self._bases()
        return [
            {
                "kind": kind,
                "title": title,
                "basis": bases.get(kind),
                "lines": [self._problem(row) for row in found if row["finding_kind"] == kind],
            }
            for kind, title in PROBLEMS.items()
        ]

    def _bases(self) -> dict[str, words.Word]:
        """By group of problems: of how many cases it tells, so that none is not taken for all being well."""
        targets = [*self._section("indicators"), *self._counted("tasks")]
        judged = {
            (row["subject_type"], row["subject_id"])
            for row in targets
            if row["evaluation_class"] != "not_assessable"
        }
        seconds = {
            (kind, row[key])
            for kind, table, key in (
                ("indicator", "fct_target_progress", "indicator_code"),
                ("text_target", "fct_text_target_progress", "text_target_id"),
            )
            for row in self._of_plan(table, key)
            if row["second_status"] is not None
        }
        first, last = self.chosen["assessed_first_year"], self.chosen["assessed_last_year"]
        yearly = [
            row
            for row in self._of_plan("fct_yearly_assessment", "indicator_code, unit_id, reference_year")
            if first <= row["reference_year"] <= last
        ]
        boxes = self._of_plan("fct_project_lamps_by_box", "box_number")
        projects = sum(int(row["projects_number"]) for row in boxes)
        grey = sum(int(row["grey_number"]) for row in boxes)
        return {
            "off_course": _basis(len(judged), len(targets) - len(judged)),
            "yearly_veto": _basis_of_veto(yearly),
            "project_red": _basis(projects - grey, grey),
            "methods_disagree": _basis(len(judged & seconds), len(targets) - len(judged & seconds)),
        }

    def _problem(self, row: Mapping[str, Any]) -> dict[str, Any]:
        is_project = row["subject_type"] == "project"
        # A project has no other place on the page: its finding is the cell.
        anchor = row["evidence_ids"] if is_project else ""
        self.anchored |= {anchor} - {""}
        return {
            "anchor": anchor,
            "id": row["subject_id"],
            "name": words.Word(row["subject_name_zh"], row["subject_name_en"]),
            "lamp": row["lamp"],
            "lamp_word": words.word(words.LAMPS, row["lamp"]),
            "status": words.word(
                words.PROJECT_STATUSES if is_project else words.FINDING_STATUSES, row["status"]
            ),
            "text": words.Word(row["text_zh"], row["text_en"]),
            "evidence": [] if is_project else self._evidence(row["evidence_ids"]),
            "is_unit": row["subject_type"] == "unit",
            "is_simulated": row["origin"] == "simulated",
        }

    def _evidence(self, ids: str) -> list[dict[str, Any]]:
        """The cells a finding rests on, as links where the page prints them."""
        return [
            {
                "href": f"#{identity}" if identity in self.anchored else "",
                "id": identity,
                "name": words.word(words.EVIDENCE, identity.rpartition("-")[2]),
            }
            for identity in listed(ids)
        ]

    def _proposals(self) -> list[dict[str, Any]]:
        rows = {
            (row["target_type"], row["target_id"]): row
            for row in self._of_plan("fct_revision_proposals", "target_id")
        }
        return [
            self._proposal(rows[(finding["subject_type"], finding["subject_id"])])
            for finding in self._section("proposals")
        ]

    def _proposal(self, row: Mapping[str, Any]) -> dict[str, Any]:
        table = "fct_target_progress" if row["target_type"] == "indicator" else "fct_text_target_progress"
        # The cells of the tables above: a proposal's own figures are the two compared.
        judged = (
            self.progress[(self.plan_id, row["target_id"])]
            if row["target_type"] == "indicator"
            else self.text_targets[row["target_id"]]
        )
        keyed = {
            **row,
            "indicator_code": row["target_id"],
            "text_target_id": row["target_id"],
            "target_kind": judged["target_kind"],
        }
        own = "fct_revision_proposals"
        period = words.period_words(row["reference_period"])
        return {
            "id": row["target_id"],
            "name": words.Word(row["name_zh"], row["name_en"]),
            "unit": row["unit"] or "",
            "reason": words.Word(row["reason_zh"], row["reason_en"]),
            "options": words.Word(row["options_zh"], row["options_en"]),
            "status": words.word(words.STATUSES, row["status"]),
            "lamp": row["lamp"],
            "lamp_word": words.word(words.LAMPS, row["lamp"]),
            "evidence": [
                {
                    "name": words.Word(f"数值（{period.zh}）", f"Value ({period.en})"),
                    "figure": self.judged_value(table, judged),
                },
                {
                    "name": words.Word("目标", "Target"),
                    "figure": self.computed(table, keyed, "target_value"),
                },
                {
                    "name": words.Word("进度差，百分点", "Gap to the schedule, points"),
                    "figure": self.computed(table, keyed, "gap_pp", places=1),
                },
                {
                    "name": words.Word("余期每年所需变化", "Yearly change needed"),
                    "figure": self.computed(own, row, "needed_change_value"),
                },
                {
                    "name": words.Word("已有最好一年", "Best year so far"),
                    "figure": self.computed(own, row, "best_change_value"),
                },
                {
                    "name": words.Word("期末展望，低值", "Outlook, low"),
                    "figure": self.computed(table, keyed, "outlook_low"),
                },
                {
                    "name": words.Word("期末展望，高值", "Outlook, high"),
                    "figure": self.computed(table, keyed, "outlook_high"),
                },
            ],
            "outlook": words.word(words.OUTLOOKS, row["outlook_reading"]),
            "is_simulated": row["origin"] == "simulated",
        }

    # Annex ----------------------------------------------------------------------------------------------

    def _rules(self) -> list[dict[str, Any]]:
        return self._rows(
            "select * from plan.revision_rules where plan_id = ? order by rule_id", [self.plan_id]
        )

    def _applied(
        self, indicators: Sequence[Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Decisions that the judgements above name."""
        lines = [*indicators, *(line for chapter in tasks for line in chapter["assessed"])]
        used = {decision for line in lines for decision in line["decisions"]}
        used |= {
            decision
            for row in self._of_plan("fct_project_progress", "project_id")
            for decision in listed(row["decision_ids"])
        }
        return [
            row for row in self._decisions() if row["plan_id"] == self.plan_id and row["decision_id"] in used
        ]

    def _methods(self) -> list[dict[str, Any]]:
        judged = {(row["finding_kind"], row["subject_id"]) for row in self.findings if row["lamp"] != "grey"}
        counted: Counter[str] = Counter()
        for table, key, kind in (
            ("fct_target_progress", "indicator_code", "indicator_status"),
            ("fct_text_target_progress", "text_target_id", "text_target_status"),
        ):
            counted.update(
                str(row["method_id"]) for row in self._of_plan(table, key) if (kind, row[key]) in judged
            )
        return [{"id": method, "count": count} for method, count in sorted(counted.items())]

    # Figures --------------------------------------------------------------------------------------------

    def _share(self, table: str, row: Mapping[str, Any], column: str) -> Figure | None:
        if row[column] is None:
            return None
        identity = cell_id(table, row, column)
        shown = "" if identity in self.anchored else identity
        self.anchored.add(identity)
        return Figure(words.number(row[column], 1) + "%", shown)


def _of_assessed_year(progress: Mapping[str, Any], finding: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a target as an evaluation shows it: without its judgement where that is of another year."""
    return {**progress, **(dict.fromkeys(JUDGED) if finding["status"] in OTHER_YEARS else {})}


def _judgement(finding: Mapping[str, Any], progress: Mapping[str, Any]) -> dict[str, Any]:
    """What the evaluation says of a target, whatever its status in the release.

    Of one set by hand the finding's words say so too; the page tells that on its own line.
    """
    reason = (finding["text_zh"], finding["text_en"])
    if finding["override_id"]:
        reason = (progress["status_reason"] or "", progress["status_reason_en"] or "")
    return {
        "lamp": finding["lamp"],
        "lamp_word": words.word(words.LAMPS, finding["lamp"]),
        "status": words.word(words.FINDING_STATUSES, finding["status"]),
        "class": words.word(words.EVALUATION_CLASSES, finding["evaluation_class"]),
        "reason": words.Word(*reason),
    }


def _basis_of_veto(yearly: Sequence[Mapping[str, Any]]) -> words.Word:
    """On how many yearly values the veto rests: those printed or assigned; a derived one passes nobody."""
    due = [row for row in yearly if row["counts_for_veto"]]
    judged = sum(row["assessment"] in ("reached", "missed") for row in due)
    told = _basis(judged, len(due) - judged)
    if derived := len(yearly) - len(due):
        return words.Word(
            f"{told.zh}另有{derived}项年度值由推算得出，不作通过，也不作否决。",
            f"{told.en} A further {derived} yearly {'value is' if derived == 1 else 'values are'} derived:"
            " they pass and fail nobody.",
        )
    return told


def _basis(assessed: int, not_assessable: int) -> words.Word:
    """On how many judgements a group of problems rests; a cell that nobody could judge is not in order."""
    return words.Word(
        f"可评定{assessed}项，无法评定{not_assessable}项。",
        f"{assessed} could be assessed, {not_assessable} could not.",
    )
