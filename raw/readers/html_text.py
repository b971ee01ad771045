"""Reader of the running text of a publisher's page: one row for each paragraph, and no figure out of any.

A figure that stands in a sentence enters only by a form that one person filled in and another one reviewed
(``raw/readers/reviewed_form.py``); its rows name the paragraphs landed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raw.html_page import paragraphs
from raw.readers import Rows

if TYPE_CHECKING:
    from raw.feed import Table


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read the paragraphs, numbered from 1; raise ``BadInput`` for what is no whole page."""
    found = list(enumerate(paragraphs(content, file_name), start=1))
    records: list[dict[str, str | None]] = [
        {"PARAGRAPH_NUMBER": str(number), "PARAGRAPH_TEXT": text} for number, text in found
    ]
    return Rows(
        ["PARAGRAPH_NUMBER", "PARAGRAPH_TEXT"], records, [f"paragraph {number}" for number, _ in found]
    )
