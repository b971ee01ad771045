"""Ten years of hours of 1,500 stations to the daily index: our dbt models beside SQL written by hand.

Both read the same Parquet and give the same rows: the index of every station and day under both editions. They
take turns, and medians are compared. ``python -m tests.benchmarks.air_aqi [--small] [--rounds N]``.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from tests.air_models import compiled, run, with_seeds

OURS = ("int_station_days__averaged", "int_area_days__averaged", "int_air_days__rated")
FULL, SMALL = (1500, 3653), (30, 366)
ITEMS = ("pm2_5", "pm10", "so2", "no2", "o3", "co")


def write_hours(file: Path, stations: int, days: int) -> int:
    """Write made-up hours, one in fifty cells missing; return how many."""
    cells = {
        "pm2_5": "20 + hash(s, d) % 60 + hash(s, d, h, 1) % 20",
        "pm10": "40 + hash(s, d) % 120 + hash(s, d, h, 2) % 30",
        "so2": "3 + hash(s, d, h, 3) % 12",
        "no2": "10 + hash(s, d, h, 4) % 50",
        "o3": "20 + hash(s, d) % 100 + case when h between 11 and 18 then 60 else 0 end + hash(s, d, h, 5) % 20",
        "co": "0.3 + (hash(s, d, h, 6) % 12) / 10",
    }
    said = ", ".join(
        f"cast(case when hash(s, d, h, '{name}') % 50 > 0 then {value} end as decimal(9, 3)) as {name}"
        for name, value in cells.items()
    )
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        connection.execute(
            f"copy (select printf('%04dA', 1001 + s) as station_code, date '2020-01-01' + cast(d as integer) as air_date,"
            f" cast(h as utinyint) as air_hour, {said} from range({days}) as days(d), range({stations}) as"
            f" stations(s), range(1, 25) as hours(h)) to '{file}' (format parquet)"
        )
    return stations * days * 24


def ours(connection: duckdb.DuckDBPyConnection, models: dict[str, str]) -> None:
    """The models exactly as dbt compiles them; the areas come along."""
    run(connection, models, *OURS)


def by_hand(connection: duckdb.DuckDBPyConnection, models: dict[str, str]) -> None:
    """One statement with the limits written out."""
    connection.execute(f"create or replace table by_hand as {HAND_WRITTEN}")


def _rated(concentration: str, limits: tuple[int, ...], scale: int = 1) -> str:
    knots = (0, 50, 100, 150, 200, 300, 400, 500)
    scaled = [limit * scale for limit in limits]
    steps = " ".join(
        f"when {concentration} <= {scaled[n + 1]} then ceil({knots[n]} + {knots[n + 1] - knots[n]} *"
        f" ({concentration} - {scaled[n]}) / {float(scaled[n + 1] - scaled[n])})"
        for n in range(len(limits) - 1)
    )
    last = 500 if len(limits) == 8 else "null"
    return f"case when {concentration} is null then null {steps} else {last} end"


def _hand_written() -> str:
    """Ozone by filtered aggregates: windows and ordered lists were several times slower, lists do not spill."""
    means = ", ".join(
        f"case when count({n}) >= 20 then round_even(avg({n}) * {10 if n == 'co' else 1}, 0) end as {n}"
        for n in ITEMS
        if n != "o3"
    )
    by_hour = ", ".join(f"max(o3) filter (where air_hour = {n})" for n in range(1, 25))
    runs = ", ".join(
        f"case when list_count(o[{n - 7}:{n}]) >= 6 then list_avg(o[{n - 7}:{n}]) end" for n in range(8, 25)
    )
    others = {
        "so2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
        "no2": (0, 40, 80, 180, 280, 565, 750, 940),
        "co": (0, 2, 4, 14, 24, 36, 48, 60),
    }
    o8, o1 = (0, 100, 160, 215, 265, 800), (0, 160, 200, 300, 400, 800, 1000, 1200)
    selects = []
    for edition, pm2_5, pm10 in (("HJ633-2012", 75, 150), ("HJ633-2026", 60, 120)):
        parts = [
            _rated("pm2_5", (0, 35, pm2_5, 115, 150, 250, 350, 500)),
            _rated("pm10", (0, 50, pm10, 250, 350, 420, 500, 600)),
            *(_rated(name, limits, 10 if name == "co" else 1) for name, limits in others.items()),
            _rated("o3_8h", o8)
            if edition == "HJ633-2012"
            else f"coalesce({_rated('o3_8h', o8)}, case when o3_8h > 800 then 300 end)",
            *([_rated("o3_1h", o1)] if edition == "HJ633-2012" else []),
        ]
        selects.append(
            f"select *, '{edition}' as edition, greatest({', '.join(parts)}) as largest,"
            " pm2_5 is null or pm10 is null or so2 is null or no2 is null or co is null or o3_8h is null as gap from days"
        )
    return f"""
        with grouped as (
            select station_code, air_date, {means}, [{by_hour}] as o
            from intermediate.int_station_hours__united group by all
        ),
        ozone as (select * exclude (o), round_even(list_max(o), 0) as o3_1h, [{runs}] as r from grouped),
        days as (
            select * exclude (r), case when list_count(r) >= 14 or list_max(r) > 160
                then round_even(list_max(r), 0) end as o3_8h
            from ozone
        )
        select station_code, air_date, edition, pm2_5, pm10, so2, no2, co, o3_1h, o3_8h,
            case when not gap or largest > 100 then largest end as aqi
        from ({" union all ".join(selects)})
    """


HAND_WRITTEN = _hand_written()


def differing_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many station days the two rate differently: none."""
    return int(
        connection.execute(
            "select count(*) from intermediate.int_air_days__rated as ours full join by_hand as hand"
            " on ours.place_code = hand.station_code and ours.air_date = hand.air_date and ours.edition = hand.edition"
            " where ours.place_type = 'station' and ours.aqi is distinct from hand.aqi"
        ).fetchone()[0]  # type: ignore[index]
    )


def measure(stations: int, days: int, rounds: int, memory: str) -> dict[str, float]:
    """Run both in turn; return the medians in seconds, their ratio, and the rows that differ."""
    with tempfile.TemporaryDirectory() as folder:
        models = compiled(Path(folder) / "target")
        file = Path(folder) / "hours.parquet"
        hours = write_hours(file, stations, days)
        seconds: dict[str, list[float]] = {"ours": [], "by_hand": []}
        with with_seeds(Path(folder)) as connection:
            connection.execute(
                f"set threads = 2; set memory_limit = '{memory}'; set temp_directory = '{folder}'"
            )
            connection.execute("set preserve_insertion_order = false")
            connection.execute(f"create view intermediate.int_station_hours__united as from '{file}'")
            run(connection, models, "int_air_limits__pivoted", "int_air_rules__pivoted")
            for turn in range(rounds):
                pair = (("ours", ours), ("by_hand", by_hand))
                for name, job in pair if turn % 2 == 0 else reversed(pair):
                    for table in (*OURS, "by_hand"):
                        schema = "main" if table == "by_hand" else "intermediate"
                        if name == ("by_hand" if table == "by_hand" else "ours"):
                            connection.execute(f"drop table if exists {schema}.{table}")
                    start = time.perf_counter()
                    job(connection, models)
                    seconds[name].append(time.perf_counter() - start)
            differing = differing_rows(connection)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    return {
        "hours": hours,
        **medians,
        "ratio": medians["ours"] / medians["by_hand"],
        "differing_rows": differing,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def main() -> int:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="30 stations, one year: only whether it runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="8GB", help="memory limit of DuckDB (%(default)s)")
    arguments = parser.parse_args()
    stations, days = SMALL if arguments.small else FULL
    for name, figure in measure(stations, days, arguments.rounds, arguments.memory).items():
        print(f"{name:15} {figure:,.2f}")
    print(f"{'duckdb':15} {duckdb.__version__}, memory limit {arguments.memory}, 2 threads")
    return 0


if __name__ == "__main__":
    sys.exit(main())
