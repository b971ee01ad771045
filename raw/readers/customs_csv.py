"""The CSV of the customs' query platform: GB18030, LF, every field quoted, a comma at the end of every line.

Read in blocks of whole lines, so that memory does not grow with the file. The text is not transcoded: in
GB18030 no byte of a Chinese character is a quote, a comma or a line feed, so the fields are found in the
bytes as they are, and only the few distinct texts of each column are decoded and checked, strictly. Numbers
are checked line by line. That no key stands twice is seen from a 64-bit hash of each key, kept on disk, and
made sure of in the rows themselves where two hashes are equal.

The columns follow the request. A breakdown that was not asked for is missing in the header and is written as
``_T``, the total (SDMX's code for it). What the file does not say (direction, period, selection) are facts.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Column, Table
from raw.readers import Read, check_facts, expectation

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ENCODING = "gb18030"
# The money column is named by the currency.
MONEY = {"CNY": "人民币", "USD": "美元"}
MONTH = "数据年月"
COMMODITY, COMMODITY_NAME = "商品编码", "商品名称"
# What one may ask the lines to be broken down by: the platform's own four, then those a customs office adds.
OUTER_FIELDS = {
    "CODE_TS": (COMMODITY, COMMODITY_NAME),
    "ORIGIN_COUNTRY": ("贸易伙伴编码", "贸易伙伴名称"),
    "TRADE_MODE": ("贸易方式编码", "贸易方式名称"),
    "TRADE_CO_PORT": ("注册地编码", "注册地名称"),
}
OFFICE_FIELDS = (("国内地区编码",), ("行政区划编码",), ("关区编码",))
TOTAL = "_T"
ALL = "all"
# One term of SELECTION: CODE_TS=12019019, or CODE_TS=1201,1202. Terms are joined by ";".
SELECTED = re.compile(r"(?P<field>[A-Z_]+)=(?P<codes>\d+(,\d+)*)", re.ASCII)
# So the simulator calls its commodities, and no publisher one of his.
SIMULATED_NAME = "模拟商品"
# The platform gives no more rows than this in one download.
PART_ROWS = 10_000

BLOCK_BYTES = 8 << 20
LONGEST_LINE = 1 << 20
END_OF_LINE = b'",\n'
WORKERS = 2
READ_AHEAD = 3
SHOWN_PROBLEMS = 50
WRONG_CELLS = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")
BUCKETS = 16
MANY_TEXTS = 200_000
MULTIPLIER = 0x9E3779B97F4A7C15
PLAIN_NUMBER = r"^\d{1,18}$"
GROUPED_NUMBER = r"^\d{1,3}(,\d{3}){0,5}$"
# Declared patterns that every plain or grouped number fits: they need no second look.
WIDER_PATTERNS = (r"\d+(\.\d+)?", r"\d{1,3}(,\d{3})*")
# A quantity counts in the unit beside it; where the file has none ("?"), it says 0.
QUANTITIES = {"第一数量": "第一计量单位", "第二数量": "第二计量单位"}
NO_QUANTITY = ("0", "", "-")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
AGAIN = "download it again and drop it as it came, unopened; nothing of it was landed"


def read_into(extract: Extract, table: Table, target: Path) -> Read:
    """Write the lines of a download, all its parts, to ``target``; see :mod:`raw.readers` for the columns.

    Raises ``BadInput`` naming file, row, what was found, what was expected and the remedy: for facts that are
    missing or do not agree with the file, another encoding, another layout, lines that break off, cells that
    are not as declared, months outside the period, codes outside the selection, mixed code lengths, keys and
    parts that stand twice, and simulated lines that are not said to be.
    """
    _check_facts(extract.facts, table, extract.name)
    _check_parts_differ(extract)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        found = _Found(extract, table, _Keys(Path(scratch)))
        _copy(extract, table, target, found)
        found.finish(target)
    scope = "|".join(f"{name}={extract.facts[name]}" for name in table.scope_columns)
    return Read(found.row_count, scope or "all", extract.published_at)


# --- what is said beside the file ------------------------------------------------------------------------


def _check_facts(facts: Mapping[str, str], table: Table, where: str) -> None:
    check_facts(facts, table, where)
    period, last = facts["PERIOD"], facts["LAST_MONTH"]
    if last[:4] != period[:4] or (len(period) == 7 and last != period):
        raise BadInput.one(
            f"{where}, LAST_MONTH", repr(last), f"a month of {period}", "correct what is said beside the file"
        )
    _selected(facts["SELECTION"], where)


def _selected(selection: str, where: str) -> dict[str, tuple[str, ...]]:
    """The codes that were asked for, by column; raise ``BadInput`` for what is no selection."""
    found: dict[str, tuple[str, ...]] = {}
    for term in [] if selection == ALL else selection.split(";"):
        told = SELECTED.fullmatch(term)
        column = OUTER_FIELDS[told["field"]][0] if told and told["field"] in OUTER_FIELDS else None
        if told is None or column is None or column in found:
            raise BadInput.one(
                f"{where}, SELECTION",
                repr(selection),
                f"{ALL}, or as in CODE_TS=1201,12019019;ORIGIN_COUNTRY=502, each of "
                f"{', '.join(OUTER_FIELDS)} once",
                "correct what is said beside the file",
            )
        found[column] = tuple(told["codes"].split(","))
    return found


def _check_parts_differ(extract: Extract) -> None:
    """The same part downloaded twice stands for one that was not."""
    seen: dict[str, str] = {}
    for original in extract.originals:
        digest = hashlib.sha256()
        if len(extract.originals) > 1:
            for block in original.blocks():
                digest.update(block)
        first = seen.setdefault(digest.hexdigest(), original.name)
        if first != original.name:
            raise BadInput.one(
                original.name,
                f"a duplicate part: the very bytes of {first}",
                "every part once",
                "download the part that is missing, and drop all parts again",
            )


# --- the layout ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
    """The header of a file: ``names`` in its order, without the nameless last column."""

    names: tuple[str, ...]
    end: int
    """Where the header line ends: the first byte of the body."""


def _layout(original: Original, table: Table, facts: Mapping[str, str]) -> _Layout:
    where = f"{original.name}, header"
    line = next(original.blocks(LONGEST_LINE), b"").partition(b"\n")[0]
    text = _header_text(line, where)
    names = next(csv.reader([text]), [])
    problems = list(_layout_problems(names, table, facts, where))
    if problems:
        raise BadInput(problems)
    return _Layout(tuple(names[:-1]), len(line) + 1)


def _header_text(line: bytes, where: str) -> str:
    if not line:
        raise BadInput.one(where, "an empty file", "a header and lines", AGAIN)
    if line.endswith(b"\r"):
        raise BadInput.one(where, "lines that end in CR LF", "LF alone, as the platform writes it", AGAIN)
    try:
        is_utf8 = not line.isascii() and bool(line.decode("utf-8"))
    except UnicodeDecodeError:
        is_utf8 = False
    if is_utf8:
        raise BadInput.one(where, "text in UTF-8", "GB18030, as the platform writes it", AGAIN)
    try:
        return line.decode(ENCODING)
    except UnicodeDecodeError as error:
        found = f"0x{line[error.start]:02x} at byte {error.start}, which is not GB18030"
        raise BadInput.one(where, found, "text in GB18030, as the platform writes it", AGAIN) from error


def _layout_problems(
    names: list[str], table: Table, facts: Mapping[str, str], where: str
) -> Iterator[Problem]:
    in_files = [name for name in table.columns if name not in table.facts]
    known = ", ".join(in_files)
    ask = "ask the platform for it again with all columns, or declare the new layout in the feed file"
    if not names or names[-1] != "":
        yield Problem(where, "no comma at its end", "one, as the platform writes it", AGAIN)
        names = [*names, ""]
    for name in names[:-1]:
        if name not in in_files:
            yield Problem(where, f"an unknown column {name!r}", f"columns of {known}", ask)
        elif names.count(name) > 1:
            yield Problem(where, f"column {name!r} more than once", "it once", ask)
    money = MONEY[facts["CURRENCY"]]
    if [name for name in names if name in MONEY.values()] != [money]:
        said = ", ".join(name for name in names if name in MONEY.values()) or "no column of money"
        correct = "correct CURRENCY beside the file, or download the other edition"
        yield Problem(where, said, f"{money}, because CURRENCY is {facts['CURRENCY']}", correct)
    for name in _mandatory(in_files, facts):
        if name not in names:
            yield Problem(where, f"no column {name!r}", f"columns of {known}", ask)
    for code, *others in OUTER_FIELDS.values():
        for name in others:
            if (code in names) != (name in names):
                yield Problem(where, f"only one of {code} and {name}", "both, or neither", ask)


def _mandatory(in_files: list[str], facts: Mapping[str, str]) -> list[str]:
    """Columns that every file has; the others depend on what was asked for."""
    optional = {name for names in (*OUTER_FIELDS.values(), *OFFICE_FIELDS) for name in names}
    optional -= {COMMODITY}
    optional |= set(MONEY.values())
    if len(facts["PERIOD"]) == 7:
        optional |= {MONTH}
    return [name for name in in_files if name not in optional]


def _unasked(table: Table, layout: _Layout, facts: Mapping[str, str]) -> dict[str, str | None]:
    """The columns that are not in the file, with what is to be written there."""
    codes = {names[0] for names in (*OUTER_FIELDS.values(), *OFFICE_FIELDS)}
    found: dict[str, str | None] = {}
    for name in table.columns:
        if name in table.facts:
            found[name] = facts[name]
        elif name not in layout.names:
            found[name] = TOTAL if name in codes else None
            if name == MONTH:
                found[name] = facts["PERIOD"].replace("-", "")
    return found


# --- blocks of lines -------------------------------------------------------------------------------------


def _blocks(original: Original, layout: _Layout) -> Iterator[bytes]:
    """The body in blocks that end with a line. The last one may break off, which is for its reader to say."""
    rest, skipped = b"", layout.end
    for read in original.blocks(BLOCK_BYTES):
        block = rest + read[skipped:]
        skipped = max(0, skipped - len(read))
        end = block.rfind(END_OF_LINE) + len(END_OF_LINE)
        if end < len(END_OF_LINE):
            rest = block
            if len(rest) > LONGEST_LINE + BLOCK_BYTES:
                found = f"{len(rest)} bytes without the end of a line"
                raise BadInput.one(original.name, found, 'lines that end in ", and LF', AGAIN)
            continue
        yield block[:end]
        rest = block[end:]
    if rest.strip():
        yield rest


@dataclass(frozen=True)
class _Block:
    """Some lines, read: their columns, hashes of their keys, and what is wrong (row from 0, place, words)."""

    columns: dict[str, pa.Array]
    hashes: np.ndarray
    row_count: int
    texts: dict[str, set[str]]
    problems: list[tuple[int, str, str, str]]
    is_unreadable: bool = False


def _parsed(block: bytes, layout: _Layout, table: Table, known: _Known) -> _Block:
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    ends = "_end"
    coded = pa.dictionary(pa.int32(), pa.binary())
    kinds = dict.fromkeys((*layout.names, ends), coded)
    kinds |= {name: pa.binary() for name in layout.names if table.columns[name].type == "decimal"}
    wrong: list[tuple[int, str, str, str]] = []

    try:
        read = pa_csv.read_csv(
            pa.BufferReader(block),
            read_options=pa_csv.ReadOptions(
                column_names=[*layout.names, ends], use_threads=False, block_size=len(block) + 1
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=kinds, check_utf8=False, null_values=[], strings_can_be_null=False
            ),
        ).combine_chunks()
    except pa.ArrowInvalid as error:
        return _Block({}, np.zeros(0, np.uint64), 0, {}, [_unreadable(str(error))], is_unreadable=True)
    columns: dict[str, pa.Array] = {}
    texts: dict[str, set[str]] = {}
    hashes = np.zeros(read.num_rows, np.uint64)
    for name in (*layout.names, ends):
        cells = _whole(read[name])
        declared = table.columns.get(name)
        if declared is None:
            wrong += _not_empty(cells)
        elif declared.type == "decimal":
            columns[name] = _numbers(cells, name, declared, wrong)
        else:
            found = _decoded(cells, name, declared, known, wrong)
            distinct = [one.text for one in found]
            texts[name] = {text for text in distinct if text}
            indices = cells.indices.to_numpy()
            columns[name] = _coded(indices, distinct)
            if name in table.key:
                hashes = _mixed(hashes, found, indices)
    for quantity, unit in QUANTITIES.items():
        found_wrong = _without_unit(columns[quantity], columns[unit], quantity, table.columns[unit])
        wrong += islice(found_wrong, SHOWN_PROBLEMS + 1)
    return _Block(columns, hashes, read.num_rows, texts, wrong)


def _unreadable(error: str) -> tuple[int, str, str, str]:
    """What Arrow says of a line with too few or too many cells, in our words."""
    told = WRONG_CELLS.search(error)
    if told is None:
        return 0, "", f"what is no CSV ({' '.join(error.split())[:120]})", "lines of CSV"
    row, expected, found = (int(number) for number in told.groups())
    return row - 1, "", f"{found} cells", f"{expected}, as in the header"


def _whole(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return column.chunk(0) if column.num_chunks else pa.array([], column.type)


def _not_empty(cells: pa.DictionaryArray) -> Iterator[tuple[int, str, str, str]]:
    for number, text in enumerate(cells.dictionary.to_pylist()):
        if text:
            row = _rows_with(cells, number)[0]
            found = text[:40].decode(ENCODING, "backslashreplace")
            yield row, "", f"{found!r} after the last column", "nothing there but the comma"


@dataclass(frozen=True, slots=True)
class _Text:
    """A distinct text of a column: decoded, what was expected if it is refused, its part of a key's hash."""

    text: str | None
    expected: str | None
    hash: int


# By column and bytes. A file of two million lines has some ten thousand distinct texts, each in every block.
_Known = dict[str, dict[bytes, _Text]]


def _decoded(
    cells: pa.DictionaryArray,
    name: str,
    declared: Column,
    known: _Known,
    wrong: list[tuple[int, str, str, str]],
) -> list[_Text]:
    """The distinct texts of a column, each held against what the feed declares."""
    seen = known.setdefault(name, {})
    if len(seen) > MANY_TEXTS:
        seen = known[name] = {}
    found: list[_Text] = []
    for number, raw in enumerate(cells.dictionary.to_pylist()):
        one = seen.get(raw)
        if one is None:
            one = seen[raw] = _judged(raw, declared)
        found.append(one)
        if one.expected:
            said = "nothing" if one.text is None else repr(one.text)
            wrong += [(row, name, said, one.expected) for row in _rows_with(cells, number)]
    return found


def _judged(raw: bytes, declared: Column) -> _Text:
    hashed = int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")
    try:
        text = raw.decode(ENCODING) or None
    except UnicodeDecodeError:
        return _Text(raw.decode(ENCODING, "backslashreplace"), "text in GB18030", hashed)
    return _Text(text, expectation(text, declared) or _stray(text), hashed)


def _coded(indices: np.ndarray, known: list[str | None]) -> pa.DictionaryArray:
    """A column by its distinct texts; where there is none, the cell is NULL."""
    import numpy as np
    import pyarrow as pa

    nothing = [number for number, text in enumerate(known) if text is None]
    mask = np.isin(indices, nothing) if nothing else None
    texts = pa.array([text or "" for text in known], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32(), mask=mask), texts)


def _stray(text: str | None) -> str | None:
    """A quote at the end of a text is what a missing one leaves behind; control characters are damage."""
    if text and (text.startswith('"') or text.endswith('"')):
        return "a cell between two quotes"
    if text and CONTROL.search(text):
        return "text without control characters, but for a line break"
    return None


def _without_unit(
    quantities: pa.Array, units: pa.DictionaryArray, name: str, declared: Column
) -> Iterator[tuple[int, str, str, str]]:
    """Quantities in no unit, which nobody could use: staging would take them for nothing, without a word."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = units.dictionary.to_pylist()
    nameless = [number for number, text in enumerate(texts) if not text or text in declared.missing]
    if not nameless and not units.null_count:
        return
    unit_numbers = units.indices.fill_null(-1).to_numpy()
    is_none = pc.or_kleene(pc.is_null(quantities), pc.is_in(quantities, pa.array(NO_QUANTITY)))
    is_wrong = np.isin(unit_numbers, [-1, *nameless]) & ~is_none.to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(is_wrong).tolist():
        text = quantities[row].as_py()
        if float(text):  # 0.0 is none either
            unit = texts[unit_numbers[row]] if unit_numbers[row] >= 0 else ""
            yield row, name, f"{text!r} in the unit {unit!r}", "0, or a quantity with its unit"


def _rows_with(cells: pa.DictionaryArray, number: int) -> list[int]:
    import numpy as np

    found: list[int] = np.flatnonzero(cells.indices.to_numpy() == number)[: SHOWN_PROBLEMS + 1].tolist()
    return found


def _numbers(
    cells: pa.Array, name: str, declared: Column, wrong: list[tuple[int, str, str, str]]
) -> pa.Array:
    """Numbers line by line: nearly all are plain, the few others are looked at one by one."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    is_plain = pc.match_substring_regex(cells, GROUPED_NUMBER if declared.thousands else PLAIN_NUMBER)
    if declared.pattern and declared.pattern not in WIDER_PATTERNS:
        is_plain = pc.and_(is_plain, pc.match_substring_regex(cells, f"^(?:{declared.pattern})$"))
    rows = np.flatnonzero(~is_plain.to_numpy(zero_copy_only=False))
    judged: dict[bytes, tuple[str, str | None]] = {}
    refused: list[tuple[int, str, str, str]] = []
    for row in rows.tolist():
        raw = cells[row].as_py()
        if raw not in judged:
            text = raw.decode(ENCODING, "backslashreplace")
            asked = declared.model_copy(update={"required": True}) if name in MONEY.values() else declared
            judged[raw] = text, expectation(text or None, asked)
        text, expected = judged[raw]
        if expected:
            refused.append((row, name, repr(text) if text else "nothing", expected))
        if len(refused) > SHOWN_PROBLEMS:
            break
    wrong += refused
    if refused:
        return pa.nulls(len(cells), pa.string())  # nothing of the file is landed
    texts = cells.cast(pa.string())
    return pc.if_else(pc.equal(texts, ""), None, texts) if len(rows) else texts


def _mixed(hashes: np.ndarray, found: list[_Text], indices: np.ndarray) -> np.ndarray:
    """The hashes with one more column of the key."""
    import numpy as np

    values = np.array([one.hash for one in found], np.uint64)
    mixed = (hashes ^ values[indices]) * np.uint64(MULTIPLIER)
    folded: np.ndarray = mixed ^ (mixed >> np.uint64(29))
    return folded


# --- from blocks to one Parquet file ---------------------------------------------------------------------


def _copy(extract: Extract, table: Table, target: Path, found: _Found) -> None:
    first: _Layout | None = None
    known: _Known = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(WORKERS))
        writer: Any = None
        for original in extract.originals:
            layout = _layout(original, table, extract.facts)
            first = first or layout
            _check_same_layout(layout, first, original.name, extract.name)
            unasked = _unasked(table, layout, extract.facts)
            found.begin(original.name)
            for block in _in_turn(pool, original, layout, table, known):
                numbers = found.add(block)
                if found.gives_up or block.is_unreadable:
                    raise BadInput(found.told())
                rows = _table(block, unasked, numbers, found.place_prefix, table)
                writer = writer or stack.enter_context(_writer(target, rows))
                writer.write_table(rows)
        if writer is None:
            empty = _Block({}, None, 0, {}, [])  # type: ignore[arg-type]
            rows = _table(empty, dict.fromkeys(table.columns), (0, 0), "", table)
            stack.enter_context(_writer(target, rows)).write_table(rows)


def _check_same_layout(layout: _Layout, first: _Layout, name: str, first_name: str) -> None:
    if layout.names != first.names:
        raise BadInput.one(
            f"{name}, header",
            ", ".join(layout.names),
            f"{', '.join(first.names)}, as in {first_name}",
            "download all parts again with the same choices",
        )


def _in_turn(
    pool: ThreadPoolExecutor, original: Original, layout: _Layout, table: Table, known: _Known
) -> Iterator[_Block]:
    """The blocks of a file in their order, a few of them read ahead."""
    waiting: deque[Future[_Block]] = deque()
    for block in _blocks(original, layout):
        waiting.append(pool.submit(_parsed, block, layout, table, known))
        if len(waiting) >= READ_AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _table(
    block: _Block, unasked: Mapping[str, str | None], numbers: tuple[int, int], prefix: str, table: Table
) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = np.zeros(block.row_count, np.int32)
    columns: dict[str, pa.Array] = {}
    for name in table.columns:
        if name in block.columns:
            columns[name] = block.columns[name]
        else:
            columns[name] = _coded(nothing, [unasked[name]])
    rows = pa.array(np.arange(*numbers, dtype=np.int64))
    columns["_row_number"] = rows
    columns["_place"] = pc.binary_join_element_wise(prefix, rows.cast(pa.string()), "")
    return pa.table(columns)


def _writer(target: Path, rows: pa.Table) -> Any:  # noqa: ANN401 (pyarrow has no types)
    import pyarrow as pa
    import pyarrow.parquet as pq

    coded = [column.name for column in rows.schema if pa.types.is_dictionary(column.type)]
    plain = {name: "PLAIN" for name in rows.column_names if name not in coded}
    return pq.ParquetWriter(
        target,
        rows.schema,
        compression="zstd",
        store_schema=False,
        use_dictionary=coded,
        column_encoding={**plain, "_row_number": "DELTA_BINARY_PACKED", "_place": "DELTA_BYTE_ARRAY"},
    )


@dataclass
class _Found:
    """What was found so far in all parts: rows, problems, and what only the whole download can tell."""

    extract: Extract
    table: Table
    keys: _Keys
    row_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    months: set[str] = field(default_factory=set)
    lengths: set[int] = field(default_factory=set)
    codes: dict[str, set[str]] = field(default_factory=dict)
    is_simulated: bool = False
    part: str = ""
    part_rows: int = 0

    def begin(self, part: str) -> None:
        """The next part begins."""
        self.part, self.part_rows = part, 0

    @property
    def place_prefix(self) -> str:
        """What stands before the row number in a place; parts are named where there are several."""
        return f"{self.part}, row " if len(self.extract.originals) > 1 else "row "

    def add(self, block: _Block) -> tuple[int, int]:
        """Count a block in; return its first row number and the one after its last, from 1 in each part."""
        first = self.part_rows + 1
        for row, column, seen, expected in block.problems:
            place = f"{self.part}, row {first + row}" + (f", column {column}" if column else "")
            self.problems.append(Problem(place, seen, expected, self._remedy(column)))
        self.months |= block.texts.get(MONTH, set())
        self.lengths |= {len(code) for code in block.texts.get(COMMODITY, set())}
        for column, _ in OUTER_FIELDS.values():
            self.codes.setdefault(column, set()).update(block.texts.get(column, ()))
        self.is_simulated |= any(SIMULATED_NAME in name for name in block.texts.get(COMMODITY_NAME, ()))
        self.keys.add(block.hashes)
        self.part_rows += block.row_count
        self.row_count += block.row_count
        return first, self.part_rows + 1

    @staticmethod
    def _remedy(column: str) -> str:
        if column:
            return AGAIN
        return f"look for quotes that do not close, or for an end that was cut off; {AGAIN}"

    @property
    def gives_up(self) -> bool:
        """Whether there is so much wrong that reading on tells nothing new."""
        return len(self.problems) > SHOWN_PROBLEMS

    def told(self) -> list[Problem]:
        """The first problems, and how many more there are."""
        shown, more = self.problems[:SHOWN_PROBLEMS], len(self.problems) - SHOWN_PROBLEMS
        if more > 0:
            shown[-1] = replace(shown[-1], found=f"{shown[-1].found}, and at least {more} more like these")
        return shown

    def finish(self, target: Path) -> None:
        """Say what only the whole tells; raise ``BadInput`` if anything was wrong."""
        if self.problems:
            raise BadInput(self.told())
        problems = [
            *self._wrong_period(),
            *self._not_selected(),
            *self._mixed_levels(),
            *self._cut_off(),
            *self._simulated_unsaid(),
        ]
        if not problems and self.keys.may_repeat():
            problems = list(_duplicates(target, self.table, self.extract.name))
        if problems:
            raise BadInput(problems)

    def _wrong_period(self) -> Iterator[Problem]:
        if not self.row_count or not self.months:
            return
        facts, name = self.extract.facts, self.extract.name
        last = facts["LAST_MONTH"].replace("-", "")
        period = facts["PERIOD"].replace("-", "")
        outside = sorted(m for m in self.months if not m.startswith(period) or m > last)
        correct = "download it again for the right period, or correct what is said beside it"
        if outside:
            yield Problem(name, f"lines of {', '.join(outside)}", f"{period} up to {last}", correct)
        elif last not in self.months:
            yield Problem(
                name, f"no line of {last}, the last is {max(self.months)}", f"lines up to {last}", correct
            )

    def _not_selected(self) -> Iterator[Problem]:
        """Lines that the query said beside the file cannot have given; chapters stand for all below them."""
        name, said = self.extract.name, self.extract.facts["SELECTION"]
        for column, wanted in _selected(said, name).items():
            found = self.codes.get(column, set())
            is_asked = str.startswith if column == COMMODITY else str.__eq__
            if others := sorted(code for code in found if not any(is_asked(code, one) for one in wanted)):
                yield Problem(
                    f"{name}, column {column}",
                    f"lines of {', '.join(others[:5])}{', …' if len(others) > 5 else ''}",
                    f"{', '.join(wanted)}, as SELECTION says ({said})",
                    "correct SELECTION beside the file, or download the file of that selection",
                )

    def _simulated_unsaid(self) -> Iterator[Problem]:
        if self.is_simulated and self.extract.origin != "simulated":
            yield Problem(
                f"{self.extract.name}, column {COMMODITY_NAME}",
                f"commodities called {SIMULATED_NAME}, as the simulator calls them, without its mark",
                "simulated lines marked as such",
                'put "origin": "simulated" into the sidecar; simulated lines are never published ones',
            )

    def _mixed_levels(self) -> Iterator[Problem]:
        said = int(self.extract.facts["CODE_LENGTH"])
        if self.row_count and self.lengths != {said}:
            found = ", ".join(str(length) for length in sorted(self.lengths))
            yield Problem(
                f"{self.extract.name}, column {COMMODITY}",
                f"codes of {found} digits",
                f"{said}, as CODE_LENGTH says: totals of chapters and their lines must not be mixed",
                "download one code length at a time; a zero lost at the front means the file was re-saved",
            )

    def _cut_off(self) -> Iterator[Problem]:
        if self.part_rows == PART_ROWS and "row_count" not in self.extract.control:
            yield Problem(
                self.part,
                f"exactly {PART_ROWS} rows, and no part after it",
                "fewer in the last part: the platform gives no more than that in one download",
                "download the rest (by partner, then by trade mode) as further parts, or say the row_count "
                "that the page shows in the sidecar",
            )


# --- keys ------------------------------------------------------------------------------------------------


class _Keys:
    """Hashes of all keys on disk, in buckets small enough to be sorted one at a time."""

    def __init__(self, folder: Path) -> None:
        self._paths = [folder / f"keys_{number}" for number in range(BUCKETS)]

    def add(self, hashes: np.ndarray) -> None:
        """Keep the hashes of a block."""
        import numpy as np

        bucket = (hashes >> np.uint64(60)).astype(np.uint8)
        for number, path in enumerate(self._paths):
            with path.open("ab") as file:
                hashes[bucket == number].tofile(file)

    def may_repeat(self) -> bool:
        """Whether a hash stands twice: then two keys are equal, or (hardly ever) only their hashes."""
        import numpy as np

        for path in self._paths:
            if path.is_file():
                hashes = np.fromfile(path, np.uint64)
                hashes.sort()
                if (hashes[1:] == hashes[:-1]).any():
                    return True
        return False


def _duplicates(part: Path, table: Table, where: str) -> Iterator[Problem]:
    """The keys that truly stand twice, from the rows themselves."""
    import duckdb

    key = ", ".join(f'"{name}"' for name in table.key)
    question = (
        f"select {key}, list(_place order by file_row_number)[1:2] "
        "from read_parquet(?, file_row_number=true) "
        f"group by {key} having count(*) > 1 order by min(file_row_number) limit {SHOWN_PROBLEMS}"
    )
    with duckdb.connect(config={"memory_limit": "400MB", "temp_directory": str(part.parent)}) as connection:
        for *values, places in connection.execute(question, [str(part)]).fetchall():
            said = ", ".join(
                f"{name}={value}"
                for name, value in zip(table.key, values, strict=True)
                if name not in table.facts
            )
            yield Problem(
                where=f"{where}, {places[1]}" if places[1].startswith("row ") else places[1],
                found=f"a duplicate line: {said} stands in {places[0]} already",
                expected=f"one row for each {' × '.join(n for n in table.key if n not in table.facts)}",
                remedy=AGAIN,
            )
