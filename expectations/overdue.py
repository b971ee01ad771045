"""What Airflow calls when a run is not over by its deadline, whether it hangs or still waits in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def tell_overdue(*, hours: float, context: Mapping[str, Any] | None = None, **_: object) -> None:
    """Open an incident about the run in ``context`` (Airflow's simple context of a deadline)."""
    # Airflow imports this module whenever it parses a DAG file: nothing heavy up there.
    from expectations.observing import Run, after_deadline

    run = dict((context or {}).get("dag_run") or {})
    conf = run.get("conf") or {}
    month = str(run.get("partition_key") or conf.get("month") or "")
    step = Run(str(run.get("dag_id") or "DAG"), "deadline", month, str(conf.get("as_of") or ""))
    after_deadline(step, str(run.get("dag_run_id") or ""), hours, now=datetime.now(UTC))
