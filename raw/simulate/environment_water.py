"""Simulated surface water of the West Coast: its sections, their monthly results, the readings of a moment.

The plan counts 21 sections and 52.38 % of them at class III or better in 2020, which is 11. Which they are
was not found, so the sections here have codes for names, QWC-01 to QWC-21. The list changes once (2023-01),
and the results of every March are put up again in June with one figure corrected, as publishers do. The same
seed gives the same figures.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from raw.replica.clock import CHINA, end_of

FIRST_MONTH = "2021-01"
SECTIONS = 21
LIST_CHANGED_ON = date(2023, 1, 1)
# Month M comes out on this day of M+1; a March is corrected on this day of June.
PUBLICATION_DAY, CORRECTION_DAY = 12, 10
LAKES = frozenset({5, 12, 19})

LIST_COLUMNS = ["断面编码", "断面名称", "水体类型", "地区代码", "启用日期", "停用日期"]
RESULT_COLUMNS = [
    "月份", "断面编码", "断面名称", "水温（℃）", "pH（无量纲）", "溶解氧（mg/L）", "高锰酸盐指数（mg/L）",
    "化学需氧量（mg/L）", "五日生化需氧量（mg/L）", "氨氮（mg/L）", "总磷（mg/L）", "总氮（mg/L）",
    "粪大肠菌群（个/L）",
]  # fmt: skip
Row = dict[str, str]


@dataclass(frozen=True)
class Section:
    """One monitored section; ``quality`` is the class of water it mostly has (1 to 6)."""

    code: str
    number: int
    is_lake: bool
    quality: float
    valid_from: date
    valid_to: date | None

    def is_monitored(self, month: str) -> bool:
        """Whether it stands in the list of that month."""
        day = date.fromisoformat(f"{month}-01")
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def sections(seed: int) -> list[Section]:
    """All sections that ever were in the list: 21 at any time, one of them replaced in 2023."""
    chance = random.Random(f"{seed} sections")  # noqa: S311 (repeatable, not secret)
    start = date.fromisoformat(f"{FIRST_MONTH}-01")
    found = [
        Section(
            code=f"QWC-{number:02d}",
            number=number,
            is_lake=number in LAKES,
            # Eleven of the 21 at class III or better, as in the plan's baseline.
            quality=chance.uniform(1.5, 2.7) if number <= 11 else chance.uniform(3.6, 5.4),
            valid_from=start,
            valid_to=LIST_CHANGED_ON - timedelta(days=1) if number == 7 else None,
        )
        for number in range(1, SECTIONS + 1)
    ]
    return [*found, Section("QWC-22", 22, False, chance.uniform(2.0, 2.8), LIST_CHANGED_ON, None)]


def section_list(seed: int, now: datetime) -> list[Row]:
    """The list as its file has it at a moment: no section of later, no end that has not come."""
    today = now.astimezone(CHINA).date()
    return [
        {
            "断面编码": one.code,
            "断面名称": f"模拟断面{one.number:02d}",
            "水体类型": "湖库" if one.is_lake else "河流",
            "地区代码": "CN-370211",
            "启用日期": one.valid_from.isoformat(),
            "停用日期": one.valid_to.isoformat() if one.valid_to and one.valid_to < today else "",
        }
        for one in sections(seed)
        if one.valid_from <= today
    ]


def published_on(month: str) -> date:
    """The day on which the results of a month come out."""
    first = date.fromisoformat(f"{month}-01")
    return (first + timedelta(days=31)).replace(day=PUBLICATION_DAY)


def corrected_on(month: str) -> date | None:
    """The day on which a month is put up again with a correction; None where it never is."""
    return date(int(month[:4]), 6, CORRECTION_DAY) if month.endswith("-03") else None


def months(now: datetime) -> Iterator[str]:
    """The months whose results are out at a moment, oldest first."""
    day = date.fromisoformat(f"{FIRST_MONTH}-01")
    while end_of(published_on(f"{day:%Y-%m}")) <= now:
        yield f"{day:%Y-%m}"
        day = (day + timedelta(days=31)).replace(day=1)


def monthly_results(month: str, seed: int, now: datetime) -> list[Row]:
    """The results of a month as they stood at a moment; a section that fell dry has no figures."""
    correction = corrected_on(month)
    is_corrected = correction is not None and end_of(correction) <= now
    rows = [_result(one, month, seed) for one in sections(seed) if one.is_monitored(month)]
    if is_corrected:
        rows[0]["氨氮（mg/L）"] = f"{float(rows[0]['氨氮（mg/L）']) + 1.2:.2f}"
    return rows


def _result(section: Section, month: str, seed: int) -> Row:
    chance = random.Random(f"{seed} {section.code} {month}")  # noqa: S311 (repeatable, not secret)
    said: Row = dict.fromkeys(RESULT_COLUMNS, "") | {
        "月份": month,
        "断面编码": section.code,
        "断面名称": f"模拟断面{section.number:02d}",
    }
    # The one section that falls dry does so in winter; never the first, whose March is corrected.
    if section.number == 20 and month[5:] in ("01", "02"):
        return said
    wet = 0.25 if month[5:] in ("07", "08", "09") else 0.0
    level = section.quality + wet + chance.uniform(-0.35, 0.35)
    phosphorus = 0.25 if section.is_lake else 1.0
    # Waters of farm land are far above every limit: nitrogen must not decide their class.
    nitrogen = 2.0 + level
    return said | {
        "水温（℃）": f"{chance.uniform(2, 28):.1f}",
        "pH（无量纲）": f"{chance.uniform(7.2, 8.6):.1f}",
        "溶解氧（mg/L）": f"{max(1.2, 9.6 - 1.3 * level + chance.uniform(-0.3, 0.3)):.1f}",
        "高锰酸盐指数（mg/L）": f"{2.0 * level * chance.uniform(0.8, 0.98):.1f}",
        "化学需氧量（mg/L）": f"{6.6 * level * chance.uniform(0.8, 0.98):.0f}",
        "五日生化需氧量（mg/L）": f"{1.3 * level * chance.uniform(0.7, 0.95):.1f}",
        "氨氮（mg/L）": f"{0.32 * level * chance.uniform(0.6, 0.95):.2f}",
        "总磷（mg/L）": f"{0.065 * level * phosphorus * chance.uniform(0.7, 0.95):.3f}",
        "总氮（mg/L）": f"{nitrogen * chance.uniform(0.7, 0.95):.2f}",
        "粪大肠菌群（个/L）": f"{chance.uniform(200, 90000):.0f}",
    }


def readings(moment: datetime, seed: int) -> list[list[str | None]]:
    """The latest automatic readings at a moment, one row a station, in the cells of the live table."""
    measured = moment.replace(hour=moment.hour // 4 * 4, minute=0)
    rows: list[list[str | None]] = []
    for one in sections(seed):
        if not one.is_monitored(f"{moment:%Y-%m}"):
            continue
        key = f"{seed} {one.code} {measured:%Y-%m-%dT%H}"
        chance = random.Random(key)  # noqa: S311 (repeatable, not secret)
        # One station was last heard of in December: in spring its day has no year and is not ahead of us.
        heard = datetime(measured.year - 1, 12, 30, 20) if one.number == 3 else measured
        rated = "--" if one.number == 9 else "7" if one.number == 10 else str(min(6, round(one.quality)))
        figures = [
            _cell(chance.uniform(2, 28), 1),
            _cell(chance.uniform(7, 8.6), 1),
            _cell(chance.uniform(4, 11), 1),
            _cell(chance.uniform(200, 1500), 1),
            _cell(chance.uniform(1, 40), 1),
            _cell(2 * one.quality, 1),
            _cell(0.3 * one.quality, 2),
            _cell(0.06 * one.quality, 3),
        ]
        name = f"模拟断面{one.number:02d}"
        missing = ["--", None, None]
        rows.append(["山东省", "淮河流域", name, f"{heard:%m-%d %H:%M}", rated, *figures, *missing])
    return rows


def _cell(value: float, decimals: int) -> str:
    """A cell shows a rounded figure and keeps the raw one in its title."""
    return f"<span title='原始值：{value:.{decimals + 1}f}'>{value:.{decimals}f}</span>"
