"""What the DAG files share: the two dates of a run, how bad input fails a task, and the one mail about it.

Imported when Airflow parses the DAG files, so the imports up here are light; heavy ones stand inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, Context, Param
from airflow.sdk.exceptions import AirflowFailException

from raw.errors import BadInput, Problem
from raw.feed import Feed
from warehouse.months import check_pair, last_full_month, month_end, parse_as_of

if TYPE_CHECKING:
    from warehouse.verdict import Verdict

TIMEZONE = "Asia/Shanghai"


def run_params() -> dict[str, Param]:
    """Params of every DAG: what ``--conf '{"month": "2022-12", "as_of": "2023-04-30"}'`` may say."""
    return {
        "month": Param(
            None,
            type=["null", "string"],
            title="报告月 Reference month",
            description="YYYY-MM；默认取分区键，否则取截止日前最后一个整月 / default: the partition key, "
            "else the last full month",
        ),
        "as_of": Param(
            None,
            type=["null", "string"],
            title="截止日 As of",
            description="YYYY-MM-DD；默认今天 / only what was known by then; default today",
        ),
    }


def kind_param() -> dict[str, Param]:
    """Param of the publication: only a rehearsal may hold simulated data, and it never becomes current."""
    return {
        "kind": Param(
            "official",
            enum=["official", "rehearsal"],
            title="性质 Kind",
            description="official 正式发布；rehearsal 模拟演练 / simulated data, never current",
        )
    }


def asset_of(feed: Feed) -> Asset:
    """The asset a pull updates. Its partition is the reference month; its name is the feed's."""
    return Asset(name=feed.feed)


def dates_of(context: Context) -> tuple[str, date]:
    """Reference month and as-of date of a run.

    Month: the partition key, else the param, else the last full month. As-of: the param, else the latest of
    the pulls that started this run, else today. Raises BadInput for a date that cannot be.
    """
    params = context["params"]
    as_of = parse_as_of(params["as_of"]) if params.get("as_of") else _as_of_of_pulls(context)
    key, asked = context.get("partition_key"), params.get("month")
    if key and asked and key != asked:
        raise BadInput.one(
            "MONTH", f"{asked!r} in a run of partition {key!r}", "one month", "leave the param month empty"
        )
    month = key or asked or last_full_month(as_of)
    month_end(month)
    check_pair(month, as_of)
    return month, as_of


def _as_of_of_pulls(context: Context) -> date:
    """So that a month pulled as of a past day is published as of that day, not as of today."""
    pulls = (event for events in context["triggering_asset_events"].values() for event in events)
    told = [event.extra["as_of"] for event in pulls if "as_of" in event.extra]
    return max(map(parse_as_of, told), default=date.today())


class MonthRefused(Exception):  # noqa: N818 - the gate refuses; nothing went wrong in the program
    """The gate's verdict does not let the build through."""

    def __init__(self, build_dir: Path, verdict: Verdict) -> None:
        self.build_dir = build_dir
        reasons = (
            f"{r.suite}: {r.what_zh} / {r.what_en}: {r.observed}. {r.remedy}"
            for r in (*verdict.blocking, *verdict.holding)
        )
        super().__init__("\n".join(reasons))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Bad input and a refusal fail the task at once, in words; trying again would not mend them.

    A publisher that cannot be reached just now is left to the retries of the task.
    """
    try:
        yield
    except (BadInput, MonthRefused) as error:
        if isinstance(error, BadInput) and error.passing:
            raise
        raise AirflowFailException(str(error)) from error


def alert(units: Sequence[str] = ()) -> Callable[[Context], None]:
    """An ``on_failure_callback`` that tells the engineers and ``units`` once, through expectations.alerts."""

    def on_failure(context: Context) -> None:
        from expectations.alerts import send_refusal

        send_refusal(_event(context, units))

    return on_failure


def _event(context: Context, units: Sequence[str]) -> Any:  # noqa: ANN401 - an Event, which is heavy to import
    from expectations.alerts import Event
    from warehouse.build import Build

    error: object = context.get("exception")
    cause = error.__cause__ if isinstance(error, AirflowFailException) else error
    if isinstance(cause, MonthRefused):
        build = Build.load(cause.build_dir)
        return Event.refused(
            build.path,
            run_id=context["run_id"],
            reference_month=build.reference_month,
            as_of_date=build.as_of_date.isoformat(),
        )
    month, as_of = _dates_as_told(context)
    problem = cause if isinstance(cause, BadInput) else BadInput([_crash(context, error)])
    return Event.failed(
        problem, run_id=context["run_id"], reference_month=month, as_of_date=as_of, units=units
    )


def _dates_as_told(context: Context) -> tuple[str, str]:
    """The dates of a run for a message, even where they are what is wrong."""
    try:
        month, as_of = dates_of(context)
    except BadInput:
        params = context["params"]
        return str(context.get("partition_key") or params.get("month")), str(params.get("as_of"))
    return month, as_of.isoformat()


def _crash(context: Context, error: object) -> Problem:
    task = context["ti"]
    return Problem(
        where=f"DAG {task.dag_id}, task {task.task_id}",
        found=f"{type(error).__name__}: {error}",
        expected="a task that ends well",
        remedy="read the log of the task in Airflow, mend the cause, then clear the task",
    )
