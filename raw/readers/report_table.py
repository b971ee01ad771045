"""A published report: an HTML page (UTF-8) with one table, and said above it what the whole page is about.

::

    <h1>title</h1>
    <p class="info">编号：S131　发布日期：2022-02-24　来源：…</p>
    <table><caption>2022年1月</caption><tr><th>区市</th>…</tr><tr><td>…</td></tr></table>

Title (标题), month (月份, from the caption) and each ``label：text`` of the info line are columns of every
row. A dash or nothing in a cell is no figure. Of a figure printed as the lower end of a range (≥87.1) the
digits are read, and 下限 names its column; several stand with a ； between them.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows
from raw.title_period import title_period

TITLE, MONTH, LOWER_BOUNDS = "标题", "月份", "下限"
NO_FIGURE = {"", "—", "-", "--", "／", "/"}
SEPARATOR = "\u3000"
BOUND_SIGN = "≥"


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read every cell as text, with what the page says of itself; an empty or dashed cell is ``None``.

    The column 下限 names the columns whose figure is a lower end, and is ``None`` where there is none.

    Raises ``BadInput`` for bytes that are not UTF-8, a page that breaks off, one without exactly one table,
    without its month, or with rows of another length than the header.
    """
    page = BeautifulSoup(_whole_text(content, file_name), "lxml")
    said = _said_of_the_page(page, file_name)
    header, body = _table(page, file_name)
    problems = [
        Problem(
            where=f"{file_name}, row {number}",
            found=f"{len(cells)} cells",
            expected=f"{len(header)}, as in the header",
            remedy="look at the page: a merged or missing cell moves all that follow",
        )
        for number, cells in enumerate(body, start=1)
        if len(cells) != len(header)
    ]
    if problems:
        raise BadInput(problems)
    records = [{**said, **_record(dict(zip(header, cells, strict=True)))} for cells in body]
    places = [f"row {number}" for number in range(1, len(body) + 1)]
    return Rows([*said, LOWER_BOUNDS, *header], records, places)


def _whole_text(content: bytes, file_name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput.one(
            where=f"{file_name}, byte {error.start}",
            found=f"0x{content[error.start]:02x}, which is not UTF-8",
            expected="a page in UTF-8",
            remedy="look at the page in a browser; another encoding is another format",
        ) from error
    if not text.rstrip().lower().endswith("</html>"):
        raise BadInput.one(
            where=file_name,
            found=f"a page ending in {text[-40:]!r}" if text else "an empty page",
            expected="a whole page, to its </html>",
            remedy="pull again; if it stays, tell the publisher that the page is cut off",
        )
    return text


def _said_of_the_page(page: BeautifulSoup, file_name: str) -> dict[str, str | None]:
    """What holds for all rows: title, month and the pairs of the info line."""
    title, info, caption = page.find("h1"), page.select_one("p.info"), page.find("caption")
    month = title_period(caption.get_text()) if isinstance(caption, Tag) else None
    is_month = month is not None and month.last_month is not None and not month.is_cumulative
    if not isinstance(title, Tag) or info is None or month is None or not is_month:
        raise BadInput.one(
            where=file_name,
            found=f"a page that begins {page.get_text(' ', strip=True)[:60]!r}",
            expected="a report: a title, an info line, and a table whose caption says the month",
            remedy="open it in a browser: it may be a page of apology or maintenance, or a new layout",
        )
    pairs = [pair.partition("：") for pair in info.get_text().strip().split(SEPARATOR) if pair]
    return {
        TITLE: title.get_text(strip=True),
        MONTH: month.month_or_year,
        **{label.strip(): text.strip() or None for label, _, text in pairs},
    }


def _table(page: BeautifulSoup, file_name: str) -> tuple[list[str], list[list[str]]]:
    tables = page.find_all("table")
    if len(tables) != 1:
        raise BadInput.one(
            file_name, f"{len(tables)} tables", "one table", "look at the page: the layout is another one"
        )
    lines = [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in tables[0]("tr")]
    if not lines:
        raise BadInput.one(file_name, "a table without rows", "a header and rows", "look at the page")
    return lines[0], lines[1:]


def _record(cells: dict[str, str]) -> dict[str, str | None]:
    bounds = [name for name, cell in cells.items() if cell.startswith(BOUND_SIGN)]
    figures = {name: _figure(cell.removeprefix(BOUND_SIGN)) for name, cell in cells.items()}
    return {LOWER_BOUNDS: "；".join(bounds) or None, **figures}


def _figure(cell: str) -> str | None:
    return None if cell in NO_FIGURE else cell
