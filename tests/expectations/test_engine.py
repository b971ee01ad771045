from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas
import pytest

from expectations import engine
from expectations.suite import Suite, load_suite
from raw.errors import BadInput
from warehouse.connect import reader, writer

SUITE = """
mart: fct_things
title: {{zh: 表格, en: Things}}
key: [code]
rules:
  - id: rule
    what_zh: 规则
    what_en: rule
    severity: block
    owner: engineers
    because: {{zh: 原因, en: reason}}
    remedy: {{zh: 办法, en: remedy}}
    indicator_code_column: code
    {demand}
"""
ROWS = 200_000


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "things.duckdb"
    with writer(path) as connection:
        connection.execute(
            "create table fct_things as select cast(i as varchar) as code, "
            "cast(i as decimal(24, 6)) as value, date '2024-12-31' as day, '2022-Q3' as period "
            f"from range({ROWS}) as r(i)"
        )
        connection.execute("create table fct_empty as select * from fct_things limit 0")
    return path


def suite_of(folder: Path, demand: str, mart: str = "fct_things") -> Suite:
    path = folder / f"{mart}.yml"
    path.write_text(SUITE.format(demand=demand).replace("fct_things", mart, 1), encoding="utf-8")
    return load_suite(path)


def judged(database: Path, suite: Suite) -> list[engine.Outcome]:
    with engine.opened(database) as datasource:
        return engine.judge(datasource, suite, suite.checks)


def test_an_expectation_passes_and_fails_with_the_rows_at_fault(database: Path, tmp_path: Path) -> None:
    between = "expectation: {{type: expect_column_values_to_be_between, args: {{column: value, {bounds}}}}}"
    [sound] = judged(database, suite_of(tmp_path, between.format(bounds=f"min_value: 0, max_value: {ROWS}")))
    assert sound.success
    assert (sound.observed, sound.failing_count, sound.failing_rows) == ("no failing row", 0, ())
    [failed] = judged(
        database, suite_of(tmp_path, between.format(bounds=f"min_value: 0, max_value: {ROWS - 3}"))
    )
    assert not failed.success
    assert failed.failing_count == 2
    last = str(ROWS - 1)
    assert {"code": last, "value": last} in failed.failing_rows


def test_a_query_passes_and_fails_with_the_rows_at_fault(database: Path, tmp_path: Path) -> None:
    query = "sql: select code, value, day from {batch} as b where value <VALUE> order by all"
    [sound] = judged(database, suite_of(tmp_path, query.replace("<VALUE>", "< 0")))
    assert sound.success
    [failed] = judged(database, suite_of(tmp_path, query.replace("<VALUE>", "in (1, 2)")))
    assert not failed.success
    assert failed.failing_rows[0] == {"code": "1", "value": "1", "day": "2024-12-31"}
    assert failed.failing_count == 2


def test_joins_comments_and_braces_in_a_query_are_taken_as_they_stand(database: Path, tmp_path: Path) -> None:
    [outcome] = judged(
        database,
        suite_of(
            tmp_path,
            "sql: |\n"
            "      select b.code from {batch} as b join {batch} as c using (code) -- join\n"
            r"      where regexp_full_match(b.period, '\d{4}-Q3') and b.value = 7 order by all",
        ),
    )
    assert outcome.failing_rows == ({"code": "7"},)


def test_only_failing_rows_come_to_python_and_many_of_them_stay_countable(
    database: Path, tmp_path: Path
) -> None:
    [outcome] = judged(
        database, suite_of(tmp_path, "sql: select code from {batch} order by cast(code as int)")
    )
    assert outcome.failing_count == ROWS
    assert len(outcome.failing_rows) <= 200
    assert outcome.failing_rows[0] == {"code": "0"}


def test_no_table_becomes_a_pandas_frame(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[int] = []
    monkeypatch.setattr(engine.DuckDBExecutionEngine, "execute_query", _counting(fetched))
    monkeypatch.setattr(pandas.DataFrame, "__init__", _refuse)
    monkeypatch.setattr(pandas, "read_sql", _refuse)
    demand = (
        "expectation: {type: expect_column_values_to_be_between, args: {column: value, max_value: 199997}}"
    )
    [outcome] = judged(database, suite_of(tmp_path, demand))
    assert outcome.failing_count == 2
    assert fetched
    assert sum(fetched) < 50


def _counting(fetched: list[int]) -> object:
    def execute_query(self: engine.DuckDBExecutionEngine, query: object) -> object:
        with self.get_connection() as connection:
            frozen = connection.execute(query).freeze()
        fetched.append(len(frozen.data))
        return frozen()

    return execute_query


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a pandas frame was made")


def test_the_file_is_opened_read_only_and_is_let_go(database: Path, tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "sql: select 1 as a from {batch} where false order by all")
    before = database.read_bytes()
    with engine.opened(database) as datasource:
        assert engine.judge(datasource, suite, suite.checks)[0].success
        connection = datasource.get_execution_engine().engine.raw_connection()
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.cursor().execute("insert into fct_things values ('x', 1, null, null)")
        connection.close()
        assert _read_elsewhere(database) == str(ROWS)
    assert database.read_bytes() == before
    writer(database).close()


def _read_elsewhere(database: Path) -> str:
    import subprocess
    import sys

    code = (
        "import sys, duckdb; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print(c.execute('select count(*) from fct_things').fetchone()[0])"
    )
    command = [sys.executable, "-c", code, str(database)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_an_empty_mart_passes_a_range(database: Path, tmp_path: Path) -> None:
    demand = "expectation: {type: expect_column_values_to_be_between, args: {column: value, max_value: 1}}"
    [outcome] = judged(database, suite_of(tmp_path, demand, "fct_empty"))
    assert outcome.success
    assert outcome.failing_count == 0


@pytest.mark.parametrize(
    ("demand", "mart", "message"),
    [
        ("sql: select nothing from {batch} order by all", "fct_things", "nothing"),
        (
            "expectation: {type: expect_column_values_to_not_be_null, args: {column: gone}}",
            "fct_things",
            "gone",
        ),
        ("sql: select 1 as a from {batch} order by all", "fct_gone", "fct_gone"),
    ],
)
def test_what_cannot_be_judged_is_an_error_not_a_pass(
    database: Path, tmp_path: Path, demand: str, mart: str, message: str
) -> None:
    [outcome] = judged(database, suite_of(tmp_path, demand, mart))
    assert not outcome.success
    assert outcome.error is not None
    assert message in outcome.error
    assert "\n" not in outcome.observed


@pytest.mark.parametrize(
    ("demand", "message"),
    [
        (
            "expectation: {type: expect_the_best}",
            r"rules\[rule\]\.expectation\.type: 发现 found expect_the_best",
        ),
        (
            "expectation: {type: expect_column_values_to_not_be_null, args: {colunm: value}}",
            r"rules\[rule\]\.expectation\.args: 发现 found .*colunm",
        ),
    ],
)
def test_an_unknown_expectation_or_argument_names_file_and_key(
    database: Path, tmp_path: Path, demand: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        judged(database, suite_of(tmp_path, demand))


@pytest.fixture(scope="module")
def macros(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reader(database) as connection:
        for macro in engine.MACROS:
            connection.execute(macro)
        yield connection


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("half_unit(cast(3721.68 as decimal(24, 6)))", 0.005),
        ("half_unit(cast(2915.7 as decimal(24, 6)))", 0.05),
        ("half_unit(cast(2078 as decimal(24, 6)))", 0.5),
        ("half_unit(cast(3000 as decimal(24, 6)))", 0.5),
        ("last_month_of('2022')", "2022-12"),
        ("last_month_of('2022-Q3')", "2022-09"),
        ("last_month_of('2022-10')", "2022-10"),
        ("last_month_of('2022-13')", None),
        ("last_month_of('2022-Q5')", None),
        ("cast(last_day_of('2024-02') as varchar)", "2024-02-29"),
        ("has_tag('CONV; BOUND', 'BOUND')", True),
        ("has_tag('CONV;BOUND', 'BOUND')", True),
        ("has_tag('UNBOUNDED', 'BOUND')", False),
        ("has_tag(null, 'BOUND')", False),
    ],
)
def test_what_the_rules_may_use(macros: duckdb.DuckDBPyConnection, expression: str, expected: object) -> None:
    [value] = macros.execute(f"select {expression}").fetchone() or (None,)
    assert (float(value) if isinstance(expected, float) else value) == expected
