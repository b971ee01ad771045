"""A page for every feed, written from its feed file: ``raw/feeds/<feed>.md``, and their list ``README.md``.

What, from whom, under which licence, when, through which doors, with which columns and units, what hurts,
what its stand-in can break, and what was never met live. ``python -m raw generate`` writes them; nothing in
them changes with the day. When a feed was last seen is told by ``python -m raw page <feed>`` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from raw.feed import Column, Feed, Table
from raw.fetch import is_loopback
from raw.land import Vintage, vintages
from raw.replica.publishers import known_publishers
from raw.replica.server import faults_of

INDEX = Path("README.md")
ORIGINS = {"published": "公布 published", "returned": "填报 returned", "simulated": "模拟 simulated"}


def wanted_pages(feeds: Sequence[Feed]) -> dict[Path, str]:
    """Text of every page by its path below the folder of the feed files."""
    return {INDEX: _index(feeds), **{Path(f"{feed.feed}.md"): page(feed) for feed in feeds}}


def page(feed: Feed) -> str:
    """The page of one feed; the same feed file gives the same bytes."""
    return _text(_lines(feed))


def last_seen(feed: Feed, as_of: date = date.max) -> str:
    """What is landed of a feed: for each table its last vintage. Raises BadInput for a damaged landing."""
    rows = [[f"`{name}`", *_seen(vintages(None, feed.feed, name, as_of))] for name in feed.tables]
    heads = ["表 table", "最近版本 last vintage", "行 rows", "取得 retrieved", "版本数 vintages"]
    return _text(["", "## 最近所见 / When last seen", "", *_grid(heads, rows)])


def _seen(known: Sequence[Vintage]) -> list[str]:
    if not known:
        return ["尚无 / none yet", "—", "—", "0"]
    last = known[-1]
    return [last.path.name, str(last.manifest["row_count"]), last.manifest["retrieved_at"], str(len(known))]


def _lines(feed: Feed) -> Iterator[str]:
    yield f"<!-- {mark(feed.feed)} -->"
    yield f"# {feed.feed}：{feed.title_zh} / {feed.title_en}"
    yield ""
    yield from _grid(["", ""], _facts(feed))
    yield from ["", "## 进路 / Doors", ""]
    yield from _doors(feed)
    for name, table in feed.tables.items():
        yield from ["", f"## 表 `{name}` / Table `{name}`", ""]
        yield from _table(feed, name, table)
    yield from ["", "## 陷阱，最痛的在前 / Traps, in order of pain", ""]
    yield from _numbered(feed.notes)
    yield from ["", "## 从未实测 / Never met live", ""]
    yield from _never_met(feed)
    yield from ["", "## 替身可设的故障 / Faults its stand-in can have", ""]
    yield from _faults(feed)


def _facts(feed: Feed) -> list[list[str]]:
    when = feed.schedule
    return [
        ["发布者 publisher", f"[{feed.publisher.name_zh}]({feed.publisher.url}) / {feed.publisher.name_en}"],
        ["许可 licence", feed.licence],
        ["由来 origin", ORIGINS[feed.origin]],
        ["负责 responsible", ", ".join(feed.units)],
        ["取数 asked at", f"`{when.cron}`，北京时间 / China time"],
        ["应到 expected", f"次月 {when.expected_day} 日 / day {when.expected_day} of the month after"],
        ["迟到 late after", f"{when.late_after_days} 天 / days"],
        ["陈旧 stale after", f"{when.freshness_days} 天 / days"],
    ]


def _doors(feed: Feed) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for name in feed.tables:
        for door, request in feed.ways(name).items():
            told.setdefault(f"{door} {_request(request)}".strip(), []).append(f"`{name}`")
    for way, tables in told.items():
        door, _, keys = way.partition(" ")
        whose = "" if len(tables) == len(feed.tables) else f"（{', '.join(tables)}）"
        yield f"- **{door}**{whose} {keys}".rstrip()
        if door == "drop_folder":
            yield f"  放入 / drop into `raw/inbox/{feed.feed}/`（`RAW_INBOX`）"
        elif "base_url: " in keys:
            yield f"  另设地址 / another address: `RAW_{feed.feed.upper()}_URL`"


def _request(request: dict[str, object]) -> str:
    return ", ".join(
        f"{name}: `{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"
        for name, value in request.items()
    )


def _table(feed: Feed, name: str, table: Table) -> Iterator[str]:
    scope = "整表 / the whole table" if table.scope == "all" else ", ".join(map(_code, table.scope_columns))
    yield f"- 格式 format: `{table.format}`（`raw/readers/{table.format}.py`）"
    yield f"- 主键 key: {', '.join(map(_code, table.key))}"
    yield f"- 一个文件替换 / a file replaces: {scope}"
    if table.control:
        yield f"- 控制总数 / the publisher's own totals: {', '.join(map(_code, table.control))}"
    if table.must_have:
        rows = f"{_code(table.must_have.column)} = {', '.join(table.must_have.values)}"
        yield f"- 必有的行（每个 {_code(table.must_have.of_each)}）rows it must have (of each): {rows}"
    if table.facts:
        yield f"- 文件未写明，由旁说明 / said beside the file: {', '.join(map(_code, table.facts))}"
    yield from _calendar(table)
    if table.microdata:
        yield "- 微观数据，不进入发布文件 / microdata: no released file holds it"
    yield f"- 此后 / from there on: `stg_{feed.feed}__{name}`"
    yield ""
    heads = ["列 column", "staging 名 name", "类型 type", "单位 unit", "必填 required", "含义 meaning"]
    yield from _grid(heads, [_column(table, column) for column in table.columns])


def _calendar(table: Table) -> Iterator[str]:
    """What tells the months of the table, and which are promised, where that is not every one."""
    calendar = table.calendar
    if calendar == "none":
        yield "- 没有人按月约定，从不计未到 / nobody promised it each month: never told as missing"
        return
    if calendar.column is not None:
        through = f"，至 / through {_code(calendar.through)}" if calendar.through else ""
        yield f"- 说明月份的列 / the month is told by: {_code(calendar.column)}{through}"
    if calendar.since or calendar.until:
        months = f"{calendar.since or '…'} – {calendar.until or '…'}"
        yield f"- 只约定这些月份 / promised for these months only: {months}"


def _column(table: Table, name: str) -> list[str]:
    column = table.columns[name]
    return [
        _code(name),
        _code(table.staging_name(name)),
        column.type + _pattern(column),
        column.unit or "",
        "✓" if column.required else "",
        f"{column.description_zh} / {column.description_en}",
    ]


def _pattern(column: Column) -> str:
    return f" {_code(column.pattern)}" if column.pattern else ""


def _never_met(feed: Feed) -> Iterator[str]:
    stood_in = [url for name in feed.tables for url in _addresses(feed, name) if _is_this_machine(url)]
    if stood_in:
        yield (
            f"- 地址 `{stood_in[0]}` 是替身的；真实发布者尚未接通。"
            " / The address is that of the stand-in: no live publisher was asked."
        )
    yield from (f"- {_one_line(told)}" for told in feed.never_met)
    if not stood_in and not feed.never_met:
        yield "无记载 / Nothing is on record."


def _addresses(feed: Feed, table_name: str) -> list[str]:
    return [str(request["base_url"]) for request in feed.ways(table_name).values() if "base_url" in request]


def _is_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname
    return bool(host) and is_loopback(str(host))


def _faults(feed: Feed) -> Iterator[str]:
    if feed.feed not in known_publishers():
        yield "没有替身 / It has no stand-in."
        return
    yield ", ".join(_code(fault) for fault in faults_of(feed.feed))
    yield ""
    for fault, because in feed.undetectable.items():
        yield f"- 无法察觉 / not to be told from good data: {_code(fault)}. {_one_line(because)}"
        yield ""
    yield f"```\npython -m raw faults --feed {feed.feed}\n```"


def _index(feeds: Sequence[Feed]) -> str:
    rows = [
        [
            f"[{feed.feed}]({feed.feed}.md)",
            f"{feed.title_zh} / {feed.title_en}",
            ", ".join(dict.fromkeys(door for name in feed.tables for door in feed.ways(name))),
            ", ".join(map(_code, feed.tables)),
            f"{feed.schedule.expected_day} (+{feed.schedule.late_after_days})",
            ORIGINS[feed.origin],
        ]
        for feed in feeds
    ]
    heads = ["数据源 feed", "是什么 what", "进路 doors", "表 tables", "应到日 expected day", "由来 origin"]
    return _text(
        [
            f"<!-- {mark('*')} -->",
            "# 数据源 / The feeds",
            "",
            "每个文件 `<feed>.yml` 声明一个数据源；其余由此生成。最近所见：`python -m raw list`。",
            "Each `<feed>.yml` declares one feed; the rest follows. When last seen: `python -m raw list`.",
            "",
            *_grid(heads, rows),
        ]
    )


def mark(feed: str) -> str:
    """What says of a file that it is generated."""
    return f"generated from raw/feeds/{feed}.yml by python -m raw generate; do not edit"


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`"


def _numbered(notes: Sequence[str]) -> Iterator[str]:
    if not notes:
        yield "尚未发现 / none found yet"
    for number, note in enumerate(notes, start=1):
        yield f"{number}. {_one_line(note)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
