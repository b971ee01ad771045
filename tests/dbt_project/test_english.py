"""The rule that no Chinese stands in what English readers are told."""

from __future__ import annotations

import duckdb
import pytest
import yaml
from jinja2 import Environment

from warehouse.paths import DBT_PROJECT

RULE = DBT_PROJECT / "tests/assert_english_columns_are_english.sql"
APPROVED = "set by hand, OVR-1 (approved by {}, until 2023-06-30): why; computed: slow"


def english_columns() -> dict[str, list[str]]:
    """By mart: the columns whose contract names them English."""
    found = {}
    for file in sorted((DBT_PROJECT / "models/marts").glob("*/_*__models.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8"))["models"]:
            names = [column["name"] for column in model["columns"] if column["name"].endswith("_en")]
            if names:
                found[model["name"]] = names
    return found


def told(mart: str, column: str, text: str) -> list[tuple[str, str]]:
    """What the rule says where one column of one mart holds ``text`` and all others hold English."""
    with duckdb.connect() as connection:
        for name, columns in english_columns().items():
            cells = {one: text if (name, one) == (mart, column) else "words" for one in columns}
            described = ", ".join(f"? as {one}" for one in cells)
            connection.execute(f"create table {name} as select {described}", list(cells.values()))
        jinja = Environment()
        jinja.globals.update(ref=lambda name: name)
        sql = jinja.from_string(RULE.read_text(encoding="utf-8")).render()
        return connection.execute(f"select where_found, found from ({sql})").fetchall()


@pytest.mark.parametrize(
    ("mart", "column"), [(m, c) for m, names in english_columns().items() for c in names]
)
def test_chinese_in_any_english_column_of_a_mart_is_told(mart: str, column: str) -> None:
    assert told(mart, column, "7 所 of 60 done") == [(f"{mart}.{column}", "7 所 of 60 done")]


def test_the_name_of_an_approver_is_the_one_exception() -> None:
    assert told("fct_evaluation_findings", "text_en", APPROVED.format("管委会")) == []
    slow = APPROVED.format("管委会").replace("slow", "慢")
    assert told("fct_evaluation_findings", "text_en", slow) == [("fct_evaluation_findings.text_en", slow)]
