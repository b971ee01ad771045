"""What stood before a held figure: what its own table said earlier, never the held figure again."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.held import OBSERVED, HeldFigure, HeldState, decimal_text, keep_earlier

TABLE = "bureau_statistics/observations"


def held(value: str, state: HeldState = "held", period: str = "2022") -> HeldFigure:
    return HeldFigure(
        f"{TABLE}/vintage=2023-03-31", 7, "GDP", "CN-370211", "LEVEL", period, value,
        "fct_observations.no_unit_slip", "量级", "magnitude", "核对 check", "2023-03-31", state,
    )  # fmt: skip


def scratch(file: Path, *said: tuple[str, str, float]) -> Path:
    """The observations of a landing: landing id, period and value of each."""
    columns = ", ".join(f"{name} {kind}" for name, kind in OBSERVED)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema landing; create schema intermediate")
        connection.execute(f"create table intermediate.int_observations__conformed ({columns})")
        for landing_id, period, value in said:
            connection.execute(
                "insert into intermediate.int_observations__conformed by name select ? as landing_id,"
                " ? as reference_period, ? as value, 'GDP' as series_code, 'CN-370211' as area_code,"
                " 'LEVEL' as measure, '_T' as scope, 'A' as frequency, 'S1' as source_id,"
                " cast(right(landing_id, 10) as date) as vintage_date",
                [landing_id, period, value],
            )
    return file


def kept(file: Path) -> list[tuple[str, float]]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select reference_period, value from read_parquet(?) order by all", [str(file)]
        )
        return [(period, float(value)) for period, value in rows.fetchall()]


def test_what_the_table_said_before_stands_again(tmp_path: Path) -> None:
    before = scratch(
        tmp_path / "s.duckdb",
        (f"{TABLE}/vintage=2023-01-31", "2022", 4691.85),
        ("bureau_releases/figures/vintage=2023-02-28", "2022", 4700.0),
        (f"{TABLE}/vintage=2023-01-31", "2021", 4368.53),
    )
    again = keep_earlier(
        before, [held("46918.5"), held("43685.3", "accepted", "2021")], tmp_path / "k.parquet"
    )
    assert again == set()
    assert kept(tmp_path / "k.parquet") == [("2022", 4691.85)], "not another table's, not what counts again"


def test_an_earlier_file_that_says_the_held_figure_too_is_named_and_not_shown(tmp_path: Path) -> None:
    """The slip was landed twice before anybody checked: what was good lies further back."""
    before = scratch(tmp_path / "s.duckdb", (f"{TABLE}/vintage=2023-02-28", "2022", 46918.5))
    again = keep_earlier(before, [held("46918.5")], tmp_path / "k.parquet")
    assert again == {f"{TABLE}/vintage=2023-02-28"}
    assert kept(tmp_path / "k.parquet") == []


@pytest.mark.parametrize(
    ("value", "text"),
    [("82.860000", "82.86"), (1000.0, "1000"), ("0.0", "0"), (-5, "-5"), ("1E+3", "1000"), (None, "None")],
)
def test_one_figure_is_written_one_way(value: object, text: str) -> None:
    assert decimal_text(value) == text
