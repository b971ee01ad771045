"""A rehearsal: a complete release through the same DAGs, of simulated data, in a house of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raw.land import REHEARSAL
from raw.simulate import drop_all
from warehouse.paths import rehearsal_house

KIND = "rehearsal"


@contextmanager
def rehearsing(month: str, seed: int) -> Iterator[Path]:
    """Move landing, inbox and releases below ``<data>/rehearsal/seed-<seed>``, for a ``with`` block.

    Whatever is landed then is simulated, and the inbox holds what people would drop for the month. Seeds
    never mix: each has its own folder, which is yielded.
    """
    root = rehearsal_house(seed)
    with _environment(
        {
            REHEARSAL: str(seed),
            "RAW_LANDING": str(root / "landing"),
            "RAW_INBOX": str(root / "inbox"),
            "WAREHOUSE_DATA": str(root),
        }
    ):
        drop_all(month, seed)
        yield root


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ[name] for name in wanted if name in os.environ}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        os.environ.update(before)
