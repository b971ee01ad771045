"""Our rules as expectations of Great Expectations: with what they demand, why, for whom and what to do.

``ExpectRuleToFindNoRows`` is a query that must find nothing; ``ExpectIndicatorValuesToBeBelievable`` a range
of one indicator. Both show in Data Docs in words, Chinese first, and give the failing rows as a table. A rule
that passes costs one query, one that fails two: how many rows there are, and the first of them.

Importing this module imports Great Expectations (seconds) and registers the two under their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import sqlalchemy as sa
from great_expectations.compatibility import pydantic
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render import (
    LegacyDescriptiveRendererType,
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

METRIC = "rule_rows.table"
SHOWN_ROWS = 20
LEVELS = {
    "block": "拦截发布 blocks the release",
    "hold": "扣留该数 holds the figure back",
    "note": "提示 note",
}
OWNERS = {
    "engineers": "数据工程师 engineers",
    "statisticians": "统计人员 statisticians",
    "units": "责任单位 units",
}


class RuleRows(TableMetricProvider):  # type: ignore[misc]
    """How many rows a query finds, and the first ``most_rows`` of them."""

    metric_name = METRIC
    value_keys = ("query", "most_rows")

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: Mapping[str, Any],  # noqa: ARG002
        metric_value_kwargs: Mapping[str, Any],
        metrics: Mapping[str, Any],  # noqa: ARG002
        runtime_configuration: Mapping[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Count inside DuckDB; fetch rows only where there are some. The query ends in its own order."""
        query, most_rows = metric_value_kwargs["query"], int(metric_value_kwargs["most_rows"])
        counted = execution_engine.execute_query(_text(f"select count(*) from (\n{query}\n) as failing"))
        count = int(counted.scalar() or 0)
        if count == 0:
            return {"count": 0, "rows": []}
        rows = execution_engine.execute_query(_text(f"{query}\nlimit {most_rows}")).mappings().all()
        return {"count": count, "rows": [dict(row) for row in rows]}


def _text(query: str) -> sa.TextClause:
    """The query as it stands: a colon in it is no parameter."""
    return sa.text(query.replace(":", r"\:"))


class ExpectRuleToFindNoRows(BatchExpectation):  # type: ignore[misc]
    """A rule in SQL that must find no row.

    ``query`` reads the mart by its name and ends in ``order by``. ``level`` is block, hold or note, ``owner``
    who mends it; the words are Chinese, then English after `` / `` where one text holds both.
    """

    rule_id: str
    query: str
    most_rows: int = SHOWN_ROWS
    what_zh: str
    what_en: str
    because: str
    remedy: str
    level: Literal["block", "hold", "note"]
    owner: str

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = (
        "rule_id", "query", "most_rows", "what_zh", "what_en", "because", "remedy", "level", "owner",
    )  # fmt: skip
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)
    library_metadata: ClassVar[dict[str, Any]] = {
        "maturity": "production",
        "tags": ["plan monitoring"],
        "contributors": [],
        "requirements": [],
        "has_full_test_suite": True,
        "manually_reviewed_code": True,
    }

    @pydantic.validator("query")
    def _is_ordered(cls, query: str) -> str:  # noqa: N805
        if "order by" not in query.lower():
            raise ValueError("query: must end in 'order by', so that the same build gives the same verdict")
        return query

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,  # noqa: ANN401, ARG002 (their signature)
        runtime_configuration: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """One metric. Theirs would copy the whole configuration dozens of times to come to the same."""
        dependencies = ValidationDependencies()
        dependencies.set_metric_configuration(
            METRIC,
            MetricConfiguration(
                metric_name=METRIC,
                metric_domain_kwargs={"batch_id": self.batch_id},
                metric_value_kwargs={"query": self.query, "most_rows": self.most_rows},
            ),
        )
        dependencies.result_format = self._get_result_format(runtime_configuration=runtime_configuration)
        return dependencies

    def _validate(
        self,
        metrics: Mapping[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: Any = None,  # noqa: ANN401, ARG002
    ) -> dict[str, Any]:
        found = metrics[METRIC]
        return {
            "success": found["count"] == 0,
            "result": {"observed_value": found["count"], "details": {"unexpected_rows": found["rows"]}},
        }

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,  # noqa: ANN401 (their types)
        result: Any = None,  # noqa: ANN401
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
        **_: object,
    ) -> list[Any]:
        """Level, demand, reason, remedy and owner, in words."""
        kwargs = (configuration or result.expectation_config).kwargs
        params = {
            "level": LEVELS[kwargs["level"]],
            "owner": OWNERS.get(kwargs["owner"], kwargs["owner"]),
            **{name: kwargs[name] for name in ("rule_id", "what_zh", "what_en", "because", "remedy")},
        }
        template = (
            "$level · $what_zh · $what_en\n规则 rule $rule_id · 负责 owner: $owner\n"
            "为何 because: $because\n怎么办 remedy: $remedy"
        )
        return [_lines(template, params, "level", "what_zh", "rule_id")]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,  # noqa: ANN401, ARG003
        result: Any = None,  # noqa: ANN401
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> str:
        count = (result.result or {}).get("observed_value") if result is not None else None
        return "--" if count is None else f"{count} 行 failing rows"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: Any = None,  # noqa: ANN401, ARG003
        result: Any = None,  # noqa: ANN401
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> list[Any] | None:
        details = (result.result or {}).get("details", {}) if result is not None else {}
        rows: Sequence[Mapping[str, Any]] = details.get("unexpected_rows") or []
        if not rows:
            return None
        names = list(rows[0])
        cells = [["" if row[name] is None else str(row[name]) for name in names] for row in rows[:SHOWN_ROWS]]
        return [
            RenderedTableContent(
                content_block_type="table",
                table=cells,
                header_row=names,
                styling={"body": {"classes": ["table-bordered", "table-sm", "mt-3"]}},
            )
        ]


class ExpectIndicatorValuesToBeBelievable(ExpectRuleToFindNoRows):
    """The values of one indicator lie between ``min_value`` and ``max_value``, both included, in the plan's
    unit; ``where`` says which indicator and area. An absent value is judged by another rule."""

    min_value: float
    max_value: float
    where: dict[str, str]

    success_keys: ClassVar[tuple[str, ...]] = (
        *ExpectRuleToFindNoRows.success_keys, "min_value", "max_value", "where",
    )  # fmt: skip

    @classmethod
    @renderer(renderer_type=LegacyDescriptiveRendererType.EXAMPLE_VALUES_BLOCK)
    def _range_renderer(cls, configuration: Any = None, **_: object) -> str:  # noqa: ANN401
        """The range in one line."""
        kwargs = configuration.kwargs
        return f"{kwargs['min_value']} … {kwargs['max_value']}"


def _lines(template: str, params: Mapping[str, Any], *strong: str) -> Any:  # noqa: ANN401
    styling = {"params": {name: {"classes": ["font-weight-bold"]} for name in strong}}
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": template, "params": dict(params), "styling": styling},
    )
