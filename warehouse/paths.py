"""Where builds and releases are kept. ``WAREHOUSE_DATA`` moves the whole tree, e.g. for a test."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
DBT_PROJECT = REPO / "dbt_project"


def data_root() -> Path:
    """Folder that holds ``builds/``, ``releases/`` and ``current``."""
    return Path(os.environ.get("WAREHOUSE_DATA", REPO / "warehouse" / "data"))


def dbt_project_dir() -> Path:
    """The dbt project to build; ``DBT_PROJECT_DIR`` points elsewhere in tests."""
    return Path(os.environ.get("DBT_PROJECT_DIR", DBT_PROJECT))
