"""Ship positions (AIS) in the layouts of Marine Cadastre: CSV, alone, in a zip, or as Zstandard; streamed.

Two generations of header for the same columns: ``MMSI,BaseDateTime,LAT,LON,…`` (2015 to 2023; without
TransceiverClass before about 2018) and ``mmsi,base_date_time,longitude,latitude,…`` (from 2024). Columns are
found by name; a name that is neither generation's is refused, even where one could guess what it means. Cells
stay as written; a cell of blanks is empty. What is a sentinel (Heading 511, …) is said in the warehouse.

A file is a day in UTC (a month in 2017), said beside it as ``POSITION_PERIOD``; positions of another time are
refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from raw.errors import BadInput, Problem
from raw.readers import DECIMAL, Read, check_facts, is_date, last_day_of

if TYPE_CHECKING:
    import pyarrow as pa

    from raw.doors import Extract, Original
    from raw.feed import Table

# Our names → those of each generation.
NAMES = {
    "MMSI": ("MMSI", "mmsi"),
    "BASE_DATE_TIME": ("BaseDateTime", "base_date_time"),
    "LATITUDE": ("LAT", "latitude"),
    "LONGITUDE": ("LON", "longitude"),
    "SOG": ("SOG", "sog"),
    "COG": ("COG", "cog"),
    "HEADING": ("Heading", "heading"),
    "VESSEL_NAME": ("VesselName", "vessel_name"),
    "IMO": ("IMO", "imo"),
    "CALL_SIGN": ("CallSign", "call_sign"),
    "VESSEL_TYPE": ("VesselType", "vessel_type"),
    "STATUS": ("Status", "status"),
    "LENGTH": ("Length", "length"),
    "WIDTH": ("Width", "width"),
    "DRAFT": ("Draft", "draft"),
    "CARGO": ("Cargo", "cargo"),
    "TRANSCEIVER_CLASS": ("TransceiverClass", "transceiver"),
}
OPTIONAL = {"TransceiverClass"}
# A day of all US waters has about 900 MB; positions pack five to ten times, a bomb a thousand times.
MAX_UNPACKED = 4_000_000_000
MAX_RATIO = 100
FREE_BYTES = 50_000_000
BLOCK = 1 << 22
MAX_WINDOW = 1 << 27
STEP = 1 << 11
KEYS_AT_A_TIME = 500_000
_ZSTD, _ZIP = b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_AGAIN = "download the file again; if it stays, tell the publisher"


def read_into(extract: Extract, table: Table, target: Path) -> Read:
    """Write the positions of a day to ``target``, block by block.

    The memory is that of a block and of a share of the keys: a process peaked at 292 MiB for half a million
    rows, 368 for two million and 385 for six.

    Raises ``BadInput`` for another header, bad rows or cells (the first of each kind in a block), positions
    of another time, a vessel twice in one second, and archives too large, cut off, nested or named as paths.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_facts(extract.facts, table, extract.name)
    said = {name: extract.facts[name] for name in table.facts}
    (original,) = extract.originals
    days = _days_of(said["POSITION_PERIOD"], original.name)
    names = list(table.columns)
    schema = pa.schema(
        [(name, pa.string()) for name in names] + [("_row_number", pa.int64()), ("_place", pa.string())]
    )
    count = 0
    with ExitStack() as stack, pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(stack, original):
            rows = _renamed(batch, names, said, count)
            _check(rows, said["POSITION_PERIOD"], days, original.name, count)
            writer.write_table(rows.select(schema.names))
            count += rows.num_rows
    _check_twice(target, table, original.name, count)
    scope = "|".join(f"{name}={said[name]}" for name in table.scope_columns)
    return Read(count, scope or "all", extract.published_at)


# --- bytes ---------------------------------------------------------------------------------------------


class _Unpacked(io.RawIOBase):
    """A Zstandard stream that does not take a frame without its end for whole, as the library's own does."""

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._packed = stream
        self._frames = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
        self._frame = self._frames.decompressobj()
        self._ready = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises EOFError where the last frame breaks off."""
        while not self._ready:
            # Small steps: what one step unpacks to stands in memory, and a bomb packs 30,000 to 1.
            packed = self._frame.unused_data or self._packed.read(STEP)
            if self._frame.eof:
                if not packed:
                    return b""
                self._frame = self._frames.decompressobj()
            elif not packed:
                raise EOFError("a Zstandard frame without its end")
            self._ready = self._frame.decompress(packed)
        block, self._ready = (self._ready, b"") if size < 0 else (self._ready[:size], self._ready[size:])
        return block


class _Limited(io.RawIOBase):
    """A stream that refuses to give more than is sane for the size it was packed in, and ends with a line."""

    def __init__(self, stream: BinaryIO, packed: int, name: str) -> None:
        self._stream = stream
        self._left = min(MAX_UNPACKED, max(FREE_BYTES, packed * MAX_RATIO))
        self._name = name
        self._last = b"\n"

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._stream.read(BLOCK if size < 0 else size)
        self._left -= len(block)
        if self._left < 0:
            raise BadInput.one(
                self._name,
                "far more bytes unpacked than positions pack into",
                f"at most {MAX_RATIO} times the file, and {MAX_UNPACKED} bytes",
                "look at the file: it is made to fill memory or disk",
            )
        if not block and self._last != b"\n":
            raise EOFError("a last line without its end")
        self._last = block[-1:] or self._last
        return block

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next bytes, into a buffer."""
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _opened(stack: ExitStack, original: Original) -> BinaryIO:
    """The CSV inside, whatever it is packed in, by the first bytes."""
    raw: BinaryIO = (
        stack.enter_context(original.body.open("rb"))
        if isinstance(original.body, Path)
        else io.BytesIO(original.body)
    )
    magic = raw.read(4)
    raw.seek(0)
    stream: BinaryIO = raw
    if magic == _ZIP:
        stream = stack.enter_context(_only_member(stack.enter_context(zipfile.ZipFile(raw)), original.name))
    elif magic == _ZSTD:
        stream = _Unpacked(raw)  # type: ignore[assignment]
    return _Limited(stream, original.byte_count, original.name)  # type: ignore[return-value]


def _only_member(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1 or members[0].flag_bits & 0x1:
        found = ", ".join(member.filename for member in members[:5]) or "nothing"
        raise BadInput.one(name, f"an archive of {found}", "one CSV, not encrypted", _AGAIN)
    path = PurePosixPath(members[0].filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or path.suffix.lower() != ".csv":
        raise BadInput.one(
            name, f"a member named {members[0].filename!r}", "a CSV, not a path or archive", _AGAIN
        )
    return archive.open(members[0])  # type: ignore[return-value]


def _batches(stack: ExitStack, original: Original) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.csv as arrow_csv
    import zstandard

    try:
        stream = io.BufferedReader(_opened(stack, original), BLOCK)  # type: ignore[type-var]
        header = _header(stream, original.name)
        if not stream.peek(1):
            return  # a header and no position: whether that may be is for landing to say
        reader = arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=header),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                null_values=["", " "],
                strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])
    except (pa.ArrowInvalid, zipfile.BadZipFile, zlib.error, zstandard.ZstdError, EOFError, OSError) as error:
        found = " ".join(str(error).split())[:200]
        raise BadInput.one(
            original.name, f"bytes that break ({found})", "whole rows of CSV", _AGAIN
        ) from error


# --- header and rows -------------------------------------------------------------------------------------


def _header(stream: BinaryIO, file_name: str) -> list[str]:
    """Our names of the columns, in the order of the file; raises ``BadInput`` for any other header."""
    line = stream.readline(10_000).decode("utf-8-sig", "replace").rstrip("\r\n")
    found = line.split(",")
    for generation in (0, 1):
        names = {theirs[generation]: ours for ours, theirs in NAMES.items()}
        missing = set(names) - set(found) - OPTIONAL
        if not missing and len(set(found)) == len(found) and set(found) <= set(names):
            return [names[name] for name in found]
    problems = [
        Problem(
            where=f"{file_name}, header",
            found=repr(line[:200]),
            expected=f"{','.join(n[0] for n in NAMES.values())}, or {','.join(n[1] for n in NAMES.values())}",
            remedy="a renamed column may mean another thing: ask the publisher, then add the generation here",
        )
    ]
    raise BadInput(problems)


def _renamed(batch: pa.Table, names: list[str], said: dict[str, str], before: int) -> pa.Table:
    """The declared columns, what is said beside the file, and where each row stood."""
    import pyarrow as pa

    rows = batch
    for name in names:
        if name in said:
            rows = rows.append_column(name, pa.array([said[name]] * batch.num_rows, pa.string()))
        elif name not in batch.column_names:
            rows = rows.append_column(name, pa.nulls(batch.num_rows, pa.string()))
    numbers = range(before + 1, before + 1 + batch.num_rows)
    rows = rows.append_column("_row_number", pa.array(numbers, pa.int64()))
    return rows.append_column("_place", pa.array([f"row {number}" for number in numbers], pa.string()))


def _days_of(period: str, file_name: str) -> str:
    """The days of a period as alternatives of an expression; ``BadInput`` for what is no day and no month."""
    if is_date(period):
        return period
    last = last_day_of(period)
    if last is None:
        raise BadInput.one(
            f"{file_name}, POSITION_PERIOD",
            repr(period),
            "a day or a month of the calendar, as in 2022-06-01 or 2017-12",
            "correct what is said beside the file",
        )
    return "|".join(f"{period}-{day:02d}" for day in range(1, last.day + 1))


def _check(rows: pa.Table, period: str, days: str, file_name: str, before: int) -> None:
    """Hold a block against the format; the first bad row of each kind is told."""
    import pyarrow.compute as pc

    number = DECIMAL.pattern.replace(r"\d", "[0-9]")
    kinds = [
        ("MMSI", "^[0-9]{1,9}$", "an identity of digits", False),
        ("BASE_DATE_TIME", _MOMENT, "2024-01-01 00:00:07 or 2022-06-01T23:59:59", False),
        ("BASE_DATE_TIME", f"^({days})[T ]", f"a position of {period}, which the file is about", False),
        ("LATITUDE", f"^({number})$", "degrees", False),
        ("LONGITUDE", f"^({number})$", "degrees", False),
        *((name, f"^({number})$", "a number", True) for name in ("SOG", "COG", "HEADING")),
        *((name, f"^({number})$", "a number", True) for name in ("LENGTH", "WIDTH", "DRAFT")),
        *((name, r"^[0-9]{1,4}(\.0+)?$", "a code of digits", True) for name in ("VESSEL_TYPE", "CARGO")),
    ]
    problems = []
    for name, pattern, expected, may_be_empty in kinds:
        good = pc.match_substring_regex(rows[name], pattern=pattern).fill_null(may_be_empty)
        bad = pc.index(good, False).as_py()
        if bad >= 0:
            where = f"{file_name}, row {before + bad + 1}, column {name}"
            found = repr(rows[name][bad].as_py()) if rows[name][bad].is_valid else "nothing"
            problems.append(Problem(where, found, expected, _AGAIN))
    for name, limit in (("LATITUDE", 90), ("LONGITUDE", 180)) if not problems else ():
        far = pc.greater(pc.abs(pc.cast(rows[name], "float64")), limit)
        bad = pc.index(far, True).as_py()
        if bad >= 0:
            where = f"{file_name}, row {before + bad + 1}, column {name}"
            expected = f"at most {limit} degrees"
            problems.append(
                Problem(where, rows[name][bad].as_py(), expected, "the columns may have changed places")
            )
    if problems:
        raise BadInput(problems)


def _check_twice(part: Path, table: Table, file_name: str, row_count: int) -> None:
    """No key twice in the file.

    A day has millions of rows, so a share of the keys at a time, and of each its 64-bit hash: the memory is
    that of ``KEYS_AT_A_TIME``. The few whose hash stands twice are then compared in full.
    """
    import duckdb

    shares = row_count // KEYS_AT_A_TIME + 1
    # What is said beside the file is the same in all of its rows.
    key = ", ".join(f'"{name}"' for name in table.key if name not in table.facts)
    rows = f"(select *, hash({key}) as key_hash from read_parquet(?))"
    with duckdb.connect(config={"memory_limit": "500MB", "threads": 2}) as connection:
        suspects = [
            suspect
            for share in range(shares)
            for suspect in connection.execute(
                f"select key_hash, min(_row_number) from {rows} where key_hash % {shares} = {share}"
                " group by key_hash having count(*) > 1 order by 2 limit 5",
                [str(part)],
            ).fetchall()
        ]
        if not suspects:
            return
        told = ", ".join(f'"{name}"' for name in table.key)
        found = connection.execute(
            f"select {told}, min(_row_number), max(_row_number) from {rows}"
            f" where key_hash in ({', '.join(str(key_hash) for key_hash, _ in suspects)})"
            f" group by {told} having count(*) > 1 order by min(_row_number) limit 5",
            [str(part)],
        ).fetchall()
    problems = [
        Problem(
            where=f"{file_name}, row {last}",
            found=f"{' '.join(cells)} a second time, first in row {first}",
            expected=f"one row for each {' × '.join(table.key)}",
            remedy=_AGAIN,
        )
        for *cells, first, last in found
    ]
    if problems:
        raise BadInput(problems)
