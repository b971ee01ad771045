"""Doors: how bytes come in, one module per way of coming in, never per feed.

A door is a module ``raw.doors.<name>`` with one function::

    extracts(feed, table_name, as_of, month) -> Iterator[Extract]

It yields what the publisher said, byte for byte, and nothing it concluded from that. A door that people fill
may also have ``acknowledge(feed, extract, landed_in, problems)``, called once the download is safely landed,
or with ``None`` and the reasons once it is in quarantine. A door that can ask whether something
changed may also have ``extracts_unless_known(feed, table_name, as_of, month, known)``, which is then asked
instead: ``known`` says of each address what its newest vintage was landed with.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal, Protocol, cast

from raw.errors import BadInput

if TYPE_CHECKING:
    from raw.feed import Feed

Origin = Literal["published", "returned", "simulated"]
# A stand-in that serves simulated data says so on every answer; a real publisher has no such header.
ORIGIN_HEADER = "x-origin"
# File systems take 255 bytes in a name, a Chinese character is three; the rest is for what we put in front.
MAX_NAME_BYTES = 200
MAX_SUFFIX_BYTES = 20


@dataclass(frozen=True)
class Original:
    """One file as the publisher sent it: ``body`` is its bytes, or where a large one lies on this disk."""

    name: str
    body: bytes | Path

    @property
    def content(self) -> bytes:
        """All of its bytes, in memory."""
        return self.body.read_bytes() if isinstance(self.body, Path) else self.body

    @property
    def byte_count(self) -> int:
        """Its size in bytes."""
        return self.body.stat().st_size if isinstance(self.body, Path) else len(self.body)

    def blocks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """Its bytes block by block, so that a large file never stands in memory."""
        if isinstance(self.body, bytes):
            yield self.body
            return
        with self.body.open("rb") as file:
            while block := file.read(size):
                yield block


@dataclass(frozen=True)
class Extract:
    """One download as it came in: one file, or the parts into which the publisher cuts a large one.

    ``published_at`` is the publisher's own date (ISO text) or ``None``. ``control`` holds the publisher's
    own totals, which landing reconciles with what was read: ``{"row_count": 636}``. ``companions`` are
    files kept beside the original (a structure message, a header dump), by file name. ``facts`` are what
    the file does not say of itself but its page, request or sidecar does (month, direction), by column.
    ``origin`` is given where the sender marked it otherwise than the feed declares: simulated. ``etag`` and
    ``last_modified`` are the publisher's marks of this version, as it wrote them. ``known_from`` is the day
    from which a file that people gave us is known, unless its reader finds one in it; ``said_in`` is where
    people said what the file does not say, to be corrected there.
    """

    originals: tuple[Original, ...]
    url: str
    media_type: str
    published_at: str | None = None
    control: dict[str, int] = field(default_factory=dict)
    companions: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    origin: Origin | None = None
    etag: str | None = None
    last_modified: str | None = None
    known_from: date | None = None
    said_in: str | None = None

    @property
    def name(self) -> str:
        """Name of its (first) file."""
        return self.originals[0].name

    @property
    def byte_count(self) -> int:
        """Size of all its files in bytes."""
        return sum(original.byte_count for original in self.originals)


@dataclass(frozen=True)
class Known:
    """What the newest vintage of an address was landed with: its marks, facts and companions' names.

    A door asks conditionally by the marks (RFC 9110 section 13); without any it asks for all of it.
    """

    etag: str | None = None
    last_modified: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    companions: frozenset[str] = frozenset()


def short_name(name: str) -> str:
    """A name that fits any file system: one of more than ``MAX_NAME_BYTES`` in UTF-8 loses its middle.

    Its beginning and suffix stay; a piece of the whole name's hash keeps two long names apart.
    """
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    suffix = PurePath(name).suffix
    if len(suffix.encode()) > MAX_SUFFIX_BYTES:
        suffix = ""
    end = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}{suffix}"
    return name.encode()[: MAX_NAME_BYTES - len(end.encode())].decode(errors="ignore") + end


class Door(Protocol):
    """What every module of this package offers."""

    def extracts(self, feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
        """Yield the files of one table that were out by ``as_of``."""
        ...


def known_doors() -> list[str]:
    """Names of the doors there are: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def doors(feed: Feed, table_name: str) -> list[tuple[Door, Feed]]:
    """The ways in for a table, each with the feed as it is seen there: that ``door`` and its ``request``.

    Raises ``BadInput`` for a door that does not exist.
    """
    ways = feed.ways(table_name)
    for name in ways:
        if name not in known_doors():
            raise BadInput.one(
                where=f"feed {feed.feed}, key door",
                found=repr(name),
                expected=f"one of {', '.join(known_doors())}",
                remedy="correct the key `door`, or add the module raw/doors/<name>.py",
            )
    return [
        (
            cast(Door, importlib.import_module(f"raw.doors.{name}")),
            feed.model_copy(update={"door": name, "request": request}),
        )
        for name, request in ways.items()
    ]
