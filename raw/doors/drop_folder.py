"""Files that people put into a folder: ``$RAW_INBOX/<feed>/`` (default ``raw/inbox/<feed>/``).

A file is taken as it lies there and stays there. If its name begins with a day (``2023-04-30_…``), that is
the day it was given to us, and it is not known before. Otherwise its reader says so, or nobody does.
"""

from __future__ import annotations

import logging
import os
import time
import unicodedata
from collections.abc import Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed
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


class Request(BaseModel):
    """Keys of ``request`` for this door.

    ``files`` gives the name pattern of each table's files (needed where a feed has several tables),
    ``extensions`` what may be dropped, ``max_bytes`` how large one file may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str] = {}
    extensions: list[str] = Field(default=[".csv", ".xlsx"], min_length=1)
    max_bytes: int = Field(default=50_000_000, gt=0)


def inbox(feed: Feed) -> Path:
    """Folder in which the files of a feed are dropped."""
    return Path(os.environ.get("RAW_INBOX") or DEFAULT_INBOX) / feed.feed


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the files dropped for a table, by name; those of a later day are left for later.

    ``month`` does not choose among the files: a late correction of another month must get in too. Raises
    ``BadInput`` with every file that may not be there.
    """
    request = Request.model_validate(feed.request)
    folder = inbox(feed)
    if not folder.is_dir():
        logger.info("%s: nothing was dropped, the folder does not exist", folder)
        return
    paths = [path for path in sorted(folder.iterdir()) if not _is_left_alone(path)]
    problems = [problem for path in paths if (problem := _problem(path, request))]
    for path in paths:
        said_on = _day_in_name(path.name)
        if _problem(path, request) or not _belongs(path.name, table_name, feed, request):
            continue
        if said_on and date.fromisoformat(said_on) > as_of:
            continue
        yield Extract(
            originals=(Original(path.name, path),),
            url=f"inbox:{feed.feed}/{path.name}",
            media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
            published_at=said_on,
        )
    # Told last, so that one bad file does not keep the others out.
    if problems:
        raise BadInput(problems)


def _is_left_alone(path: Path) -> bool:
    """Hidden files and the lock files of open workbooks (~$…) are not input, and not mistakes either."""
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
