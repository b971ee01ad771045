"""A month of simulated hours through the whole warehouse: the published share comes out, marked for what it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from raw.feed import find_feed
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.server import addresses, serve
from tests.conftest import House
from warehouse.build import build
from warehouse.connect import reader

pytestmark = pytest.mark.soak
PULLS = (("2022-10", date(2022, 11, 12)), ("2026-03", date(2026, 4, 1)), ("2026-03", date(2026, 4, 12)))
AS_OF = date(2026, 4, 12)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    house = House(tmp_path_factory.mktemp("air"))
    for month, as_of in PULLS:
        with house.environment() as patch, serve(now=end_of(as_of), seed=7) as replica:
            patch.setenv("RAW_ENVIRONMENT_AIR_URL", addresses(replica.url)["RAW_ENVIRONMENT_AIR_URL"])
            pull(find_feed("environment_air"), as_of, landing_root=house.landing, month=month)
    with house.environment():
        return build(
            "2026-03", AS_OF, landing_root=house.landing, data_root=house.data, kind="rehearsal"
        ).file


def asked(built: Path, question: str) -> list[tuple[object, ...]]:
    with reader(built) as connection:
        return connection.execute(question).fetchall()


def test_the_share_of_a_month_is_the_one_that_was_published(built: Path) -> None:
    found = asked(
        built,
        "select area_code, edition, good_days, valid_days, round(good_air_share_pct, 1), origin"
        " from fct_good_air_share_monthly where reference_month = '2022-10' order by all",
    )
    assert [(area, good, valid, share) for area, edition, good, valid, share, _ in found if edition == "IN_FORCE"] == [
        ("CN-370200", 31, 31, 100.0), ("CN-370211", 29, 31, 93.5),
    ]  # fmt: skip
    # Two days between the limits of 2012 and 2026 are good by the first only.
    assert [good for area, edition, good, *_ in found if edition == "HJ633-2026"] == [29, 27]
    assert {origin for *_, origin in found} == {"simulated"}


def test_the_first_month_of_the_new_edition_is_a_break_and_both_stand_side_by_side(built: Path) -> None:
    found = asked(
        built,
        "select edition, obs_status, good_days from fct_good_air_share_monthly"
        " where reference_month = '2026-03' and area_code = 'CN-370211' order by edition",
    )
    by_edition = {edition: (status, good) for edition, status, good in found}
    assert by_edition["IN_FORCE"] == ("B", by_edition["HJ633-2026"][1])
    assert by_edition["HJ633-2012"][1] > by_edition["HJ633-2026"][1]
    assert asked(
        built,
        "select distinct edition from fct_air_quality_daily where is_in_force and air_date >= date '2026-03-01'",
    ) == [("HJ633-2026",)]


def test_the_series_gets_whole_months_only_with_their_source(built: Path) -> None:
    found = asked(
        built,
        "select reference_period, area_code, obs_status, origin, source_id from fct_observation_vintages"
        " where series_code = 'AQI_GOOD_DAYS_RATIO' and source_id like 'AIR-%' order by all",
    )
    assert found == [
        (month, area, status, "simulated", f"AIR-{month}-{landed}")
        for month, status, landed in (("2022-10", "A", "2022-11-12"), ("2026-03", "B", "2026-04-12"))
        for area in ("CN-370200", "CN-370211")
    ]
    # September is there by the last hour of its last day, and is no month.
    assert asked(
        built,
        "select distinct is_representative from fct_good_air_share_monthly where reference_month = '2022-09'",
    ) == [(False,)]


def test_no_station_hour_is_in_the_released_file(built: Path) -> None:
    with duckdb.connect(str(built), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        views = {
            name
            for (name,) in connection.execute(
                "select view_name from duckdb_views() where not internal"
            ).fetchall()
        }
    assert not {name for name in tables | views if "hours" in name}
