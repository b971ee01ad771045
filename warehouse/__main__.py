"""Shell door: ``python -m warehouse build | diff | changes | release | withdraw | list | verify | …``."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from raw.errors import BadInput
from raw.land import landing_root
from warehouse.build import Build, build
from warehouse.connect import reader
from warehouse.diff import diff, told_changes
from warehouse.months import last_full_month, parse_as_of
from warehouse.paths import data_root, house_of
from warehouse.publication.bulletin import Edition
from warehouse.publication.evaluation import EVALUATION_KINDS, evaluation
from warehouse.release import (
    VERDICT,
    Release,
    check_database,
    current,
    previous_release,
    release,
    releases,
    verify,
    withdraw,
)
from warehouse.trace import trace
from warehouse.verdict import Verdict

KINDS = ("official", "rehearsal")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 when it did its work, 2 when the input was refused."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], None] = arguments.command
    try:
        command(arguments)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m warehouse", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], None], told: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=told, description=told)
        added.set_defaults(command=command)
        return added

    made = add("build", _build, "run dbt into a fresh DuckDB file")
    made.add_argument("--month", help="reference month, e.g. 2022-12; default the last full month")
    made.add_argument("--as-of", help="day up to which it may know anything; default today")
    made.add_argument("--kind", choices=KINDS, default=KINDS[0], help="default %(default)s")
    compared = add("diff", _diff, "this build against the release before it")
    compared.add_argument("build_dir", type=Path)
    moved = add("changes", _moved, "judgements that changed between two releases, and why")
    moved.add_argument(
        "--from", dest="before", required=True, metavar="A", help="release, or a day: as of then"
    )
    moved.add_argument("--to", dest="after", required=True, metavar="B", help="release, or a day: as of then")
    released = add("release", _release, "publish a judged build")
    released.add_argument("build_dir", type=Path)
    released.add_argument("--verdict", type=Path, help="default verdict.json of the build")
    withdrawn = add("withdraw", _withdraw, "take a release back; its folder stays, marked")
    withdrawn.add_argument("name", help="name of the release, e.g. 2022-12-r2")
    withdrawn.add_argument("--reason", required=True, help="what readers are told")
    listed = add("list", _list, "the releases, oldest first")
    verified = add("verify", _verify, "compare every file of a release with its manifest")
    verified.add_argument("release", nargs="?", help="name of a release; default the current one")
    read = add("read", _read, "run a query on a release, read-only")
    read.add_argument("sql")
    read.add_argument("--release", help="name of a release; default the current one")
    traced = add("trace", _trace, "follow a cell of the bulletin to the landed bytes")
    traced.add_argument("cell", help="id of the cell, e.g. v-fct_observations-GDP-CN-370211-A-2022-LEVEL")
    traced.add_argument("--release", help="name of a release; default the current one")
    evaluated = add("evaluate", _evaluate, "write the report of an evaluation from a release")
    # Official or rehearsal is --of here: --kind names the evaluation.
    evaluated.add_argument("--kind", dest="evaluation_kind", choices=EVALUATION_KINDS, required=True)
    evaluated.add_argument("--plan", help="plan_id; default the newest plan with such an evaluation due")
    evaluated.add_argument("--release", help="name of a release; default the current one")
    evaluated.add_argument("--of", dest="kind", choices=KINDS, default=KINDS[0], help="default %(default)s")
    evaluated.add_argument("--to", type=Path, help="file to write; default evaluation-KIND.html here")
    for command in (moved, listed, verified, withdrawn, read, traced):
        command.add_argument("--kind", choices=KINDS, default=KINDS[0], help="default %(default)s")
    for command in (moved, listed, verified, withdrawn, read, traced, evaluated):
        command.add_argument("--seed", type=int, default=1, help="of the rehearsal; default %(default)s")
    return parser


def _build(arguments: argparse.Namespace) -> None:
    as_of = parse_as_of(arguments.as_of) if arguments.as_of else date.today()
    month = arguments.month or last_full_month(as_of)
    made = build(month, as_of, landing_root=landing_root(), data_root=data_root(), kind=arguments.kind)
    print(made.path)


def _diff(arguments: argparse.Namespace) -> None:
    made = Build.load(arguments.build_dir)
    before = previous_release(data_root(), made.reference_month, made.as_of_date, made.kind)
    changes = diff(made.file, before.database if before else None, before.name if before else None)
    print(changes.text("zh"))
    print(changes.text("en"), end="")


def _moved(arguments: argparse.Namespace) -> None:
    before, after = (_as_known(name, arguments) for name in (arguments.before, arguments.after))
    print(told_changes(diff(after.database, before.database, before.name), after.name), end="")


def _as_known(name: str, arguments: argparse.Namespace) -> Release:
    """The release of that name; for a day the last standing one that knew no later day."""
    known = _known(arguments)
    chosen = known.get(name)
    if chosen is None and _DAY.fullmatch(name):
        day = parse_as_of(name)
        standing = [one for one in known.values() if one.withdrawn is None and one.as_of_date <= day]
        chosen = max(standing, key=lambda one: one.order, default=None)
    if chosen is None:
        raise BadInput.one(
            str(_house(arguments)),
            f"no release {name}, nor one as of that day",
            "one of: "
            + (", ".join(f"{one.name} ({one.as_of_date})" for one in known.values()) or "none yet"),
            f"name a release, or a day as YYYY-MM-DD: python -m warehouse list --kind {arguments.kind}",
        )
    check_database(chosen)
    return chosen


def _release(arguments: argparse.Namespace) -> None:
    verdict = arguments.verdict or arguments.build_dir / "verdict.json"
    print(release(arguments.build_dir, verdict, data_root()).told())


def _withdraw(arguments: argparse.Namespace) -> None:
    print(withdraw(_house(arguments), arguments.name, arguments.reason, arguments.kind).told())


def _list(arguments: argparse.Namespace) -> None:
    for known in _known(arguments).values():
        current_mark = ["current"] if known.is_current else []
        withdrawn_mark = [f"withdrawn: {known.withdrawn}"] if known.withdrawn else []
        print(known.name, known.as_of_date, *current_mark, *withdrawn_mark)


def _verify(arguments: argparse.Namespace) -> None:
    chosen = _chosen(arguments)
    if problems := verify(chosen.path):
        raise BadInput(problems)
    files = sum(1 for file in chosen.path.rglob("*") if file.is_file())
    print(f"{chosen.name} 全部{files}个文件与发布时一致。\n{chosen.name}: all {files} files are as released.")


def _read(arguments: argparse.Namespace) -> None:
    chosen = _undamaged(arguments)
    with reader(chosen.database) as connection:
        try:
            connection.sql(arguments.sql).show(max_rows=200)
        except duckdb.Error as error:
            told = " ".join(str(error).split())
            raise BadInput.one("query", told, "SQL on the tables of the release", "mend the query") from None


def _trace(arguments: argparse.Namespace) -> None:
    print(trace(_undamaged(arguments).path, arguments.cell, _landing(arguments)).text)


def _evaluate(arguments: argparse.Namespace) -> None:
    chosen = _undamaged(arguments)
    kind = arguments.evaluation_kind
    verdict = Verdict.load(chosen.path / VERDICT)
    edition = Edition(chosen.name, chosen.revision, chosen.previous)
    page = evaluation(chosen.database, kind, verdict, edition, arguments.plan)
    written = arguments.to if arguments.to is not None else Path(f"evaluation-{kind}.html")
    try:
        written.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput.one(
            f"--to {written}",
            f"写不了 / {error.strerror or 'cannot be written'}",
            "已有文件夹中的一个文件名 / the name of a file in a folder that is there",
            f"换一处，或先建文件夹 / name another place or make the folder, e.g. --to evaluation-{kind}.html",
        ) from error
    print(written)


def _undamaged(arguments: argparse.Namespace) -> Release:
    """A release whose figures may be read: hashing its few MB costs less than one wrong figure."""
    chosen = _chosen(arguments)
    check_database(chosen)
    return chosen


def _chosen(arguments: argparse.Namespace) -> Release:
    """The release that is named, else the current one; of rehearsals none is current, so the newest."""
    name = arguments.release
    known = _known(arguments)
    newest = current(data_root()) if arguments.kind == KINDS[0] else next(reversed(known.values()), None)
    chosen = known.get(name) if name else newest
    if chosen is None:
        listed = ", ".join(known) or "none yet"
        raise BadInput.one(
            str(_house(arguments)),
            f"no release {name or 'current'}",
            f"one of: {listed}",
            "make month" if arguments.kind == KINDS[0] else f"make rehearsal SEED={arguments.seed}",
        )
    return chosen


def _known(arguments: argparse.Namespace) -> dict[str, Release]:
    """The releases of a kind by name, oldest first."""
    return {one.name: one for one in releases(_house(arguments), arguments.kind)}


def _house(arguments: argparse.Namespace) -> Path:
    return house_of(arguments.kind, arguments.seed)


def _landing(arguments: argparse.Namespace) -> Path:
    """What a rehearsal rests on was landed in its own house."""
    house = _house(arguments)
    return landing_root() if house == data_root() else house / "landing"


if __name__ == "__main__":
    sys.exit(main())
