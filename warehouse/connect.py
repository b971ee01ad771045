"""The two doors to a DuckDB file: many readers, or one writer, never both.

DuckDB locks the whole file for a process that writes it. So the product writes a fresh file, judges it read
only, and swaps a pointer; readers open released files only, through ``reader``.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import duckdb

from raw.errors import BadInput

STORAGE_VERSION = "v1.0.0"
"""Files are written in the storage format that every DuckDB from 1.0 on can open."""

_BLOCK_BYTES = 1 << 20
_HOLDER = re.compile(r"Conflicting lock is held in (?P<program>.*?) ?\(PID (?P<pid>\d+)\)")


def reader(path: Path) -> duckdb.DuckDBPyConnection:
    """Open ``path`` read only; any number of processes may do so at once.

    Raises BadInput when the file is missing, is no DuckDB database, or a writer holds it.
    """
    if not path.is_file():
        raise BadInput.one(
            str(path), "no file", "a DuckDB database", "build it first: python -m warehouse build"
        )
    return _open(path, read_only=True)


def writer(path: Path) -> duckdb.DuckDBPyConnection:
    """Open ``path`` for writing, alone: no other process can read or write it until this is closed.

    Raises BadInput that says who holds the file when it is taken.
    """
    if not path.parent.is_dir():
        raise BadInput.one(
            str(path.parent), "no folder", "the folder of the database", "create the folder first"
        )
    return _open(path, read_only=False)


def sha256_of(*paths: Path) -> str:
    """The sha256 (FIPS 180-4) of a file, or of several one after another, as 64 hexadecimal digits.

    Raises BadInput for one that cannot be read.

    Not to be called while this process has the same file open in DuckDB: closing any handle of a file drops
    every lock that the process holds on it (POSIX fcntl), DuckDB's own among them.
    """
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
        except OSError as error:
            raise BadInput.one(
                str(path),
                f"unreadable ({error.strerror})",
                "a readable file",
                "check the path and its permissions",
            ) from error
    return digest.hexdigest()


def _open(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    # The storage version is a setting of the whole instance: DuckDB refuses to share an instance of one
    # process between connections whose settings differ, so both doors set the same.
    try:
        return duckdb.connect(
            str(path), read_only=read_only, config={"storage_compatibility_version": STORAGE_VERSION}
        )
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        raise _taken_or_broken(path, str(error)) from error


def _taken_or_broken(path: Path, message: str) -> BadInput:
    if holder := _HOLDER.search(message):
        who = f"taken by {holder['program'] or 'another program'} (process {holder['pid']})"
        return BadInput.one(
            str(path),
            who,
            "a file nobody is writing (one writer or many readers, never both)",
            f"wait until process {holder['pid']} has ended, or end it yourself; "
            "to read meanwhile, open warehouse/data/current/warehouse.duckdb",
        )
    if "different configuration" in message:
        return BadInput.one(
            str(path),
            "already open in this process, in the other mode",
            "one writer or many readers, never both",
            "close the other connection first",
        )
    return BadInput.one(
        str(path),
        f"no usable database ({message.splitlines()[0]})",
        "a DuckDB database",
        "restore the file from the release folder or build it again",
    )
