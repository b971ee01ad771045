"""A table as a web page fetches it: JSON with ``thead`` and ``tbody``, whose headers and cells are HTML.

::

    {"total": 1, "records": 2, "thead": ["断面名称", "水温"],
     "tbody": [["仰口", "<span title='原始值：23.88'>23.9</span>"]]}

Columns are found by the text of ``thead``; one that the feed does not declare is left out, because the header
grows now and then. Of a cell the raw value in its title counts, else what it shows; ``--`` and null are none.
"""

from __future__ import annotations

import html
import json
import logging
import re

from bs4 import BeautifulSoup

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows

logger = logging.getLogger(__name__)

RAW_VALUE = re.compile(r"原始值[：:]\s*(\S+)")
Cell = str | int | float
NO_VALUE = {"", "--", "—"}


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read the declared columns of one page; raise ``BadInput`` for anything that is not such a table."""
    thead, tbody = _table(content, file_name)
    header = [_text(name) for name in thead]
    problems = [
        Problem(
            where=f"{file_name}, row {number}",
            found=f"{len(cells)} cells",
            expected=f"{len(header)}, as in thead",
            remedy="fetch the table again; if it stays, the publisher changed it",
        )
        for number, cells in enumerate(tbody, start=1)
        if len(cells) != len(header)
    ]
    if problems:
        raise BadInput(problems)
    undeclared = [name for name in header if name not in table.columns]
    if undeclared:
        logger.info("%s: columns nobody declared, left out: %s", file_name, ", ".join(undeclared))
    columns = [name for name in header if name in table.columns]
    records = [
        {name: _value(cell) for name, cell in zip(header, cells, strict=True) if name in table.columns}
        for cells in tbody
    ]
    return Rows(columns, records, [f"row {number}" for number in range(1, len(records) + 1)])


def _table(content: bytes, file_name: str) -> tuple[list[str], list[list[Cell | None]]]:
    try:
        said = json.loads(content.decode("utf-8-sig"))
        thead, tbody = said["thead"], said["tbody"]
        is_header = isinstance(thead, list) and all(isinstance(name, str) for name in thead)
        is_body = isinstance(tbody, list) and all(_is_row(cells) for cells in tbody)
        if is_header and is_body:
            return thead, tbody
        found = "thead that is no list of texts, or tbody that is no list of rows of cells"
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        found = f"{type(error).__name__} in a body beginning {content[:60]!r}"
    raise BadInput.one(
        where=file_name,
        found=found,
        expected="JSON in UTF-8 with thead and tbody",
        remedy="fetch it again; if it stays, the publisher changed the service",
    )


def _is_row(cells: object) -> bool:
    return isinstance(cells, list) and all(cell is None or isinstance(cell, Cell) for cell in cells)


def _text(markup: str) -> str:
    return BeautifulSoup(markup, "lxml").get_text(strip=True)


def _value(cell: Cell | None) -> str | None:
    """The raw value that a cell keeps in its title, else the text it shows."""
    markup = "" if cell is None else str(cell)
    if "<" in markup:
        holder = BeautifulSoup(markup, "lxml").select_one("[title]")
        raw = RAW_VALUE.search(str(holder["title"])) if holder else None
        markup = raw[1] if raw else _text(markup)
    text = html.unescape(markup).strip()
    return None if text in NO_VALUE else text
