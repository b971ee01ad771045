"""Great Expectations on DuckDB: our own execution engine and datasource.

Great Expectations 1.24 knows no DuckDB. Over SQLAlchemy and duckdb-engine its results come back empty: it
hands out a result after its connection has been given back to the pool, which rolls it back and drops the
rows. The engine here buffers every result before the connection is released. Checks run inside DuckDB, on a
file opened read only; only failing rows come to Python.

Importing this module imports Great Expectations (seconds): import it inside functions, once per process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

# Both must be set before the import: no usage data leaves this machine.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["GX_POSTHOG_ENABLED"] = "false"

import great_expectations as gx
import sqlalchemy as sa
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.interfaces import TestConnectionError
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)
from great_expectations.expectations.row_conditions import Column

from expectations.suite import Check, Suite
from raw.errors import BadInput
from warehouse.connect import STORAGE_VERSION
from warehouse.verdict import MAX_FAILING_ROWS, Scalar, Severity

MACROS = (
    # Half a unit of the last digit other than 0: the rounding error a printed figure can carry.
    "create temp macro half_unit(figure) as"
    " 0.5 * power(10, -length(rtrim(split_part(cast(figure as varchar), '.', 2), '0')))",
    # The month a period ends in: 2022 → 2022-12, 2022-Q3 → 2022-09, 2022-10 → 2022-10; anything else: null.
    "create temp macro last_month_of(period) as case"
    r" when regexp_full_match(period, '\d{4}') then period || '-12'"
    r" when regexp_full_match(period, '\d{4}-Q[1-4]')"
    " then left(period, 5) || lpad(cast(3 * cast(right(period, 1) as integer) as varchar), 2, '0')"
    r" when regexp_full_match(period, '\d{4}-(0[1-9]|1[0-2])') then period end",
    "create temp macro last_day_of(period) as last_day(cast(last_month_of(period) || '-01' as date))",
    "create temp macro has_tag(tags, tag) as"
    r" list_contains(regexp_split_to_array(coalesce(tags, ''), ';\s*'), tag)",
)
"""What the rules' SQL may use besides DuckDB's own functions; temporary, so the file stays as it is."""

SEVERITIES: Mapping[Severity, str] = {"block": "critical", "hold": "warning", "note": "info"}
"""Our three levels in the words of Great Expectations."""

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
    database: Path, *, previous: Path | None = None, confirmed: Sequence[Mapping[str, object]] = ()
) -> Iterator[DuckDBDatasource]:
    """A quiet, ephemeral datasource on ``database``, read only.

    ``previous`` is attached read only under the name ``previous``; ``confirmed`` (rows of the columns
    CONFIRMED_COLUMNS) becomes the temporary table ``confirmed_revision``.
    """
    datasource = _context().data_sources.add_duckdb(
        name=database.name,
        connection_string="duckdb:///" + str(database.resolve()),
        create_temp_table=False,
        kwargs={
            "connect_args": {
                "read_only": True,
                "config": {"storage_compatibility_version": STORAGE_VERSION},
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
    try:
        asset = datasource.add_table_asset(suite.mart, table_name=suite.mart)
        batch = asset.add_batch_definition_whole_table("whole").get_batch()
    except (TestConnectionError, gx.exceptions.GreatExpectationsError, sa.exc.SQLAlchemyError) as error:
        return [_unjudged(check, str(error)) for check in checks]
    numbered = {str(number): check for number, check in enumerate(checks)}
    expectations = [expectation_of(suite, check, number) for number, check in numbered.items()]
    result = batch.validate(
        gx.ExpectationSuite(name=suite.mart, expectations=expectations),
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": list(suite.key),
            "partial_unexpected_count": MAX_FAILING_ROWS,
        },
    )
    found = {single.expectation_config.meta["number"]: single for single in result.results}
    return [
        _outcome(check, found[number]) if number in found else _unjudged(check, "no result was given")
        for number, check in numbered.items()
    ]


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
    if check.rule.sql is not None:
        arguments["unexpected_rows_query"] = _query(check.rule.sql, suite.mart)
    if check.where:
        arguments["row_condition"] = _condition(check.where)
    try:
        return get_expectation_impl(check.expectation_type)(
            **arguments, severity=SEVERITIES[check.rule.severity], meta={"number": number}
        )
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise BadInput.one(
            f"{where}.args", reason, "arguments of that expectation", "correct them"
        ) from error


def _query(sql: str, mart: str) -> str:
    """The rule's query as Great Expectations takes it.

    Left to itself it would put an alias behind ``{batch}`` when the query has no JOIN and none when it has
    one, and it takes every other brace for a placeholder. So the mart is put in by name here; the comment
    keeps it from printing a warning, at every copy it makes, that the query has no ``{batch}``.
    """
    parts = [part.replace("{", "{{").replace("}", "}}") for part in sql.split("{batch}")]
    return "/* {batch} */\n" + f'main."{mart}"'.join(parts)


def _context() -> Any:  # noqa: ANN401 (their context)
    context = gx.get_context(mode="ephemeral")
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


def _condition(where: Mapping[str, str]) -> Any:  # noqa: ANN401 (their Condition)
    conditions = [Column(column) == value for column, value in where.items()]
    combined = conditions[0]
    for condition in conditions[1:]:
        combined = combined & condition
    return combined


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
