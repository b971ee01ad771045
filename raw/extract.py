"""``python -m raw extract <feed> <page> --by NAME``: the form for the figures in a landed page's sentences.

It writes one row for every number that stands in the text, to be kept, completed or deleted by a person, and
reviewed by another. Nothing of it enters the warehouse before that.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from raw import land
from raw.doors.reviewed_forms import PAGES
from raw.errors import BadInput
from raw.feed import find_feed
from raw.html_page import paragraphs
from raw.readers.reviewed_form import FORM_COLUMNS

_NUMBER = re.compile(
    r"(?<![\d.,])\d+(?:\.\d+)?(?P<unit>亿美元|万美元|亿元|万元|万吨|万人|万标箱|元|%|个|户|家|人)", re.ASCII
)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the form of one page and say where; raise ``BadInput`` where the page is not landed."""
    parser = argparse.ArgumentParser(prog="python -m raw extract", description="正文数字摘录表（两人复核）")
    parser.add_argument("feed")
    parser.add_argument("page", help="PAGE_ID，入库页面编号 / of a landed page")
    parser.add_argument("--by", required=True, help="摘录人 / who extracts")
    parser.add_argument("--to", type=Path, help="写到 / where to write (default: <page>.csv)")
    arguments = parser.parse_args(argv)
    page = landed_page(arguments.feed, arguments.page)
    target: Path = arguments.to or Path(f"{arguments.page}.csv")
    if target.exists():
        raise BadInput.one(str(target), "a file already", "a new name", "give another with --to")
    rows = list(_candidates(arguments.page, page, arguments.by))
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, FORM_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print(f"{target}\t{len(rows)} 行候选 / candidates; 填好、由另一人复核、投件 / complete, review, drop")
    return 0


def landed_page(feed: str, page_id: str) -> bytes:
    """The newest landed bytes of a page; raise ``BadInput`` naming some there are."""
    known = land.vintages(None, find_feed(feed).feed, PAGES, date.max)
    found = [vintage for vintage in known if vintage.scope == f"PAGE_ID={page_id}"]
    if not found:
        some = ", ".join(sorted({vintage.scope.removeprefix("PAGE_ID=") for vintage in known})[:5])
        raise BadInput.one(
            where=f"{feed}, page {page_id}",
            found="no landed page",
            expected=f"one of {some or '(none landed)'}",
            remedy=f"python -m raw pull {feed}, or correct the id",
        )
    return found[-1].original.read_bytes()


def _candidates(page_id: str, page: bytes, extractor: str) -> Iterator[dict[str, str]]:
    for number, text in enumerate(paragraphs(page, page_id), start=1):
        for found in _NUMBER.finditer(text):
            yield {
                "PAGE_ID": page_id,
                "PARAGRAPH_NUMBER": str(number),
                "OBS_VALUE": found[0].removesuffix(found["unit"]),
                "UNIT": found["unit"],
                "EXTRACTED_BY": extractor,
            }
