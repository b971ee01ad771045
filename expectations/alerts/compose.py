"""The words of an alert: the first line says what is wrong, with which figure, for whom, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from expectations.alerts.routes import Routes
from expectations.findings import Finding
from expectations.incidents import Change
from expectations.ledger import Incident, IncidentSubject
from expectations.links import acknowledge_link, incident_link
from raw.errors import BadInput
from warehouse.paths import data_root
from warehouse.release import in_force

MOST_SUBJECTS = 10
TITLE_LETTERS = 120
_CHANGES = {
    "opened": ("", ""),
    "worsened": ("【加重】", "[worse] "),
    "reopened": ("【再次出现】", "[back again] "),
    "recovered": ("【已恢复】", "[recovered] "),
    "escalated": ("【逾期未受理】", "[nobody has taken it up] "),
    "reminded": ("【提醒】", "[reminder] "),
}
_LEVELS = {
    "block": ("【未发布】", "[not published]"),
    "hold": ("【扣留待核】", "[held back]"),
    "note": ("【提示】", "[note]"),
}
_KINDS = {
    "rule": "未通过的规则 Failing rules",
    "indicator": "涉及指标 Indicators concerned",
    "feed": "数据源 Feed",
    "file": "文件 File",
    "row": "位置 Places",
    "unit": "单位 Units",
}


def title_of(found: Incident, change: Change) -> str:
    """The subject line, one short line."""
    mark = _CHANGES[change.what][0] or _LEVELS[found.severity][0]
    return _short(f"{mark}{found.title_zh}")


def body_of(found: Incident, change: Change, audience: str, routes: Routes) -> str:
    """The whole text, plain, Chinese first."""
    return "\n".join(_lines(found, change, audience, routes)) + "\n"


def title_of_status(finding: Finding) -> str:
    """The subject line of a changed status."""
    return _short(finding.title_zh)


def body_of_status(finding: Finding) -> str:
    """The text about an indicator whose status changed, with the cause."""
    return (
        "\n".join(
            [
                f"{finding.title_zh} 怎么办：{finding.remedy_zh}。",
                f"{finding.title_en} What to do: {finding.remedy_en}.",
                "",
                finding.because,
                *(
                    f"  - {subject.name_zh} / {subject.name_en}: {subject.detail}"
                    for subject in finding.subjects
                ),
            ]
        )
        + "\n"
    )


def _lines(found: Incident, change: Change, audience: str, routes: Routes) -> Iterator[str]:
    zh, en = _CHANGES[change.what]
    if change.what == "recovered":
        yield f"{zh}无需处理：{found.title_zh}"
        yield f"{en}nothing to do: {found.title_en}"
    else:
        yield f"{zh}{found.title_zh} 怎么办：{found.remedy_zh}。"
        yield f"{en}{found.title_en} What to do: {found.remedy_en}."
    yield ""
    yield f"收件 For: {_name(audience, routes)}    负责 Responsible: {_responsible(found, routes)}"
    if found.because:
        yield f"为何 Because: {found.because}"
    yield from _subjects([one for one in found.subjects if one.is_present])
    yield ""
    yield from _evidence(found, change, audience)
    yield f"报告月 Month: {found.reference_month}    截止日 As of: {found.as_of_date}"
    if found.severity == "block" and change.what != "recovered":
        yield in_force(data_root())


def _name(audience: str, routes: Routes) -> str:
    known = routes.audience(audience)
    if known is None:
        return audience
    return f"{known.name_zh} {known.name_en}".strip()


def _responsible(found: Incident, routes: Routes) -> str:
    names = [_name(unit if unit in routes.audiences else f"unit:{unit}", routes) for unit in found.units[:6]]
    more = f" 等{len(found.units)}个单位" if len(found.units) > len(names) else ""
    return ("、".join(names) + more) or _name(found.owner, routes)


def _subjects(subjects: Sequence[IncidentSubject]) -> Iterator[str]:
    for kind, title in _KINDS.items():
        of_kind = [one for one in subjects if one.subject_kind == kind]
        if not of_kind:
            continue
        yield f"{title} ({len(of_kind)}):"
        for one in of_kind[:MOST_SUBJECTS]:
            names = " / ".join(filter(None, [one.name_zh, one.name_en]))
            yield f"  - {' | '.join(filter(None, [one.subject_key, names, one.detail]))}"
        if len(of_kind) > MOST_SUBJECTS:
            left = len(of_kind) - MOST_SUBJECTS
            yield f"  … 另有 {left} 项 / {left} more"


def _evidence(found: Incident, change: Change, audience: str) -> Iterator[str]:
    for place in found.evidence:
        yield f"依据 Evidence: {place}"
    page = link = None
    # A deployment whose links are set up wrongly must not lose its alerts; `alerts routes` tells of it.
    with suppress(BadInput):
        page, link = incident_link(found.incident_id), acknowledge_link(found.incident_id, audience)
    yield f"事件 Incident: {page or f'python -m expectations show {found.incident_id}'}"
    if link and change.what != "recovered":
        yield f"受理 Acknowledge: {link}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LETTERS else line[: TITLE_LETTERS - 1] + "…"
