"""A stand-in for the bureau's web site: a list page, and the pages it leads to.

None of the bundled figures is known to come from a table page, so without a seed the list is empty, which is
the truth. With a seed it lists pages of simulated rankings, in the markup of the city bureau's site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from raw.replica.answers import Answer, Asked, UnanswerableError
from raw.replica.clock import CHINA
from raw.replica.faults import TABLE_FAULTS, Cells, Fault, WireTable, spoil, spoil_text
from raw.simulate.bureau_releases import WEST_COAST, ranking

LIST_PATH = ["tongjigz", "tongjiju_tjyw"]
HTML_TYPE = "text/html; charset=utf-8"
# A list shows its newest pages first, and only so many.
LISTED = 4
_TITLES = {1: "一季度", 2: "上半年", 3: "前三季度", 4: "全年"}
# subject, header of the values, digits after the point
_TABLES = (
    ("地区生产总值", "总量（计量单位：亿元）", 1),
    ("外贸进出口总额", "累计（计量单位：万元）", 0),
)
_GROWTH = "增长"


@dataclass(frozen=True)
class _Page:
    """One page: the quarter it is about; it comes out on the 28th of the month after."""

    year: int
    quarter: int

    @property
    def published(self) -> date:
        year, month = divmod(self.year * 12 + self.quarter * 3, 12)
        return date(year, month + 1, 28)

    @property
    def name(self) -> str:
        return f"t{self.published:%Y%m%d}_{self.year}{self.quarter:02}.shtml"

    @property
    def path(self) -> str:
        return f"{self.published:%Y%m}/{self.name}"

    @property
    def title(self) -> str:
        # The whole year is called by its number alone.
        return f"各区市{self.year}年{_TITLES[self.quarter] if self.quarter < 4 else ''}主要经济指标"


class Publisher:
    """The site without HTTP: a question in, an answer out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:
        self._today = now.astimezone(CHINA).date()
        self._seed = seed

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the pages; the list always answers."""
        return asked.path[-1:] != [] and asked.path[-1].endswith(".shtml")

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer with the list, or one page."""
        pages = list(self._pages())
        if asked.path == LIST_PATH:
            return Answer(200, _list_page(pages).encode(), HTML_TYPE)
        for page in pages:
            if asked.path == [*LIST_PATH, *page.path.split("/")]:
                # Last period's page under this one's address: its tables, with this one's title.
                shown = _before(page) if Fault.LAST_MONTH in active else page
                return Answer(200, spoil_text(self._page(page, shown, active), active), HTML_TYPE)
        raise UnanswerableError(404, "no such page on this day")

    def _pages(self) -> Iterator[_Page]:
        """The newest pages that are out, newest first."""
        if self._seed is None:
            return
        every = (
            _Page(year, quarter) for year in range(self._today.year, 2015, -1) for quarter in (4, 3, 2, 1)
        )
        yield from [page for page in every if page.published <= self._today][:LISTED]

    def _page(self, page: _Page, shown: _Page, active: frozenset[Fault]) -> bytes:
        title = (shown if Fault.LAST_MONTH in active else page).title
        day = shown.published if Fault.LAST_MONTH in active else page.published
        tables = [self._table(shown, *one, active) for one in _TABLES]
        gdp = next(row for row in self._rows(shown, "地区生产总值", 1) if row[1] == WEST_COAST)
        sentence = f"{WEST_COAST}实现生产总值{gdp[2]}亿元，同比{_growth_in_words(gdp[3])}。"
        return (
            f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>{title}</title></head><body>\n'
            f'<h1>{title}</h1>\n<div class="info">发布日期： {day}</div>\n'
            f'<div class="TRS_Editor">\n<p>{sentence}</p>\n{"".join(tables)}</div>\n</body></html>\n'
        ).encode()

    def _rows(self, page: _Page, subject: str, decimals: int) -> list[tuple[str, str, str, str]]:
        return ranking(self._seed or 0, subject, page.year, page.quarter, decimals)

    def _table(self, page: _Page, subject: str, header: str, decimals: int, active: frozenset[Fault]) -> str:
        columns = ["#", "区市", header, _GROWTH]
        rows: list[Cells] = [
            dict(zip(columns, row, strict=True)) for row in self._rows(page, subject, decimals)
        ]
        if Fault.UNIT_CHANGED in active:
            columns[2] = header.replace("万元", "元").replace("亿元", "万元")
            rows = [
                {(columns[2] if key == header else key): text for key, text in row.items()} for row in rows
            ]
        victim = next(number for number, row in enumerate(rows) if row["区市"] == WEST_COAST)
        return _html(subject, spoil(WireTable(columns, rows, columns[2], victim=victim), active))


def _before(page: _Page) -> _Page:
    return _Page(page.year, page.quarter - 1) if page.quarter > 1 else _Page(page.year - 1, 4)


def _growth_in_words(growth: str) -> str:
    return f"下降{growth.removeprefix('-')}" if growth.startswith("-") else f"增长{growth}"


def _list_page(pages: list[_Page]) -> str:
    items = "".join(
        f'<li><a href="{page.path}">{page.title}</a><span>{page.published}</span></li>\n' for page in pages
    )
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>统计要闻</title></head><body>\n'
        f'<ul class="news_list">\n{items}</ul>\n</body></html>\n'
    )


def _html(subject: str, table: WireTable) -> str:
    head = "".join(f"<td>{escape(name)}</td>" for name in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(row[name])}</td>" for name in table.columns) + "</tr>\n"
        for row in table.rows
    )
    return f"<p>{subject}</p>\n<table>\n<tr>{head}</tr>\n{body}</table>\n"
