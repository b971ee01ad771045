"""``python -m raw``: pull, probe, read, list, page, new, generate, returns, extract, replica, faults.

Exit code 0 is good; 1 says that generated files are stale; 2 says that input was refused, with reasons.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from raw import generate, land, pages, publishing_calendar
from raw.errors import BadInput
from raw.feed import NAME, Feed, declared_feeds, feeds_root, find_feed, parse_as_of, parse_month
from raw.preview import COPY_OPTIONS, Kind, Preview, preview

# Parts with a command line of their own, imported only when asked for.
DELEGATED = {
    "returns": "raw.returns",
    "extract": "raw.extract",
    "replica": "raw.replica.server",
    "faults": "raw.replica.matrix",
}
# How many rows `read` shows.
FIRST_ROWS = 3
# The feed file that `new` writes: complete, commented, and valid as it is written.
NEW_FEED = Path(__file__).parent / "new_feed.yml"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments and arguments[0] in DELEGATED:
            return _delegate(DELEGATED[arguments[0]], arguments[1:])
        parsed = _parser().parse_args(arguments)
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        command: Callable[[argparse.Namespace], int] = parsed.command
        code = command(parsed)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Who reads has seen enough (`| head`). Python flushes once more at its end: into nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2


def _delegate(module: str, argv: list[str]) -> int:
    return int(importlib.import_module(module).main(argv) or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m raw", description="取数与入库 / Pull and land the feeds."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, command, said in (
        ("pull", _pull, "取数并入库 / fetch a feed and land what is new"),
        ("probe", _probe, "试取，不入库 / fetch and read a feed without landing it"),
    ):
        sub = commands.add_parser(name, help=said, description=said)
        sub.add_argument("feed")
        sub.add_argument("--month", help="所属月份 / reference month, as in 2022-12")
        sub.add_argument("--as-of", help="截至日期 / what was known by that day (default: today)")
        sub.set_defaults(command=command)
    reading = commands.add_parser(
        "read", help="试读文件，不入库 / what we would make of a file, not landing it"
    )
    reading.add_argument("feed")
    reading.add_argument("file", type=Path, nargs="+", help="文件，或一次下载的各部分 / a file, or its parts")
    reading.add_argument("--table", help="默认唯一能读它的表 / default: the only one that accepts the file")
    reading.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="said",
        help="文件没有写明的事实 / what the file does not say of itself",
    )
    reading.add_argument(
        "--to", choices=COPY_OPTIONS, help="写出各行，而非摘要 / the rows instead of a summary"
    )
    reading.add_argument("--output", type=Path, help="写到文件，默认标准输出 / where to; default: stdout")
    reading.set_defaults(command=_read)
    listing = commands.add_parser("list", help="列出数据源 / feeds, tables and their last vintage")
    listing.set_defaults(command=_list)
    paging = commands.add_parser("page", help="数据源说明页 / the page of a feed, and when it was last seen")
    paging.add_argument("feed")
    paging.set_defaults(command=_page)
    new = commands.add_parser("new", help="新建数据源文件 / write a feed file to fill in")
    new.add_argument("feed")
    new.set_defaults(command=_new)
    generating = commands.add_parser(
        "generate", help="由数据源文件生成 dbt 文件与说明页 / the dbt files and the pages of the feeds"
    )
    generating.add_argument("--check", action="store_true", help="只检查 / only list what is stale")
    generating.set_defaults(command=_generate)
    commands.add_parser("returns", help="填报表 / workbooks of the responsible units: new, check")
    commands.add_parser("extract", help="正文数字摘录表 / form for figures in a landed page's sentences")
    commands.add_parser("replica", help="替身发布者 / stand-in publishers, with faults")
    commands.add_parser("faults", help="故障矩阵 / play every fault of every stand-in, say how each ended")
    return parser


def _as_of(parsed: argparse.Namespace) -> date:
    today = datetime.now(UTC).astimezone().date()
    as_of = parse_as_of(parsed.as_of) if parsed.as_of else today
    if as_of > today:
        raise BadInput.one("--as-of", str(as_of), f"a day up to today, {today}", "correct the date")
    return as_of


def _month(parsed: argparse.Namespace) -> str | None:
    return parse_month(parsed.month) if parsed.month else None


def _pull(parsed: argparse.Namespace) -> int:
    feed = find_feed(parsed.feed)
    landed = land.pull(feed, _as_of(parsed), month=_month(parsed))
    for one in landed:
        state = "新版本 / new" if one.is_new else "未变 / unchanged"
        print(f"{state}\t{one.manifest['row_count']} rows\t{one.vintage_dir}")
    if not landed:
        print(f"{feed.feed}: 截至 {_as_of(parsed)} 尚无数据 / nothing was known by then")
    return 0


def _probe(parsed: argparse.Namespace) -> int:
    feed = find_feed(parsed.feed)
    found = False
    for table_name, extract, read, part in land.probe(feed, _as_of(parsed), _month(parsed)):
        found = True
        _summarise(feed, Preview(table_name, feed.table(table_name), extract, read, part))
    if not found:
        print(f"{feed.feed}: 截至 {_as_of(parsed)} 尚无数据 / nothing was known by then")
    return 0


def _summarise(feed: Feed, found: Preview) -> None:
    """What a download is, and one line for each of its columns."""
    extract, read = found.extract, found.read
    print(f"{feed.feed}.{found.table_name}: {extract.name} ({extract.byte_count} bytes, {extract.url})")
    print(f"  行 / rows {read.row_count}; 控制总数 / control {extract.control or '—'}; {read.scope}")
    for line in found.coverage():
        print(f"  {line}")


def _read(parsed: argparse.Namespace) -> int:
    feed = find_feed(parsed.feed)
    if parsed.to is None and parsed.output is not None:
        raise BadInput.one("--output", "no --to", "the format to write", "add --to csv, parquet or json")
    with preview(feed, parsed.file, table_name=parsed.table, said=_said(parsed.said)) as found:
        if parsed.to is None:
            _summarise(feed, found)
            _show_first_rows(found)
        elif parsed.output is not None:
            found.write(parsed.output, parsed.to)
        else:
            _to_stdout(found, parsed.to)
    return 0


def _to_stdout(found: Preview, kind: Kind) -> None:
    if kind == "parquet" and sys.stdout.isatty():
        raise BadInput.one("--to parquet", "a terminal", "a file or a pipe", "add --output FILE")
    with tempfile.TemporaryDirectory(prefix="raw-read-") as folder:
        aside = Path(folder) / "rows"
        found.write(aside, kind)
        with aside.open("rb") as rows:
            shutil.copyfileobj(rows, sys.stdout.buffer)
    sys.stdout.flush()


def _said(pairs: list[str]) -> dict[str, str]:
    """``KEY=VALUE`` as a mapping; ``BadInput`` for anything else, and for a key that stands twice."""
    said: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadInput.one("--set", repr(pair), "KEY=VALUE as in DIRECTION=export", "add the value")
        if name in said:
            found = f"{said[name]!r} and {value!r}"
            raise BadInput.one(f"--set {name}", found, "one value", "remove the wrong one")
        said[name] = value
    return said


def _show_first_rows(found: Preview) -> None:
    for row in found.first_rows(FIRST_ROWS):
        print(f"— {row.pop('_place')}")
        for name, text in row.items():
            print(f"  {name}: {'' if text is None else text}")


# What `list` says of the last month that is due, by its state.
STATES = {
    "on_time": "按时 / on time",
    "late": "迟到 / late",
    "missing": "未到 / missing",
    "backfilled": "补录 / came with the first pull",
}


def _list(parsed: argparse.Namespace) -> int:  # noqa: ARG001 (what a command is given)
    today = datetime.now(UTC).astimezone().date()
    for feed in declared_feeds():
        print(f"{feed.feed}\t{feed.title_zh} / {feed.title_en}\t{feed.origin}")
        for name in feed.tables:
            known = land.vintages(None, feed.feed, name, date.max)
            timely = _last_due(feed, name, known, today)
            print(f"  {name}\t{', '.join(feed.ways(name))}\t{_last_vintage(known)}{timely}")
    return 0


def _page(parsed: argparse.Namespace) -> int:
    feed = find_feed(parsed.feed)
    print(pages.page(feed) + pages.last_seen(feed), end="")
    return 0


def _last_vintage(known: list[land.Vintage]) -> str:
    if not known:
        return "尚无版本 / no vintage yet"
    rows = known[-1].manifest["row_count"]
    return f"{known[-1].path.name} ({rows} rows, {len(known)} 个版本 / vintages)"


def _last_due(feed: Feed, table_name: str, known: list[land.Vintage], today: date) -> str:
    """How the table kept its calendar for the last month due; nothing where its rows name no month."""
    watched = publishing_calendar.timeliness(feed, table_name, known, today)
    due = [one for one in watched if one.state != "not_due"]
    if not due:
        return ""
    last = due[-1]
    when = f"应到 / expected {last.expected.day}，到 / landed {last.first_landed or '—'}"
    return f"\t{last.reference_month}: {STATES[last.state]} ({when})"


def _generate(parsed: argparse.Namespace) -> int:
    if not parsed.check:
        for path in generate.generate():
            print(f"{'写入 / written' if path.exists() else '删除 / removed'}\t{path}")
        return 0
    stale = generate.stale_files()
    for path in stale:
        print(f"过期 / stale: {path}", file=sys.stderr)
    if stale:
        print("请运行 / run: python -m raw generate", file=sys.stderr)
    return 1 if stale else 0


def _new(parsed: argparse.Namespace) -> int:
    if not NAME.fullmatch(parsed.feed):
        raise BadInput.one(
            where="feed",
            found=repr(parsed.feed),
            expected="a name like customs_declarations: small letters, digits, single _",
            remedy="choose another name; it becomes path, table and DAG",
        )
    path = feeds_root() / f"{parsed.feed}.yml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(NEW_FEED.read_text(encoding="utf-8").replace("{feed}", parsed.feed))
    except FileExistsError as error:
        raise BadInput.one(str(path), "a feed file already", "a new name", "edit that file") from error
    print(f"{path}\n改好后 / when it is filled in: python -m raw probe {parsed.feed}; python -m raw generate")
    return 0


if __name__ == "__main__":
    sys.exit(main())
