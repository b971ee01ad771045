"""``python dags``: the DAGs run on this machine, without a scheduler.

``python dags [--month 2022-12] [--as-of 2023-04-30]`` makes one monthly release (`make month`);
with ``--rehearsal [--seed 1]`` one of simulated data, apart from the official ones (`make rehearsal`);
``python dags --web [--port 8080]`` starts Airflow with its web page (`make airflow`).
Exit code 0: done. 1: something broke. 2: bad input, or the gate refused the month. 130: stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import date

from _month import explain, rehearse_month, run_month
from _web import run_web

from raw.errors import BadInput
from warehouse.months import check_pair, last_full_month, month_end, parse_as_of
from warehouse.paths import data_root
from warehouse.release import in_force


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.web:
            return run_web(options.port)
        month, as_of = dates(options.month, options.as_of)
        if options.rehearsal:
            return rehearse_month(month, as_of, options.seed)
        return run_month(month, as_of)
    except BadInput as error:
        explain(error)
        return 2
    except KeyboardInterrupt:
        print(f"\n已停止。Stopped. {in_force(data_root())}", file=sys.stderr)
        return 128 + signal.SIGINT


def dates(month: str | None, as_of: str | None) -> tuple[str, date]:
    """Month and as-of date of the command line; default today, and the last full month at the as-of date."""
    day = parse_as_of(as_of) if as_of else date.today()
    chosen = month or last_full_month(day)
    month_end(chosen)
    check_pair(chosen, day)
    return chosen, day


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python dags", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--month", metavar="YYYY-MM", help="报告月 / reference month; default the last full one"
    )
    parser.add_argument(
        "--as-of", metavar="YYYY-MM-DD", help="截止日 / what was known by then; default today"
    )
    parser.add_argument(
        "--rehearsal", action="store_true", help="模拟演练 / simulated data, in a house of its own"
    )
    parser.add_argument("--seed", type=int, default=1, help="演练种子 / of what is simulated (%(default)s)")
    parser.add_argument("--web", action="store_true", help="启动 Airflow 及网页 / Airflow with its web page")
    parser.add_argument(
        "--port", type=int, default=8080, help="网页端口 / port of the web page (%(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
