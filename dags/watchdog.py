"""``watchdog``: what no run will tell: late feeds, waiting alerts, incidents nobody took up."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from _shared import TIMEZONE
from airflow.sdk import DAG, task

with DAG(
    dag_id="watchdog",
    dag_display_name="值守 watchdog",
    description="Late feeds, alerts that wait to be sent, incidents that nobody has taken up",
    schedule="*/10 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo(TIMEZONE)),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    tags=["watchdog"],
):

    @task(retries=0, execution_timeout=timedelta(minutes=9))
    def watch() -> str:
        """Returns one line on what is open."""
        from datetime import UTC, date

        from expectations.observing import watch

        return watch(date.today(), datetime.now(UTC))

    watch()
