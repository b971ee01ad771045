from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from raw.errors import BadInput
from warehouse.connect import reader, sha256_of, writer

HOLD = (
    "import sys; from pathlib import Path; from warehouse.connect import {door};"
    "c = {door}(Path(sys.argv[1])); print(c.execute('select count(*) from t').fetchone()[0], flush=True);"
    "sys.stdin.readline()"
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "w.duckdb"
    with writer(path) as connection:
        connection.execute("create table t as select 1 as a")
    return path


def hold(door: str, path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(door=door), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "1"
    return process


def test_many_readers_at_once_and_none_of_them_can_write(database: Path) -> None:
    other = hold("reader", database)
    try:
        with reader(database) as connection:
            assert connection.execute("select a from t").fetchall() == [(1,)]
            with pytest.raises(duckdb.InvalidInputException, match="read-only"):
                connection.execute("insert into t values (2)")
    finally:
        other.communicate("\n", timeout=20)


def test_a_taken_file_names_who_holds_it(database: Path) -> None:
    other = hold("writer", database)
    try:
        for door in (reader, writer):
            with pytest.raises(BadInput, match=f"process {other.pid}"):
                door(database)
    finally:
        other.communicate("\n", timeout=20)
    with writer(database) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (1,)


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        reader(tmp_path / "none.duckdb")
    with pytest.raises(BadInput, match="no folder"):
        writer(tmp_path / "none" / "w.duckdb")
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database" * 1000)
    with pytest.raises(BadInput, match="no usable database"):
        reader(broken)


def test_the_file_is_in_the_storage_format_of_duckdb_1_0(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        tags = connection.execute("select tags['storage_version'] from duckdb_databases() where not internal")
        assert tags.fetchone() == ("v1.0.0+",)


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    assert sha256_of(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    with pytest.raises(BadInput, match="unreadable"):
        sha256_of(tmp_path / "none")
