"""A publisher's HTML page, or the part of one that was kept: decoded as it says itself, and whole."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from raw.errors import BadInput
from raw.title_period import title_period

AGAIN = "fetch the page again; if it stays so, look at it in a browser"
# What people wrote, without menus and footers; a kept fragment has none of these and is taken whole.
BODY = ".TRS_Editor"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.I)
# What old pages call GB2312 holds letters of its superset.
_ENCODINGS = {"gb2312": "gb18030", "gbk": "gb18030"}


def parsed(content: bytes, where: str) -> BeautifulSoup:
    """The page as a tree; raise ``BadInput`` for another encoding than it says, or one without its end."""
    declared = _CHARSET.search(content[:2000])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    encoding = _ENCODINGS.get(name, name)
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise BadInput.one(
            where, f"bytes that are not {name}", f"a page in {name}, its charset", AGAIN
        ) from error
    small = text.lower()
    for opening, closing in (("<html", "</html>"), ("<table", "</table>")):
        if small.count(opening) != small.count(closing):
            raise BadInput.one(where, f"{opening}> without its end", "a whole page: it looks cut off", AGAIN)
    if not re.search(r"<(table|p|body)\b", small):
        raise BadInput.one(where, f"no page: {text.strip()[:60]!r}", "an HTML page", AGAIN)
    return BeautifulSoup(text, "lxml")


def body_of(page: BeautifulSoup) -> Tag:
    """The part of the page that people wrote."""
    return page.select_one(BODY) or page


def text_of(element: Tag) -> str:
    """Its text on one line."""
    return " ".join(element.get_text(" ", strip=True).split())


def paragraphs(content: bytes, where: str) -> list[str]:
    """The paragraphs of what people wrote, in their order; empty ones do not count."""
    found = (text_of(paragraph) for paragraph in body_of(parsed(content, where)).find_all("p"))
    return [text for text in found if text]


def title_of(page: BeautifulSoup) -> str:
    """The title above what people wrote; empty where there is none."""
    return text_of(page.h1) if page.h1 else ""


def published_day(page: BeautifulSoup) -> str | None:
    """The day that the page says it was published on (发布日期), as it is written, if it says one."""
    info = page.select_one(".info")
    day = DAY.search(text_of(info)) if info else None
    return day[0] if day else None


def period_of_title(title: str) -> str | None:
    """The period a title is about: 2022-Q3 for 前三季度 and 1-3季度, 2022-10 for 1-10月, 2022 for a year.

    ``None`` where it is not understood, as 二季度, 下半年 and 2-3月: tables are cumulative.
    """
    period = title_period(title)
    return period.quarter_month_or_year if period else None
