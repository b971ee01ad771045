"""Doors: how bytes come in, one module per way of coming in, never per feed.

A door is a module ``raw.doors.<name>`` with one function::

    extracts(feed, table_name, as_of, month) -> Iterator[Extract]

It yields what the publisher said, byte for byte, and nothing it concluded from that.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol, cast

from raw.errors import BadInput

if TYPE_CHECKING:
    from raw.feed import Feed


@dataclass(frozen=True)
class Extract:
    """One file as it came in.

    ``published_at`` is the publisher's own date (ISO text) or ``None``. ``control`` holds the publisher's
    own totals, which landing reconciles with what was read: ``{"row_count": 636}``. ``companions`` are
    files kept beside the original (a structure message, a header dump), by file name.
    """

    content: bytes
    file_name: str
    url: str
    media_type: str
    published_at: str | None = None
    control: dict[str, int] = field(default_factory=dict)
    companions: Mapping[str, bytes] = field(default_factory=dict)


class Door(Protocol):
    """What every module of this package offers."""

    def extracts(self, feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:
        """Yield the files of one table that were out by ``as_of``."""
        ...


def known_doors() -> list[str]:
    """Names of the doors there are: the modules of this package."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def door(feed: Feed) -> Door:
    """Return the door module a feed names; raise ``BadInput`` for one that does not exist."""
    if feed.door not in known_doors():
        raise BadInput.one(
            where=f"feed {feed.feed}, key door",
            found=repr(feed.door),
            expected=f"one of {', '.join(known_doors())}",
            remedy="correct the key `door`, or add the module raw/doors/<name>.py",
        )
    return cast(Door, importlib.import_module(f"raw.doors.{feed.door}"))
