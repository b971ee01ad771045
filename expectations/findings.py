"""Findings: what was noticed, in one form, whether a rule, a refusal, a crash, a delay or a status said it.

A finding is about a cause. ``cause_key`` is the same for the same cause in every run and process, so that
forty failing rules that one bad file has broken are one finding, one incident and one alert.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from warehouse.verdict import Owner, Severity

Kind = Literal["quality", "refusal", "failure", "lateness", "status"]
SubjectKind = Literal["rule", "indicator", "feed", "unit", "file", "row"]


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
