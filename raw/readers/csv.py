"""Comma-separated values (RFC 4180) in UTF-8: one header line, then one row a line."""

from __future__ import annotations

import csv
import io

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows


def read(content: bytes, table: Table, file_name: str) -> Rows:  # noqa: ARG001 (what a reader is given)
    """Read every cell as text, as it stands; an empty cell is ``None``.

    A byte order mark is not part of the first name. Raises ``BadInput`` for bytes that are not UTF-8, a
    missing or nameless header, quotes that do not close and rows longer or shorter than the header.
    """
    lines = _lines(_text(content, file_name), file_name)
    if not lines:
        raise BadInput.one(file_name, "an empty file", "a header and rows", "fetch or export the file again")
    header, body = lines[0], lines[1:]
    problems = [
        Problem(
            where=f"{file_name}, row {number}",
            found=f"{len(cells)} cells",
            expected=f"{len(header)}, as in the header",
            remedy="look for a comma that is not in quotes, or for a body that was cut off",
        )
        for number, cells in enumerate(body, start=1)
        if len(cells) != len(header)
    ]
    if problems:
        raise BadInput(problems)
    records = [{name: cell or None for name, cell in zip(header, cells, strict=True)} for cells in body]
    return Rows(header, list(records), [f"row {number}" for number in range(1, len(body) + 1)])


def _text(content: bytes, file_name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput.one(
            where=f"{file_name}, byte {error.start}",
            found=f"0x{content[error.start]:02x}, which is not UTF-8",
            expected="text in UTF-8",
            remedy="save the file as CSV UTF-8 (in Excel: 另存为 → CSV UTF-8)",
        ) from error


def _lines(text: str, file_name: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [cells for cells in reader if cells]
    except csv.Error as error:
        raise BadInput.one(
            where=f"{file_name}, line {reader.line_num}",
            found=str(error),
            expected="comma-separated values (RFC 4180)",
            remedy="correct the quotes at that line, or fetch the file again: its end may be missing",
        ) from error
