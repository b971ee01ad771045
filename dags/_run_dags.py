"""Run DAGs one after another in this process with Airflow's own ``dag.test()``, and tell of each task.

Started by ``_month.py``: ``python _run_dags.py EVENTS_FD CONF_JSON``. Every line written to the file
descriptor is one JSON object; whatever Airflow prints goes to this process's output, which is the log.
Exit code 0: all DAGs succeeded. 1: a task or an import failed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from airflow.listeners import hookimpl
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.listener import get_listener_manager

from raw.errors import BadInput

if TYPE_CHECKING:
    from airflow.sdk import DAG

PUBLISH = "publish_monthly"


class Teller:
    """Listens to Airflow's task instances and writes what happens as JSON lines."""

    def __init__(self, events: IO[str]) -> None:
        self._events = events
        self._since = 0.0

    def tell(self, event: str, **details: object) -> None:
        """Write one event."""
        print(json.dumps({"event": event, **details}, ensure_ascii=False), file=self._events, flush=True)

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:  # noqa: ANN401 - Airflow's own type
        """Airflow calls this when a task starts."""
        self._since = time.monotonic()
        self.tell("started", dag=task_instance.dag_id, task=task_instance.task_id)

    @hookimpl
    def on_task_instance_success(self, task_instance: Any) -> None:  # noqa: ANN401
        """Airflow calls this when a task has ended well."""
        self._ended(task_instance, "succeeded")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: object) -> None:  # noqa: ANN401
        """Airflow calls this when a try of a task has failed; ``again``: another try comes."""
        plain = isinstance(error, AirflowFailException | BadInput)
        message = str(error) if plain else f"{type(error).__name__}: {error}"
        again = (
            not isinstance(error, AirflowFailException)
            and task_instance.try_number <= task_instance.max_tries
        )
        self._ended(task_instance, "failed", message=message, plain=plain, again=again)

    def _ended(self, task_instance: Any, event: str, **details: object) -> None:  # noqa: ANN401
        seconds = time.monotonic() - self._since
        self.tell(event, dag=task_instance.dag_id, task=task_instance.task_id, seconds=seconds, **details)


def main(arguments: Sequence[str]) -> int:
    """Run every pull, then the publication; returns the exit code."""
    with os.fdopen(int(arguments[0]), "w", encoding="utf-8") as events:
        teller = Teller(events)
        get_listener_manager().add_listener(teller)
        dags = _parsed(teller)
        if dags is None:
            return 1
        conf = json.loads(arguments[1])
        pulls = [dag for dag_id, dag in sorted(dags.items()) if dag_id.startswith("pull_")]
        # Every pull runs even where one fails: the reader gets to know all that is wrong at once.
        pulled = [_succeeds(dag, conf, teller) for dag in pulls]
        return 0 if all(pulled) and _succeeds(dags[PUBLISH], conf, teller) else 1


def _parsed(teller: Teller) -> dict[str, DAG] | None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    for file, trace in sorted(bag.import_errors.items()):
        teller.tell("unreadable", file=Path(file).name, message=trace.strip())
    if bag.import_errors or PUBLISH not in bag.dags:
        return None
    teller.tell("parsed", dags=sorted(bag.dags))
    return dict(bag.dags)


def _succeeds(dag: DAG, conf: dict[str, str], teller: Teller) -> bool:
    dag.deadline = []  # no scheduler runs here that would watch it, and dag.test() cannot
    for task in dag.tasks:
        task.retries = 0  # a person is waiting, who decides when to try again
    run = dag.test(run_conf=conf)
    results = {ti.task_id: ti.xcom_pull(ti.task_id) for ti in run.get_task_instances()}
    teller.tell("dag_ended", dag=dag.dag_id, state=str(run.state), results=results)
    return str(run.state) == "success"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
