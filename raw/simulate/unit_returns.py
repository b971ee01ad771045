"""Simulated returns of the responsible units: years of workbooks, filled in as units might, and not true.

Every indicator, text target and project gets a story (on schedule, ahead, lagging, going back, breaking its
floor, silent …), dealt out in turn so that each is told by somebody. Units are late at times, leave months
out, and correct themselves in a second file of the same month. Nothing here knows the plan: targets, projects
and stages come from its seeds. The same seed gives the same bytes, whichever month is asked for.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from raw import returns
from raw.feed import find_feed
from raw.publishing_calendar import expected
from raw.returns import Ask, Indicator, Plan, Project, Unit

REPORTER = "模拟演练 / simulated"
DOCUMENT = "模拟依据文件，非真实 / simulated evidence, not real"
REFERENCE = "simulated-evidence.pdf"
UNTOLD = "模拟：单位未能提供 / simulated: the unit could not supply it"

# What is done of the way from baseline to target after the share ``k`` of the plan's years.
STORIES: dict[str, Callable[[float], float]] = {
    "on_schedule": lambda k: k + 0.02,
    "slightly_behind": lambda k: k - 0.05,
    "ahead": lambda k: k + 0.15,
    "lagging": lambda k: k - 0.2,
    "reversing": lambda k: -0.1 - k / 5,
    "achieved_early": lambda _: 1.05,
    "far_behind": lambda k: k / 10,
}
# A story in which nothing is ever returned; one target of each kind has it, if there are enough of them.
SILENT = "silent"
SILENT_FROM = 4
# What a target alone of its kind is told: nothing that would hide how the kind is judged before its end.
ALONE = ("on_schedule", "slightly_behind", "lagging")
# Decimals beyond those printed.
FINER = 2
# What every growth rate is said to be at.
PRICE_BASIS = "real"
# Kinds that count whole things, and units in which a sum does: of 个 there are no halves, of 万个 there are.
COUNTED_KINDS = ("threshold_count", "rank", "milestone")
COUNTERS = ("个", "所", "名", "项", "条", "家", "处", "座", "人", "套", "件")
# How the work on a project goes: its pace against its own plan; none has no report at all.
PACES: dict[str, float | None] = {
    "punctual": 1.0,
    "quick": 1.15,
    "slow": 0.72,
    "stuck": 0.4,
    "unreported": None,
    "not_begun": 0.0,
}
COUNTED_PACES = {"punctual": 1.02, "quick": 1.3, "slow": 0.7, "stuck": 0.3, "not_begun": 0.0}
# Of a hundred returns so many are late, and so many never come; of those that come so many are corrected.
LATE_PCT, MISSING_PCT, CORRECTED_PCT = 12, 4, 6
# Of a hundred projects so many have a planned date in their reports.
PLANNED_PCT = 70


def drop(folder: Path, month: str, seed: int) -> None:
    """Put the returns of every unit for the months of every plan up to ``month`` into ``folder``.

    Demonstration plans are among them: what is simulated goes into a rehearsal only.

    What is there already stays: the same seed gives the same file. A return whose day of reporting has not
    come yet is left out, as the reader would refuse it.
    """
    for plan_id in returns.plans_of(month, official_only=False):
        simulated = _Simulated(returns.load_plan(plan_id), seed)
        for made in simulated.returns_up_to(month):
            path = folder / made.name
            if made.reported_on <= date.today() and not path.exists():
                path.write_bytes(simulated.workbook(made))


@dataclass(frozen=True)
class _Return:
    """One return: whose, for which plan and month, when reported; a correction has a file of its own."""

    plan: Plan
    unit: Unit
    month: str
    reported_on: date
    is_correction: bool

    @property
    def name(self) -> str:
        """The name of its file; a day stands before a correction."""
        plain = returns.file_name(self.plan, self.unit, self.month)
        return f"{self.reported_on}_{plain}" if self.is_correction else plain


@dataclass(frozen=True)
class _Target:
    """What the figures of one indicator or text target are made from; ``goal`` in its own unit.

    ``is_counted``: its figures are whole and never below zero.
    """

    kind: str
    phasing: str
    goal: float | None
    start: float | None
    decimals: int
    is_counted: bool


class _Simulated:
    """All returns of a plan for one seed."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan = plan
        self.seed = seed

    def _chance(self, *of: object) -> random.Random:
        return random.Random("|".join(map(str, (self.seed, *of))))  # noqa: S311 (figures, not secrets)

    # --- which returns there are, and when ---

    def returns_up_to(self, month: str) -> Iterator[_Return]:
        """Every return of a month of the plan up to ``month``, a correction after what it corrects."""
        for unit in self.plan.named_units():
            for due in self._months(unit):
                if due <= month:
                    yield from self._returns_of(unit, due)

    def _months(self, unit: Unit) -> Iterator[str]:
        """A unit with a monthly indicator returns every month, the others when a year is full."""
        monthly = any(found.frequency == "M" for found in self.plan.owned_by(unit))
        for year in range(self.plan.first_year, self.plan.last_year + 1):
            for number in range(1, 13) if monthly else (12,):
                yield f"{year}-{number:02d}"

    def _returns_of(self, unit: Unit, month: str) -> Iterator[_Return]:
        chance = self._chance("return", unit.unit_id, month)
        due = expected(find_feed(returns.FEED), month)
        lot = chance.randrange(100)
        if due is None or lot < MISSING_PCT:
            return
        late = lot < MISSING_PCT + LATE_PCT
        reported_on = (
            due.late_after + timedelta(days=chance.randint(1, 40))
            if late
            else due.day - timedelta(days=chance.randint(0, 6))
        )
        yield _Return(self.plan, unit, month, reported_on, is_correction=False)
        if chance.randrange(100) < CORRECTED_PCT:
            yield _Return(self.plan, unit, month, reported_on + timedelta(days=chance.randint(20, 60)), True)

    def workbook(self, made: _Return) -> bytes:
        """The file of a return."""
        return returns.workbook(
            self.plan,
            made.unit,
            made.month,
            answers=list(self._answers(made)),
            projects=list(self._project_rows(made)),
            assignments=list(self._assignments(made)),
            reporter=REPORTER,
            reported_on=made.reported_on,
            is_form=False,
        )

    # --- figures of indicators and text targets ---

    def _answers(self, made: _Return) -> Iterator[dict[str, str]]:
        for ask in self.plan.asks(made.unit, made.month):
            yield {**returns.asked_row(ask), **self._answer(ask, made)}
        if not made.month.endswith("-12"):
            return
        for target in self.plan.text_targets:
            if self._returner(target.code, target.unit_ids) == made.unit.unit_id:
                ask = Ask(target, made.month[:4], "A")
                answer = self._answer(ask, made)
                if "VALUE" in answer:
                    yield {**returns.asked_row(ask), **answer, "EVIDENCE_REFERENCE": REFERENCE}

    def _returner(self, target_id: str, unit_ids: Sequence[str]) -> str:
        """The unit that returns it: its own, else one that is drawn."""
        units = unit_ids or [unit.unit_id for unit in self.plan.units]
        return self._chance("returner", target_id).choice(list(units))

    def _answer(self, ask: Ask, made: _Return) -> dict[str, str]:
        figure = self._figure(ask)
        if figure is None:
            return {"OBS_STATUS": "O", "MISSING_REASON": UNTOLD}
        # The first word on a year is provisional, and the final one lies a little beside it.
        is_first = ask.period == made.month[:4] and not made.is_correction
        target = self._targets[ask.indicator.code]
        decimals = target.decimals
        # What is reached or not is no figure to lie beside.
        if is_first and target.kind != "milestone":
            figure += self._chance("first", ask.indicator.code, ask.period).choice((-1, 0, 1)) * 10**-decimals
        figure = _possible(target, figure)
        is_growth = ask.measure in returns.GROWTH_MEASURES
        if ask.indicator.target_kind and not is_growth:
            figure = max(figure, 0.0)
        return {
            "VALUE": f"{figure:.{decimals}f}",
            **({"PRICE_BASIS": PRICE_BASIS} if is_growth else {}),
            "OBS_STATUS": "P" if is_first else "A",
            "STAGE": "preliminary" if is_first else "final",
            "EVIDENCE_DOCUMENT": DOCUMENT,
            "EVIDENCE_DATE": made.reported_on.isoformat(),
        }

    def _figure(self, ask: Ask) -> float | None:
        """The figure of a year or month; None where the story is silent or nothing can be made up."""
        code, year = ask.indicator.code, int(ask.period[:4])
        target = self._targets[code]
        story = self._stories[code]
        if story == SILENT:
            return None
        share = (year - self.plan.first_year + 1) / (self.plan.last_year - self.plan.first_year + 1)
        yearly = self._yearly(target, story, share)
        if yearly is None or ask.frequency == "A":
            return yearly
        month = int(ask.period[5:])
        wobble = 1 + self._chance("month", code, ask.period).uniform(-0.02, 0.02)
        return yearly * wobble * (month / 12 if ask.measure == "YTD" else 1)

    def _yearly(self, target: _Target, story: str, share: float) -> float | None:
        done = STORIES[story](share)
        goal = 1.0 if target.goal is None else target.goal
        match target.kind:
            case "period_average_growth" | "relative_series":
                return goal + 3 * (done - share) if target.goal else 6 + 3 * (done - share)
            case "cumulative_sum":
                years = self.plan.last_year - self.plan.first_year + 1
                before = STORIES[story](share - 1 / years) if share > 1 / years else 0.0
                if target.is_counted:
                    # Whole things a year that add up to whole things done.
                    return float(max(round(goal * max(done, 0.0)) - round(goal * max(before, 0.0)), 0))
                return max(goal * (done - before), 0.0)
            case "assigned_by_superior":
                return 3 + 2 * (done - share)
            case "floor":
                # Broken in the second year, kept in all others.
                return goal - 10.0 ** (FINER - target.decimals) * (2 if 0.3 < share < 0.5 else -2)
            case "ceiling":
                return goal * (1.1 if 0.3 < share < 0.5 else 0.8)
            case "milestone":
                return 1.0 if done >= 1 else 0.0
            case "relative_region":
                return 20 + 5 * done
            case "service_radius":
                return goal * (2 - min(done, 1.0))
            case "threshold_count":
                return float(int(goal * max(done, 0.0)))
            case "rank":
                start = target.start if target.start is not None else goal * 2
                return float(max(round(start + (goal - start) * done), 1))
        start = target.start if target.start is not None else goal * 0.6
        return max(start + (goal - start) * done, 0.0)

    @cached_property
    def _stories(self) -> dict[str, str]:
        """The story of each indicator and text target: dealt out in turn among those judged alike."""
        stories: dict[str, str] = {}
        for codes in self._judged_alike():
            turn: Sequence[str] = ALONE if len(codes) == 1 else list(STORIES)
            if len(codes) >= SILENT_FROM:
                turn = [*STORIES, SILENT]
            first = self._chance("stories", *codes).randrange(len(turn))
            for number, code in enumerate(codes):
                stories[code] = turn[(first + number) % len(turn)]
        return stories

    def _judged_alike(self) -> Iterable[list[str]]:
        """Codes by table, kind and phasing; a target whose status is withheld has a group of its own."""
        withheld = {
            row["indicator_code"]
            for row in self._rows("decisions", "parameter")
            if row["parameter"] == "status_withheld"
        }
        groups: dict[tuple[object, ...], list[str]] = {}
        for found in (*self.plan.indicators, *self.plan.text_targets):
            target = self._targets[found.code]
            key = (found in self.plan.indicators, target.kind, target.phasing, found.code in withheld)
            groups.setdefault(key, []).append(found.code)
        return groups.values()

    @cached_property
    def _targets(self) -> dict[str, _Target]:
        rows = {row["text_target_id"]: row for row in self._rows("text_targets", "text_target_id")}
        rows |= {row["indicator_code"]: row for row in self._rows("targets", "indicator_code")}
        starts = {row["indicator_code"]: row for row in self._rows("baselines", "indicator_code")}
        return {
            found.code: _target(rows[found.code], starts.get(found.code, rows[found.code]), found.unit)
            for found in (*self.plan.indicators, *self.plan.text_targets)
        }

    def _rows(self, name: str, key: str) -> list[dict[str, str]]:
        rows = returns.plan_table(name, ("plan_id", key))
        return [row for row in rows if row["plan_id"] == self.plan.plan_id]

    # --- projects ---

    def _project_rows(self, made: _Return) -> Iterator[dict[str, str]]:
        """In June and December: each stage with the day it was reached by then, and the day planned."""
        if made.month[5:] not in ("06", "12"):
            return
        until = returns.period_end(made.month)
        for number, project in enumerate(self._leaves):
            if self._returner(project.project_id, project.unit_ids) != made.unit.unit_id:
                continue
            pace = list(PACES)[(number + self.seed) % len(PACES)]
            if project.measured_by == returns.COUNTED:
                yield from self._counted_row(project, pace, until)
            elif PACES[pace] is not None:
                yield from self._stage_rows(project, PACES[pace] or 0.0, until)

    @cached_property
    def _leaves(self) -> list[Project]:
        """The projects by type, so that each type meets every pace."""
        leaves = [found for found in self.plan.projects if found.measured_by != returns.HEADING]
        return sorted(leaves, key=lambda found: (found.project_type, found.project_id))

    def _counted_row(self, project: Project, pace: str, until: date) -> Iterator[dict[str, str]]:
        if pace not in COUNTED_PACES or not project.quantity:
            return
        done = COUNTED_PACES[pace] * self._elapsed(until)
        quantity = int(float(project.quantity) * min(done, 1.0))
        row = {"PROJECT_ID": project.project_id, "STAGE_ID": returns.COUNTED}
        yield {
            **row,
            "COMPLETED_QUANTITY": str(quantity),
            "QUANTITY_UNIT": project.unit,
            "EVIDENCE": REFERENCE if quantity >= float(project.quantity) else "",
        }

    def _elapsed(self, until: date) -> float:
        start, end = date(self.plan.first_year, 1, 1), date(self.plan.last_year, 12, 31)
        return (until - start).days / (end - start).days

    def _stage_rows(self, project: Project, pace: float, until: date) -> Iterator[dict[str, str]]:
        chance = self._chance("project", project.project_id)
        start = date(self.plan.first_year, 1, 1) + timedelta(days=chance.randint(0, 500))
        end = date(self.plan.last_year, 12, 31) - timedelta(days=chance.randint(0, 700))
        has_plan = chance.randrange(100) < PLANNED_PCT
        for number, stage in enumerate(project.stages):
            share = number / max(len(project.stages) - 1, 1)
            planned = start + (end - start) * share
            reached = start + (end - start) * (share / pace) if pace else None
            # The paperwork of what never begins is done all the same.
            if pace == 0 and number == 0:
                reached = start
            row = {"PROJECT_ID": project.project_id, "STAGE_ID": stage.stage_id}
            if has_plan:
                row["PLANNED_ON"] = planned.isoformat()
            if reached is not None and reached <= until:
                row["REACHED_ON"] = reached.isoformat()
                row["EVIDENCE"] = REFERENCE if stage.stage_id in project.final_stage_ids else ""
            if has_plan or "REACHED_ON" in row:
                yield row

    # --- what the superior authority assigns ---

    def _assignments(self, made: _Return) -> Iterator[dict[str, str]]:
        """For the first assigned indicator a value for each year and the whole period; for others none."""
        if not made.month.endswith("-12") or not self.plan.assigned:
            return
        code = self.plan.assigned[0]
        indicator = next((one for one in self.plan.assigned_to(made.unit) if one.code == code), None)
        if indicator is None:
            return
        year = made.month[:4]
        yield self._assignment(indicator, year, str(int(year) - 1), "3.0", made)
        whole = f"{self.plan.first_year}-{self.plan.last_year}"
        yield self._assignment(indicator, whole, str(self.plan.baseline_year), "14.0", made)

    def _assignment(
        self, indicator: Indicator, period: str, base: str, value: str, made: _Return
    ) -> dict[str, str]:
        return {
            "INDICATOR_CODE": indicator.code,
            "ASSIGNED_PERIOD": period,
            "BASE_YEAR": base,
            "ASSIGNED_VALUE": value,
            "UNIT": indicator.unit,
            "ASSIGNING_AUTHORITY": "模拟上级机关 / simulated authority",
            "DOCUMENT_TITLE": DOCUMENT,
            "DOCUMENT_DATE": f"{made.month[:4]}-03-01",
            "EVIDENCE": REFERENCE,
        }


def _possible(target: _Target, figure: float) -> float:
    """The nearest figure a target can have: no coverage above 100 %, whole things and none below zero."""
    if target.kind == "coverage":
        return min(max(figure, 0.0), 100.0)
    return float(max(round(figure), 0)) if target.is_counted else figure


def _target(row: Mapping[str, str], start: Mapping[str, str], unit: str) -> _Target:
    goal, baseline = row["target_value"], start.get("baseline_value", "")
    kind = row["target_kind"]
    is_counted = kind in COUNTED_KINDS or (kind == "cumulative_sum" and unit in COUNTERS)
    # Finer than anything printed, or what lies between two stories would be rounded away.
    decimals = FINER + max(int(row["decimals"] or 0), len(baseline.partition(".")[2]))
    return _Target(
        kind,
        row["phasing"],
        float(goal) if goal else None,
        float(baseline) if baseline else None,
        0 if is_counted else decimals,
        is_counted,
    )
