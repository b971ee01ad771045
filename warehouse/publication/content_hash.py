"""What a table says, as one hash: the same for a DuckDB table and for its Parquet file.

The bytes of a database file depend on the version that wrote it and on the order in which rows arrived.
The content does not. A row becomes one canonical text (netstrings, so no two rows can collide by where
a comma falls), SHA-256 makes it a number, and the numbers are added modulo 2**128, so the order of the
rows cannot matter while a row that is there twice does. Names and types of the columns and the number of
rows are hashed with the sum.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from raw.errors import BadInput
from warehouse.connect import reader

_TEXT = {"VARCHAR", "JSON", "UUID"}
_EXACT = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_FLOAT = {"FLOAT", "DOUBLE"}
_MODULUS = 1 << 128


@dataclass(frozen=True)
class Column:
    """A column as the hash sees it: its name and the plain name of its type."""

    name: str
    type: str


@dataclass(frozen=True)
class TableContent:
    """Rows, columns and hash (64 hexadecimal digits) of one table."""

    rows: int
    content_hash: str
    columns: tuple[Column, ...]


def quoted(name: str) -> str:
    """Return an identifier in double quotes, safe in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text literal, safe in SQL where no parameter is allowed."""
    return "'" + text.replace("'", "''") + "'"


def main_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the marts: every table of schema ``main``, sorted."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_catalog = current_database() and table_schema = 'main' order by table_name"
    ).fetchall()
    return [str(row[0]) for row in rows]


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[Column, ...]:
    """Return the columns of a relation written in SQL (``main."t"`` or ``read_parquet('…')``)."""
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    return tuple(Column(str(row[0]), _plain_type(str(row[1]))) for row in rows)


def table_content(connection: duckdb.DuckDBPyConnection, table: str, schema: str = "main") -> TableContent:
    """Return the content of one table of a DuckDB file."""
    return relation_content(connection, f"{quoted(schema)}.{quoted(table)}", f"{schema}.{table}")


def parquet_content(path: Path) -> TableContent:
    """Return the content of one Parquet file; equal to that of the table it was written from."""
    with duckdb.connect() as connection:
        return relation_content(connection, f"read_parquet({literal(str(path))})", str(path))


def file_contents(connection: duckdb.DuckDBPyConnection) -> dict[str, TableContent]:
    """Return the content of every mart of an open DuckDB file, by table name."""
    return {table: table_content(connection, table) for table in main_tables(connection)}


def content_hashes(file: Path) -> dict[str, dict[str, Any]]:
    """Return ``{table: {"rows": …, "content_hash": …}}`` of the marts of a DuckDB file, for build.json."""
    with reader(file) as connection:
        contents = file_contents(connection)
    return {
        name: {"rows": found.rows, "content_hash": found.content_hash} for name, found in contents.items()
    }


def relation_content(connection: duckdb.DuckDBPyConnection, relation: str, where: str) -> TableContent:
    """Return the content of any relation; ``where`` names it in an error about a type that has no text."""
    columns = columns_of(connection, relation)
    row_text = " || ".join(_netstring(column, where) for column in columns)
    digest = f"sha256({row_text})"
    found = connection.execute(
        "select count(*), coalesce(sum(('0x' || digest[1:16])::ubigint::hugeint), 0),"
        " coalesce(sum(('0x' || digest[17:32])::ubigint::hugeint), 0)"
        f" from (select {digest} as digest from {relation})"
    ).fetchone()
    rows, high, low = (int(part) for part in found or (0, 0, 0))
    described = {
        "columns": [[column.name, column.type] for column in columns],
        "rows": rows,
        "sum": f"{(high * (1 << 64) + low) % _MODULUS:032x}",
    }
    text = json.dumps(described, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return TableContent(rows, hashlib.sha256(text.encode()).hexdigest(), columns)


def _plain_type(found: str) -> str:
    # An ENUM comes back from Parquet as text: it says the same, so it counts the same.
    return "VARCHAR" if found.startswith("ENUM") or found in _TEXT else found


def _netstring(column: Column, where: str) -> str:
    text = canonical_text(column, where)
    return f"coalesce(strlen({text}) || ':' || {text} || ',', '~,')"


def canonical_text(column: Column, where: str) -> str:
    """Return the SQL for the one text of a value, whatever version of DuckDB evaluates it.

    Raises BadInput for a type without one (lists, structures, HUGEINT, which Parquet cannot hold).
    """
    name = quoted(column.name)
    if column.type == "VARCHAR":
        return f"{name}::varchar"
    if column.type in _EXACT or re.fullmatch(r"DECIMAL\(\d+,\d+\)", column.type):
        return f"cast({name} as varchar)"
    if column.type in _FLOAT:
        # Adding zero turns -0.0 into 0.0; seventeen digits tell every double from every other.
        return f"format('{{:.17e}}', {name}::double + 0.0)"
    if column.type == "BOOLEAN":
        return f"case when {name} then 'true' when not {name} then 'false' end"
    if column.type == "DATE":
        return f"strftime({name}, '%Y-%m-%d')"
    if column.type.startswith("TIMESTAMP"):
        return f"epoch_us({name})::varchar"
    raise BadInput.one(
        f"{where}, column {column.name}",
        f"type {column.type}",
        "text, whole number, DECIMAL, DOUBLE, BOOLEAN, DATE or TIMESTAMP",
        "cast the column in its mart to one of these types",
    )
