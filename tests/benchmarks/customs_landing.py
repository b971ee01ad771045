"""Lands a large customs file (GB18030) and holds the time against other ways, side by side in one run.

``.venv/bin/python tests/benchmarks/customs_landing.py [--lines 2000000] [--repetitions 3] [--only ours …]``

* ours: ``raw.land.pull`` through the drop folder, from the file dropped to the verified, typed vintage;
* limit: ``iconv`` piped into DuckDB's ``COPY (read_csv) TO parquet``: nothing is checked, hashed or kept;
* pandas: ``read_csv`` with every column as text, ``to_parquet``;
* dlt: ``filesystem`` destination, Arrow tables from blocks that pyarrow reads, ``direct`` naming.

Every run is a process of its own (start included, imports of the library counted); ways alternate; medians are
printed, with the peak memory of the process and its children, and ratios to ours.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from raw.simulate import customs_declarations as simulate

WAYS = ("ours", "limit", "pandas", "dlt")
LINES_A_MONTH = 2_000_000
AS_OF = date(2022, 6, 30)


def ours(file: Path, work: Path) -> int:
    from raw.feed import find_feed
    from raw.land import pull

    inbox = work / "inbox" / "customs_declarations"
    inbox.mkdir(parents=True)
    for one in (file, file.with_name(f"{file.name}.facts.json")):
        os.link(one, inbox / one.name)
    feed = find_feed("customs_declarations")
    doors = {"drop_folder": feed.table("lines").doors["drop_folder"]}
    table = feed.table("lines").model_copy(update={"doors": doors})
    os.environ["RAW_INBOX"] = str(work / "inbox")
    started = time.perf_counter()
    only = feed.model_copy(update={"tables": {"lines": table}})
    (landed,) = pull(only, AS_OF, landing_root=work / "landing")
    report("ours", started)
    return int(landed.manifest["row_count"])


def limit(file: Path, work: Path) -> int:
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in _names(file))
    target = work / "limit.parquet"
    started = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_csv('/dev/stdin', header=true, auto_detect=false, delim=',', "
            f"quote='\"', escape='\"', columns={{{columns}}})) to '{target}' (format parquet, compression zstd)"
        )
        report("limit", started)
        counted = connection.execute(f"select count(*) from '{target}'").fetchone()
    assert counted is not None
    return int(counted[0])


def by_pandas(file: Path, work: Path) -> int:
    import pandas as pd

    started = time.perf_counter()
    frame = pd.read_csv(file, encoding="gb18030", dtype=str, keep_default_na=False)
    frame.to_parquet(work / "pandas.parquet", compression="zstd")
    report("pandas", started)
    return len(frame)


def by_dlt(file: Path, work: Path) -> int:
    os.environ |= {
        "SCHEMA__NAMING": "direct",
        "DLT_DATA_DIR": str(work / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    import dlt
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    names = _names(file)

    @dlt.resource(name="lines")
    def lines():  # noqa: ANN202 (a generator of Arrow tables)
        kinds = dict.fromkeys(names, pa.string())
        with pa_csv.open_csv(
            file,
            read_options=pa_csv.ReadOptions(
                encoding="gb18030", column_names=names, skip_rows=1, block_size=8 << 20
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(column_types=kinds, strings_can_be_null=False),
        ) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    destination = dlt.destinations.filesystem(bucket_url=(work / "out").as_uri())
    pipeline = dlt.pipeline(
        "customs", destination=destination, dataset_name="customs", pipelines_dir=str(work / "p")
    )
    started = time.perf_counter()
    pipeline.run(lines(), loader_file_format="parquet", write_disposition="replace")
    report("dlt", started)
    import pyarrow.parquet as pq

    return sum(
        pq.ParquetFile(part).metadata.num_rows for part in (work / "out").glob("customs/lines/*.parquet")
    )


RUNS = {"ours": ours, "limit": limit, "pandas": by_pandas, "dlt": by_dlt}
_seconds: dict[str, float] = {}


def report(way: str, started: float) -> None:
    _seconds[way] = time.perf_counter() - started


def _names(file: Path) -> list[str]:
    with file.open("rb") as lines:
        header = next(csv.reader([lines.readline().decode("gb18030").rstrip("\n")]))
    return [name or "_end" for name in header]


def run_one(way: str, file: Path) -> None:
    """In a process of its own: run one way and print seconds, rows and peak memory."""
    with tempfile.TemporaryDirectory(dir=file.parent) as work:
        rows = RUNS[way](file, Path(work))
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": _seconds[way], "rows": rows, "cpu": cpu, "peak_mb": used.ru_maxrss / 1024}))


def measure(way: str, file: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", way, "--file", str(file)]
    # Nobody reads the text of iconv but the process that is measured as the limit.
    iconv = ["iconv", "-f", "GB18030", "-t", "UTF-8", str(file)] if way == "limit" else ["true"]
    with subprocess.Popen(iconv, stdout=subprocess.PIPE) as text:
        ran = subprocess.run(command, stdin=text.stdout, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{way}: {ran.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(ran.stdout.strip().splitlines()[-1])
    return measured


def make_file(folder: Path, lines: int) -> Path:
    """A file of that many lines: two million a month from January 2021 on."""
    months = tuple(f"2021-{number:02d}" for number in range(1, -(-lines // LINES_A_MONTH) + 1))
    file = folder / f"lines_{lines}.csv"
    wanted = simulate.Wanted("import", months, AS_OF, 7, lines_per_month=lines // len(months))
    started = time.perf_counter()
    simulate.write(file, wanted)
    # Dropped a minute ago, so that it has settled, and known by the past day it is pulled as of.
    sidecar = file.with_name(f"{file.name}.facts.json")
    said = json.loads(sidecar.read_text(encoding="utf-8")) | {"known_from": AS_OF.isoformat()}
    sidecar.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    for one in (file, sidecar):
        os.utime(one, (time.time() - 60,) * 2)
    size = file.stat().st_size / 1e6
    print(f"{file.name}: {lines} lines, {size:.0f} MB, made in {time.perf_counter() - started:.1f} s")
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=LINES_A_MONTH)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=WAYS, default=WAYS)
    parser.add_argument("--run", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        run_one(arguments.run, arguments.file)
        return
    folder = Path(tempfile.mkdtemp(prefix="customs-bench-"))
    try:
        file = make_file(folder, arguments.lines)
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in arguments.only}
        for _ in range(arguments.repetitions):
            for way in arguments.only:
                runs[way].append(measure(way, file))
        medians = {way: statistics.median(run["seconds"] for run in found) for way, found in runs.items()}
        for way, found in runs.items():
            every = " ".join(f"{run['seconds']:.2f}" for run in found)
            ratio = f"{medians[way] / medians['ours']:.2f} × ours" if "ours" in medians else ""
            peak = max(run["peak_mb"] for run in found)
            cpu = statistics.median(run["cpu"] for run in found)
            print(
                f"{way:8} {medians[way]:7.2f} s  ({every})  {ratio:14} {cpu:6.2f} s CPU {peak:6.0f} MB  "
                f"{found[0]['rows']:.0f} rows"
            )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
