"""The period that a Chinese title names: 2024年1-7月, 前三季度, 上半年, 7月, or a year alone.

A phrase is taken whole or not at all. A quarter that is not the first, a range that does not begin in
January, a second half and whatever else parts a year are no period here, and above all not the year: a figure
of two months must never stand for twelve.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TO = r"(?:[-‐‑–—―−~至到]{1,2})"
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
             "十一": 11, "十二": 12, "元": 1}  # fmt: skip
_NUMBER = r"(?:0?[1-9]|1[0-2]|十[一二]?|[一二三四五六七八九])"
_FIRST = r"(?:0?1|一|元)"
_QUARTER = r"[1-4一二三四]"
# What may stand behind a year, the longer phrase before the shorter one that begins it.
_PHRASES = (
    re.compile(rf"{_FIRST}月?{_TO}(?P<months>{_NUMBER})月"),
    re.compile(rf"前(?P<months>{_NUMBER})个?月"),
    re.compile(rf"(?:{_FIRST}{_TO}|前)(?P<quarters>{_QUARTER})个?季度"),
    re.compile(r"第?(?P<quarters>[1一])季度"),
    re.compile(r"(?P<half>上半年)"),
    re.compile(rf"(?P<month>{_NUMBER}|元)月"),
)
# A day is no period: the day of a publication stands above many a table.
_DAY = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
# A year that ends a span (2020-2024年) is none of its own.
_YEAR = re.compile(r"(?<![\d~‐‑–—―−-])(?<!\d[/、至到])(?P<year>\d{4})年")
_ANY_YEAR = re.compile(r"\d{4}年")
_PART = re.compile(r"月|季|半年|旬|第.{1,3}周|[QH]\d", re.IGNORECASE)
_ANOTHER_PART = re.compile(r"[\d一二三四五六七八九十元]个?月|季|半年|旬|[QH]\d", re.IGNORECASE)
# 2024年以来 and 2024年1-… (a title cut short) are no whole year.
_NO_WHOLE_YEAR = re.compile(r"\d|以|至今|前|初")


@dataclass(frozen=True)
class TitlePeriod:
    """A period as a title has it, and the words it is printed in.

    ``last_month`` is the month it runs to, 1 to 12, or ``None`` for a whole year; ``is_cumulative`` says
    whether it runs from January on (1-7月, 前三季度) or is that month alone (7月).
    """

    year: str
    last_month: int | None
    is_cumulative: bool
    printed: str

    @property
    def month_or_year(self) -> str:
        """2024-07 for 1-7月 and for 7月, 2024-06 for 上半年, 2024 for a year."""
        return self.year if self.last_month is None else f"{self.year}-{self.last_month:02}"

    @property
    def quarter_month_or_year(self) -> str:
        """The same, but 2024-Q3 for what runs from January to the end of a quarter before the last."""
        if self.is_cumulative and self.last_month in (3, 6, 9):
            return f"{self.year}-Q{self.last_month // 3}"
        return self.month_or_year


def title_period(title: str) -> TitlePeriod | None:
    """The one period of a title; ``None`` where there is none, more than one, or one that is not understood.

    Full-width forms and blanks do not count, nor does a period that is said twice. 1-4季度 and 全年 are the
    year.
    """
    text = _plain(title)
    found = _YEAR.search(text)
    if found is None:
        return None
    rest = text[found.end() :]
    phrase = next((matched for pattern in _PHRASES if (matched := pattern.match(rest))), None)
    words = phrase[0] if phrase else ""
    others = (text[: found.start()] + rest[len(words) :]).replace(found[0] + words, "")
    if _ANY_YEAR.search(others):
        return None
    if phrase is not None:
        last_month, is_cumulative = _understood(phrase)
        period = TitlePeriod(found["year"], last_month, is_cumulative, found[0] + words)
        return None if _ANOTHER_PART.search(others.replace(words, "")) else period
    if _PART.search(others) or _NO_WHOLE_YEAR.match(rest):
        return None
    return TitlePeriod(found["year"], None, is_cumulative=False, printed=found[0])


def names_a_year(title: str) -> bool:
    """Whether a title names any year, so that one without a :func:`title_period` is not understood."""
    return bool(_ANY_YEAR.search(_plain(title)))


def _plain(title: str) -> str:
    return _DAY.sub("；", re.sub(r"\s", "", unicodedata.normalize("NFKC", title)))


def _understood(phrase: re.Match[str]) -> tuple[int | None, bool]:
    """The month a phrase runs to (``None``: the year), and whether it runs from January on."""
    said = phrase.groupdict()
    if said.get("months"):
        return _number(said["months"]), True
    if said.get("quarters"):
        quarter = _number(said["quarters"])
        return (quarter * 3, True) if quarter < 4 else (None, False)
    return (6, True) if said.get("half") else (_number(said["month"]), False)


def _number(printed: str) -> int:
    return _NUMERALS.get(printed) or int(printed)
