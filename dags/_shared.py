"""What the DAG files share: the two dates of a run, how bad input fails a task, and who hears of it.

Imported when Airflow parses the DAG files, so the imports up here are light; heavy ones stand inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import Asset, Context, DeadlineAlert, DeadlineReference, Param, SyncCallback
from airflow.sdk.exceptions import AirflowFailException

from raw.errors import BadInput
from raw.feed import Feed
from warehouse.months import check_pair, last_full_month, month_end, parse_as_of

if TYPE_CHECKING:
    from expectations.observing import Run
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


def refused_unless_passed(build_dir: str, verdict: Verdict, *, or_holds: bool = False) -> None:
    """Raises MonthRefused when the verdict does not let the build through.

    ``or_holds``: figures that are only to be held back do not refuse it yet.
    """
    if not verdict.passed and not (or_holds and verdict.holding and not verdict.blocking):
        raise MonthRefused(Path(build_dir), verdict)


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


def on_failure(units: Sequence[str] = ()) -> Callable[[Context], None]:
    """An ``on_failure_callback``: what went wrong becomes an incident, told to those who can mend it.

    ``units`` are those of the feed. A month that the gate refused has been told of by then.
    """

    def note(context: Context) -> None:
        from expectations.observing import after_failure, after_refusal, after_run, after_success

        error: object = context.get("exception")
        cause = error.__cause__ if isinstance(error, AirflowFailException) else error
        if isinstance(cause, MonthRefused):
            after_success(run_of(context), now=_now())  # the step did its work; the refusal has been told of
        elif isinstance(cause, BadInput):
            after_refusal(run_of(context), cause.problems, units, now=_now())
        else:
            after_failure(run_of(context), f"{type(error).__name__}: {error}", now=_now())
        after_run(context["ti"].dag_id, context["ti"].run_id, now=_now())

    return note


def on_success(context: Context) -> None:
    """An ``on_success_callback``: what the same step reported earlier about the month is over."""
    from expectations.observing import after_run, after_success

    after_success(run_of(context), now=_now())
    if not context["task"].downstream_task_ids:
        after_run(context["ti"].dag_id, context["ti"].run_id, now=_now())


def deadline(hours: float) -> DeadlineAlert:
    """A run that is not over so many hours after it was queued is told of, whatever it is doing then."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=hours),
        callback=SyncCallback("expectations.overdue.tell_overdue", kwargs={"hours": hours}),
    )


def run_of(context: Context) -> Run:
    """The step that speaks, for the ledger."""
    from expectations.observing import Run

    task = context["ti"]
    return Run(task.dag_id, task.task_id, *_dates_as_told(context))


def _now() -> datetime:
    return datetime.now(UTC)


def _dates_as_told(context: Context) -> tuple[str, str]:
    """The dates of a run for a message, even where they are what is wrong."""
    try:
        month, as_of = dates_of(context)
    except BadInput:
        params = context["params"]
        return str(context.get("partition_key") or params.get("month")), str(params.get("as_of"))
    return month, as_of.isoformat()
