"""Codes of the customs lines that their lists do not hold, or not for that month, are told."""

from __future__ import annotations

import duckdb
import pytest
from jinja2 import Environment

from warehouse.paths import DBT_PROJECT

RULE = DBT_PROJECT / "tests/assert_customs_codes_are_listed.sql"
LISTS = {
    "customs_partners": "partner_code", "customs_trade_modes": "trade_mode_code",
    "customs_registration_places": "registration_place_code", "customs_districts": "district_code",
    "customs_offices": "customs_office_code", "customs_hs_chapters": "hs_chapter",
}  # fmt: skip
LINE_COLUMNS = {**{code: code for code in LISTS.values()}, "hs_chapter": "hs_code"}


def told(listed: dict[str, str], lines: list[dict[str, str]]) -> list[tuple[str, str]]:
    """What the rule says of ``lines``, where each list holds A for the years ``listed`` gives it, else always."""
    with duckdb.connect() as connection:
        for name, code in LISTS.items():
            first, last = listed.get(name, "2000-").split("-")
            connection.execute(
                f"create table {name} as select 'A' as {code}, date '{first}-01-01' as valid_from,"
                f" cast(nullif('{last}-12-31', '-12-31') as date) as valid_to"
            )
        names = ["data_month", *LINE_COLUMNS.values()]
        columns, marks = ", ".join(f"{name} varchar" for name in names), ", ".join("?" * len(names))
        connection.execute(f"create table stg_customs_declarations__lines({columns})")
        for line in lines:
            row = [line.get(name, "A") for name in names]
            connection.execute(f"insert into stg_customs_declarations__lines values ({marks})", row)
        jinja = Environment()
        jinja.globals.update(ref=lambda name: name, config=lambda **_: "")
        sql = jinja.from_string(RULE.read_text(encoding="utf-8")).render()
        return connection.execute(f"select found, expected from ({sql}) order by all").fetchall()


@pytest.mark.parametrize("name", list(LISTS))
def test_a_code_outside_its_validity_is_told_with_its_months(name: str) -> None:
    lines = [{"data_month": month} for month in ("202112", "202201", "202212", "202301", "202301")]
    ((found, expected),) = told({name: "2022-2022"}, lines)
    assert found == "code A in 3 lines of 202112 to 202301"
    assert expected == f"a code of dbt_project/seeds/reference/{name}.csv that holds in those months"


@pytest.mark.parametrize("name", list(LISTS))
def test_a_code_that_is_in_no_list_is_told_once(name: str) -> None:
    lines = [{"data_month": month, LINE_COLUMNS[LISTS[name]]: "B"} for month in ("202201", "202202")]
    ((found, expected),) = told({}, lines)
    assert found == "code B in 2 lines of 202201 to 202202"
    assert f"dbt_project/seeds/reference/{name}.csv" in expected


def test_valid_codes_and_what_is_not_broken_down_are_not_told() -> None:
    assert told({}, [{"data_month": "202201"}, {"data_month": "202202", "partner_code": "_T"}]) == []
