"""Files that people put into a folder: ``$RAW_INBOX/<feed>/`` (default ``raw/inbox/<feed>/``).

If a file's name begins with a day (``2023-04-30_…``), that is the day it was given to us, and it is not known
before. So does ``known_from`` in its sidecar, and the fact that ``published_on`` of the request names; of
several days the latest counts. Otherwise its reader says so (see :mod:`raw.land`); and where nobody does, a
file is known from the day it arrived in the folder. A pull as of an earlier day leaves it there and says why.

With ``sidecar`` what the file does not say of itself stands beside it: ``lines.csv.facts.json`` for
``lines.csv``, a JSON object of facts by column name, and of what may be said of any file: ``row_count`` (the
sender's own total), ``parts`` (how many files it is), ``origin``, ``known_from``. The parts of one download
are ``lines.1.csv``, ``lines.2.csv`` and so on, with the one sidecar of ``lines.csv``; a year is no part
(``lines.2024.csv``), nor is a file with a sidecar of its own.

With ``move`` a file does not stay: it goes into a folder of its own below ``done/`` or ``rejected/``, and a
``receipt.json`` beside it says where it was landed or why it was not. What was written within the last
``SETTLED_SECONDS`` may still be on its way and would be torn from who writes it: it is announced and left for
the next pull. Without ``move`` a file is taken as it lies there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from raw.doors import Extract, Origin, Original, short_name
from raw.errors import BadInput, Problem
from raw.feed import Feed, did_you_mean
from raw.readers import is_date, last_day_meant

logger = logging.getLogger(__name__)

DEFAULT_INBOX = Path(__file__).parents[1] / "inbox"
# A file that changed so lately may still be on its way.
SETTLED_SECONDS = 30.0
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
SIDECAR = ".facts.json"
# That is what Linux and macOS take.
MAX_FILE_NAME_BYTES = 255
DONE, REJECTED, RECEIPT = "done", "rejected", "receipt.json"
PART_NAME = re.compile(r"(?P<stem>.+)\.(?P<number>[1-9]\d{0,3})(?P<suffix>\.[^.]+)", re.ASCII)
# A larger number is a year, unless the sidecar says that there are so many parts.
MOST_PARTS_UNSAID = 999


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``files`` gives the name pattern of each table's files (needed where a feed has several tables),
    ``extensions`` what may be dropped, ``max_bytes`` how large one file may be. ``sidecar`` asks for a
    sidecar beside every file, ``move`` for files to be moved once they are dealt with. ``published_on`` names
    the fact that says on which day (or in which month or year) a file was published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str] = {}
    extensions: list[str] = Field(default=[".csv", ".xlsx"], min_length=1)
    max_bytes: int = Field(default=50_000_000, gt=0)
    sidecar: bool = False
    move: bool = False
    published_on: str | None = None


class Said(BaseModel):
    """What a sidecar says: the facts of the table, by column, and what may be said of any file."""

    model_config = ConfigDict(extra="allow", frozen=True)

    # Strict: true is no number of rows, and "12" is a text.
    row_count: int | None = Field(default=None, ge=0, strict=True)
    parts: int | None = Field(default=None, ge=1, strict=True)
    origin: Origin | None = None
    known_from: date | None = None

    @field_validator("known_from", mode="before")
    @classmethod
    def _is_a_day(cls, value: object) -> object:
        """A number would be taken for seconds since 1970."""
        if value is not None and not (isinstance(value, str) and is_date(value)):
            raise ValueError("a day")
        return value

    @property
    def facts(self) -> dict[str, str]:
        """What the file does not say of itself, by column, as text."""
        return {name: str(value) for name, value in (self.model_extra or {}).items()}

    @property
    def control(self) -> dict[str, int]:
        """The sender's own totals."""
        return {} if self.row_count is None else {"row_count": self.row_count}


@dataclass(frozen=True)
class _Dropped:
    """One download as it lies there: the name of the whole, its files in their order."""

    name: str
    paths: tuple[Path, ...]

    @property
    def sidecar(self) -> Path:
        """Where it is said what the files do not say."""
        return sidecar_of(self.paths[0])


def inbox(feed: Feed) -> Path:
    """Folder in which the files of a feed are dropped."""
    return Path(os.environ.get("RAW_INBOX") or DEFAULT_INBOX) / feed.feed


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the files dropped for a table, by name; those of a later day or not yet settled wait.

    ``month`` does not choose among the files: a late correction of another month must get in too. Raises
    ``BadInput`` with every file that may not be there, or lacks its sidecar or one of its parts, and with
    every sidecar that lacks its file.
    """
    request = Request.model_validate(feed.request)
    folder = inbox(feed)
    if not folder.is_dir():
        logger.info("%s: nothing was dropped, the folder does not exist", folder)
        return
    paths = [path for path in sorted(folder.iterdir()) if not _is_left_alone(path, request)]
    unnameable = [path for path in paths if request.sidecar and not has_room_for_sidecar(path)]
    paths = [path for path in paths if path not in unnameable]
    lone = list(_lone_sidecars(folder, paths, table_name, feed, request))
    if request.move:
        paths = list(_settled(paths, request))
    problems = [problem for path in paths if (problem := _problem(path, request))]
    good = [path for path in paths if not _problem(path, request)]
    problems += [*_strays(good, table_name, feed, request), *lone, *map(_name_too_long, unnameable)]
    for dropped in _downloads(good, request):
        if not _belongs(dropped.name, table_name, feed, request):
            continue
        try:
            stated, extract = _extract(feed, table_name, dropped, request)
        except BadInput as error:
            problems += error.problems
            continue
        if stated is not None and stated > as_of:
            logger.warning(
                "%s: 写明 %s 起才知道，截至 %s 尚不知道，留在原处 / said to be known from %s, so not by %s; "
                "left where it is",
                dropped.paths[0], stated, as_of, stated, as_of,
            )  # fmt: skip
            continue
        yield extract
    # Told last, so that one bad file does not keep the others out.
    if problems:
        raise BadInput(problems)


def acknowledge(feed: Feed, extract: Extract, landed_in: Path | None, problems: Sequence[Problem]) -> None:
    """Move the files of a download to ``done/`` or ``rejected/``, with a receipt; only with ``move``."""
    if not Request.model_validate(feed.request).move:
        return
    paths = [original.body for original in extract.originals if isinstance(original.body, Path)]
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace(":", "")
    folder = inbox(feed) / (DONE if landed_in else REJECTED) / short_name(f"{now[:-6]}_{paths[0].stem}")
    folder.mkdir(parents=True)
    sidecars = [inbox(feed) / name for name in extract.companions]
    for path in (*paths, *sidecars):
        path.rename(folder / path.name)
    receipt = {
        "files": [path.name for path in paths],
        "told_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "landed_in": str(landed_in) if landed_in else None,
        "problems": [problem.as_dict() for problem in problems],
    }
    text = json.dumps(receipt, ensure_ascii=False, indent=2) + "\n"
    (folder / RECEIPT).write_text(text, encoding="utf-8")


def mark_settled(*paths: Path) -> None:
    """Say that files are whole, so that the next pull takes them: for who has just written them himself."""
    before = time.time() - SETTLED_SECONDS
    for path in paths:
        os.utime(path, (before, before))


def _settled(paths: Iterable[Path], request: Request) -> Iterator[Path]:
    """The files of downloads in which nothing, sidecar included, was written lately; others are announced."""
    for dropped in _downloads(list(paths), request):
        beside = [dropped.sidecar] if request.sidecar and dropped.sidecar.is_file() else []
        fresh = [path.name for path in (*dropped.paths, *beside) if _age_seconds(path) < SETTLED_SECONDS]
        if fresh:
            logger.warning(
                "%s: 刚写入，可能尚未传完，留待下次 / written within %.0f s (%s), may still be on its way; "
                "left for the next pull",
                dropped.paths[0].with_name(dropped.name),
                SETTLED_SECONDS,
                ", ".join(fresh),
            )
        else:
            yield from dropped.paths


def _age_seconds(path: Path) -> float:
    """Since when nothing was written. A clock ahead of ours must not keep a file out: hence ctime."""
    told = path.lstat()
    return time.time() - min(told.st_mtime, told.st_ctime)


def _extract(feed: Feed, table_name: str, dropped: _Dropped, request: Request) -> tuple[date | None, Extract]:
    """A download, and the day from which it is known by what is said of it, if anything is."""
    said, beside = (_said(dropped, feed, table_name), _beside(dropped)) if request.sidecar else (Said(), {})
    stated = stated_day(dropped.name, said, request.published_on)
    published = said.facts.get(request.published_on or "", "")
    return stated, Extract(
        originals=tuple(Original(path.name, path) for path in dropped.paths),
        url=f"inbox:{feed.feed}/{dropped.name}",
        media_type=MEDIA_TYPES.get(dropped.paths[0].suffix.lower(), "application/octet-stream"),
        published_at=published if is_date(published) else _day_in_name(dropped.name),
        control=said.control,
        companions=beside,
        facts=said.facts,
        origin=said.origin,
        known_from=stated or _arrived_on(dropped.paths),
        said_in=str(dropped.sidecar) if request.sidecar else None,
    )


def stated_day(name: str, said: Said, published_on: str | None) -> date | None:
    """The day from which a file is known by what is said of it; of several the latest, for which all hold."""
    named = _day_in_name(name)
    published = last_day_meant(said.facts.get(published_on or "", ""))
    days = (date.fromisoformat(named) if named else None, said.known_from, published)
    return max((day for day in days if day is not None), default=None)


def _arrived_on(paths: Iterable[Path]) -> date:
    """The day on which the last of the files came into the folder.

    The day of the inode, not that of the content: copies and archives carry any day of the content along, and
    a file whose content is old has all the same not been known here before it came.
    """
    changed = max(path.stat().st_ctime for path in paths)
    return datetime.fromtimestamp(changed, UTC).astimezone().date()


def _downloads(paths: list[Path], request: Request) -> list[_Dropped]:
    """The files as downloads: each of its own, or the parts of one together."""
    if not request.sidecar:
        return [_Dropped(path.name, (path,)) for path in paths]
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in paths:
        found.setdefault(_whole_name(path), []).append((_part_number(path), path))
    return [_Dropped(name, tuple(path for _, path in sorted(parts))) for name, parts in found.items()]


def _part_number(path: Path) -> int:
    """Which part of a download a file is; 0 for one that is a download of its own.

    A number in a name may be anything else, a year. It is a part's where the file has no sidecar of its own
    and is either one of the `parts` that the sidecar of the whole speaks of, or small, with that sidecar or
    another part beside it.
    """
    named = PART_NAME.fullmatch(path.name)
    if named is None or not has_room_for_sidecar(path) or path.with_name(path.name + SIDECAR).exists():
        return 0
    number = int(named["number"])
    sidecar = path.with_name(f"{named['stem']}{named['suffix']}{SIDECAR}")
    if number > MOST_PARTS_UNSAID:
        return number if number <= _parts_said(sidecar) else 0
    return number if sidecar.exists() or _has_other_parts(path, named) else 0


def _parts_said(sidecar: Path) -> int:
    """How many parts a sidecar speaks of; what is wrong with it is told where it is read for its facts."""
    try:
        parts = json.loads(sidecar.read_text(encoding="utf-8-sig"))["parts"]
    except (OSError, ValueError, TypeError, KeyError):
        return 0
    return parts if isinstance(parts, int) else 0


def _has_other_parts(path: Path, named: re.Match[str]) -> bool:
    others = (PART_NAME.fullmatch(other.name) for other in path.parent.iterdir() if other.name != path.name)
    return any(
        (other["stem"], other["suffix"]) == (named["stem"], named["suffix"])
        and int(other["number"]) <= MOST_PARTS_UNSAID
        for other in others
        if other
    )


def _whole_name(path: Path) -> str:
    """The name of the download that a file is, or is a part of: ``lines.csv`` for ``lines.2.csv``."""
    named = PART_NAME.fullmatch(path.name)
    return f"{named['stem']}{named['suffix']}" if named and _part_number(path) else path.name


def sidecar_of(path: Path) -> Path:
    """Where it is said of a file, or of the download it is a part of, what it does not say of itself."""
    return path.with_name(_whole_name(path) + SIDECAR)


def read_sidecar(path: Path, facts: Sequence[str]) -> Said:
    """What a sidecar says; raises ``BadInput`` for other JSON, or a name not in ``facts``."""
    members = _members(path, facts)
    known = [*facts, *Said.model_fields]
    problems = [*_slips(path, members, known)]
    try:
        said = Said.model_validate(members)
    except ValidationError as error:
        problems += [_refused_member(path, one) for one in error.errors()]
    if problems:
        raise BadInput(problems)
    today = datetime.now(UTC).astimezone().date()
    if said.known_from is not None and said.known_from > today:
        raise BadInput.one(
            f"{path}, known_from", str(said.known_from), f"a day up to today, {today}", "correct the sidecar"
        )
    return said


def _members(path: Path, facts: Sequence[str]) -> dict[str, object]:
    """The members of the JSON object that a sidecar is, each once."""
    wanted = f"a JSON object like {_example(facts)}, in UTF-8"
    try:
        read = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_Members)
    except UnicodeDecodeError as error:
        found = f"bytes that are not UTF-8 at position {error.start}"
        raise BadInput.one(str(path), found, wanted, "save it as UTF-8") from error
    except json.JSONDecodeError as error:
        found = f"no JSON at line {error.lineno}, column {error.colno} ({error.msg})"
        raise BadInput.one(str(path), found, wanted, "correct that place") from error
    if not isinstance(read, _Members):
        raise BadInput.one(str(path), f"JSON that is no object: {read!r:.60}", wanted, "correct it")
    names = [name for name, _ in read]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadInput.one(
            str(path), f"{', '.join(twice)} more than once", "every name once", "remove the wrong one"
        )
    return dict(read)


class _Members(list[tuple[str, object]]):
    """The members of a JSON object as they stand there: a name that stands twice is seen."""


def _slips(path: Path, members: dict[str, object], known: list[str]) -> Iterator[Problem]:
    for name, value in members.items():
        if name not in known:
            found = f"an unknown name {name!r}{did_you_mean(name, known)}"
            yield Problem(str(path), found, f"names of {', '.join(known)}", "correct or remove it")
        elif name not in Said.model_fields and (isinstance(value, bool) or not isinstance(value, str | int)):
            found = json.dumps(value, ensure_ascii=False, default=str)[:60]
            yield Problem(f"{path}, {name}", found, 'text in quotes, as in "2024-01"', "correct the sidecar")


# What may stand in the members of any sidecar.
_MEANT = {
    "row_count": "a whole number from 0 on, without quotes",
    "parts": "a whole number from 1 on, without quotes",
    "origin": "published, returned or simulated",
    "known_from": 'a day as in "2024-02-20"',
}


def _refused_member(path: Path, error: ErrorDetails) -> Problem:
    name = str(error["loc"][0])
    found = json.dumps(error["input"], ensure_ascii=False, default=str)[:60]
    return Problem(f"{path}, {name}", found, _MEANT[name], "correct the sidecar")


def _example(facts: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{name}": "…"' for name in facts) + "}"


def _lone_sidecars(
    folder: Path, paths: list[Path], table_name: str, feed: Feed, request: Request
) -> Iterator[Problem]:
    """Sidecars whose file is not there: who put it beside nothing waits for a file that never lands.

    Told for the first table only. With ``move`` one written lately may only be ahead of its file.
    """
    if not request.sidecar or not _is_first(table_name, feed):
        return
    spoken_of = {sidecar_of(path) for path in paths}
    for sidecar in sorted(folder.glob(f"*{SIDECAR}")):
        is_awaited = request.move and _age_seconds(sidecar) < SETTLED_SECONDS
        if sidecar in spoken_of or sidecar.name.startswith((".", "~$")) or is_awaited:
            continue
        name = sidecar.name.removesuffix(SIDECAR)
        yield Problem(
            where=str(sidecar),
            found="a sidecar without its file",
            expected=f"{name}, or its parts, beside it",
            remedy="drop the file, or correct the sidecar's name, or take it out of the folder",
        )


def _said(dropped: _Dropped, feed: Feed, table_name: str) -> Said:
    """What the sidecar says; raises ``BadInput`` where it is missing or does not fit the files."""
    where = str(dropped.sidecar)
    facts = feed.table(table_name).facts
    if not dropped.sidecar.exists():
        expected = f"what {dropped.name} does not say of itself, {_example(facts)}"
        raise BadInput.one(where, "no sidecar", expected, "write it")
    said = read_sidecar(dropped.sidecar, facts)
    if said.row_count is None and "row_count" in feed.table(table_name).control:
        raise BadInput.one(
            where,
            "no row_count",
            f"the rows of {dropped.name} as its sender counts them, which tells half a file from a whole one",
            "write it as the page of the query or the sender's note shows it; do not count the file",
        )
    _check_parts(dropped, said)
    return said


def _check_parts(dropped: _Dropped, said: Said) -> None:
    numbers = [_part_number(path) for path in dropped.paths]
    wanted = list(range(1, (said.parts or max(numbers)) + 1)) if numbers != [0] else [0]
    if said.parts is not None and numbers == [0]:
        wanted = [0] if said.parts == 1 else list(range(1, said.parts + 1))
    if numbers != wanted:
        names = ", ".join(path.name for path in dropped.paths)
        stem, _, suffix = dropped.name.rpartition(".")
        expected = f"{stem}.1.{suffix} to {stem}.{wanted[-1]}.{suffix}, each once"
        raise BadInput.one(
            str(dropped.paths[0].parent / dropped.name),
            f"a missing or an extra part: there are {names}",
            expected,
            "drop the parts that are missing, or correct `parts` in the sidecar",
        )


def _beside(dropped: _Dropped) -> dict[str, bytes]:
    return {dropped.sidecar.name: dropped.sidecar.read_bytes()}


def _is_left_alone(path: Path, request: Request) -> bool:
    """What is neither input nor a mistake: hidden files, locks of open workbooks (~$…), our own folders."""
    if request.move and path.name in (DONE, REJECTED):
        return True
    if request.sidecar and path.name.endswith(SIDECAR):
        return True
    return path.name.startswith((".", "~$"))


def _problem(path: Path, request: Request) -> Problem | None:
    """Why a file may not be taken; ``None`` if it may."""
    if path.is_symlink() or not path.is_file():
        return Problem(str(path), "a folder or a link", "plain files", "put the file itself here")
    if any(unicodedata.category(letter).startswith("C") for letter in path.name):
        return Problem(
            repr(str(path)), "a name with invisible letters", "a name one can read", "rename the file"
        )
    if path.suffix.lower() not in request.extensions:
        allowed = ", ".join(request.extensions)
        return Problem(str(path), f"a file *{path.suffix}", f"one of {allowed}", "save it as one of these")
    size = path.stat().st_size
    if size == 0 or size > request.max_bytes:
        return Problem(
            where=str(path),
            found=f"{size} bytes",
            expected=f"1 to {request.max_bytes} bytes",
            remedy="drop the file again, or raise request.max_bytes in the feed file if it is right",
        )
    return None


def has_room_for_sidecar(path: Path) -> bool:
    """Whether a file system takes the name of a file with that of its sidecar behind it."""
    return len(os.fsencode(path.name + SIDECAR)) <= MAX_FILE_NAME_BYTES


def _name_too_long(path: Path) -> Problem:
    return Problem(
        where=str(path),
        found=f"a name of {len(os.fsencode(path.name))} bytes, too long for one with {SIDECAR} behind it",
        expected=f"at most {MAX_FILE_NAME_BYTES - len(SIDECAR)} bytes; a Chinese character is three",
        remedy="rename the file",
    )


def _belongs(name: str, table_name: str, feed: Feed, request: Request) -> bool:
    """Whether a file is one of the table; without a pattern all files belong to the only table."""
    if table_name in request.files:
        return fits(name, request.files[table_name])
    if len(feed.tables) == 1:
        return True
    raise BadInput.one(
        where=f"feed {feed.feed}, key request.files.{table_name}",
        found="nothing",
        expected="a name pattern as in 'lines_*.csv', because the feed has several tables",
        remedy="add the pattern",
    )


def fits(name: str, pattern: str) -> bool:
    """Whether a file's name fits the pattern of a table, a day in front of it or none."""
    return any(fnmatchcase(one, pattern) for one in (name, name[11:] if _day_in_name(name) else name))


def _is_first(table_name: str, feed: Feed) -> bool:
    """Whether a table is the first of its feed that comes through this door."""
    ours = __name__.rpartition(".")[2]
    return table_name == next(name for name in feed.tables if ours in feed.ways(name))


def _strays(paths: list[Path], table_name: str, feed: Feed, request: Request) -> Iterator[Problem]:
    """Files that fit the pattern of no table: nobody would take them. Told for the first table only."""
    if not request.files or not _is_first(table_name, feed):
        return
    said = [way.get("files") or {} for name in feed.tables for way in feed.ways(name).values()]
    patterns = [
        pattern for files in said for pattern in (files.values() if isinstance(files, dict) else [files])
    ]
    for dropped in _downloads(paths, request):
        if not any(fits(dropped.name, pattern) for pattern in patterns):
            yield Problem(
                where=str(dropped.paths[0]),
                found="a name that fits no table, so nobody takes the file",
                expected=f"a name as in {', '.join(dict.fromkeys(patterns))}",
                remedy="rename the file (capitals count), or take it out of the folder",
            )


def _day_in_name(name: str) -> str | None:
    return name[:10] if is_date(name[:10]) and name[10:11] in ("_", "-", ".") else None


def is_dropped(feed: Feed) -> bool:
    """Whether any table of a feed comes through this door."""
    return any(__name__.rpartition(".")[2] in feed.ways(table_name) for table_name in feed.tables)


def waits(feed: Feed, since: float | None = None) -> bool:
    """Whether anything was put into the folder after ``since``, and nothing is still being copied into it.

    ``since`` is when this last said yes, in seconds of the epoch; ``None``: whatever lies there waits. So a
    file that stays, landed or refused, is told of once.
    """
    folder = inbox(feed)
    paths = folder.iterdir() if folder.is_dir() else ()
    changed = [
        path.stat().st_ctime for path in paths if path.is_file() and not path.name.startswith((".", "~$"))
    ]
    if not changed or max(changed) > time.time() - SETTLED_SECONDS:
        return False
    return since is None or max(changed) > since - SETTLED_SECONDS
