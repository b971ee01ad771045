"""``publish_monthly``: build → check → settle → release, once every feed is in for the reference month."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import and_

from _shared import (
    asset_of,
    dates_of,
    deadline,
    kind_param,
    on_failure,
    on_success,
    refused_unless_passed,
    run_params,
    told_plainly,
)
from airflow.sdk import DAG, PartitionedAssetTimetable, task

from raw.feed import declared_feeds

# Nothing here is tried again: the same build and the same rules give the same answer.
once = {
    "retries": 0,
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": on_failure(),
    "on_success_callback": on_success,
}

with DAG(
    dag_id="publish_monthly",
    dag_display_name="月度发布 publish_monthly",
    description="Build, check, settle and release the month's figures of the plan",
    schedule=PartitionedAssetTimetable(assets=reduce(and_, map(asset_of, declared_feeds()))),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,  # one writer
    deadline=deadline(hours=8),
    params=run_params() | kind_param(),
    tags=["publish"],
):

    @task(**once)
    def build(**context: object) -> str:
        """A fresh database from the vintages known on the as-of date; returns the folder of the build."""
        from expectations.publishing import build

        with told_plainly():
            month, as_of = dates_of(context)
            return str(build(month, as_of, kind=context["params"]["kind"]).path)

    @task(**once)
    def check(build_dir: str) -> str:
        """The gate's verdict on the build; a blocked month ends here. Returns the folder of the build."""
        from expectations.publishing import check

        with told_plainly():
            refused_unless_passed(build_dir, check(build_dir), or_holds=True)
        return build_dir

    @task(**once)
    def settle(build_dir: str) -> str:
        """Without the figures that the verdict holds back; untouched where it holds none back."""
        from expectations.publishing import settle

        with told_plainly():
            refused_unless_passed(build_dir, settle(build_dir))
        return build_dir

    @task(**once)
    def release(build_dir: str) -> str:
        """The immutable release folder of the judged build; returns it."""
        from expectations.publishing import release

        with told_plainly():
            return str(release(build_dir).path)

    release(settle(check(build())))
