"""The deferrable sensor of `watch.py`: it sleeps in the triggerer until people have dropped something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, Context

from raw.doors.drop_folder import waits
from raw.feed import find_feed

LOOK_EVERY = timedelta(minutes=2)


class InboxSensor(BaseOperator):
    """Ends when files wait in the inbox of a feed that were not there when the last watch ended.

    Between two looks no worker is held. The look itself is ``raw.doors.drop_folder.waits``.
    """

    def __init__(self, *, feed: str, **arguments: Any) -> None:  # noqa: ANN401 - Airflow's own arguments
        super().__init__(**arguments)
        self.feed = feed

    def execute(self, context: Context, event: object = None) -> None:  # noqa: ARG002 - that time has passed
        """Look; sleep and look again where nothing waits."""
        last = context.get("prev_end_date_success")
        if not waits(find_feed(self.feed), last.timestamp() if last else None):
            self.defer(trigger=TimeDeltaTrigger(LOOK_EVERY), method_name="execute")
