"""The notes of a release in Markdown: what it is, what changed, what went in, what the checks noted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from warehouse.diff import KIND_WORDS, LANGUAGES, Language, ReleaseDiff, Standing, StatusChange, ValueChange
from warehouse.publication import words
from warehouse.publication.content_hash import TableContent
from warehouse.verdict import Verdict, row_text

# Failing rows told of each note; verdict.json has more.
SHOWN_ROWS = 5


def notes(
    *,
    name: str,
    month: str,
    as_of: words.Word,
    kind: str,
    code_version: str,
    inputs: Sequence[Mapping[str, Any]],
    tables: Mapping[str, TableContent],
    changes: ReleaseDiff,
    verdict: Verdict,
) -> str:
    """Return the text of ``notes.md``; the same release gives the same bytes, there is no clock in it."""
    reference = words.month_words(month)
    title = f"# {name}：{reference.zh}发布说明 / Notes on the release of {reference.en}"
    lines = [
        title,
        "",
        *_rehearsal(kind),
        f"- 数据截止 / as of: {as_of.zh} / {as_of.en}",
        f"- 上一期 / previous release: {changes.previous or '无 / none'}",
        f"- 程序版本 / code version: `{code_version}`",
        "",
        "## 本期变化 / What changed",
        "",
        *_changes(changes),
        "## 质量核查 / Checks",
        "",
        *_checks(verdict),
        "## 输入 / Inputs",
        "",
        *_inputs(inputs),
        "## 表 / Tables",
        "",
        "| 表 table | 行 rows | 内容散列 content hash |",
        "| --- | ---: | --- |",
        *(
            f"| {table} | {content.rows} | `{content.content_hash}` |"
            for table, content in sorted(tables.items())
        ),
    ]
    return "\n".join(lines) + "\n"


def _rehearsal(kind: str) -> list[str]:
    if not words.stamp(kind):
        return []
    told = words.REHEARSAL
    return [f"> **{words.stamp(kind)}**  ", f"> {told.means_zh}  ", f"> {told.means_en}", ""]


def escaped(text: object) -> str:
    """Return text that Markdown and HTML readers show as it is, on one line."""
    flat = " ".join(str(text).split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", flat)


def _changes(changes: ReleaseDiff) -> list[str]:
    headline = changes.headline()
    lines = [f"{headline.zh}", "", f"{headline.en}", ""]
    lines += _status_section("评价变化及原因 / Judgements and why they changed", changes.targets)
    lines += _status_section(
        "项目和年度考核变化及原因 / Projects and yearly assessments, and why they changed", changes.others
    )
    lines += _value_section("规划指标 / Plan indicators", changes.indicators)
    lines += _value_section("支撑数据 / Supporting series", changes.series)
    return lines


def _status_section(title: str, changes: Iterable[StatusChange]) -> list[str]:
    rows = [
        f"| {_both(change.label)} | {_moved(change.before, change.after)} | {_both(change.reason)} "
        f"| {escaped(_told(change, 'zh'))}<br>{escaped(_told(change, 'en'))} |"
        for change in changes
    ]
    if not rows:
        return []
    head = [
        "| 指标或目标 target | 前 → 后 before → after | 说明 reason | 原因 cause |",
        "| --- | --- | --- | --- |",
    ]
    return [f"### {title}", "", *head, *rows, ""]


def _both(word: words.Word) -> str:
    return f"{escaped(word.zh)}<br>{escaped(word.en)}"


def _moved(before: Standing, after: Standing) -> str:
    return "<br>".join(
        f"{escaped(before.told(language))} → {escaped(after.told(language))}" for language in LANGUAGES
    )


def _told(change: StatusChange, language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(cause.told(language) for cause in change.causes)


def _value_section(title: str, changes: Iterable[ValueChange]) -> list[str]:
    told = []
    for change in changes:
        kind = KIND_WORDS[change.kind]
        zh, en = escaped(change.told("zh")), escaped(change.told("en"))
        told.append(f"- **{kind.zh}** {zh}  \n  {kind.en}: {en}")
    return [f"### {title}", "", *told, ""] if told else []


def _checks(verdict: Verdict) -> list[str]:
    judged = len(verdict.results)
    passed = sum(result.success for result in verdict.results)
    lines = [
        f"{judged}条规则，{passed}条通过。 / {judged} rules judged, {passed} passed.",
        "",
    ]
    for result in verdict.notes:
        lines.append(
            f"- {escaped(result.what_zh)}（{escaped(result.observed)}）。{escaped(result.because)}  \n"
            f"  {escaped(result.what_en)}"
        )
        lines += [f"  - {escaped(row_text(row))}" for row in result.failing_rows[:SHOWN_ROWS]]
        if result.failing_count > SHOWN_ROWS:
            count = result.failing_count
            lines.append(f"  - … 共 {count} 行，见 verdict.json / {count} rows in all, see verdict.json")
    return [*lines, ""] if verdict.notes else lines


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [
        f"- `{row['landing_id']}` sha256 `{row['sha256']}`"
        for row in sorted(inputs, key=lambda row: (_natural(str(row["landing_id"])), str(row["sha256"])))
    ]
    return [*(told or ["没有 / none"]), ""]


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key that counts: ``vintage=2022-12-31_2`` before ``vintage=2022-12-31_10``."""
    parts = re.split(r"([0-9]+)", text)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
