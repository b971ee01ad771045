"""Great Expectations on DuckDB: our own execution engine and datasource.

Great Expectations 1.24 knows no DuckDB. Over SQLAlchemy and duckdb-engine its results come back empty: it
hands out a result after its connection has been given back to the pool, which rolls it back and drops the
rows. The engine here buffers every result before the connection is released. Checks run inside DuckDB, on a
file opened read only; only failing rows come to Python.

Importing this module imports Great Expectations (seconds): import it inside functions, once per process.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

# Both must be set before the import: no usage data leaves this machine.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["GX_POSTHOG_ENABLED"] = "false"

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import TestConnectionError
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)

from expectations import custom
from expectations.sql_macros import MACROS
from expectations.suite import BE_BELIEVABLE, FIND_NO_ROWS, Check, Suite
from raw.errors import BadInput
from warehouse.connect import STORAGE_VERSION
from warehouse.publication.content_hash import literal, quoted
from warehouse.publication.tables import neutralised
from warehouse.verdict import MAX_FAILING_ROWS, Scalar, Severity, kept_rows

MEMORY_LIMIT = "1200MB"
RUN = "gate"
"""The checkpoint's name, and the run's."""

SEVERITIES: Mapping[Severity, str] = {"block": "critical", "hold": "warning", "note": "info"}
"""Our three levels in the words of Great Expectations."""

EXPECTATIONS = (custom.ExpectRuleToFindNoRows, custom.ExpectIndicatorValuesToBeBelievable)
"""Registered with Great Expectations by their import."""

CONFIRMED_COLUMNS = ("plan_id", "indicator_code", "area_code", "reference_period", "measure", "value")


@dataclass(frozen=True)
class Outcome:
    """What one check found: ``error`` is set when it could not be judged at all."""

    check: Check
    success: bool
    observed: str
    failing_rows: tuple[dict[str, Scalar], ...] = ()
    failing_count: int = 0
    error: str | None = None


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """SQLAlchemy's engine, with every result buffered while its connection is still held."""

    def execute_query(self, query: sa.sql.Executable) -> sa.Result[Any]:
        """Run a query inside DuckDB and return its rows, already fetched."""
        with self.get_connection() as connection:
            result: sa.Result[Any] = connection.execute(query).freeze()()
        return result

    def execute_query_in_transaction(self, query: sa.sql.Executable) -> sa.Result[Any]:
        """As ``execute_query``: a read-only file has nothing to commit."""
        return self.execute_query(query)


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """A DuckDB file, opened read only, as a datasource of Great Expectations."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> Any:  # noqa: ANN401 (``type`` is a field of this class)
        """The engine that buffers results."""
        return DuckDBExecutionEngine


@contextmanager
def opened(
    database: Path,
    *,
    previous: Path | None = None,
    confirmed: Sequence[Mapping[str, object]] = (),
    project: Path | None = None,
) -> Iterator[DuckDBDatasource]:
    """A quiet datasource on ``database``, read only.

    Its context lives in memory, or, where ``project`` is given, as a project of Great Expectations in
    ``<project>/gx``, which their users open with ``gx.get_context(mode="file", project_root_dir=project)``.
    ``previous`` is attached read only under the name ``previous``; ``confirmed`` (rows of the columns
    CONFIRMED_COLUMNS) becomes the temporary table ``confirmed_revision``.
    """
    datasource = _context(project).data_sources.add_duckdb(
        name=database.name,
        connection_string="duckdb:///" + str(database.resolve()),
        create_temp_table=False,
        kwargs={
            "connect_args": {
                "read_only": True,
                "config": {
                    "storage_compatibility_version": STORAGE_VERSION,
                    # The rest of the machine builds and serves meanwhile; what is larger goes to disk.
                    "memory_limit": MEMORY_LIMIT,
                    "temp_directory": tempfile.gettempdir(),
                },
            }
        },
    )
    engine = datasource.get_execution_engine().engine

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 (duckdb-engine's wrapper)
        for statement in _statements(previous, confirmed):
            connection.cursor().execute(*statement)

    try:
        yield datasource
    finally:
        # The datasource keeps an engine of its own beside that of the execution engine.
        engine.dispose()
        datasource.get_engine().dispose()


def judge(datasource: DuckDBDatasource, suite: Suite, checks: Sequence[Check]) -> list[Outcome]:
    """Judge the checks of one suite; one that cannot be judged becomes an ``error`` and hides none."""
    if not checks:
        return []
    context = datasource._data_context
    try:
        asset = datasource.add_table_asset(suite.mart, table_name=suite.mart)
        whole = asset.add_batch_definition_whole_table("whole")
    except (TestConnectionError, gx.exceptions.GreatExpectationsError, sa.exc.SQLAlchemyError) as error:
        return [_unjudged(check, str(error)) for check in checks]
    numbered = {str(number): check for number, check in enumerate(checks)}
    expectations = [expectation_of(suite, check, number) for number, check in numbered.items()]
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=suite.mart,
            data=whole,
            suite=context.suites.add(gx.ExpectationSuite(name=suite.mart, expectations=expectations)),
        )
    )
    result = definition.run(
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(suite.key),
            "partial_unexpected_count": MAX_FAILING_ROWS,
        },
        # No clock: the same build has the same pages.
        run_id=RunIdentifier(run_name=RUN, run_time=datetime(2021, 1, 1, tzinfo=UTC)),
    )
    found = {single.expectation_config.meta["number"]: single for single in result.results}
    return [
        _outcome(check, found[number]) if number in found else _unjudged(check, "no result was given")
        for number, check in numbered.items()
    ]


def build_site(datasource: DuckDBDatasource) -> Path:
    """Gather what was judged in a checkpoint and build Data Docs; returns the folder of the site.

    Only for a datasource that was opened with a ``project``.
    """
    context = datasource._data_context
    context.checkpoints.add(
        gx.Checkpoint(name=RUN, validation_definitions=list(context.validation_definitions.all()))
    )
    context.build_data_docs()
    return Path(context.root_directory) / "uncommitted" / "data_docs" / "local_site"


def write_failing_rows(
    datasource: DuckDBDatasource, suite: Suite, checks: Sequence[Check], folder: Path
) -> list[Path]:
    """All failing rows of these checks, one CSV file a check, written by DuckDB without passing through here.

    A check that is no query of ours has its rows in the verdict alone.
    """
    written: list[Path] = []
    for check in checks:
        if check.expectation_type not in (FIND_NO_ROWS, BE_BELIEVABLE):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{suite.mart}.{check.rule_id}.csv"
        query = _in_words(suite, check)["query"]
        copy = f"copy (\n{query}\n) to {literal(str(path))} (header, delimiter ',')"
        with datasource.get_execution_engine().get_connection() as connection:
            connection.exec_driver_sql(copy)
        _neutralise(path)
        written.append(path)
    return written


def _neutralise(path: Path) -> None:
    """A spreadsheet must not take text from a feed for a formula; line by line, however many there are."""
    safe = path.with_suffix(".safe")
    with path.open(encoding="utf-8", newline="") as rows, safe.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for row in csv.reader(rows):
            writer.writerow([neutralised(cell) for cell in row])
    safe.replace(path)


def is_empty(datasource: DuckDBDatasource, table: str) -> bool:
    """Whether a table (``schema.name``) has no row; one that cannot be read is not empty, its rule tells."""
    some = sa.select(sa.literal(1)).select_from(sa.text(table)).limit(1)
    try:
        return not datasource.get_execution_engine().execute_query(some).fetchall()
    except sa.exc.SQLAlchemyError:
        return False


def expectation_of(suite: Suite, check: Check, number: str = "0") -> Any:  # noqa: ANN401 (their Expectation)
    """The check for Great Expectations; raises BadInput when its name or arguments are unknown."""
    where = f"{suite.path}: rules[{check.rule.id}].expectation"
    if check.expectation_type not in list_registered_expectation_implementations():
        raise BadInput.one(
            f"{where}.type",
            check.expectation_type,
            "an expectation of Great Expectations",
            "correct the name",
        )
    arguments = dict(check.arguments)
    if check.expectation_type in (FIND_NO_ROWS, BE_BELIEVABLE):
        arguments |= _in_words(suite, check)
    try:
        return get_expectation_impl(check.expectation_type)(
            **arguments, severity=SEVERITIES[check.rule.severity], meta={"number": number}
        )
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadInput.one(
            f"{where}.args", reason, "arguments of that expectation", "correct them"
        ) from error


def _in_words(suite: Suite, check: Check) -> dict[str, Any]:
    """What our own expectations need besides the arguments of the check."""
    sql = check.rule.sql if check.rule.sql is not None else _range_query(suite, check)
    return {
        "rule_id": f"{suite.mart}.{check.rule_id}",
        # The mart by its name; every other brace stands for itself.
        "query": sql.replace("{batch}", f'main."{suite.mart}"').rstrip().rstrip(";"),
        "most_rows": kept_rows(check.rule.severity),
        "what_zh": check.rule.what_zh,
        "what_en": check.rule.what_en,
        "because": str(check.because),
        "remedy": str(check.rule.remedy),
        "level": check.rule.severity,
        "owner": check.rule.owner,
    }


def _range_query(suite: Suite, check: Check) -> str:
    """The values outside a range, by the keys of the suite."""
    where = " and ".join(f"{quoted(column)} = {literal(value)}" for column, value in check.where.items())
    between = f"value not between {check.arguments['min_value']} and {check.arguments['max_value']}"
    columns = ", ".join(quoted(column) for column in (*suite.key, "value"))
    return f"select {columns} from {{batch}} where {where} and {between} order by all"


def _context(project: Path | None) -> Any:  # noqa: ANN401 (their context)
    if project is None:
        context = gx.get_context(mode="ephemeral")
    else:
        shutil.rmtree(project / "gx", ignore_errors=True)
        context = gx.get_context(mode="file", project_root_dir=project)
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _statements(
    previous: Path | None, confirmed: Sequence[Mapping[str, object]]
) -> Iterator[tuple[str] | tuple[str, list[object]]]:
    yield from ((macro,) for macro in MACROS)
    yield (
        "create temp table confirmed_revision(plan_id varchar, indicator_code varchar, area_code varchar,"
        " reference_period varchar, measure varchar, value decimal(24, 6))",
    )
    for row in confirmed:
        yield (
            "insert into confirmed_revision values (?, ?, ?, ?, ?, ?)",
            [row[column] for column in CONFIRMED_COLUMNS],
        )
    if previous is not None:
        quoted = str(previous.resolve()).replace("'", "''")
        yield (f"attach '{quoted}' as previous (read_only)",)


def _unjudged(check: Check, message: str) -> Outcome:
    reason = message.strip().splitlines()[0] if message.strip() else "unknown error"
    return Outcome(check, False, f"error: {reason}", error=reason)


def _outcome(check: Check, single: Any) -> Outcome:  # noqa: ANN401 (their result)
    if error := _raised(single.exception_info):
        return _unjudged(check, error)
    result = single.result
    rows = result.get("details", {}).get("unexpected_rows")
    if rows is not None:
        return _of_rows(check, single.success, rows, int(result["observed_value"] or 0))
    if "unexpected_count" in result:
        rows = result.get("unexpected_index_list") or []
        return _of_rows(check, single.success, rows, int(result["unexpected_count"] or 0))
    observed = str(result.get("observed_value"))
    return Outcome(check, bool(single.success), observed, failing_count=0 if single.success else 1)


def _of_rows(check: Check, success: bool, rows: Sequence[Mapping[str, object]], count: int) -> Outcome:
    kept = tuple({str(name): plain(value) for name, value in row.items()} for row in rows)
    observed = "no failing row" if count == 0 else f"{count} failing row{'s' if count > 1 else ''}"
    return Outcome(check, bool(success), observed, kept, count)


def _raised(info: Mapping[str, Any]) -> str | None:
    """The message of the exception in a result, if there is one; Great Expectations gives one, or one per
    metric."""
    if "raised_exception" in info:
        return str(info["exception_message"]) if info["raised_exception"] else None
    messages = sorted(
        str(one["exception_message"]) for one in info.values() if one.get("raised_exception", True)
    )
    return messages[0] if messages else None


def plain(value: object) -> Scalar:
    """A value of a row as JSON keeps it: exact decimals as text without padding, dates in ISO 8601."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
