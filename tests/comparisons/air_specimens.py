"""The index of genuine files, computed by our models, beside the one printed in them.

``python -m tests.comparisons.air_specimens`` prints the tables; ``test_air_specimens.py`` holds the figures.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from raw.feed import find_feed
from raw.readers import Rows, check_rows, read
from tests.air_models import HOUR_COLUMNS, compiled, give, run, with_seeds

SPECIMENS = Path(__file__).parents[2] / "../shared/feeds/4_environment/specimens"
HOURS = "cnemc_qingdao_stations_hourly_20200402_20200405.csv"
DAYS = "aqistudy_qingdao_daily_2013-12_2015-12.csv"
MONTHS = "aqistudy_qingdao_monthly.csv"
OLD = "HJ633-2012"
# What the live page of 2020 does: the limits of 2012, but six means of the hour, PM on the daily limits.
LIVE_PAGE = "LIVE-PAGE"
LEVELS = ((50, "优"), (100, "良"), (150, "轻度污染"), (200, "中度污染"), (300, "重度污染"), (500, "严重污染"))

Models = Mapping[str, str]


@dataclass(frozen=True)
class Printed:
    """One day or month of aqistudy: what is printed, and what we make of its means."""

    period: str
    printed: int
    printed_level: str
    computed: int
    computed_without_ozone: int

    @property
    def cause(self) -> str:
        """In which way the two differ, or that they do not; why, the file alone cannot tell."""
        if self.printed == self.computed:
            return "equal"
        if self.printed == self.computed_without_ozone:
            return "equal without ozone"
        if self.printed > self.computed:
            return "printed higher"
        if self.computed > self.computed_without_ozone:
            return "printed lower: ozone leads ours"
        return "printed lower: another item leads ours"


def specimen(table_name: str, file_name: str) -> Rows:
    """A specimen as our reader and our checks take it."""
    table = find_feed("environment_air").table(table_name)
    rows = read(table.format, (SPECIMENS / file_name).read_bytes(), table, file_name)
    check_rows(rows, table, file_name)
    return rows


def level(index: int) -> str:
    """Word of the level (HJ 633-2012, table 2)."""
    return next(word for top, word in LEVELS if index <= top)


def qingdao_hours(models: Models) -> duckdb.DuckDBPyConnection:
    """The scrape of April 2020, its hours put where those of the stations stand, and all models run on it."""
    connection = with_seeds()
    run(connection, models, "int_air_limits__pivoted", "int_air_rules__pivoted")
    connection.execute(
        "insert into intermediate.int_air_limits__pivoted select * replace ('LIVE-PAGE' as edition,"
        " true as rates_hourly_pm_1h, true as index_despite_missing)"
        " from intermediate.int_air_limits__pivoted where edition = 'HJ633-2012'"
    )
    codes = dict(
        connection.execute(
            "select replace(name_zh, '(对照点)', ''), station_code from reference.air_stations"
            " where listed_city_zh = '青岛'"
        ).fetchall()
    )
    hours = []
    for record in specimen("watch_point_hours", HOURS).records:
        one = {**record, "code": codes[record["WATCH_POINT"]]}
        day, hour = str(one["DATE"]), int(str(one["HOUR"]))
        hours.append(
            (
                one["code"], day, hour, one["PM2.5"], one["PM10"], one["SO2"], one["NO2"], one["O3_1h"], one["CO"],
                # The page has no 24-hour means; the hour in their place shows what ozone of 8 hours changes.
                one["PM2.5"], one["PM10"], None, one["O3_8h"], one["AQI"],
            )
        )  # fmt: skip
    give(connection, "int_station_hours__united", HOUR_COLUMNS, hours)
    # Hour 0 closes the day before, as int_station_hours__united has it.
    connection.execute(
        "update intermediate.int_station_hours__united set air_date = air_date - 1, air_hour = 24 where air_hour = 0"
    )
    run(
        connection, models, "int_station_hours__rated", "int_station_days__averaged", "int_area_days__averaged",
        "int_air_days__rated",
    )  # fmt: skip
    return connection


def without_counting_runs(connection: duckdb.DuckDBPyConnection, models: Models) -> None:
    """Rate the days again without the fourteen 8-hour means of HJ 663, which the standards at hand do not have."""
    connection.execute("update intermediate.int_air_rules__pivoted set o3_daily_runs = 1")
    run(connection, models, "int_station_days__averaged", "int_area_days__averaged", "int_air_days__rated")


def daily_index(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], tuple[int | None, str | None]]:
    """Index and primary pollutants by day and place, under the edition of 2012; only days that have one."""
    return {
        (day, place): (index, primary)
        for day, place, index, primary in connection.execute(
            "select cast(air_date as varchar), place_code, aqi, primary_pollutants"
            " from intermediate.int_air_days__rated where edition = ? and aqi is not null order by all",
            [OLD],
        ).fetchall()
    }


def hour_by_hour(connection: duckdb.DuckDBPyConnection, edition: str) -> Counter[str]:
    """How the printed index of each hour compares with ours under an edition."""
    return Counter(
        dict(
            connection.execute(
                "select case when published_aqi is null and aqi is null then 'neither'"
                " when published_aqi is null then 'none printed' when aqi is null then 'none computed'"
                " when aqi = published_aqi then 'equal' when aqi > published_aqi then 'computed higher'"
                " else 'computed lower' end, count(*)"
                " from intermediate.int_station_hours__rated where edition = ? group by all",
                [edition],
            ).fetchall()
        )
    )


def aqistudy(models: Models, table_name: str, file_name: str) -> list[Printed]:
    """The days or months of Qingdao, each rated from its means under the edition of 2012."""
    rows = specimen(table_name, file_name)
    period = "DATE" if table_name == "city_days" else "MONTH"
    items = {"PM2.5": "pm2_5", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3_8h": "o3_8h"}
    means = {**dict.fromkeys(items.values(), "double"), "o3_1h": "double"}
    columns = {"station_code": "varchar", "air_date": "date", **means}
    with with_seeds() as connection:
        run(connection, models, "int_air_limits__pivoted", "int_air_rules__pivoted")
        days = [
            (str(r[period]), f"{r[period]}-01"[:10], *(r[column] for column in items)) for r in rows.records
        ]
        give(connection, "int_station_days__averaged", columns, days)
        give(connection, "int_area_days__averaged", {"area_code": "varchar", "air_date": "date", **means}, [])
        run(connection, models, "int_air_days__rated")
        rated = {
            place: (index, rest)
            for place, index, rest in connection.execute(
                "select place_code, aqi, greatest(pm2_5_iaqi, pm10_iaqi, so2_iaqi, no2_iaqi, co_iaqi)"
                " from intermediate.int_air_days__rated where edition = ?",
                [OLD],
            ).fetchall()
        }
    return [
        Printed(str(r[period]), int(str(r["AQI"])), str(r["LEVEL"]), *rated[str(r[period])])
        for r in rows.records
    ]


def main() -> None:
    """Print every comparison."""
    with tempfile.TemporaryDirectory() as target:
        models = compiled(Path(target))
    connection = qingdao_hours(models)
    print("日报 2020-04-02..05，HJ 633-2012 / daily index of station and city")
    connection.sql(
        "select air_date, place_code, pm2_5, pm10, so2, no2, co, o3_1h, o3_8h, aqi, primary_pollutants, day_status"
        " from intermediate.int_air_days__rated where edition = 'HJ633-2012' order by all"
    ).show(max_rows=100, max_width=200)
    print("有 AQI 的日 / days that have an index:", daily_index(connection))
    without_counting_runs(connection, models)
    print("不计 O3 有效 8 小时均值个数时 / without counting the runs of ozone:", daily_index(connection))
    for edition in (LIVE_PAGE, OLD, "HJ633-2026"):
        print("逐小时 / hour by hour", edition, dict(hour_by_hour(connection, edition)))
    for table_name, file_name in (("city_days", DAYS), ("city_months", MONTHS)):
        found = aqistudy(models, table_name, file_name)
        same_level = sum(level(one.computed) == one.printed_level for one in found)
        print(f"{file_name}: {len(found)}; level equal {same_level}")
        for cause, number in Counter(one.cause for one in found).most_common():
            print(f"  {number:4}  {100 * number / len(found):5.1f} %  {cause}")


if __name__ == "__main__":
    main()
