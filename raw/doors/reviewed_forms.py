"""Forms of reviewed figures that people put into the feed's inbox, each with the landed page it is about.

``python -m raw extract`` writes the form; ``raw/readers/reviewed_form.py`` says what must stand in it. The
page comes from the landing, never from the form: what a figure is held against is what the publisher said.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from raw import land
from raw.doors import Extract, Original
from raw.doors.drop_folder import inbox
from raw.feed import Feed
from raw.readers import is_date
from raw.readers.reviewed_form import PAGE_FILE

# The table that holds the pages' paragraphs, and the facts of a page that its figures are landed with.
PAGES = "paragraphs"
FACTS = ("PAGE_ID", "PAGE_URL", "PAGE_TITLE", "PUBLISHED_DATE")


class Request(BaseModel):
    """Keys of ``request`` for this door: the pattern of the forms' names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: str = Field(default="*.csv", min_length=1)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the forms reviewed by ``as_of``, each with its page as it had landed by then."""
    pages = {vintage.scope: vintage for vintage in land.vintages(None, feed.feed, PAGES, as_of)}
    for path in sorted(inbox(feed).glob(Request.model_validate(feed.request).files)):
        rows = _rows(path)
        if any(_is_later(day, as_of) for day in _cells(rows, "REVIEWED_ON")):
            continue
        # Its reader sees to it that all rows are about one page.
        page = pages.get(f"PAGE_ID={next(_cells(rows, 'PAGE_ID'), '')}")
        facts = page.manifest["facts"] if page else {}
        yield Extract(
            originals=(Original(path.name, path),),
            url=f"inbox:{feed.feed}/{path.name}",
            media_type="text/csv",
            companions={PAGE_FILE: page.original.read_bytes()} if page else {},
            facts={name: facts[name] for name in FACTS if name in facts},
            # What was read off a simulated page is as simulated as the page.
            origin="simulated" if page and page.manifest["origin"] == "simulated" else None,
        )


def _is_later(day: str, as_of: date) -> bool:
    """Whether a review came after ``as_of``; a day still to come is a slip, for the reader to tell."""
    today = datetime.now(UTC).astimezone().date()
    return is_date(day) and as_of < date.fromisoformat(day) <= today


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a form as far as they can be read here; what is wrong with them its reader says."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _cells(rows: list[dict[str, str]], name: str) -> Iterator[str]:
    return (row.get(name) or "" for row in rows)
