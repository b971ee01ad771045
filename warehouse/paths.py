"""Where builds and releases are kept. ``WAREHOUSE_DATA`` moves the whole tree, e.g. for a test."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPO / "dbt_project"


def data_root() -> Path:
    """Folder that holds ``builds/``, ``releases/`` and ``current``."""
    return Path(os.environ.get("WAREHOUSE_DATA", REPO / "warehouse" / "data"))


def rehearsal_house(seed: int) -> Path:
    """Folder of the rehearsals of one seed: landing, inbox, builds and ``rehearsals/``. Seeds never mix."""
    return data_root() / "rehearsal" / f"seed-{seed}"


def house_of(kind: str, seed: int = 1) -> Path:
    """Folder that holds the builds and releases of a kind.

    ``WAREHOUSE_DATA`` may point at the house of a rehearsal itself, as it does while one is made.
    """
    root = data_root()
    return rehearsal_house(seed) if kind == "rehearsal" and not (root / "rehearsals").is_dir() else root


def dbt_project_dir() -> Path:
    """The dbt project to build; ``DBT_PROJECT_DIR`` points elsewhere in tests."""
    return Path(os.environ.get("DBT_PROJECT_DIR", DBT_PROJECT))
