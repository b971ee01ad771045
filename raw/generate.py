"""What follows from the feed files: for dbt sources, staging models and their contracts, for people pages.

One schema is written once, in ``raw/feeds/<feed>.yml``; ``python -m raw generate --check`` fails where the
generated files are not what the feed files say (law 6). Files that carry the mark of this module and that
no feed asks for any more are stale too, and are removed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from raw.feed import Column, Feed, Table, declared_feeds, feeds_root
from raw.pages import wanted_pages

DEFAULT_PROJECT = Path(__file__).parents[1] / "dbt_project"
MARK = "generated from raw/feeds/"
LINE_LENGTH = 110

# Types of staging columns. The cast is a plain one: what does not fit stops the build.
SQL_TYPES = {
    "code": "varchar",
    "text": "varchar",
    "period": "varchar",
    "decimal": "decimal(24,6)",
    "date": "date",
}

# Lineage of every row: name in the landing, name in staging, type, meaning.
LINEAGE = (
    ("_row_number", "row_number", "bigint", "原件中的行号 / Row in the original file"),
    ("_place", "place", "varchar", "原件中的位置 / Place in the original: a row, or sheet and cell"),
    ("_vintage_date", "landing_vintage_date", "date", "入库版本日期 / Date of the landed vintage"),
    ("_landing_id", "landing_id", "varchar", "入库目录 / Folder of the vintage below the landing"),
    ("_file_sha256", "file_sha256", "varchar", "原件校验和 / SHA-256 of the original bytes"),
    ("_origin", "origin", "varchar", "数据由来 / published, returned or simulated"),
    ("_retrieved_at", "retrieved_at", "timestamp", "取得时间（UTC）/ When it was retrieved (UTC)"),
)
FIRST_SEEN = "本行内容首次入库的版本日期 / Vintage date at which this very row was first seen"


class _Dumper(yaml.SafeDumper):
    """YAML as sqlfluff and people like it: lists indented below their key, no anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def project_root(root: Path | None = None) -> Path:
    """Folder of the dbt project: ``root``, else env DBT_PROJECT_DIR, else dbt_project."""
    return root or Path(os.environ.get("DBT_PROJECT_DIR") or DEFAULT_PROJECT)


def wanted_files(feeds: list[Feed]) -> dict[Path, str]:
    """Text of every generated file by its path below the dbt project."""
    files: dict[Path, str] = {}
    for feed in feeds:
        folder = Path("models") / "staging" / feed.feed
        files[folder / f"_{feed.feed}__sources.yml"] = sources_yml(feed)
        for name, table in feed.tables.items():
            stem = f"stg_{feed.feed}__{name}"
            files[folder / f"{stem}.sql"] = staging_sql(feed, name, table)
            files[folder / f"{stem}.yml"] = staging_yml(feed, name, table)
    return files


def stale_files(project: Path | None = None, feeds_folder: Path | None = None) -> list[Path]:
    """Generated files that differ, are missing, or that no feed asks for, by path; nothing is written."""
    root = project_root(project)
    wanted = _wanted(project, feeds_folder)
    differing = [path for path, text in wanted.items() if not path.is_file() or _text(path) != text]
    return sorted([*differing, *_orphans(root, feeds_root(feeds_folder), wanted)])


def generate(project: Path | None = None, feeds_folder: Path | None = None) -> list[Path]:
    """Write what is stale and remove what nobody asks for; return the paths that changed."""
    wanted = _wanted(project, feeds_folder)
    changed = stale_files(project, feeds_folder)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return changed


def _wanted(project: Path | None, feeds_folder: Path | None) -> dict[Path, str]:
    """Text of every generated file, by path: those of the dbt project, and the pages of the feeds."""
    feeds = declared_feeds(feeds_folder)
    wanted = {project_root(project) / path: text for path, text in wanted_files(feeds).items()}
    return wanted | {feeds_root(feeds_folder) / path: text for path, text in wanted_pages(feeds).items()}


def _orphans(root: Path, feeds_folder: Path, wanted: dict[Path, str]) -> Iterator[Path]:
    for path in [*(root / "models" / "staging").glob("*/*"), *feeds_folder.glob("*.md")]:
        ours = path.suffix in (".sql", ".yml", ".md") and MARK in _text(path).split("\n")[0]
        if ours and path not in wanted:
            yield path


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sources_yml(feed: Feed) -> str:
    """The feed as a dbt source: its tables in the landing, with licence, origin and freshness."""
    source = {
        "name": feed.feed,
        "schema": "landing",
        "description": f"{feed.title_zh} / {feed.title_en}",
        "config": {
            "loaded_at_field": "_retrieved_at",
            "freshness": {"warn_after": {"count": feed.schedule.freshness_days, "period": "day"}},
            "meta": {
                "publisher_zh": feed.publisher.name_zh,
                "publisher_en": feed.publisher.name_en,
                "url": feed.publisher.url,
                "licence": feed.licence,
                "origin": feed.origin,
                "responsible": list(feed.units),
            },
        },
        "tables": [{"name": name, "identifier": f"{feed.feed}__{name}"} for name in feed.tables],
    }
    return _yml(feed, {"version": 2, "sources": [source]})


def staging_yml(feed: Feed, name: str, table: Table) -> str:
    """The contract of a staging model: types, meanings, the grain, and what is never empty."""
    columns = [_column_entry(table, column, declared) for column, declared in table.columns.items()]
    columns += [_lineage_entry(staging, kind, meaning) for _, staging, kind, meaning in LINEAGE]
    columns.append(_lineage_entry("first_seen_date", "date", FIRST_SEEN))
    model = {
        "name": f"stg_{feed.feed}__{name}",
        "description": f"{feed.title_zh} / {feed.title_en}",
        "config": {"contract": {"enforced": True}} | ({"materialized": "view"} if table.microdata else {}),
        "data_tests": [_grain_test(feed, name, table), _never_null_test(feed, name, table)],
        "columns": columns,
    }
    return _yml(feed, {"version": 2, "models": [model]})


def staging_sql(feed: Feed, name: str, table: Table) -> str:
    """Rename, cast loudly, take the current vintage. Nothing else."""
    casts = [_cast(table, column, declared) for column, declared in table.columns.items()]
    lineage = [f"{landing} as {staging}" for landing, staging, _, _ in LINEAGE]
    source = f"source('{feed.feed}', '{name}')"
    relation = source if table.microdata else "'landed'"
    first_seen = "_vintage_date as first_seen_date" if table.microdata else "first_seen_date"
    return "\n".join(
        [
            f"-- {_mark(feed)}",
            "with",
            "",
            *([] if table.microdata else _landed_with_first_seen(table, source)),
            "current_rows as (",
            f"    {{{{ current_vintage({relation}) }}}}",
            ")",
            "",
            "select",
            *[f"    {expression}," for expression in [*casts, *lineage]],
            f"    {first_seen}",
            "from current_rows",
            "",
        ]
    )


def _landed_with_first_seen(table: Table, source: str) -> list[str]:
    """The CTE ``landed``; not for microdata, where comparing each row with all vintages costs too much."""
    partition = ",\n".join(f"                {_identifier(column)}" for column in table.columns)
    return [
        "landed as (",
        "    select",
        "        *,",
        "        -- The same words may stand in many vintages; this is when they were first said.",
        "        min(_vintage_date) over (",
        "            partition by",
        partition,
        "        ) as first_seen_date",
        f"    from {{{{ {source} }}}}",
        "),",
        "",
    ]


def _cast(table: Table, column: str, declared: Column) -> str:
    kind = SQL_TYPES[declared.type].replace(",", ", ")
    text = _said(column, declared)
    if declared.thousands:
        text = f"replace({text}, ',', '')"
    if declared.missing_with is None:
        return f"cast({text} as {kind}) as {table.staging_name(column)}"
    beside = _said(declared.missing_with, table.columns[declared.missing_with])
    return "\n".join(
        [
            "cast(",
            "        case",
            f"            when {beside} is not null",
            f"                then {text}",
            f"        end as {kind}",
            f"    ) as {table.staging_name(column)}",
        ]
    )


def _said(column: str, declared: Column) -> str:
    """The text of a cell, NULL where it stands for nothing."""
    text = _identifier(column)
    # An empty cell is no number and no day; anything else that is none stops the build.
    nothing = ["", *declared.missing] if declared.missing or declared.type in ("decimal", "date") else []
    for mark in nothing:
        text = f"nullif({text}, {_literal(mark)})"
    return text


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(column: str) -> str:
    """A landing column in SQL: bare in small letters where that is the same name, else quoted."""
    plain = column.isascii() and column.isidentifier()
    return column.lower() if plain else '"' + column.replace('"', '""') + '"'


def _column_entry(table: Table, column: str, declared: Column) -> dict[str, Any]:
    unit = f" [{declared.unit}]" if declared.unit else ""
    return {
        "name": table.staging_name(column),
        "description": f"{declared.description_zh} / {declared.description_en}{unit}",
        "data_type": SQL_TYPES[declared.type],
    }


def _lineage_entry(name: str, kind: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "description": meaning, "data_type": kind}


def _grain_test(feed: Feed, name: str, table: Table) -> dict[str, Any]:
    """One row for each key."""
    columns = [table.staging_name(column) for column in table.key]
    test = {"name": f"grain_stg_{feed.feed}__{name}", "arguments": {"columns": columns}}
    return {"unique_combination": test}


def _never_null_test(feed: Feed, name: str, table: Table) -> dict[str, Any]:
    """A value in every row: what the feed requires, and where each row came from."""
    required = [table.staging_name(column) for column, declared in table.columns.items() if declared.required]
    columns = [*required, *(staging for _, staging, _, _ in LINEAGE), "first_seen_date"]
    return {"never_null": {"name": f"never_null_stg_{feed.feed}__{name}", "arguments": {"columns": columns}}}


def _mark(feed: Feed) -> str:
    return f"{MARK}{feed.feed}.yml by python -m raw generate; do not edit"


def _yml(feed: Feed, content: dict[str, Any]) -> str:
    body = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=LINE_LENGTH)
    return f"# {_mark(feed)}\n{body}"
