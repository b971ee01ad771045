"""Reader of the form by which figures in running text enter: extracted by one person, reviewed by another.

One row is one figure with its place (the page's paragraph), its unit as printed, the series and period it is
about, and three entries of people: extracted_by, reviewed_by, reviewed_on. A form is refused where nobody
reviewed it, where the reviewer is the extractor, and where a figure does not literally stand, with its unit,
in the paragraph of the page that was landed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from raw.errors import BadInput, Problem
from raw.html_page import paragraphs
from raw.readers import Read, Rows, check_rows, csv, is_date, rows_of, scope_of, write_part

if TYPE_CHECKING:
    from pathlib import Path

    from raw.doors import Extract
    from raw.feed import Table

# The landed page, laid beside the form.
PAGE_FILE = "page.html"
FORM_COLUMNS = (
    "PAGE_ID", "PARAGRAPH_NUMBER", "OBS_VALUE", "UNIT", "INDICATOR", "REF_AREA", "MEASURE",
    "REFERENCE_PERIOD", "EXTRACTED_BY", "REVIEWED_BY", "REVIEWED_ON",
)  # fmt: skip
# Words before a figure that make it negative though no sign is printed.
_FALL = re.compile(r"(下降|减少|降低|回落|下滑)[^，。；\d]{0,6}$")


def read_into(extract: Extract, table: Table, target: Path) -> Read:
    """Check a form against its page and write its rows; raise ``BadInput`` with all that is wrong in it."""
    if PAGE_FILE not in extract.companions:
        raise BadInput.one(
            where=extract.name,
            found="no landed page of its PAGE_ID",
            expected="a page in the landing, against which its figures are held",
            remedy="pull the feed first, or correct PAGE_ID",
        )
    rows = rows_of(extract, table)
    check_rows(rows, table, extract.name)
    page = paragraphs(extract.companions[PAGE_FILE], PAGE_FILE)
    problems = [problem for one in _placed(rows) for problem in _literal_problems(*one, page, extract.name)]
    if problems:
        raise BadInput(problems)
    write_part(rows, table, target)
    scope = scope_of(rows, table, extract.name)
    return Read(len(rows.records), scope, rows.published_at, rows.not_before)


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Read a form; raise ``BadInput`` where two people have not both put their names to every row."""
    rows = csv.read(content, table, file_name)
    problems = [problem for one in _placed(rows) for problem in _people_problems(*one, file_name)]
    if problems:
        raise BadInput(problems)
    reviewed = [day for record in rows.records if (day := record.get("REVIEWED_ON")) and is_date(day)]
    known = max(reviewed, default=None)
    return Rows(
        rows.columns, rows.records, rows.places,
        published_at=known, not_before=date.fromisoformat(known) if known else None,
    )  # fmt: skip


def _placed(rows: Rows) -> Iterator[tuple[dict[str, str | None], str]]:
    return zip(rows.records, rows.places, strict=True)


def _people_problems(record: dict[str, str | None], place: str, where: str) -> Iterator[Problem]:
    extractor, reviewer = (person(record.get(name)) for name in ("EXTRACTED_BY", "REVIEWED_BY"))
    reviewed_on = record.get("REVIEWED_ON") or ""
    place = f"{where}, {place}"
    if not extractor or not reviewer:
        yield Problem(
            place, "no name", "EXTRACTED_BY and REVIEWED_BY", "let a second person review it and sign"
        )
    elif extractor == reviewer:
        yield Problem(place, f"{reviewer} as both", "two people", "let somebody else review it")
    if is_date(reviewed_on) and date.fromisoformat(reviewed_on) > datetime.now(UTC).astimezone().date():
        yield Problem(place, f"reviewed on {reviewed_on}", "a day up to today", "correct REVIEWED_ON")


def person(name: str | None) -> str:
    """A name for comparing: blanks and case do not make another person."""
    return "".join((name or "").split()).casefold()


def _literal_problems(
    record: dict[str, str | None], place: str, page: list[str], where: str
) -> Iterator[Problem]:
    """Whether the figure stands there, digit for digit, with its unit behind it."""
    number, figure, unit = (
        int(record["PARAGRAPH_NUMBER"] or 0),
        record["OBS_VALUE"] or "",
        record["UNIT"] or "",
    )
    text = page[number - 1] if 0 < number <= len(page) else ""
    if not _stands_in(text, figure, unit):
        yield Problem(
            where=f"{where}, {place}",
            found=f"{figure}{unit}, which does not stand in paragraph {number} of {len(page)}",
            expected="the figure as it is printed there, its unit right behind it",
            remedy="read the page again; a converted or rounded figure is not what the publisher said",
        )


def _stands_in(text: str, figure: str, unit: str) -> bool:
    """Whole numbers only: 4.5 does not stand in 14.52. A fall has its sign, or is said in words."""
    is_fall = figure.startswith("-")
    plain = re.escape(figure.removeprefix("-"))
    for found in re.finditer(rf"(?<![\d.,])(-?){plain}(?![\d]|[.,]\d)\s*{re.escape(unit)}", text, re.ASCII):
        says_fall = bool(found[1]) or bool(_FALL.search(text[: found.start()]))
        if says_fall == is_fall:
            return True
    return False
