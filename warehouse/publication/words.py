"""The words a reader meets, Chinese and English: states, lamps, stages, periods, numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from warehouse.publication.tables import plain_number


@dataclass(frozen=True)
class Word:
    """One notion in both languages; ``means`` says what it stands for, where that needs saying."""

    zh: str
    en: str
    means_zh: str = ""
    means_en: str = ""


# Stands on every page and in every file of a release that is not official.
REHEARSAL = Word(
    "模拟演练",
    "SIMULATED",
    "数据为模拟，仅供演练，不得引用。",
    "The data are simulated, for rehearsal only; not to be quoted.",
)


def stamp(kind: str) -> str:
    """What marks the files of a release of a kind as simulated; nothing for an official one."""
    return "" if kind == "official" else f"{REHEARSAL.zh} {REHEARSAL.en}"


STATUSES = {
    "achieved_early": Word(
        "提前完成",
        "achieved early",
        "未到目标年已达到目标值。",
        "The target is reached before its year.",
    ),
    "met": Word(
        "已达到",
        "met",
        "目标期末或每年的要求已满足。",
        "The final or yearly requirement is satisfied.",
    ),
    "ahead": Word(
        "超前",
        "ahead",
        "进度比序时进度高10个百分点以上。",
        "Progress exceeds the schedule by more than 10 points.",
    ),
    "on_schedule": Word(
        "符合进度",
        "on schedule",
        "进度不低于序时进度，高出不超过10个百分点。",
        "Progress is at the schedule or up to 10 points above it.",
    ),
    "slightly_behind": Word(
        "略慢",
        "slightly behind",
        "进度比序时进度低10个百分点以内。",
        "Progress is up to 10 points below the schedule.",
    ),
    "lagging": Word(
        "滞后",
        "lagging",
        "进度比序时进度低10个百分点以上；低30个百分点以上为红灯。",
        "Progress is more than 10 points below the schedule; beyond 30 points the lamp is red.",
    ),
    "reversing": Word(
        "倒退",
        "reversing",
        "比基期更远离目标。",
        "Further from the target than at the baseline.",
    ),
    "breached": Word(
        "突破底线",
        "breached",
        "低于不得降低的底线。",
        "Below the floor that must hold.",
    ),
    "target_pending": Word(
        "目标待下达",
        "target pending",
        "上级尚未下达目标值。",
        "The superior authority has not assigned a value yet.",
    ),
    "comparator_missing": Word(
        "缺比较对象",
        "comparator missing",
        "用于比较的数据未公布，或价格口径不同，不作判断。",
        "What to compare with is unpublished, or at other prices; no judgement is made.",
    ),
    "no_baseline": Word(
        "缺可比基期",
        "no comparable baseline",
        "规划未给出基期值，或序列自基期以来间断而没有衔接，进度无法计算；原因写明是哪一种。",
        "The plan prints no baseline, or the series breaks after it without a link, so there is no progress; "
        "the reason says which.",
    ),
    "no_data": Word(
        "无数据",
        "no data",
        "截止日期前没有已公布或已填报的规划期年度数值，或年度值不全、不能累计。",
        "No yearly figure of the plan period was published or returned by the as-of date, or too few to sum.",
    ),
    "held": Word(
        "扣留待核",
        "held for checking",
        "规划期年度数值未通过检查，扣留待核，决定以前不作判断。",
        "The yearly figure failed a check and is held; no judgement is made until that is decided.",
    ),
    "not_due": Word(
        "未到考核期",
        "not due",
        "尚未到评估时点。",
        "The time of assessment has not come.",
    ),
    "under_revision": Word(
        "口径待确认",
        "under revision",
        "指标含义待责任单位确认，暂不发布状态。",
        "The meaning awaits the responsible unit's answer; no status is published.",
    ),
}

LAMPS = {
    "green": Word("绿灯", "green"),
    "yellow": Word("黄灯", "yellow"),
    "red": Word("红灯", "red"),
    "grey": Word("灰灯", "grey"),
}

EVALUATION_CLASSES = {
    "achieved_early": Word("提前完成", "achieved early"),
    "ahead": Word("快于预期", "ahead"),
    "as_expected": Word("基本符合预期", "broadly as expected"),
    "lagging": Word("滞后", "lagging"),
    "not_assessable": Word("无法评估", "not assessable"),
}

# What a target is in the findings of an evaluation: its status, or that it has none of the assessed year.
FINDING_STATUSES = {
    **STATUSES,
    "earlier_year": Word("评估年度无数", "no figure of the assessed year"),
    "later_year": Word("已有更晚年度", "judged by a later year"),
    "missed": Word("未完成", "missed"),
}

PROJECT_STATUSES = {
    "heading": Word("工程包", "programme"),
    "not_reported": Word("未报", "not reported"),
    "completed": Word("已完成", "completed"),
    "stage_reached": Word("已达要求阶段", "stage asked reached"),
    "not_started": Word("未开工", "not started"),
    "overdue": Word("逾期", "overdue"),
    "stage_only": Word("只报阶段", "stage only"),
    "ahead": STATUSES["ahead"],
    "on_schedule": STATUSES["on_schedule"],
    "slightly_behind": STATUSES["slightly_behind"],
    "lagging": STATUSES["lagging"],
}

# What a binding indicator's year is for a unit.
ASSESSMENTS = {
    "reached": Word("完成", "reached"),
    "missed": Word("未完成，一票否决", "missed, which fails the year"),
    "not_assessable": Word("无法评定", "not assessable"),
    "not_due": Word("年度未结束", "the year is not over"),
}

OUTLOOKS = {
    "reaches": Word("可达", "reaches"),
    "uncertain": Word("不确定", "uncertain"),
    "misses": Word("难达", "misses"),
    "not_assessable": Word("数据不足", "too few figures"),
}

EVIDENCE = {
    "value": Word("数值", "value"),
    "progress_pct": Word("进度", "progress"),
    "schedule_pct": Word("序时", "schedule"),
    "required_yearly_change": Word("所需变化", "change needed"),
    "outlook_low": Word("展望低值", "outlook, low"),
    "outlook_high": Word("展望高值", "outlook, high"),
    "actual_value": Word("实际值", "actual"),
    "projects_number": Word("项目数", "projects"),
    "status": Word("进展", "status"),
}

STAGES = {
    "preliminary": Word("初步", "preliminary"),
    "final": Word("最终", "final"),
    "revised": Word("修订", "revised"),
    "unknown": Word("阶段未注明", "stage not stated"),
}

MEASURES = {
    "LEVEL": Word("数值", "level"),
    "YTD": Word("累计", "year to date"),
    "YOY": Word("同比增长", "growth on a year earlier"),
    "YOY_YTD": Word("累计同比增长", "year-to-date growth on a year earlier"),
    "INDEX": Word("指数", "index"),
}

YEAR_TO_DATE = ("YTD", "YOY_YTD")

ATTRIBUTES = {"expected": Word("预期性", "expected"), "binding": Word("约束性", "binding")}

AREAS = {"CN-370211": Word("西海岸新区", "West Coast New Area"), "CN-370200": Word("青岛市", "Qingdao")}

PLAN_KINDS = {
    "demonstration": Word(
        "演示规划",
        "Demonstration plan",
        "目标和基期为演示而设，不是任何真实规划的内容，不得引用。",
        "Its targets and baselines are made up to show how a plan is loaded; it is no real plan, "
        "not to be quoted.",
    ),
}

ORIGINS = {
    "published": Word("公开发布", "published"),
    "returned": Word("单位填报", "returned by the unit"),
    "simulated": Word("模拟", "simulated"),
    "derived": Word("计算", "computed"),
}

DECISION_STATES = {
    "provisional": Word("暂定", "provisional"),
    "proposed": Word("拟定", "proposed"),
    "open": Word("待定", "open"),
    "confirmed": Word("已确认", "confirmed"),
    "adopted": Word("已采纳", "adopted"),
}

# Whether another letter of a decision would change what is computed.
DECISION_EFFECTS = {
    True: Word("选项读入计算", "its letter is read by the computation"),
    False: Word("只作说明，改选项不改计算", "told in words: another letter changes no computation"),
}

TAGS = {
    "CONV": Word("换算", "converted"),
    "BOUND": Word("约数", "approximate"),
    "SECONDHAND": Word("二手", "second-hand"),
    "PERIOD_INFERRED": Word("时期推断", "period inferred"),
    "COPY": Word("转载", "reprint"),
    "REAL": Word("可比价", "real"),
    "NOMINAL": Word("现价", "nominal"),
}

_YEARS = {2: ("两", "two"), 3: ("三", "three"), 4: ("四", "four"), 5: ("五", "five")}

_ENGLISH_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def word(table: dict[str, Word], key: str | None) -> Word:
    """Return the word for a key; an unknown key stands for itself, so nothing is hidden."""
    return table.get(key or "", Word(key or "", key or ""))


def decision_effect(is_computed: bool | None) -> Word | None:
    """Return whether another letter of a decision changes what is computed; None where it is not known."""
    return None if is_computed is None else DECISION_EFFECTS[is_computed]


def age_words(reference_month: str, age_years: int | None) -> Word | None:
    """Return what a reader is told of a status that rests on old figures; None below two full years.

    `age_years`: full years from the end of the judged year to the end of `reference_month` (``2025-12``).
    Yearly figures come out in the year after theirs: that much age is usual and says nothing.

    >>> age_words("2025-12", 2).en, age_words("2025-11", 2).en, age_words("2025-12", 1)
    ('judged on 2023, two years old', 'judged on 2022, two years old', None)
    """
    if age_years is None or age_years < 2:
        return None
    last_full_year = int(reference_month[:4]) - (reference_month[5:7] != "12")
    year = last_full_year - age_years
    zh, en = _YEARS.get(age_years, (str(age_years), str(age_years)))
    return Word(f"评估截至{year}年，距今{zh}年", f"judged on {year}, {en} years old")


def have(count: int) -> str:
    """The verb behind so many of something."""
    return "has" if count == 1 else "have"


def repeats(count: int) -> Word | None:
    """What is told of targets that say again what another says (DEC-T10); None where there is none."""
    if not count:
        return None
    verb = "repeats another target and is" if count == 1 else "repeat another target and are"
    return Word(f"其中重复表述{count}项，只计一次", f"{count} {verb} not counted again")


def milestone(value: float, target: float | None) -> str:
    """Whether a milestone is reached, in words."""
    return "已完成 done" if value >= (1 if target is None else target) else "未完成 not done"


def number(value: Decimal | float | int | None, places: int | None = None) -> str:
    """Return a figure for people: thousands apart (thin space), a true minus, zeros at the end only if asked.

    >>> number(Decimal("14920.750000")), number(-4.25, 1)
    ('14\u202f920.75', '−4.3')
    """
    if value is None:
        return ""
    exact = Decimal(str(value))
    if places is not None:
        exact = half_up(exact, places)
        text = f"{exact:f}"
    else:
        text = plain_number(half_up(exact, 6))
    sign = "−" if text.startswith("-") and exact != 0 else ""
    whole, dot, rest = text.lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", "\u202f") if len(whole) > 4 else whole
    return f"{sign}{grouped}{dot}{rest}"


def half_up(value: Decimal, places: int) -> Decimal:
    """Round half away from zero: 7.515 is printed 7.52."""
    return value.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")


def month_words(month: str) -> Word:
    """Return ``2024-12`` as 2024年12月 and December 2024."""
    year, number_of_month = int(month[:4]), int(month[5:7])
    return Word(f"{year}年{number_of_month}月", f"{_ENGLISH_MONTHS[number_of_month - 1]} {year}")


def date_words(day: date) -> Word:
    """Return a day as 2024年12月31日 and 31 December 2024."""
    month = _ENGLISH_MONTHS[day.month - 1]
    return Word(f"{day.year}年{day.month}月{day.day}日", f"{day.day} {month} {day.year}")


def published_words(day: date | None, precision: str | None) -> Word:
    """Return a date of publication no more exactly than it is known (day, month, year, unknown)."""
    if day is None or precision == "unknown":
        return Word("日期不详", "date unknown")
    if precision == "year":
        return Word(f"{day.year}年", str(day.year))
    if precision == "month":
        return month_words(f"{day:%Y-%m}")
    return date_words(day)


def period_words(period: str | None, measure: str | None = None) -> Word:
    """Return ``2022``, ``2022-Q3``, ``2022-10`` as people say them; a year to date by its months."""
    if not period:
        return Word("", "")
    year, _, rest = period.partition("-")
    if rest and measure in YEAR_TO_DATE:
        month = int(rest[1]) * 3 if rest.startswith("Q") else int(rest)
        if month > 1:
            return Word(f"{year}年1—{month}月", f"January–{_ENGLISH_MONTHS[month - 1]} {year}")
        return month_words(f"{year}-01")
    if rest.startswith("Q"):
        return Word(f"{year}年{'一二三四'[int(rest[1]) - 1]}季度", f"{rest} {year}")
    if rest:
        return month_words(period)
    return Word(f"{year}年", year)
