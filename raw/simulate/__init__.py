"""Simulated micro-data in the publishers' own wire formats, for what cannot be bundled; one module a feed.

A module has ``drop(folder, month, seed)`` where people would put the files of a month into a folder, and is
used by the feed's stand-in where they are fetched. The same seed gives the same bytes. Whatever comes from
here is marked ``origin=simulated``: by the stand-in's header, or in the sidecar of a dropped file.
"""

from __future__ import annotations

import importlib
import pkgutil

from raw.doors.drop_folder import inbox
from raw.feed import declared_feeds


def drop_all(month: str, seed: int) -> list[str]:
    """Put into the inboxes what people would drop for a month; return the feeds it was for."""
    modules = {module.name for module in pkgutil.iter_modules(__path__)}
    dropped = []
    for feed in declared_feeds():
        if feed.feed not in modules:
            continue
        simulator = importlib.import_module(f"{__name__}.{feed.feed}")
        if hasattr(simulator, "drop"):
            folder = inbox(feed)
            folder.mkdir(parents=True, exist_ok=True)
            simulator.drop(folder, month, seed)
            dropped.append(feed.feed)
    return dropped
