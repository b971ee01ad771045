"""The bundled published figures, read from ``raw/replica/published/*.csv`` and dated by the clock."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from raw.errors import BadInput
from raw.replica.clock import out_by

PUBLISHED = Path(__file__).parent / "published"
OTHERS = "RAW_REPLICA_PUBLISHED"
"""Names another folder of tables to serve: the same with seeded defects, for instance."""

DIMENSIONS = ("FREQ", "REF_AREA", "INDICATOR", "MEASURE", "SCOPE", "TIME_PERIOD")


@dataclass(frozen=True)
class Figure:
    """One published observation: its cells as text, and the moment from which it was known."""

    cells: dict[str, str]
    known_from: datetime

    @property
    def key(self) -> tuple[str, ...]:
        """The six dimension values."""
        return tuple(self.cells[name] for name in DIMENSIONS)

    @property
    def decimals(self) -> int:
        """How many digits were printed after the point."""
        return int(self.cells["DECIMALS"])


def published() -> Path:
    """The folder of the tables that are served: env RAW_REPLICA_PUBLISHED, else the bundled ones."""
    return Path(os.environ.get(OTHERS) or PUBLISHED)


def rows(name: str, folder: Path | None = None) -> list[dict[str, str]]:
    """The rows of one bundled table (``observations``, ``sources``, ``series`` or ``units``) as text."""
    with ((folder or published()) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(feed: str, folder: Path | None = None) -> tuple[Figure, ...]:
    """The figures of one feed, sorted by dimensions and then by source, each joined to its source.

    Raises BadInput when an observation names a source that ``sources.csv`` does not have.
    """
    return _figures(feed, folder or published())


@cache
def _figures(feed: str, folder: Path) -> tuple[Figure, ...]:
    sources = {source["SOURCE"]: source for source in rows("sources", folder)}
    found = [
        _dated(row, sources, f"{folder / 'observations.csv'}, line {line}")
        for line, row in enumerate(rows("observations", folder), start=2)
        if row["FEED"] == feed
    ]
    return tuple(sorted(found, key=lambda figure: (*figure.key, figure.cells["SOURCE"])))


def _dated(row: dict[str, str], sources: dict[str, dict[str, str]], where: str) -> Figure:
    source = sources.get(row["SOURCE"])
    if source is None:
        raise BadInput.one(
            where, f"source {row['SOURCE']!r}", "a source of sources.csv", "add the source to sources.csv"
        )
    joined = {
        "SOURCE_TITLE": source["TITLE"],
        "PUBLISHER": source["PUBLISHER"],
        "PUBLISHED_DATE": source["PUBLISHED_DATE"],
        "SOURCE_URL": source["URL"],
    }
    return Figure({**row, **joined}, out_by(source["PUBLISHED_DATE"], source["RETRIEVED_DATE"]))
