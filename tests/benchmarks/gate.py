"""The gate on 50 million fact rows beside the same checks as bare SQL in DuckDB: ``python tests/benchmarks/gate.py``.

Twelve rules of the kinds that fact marts have judge the 50 million rows; with ``--build FOLDER`` every rule of the
repository judges a finished build in the same file as well.

Each way runs in a process of its own, the file warm. The aim: at most three times the bare SQL, imports told
apart, and less than 2 GiB of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

from expectations.suite import SUITES, Check, Suite, load_suites

ROWS = 50_000_000
WAYS = ("gate", "bare")
MOST_TIMES, MOST_BYTES = 3.0, 2 << 30

# What the rules of a fact mart are like: codes, periods, provenance, signs, shares, comparisons with a dimension.
RULES = {
    "value_is_there": "select id from {batch} where value is null order by all",
    "no_negative": "select id from {batch} where value < 0 order by all",
    "origin_is_known": "select id from {batch} where origin not in ('published', 'returned', 'derived') order by all",
    "period_is_written_well": (
        r"select id from {batch} where not regexp_full_match(period, '\d{4}-(0[1-9]|1[0-2])') order by all"
    ),
    "share_is_a_share": "select id from {batch} where unit = '%' and value not between 0 and 100 order by all",
    "sha_is_a_sha": "select id from {batch} where length(file_sha256) <> 8 order by all",
    "not_after_the_month": "select id from {batch} where last_day_of(period) > date '2024-12-31' order by all",
    "area_is_known": "select id from {batch} where area not in (select area from bench_area) order by all",
    "total_is_not_below_part": (
        "select period, sum(value) filter (where area = 1) as part, sum(value) as total from {batch}"
        " group by period having part > total order by all"
    ),
    "no_outlier": (
        "select b.id from {batch} as b inner join (select area, median(value) as usual from {batch} group by area)"
        " as u using (area) where b.value > 1000 * u.usual order by all"
    ),
    "a_few_fail": "select id, value from {batch} where id % 10000000 = 7 order by all",
    "many_fail": "select id, value from {batch} where id % 50 = 0 order by all",
}


def make_file(folder: Path, rows: int, build: Path | None = None) -> Path:
    """A warehouse of so many fact rows, beside the marts of ``build``, and the suites that judge it."""
    file = folder / "warehouse.duckdb"
    if build is not None:
        shutil.copyfile(build / "warehouse.duckdb", file)
        file.chmod(0o600)
    with duckdb.connect(str(file), config={"storage_compatibility_version": "v1.0.0"}) as connection:
        connection.execute(
            "create table bench_area as select cast(i as integer) as area from range(16) as r(i)"
        )
        connection.execute(
            "create table fct_bench as select i as id, cast(i % 16 as integer) as area,"
            " 2015 + cast((i // 12) % 10 as integer) || '-' || lpad(cast(i % 12 + 1 as varchar), 2, '0') as period,"
            " cast(hash(i) % 10000 as double) / 100 as value, if(i % 3 = 0, '%', '亿元') as unit,"
            " if(i % 7 = 0, 'returned', 'published') as origin, lpad(cast(i % 97 as varchar), 8, '0') as file_sha256"
            f" from range({rows}) as r(i)"
        )
    suites = folder / "suites"
    if build is not None:
        shutil.copytree(SUITES, suites)
    suites.mkdir(exist_ok=True)
    words = {"zh": "检验", "en": "bench"}
    rules = [
        {"id": name, "what_zh": name, "what_en": name, "sql": sql, "severity": "block", "owner": "engineers",
         "because": words, "remedy": words}
        for name, sql in RULES.items()
    ]  # fmt: skip
    suite = {"mart": "fct_bench", "title": words, "key": ["id"], "rules": rules}
    (suites / "fct_bench.yml").write_text(yaml.safe_dump(suite, allow_unicode=True), encoding="utf-8")
    return file


def measured(suite: Suite) -> list[Check]:
    """The rules in SQL that need no earlier release: both ways can run them."""
    return [one for one in suite.checks if one.rule.sql is not None and one.rule.needs is None]


def by_gate(file: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds of imports, seconds of judging, failing rows by rule."""
    started = time.perf_counter()
    from expectations import engine

    imported = time.perf_counter()
    found: dict[str, int] = {}
    with engine.opened(file) as datasource:
        for suite in load_suites(file.parent / "suites"):
            outcomes = engine.judge(datasource, suite, measured(suite))
            assert all(outcome.error is None for outcome in outcomes)
            found |= {f"{suite.mart}.{outcome.check.rule_id}": outcome.failing_count for outcome in outcomes}
    return imported - started, time.perf_counter() - imported, found


def by_bare_sql(file: Path) -> tuple[float, float, dict[str, int]]:
    """The same checks, as one would write them by hand."""
    from expectations.sql_macros import MACROS

    suites = load_suites(file.parent / "suites")
    started = time.perf_counter()
    found: dict[str, int] = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        for macro in MACROS:
            connection.execute(macro)
        for suite in suites:
            for check in measured(suite):
                query = str(check.rule.sql).replace("{batch}", f"main.{suite.mart}")
                counted = connection.execute(f"select count(*) from ({query})").fetchone()
                found[f"{suite.mart}.{check.rule_id}"] = int(counted[0]) if counted else 0
    return 0.0, time.perf_counter() - started, found


def run_one(way: str, file: Path) -> None:
    """In a process of its own: run one way and print what it took."""
    imports, seconds, found = {"gate": by_gate, "bare": by_bare_sql}[way](file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    told = {"imports": imports, "seconds": seconds, "peak_bytes": peak, "rules": len(found)}
    print(json.dumps(told | {"found": found}))


def measure(way: str, file: Path) -> dict[str, object]:
    """Run one way in a process of its own."""
    command = [sys.executable, __file__, "--one", way, "--file", str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr[-2000:])
    measured: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return measured


def main() -> int:
    """Measure both side by side, twice, and say whether the aims are met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--one", choices=WAYS)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--build", type=Path)
    options = parser.parse_args()
    if options.one:
        run_one(options.one, options.file)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        file = make_file(Path(folder), options.rows, options.build)
        best: dict[str, dict[str, float]] = {}
        found: list[object] = []
        for way in (*WAYS, *WAYS):
            took = measure(way, file)
            found.append(took["found"])
            if way not in best or float(str(took["seconds"])) < best[way]["seconds"]:
                best[way] = {
                    name: float(str(took[name])) for name in ("imports", "seconds", "peak_bytes", "rules")
                }
    if any(one != found[0] for one in found):
        raise RuntimeError("the two ways do not find the same failing rows: they are not the same checks")
    ratio = best["gate"]["seconds"] / best["bare"]["seconds"]
    for way, took in best.items():
        print(
            f"{way}: {took['seconds']:.2f} s + imports {took['imports']:.1f} s, peak {took['peak_bytes'] / 2**20:.0f} MiB"
        )
    print(
        f"gate / bare SQL = {ratio:.2f} over {options.rows:,} rows and {best['gate']['rules']:.0f} rules (aim: {MOST_TIMES})"
    )
    met = ratio <= MOST_TIMES and best["gate"]["peak_bytes"] < MOST_BYTES
    print("aims met" if met else "aims NOT met")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
