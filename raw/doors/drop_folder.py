"""Files that people put into a folder: ``$RAW_INBOX/<feed>/`` (default ``raw/inbox/<feed>/``).

If a file's name begins with a day (``2023-04-30_…``), that is the day it was given to us, and it is not known
before. Otherwise its reader says so, or nobody does.

With ``sidecar`` what the file does not say of itself stands beside it: ``lines.csv.facts.json`` for
``lines.csv``, a JSON object of facts by column name, and of what may be said of any file: ``row_count`` (the
sender's own total), ``parts`` (how many files it is), ``origin``. The parts of one download are
``lines.1.csv``, ``lines.2.csv`` and so on, with the one sidecar of ``lines.csv``.

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

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from raw.doors import Extract, Origin, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed, did_you_mean
from raw.readers import is_date

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
DONE, REJECTED, RECEIPT = "done", "rejected", "receipt.json"
PART_NAME = re.compile(r"(?P<stem>.+)\.(?P<number>[1-9]\d{0,3})(?P<suffix>\.[^.]+)", re.ASCII)


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``files`` gives the name pattern of each table's files (needed where a feed has several tables),
    ``extensions`` what may be dropped, ``max_bytes`` how large one file may be. ``sidecar`` asks for a
    sidecar beside every file, ``move`` for files to be moved once they are dealt with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str] = {}
    extensions: list[str] = Field(default=[".csv", ".xlsx"], min_length=1)
    max_bytes: int = Field(default=50_000_000, gt=0)
    sidecar: bool = False
    move: bool = False


class Said(BaseModel):
    """What a sidecar says: the facts of the table, by column, and what may be said of any file."""

    model_config = ConfigDict(extra="allow", frozen=True)

    row_count: int | None = Field(default=None, ge=0)
    parts: int | None = Field(default=None, ge=1)
    origin: Origin | None = None

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
    ``BadInput`` with every file that may not be there, or lacks its sidecar or one of its parts.
    """
    request = Request.model_validate(feed.request)
    folder = inbox(feed)
    if not folder.is_dir():
        logger.info("%s: nothing was dropped, the folder does not exist", folder)
        return
    paths = [path for path in sorted(folder.iterdir()) if not _is_left_alone(path, request)]
    if request.move:
        paths = list(_settled(paths, request))
    problems = [problem for path in paths if (problem := _problem(path, request))]
    good = [path for path in paths if not _problem(path, request)]
    problems += _strays(good, table_name, feed, request)
    for dropped in _downloads(good, request):
        said_on = _day_in_name(dropped.name)
        if not _belongs(dropped.name, table_name, feed, request):
            continue
        if said_on and date.fromisoformat(said_on) > as_of:
            continue
        try:
            yield _extract(feed, table_name, dropped, said_on, request)
        except BadInput as error:
            problems += error.problems
    # Told last, so that one bad file does not keep the others out.
    if problems:
        raise BadInput(problems)


def acknowledge(feed: Feed, extract: Extract, landed_in: Path | None, problems: Sequence[Problem]) -> None:
    """Move the files of a download to ``done/`` or ``rejected/``, with a receipt; only with ``move``."""
    if not Request.model_validate(feed.request).move:
        return
    paths = [original.body for original in extract.originals if isinstance(original.body, Path)]
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace(":", "")
    folder = inbox(feed) / (DONE if landed_in else REJECTED) / f"{now[:-6]}_{paths[0].stem}"
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


def _extract(
    feed: Feed, table_name: str, dropped: _Dropped, said_on: str | None, request: Request
) -> Extract:
    said, beside = (_said(dropped, feed, table_name), _beside(dropped)) if request.sidecar else (Said(), {})
    return Extract(
        originals=tuple(Original(path.name, path) for path in dropped.paths),
        url=f"inbox:{feed.feed}/{dropped.name}",
        media_type=MEDIA_TYPES.get(dropped.paths[0].suffix.lower(), "application/octet-stream"),
        published_at=said_on,
        control=said.control,
        companions=beside,
        facts=said.facts,
        origin=said.origin,
    )


def _downloads(paths: list[Path], request: Request) -> list[_Dropped]:
    """The files as downloads: each of its own, or the parts of one together."""
    if not request.sidecar:
        return [_Dropped(path.name, (path,)) for path in paths]
    found: dict[str, list[tuple[int, Path]]] = {}
    for path in paths:
        part = PART_NAME.fullmatch(path.name)
        found.setdefault(_whole_name(path), []).append((int(part["number"]) if part else 0, path))
    return [_Dropped(name, tuple(path for _, path in sorted(parts))) for name, parts in found.items()]


def _whole_name(path: Path) -> str:
    """The name of the download that a file is, or is a part of: ``lines.csv`` for ``lines.2.csv``."""
    part = PART_NAME.fullmatch(path.name)
    return f"{part['stem']}{part['suffix']}" if part else path.name


def sidecar_of(path: Path) -> Path:
    """Where it is said of a file, or of the download it is a part of, what it does not say of itself."""
    return path.with_name(_whole_name(path) + SIDECAR)


def read_sidecar(path: Path, facts: Sequence[str]) -> Said:
    """What a sidecar says; raises ``BadInput`` for other JSON, or a name not in ``facts``."""
    try:
        said = Said.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        found = " ".join(str(error).split())[:200]
        raise BadInput.one(str(path), found, f"a JSON object like {_example(facts)}", "correct it") from error
    for name in said.facts:
        if name not in facts:
            known = [*facts, *Said.model_fields]
            found = f"an unknown name {name!r}{did_you_mean(name, known)}"
            raise BadInput.one(str(path), found, f"names of {', '.join(known)}", "correct or remove it")
    return said


def _example(facts: Sequence[str]) -> str:
    return "{" + ", ".join(f'"{name}": "…"' for name in facts) + "}"


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
    numbers = [int(part["number"]) if (part := PART_NAME.fullmatch(p.name)) else 0 for p in dropped.paths]
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


def _belongs(name: str, table_name: str, feed: Feed, request: Request) -> bool:
    """Whether a file is one of the table; without a pattern all files belong to the only table."""
    if table_name in request.files:
        return fnmatchcase(name, request.files[table_name])
    if len(feed.tables) == 1:
        return True
    raise BadInput.one(
        where=f"feed {feed.feed}, key request.files.{table_name}",
        found="nothing",
        expected="a name pattern as in 'lines_*.csv', because the feed has several tables",
        remedy="add the pattern",
    )


def _strays(paths: list[Path], table_name: str, feed: Feed, request: Request) -> Iterator[Problem]:
    """Files that fit the pattern of no table: nobody would take them. Told for the first table only."""
    ours = __name__.rpartition(".")[2]
    if not request.files or table_name != next(name for name in feed.tables if ours in feed.ways(name)):
        return
    said = [way.get("files") or {} for name in feed.tables for way in feed.ways(name).values()]
    patterns = [
        pattern for files in said for pattern in (files.values() if isinstance(files, dict) else [files])
    ]
    for dropped in _downloads(paths, request):
        if not any(fnmatchcase(dropped.name, pattern) for pattern in patterns):
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
