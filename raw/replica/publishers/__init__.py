"""Stand-ins for the publishers, one module a feed; the name of the module is the name of the feed."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import datetime
from typing import cast

from raw.replica.answers import Publisher


def known_publishers() -> list[str]:
    """Names of the feeds whose publisher has a stand-in here."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def publisher(feed: str, now: datetime, seed: int | None = None) -> Publisher:
    """The stand-in of a feed's publisher, living in the moment ``now``.

    With a ``seed`` it also serves simulated data, where nothing published can be bundled.
    """
    return cast(Publisher, importlib.import_module(f"{__name__}.{feed}").Publisher(now, seed))
