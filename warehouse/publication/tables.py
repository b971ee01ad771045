"""Each mart as CSV (RFC 4180, UTF-8) and as Parquet, in one fixed order of rows."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from raw.errors import BadInput
from warehouse.connect import reader
from warehouse.publication.content_hash import (
    TableContent,
    columns_of,
    literal,
    main_tables,
    parquet_content,
    quoted,
    table_content,
)

# What a spreadsheet takes for the start of a formula, half and full width (OWASP, "CSV injection").
_FORMULA_START = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
_HARMLESS = re.compile(r"[-+－＋]?|[-+]?\d+(\.\d+)?%?")
_BATCH = 10_000
STAMPED = "simulated_"


def write_tables(database: Path, folder: Path, stamp: str = "") -> dict[str, TableContent]:
    """Write ``csv/<mart>.csv`` and ``parquet/<mart>.parquet`` under ``folder``; return the contents.

    Every Parquet file is read back and must say what the table says, else RuntimeError. A ``stamp`` marks
    what is no official release wherever a file may go alone: in its name (``simulated_<mart>``), in every
    line of CSV (a last column ``stamp``), in the metadata of Parquet (key ``stamp``).
    """
    prefix = STAMPED if stamp else ""
    (folder / "csv").mkdir()
    (folder / "parquet").mkdir()
    contents: dict[str, TableContent] = {}
    with reader(database) as connection:
        for table in main_tables(connection):
            contents[table] = table_content(connection, table)
            write_csv(connection, table, folder / "csv" / f"{prefix}{table}.csv", stamp)
            write_parquet(connection, table, folder / "parquet" / f"{prefix}{table}.parquet", stamp)
    for table, content in contents.items():
        _same_content(table, content, folder / "parquet" / f"{prefix}{table}.parquet")
    if not contents:
        raise BadInput.one(
            str(database),
            "no table in schema main",
            "the marts",
            "build the month again: python -m warehouse build",
        )
    return contents


def write_csv(connection: duckdb.DuckDBPyConnection, table: str, path: Path, stamp: str = "") -> None:
    """Write one mart as CSV: UTF-8 without a mark, header, LF, NULL as nothing, empty text as ``""``.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers never do.
    Decimals are written without trailing zeros. Rows are in the order of all columns from left to right.
    A ``stamp`` ends every row.
    """
    end = f",{_cell(stamp)}\n" if stamp else "\n"
    names = [column.name for column in columns_of(connection, f"main.{quoted(table)}")]
    cursor = connection.execute(_ordered(table))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(_cell(name) for name in names) + (",stamp\n" if stamp else "\n"))
        while rows := cursor.fetchmany(_BATCH):
            file.writelines(",".join(_cell(value) for value in row) + end for row in rows)


def write_rows(names: Sequence[str], rows: Iterable[Sequence[object]], path: Path, stamp: str = "") -> None:
    """Write rows that stand in no table as CSV, as :func:`write_csv` writes a mart, in the order given."""
    end = f",{_cell(stamp)}\n" if stamp else "\n"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(_cell(name) for name in names) + (",stamp\n" if stamp else "\n"))
        file.writelines(",".join(_cell(value) for value in row) + end for row in rows)


def write_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path, stamp: str = "") -> None:
    """Write one mart as Parquet (zstd), rows as in the CSV file; a ``stamp`` goes into its metadata."""
    marked = f", kv_metadata {{stamp: {literal(stamp)}}}" if stamp else ""
    connection.execute(
        f"copy ({_ordered(table)}) to {literal(str(path))} (format parquet, compression zstd{marked})"
    )


def neutralised(text: str) -> str:
    """Return text that no spreadsheet runs as a formula.

    >>> neutralised("=1+1"), neutralised("-"), neutralised("-3.5"), neutralised("高于全市")
    ("'=1+1", '-', '-3.5', '高于全市')
    """
    starts = text.startswith(_FORMULA_START) or text.lstrip().startswith(_FORMULA_START)
    return "'" + text if starts and not _HARMLESS.fullmatch(text) else text


def plain_number(value: Decimal) -> str:
    """Return a decimal without an exponent and without zeros at its end: 4691.850000 becomes 4691.85."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def _ordered(table: str) -> str:
    return f"select * from main.{quoted(table)} order by all nulls first"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted_cell(neutralised(value))
    return str(value)


def _quoted_cell(text: str) -> str:
    needs = not text or any(mark in text for mark in ',"\n\r') or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if needs else text


def _same_content(table: str, content: TableContent, path: Path) -> None:
    found = parquet_content(path)
    if found != content:
        raise RuntimeError(f"{path} does not say what table {table} says: {found} against {content}")
