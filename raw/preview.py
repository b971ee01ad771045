"""What we would make of a file, without landing it: the declared reader and checks, Parquet set aside.

``preview`` reads files at hand (``python -m raw read``); ``Preview`` also shows what ``probe`` fetched.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from raw.doors import Extract, Original
from raw.doors.drop_folder import (
    Request,
    Said,
    fits,
    has_room_for_sidecar,
    read_sidecar,
    sidecar_of,
    stated_day,
)
from raw.errors import BadInput, Problem
from raw.feed import Feed, Table, did_you_mean
from raw.land import read_or_refuse, reconcile, refuse_emptiness, refuse_the_future
from raw.readers import NOBODY_SAYS, Read, last_day_meant, reads_before_facts

Kind = Literal["csv", "parquet", "json"]
TOTALS = ("row_count", "byte_count")
DROPS = "drop_folder"
COPY_OPTIONS = {"csv": "format csv, header", "parquet": "format parquet", "json": "format json, array true"}


@dataclass(frozen=True)
class Preview:
    """A download as it was understood; ``part`` holds its rows as they would be landed, all as text."""

    table_name: str
    table: Table
    extract: Extract
    read: Read
    part: Path

    def coverage(self) -> list[str]:
        """One line for each column: how many cells are filled, and from which to which value they go."""
        return [self._covered(name) for name in self.table.columns]

    def _covered(self, name: str) -> str:
        column = self.table.columns[name]
        cell = _quoted(name)
        # For a span of numbers only: what is no number was refused, or is a mark that nothing is said.
        order = f"try_cast(replace({cell}, ',', '') as double)" if column.type == "decimal" else cell
        (filled, values, first, last), *_ = self._rows(
            f"select count(*), count(distinct {cell}), min_by({cell}, {order}), max_by({cell}, {order})"
            f" from {self._relation} where {cell} != ''"
        )
        span = f"{first} … {last}" if values else "—"
        return f"{name} ({column.type}): {filled}/{self.read.row_count}, {values} values, {span}"

    def first_rows(self, number: int) -> list[dict[str, str | None]]:
        """The first rows, each with its ``_place``."""
        names = ["_place", *self.table.columns]
        chosen = ", ".join(map(_quoted, names))
        found = self._rows(f"select {chosen} from {self._relation} order by _row_number limit {number}")
        return [dict(zip(names, row, strict=True)) for row in found]

    def write(self, target: Path, kind: Kind) -> None:
        """Write the columns as they would be landed, and ``place``, to a file.

        Raises ``BadInput`` where no file can be written there.
        """
        import duckdb

        columns = ", ".join(map(_quoted, self.table.columns))
        sql = f"select {columns}, _place as place from {self._relation} order by _row_number"
        # Opened here first: the store's own words about a folder, or one that is not there, help nobody.
        try:
            target.open("ab").close()
        except OSError as error:
            raise BadInput.one(
                str(target), f"no place for a file ({error.strerror})", "a file that can be written",
                "name another file, in a folder that is there",
            ) from error  # fmt: skip
        with duckdb.connect() as connection:
            connection.execute(f"copy ({sql}) to {_literal(str(target))} ({COPY_OPTIONS[kind]})")

    @property
    def _relation(self) -> str:
        return f"read_parquet({_literal(str(self.part))})"

    def _rows(self, sql: str) -> list[tuple[str | None, ...]]:
        import duckdb

        with duckdb.connect() as connection:
            return connection.execute(sql).fetchall()


@contextmanager
def preview(
    feed: Feed, files: Sequence[Path], *, table_name: str | None = None, said: Mapping[str, str] | None = None
) -> Iterator[Preview]:
    """Read files (the parts of one download) as a table of a feed; the rows last as long as the block.

    What the files do not say of themselves comes from ``said``, else from their sidecar (``drop_folder``).
    Without ``table_name`` the table is the only one that accepts the files. Raises ``BadInput`` with the
    reasons of the nearest table where none does, and asks where several do. What a pull would refuse is
    refused, but for what only the landing tells: withdrawn rows, the bytes of another scope.
    """
    asked = dict(said or {})
    _check_names(feed, asked)
    for file in files:
        if not file.is_file():
            raise BadInput.one(str(file), "no such file", "a file", "correct the path")
    extract = _extract(feed, files, asked)
    with tempfile.TemporaryDirectory(prefix="raw-read-") as folder:
        if table_name is not None or len(feed.tables) == 1:
            name = table_name or next(iter(feed.tables))
            yield _understood(feed, name, extract, Path(folder))
        else:
            yield _guessed(feed, extract, Path(folder))


def _extract(feed: Feed, files: Sequence[Path], asked: Mapping[str, str]) -> Extract:
    """The files as a drop folder would give them, with what was asked for in the place of what is beside."""
    beside = _beside(files, feed)
    totals = {name: int(asked[name]) for name in TOTALS if name in asked}
    return Extract(
        originals=tuple(Original(file.name, file) for file in files),
        url=str(files[0]),
        media_type="application/octet-stream",
        control={**beside.control, **totals},
        facts={**beside.facts, **{name: text for name, text in asked.items() if name not in TOTALS}},
        origin=beside.origin,
        known_from=stated_day(files[0].name, beside, None),
        said_in="--set" if asked else str(sidecar_of(files[0])),
    )


def _understood(feed: Feed, table_name: str, extract: Extract, folder: Path) -> Preview:
    """The file as landing would take it, by the same checks as far as they need no landing."""
    table, part = feed.table(table_name), folder / f"{table_name}.parquet"
    extract = replace(extract, known_from=_known_from(feed, table_name, extract))
    read = read_or_refuse(extract, table, part)
    reconcile(extract, read.row_count, table)
    refuse_the_future(extract, read, table, part)
    if not read.is_absent and not (table.optional and read.row_count == 0):
        refuse_emptiness(extract, read)
    return Preview(table_name, table, extract, read, part)


def _known_from(feed: Feed, table_name: str, extract: Extract) -> date:
    """The day from which the file counts as known: what is said of it, else today."""
    request = _dropped_as(feed, table_name)
    published = last_day_meant(extract.facts.get((request and request.published_on) or "", ""))
    said = [day for day in (extract.known_from, published) if day is not None]
    return max(said, default=datetime.now(UTC).astimezone().date())


def _dropped_as(feed: Feed, table_name: str) -> Request | None:
    """What the feed asks of the files of a table that are dropped; None where none may be."""
    way = feed.ways(table_name).get(DROPS)
    return None if way is None else Request.model_validate(way)


def _guessed(feed: Feed, extract: Extract, folder: Path) -> Preview:
    accepted: list[Preview] = []
    refusals: dict[str, tuple[Problem, ...]] = {}
    for name in feed.tables:
        try:
            accepted.append(_understood(feed, name, extract, folder))
        except BadInput as error:
            refusals[name] = error.problems
    if not accepted:
        raise BadInput(_nearest(feed, extract.name, refusals))
    if len(accepted) > 1:
        names = ", ".join(one.table_name for one in accepted)
        raise BadInput.one(
            extract.name, f"a file that {names} would all accept", "one table", "name it: --table NAME"
        )
    return accepted[0]


def _nearest(feed: Feed, name: str, refusals: Mapping[str, tuple[Problem, ...]]) -> list[Problem]:
    """The refusal of the table that the file is most likely for, and which others refuse it too."""
    nearest = min(refusals, key=lambda table_name: _distance(feed, table_name, name, refusals[table_name]))
    told = [replace(problem, where=f"[{nearest}] {problem.where}") for problem in refusals[nearest]]
    others = [table_name for table_name in refusals if table_name != nearest]
    rest = Problem(
        where=name,
        found=f"{len(others)} other tables that refuse it too ({', '.join(others)})",
        expected=f"a file of {nearest}, which it is nearest to",
        remedy="see the reasons above; of another table --table NAME tells them",
    )
    return [*told, rest]


def _distance(
    feed: Feed, table_name: str, name: str, problems: Sequence[Problem]
) -> tuple[bool, bool, bool, int, int]:
    """How far a file is from a table: more is wrong than its facts, another name or layout, how much."""
    request = _dropped_as(feed, table_name)
    pattern = request.files.get(table_name) if request else None
    in_header = sum("header" in problem.where for problem in problems)
    in_rows = any(", column " in problem.where for problem in problems)
    is_of_another_name = pattern is None or not fits(name, pattern)
    is_understood = _lacks_only_facts(feed.table(table_name), name, problems)
    return (not is_understood, is_of_another_name, not in_rows, in_header, len(problems))


def _lacks_only_facts(table: Table, name: str, problems: Sequence[Problem]) -> bool:
    """Whether the bytes were read, and only what is said beside them is missing or wrong."""
    places = {name, *(f"{name}, {fact}" for fact in table.facts)}
    return reads_before_facts(table.format) and all(
        problem.where in places and (problem.where != name or problem.found.startswith(NOBODY_SAYS))
        for problem in problems
    )


def _facts(feed: Feed) -> list[str]:
    """The facts of all tables, each once: which table a file is for is not known yet."""
    return list(dict.fromkeys(name for table in feed.tables.values() for name in table.facts))


def _beside(files: Sequence[Path], feed: Feed) -> Said:
    """What is said of a file (or of the download it is a part of) beside it; nothing without a sidecar."""
    sidecar = sidecar_of(files[0])
    if not (has_room_for_sidecar(files[0]) and sidecar.is_file()):
        return Said()
    said = read_sidecar(sidecar, _facts(feed))
    if said.parts is not None and said.parts != len(files):
        raise BadInput.one(
            f"{sidecar}, parts",
            f"{said.parts}, and {len(files)} given",
            "all parts of the download",
            "name every part on the command line, or correct the sidecar",
        )
    return said


def _check_names(feed: Feed, said: Mapping[str, str]) -> None:
    """A slip in a name would leave the fact unsaid."""
    known = [*_facts(feed), *TOTALS]
    problems = [
        Problem(
            f"--set {name}",
            f"an unknown name{did_you_mean(name, known)}",
            f"one of {', '.join(known)}",
            "correct the name",
        )
        for name in said
        if name not in known
    ]
    problems += [
        Problem(f"--set {name}", repr(said[name]), "a whole number", "correct the number")
        for name in TOTALS
        if name in said and not said[name].isdecimal()
    ]
    if problems:
        raise BadInput(problems)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
