"""``watch_<feed>`` for each feed that people fill: what they drop is landed or refused within minutes.

It starts ``pull_<feed>`` without a partition: the files are landed and acknowledged at once, but the month is
in, and may start a publication, only by the pull of the feed's own day: a first early file starts none.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from _inbox import InboxSensor
from _shared import TIMEZONE
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from raw.doors.drop_folder import is_dropped
from raw.feed import Feed, declared_feeds


def watch_dag(feed: Feed) -> DAG:
    """The DAG of one feed: wait for files, start its pull, wait again."""
    with DAG(
        dag_id=f"watch_{feed.feed}",
        dag_display_name=f"收件 {feed.title_zh}",
        description=f"Files dropped for: {feed.title_en}",
        schedule="@continuous",
        start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo(TIMEZONE)),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        tags=["watch", feed.origin],
    ) as dag:
        wait = InboxSensor(task_id="wait", feed=feed.feed)
        wait >> TriggerDagRunOperator(task_id="pull", trigger_dag_id=f"pull_{feed.feed}")
    return dag


for declared in filter(is_dropped, declared_feeds()):
    globals()[f"watch_{declared.feed}"] = watch_dag(declared)
