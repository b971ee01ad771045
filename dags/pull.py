"""One DAG for each feed file, ``pull_<feed>``: land what the publisher says for a reference month.

A new file in ``raw/feeds/`` is a new DAG; nothing is to be written here.
"""

from __future__ import annotations

from datetime import timedelta

from _shared import (
    TIMEZONE,
    asset_of,
    dates_of,
    deadline,
    on_failure,
    on_success,
    run_params,
    told_plainly,
)
from airflow.sdk import DAG, Context, CronPartitionTimetable, task

from raw.feed import Feed, declared_feeds


def pull_dag(feed: Feed) -> DAG:
    """The DAG of one feed: one task, which updates the feed's asset for the month."""
    asset = asset_of(feed)
    with DAG(
        dag_id=f"pull_{feed.feed}",
        dag_display_name=f"取数 {feed.title_zh}",
        description=feed.title_en,
        doc_md="\n".join(f"- {note}" for note in feed.notes),
        # One run a month; the run in one month is about the month before it, the partition it fills.
        schedule=CronPartitionTimetable(
            feed.schedule.cron, timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m"
        ),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        deadline=deadline(hours=12),
        params=run_params(),
        tags=["pull", feed.origin],
    ) as dag:

        @task(
            outlets=[asset],
            retries=3,
            retry_delay=timedelta(minutes=10),
            retry_exponential_backoff=True,
            max_retry_delay=timedelta(hours=2),
            execution_timeout=timedelta(hours=1),
            on_failure_callback=on_failure(units=feed.units),
            on_success_callback=on_success,
        )
        def pull(**context: object) -> int:
            """Land what is new; returns how many new vintages there are."""
            return _pull(feed, context)

        pull()
    return dag


def _pull(feed: Feed, context: Context) -> int:
    from raw.land import landing_root, pull

    with told_plainly():
        month, as_of = dates_of(context)
        landed = pull(feed, as_of, landing_root=landing_root(), month=month)
    context["outlet_events"][asset_of(feed)].extra = {"as_of": as_of.isoformat()}
    return sum(one.is_new for one in landed)


for declared in declared_feeds():
    globals()[f"pull_{declared.feed}"] = pull_dag(declared)
