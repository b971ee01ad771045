"""Run dbt into a fresh DuckDB file from the landing vintages known on one day.

A build is one folder: ``warehouse.duckdb`` (what the gate judges and the release publishes, byte for
byte) and ``build.json`` (what went in, what came out, which dbt tests warned). It knows nothing of other
builds.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from raw.errors import BadInput, Problem
from raw.feed import Feed, declared_feeds
from raw.land import Vintage, vintages
from raw.publishing_calendar import Timeliness, calendar, timeliness
from warehouse.connect import reader, sha256_of
from warehouse.held import Before, HeldFigure, before_of, table_of, tell_held, with_earlier
from warehouse.months import check_pair
from warehouse.paths import REPO, dbt_project_dir
from warehouse.publication.content_hash import file_contents, literal, quoted

logger = logging.getLogger(__name__)

# DuckDB 1.0 and every later version opens this format; 2.0 would by default write one that 1.5 cannot.
STORAGE_VERSION = "v1.0.0"
CODE_SUFFIXES = {".py", ".sql", ".yml", ".csv", ".html"}
DATA_FOLDERS = {"landing", "inbox", "data"}
FAILING_ROWS_SHOWN = 20
Descriptions = dict[tuple[str, str], list[tuple[str, str]]]
LINEAGE = (
    ("_row_number", "bigint"),
    ("_place", "varchar"),
    ("_vintage_date", "date"),
    ("_vintage_sequence", "integer"),
    ("_scope", "varchar"),
    ("_origin", "varchar"),
    ("_landing_id", "varchar"),
    ("_file_sha256", "varchar"),
    ("_url", "varchar"),
    ("_retrieved_at", "timestamp"),
    ("_publisher", "varchar"),
    ("_licence", "varchar"),
)


@dataclass(frozen=True)
class Build:
    """One finished build. ``path`` is its folder, ``file`` the DuckDB file, ``sha256`` that file's.

    ``warnings`` are the dbt tests that warned, one entry a test: ``name``, ``model`` (what it is about),
    ``message`` (Chinese / English), ``failing_count`` (rows) and ``rows`` (at most 20 of them, as text).
    ``held`` are the figures that do not count in it, and those that count again.
    """

    path: Path
    reference_month: str
    as_of_date: date
    kind: str
    sha256: str
    code_version: str
    inputs: list[dict[str, Any]]
    tables: dict[str, dict[str, Any]]
    warnings: list[dict[str, Any]]
    held: tuple[HeldFigure, ...] = ()

    @property
    def file(self) -> Path:
        """The DuckDB file that is judged and released."""
        return self.path / "warehouse.duckdb"

    @classmethod
    def load(cls, path: Path) -> Build:
        """Read ``build.json`` of a build folder; raises BadInput when it is missing or not readable."""
        described = path / "build.json"
        try:
            content = json.loads(described.read_text(encoding="utf-8"))
            return cls(
                path=path,
                reference_month=content["reference_month"],
                as_of_date=date.fromisoformat(content["as_of_date"]),
                kind=content["kind"],
                sha256=content["sha256"],
                code_version=content["code_version"],
                inputs=content["inputs"],
                tables=content["tables"],
                warnings=content["warnings"],
                held=tuple(
                    HeldFigure.from_dict(f"{described}: held[{number}]", row)
                    for number, row in enumerate(content.get("held", []))
                ),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput.one(
                str(described),
                f"{type(error).__name__}: {error}",
                "the description of a finished build",
                "run python -m warehouse build again",
            ) from None


def build(
    reference_month: str,
    as_of: date,
    *,
    landing_root: Path,
    data_root: Path,
    kind: str = "official",
    held: Sequence[HeldFigure] = (),
) -> Build:
    """Build the warehouse for a month as known on a day; replaces an earlier build of the same two.

    ``held`` are the figures that are not to count, and those accepted after having been held; in the build's
    own list each has what stood before it.
    Raises BadInput when a landed file is damaged, a feed has no staging models, a dbt test fails, or an
    official build would read a simulated vintage.
    """
    check_pair(reference_month, as_of)
    feeds = declared_feeds()
    folder = data_root / "builds" / f"{reference_month}_{as_of}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=folder.parent) as work:
        scratch, finished = Path(work) / "scratch.duckdb", Path(work) / "finished"
        finished.mkdir()
        inputs = open_landing(scratch, feeds, landing_root, as_of)
        refuse_simulated(kind, inputs)
        if held:
            before = _Before(Path(work), feeds, landing_root, reference_month, as_of, kind, held)
            held = with_earlier(held, before.files_since, before.without)
            with duckdb.connect(str(scratch)) as connection:
                tell_held(connection, held)
        warnings = _run_dbt(scratch, Path(work) / "target", reference_month, as_of, kind)
        _copy_for_readers(scratch, finished / "warehouse.duckdb", _descriptions(Path(work) / "target"))
        _describe(finished, reference_month, as_of, kind, inputs, warnings, held)
        if folder.exists():
            shutil.rmtree(folder)
        finished.rename(folder)
    return Build.load(folder)


def open_landing(
    scratch: Path, feeds: list[Feed], landing_root: Path, as_of: date, without: Set[str] = frozenset()
) -> list[dict[str, Any]]:
    """Make one view a declared table over its landed parts; returns what was opened, for ``build.json``.

    The view ``landing.feed_timeliness`` says how each table kept its publishing calendar, the view
    ``landing.publishing_calendar`` when each feed was due for each month; ``landing.held_figures`` and
    ``landing.earlier_observations`` are empty. The landing ids of ``without`` are left out.
    """
    inputs: list[dict[str, Any]] = []
    timely: list[Timeliness] = []
    with duckdb.connect(str(scratch)) as connection:
        connection.execute("create schema landing")
        for feed in feeds:
            for table_name, table in feed.tables.items():
                known = [
                    vintage
                    for vintage in vintages(landing_root, feed.feed, table_name, as_of)
                    if vintage.landing_id not in without
                ]
                connection.execute(_landing_view(f"{feed.feed}__{table_name}", list(table.columns), known))
                inputs.extend(_input_of(vintage) for vintage in known)
                timely.extend(timeliness(feed, table_name, known, as_of))
        connection.execute(_timeliness_view(timely))
        connection.execute(_calendar_view(feeds, as_of))
        tell_held(connection, ())
    return inputs


@dataclass(frozen=True)
class _Before:
    """The landing of a build as it stood before the files in which held figures were said.

    A publisher who overwrites a figure leaves only the new one in the newest file of its scope: the one
    before is found by modelling the landing without the files that say it. ``held`` are all held figures.
    """

    work: Path
    feeds: list[Feed]
    landing_root: Path
    reference_month: str
    as_of: date
    kind: str
    held: Sequence[HeldFigure]

    def files_since(self, figure: HeldFigure) -> list[str]:
        """The landed files of a figure's table from the one it was found in on."""
        feed, _, table = table_of(figure.landing_id).partition("/")
        known = [one.landing_id for one in vintages(self.landing_root, feed, table, self.as_of)]
        return known[known.index(figure.landing_id) :] if figure.landing_id in known else []

    def without(self, files: Set[str], figures: Sequence[HeldFigure]) -> dict[tuple[str, ...], Before]:
        """What the landing says of the figures without some of its files."""
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            # The parsed project is kept by the name of the database's file.
            scratch = Path(folder) / "scratch.duckdb"
            open_landing(scratch, self.feeds, self.landing_root, self.as_of, files)
            chosen = ["--select", "+int_observations__conformed", "--exclude-resource-type", "test"]
            _run_dbt(scratch, Path(folder) / "target", self.reference_month, self.as_of, self.kind, chosen)
            return before_of(scratch, figures, self.held)


def refuse_simulated(kind: str, inputs: Sequence[Mapping[str, Any]]) -> None:
    """Raise BadInput naming every simulated vintage among the inputs of an official build."""
    simulated = [str(row["landing_id"]) for row in inputs if row["origin"] == "simulated"]
    if kind == "official" and simulated:
        remedy = "move the vintage out of the landing, or rehearse: make rehearsal"
        raise BadInput(
            [Problem(one, "a simulated vintage", "none in an official release", remedy) for one in simulated]
        )


def _landing_view(name: str, columns: list[str], known: list[Vintage]) -> str:
    """SQL of the view ``landing.<name>``: text columns as published, then lineage. Empty without vintages."""
    if not known:
        empty = [f"null::varchar as {quoted(column)}" for column in columns]
        empty += [f"null::{kind} as {column}" for column, kind in LINEAGE]
        return f"create view landing.{name} as select {', '.join(empty)} where false"
    return f"create view landing.{name} as " + " union all ".join(_part_select(columns, v) for v in known)


def _part_select(columns: list[str], vintage: Vintage) -> str:
    manifest = vintage.manifest
    told = {
        "_vintage_date": vintage.vintage_date,
        "_vintage_sequence": vintage.vintage_sequence,
        "_scope": vintage.scope,
        "_origin": manifest["origin"],
        "_landing_id": vintage.landing_id,
        "_file_sha256": vintage.sha256,
        "_url": manifest["url"],
        "_retrieved_at": datetime.fromisoformat(manifest["retrieved_at"]).replace(tzinfo=None),
        "_publisher": manifest["publisher"],
        "_licence": manifest["licence"],
    }
    # A column declared later than this vintage was landed does not stand in its part.
    landed = set(manifest["columns"])
    selected = [quoted(name) if name in landed else f"null::varchar as {quoted(name)}" for name in columns]
    selected += ["_row_number", "_place"]
    selected += [
        f"{literal(str(told[column]))}::{kind} as {column}" for column, kind in LINEAGE if column in told
    ]
    return f"select {', '.join(selected)} from read_parquet({literal(str(vintage.part))})"


def _timeliness_view(timely: list[Timeliness]) -> str:
    """SQL of ``landing.feed_timeliness``: a view, so that a released file holds it only as a mart."""
    names = (
        "feed", "table_name", "reference_month", "expected_date", "late_after_date", "first_landed_date",
        "late_days", "timeliness",
    )  # fmt: skip
    rows = [
        (
            one.feed, one.table, one.reference_month, one.expected.day, one.expected.late_after,
            one.first_landed, one.late_days, one.state,
        )
        for one in timely
    ]  # fmt: skip
    return _view_of("feed_timeliness", names, rows)


def _calendar_view(feeds: list[Feed], as_of: date) -> str:
    """SQL of ``landing.publishing_calendar``: one row a feed and month it is expected to speak about."""
    names = ("feed", "reference_month", "expected_date", "late_after_date")
    rows = [
        (feed.feed, month, due.day, due.late_after) for feed in feeds for month, due in calendar(feed, as_of)
    ]
    return _view_of("publishing_calendar", names, rows)


def _view_of(name: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """SQL of a view of text; its first column is never empty."""
    values = ", ".join(
        f"({', '.join('null' if cell is None else literal(str(cell)) for cell in row)})" for row in rows
    )
    # A row of nulls, never shown, gives the columns where there is nothing to say.
    nothing = f"({', '.join(['null'] * len(names))})"
    return (
        f"create view landing.{name} as select * from (values {values or nothing})"
        f" as told({', '.join(names)}) where {names[0]} is not null"
    )


def _input_of(vintage: Vintage) -> dict[str, Any]:
    told = ("publisher", "licence", "origin", "row_count")
    return {"landing_id": vintage.landing_id, "sha256": vintage.sha256} | {
        k: vintage.manifest[k] for k in told
    }


def _run_dbt(
    scratch: Path, target: Path, reference_month: str, as_of: date, kind: str, chosen: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """``dbt build`` without the unit tests, which need no data and run in `make test`.

    ``chosen`` are options of dbt that choose a part of the project.

    Returns the tests that warned, as ``Build.warnings``; raises BadInput for what failed.
    """
    project = dbt_project_dir()
    variables = {"as_of_date": as_of.isoformat(), "reference_month": reference_month, "release_kind": kind}
    command = [
        sys.executable, "-m", "warehouse.dbt_runner", "build",
        "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
        "--log-path", str(target), "--vars", json.dumps(variables),
        "--exclude-resource-type", "unit_test", *chosen,
    ]  # fmt: skip
    environment = {**os.environ, "BUILD_FILE": str(scratch), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        problems = list(_failed_nodes(scratch, target))
        raise BadInput(problems or [_dbt_did_not_run(ran.stdout + ran.stderr)])
    # What does not stop a build must be read all the same.
    for problem in _failed_nodes(scratch, target, "warn"):
        logger.warning("%s", problem)
    return _warnings(scratch, target)


def _dbt_did_not_run(output: str) -> Problem:
    told = " ".join(output.split())[-600:]
    return Problem("dbt_project", told or "no output", "a dbt run", "mend the model or seed that is named")


def _failed_nodes(scratch: Path, target: Path, failed: str = "fail") -> Iterator[Problem]:
    results = target / "run_results.json"
    if not results.exists():
        return
    with duckdb.connect(str(scratch), read_only=True) as connection:
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
            if result["status"] == failed:
                yield from _failing_rows(connection, result)
            elif result["status"] == "error":
                yield Problem(
                    result["unique_id"], " ".join(str(result["message"]).split())[:600],
                    "SQL that runs on the landed data", "mend the value that is named, or the model",
                )  # fmt: skip


def _failing_rows(connection: duckdb.DuckDBPyConnection, result: dict[str, Any]) -> Iterator[Problem]:
    """A test of ours says where, found, expected and remedy in its rows; a generic one only has rows."""
    rows = _rows_told(connection, result)
    if rows and {"where_found", "found", "expected", "remedy"} <= set(rows[0]):
        for row in rows:
            yield Problem(
                str(row["where_found"]), str(row["found"]), str(row["expected"]), str(row["remedy"])
            )
    else:
        example = f", first: {rows[0]}" if rows else ""
        yield Problem(
            f"dbt test {_name_of(result)}", f"{result['failures']} failing rows{example}", "none",
            "mend the seed or the feed that gave these rows",
        )  # fmt: skip


def _rows_told(
    connection: duckdb.DuckDBPyConnection, result: Mapping[str, Any]
) -> list[dict[str, str | None]]:
    """The first rows of a failing test, as text, in an order that is always the same.

    Asked again here: dbt would keep the rows of every test in a table of its own, of those that pass too.
    """
    # Every cell as text: what a test returns is told, not computed with.
    asked = f"select columns(*)::varchar from (\n{result['compiled_code']}\n)"
    answer = connection.execute(f"{asked} order by all limit {FAILING_ROWS_SHOWN}")
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _name_of(result: Mapping[str, Any]) -> str:
    return str(result["unique_id"]).split(".")[2]


def _warnings(scratch: Path, target: Path) -> list[dict[str, Any]]:
    """What ``Build.warnings`` holds of a dbt run, by the name of the test."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    with duckdb.connect(str(scratch), read_only=True) as connection:
        warned = [
            {
                "name": _name_of(result),
                "model": _model_of(nodes[result["unique_id"]]),
                "message": nodes[result["unique_id"]]["description"] or _name_of(result),
                "failing_count": result["failures"],
                "rows": _rows_told(connection, result),
            }
            for result in results
            if result["status"] == "warn"
        ]
    return sorted(warned, key=lambda warning: str(warning["name"]))


def _model_of(node: Mapping[str, Any]) -> str:
    """The model a test stands beside, else the first that it reads."""
    about = node.get("attached_node") or next(iter(node["depends_on"]["nodes"]), "")
    return str(about).rpartition(".")[2]


def _copy_for_readers(scratch: Path, file: Path, descriptions: Descriptions) -> None:
    """Copy the tables, without the views on this machine's landing, into a file any DuckDB from 1.0 opens.

    The descriptions go with them, so that a reader finds them in the file itself.

    The same tables give the same bytes, so the hash a verdict is bound to can be had again: names and rows
    in order, one thread, and no compression (which leaves unset bytes behind).
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("pragma force_compression='uncompressed'")
        connection.execute(f"attach {literal(str(scratch))} as scratch (read_only)")
        connection.execute(f"attach {literal(str(file))} as finished (storage_version '{STORAGE_VERSION}')")
        connection.execute("use finished")
        tables = connection.execute(
            "select schema_name, table_name, sql from duckdb_tables() where database_name = 'scratch'"
            " order by schema_name, table_name"
        ).fetchall()
        for schema in sorted({schema for schema, _, _ in tables}):
            connection.execute(f"create schema if not exists {quoted(schema)}")
        for schema, table, definition in tables:
            name = f"{quoted(schema)}.{quoted(table)}"
            connection.execute(definition)
            connection.execute(f"insert into {name} select * from scratch.{name} order by all")
        for schema, table, _ in tables:
            _comment(connection, schema, table, descriptions.get((schema, table), []))
        connection.execute("checkpoint finished")


def _comment(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, told: Sequence[tuple[str, str]]
) -> None:
    """Write what is told of a table and its columns; a test may stand beside a column that is not in it."""
    name = f"{quoted(schema)}.{quoted(table)}"
    columns = {column for (column, *_) in connection.execute(f"describe {name}").fetchall()}
    for column, text in told:
        if not column:
            connection.execute(f"comment on table {name} is {literal(text)}")
        elif column in columns:
            connection.execute(f"comment on column {name}.{quoted(column)} is {literal(text)}")


def _descriptions(target: Path) -> Descriptions:
    """What the models' properties say, by schema and table: of the table (column ""), of its columns."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    told: Descriptions = {}
    for node in nodes:
        if node["resource_type"] == "model":
            said = [("", node["description"])]
            said += [(column["name"], column["description"]) for column in node["columns"].values()]
            told[node["schema"], node["alias"]] = [(name, text) for name, text in said if text]
    return told


def _describe(
    finished: Path,
    reference_month: str,
    as_of: date,
    kind: str,
    inputs: list[dict[str, Any]],
    warnings: list[dict[str, Any]],
    held: Sequence[HeldFigure],
) -> None:
    file = finished / "warehouse.duckdb"
    content = {
        "reference_month": reference_month,
        "as_of_date": as_of.isoformat(),
        "kind": kind,
        "sha256": sha256_of(file),
        "code_version": code_version(),
        "inputs": inputs,
        "tables": _tables_of(file),
        "warnings": warnings,
        "held": [figure.as_dict() for figure in sorted(held, key=lambda figure: figure.key)],
    }
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (finished / "build.json").write_text(text, encoding="utf-8")


def _tables_of(file: Path) -> dict[str, dict[str, Any]]:
    with reader(file) as connection:
        return {
            name: {"rows": content.rows, "content_hash": content.content_hash}
            for name, content in file_contents(connection).items()
        }


def code_version() -> str:
    """Package version and a hash of everything that decides a figure, so an uncommitted edit shows."""
    digest = hashlib.sha256()
    project = dbt_project_dir()
    roots = {"raw": REPO / "raw", "warehouse": REPO / "warehouse", "expectations": REPO / "expectations"}
    roots |= {f"dbt_project/{part}": project / part for part in ("models", "macros", "seeds", "tests")}
    for name, root in roots.items():
        for file in sorted(root.rglob("*")):
            inside = file.relative_to(root)
            if file.suffix in CODE_SUFFIXES and not DATA_FOLDERS & set(inside.parts):
                digest.update(f"{name}/{inside.as_posix()}".encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{importlib.metadata.version('plan-monitoring-warehouse')}+tree.{digest.hexdigest()[:12]}"
