"""``publish_monthly``: build → check → release, once every feed is in for the reference month."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import and_
from pathlib import Path

from _shared import MonthRefused, alert, asset_of, dates_of, kind_param, run_params, told_plainly
from airflow.sdk import DAG, PartitionedAssetTimetable, task

from raw.feed import declared_feeds

# Nothing here is tried again: the same build and the same rules give the same answer.
once = {"retries": 0, "execution_timeout": timedelta(hours=2), "on_failure_callback": alert()}

with DAG(
    dag_id="publish_monthly",
    dag_display_name="月度发布 publish_monthly",
    description="Build, check and release the month's figures of the plan",
    schedule=PartitionedAssetTimetable(assets=reduce(and_, map(asset_of, declared_feeds()))),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,  # one writer
    params=run_params() | kind_param(),
    tags=["publish"],
):

    @task(**once)
    def build(**context: object) -> str:
        """A fresh database from the vintages known on the as-of date; returns the folder of the build."""
        from raw.land import landing_root
        from warehouse.build import build
        from warehouse.paths import data_root

        with told_plainly():
            month, as_of = dates_of(context)
            made = build(
                month, as_of,
                landing_root=landing_root(), data_root=data_root(), kind=context["params"]["kind"],
            )  # fmt: skip
            return str(made.path)

    @task(**once)
    def check(build_dir: str) -> str:
        """The gate's verdict on the build; a refused month ends here. Returns the folder of the build."""
        from expectations.gate import judge
        from warehouse.build import Build
        from warehouse.paths import data_root
        from warehouse.release import previous_release

        with told_plainly():
            build = Build.load(Path(build_dir))
            before = previous_release(data_root(), build.reference_month, build.as_of_date, build.kind)
            verdict = judge(build.path, before.database if before else None)
            if not verdict.passed:
                raise MonthRefused(build.path, verdict)
        return build_dir

    @task(**once)
    def release(build_dir: str) -> str:
        """The immutable release folder of the judged build; returns it."""
        from warehouse.paths import data_root
        from warehouse.release import VERDICT, release

        with told_plainly():
            return str(release(Path(build_dir), Path(build_dir) / VERDICT, data_root()).path)

    release(check(build()))
