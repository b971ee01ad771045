"""A revised month changes the marts, the old value stays as of the old date, a withdrawn row goes.

One landing with two pulls of four kinds of feed (the bureau's SDMX, the air reports, the ministry's port tables, the
simulated sections), between which the publishers changed something in place; two builds of one month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from raw.feed import find_feed
from raw.land import pull
from raw.replica.clock import end_of
from raw.replica.server import addresses, serve
from raw.replica.table import Figure, figures
from tests.conftest import House
from warehouse.build import Build

pytestmark = pytest.mark.soak
BEFORE, AFTER = date(2025, 5, 31), date(2025, 6, 30)
MONTH, SEED = "2025-05", 7
# What the publishers change between the two days: series, area, measure, period → the new figure, or none.
CHANGED: dict[tuple[str, str, str, str], str | None] = {
    ("URBAN_NEW_JOBS", "CN-370200", "YTD", "2022-07"): "24.57",
    ("TRADE_TOTAL", "CN-370200", "YTD", "2022-07"): None,
    ("AQI_GOOD_DAYS_RATIO", "CN-370200", "LEVEL", "2022-02"): "92.9",
    ("AQI_COMPOSITE_INDEX", "CN-370211", "LEVEL", "2022-10"): None,
    ("PORT_CONTAINER_THROUGHPUT", "CN-370200", "YTD", "2024-Q1"): "772",
    ("PORT_CARGO_FOREIGN", "CN-370200", "YOY_YTD", "2014-10"): None,
}
PUBLISHED = ("bureau_statistics", "environment_reports", "port_throughput")


def as_changed(feed: str) -> tuple[Figure, ...]:
    changed = []
    for figure in figures(feed):
        key = tuple(figure.cells[name] for name in ("INDICATOR", "REF_AREA", "MEASURE", "TIME_PERIOD"))
        value = CHANGED.get(key, figure.cells["OBS_VALUE"])  # type: ignore[call-overload]
        if value is not None:
            changed.append(replace(figure, cells={**figure.cells, "OBS_VALUE": value}))
    return tuple(changed)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Build, Build]]:
    house = House(tmp_path_factory.mktemp("revisions"))
    with house.environment() as patch:
        patch.setattr("raw.fetch._be_polite", lambda *_: None)
        _pull(house, BEFORE, patch)
        for name in PUBLISHED:
            patch.setattr(f"raw.replica.publishers.{name}.figures", as_changed)
        _pull(house, AFTER, patch)
        # The sections are simulated.
        yield house.build(MONTH, BEFORE, "rehearsal"), house.build(MONTH, AFTER, "rehearsal")


def _pull(house: House, as_of: date, patch: pytest.MonkeyPatch) -> None:
    for feeds, seed in ((PUBLISHED, None), (("environment_water",), SEED)):
        with serve(now=end_of(as_of), seed=seed) as replica:
            for name, url in addresses(replica.url).items():
                patch.setenv(name, url)
            for feed in feeds:
                pull(find_feed(feed), as_of, landing_root=house.landing)


def both(builds: tuple[Build, Build], query: str) -> list[list[tuple[object, ...]]]:
    answers = []
    for build in builds:
        with duckdb.connect(str(build.file), read_only=True) as connection:
            answers.append(connection.execute(query).fetchall())
    return answers


def test_a_revised_report_changes_the_mart_and_a_withdrawn_figure_goes(builds: tuple[Build, Build]) -> None:
    month = "select cast(value as double) from fct_observations where area_code = '{}' and reference_period = '{}'"
    ratio = month.format("CN-370200", "2022-02") + " and series_code = 'AQI_GOOD_DAYS_RATIO'"
    assert both(builds, ratio) == [[(96.4,)], [(92.9,)]]
    index = month.format("CN-370211", "2022-10") + " and series_code = 'AQI_COMPOSITE_INDEX'"
    assert both(builds, index) == [[(3.35,)], []]


def test_a_revised_port_table_changes_the_mart_and_a_cell_that_went_blank_goes(
    builds: tuple[Build, Build],
) -> None:
    of_port = (
        "select cast(value as double), is_selected from fct_observation_vintages where series_code = '{}'"
        " and measure = '{}' and reference_period = '{}' and source_id like 'M-%'"
    )
    containers = of_port.format("PORT_CONTAINER_THROUGHPUT", "YTD", "2024-03")
    assert both(builds, containers) == [[(767.0, True)], [(772.0, True)]]
    foreign = of_port.format("PORT_CARGO_FOREIGN", "YOY_YTD", "2014-10")
    assert both(builds, foreign) == [[(1.82, True)], []]
    level = of_port.format("PORT_CARGO_FOREIGN", "YTD", "2014-10")
    assert both(builds, level) == [[(2.7, True)], [(2.7, True)]]


def test_the_differenced_series_follows(builds: tuple[Build, Build]) -> None:
    flow = (
        "select flow_method, cast(value as double) from fct_monthly_flows"
        " where series_code = '{}' and reference_month = '2022-08'"
    )
    assert both(builds, flow.format("URBAN_NEW_JOBS")) == [[("difference", 4.04)], [("difference", 3.54)]]
    assert both(builds, flow.format("TRADE_TOTAL")) == [[("difference", 903.5)], [("refused", None)]]


def test_a_corrected_section_changes_its_class_and_the_share(builds: tuple[Build, Build]) -> None:
    of_section = (
        "select is_good_water from fct_water_section_monthly"
        " where section_code = 'QWC-01' and reference_month = '2025-03'"
    )
    assert both(builds, of_section) == [[(True,)], [(False,)]]
    share = (
        "select place, origin, source_id from fct_observations"
        " where series_code = 'SURFACE_WATER_GOOD_RATIO' and reference_period = '2025-03'"
    )
    (before,), (after,) = both(builds, share)
    assert before[1:] == ("simulated", "W-2025-03-20250412")
    assert after[1:] == ("simulated", "W-2025-03-20250610")
    assert int(str(before[0]).split("/")[0]) - int(str(after[0]).split("/")[0]) == 1


def test_a_list_that_changed_breaks_the_series(builds: tuple[Build, Build]) -> None:
    breaks = (
        "select reference_period from fct_observations where series_code = 'SURFACE_WATER_GOOD_RATIO'"
        " and obs_status = 'B' order by all"
    )
    assert both(builds, breaks)[1] == [("2023",), ("2023-01",)]
