"""Landing: keep the bytes, read them, hold them against the publisher's totals, add a vintage.

::

    <landing root>/<feed>/<table>/
        vintage=2022-12-31/        {original bytes, part.parquet, manifest.json}
        vintage=2022-12-31_2/      the second version of that day, or another scope
        quarantine/2022-12-31_1a2b3c4d/   {bytes that were refused, problems.json}

Vintages are only ever added, and appear whole (written aside, then renamed) or not at all. Every reading
verifies their checksums.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from raw.doors import Door, Extract, Known, Original, doors, short_name
from raw.errors import BadInput, Problem
from raw.feed import Feed, Table
from raw.fetch import BadBody
from raw.readers import Read, last_day_of, read_part

logger = logging.getLogger(__name__)

DEFAULT_LANDING = Path(__file__).parent / "landing"
# Set by a rehearsal for all it runs: whatever is landed then is simulated, whoever says otherwise.
REHEARSAL = "RAW_REHEARSAL"
PART = "part.parquet"
MANIFEST = "manifest.json"
VINTAGE_NAME = re.compile(r"vintage=(\d{4}-\d{2}-\d{2})(?:_(\d+))?")
ASIDE = ".incoming-"


@dataclass(frozen=True)
class Vintage:
    """One landed version of a table, or of the part of it that ``scope`` names; its bytes are verified."""

    feed: str
    table: str
    path: Path
    vintage_date: date
    vintage_sequence: int
    scope: str
    manifest: dict[str, Any]

    @property
    def landing_id(self) -> str:
        """Its place below the landing root: ``<feed>/<table>/vintage=…``."""
        return f"{self.feed}/{self.table}/{self.path.name}"

    @property
    def part(self) -> Path:
        """The rows, every declared column as text."""
        return self.path / PART

    @property
    def original(self) -> Path:
        """The bytes as they came."""
        return self.path / str(self.manifest["file_name"])

    @property
    def sha256(self) -> str:
        """Checksum of the original bytes."""
        return str(self.manifest["sha256"])


@dataclass(frozen=True)
class Landed:
    """What a pull did with one file: the vintage that holds it, and whether that is new."""

    vintage_dir: Path
    is_new: bool
    manifest: dict[str, Any]


Acknowledge = Callable[[Path | None, Sequence[Problem]], None]


@dataclass(frozen=True)
class _Kept:
    """The files of a download, copied and seen to the disk: checksum of each by name, and of all together."""

    folder: Path
    files: dict[str, str]
    sha256: str


@dataclass(frozen=True)
class _Candidate:
    """A download that was read and found good; ``part`` is where its rows stand, not yet landed."""

    extract: Extract
    read: Read
    part: Path
    kept: _Kept
    acknowledge: Acknowledge

    @property
    def sha256(self) -> str:
        """Checksum of its bytes."""
        return self.kept.sha256

    @property
    def scope(self) -> str:
        """The part of the table it replaces."""
        return self.read.scope

    @property
    def known_from(self) -> date | None:
        """The day before which it is not known: what the file itself says goes before what its door knows."""
        return self.read.not_before or self.extract.known_from

    @property
    def said_on(self) -> tuple[date, str]:
        """What orders two files of one scope: a later report replaces an earlier one."""
        return (self.known_from or date.min, self.read.published_at or self.extract.published_at or "")


def landing_root(root: Path | None = None) -> Path:
    """Folder of the landing: ``root``, else env RAW_LANDING, else raw/landing."""
    return root or Path(os.environ.get("RAW_LANDING") or DEFAULT_LANDING)


def pull(
    feed: Feed, as_of: date, *, landing_root: Path | None = None, month: str | None = None
) -> list[Landed]:
    """Fetch what was known by ``as_of`` of every table and land it; what is unchanged makes no new vintage.

    Good files are landed even where others are bad; then ``BadInput`` is raised with all problems, and the
    bad bytes are in quarantine. A file not yet known by ``as_of`` is skipped.
    """
    landed: list[Landed] = []
    problems: list[Problem] = []
    for table_name in feed.tables:
        folder = _table_folder(landing_root, feed.feed, table_name)
        with _alone(folder) as workspace:
            candidates, found_problems = _gather(feed, table_name, as_of, month, folder, workspace)
            problems += found_problems
            try:
                landed += _land_all(feed, table_name, as_of, candidates, folder)
            except BadInput as error:
                problems += error.problems
    if problems:
        raise BadInput(problems)
    return landed


def probe(feed: Feed, as_of: date, month: str | None = None) -> Iterator[tuple[str, Extract, Read, Path]]:
    """Fetch, read and check without landing; yield table name, download, and the file of its rows.

    That file is gone when the next one comes; nothing else is written.
    """
    for table_name, table in feed.tables.items():
        for way, seen in doors(feed, table_name):
            for extract in way.extracts(seen, table_name, as_of, month):
                with tempfile.TemporaryDirectory(prefix="raw-probe-") as folder:
                    part = Path(folder) / PART
                    read = read_or_refuse(extract, table, part)
                    reconcile(extract, read.row_count, table)
                    yield table_name, extract, read, part


def vintages(landing_root: Path | None, feed: str, table: str, as_of: date) -> list[Vintage]:
    """All vintages of a table at or before ``as_of``, oldest first, each verified byte for byte.

    Raises ``BadInput`` naming every damaged or missing file.
    """
    folder = _table_folder(landing_root, feed, table)
    found: list[Vintage] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("vintage=*")):
        try:
            day, sequence = _parsed_name(path)
            if day <= as_of:
                found.append(_verified(feed, table, path, day, sequence))
        except BadInput as error:
            problems += error.problems
    if problems:
        raise BadInput(problems)
    return sorted(found, key=lambda vintage: (vintage.vintage_date, vintage.vintage_sequence))


def _table_folder(root: Path | None, feed: str, table: str) -> Path:
    return landing_root(root) / feed / table


# --- gathering: what came in, and whether it may be landed -------------------------------------------


def _gather(
    feed: Feed, table_name: str, as_of: date, month: str | None, folder: Path, workspace: Path
) -> tuple[list[_Candidate], list[Problem]]:
    """Fetch and read the downloads of a table; the bad ones go to quarantine with their problems."""
    candidates: list[_Candidate] = []
    problems: list[Problem] = []
    for way, seen in doors(feed, table_name):
        try:
            for number, extract in enumerate(_extracts(way, seen, table_name, as_of, month, folder)):
                acknowledge = _acknowledgement(way, seen, extract)
                part = workspace / f"{seen.door}_{number}.parquet"
                try:
                    candidate = _understood(feed.table(table_name), extract, part, acknowledge)
                except BadInput as error:
                    found = _quarantined(folder, as_of, extract.originals, error)
                    problems += found
                    acknowledge(None, found)
                    continue
                if candidate.read.is_absent:
                    logger.info("%s: nothing in it for %s", extract.url, table_name)
                elif candidate.known_from is None or candidate.known_from <= as_of:
                    candidates.append(candidate)
                else:
                    _announce_left_out(candidate, as_of)
        except BadBody as error:
            problems += _quarantined(folder, as_of, (Original(f"{table_name}.body", error.body),), error)
        except BadInput as error:
            problems += error.problems
    return sorted(candidates, key=lambda candidate: candidate.said_on), problems


def _extracts(
    way: Door, seen: Feed, table_name: str, as_of: date, month: str | None, folder: Path
) -> Iterator[Extract]:
    """What a door has; one that can ask whether something changed is told what is known."""
    conditional: Callable[..., Iterator[Extract]] | None = getattr(way, "extracts_unless_known", None)
    if conditional is None:
        return way.extracts(seen, table_name, as_of, month)
    landed = vintages(folder.parents[1], seen.feed, table_name, as_of)
    known = {str(one.manifest["url"]): _known(one.manifest) for one in landed}
    return conditional(seen, table_name, as_of, month, known)


def _known(manifest: Mapping[str, Any]) -> Known:
    """What a vintage was landed with, for the next conditional request."""
    return Known(
        etag=manifest.get("etag"),
        last_modified=manifest.get("last_modified"),
        facts=manifest["facts"],
        companions=frozenset(manifest["companions"]),
    )


def _acknowledgement(way: Door, seen: Feed, extract: Extract) -> Acknowledge:
    """What tells a door that people fill what became of a download; nothing for the others."""
    told: Callable[..., None] = getattr(way, "acknowledge", _say_nothing)
    return partial(told, seen, extract)


def _announce_left_out(candidate: _Candidate, as_of: date) -> None:
    """Say why a download is not landed though nothing is wrong with it."""
    if candidate.read.not_before is not None:
        logger.info("%s: known from %s; left out", candidate.extract.url, candidate.known_from)
        return
    logger.warning(
        "%s: %s 才收到，截至 %s 尚不知道，留在原处；若当时已公布，请写明已知日（旁注 known_from，"
        "或文件名以日期开头） / arrived on %s, so it was not known by %s; left where it is. "
        "If it was published by then, say so: known_from in its sidecar, or a day in front of its name",
        candidate.extract.url, candidate.known_from, as_of, candidate.known_from, as_of,
    )  # fmt: skip


def _say_nothing(feed: Feed, extract: Extract, landed_in: Path | None, problems: Sequence[Problem]) -> None:
    """A publisher's service is told nothing."""


def _understood(table: Table, extract: Extract, part: Path, acknowledge: Acknowledge) -> _Candidate:
    """Read a download while its bytes are copied, hashed and seen to the disk beside it."""
    with ThreadPoolExecutor(1) as beside:
        copying = beside.submit(_keep_all, part.with_suffix(".originals"), extract.originals)
        read = read_or_refuse(extract, table, part)
        reconcile(extract, read.row_count, table)
        refuse_the_future(extract, read, table, part)
        return _Candidate(extract, read, part, copying.result(), acknowledge)


def read_or_refuse(extract: Extract, table: Table, part: Path) -> Read:
    """Read a download; what a reader did not foresee is bad input too, so that it keeps no other file out.

    The traceback goes to the log. Trouble of this machine (no memory, no disk) is not the file's fault, and
    goes on as it is.
    """
    try:
        return read_part(extract, table, part)
    except (BadInput, MemoryError):
        raise
    except Exception as error:
        # An error of the system has its number; a broken archive's (gzip.BadGzipFile) has none.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        logger.exception("%s (%s): the reader %s failed", extract.name, extract.url, table.format)
        raise BadInput.one(
            where=f"{extract.name} ({extract.url})",
            found=f"something that the reader {table.format} did not foresee: "
            f"{type(error).__name__} {str(error)[:80]!r}",
            expected=f"a file of the format {table.format}",
            remedy="fetch it again; if it stays, send the file and the traceback in the log to who keeps "
            f"raw/readers/{table.format}.py",
        ) from error


def reconcile(extract: Extract, row_count: int, table: Table) -> None:
    """Hold the publisher's own totals against what was read (law 9).

    Raises ``BadInput`` for totals that the feed declares and nobody said, and for those that were not met.
    """
    where = f"{extract.name} ({extract.url})"
    problems = [
        Problem(
            where=where,
            found=f"no total {name}",
            expected=f"the publisher's own {name}, which the feed declares as `control`",
            remedy="ask the publisher for it, or remove it from `control` in the feed file",
        )
        for name in table.control
        if name not in extract.control
    ]
    found = _found_totals(extract, row_count)
    problems += [
        Problem(
            where=where,
            found=f"{name} {found.get(name, '(a total nobody here can count)')}",
            expected=f"{expected}, the publisher's own total",
            remedy=_remedy_of_totals(extract, name),
        )
        for name, expected in extract.control.items()
        if found.get(name) != expected
    ]
    if problems:
        raise BadInput(problems)


def _remedy_of_totals(extract: Extract, name: str) -> str:
    if extract.said_in is None:
        return "pull again; if it stays, ask the publisher which of the two is right"
    return (
        f"look at the page of the query or the sender's note: if it shows another number, correct {name} in "
        f"{extract.said_in}; else get the whole file again; then drop both"
    )


def refuse_the_future(extract: Extract, read: Read, table: Table, part: Path) -> None:
    """Refuse a file that people gave us with figures of a period that had not ended when it was known.

    What a file covers is said by the periods beside it, of which the one that ends first bounds it (2024 up
    to 2024-03), else by those of its key. Nothing is asked of a file whose reader found its day.
    """
    if extract.known_from is None or read.not_before is not None:
        return
    facts = [name for name in table.facts if table.columns[name].type == "period"]
    said = {extract.facts[name] for name in facts if name in extract.facts}
    ends = {text: day for text in said or _periods_of_key(table, part) if (day := last_day_of(text))}
    bound = min if said else max
    last = bound(ends, key=ends.__getitem__, default=None)
    if last is not None and ends[last] > extract.known_from:
        raise BadInput.one(
            where=f"{extract.name} ({extract.url})",
            found=f"figures of {last}, which ends on {ends[last]}",
            expected=f"none of a period that ends after {extract.known_from}, the day it is known from",
            remedy="correct the period, or the day: known_from in the sidecar, or that in front of the name",
        )


def _periods_of_key(table: Table, part: Path) -> set[str]:
    """The periods and days that stand in the key of the rows."""
    # Here, and not above: the DAG files import this package, and the scheduler parses them all day long.
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    names = [name for name in table.key if table.columns[name].type in ("period", "date")]
    rows = pq.read_table(part, columns=names)
    return {text for name in names for text in pc.unique(rows[name]).to_pylist() if text}


def _found_totals(extract: Extract, row_count: int) -> dict[str, int]:
    return {"row_count": row_count, "byte_count": extract.byte_count}


def _quarantined(
    folder: Path, as_of: date, originals: tuple[Original, ...], error: BadInput
) -> list[Problem]:
    """Keep refused bytes and why; return the problems, the first one saying where the bytes are."""
    place = folder / "quarantine" / f"{as_of}_{_sha256_of(*originals)[:8]}"
    place.mkdir(parents=True, exist_ok=True)
    for original in originals:
        _keep(place / _safe_name(original.name), original)
    said = {"refused_at": _now(), "problems": [problem.as_dict() for problem in error.problems]}
    _write(place / "problems.json", _json(said))
    first, *others = error.problems
    remedy = f"{first.remedy} (the bytes are kept in {place})"
    return [replace(first, remedy=remedy), *others]


# --- landing: one new vintage where something changed ------------------------------------------------


def _land_all(
    feed: Feed, table_name: str, as_of: date, candidates: list[_Candidate], folder: Path
) -> list[Landed]:
    """Land the downloads in their order so that the last of a scope ends as its newest vintage."""
    if not candidates:
        return []
    known = vintages(folder.parents[1], feed.feed, table_name, as_of)
    last = {candidate.scope: number for number, candidate in enumerate(candidates)}
    landed: list[Landed] = []
    problems: list[Problem] = []
    for number, candidate in enumerate(candidates):
        of_scope = [vintage for vintage in known if vintage.scope == candidate.scope]
        if _says_nothing_new(candidate, of_scope, feed.table(table_name)):
            continue
        # A file that a later one of the same scope replaces need not be the newest, only be there: or the
        # two would take turns for ever.
        accepted = of_scope[-1:] if last[candidate.scope] == number else of_scope
        same = [vintage for vintage in accepted if vintage.sha256 == candidate.sha256]
        if same:
            landed.append(Landed(same[-1].path, False, same[-1].manifest))
            candidate.acknowledge(same[-1].path, ())
            continue
        try:
            refuse_emptiness(candidate.extract, candidate.read, of_scope)
            _refuse_another_scope(candidate, known, feed.table(table_name))
        except BadInput as error:
            found = _quarantined(folder, as_of, candidate.extract.originals, error)
            problems += found
            candidate.acknowledge(None, found)
            continue
        vintage = _add_vintage(feed, table_name, as_of, candidate, folder)
        known.append(vintage)
        landed.append(Landed(vintage.path, True, vintage.manifest))
        candidate.acknowledge(vintage.path, ())
    if problems:
        raise BadInput(problems)
    return landed


def _says_nothing_new(candidate: _Candidate, of_scope: list[Vintage], table: Table) -> bool:
    """No rows, in a part of a file that may be left empty, and none were there before."""
    return (
        table.optional
        and candidate.read.row_count == 0
        and not any(vintage.manifest["row_count"] for vintage in of_scope)
    )


def refuse_emptiness(extract: Extract, read: Read, of_scope: Sequence[Vintage] = ()) -> None:
    """Nothing where there was something is a fault until a person says otherwise: ``BadInput``.

    An empty file is accepted only where the publisher's own total says 0 and no row was landed before.
    """
    had_rows = any(vintage.manifest["row_count"] for vintage in of_scope)
    if read.row_count or (extract.control.get("row_count") == 0 and not had_rows):
        return
    raise BadInput.one(
        where=f"{extract.name} ({extract.url})",
        found="no rows",
        expected="at least one row",
        remedy="look whether the publisher really withdrew everything; an empty answer is mostly a fault",
    )


def _refuse_another_scope(candidate: _Candidate, known: list[Vintage], table: Table) -> None:
    """Last month's file under this month's name: the file itself does not say what it is about."""
    if not set(table.scope_columns) & set(table.facts):
        return
    for vintage in known:
        if vintage.sha256 == candidate.sha256 and vintage.scope != candidate.scope:
            raise BadInput.one(
                where=f"{candidate.extract.name} ({candidate.extract.url})",
                found=f"the very bytes of {vintage.landing_id}, which is {vintage.scope}",
                expected=f"the file of {candidate.scope}",
                remedy="download it again for the right period, or correct what is said beside it",
            )


def _add_vintage(feed: Feed, table_name: str, as_of: date, candidate: _Candidate, folder: Path) -> Vintage:
    """Write the vintage aside and rename it into its place: there is never half of one."""
    sequence = 1 + max((_parsed_name(path)[1] for path in folder.glob(f"vintage={as_of}*")), default=0)
    place = folder / (f"vintage={as_of}" + (f"_{sequence}" if sequence > 1 else ""))
    aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
    try:
        files = candidate.kept.files
        for name in files:
            (candidate.kept.folder / name).rename(aside / name)
        companions = {_beside(files, other): said for other, said in candidate.extract.companions.items()}
        for other, content in companions.items():
            _write(aside / other, content)
        candidate.part.rename(aside / PART)
        manifest = _manifest(feed, table_name, as_of, sequence, candidate)
        manifest["file_name"] = next(iter(files))
        manifest["files"] = files
        manifest["part_sha256"] = _sha256_of(Original(PART, aside / PART))
        manifest["companions"] = {other: _sha256(content) for other, content in sorted(companions.items())}
        manifest["manifest_sha256"] = _sha256(_json(manifest))
        _write(aside / MANIFEST, _json(manifest))
        aside.chmod(0o755)
        _settle(aside / PART)
        _settle(aside)
        aside.rename(place)
        _settle(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    logger.info("landed %s (%d rows)", place, manifest["row_count"])
    return Vintage(feed.feed, table_name, place, as_of, sequence, candidate.scope, manifest)


def _keep_all(folder: Path, originals: tuple[Original, ...]) -> _Kept:
    """Keep the files of a download in a new folder, under safe names of their own."""
    folder.mkdir()
    kept: dict[str, str] = {}
    whole = hashlib.sha256()
    for number, original in enumerate(originals, start=1):
        name = _safe_name(original.name)
        if name in kept:
            name = f"{number}_{name}"
        kept[name] = _keep(folder / name, original, whole)
    return _Kept(folder, kept, whole.hexdigest() if len(originals) > 1 else next(iter(kept.values())))


def _manifest(
    feed: Feed, table_name: str, as_of: date, sequence: int, candidate: _Candidate
) -> dict[str, Any]:
    extract, read = candidate.extract, candidate.read
    found = _found_totals(extract, read.row_count)
    return {
        "feed": feed.feed,
        "table": table_name,
        "vintage_date": as_of.isoformat(),
        "vintage_sequence": sequence,
        "scope": read.scope,
        "as_of": as_of.isoformat(),
        "origin": "simulated" if os.environ.get(REHEARSAL) else extract.origin or feed.origin,
        "publisher": feed.publisher.name_zh,
        "licence": feed.licence,
        "url": extract.url,
        "media_type": extract.media_type,
        "sha256": candidate.sha256,
        "byte_count": extract.byte_count,
        "retrieved_at": _now(),
        "published_at": read.published_at or extract.published_at,
        "facts": dict(extract.facts),
        "row_count": read.row_count,
        "columns": list(feed.table(table_name).columns),
        "control": {
            name: {"expected": total, "found": found[name]} for name, total in extract.control.items()
        },
        **({"known_from": candidate.known_from.isoformat()} if candidate.known_from else {}),
        **({"etag": extract.etag} if extract.etag else {}),
        **({"last_modified": extract.last_modified} if extract.last_modified else {}),
    }


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """One pull of a table at a time on this machine; what an interrupted one left aside is cleared away.

    Yields a folder to work in, on the same disk as the landing and gone afterwards.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in folder.glob(f"{ASIDE}*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=ASIDE, dir=folder) as workspace:
            yield Path(workspace)


# --- verification ------------------------------------------------------------------------------------


def _parsed_name(path: Path) -> tuple[date, int]:
    matched = VINTAGE_NAME.fullmatch(path.name)
    try:
        if matched:
            return date.fromisoformat(matched.group(1)), int(matched.group(2) or 1)
    except ValueError:
        matched = None
    raise BadInput.one(
        where=str(path),
        found=f"a folder named {path.name}",
        expected="vintage=2022-12-31 or vintage=2022-12-31_2",
        remedy="move the folder out of the landing: nothing here is renamed or copied by hand",
    )


def _verified(feed: str, table: str, path: Path, day: date, sequence: int) -> Vintage:
    """Hold the files of a vintage against its manifest, and the manifest against itself."""
    manifest = _read_manifest(path, feed)
    said = (manifest["feed"], manifest["table"], manifest["vintage_date"], manifest["vintage_sequence"])
    if said != (feed, table, day.isoformat(), sequence):
        raise _damage(
            path / MANIFEST,
            " ".join(map(str, said)),
            f"{feed} {table} {day} {sequence}, its folder",
            feed,
            day,
        )
    sums = {**manifest["files"], PART: manifest["part_sha256"], **manifest["companions"]}
    problems = [
        problem for name, sha in sums.items() for problem in _file_problems(path / name, sha, feed, day)
    ]
    if problems:
        raise BadInput(problems)
    return Vintage(feed, table, path, day, sequence, manifest["scope"], manifest)


def _read_manifest(path: Path, feed: str) -> dict[str, Any]:
    day = _parsed_name(path)[0]
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        expected = manifest.pop("manifest_sha256")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        found = f"no readable manifest ({type(error).__name__})"
        raise _damage(path / MANIFEST, found, "the manifest as it was landed", feed, day) from error
    found = _sha256(_json(manifest))
    if found != expected:
        raise _damage(path / MANIFEST, f"content of sha256 {found}", f"sha256 {expected}", feed, day)
    return {**manifest, "manifest_sha256": expected}


def _file_problems(path: Path, expected: str, feed: str, day: date) -> Iterator[Problem]:
    if not path.is_file():
        yield from _damage(path, "no file", f"the file of sha256 {expected}", feed, day).problems
        return
    found = _sha256_of(Original(path.name, path))
    if found != expected:
        yield from _damage(path, f"bytes of sha256 {found}", f"sha256 {expected}", feed, day).problems


def _damage(path: Path, found: str, expected: str, feed: str, day: date) -> BadInput:
    return BadInput.one(
        where=str(path),
        found=found,
        expected=f"{expected}, as its manifest says" if path.name != MANIFEST else expected,
        remedy=f"restore from backup or pull again: move the folder {path.parent} away and run "
        f"python -m raw pull {feed} --as-of {day}",
    )


# --- small tools -------------------------------------------------------------------------------------


def _safe_name(name: str) -> str:
    """A file name that stays in its folder, does not take one of ours, and is not too long to be one."""
    plain = short_name(re.sub(r"[\x00-\x1f\x7f/\\:]", "_", Path(name).name))
    if plain in ("", ".", "..", PART, MANIFEST, "problems.json") or plain.startswith("."):
        return f"original_{plain.lstrip('.')}"
    return plain


def _beside(originals: Mapping[str, str], name: str) -> str:
    """Name of a companion, which must not take an original's."""
    safe = _safe_name(name)
    return f"companion_{safe}" if safe in originals else safe


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sha256_of(*originals: Original) -> str:
    """Checksum of a download: of its files' bytes, one after another."""
    digest = hashlib.sha256()
    for original in originals:
        for block in original.blocks():
            digest.update(block)
    return digest.hexdigest()


def _json(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(path: Path, content: bytes) -> None:
    """Write and make sure it is on the disk before anything is renamed."""
    _keep(path, Original(path.name, content))


def _keep(path: Path, original: Original, whole: hashlib._Hash | None = None) -> str:
    """Write the bytes of a file, see them to the disk, and return their checksum.

    ``whole`` is the checksum of a download of several files, which these bytes are counted into.
    """
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in original.blocks():
            digest.update(block)
            if whole is not None:
                whole.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _settle(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
