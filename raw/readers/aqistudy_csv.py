"""Reader of the files of aqistudy.cn: twelve cells a row, no header, a byte order mark before the first city.

The columns are those that the table declares, in their order; days and months come in the same layout.
"""

from __future__ import annotations

import csv
import io

from raw.errors import BadInput, Problem
from raw.feed import Table
from raw.readers import Rows


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """One record a row; raises ``BadInput`` for another number of cells or bytes that are not UTF-8."""
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput.one(
            file_name, f"{error}", "comma-separated text in UTF-8", "download it again"
        ) from error
    names = list(table.columns)
    problems = [
        Problem(
            f"{file_name}, row {number}",
            f"{len(cells)} cells",
            f"{len(names)}: {', '.join(names)}",
            "is it this layout?",
        )
        for number, cells in enumerate(lines, start=1)
        if len(cells) != len(names)
    ]
    if problems:
        raise BadInput(problems)
    records: list[dict[str, str | None]] = [
        {name: cell or None for name, cell in zip(names, cells, strict=True)} for cells in lines
    ]
    return Rows(names, records, [f"row {number}" for number in range(1, len(lines) + 1)])
