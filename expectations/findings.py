"""Findings: what was noticed, in one form, whether a rule, a refusal, a crash, a delay or a status said it.

A finding is about a cause. ``cause_key`` is the same for the same cause in every run and process, so that
forty failing rules that one bad file has broken are one finding, one incident and one alert.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from expectations.figures import Figure, Figures, Row, told
from expectations.ledger import Delivery
from raw.errors import BadInput, Problem
from raw.feed import Feed, find_feed
from raw.publishing_calendar import Timeliness
from warehouse.build import Build
from warehouse.diff import ReleaseDiff, StatusChange
from warehouse.verdict import Owner, RuleResult, Severity, Verdict

Kind = Literal["quality", "refusal", "failure", "lateness", "status"]
SubjectKind = Literal["rule", "indicator", "feed", "unit", "file", "row"]
Language = Literal["zh", "en"]

_OF_UNIT = re.compile(r"(?<![A-Za-z0-9])([a-z][a-z0-9]*)_\d{4}-\d{2}\.xlsx|UNIT_ID=([a-z][a-z0-9]*)")
_DELIVERY = re.compile(r"^(?P<feed>[^/]+)/(?P<table>[^/]+)/vintage=(?P<day>\d{4}-\d{2}-\d{2})")
_SEVERITIES: Sequence[Severity] = ("note", "hold", "block")
_LEVELS = {"block": ("未发布", "is not published"), "hold": ("有数据扣留待核", "holds a figure back")}


@dataclass(frozen=True)
class Subject:
    """One thing a finding touches. ``detail`` is one line on it: the figure, the row, what was observed."""

    kind: SubjectKind
    key: str
    name_zh: str = ""
    name_en: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Finding:
    """One cause that was noticed.

    ``title_zh`` and ``title_en`` say in one line what is wrong, with which figure and for whom. ``because``
    is Chinese, then English after `` / ``. ``units`` are ids of ``responsible_units``; ``owner`` says who
    mends it. ``evidence`` are files or addresses. ``reference_month`` is ``YYYY-MM``.
    """

    cause_key: str
    kind: Kind
    severity: Severity
    title_zh: str
    title_en: str
    because: str
    remedy_zh: str
    remedy_en: str
    owner: Owner
    reference_month: str
    as_of_date: str
    units: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    evidence: tuple[str, ...] = field(default=())


def of_verdict(verdict: Verdict, build: Build, figures: Figures) -> list[Finding]:
    """What keeps a build, or figures of it, from being published: one finding a cause.

    The cause of a failing row is the delivery it came from: what one feed said in one table on one day. A row
    that does not say where it came from is looked up by its figure; where that leaves several deliveries,
    one that other rules accuse is taken. A rule about no delivery is a cause of its own. Notes open nothing.
    """
    failing = (*verdict.blocking, *verdict.holding)
    accused = _accused(failing, figures)
    by_cause: dict[str, list[_Failure]] = {}
    for result in failing:
        for cause, rows in _by_cause(result, figures, accused).items():
            by_cause.setdefault(cause, []).append(_Failure(result, tuple(rows)))
    return [_of_cause(cause, failures, build, figures) for cause, failures in sorted(by_cause.items())]


def of_refusal(
    problems: Sequence[Problem], *, scope: str, units: Sequence[str], reference_month: str, as_of: str
) -> list[Finding]:
    """Input that a step refused: one finding a file at fault, for the units whose file it is."""
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(_file_of(problem), []).append(problem)
    return [
        _of_file(file, of_it, scope, units_at_fault(of_it, units), reference_month, as_of)
        for file, of_it in by_file.items()
    ]


def of_failure(dag_id: str, task_id: str, error: str, *, reference_month: str, as_of: str) -> list[Finding]:
    """A step that broke: the engineers'."""
    where = f"{dag_id}.{task_id}"
    return [
        Finding(
            cause_key=f"failure:{where}:{reference_month}",
            kind="failure",
            severity="block",
            title_zh=f"{reference_month} 运行中断：{where}：{_one_line(error)}；由数据工程师处理。",
            title_en=f"{reference_month}: {where} broke: {_one_line(error)}; for the data engineers.",
            because="运行中断，本月数据不完整 / a step broke, the month is incomplete",
            remedy_zh=f"在 Airflow 中查看 {where} 的日志，排除原因后清除该任务重跑",
            remedy_en=f"read the log of {where} in Airflow, mend the cause, then clear the task",
            owner="engineers",
            reference_month=reference_month,
            as_of_date=as_of,
        )
    ]


def of_overdue(dag_id: str, run_id: str, hours: float, *, reference_month: str, as_of: str) -> list[Finding]:
    """A run that is not over by its deadline, whether it hangs or still waits: the engineers'."""
    month = f"{reference_month} " if reference_month else ""
    return [
        Finding(
            cause_key=f"overdue:{dag_id}:{run_id}"[:200],
            kind="failure",
            severity="block",
            title_zh=f"{month}运行超时：{dag_id} 排队 {hours:g} 小时后仍未结束；由数据工程师处理。",
            title_en=f"{month}{dag_id} is not over {hours:g} hours after it was queued;"
            " for the data engineers.",
            because="未结束的运行不会自己报错 / a run that hangs reports no error",
            remedy_zh=f"在 Airflow 中查看 {dag_id} 的运行 {run_id}：在等什么，或卡在哪一步",
            remedy_en=f"look at run {run_id} of {dag_id} in Airflow: what it waits for, or where it hangs",
            owner="engineers",
            reference_month=reference_month,
            as_of_date=as_of,
        )
    ]


def of_unnoted(files: Sequence[Path], now: datetime) -> list[Finding]:
    """What could not be noted or told when it was found, and lies in files since: the engineers'."""
    if not files:
        return []
    count = len(files)
    return [
        Finding(
            cause_key="unnoted",
            kind="failure",
            severity="block",
            title_zh=f"有 {count} 件事未能登记或通知，记录在 outbox/unnoted 中；由数据工程师处理。",
            title_en=f"{count} things could not be noted or told, and lie in outbox/unnoted;"
            " for the data engineers.",
            because="没有登记的事不会有人处理 / what was not noted is nobody's to mend",
            remedy_zh="读这些文件，必要时重跑所述步骤使其登记；处理后删除文件，本事件即恢复",
            remedy_en="read the files, run the step they name again to have it noted; remove them to end it",
            owner="engineers",
            reference_month=f"{now:%Y-%m}",
            as_of_date=f"{now:%Y-%m-%d}",
            evidence=tuple(str(file) for file in files[:20]),
        )
    ]


def of_lateness(feed: Feed, rows: Sequence[Timeliness], as_of: date) -> list[Finding]:
    """A feed that should have spoken by now and has not: one finding, about the latest month it owes."""
    missing = sorted((row for row in rows if row.state == "missing"), key=lambda row: row.reference_month)
    if not missing:
        return []
    owed = missing[-1]
    due = owed.expected.day
    days = (as_of - due).days
    tables = tuple(dict.fromkeys(f"{row.table} {row.reference_month}" for row in missing))
    return [
        Finding(
            cause_key=f"late:{feed.feed}",
            kind="lateness",
            severity="note",
            title_zh=f"{feed.title_zh}：{owed.reference_month} 应于 {due} 到达，已迟 {days} 天。",
            title_en=f"{feed.title_en}: {owed.reference_month} was due on {due}, {days} days ago.",
            because="到期未到的数据在公报中标为缺失 / what has not come by its day is shown as missing",
            remedy_zh="向发布单位核实何时发布；已发布而未取到的，查看取数日志",
            remedy_en="ask the publisher when it comes out; if it is out, read the log of the pull",
            owner="units" if feed.units else "engineers",
            reference_month=owed.reference_month,
            as_of_date=as_of.isoformat(),
            units=tuple(feed.units),
            subjects=(
                Subject("feed", feed.feed, feed.title_zh, feed.title_en, f"{len(missing)} 期缺失 missing"),
                *(Subject("row", table) for table in tables),
            ),
        )
    ]


def of_status_changes(changes: ReleaseDiff, figures: Figures, release_name: str) -> list[Finding]:
    """Indicators whose status moved since the last release, each with its cause, for its units."""
    return [
        _of_status(change, changes.previous or "", figures, release_name)
        for change in changes.statuses
        if change.target_type == "indicator" and change.old is not None
    ]


def of_undelivered(channel: str, deliveries: Sequence[Delivery]) -> Finding:
    """Alerts that could not be sent over a channel: the engineers', who see it in the list of incidents."""
    last = deliveries[-1]
    count, given_up = len(deliveries), sum(delivery.state == "given_up" for delivery in deliveries)
    return Finding(
        cause_key=f"undelivered:{channel}",
        kind="failure",
        severity="note",
        title_zh=f"渠道 {channel} 有 {count} 条提醒未能发出（放弃 {given_up} 条）：{last.last_error}",
        title_en=f"channel {channel}: {count} alerts not sent ({given_up} given up): {last.last_error}",
        because="发不出的提醒等于没有提醒 / an alert that is not sent is none",
        remedy_zh="修复渠道后运行 python -m expectations alerts retry",
        remedy_en="mend the channel, then run python -m expectations alerts retry",
        owner="engineers",
        reference_month=f"{last.message.made_at:%Y-%m}",
        as_of_date=f"{last.message.made_at:%Y-%m-%d}",
        subjects=tuple(Subject("row", one.message.message_key, one.message.title) for one in deliveries[:50]),
    )


def units_at_fault(problems: Sequence[Problem], units: Sequence[str]) -> tuple[str, ...]:
    """Those of ``units`` whose files the problems are about, in their order; all where one file names none.

    A return says whose it is in its name, ``wjj_2022-12.xlsx``, or, where it is misnamed, in the name that
    its cover asks for; landing says it in the scope, ``UNIT_ID=wjj``.
    """
    named: dict[str, set[str]] = {}
    for problem in problems:
        pairs = _OF_UNIT.findall(f"{problem.where} {problem.expected}")
        named.setdefault(_file_of(problem), set()).update(
            unit for pair in pairs for unit in pair if unit in units
        )
    if not all(named.values()):
        return tuple(units)
    found = set().union(*named.values())
    return tuple(unit for unit in units if unit in found)


@dataclass(frozen=True)
class _Failure:
    """One failing rule, with those of its failing rows that are about one cause."""

    result: RuleResult
    rows: tuple[Row, ...]


def _accused(failing: Iterable[RuleResult], figures: Figures) -> set[str]:
    """The deliveries that some failing row leaves no doubt about."""
    found = (figures.landings_of(row) for result in failing for row in result.failing_rows)
    return {_delivery(next(iter(ids))) for ids in found if len(ids) == 1}


def _by_cause(result: RuleResult, figures: Figures, accused: set[str]) -> dict[str, list[Row]]:
    """The failing rows of a rule by cause; a rule that names none is its own cause."""
    by_cause: dict[str, list[Row]] = {}
    own = f"rule:{result.suite}.{result.rule_id}"
    for row in result.failing_rows:
        deliveries = sorted({_delivery(landing) for landing in figures.landings_of(row)})
        doubtless = [one for one in deliveries if len(deliveries) == 1 or one in accused]
        by_cause.setdefault(doubtless[0] if doubtless else own, []).append(row)
    return by_cause or {own: []}


def _delivery(landing_id: str) -> str:
    """What one feed said in one table on one day: the same for every file of that day's pull."""
    match = _DELIVERY.match(landing_id)
    return f"delivery:{match.group()}" if match else f"delivery:{landing_id}"


def _of_cause(cause: str, failures: Sequence[_Failure], build: Build, figures: Figures) -> Finding:
    worst = min(failures, key=lambda failure: _badness(failure, figures))
    feed = _feed_of(cause)
    units = _units(failures, feed, figures)
    zh, en = _titles(worst, len(failures), build.reference_month, figures)
    remedy_zh, _, remedy_en = worst.result.remedy.partition(" / ")
    return Finding(
        cause_key=f"gate:{build.kind}:{cause}",
        kind="quality",
        severity=worst.result.severity,
        title_zh=zh,
        title_en=en,
        because=worst.result.because,
        remedy_zh=remedy_zh,
        remedy_en=remedy_en or remedy_zh,
        owner=worst.result.owner if units or worst.result.owner != "units" else "engineers",
        reference_month=build.reference_month,
        as_of_date=build.as_of_date.isoformat(),
        units=units,
        subjects=tuple(_subjects(failures, cause, feed, figures)),
        evidence=(str(build.path / "verdict.json"),),
    )


def _badness(failure: _Failure, figures: Figures) -> tuple[int, bool, bool, str, str]:
    """The worst level first, then one that shows a figure, then by name."""
    result = failure.result
    return (
        -_SEVERITIES.index(result.severity),
        not any(figures.indicators_of(row) for row in failure.rows),
        not failure.rows,
        result.suite,
        result.rule_id,
    )


def _feed_of(cause: str) -> Feed | None:
    match = _DELIVERY.match(cause.removeprefix("delivery:"))
    if match is None:
        return None
    try:
        return find_feed(match["feed"])
    except BadInput:
        # A feed that is no longer declared; the delivery is named all the same.
        return None


def _indicators(failures: Iterable[_Failure], figures: Figures) -> list[str]:
    """The indicators that the rows name; where a rule has no row that names one, those of the rule."""
    found: list[str] = []
    for failure in failures:
        named = [key for row in failure.rows for key in figures.indicators_of(row)]
        found += named or failure.result.indicator_codes
    return sorted(set(found))


def _units(failures: Sequence[_Failure], feed: Feed | None, figures: Figures) -> tuple[str, ...]:
    known = figures.indicators
    units = [unit for key in _indicators(failures, figures) if key in known for unit in known[key].unit_ids]
    return tuple(dict.fromkeys(units)) or (tuple(feed.units) if feed else ())


def _titles(worst: _Failure, count: int, month: str, figures: Figures) -> tuple[str, str]:
    """One line in each language: what is wrong, with which figure, and for whom."""
    result = worst.result
    telling = [row for row in worst.rows if figures.indicators_of(row)] or worst.rows
    row = telling[0] if telling else None
    named = figures.indicators_of(row) if row else ()
    key = next(iter((*named, *result.indicator_codes)), "")
    figure, code = figures.indicators.get(key), key.rpartition("/")[2]
    value = told(row, figure) if row else result.observed
    zh, en = _LEVELS[result.severity]
    others_zh, others_en = (
        (f"；另有{count - 1}条规则同因未过", f"; {count - 1} more rules fail for the same cause")
        if count > 1
        else ("", "")
    )
    return (
        f"{month} {zh}：{_about(code, figure, 'zh')}{value}，不符合“{result.what_zh}”"
        f"{_responsible(figure, 'zh')}{others_zh}。",
        f"{month} {en}: {_about(code, figure, 'en')}{value}, breaks “{result.what_en}”"
        f"{_responsible(figure, 'en')}{others_en}.",
    )


def _about(code: str, figure: Figure | None, language: Language) -> str:
    if not code:
        return ""
    if language == "zh":
        return f"指标{code} {figure.name_zh}，" if figure else f"指标{code}，"
    return f"indicator {code} {figure.name_en}, " if figure else f"indicator {code}, "


def _responsible(figure: Figure | None, language: Language) -> str:
    if figure is None or not figure.responsible_zh:
        return ""
    return (
        f"；责任单位：{figure.responsible_zh}"
        if language == "zh"
        else f"; responsible: {figure.responsible_en}"
    )


def _subjects(
    failures: Sequence[_Failure], cause: str, feed: Feed | None, figures: Figures
) -> Iterator[Subject]:
    if feed is not None:
        yield Subject("feed", feed.feed, feed.title_zh, feed.title_en, cause.removeprefix("delivery:"))
    for failure in failures:
        result = failure.result
        yield Subject(
            "rule", f"{result.suite}.{result.rule_id}", result.what_zh, result.what_en, _rule_detail(failure)
        )
    rows = {key: row for failure in failures for row in failure.rows for key in figures.indicators_of(row)}
    for key in _indicators(failures, figures):
        figure = figures.indicators.get(key)
        detail = told(rows[key], figure) if key in rows else ""
        names = (figure.name_zh, figure.name_en) if figure else ("", "")
        yield Subject("indicator", key, *names, detail)


def _rule_detail(failure: _Failure) -> str:
    return f"{failure.result.severity}: {failure.result.observed}"


def _of_file(
    file: str,
    problems: Sequence[Problem],
    scope: str,
    units: tuple[str, ...],
    reference_month: str,
    as_of: str,
) -> Finding:
    first, found = problems[0], _one_line(problems[0].found)
    more_zh, more_en = (
        (f"；共{len(problems)}处", f"; {len(problems)} places in all") if len(problems) > 1 else ("", "")
    )
    return Finding(
        cause_key=f"refused:{scope}:{file}"[:200],
        kind="refusal",
        severity="block",
        title_zh=(f"{reference_month} 未发布：{first.where}：发现 {found}，应为 {first.expected}{more_zh}。"),
        title_en=(
            f"{reference_month} is not published: {first.where}: found {found},"
            f" expected {first.expected}{more_en}."
        ),
        because="不能识别的输入不入库 / input that cannot be read does not enter the warehouse",
        remedy_zh=first.remedy,
        remedy_en=first.remedy,
        owner="units" if units else "engineers",
        reference_month=reference_month,
        as_of_date=as_of,
        units=units,
        subjects=(
            Subject("file", file[-400:]),
            *(Subject("row", one.where[-400:], detail=_one_line(str(one))) for one in problems),
        ),
    )


def _of_status(change: StatusChange, previous: str, figures: Figures, release_name: str) -> Finding:
    key = f"{change.plan_id}/{change.target_id}"
    figure = figures.indicators.get(key)
    units = figure.unit_ids if figure else ()
    return Finding(
        cause_key=f"status:{key}:{release_name}",
        kind="status",
        severity="note",
        title_zh=f"{release_name} 状态变化：{change.told('zh')}{_responsible(figure, 'zh')}",
        title_en=f"{release_name} status changed: {change.told('en')}{_responsible(figure, 'en')}",
        because=f"与上一期 {previous} 相比 / compared with release {previous}",
        remedy_zh="请核对原因；对数据有异议的，按公报所列来源向统计部门提出",
        remedy_en="check the cause; a doubt about the figure goes to the statisticians, with its source",
        owner="units" if units else "statisticians",
        reference_month=release_name[:7],
        as_of_date="",
        units=units,
        subjects=(
            Subject("indicator", key, change.label.zh, change.label.en, f"{change.old} → {change.new}"),
        ),
    )


def _file_of(problem: Problem) -> str:
    return re.split(r"[,(:：]", problem.where)[0].strip()


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"
