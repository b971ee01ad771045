"""From a figure on the bulletin back to the bytes it came from.

The chain: printed cell → row of a mart → source → landed vintage (its checksums are verified) → the row or
cell of the original file, in its own words.
"""

from __future__ import annotations

import csv
import difflib
import html
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from raw.errors import BadInput
from warehouse.connect import reader, sha256_of
from warehouse.diff import rows_of
from warehouse.publication import overrides, words
from warehouse.publication.bulletin import BOX_COUNTS, PROGRESS_FIGURES, cell_id
from warehouse.publication.content_hash import main_tables

BULLETIN, DATABASE, PART = "bulletin.html", "warehouse.duckdb", "part.parquet"
# One row a stage, the last word on it: what a project's row of the mart rests on.
PROJECT_REPORTS = "intermediate.int_project_stages__reached"
_TABLES = ("fct_indicator_values", "fct_observations", "fct_observation_vintages")
_PROGRESS_COLUMNS = (
    *PROGRESS_FIGURES,
    "latest_value",
    "target_value",
    "gap_pp",
    "required_yearly_change",
    "outlook_low",
    "outlook_high",
)
# What the plan itself says, and how it is printed there.
_PLAN_COLUMNS = {"baseline_value": "baseline_printed", "target_value": "target_printed"}
# Other computed tables, and what of a row is printed of them or a finding rests on.
_JUDGED_COLUMNS = {
    "fct_text_target_progress": _PROGRESS_COLUMNS,
    "fct_project_progress": ("status",),
    "fct_project_lamps_by_box": BOX_COUNTS,
    "fct_yearly_assessment": ("yearly_value", "actual_value", "completion_rate_pct"),
    "fct_revision_proposals": ("needed_change_value", "best_change_value"),
}
_REPORTED = {
    "reached_on": "到达 reached",
    "planned_on": "计划 planned",
    "completed_quantity": "完成 done",
    "evidence": "依据 evidence",
}
_SHEET_CELL = re.compile(r"(?P<sheet>.+)!(?P<cell>[A-Z]{1,3}[1-9]\d*)")
_PULL_AGAIN = "restore it from a backup, or move the folder away and pull again: python -m raw pull <feed>"


@dataclass(frozen=True)
class Landing:
    """The landed file of a row, verified: ``verbatim`` is what stands at ``place`` in the original bytes."""

    landing_id: str
    file: Path
    sha256: str
    url: str
    retrieved_at: str
    place: str
    verbatim: str


@dataclass(frozen=True)
class Origin:
    """A row of a mart with its source and, where it was not computed, its landed file."""

    table: str
    row: Mapping[str, Any]
    source: Mapping[str, Any] | None
    landing: Landing | None


@dataclass(frozen=True)
class Trace:
    """The chain of one cell. ``printed`` is None for a figure the bulletin does not print.

    ``progress`` is the row of fct_target_progress for a computed figure; ``origins`` are then the values it
    was computed from, else the one row itself. ``judged`` tells of a row of another computed table.
    """

    cell_id: str
    release: str
    printed: str | None
    progress: Mapping[str, Any] | None
    citation: str | None
    origins: tuple[Origin, ...]
    judged: tuple[str, ...] = ()
    page: str = BULLETIN

    @property
    def text(self) -> str:
        """The chain as plain text, each step below the one it explains."""
        printed = f"“{self.printed}”" if self.printed is not None else "未印出 not printed"
        lines = [
            f"单元格 cell        {self.cell_id}",
            f"  发布 release     {self.release}/{self.page}  {printed}",
        ]
        if self.progress is not None:
            lines += _progress_lines(self.progress)
        lines += self.judged
        if self.citation:
            lines.append(f"  规划 plan        {self.citation}")
        for origin in self.origins:
            lines += _origin_lines(origin)
        return "\n".join(lines) + "\n"


def trace(release_dir: Path, cell: str, landing_root: Path) -> Trace:
    """Trace a cell id of a release's bulletin to the landed bytes.

    Raises BadInput for an id that no figure has (with the nearest ones), and for landed bytes that are
    missing or differ from what was released.
    """
    with reader(release_dir / DATABASE) as connection:
        found = _find(connection, cell)
        if found is None:
            raise _unknown(connection, release_dir, cell)
        table, row, column = found
        pages = [release_dir / BULLETIN, *sorted(release_dir.glob("evaluation-*.html"))]
        page, printed = next(
            ((page.name, text) for page in pages if (text := _printed(page, cell)) is not None),
            (BULLETIN, None),
        )
        if table in _JUDGED_COLUMNS:
            origins = tuple(_inputs(connection, table, row, landing_root))
            judged = _judged_lines(table, cell, row, str(column))
            return Trace(cell, release_dir.name, printed, None, None, origins, judged, page)
        if table != "fct_target_progress":
            origin = _origin(connection, table, row, landing_root)
            return Trace(cell, release_dir.name, printed, None, None, (origin,), page=page)
        citation = _citation(connection, row, column) if column in _PLAN_COLUMNS else None
        used = [] if citation else _used(connection, row, str(column))
        origins = tuple(_origin(connection, "fct_indicator_values", value, landing_root) for value in used)
        traced = {**row, "traced_column": column}
        return Trace(cell, release_dir.name, printed, traced, citation, origins, page=page)


# Finding the row


def _find(connection: duckdb.DuckDBPyConnection, cell: str) -> tuple[str, dict[str, Any], str | None] | None:
    return next((found for identity, *found in _cells(connection) if identity == cell), None)  # type: ignore[return-value]


def _cells(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, Any], str | None]]:
    for table in _TABLES:
        for row in rows_of(connection, f"select * from main.{table} order by all"):
            yield cell_id(table, row), table, row, None
    for row in rows_of(connection, "select * from main.fct_target_progress order by all"):
        for column in _PROGRESS_COLUMNS:
            if row.get(column) is not None:
                yield cell_id("fct_target_progress", row, column), "fct_target_progress", row, column

    for table in sorted(_JUDGED_COLUMNS.keys() & set(main_tables(connection))):
        for row in rows_of(connection, f"select * from main.{table} order by all"):
            for column in _JUDGED_COLUMNS[table]:
                if row[column] is not None:
                    yield cell_id(table, row, column), table, row, column


def _unknown(connection: duckdb.DuckDBPyConnection, release_dir: Path, cell: str) -> BadInput:
    known = {identity for identity, *_ in _cells(connection)}
    near = difflib.get_close_matches(cell, sorted(known), n=3, cutoff=0.5)
    examples = ", ".join(near or sorted(known)[:3])
    return BadInput.one(
        f"{release_dir.name}: cell",
        repr(cell),
        f"one of {len(known)} ids, such as {examples}",
        "copy the id attribute of the figure from bulletin.html",
    )


def _printed(page: Path, cell: str) -> str | None:
    if not page.is_file():
        return None
    found = re.search(rf'id="{re.escape(cell)}">([^<]*)<', page.read_text(encoding="utf-8"))
    return html.unescape(found[1]) if found else None


def _citation(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any], column: str) -> str:
    as_printed = _PLAN_COLUMNS[column]
    key = [row["plan_id"], row["indicator_code"]]
    sql = f"select citation, {as_printed} from main.dim_indicator where plan_id = ? and indicator_code = ?"
    found = rows_of(connection, sql, key)
    return f"{found[0]['citation']}，原文 as printed “{found[0][as_printed]}”" if found else "—"


def _used(connection: duckdb.DuckDBPyConnection, row: Mapping[str, Any], column: str) -> list[dict[str, Any]]:
    """The values a computed figure rests on: the latest, or every yearly one up to the assessed period."""
    where = "plan_id = ? and indicator_code = ?"
    key = [row["plan_id"], row["indicator_code"]]
    if column == "latest_value":
        where += " and reference_period = ? and measure = ? and source_id is not distinct from ?"
        key += [row["latest_reference_period"], row["latest_measure"], row["latest_source_id"]]
    else:
        # After the baseline year: the path of a target begins there.
        where += (
            " and frequency = 'A' and reference_period <= ? and cast(left(reference_period, 4) as integer)"
            " > (select coalesce(min(reference_year), 0) from main.fct_target_path where plan_id = ?)"
        )
        key += [row["reference_period"], row["plan_id"]]
    return rows_of(
        connection,
        f"select * from main.fct_indicator_values where {where} order by area_code desc, reference_period",
        key,
    )


def _inputs(
    connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, Any], landing_root: Path
) -> Iterator[Origin]:
    """The landed figures and reports that a row of another computed table rests on."""
    if table in ("fct_text_target_progress", "fct_revision_proposals"):
        target_id = row.get("target_id") or row["text_target_id"]
        for used in rows_of(
            connection,
            "select *, target_id as indicator_code, 'A' as frequency, input_role as measure"
            " from main.fct_target_inputs where plan_id = ? and target_id = ? and landing_id != ''"
            " order by area_code desc, reference_period, input_role",
            [row["plan_id"], target_id],
        ):
            yield _origin(connection, "fct_target_inputs", used, landing_root)
    elif table == "fct_yearly_assessment":
        for used in rows_of(
            connection,
            "select * from main.fct_indicator_values where plan_id = ? and indicator_code = ?"
            " and frequency = 'A' and reference_period = ? and source_id = ?",
            [row["plan_id"], row["indicator_code"], str(row["reference_year"]), row["actual_source_id"]],
        ):
            yield _origin(connection, "fct_indicator_values", used, landing_root)
    elif table == "fct_project_progress":
        for used in rows_of(
            connection,
            f"select * from {PROJECT_REPORTS} where plan_id = ? and project_id = ?"
            " order by stage_no, stage_id",
            [row["plan_id"], row["counted_as_project_id"]],
        ):
            yield _origin(connection, PROJECT_REPORTS, used, landing_root)


def _origin(
    connection: duckdb.DuckDBPyConnection, table: str, row: Mapping[str, Any], landing_root: Path
) -> Origin:
    sources = rows_of(connection, "select * from main.dim_source where source_id = ?", [row["source_id"]])
    landing = _landing(row, landing_root) if row["landing_id"] else None
    return Origin(table, row, sources[0] if sources else None, landing)


# The landed bytes


def _landing(row: Mapping[str, Any], landing_root: Path) -> Landing:
    folder = landing_root / str(row["landing_id"])
    manifest = _manifest(folder)
    files = [folder / name for name in manifest["files"]]
    found = sha256_of(*files)
    for expected, told_by in (
        (str(row["file_sha256"]), "the release"),
        (str(manifest["sha256"]), "manifest.json"),
    ):
        if found != expected:
            where = ", ".join(str(file) for file in files)
            raise BadInput.one(where, f"sha256 {found}", f"sha256 {expected} ({told_by})", _PULL_AGAIN)
    # In a download of several parts a place names its part first.
    file = next((file for file in files if str(row["place"]).startswith(f"{file.name}, ")), files[0])
    return Landing(
        landing_id=str(row["landing_id"]),
        file=file,
        sha256=found,
        url=str(manifest.get("url") or ""),
        retrieved_at=str(manifest.get("retrieved_at") or ""),
        place=str(row["place"]),
        verbatim=_verbatim(file, int(row["row_number"]), str(row["place"])),
    )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict) or not {"files", "sha256"} <= manifest.keys():
            raise ValueError("no files and sha256 in it")
    except (OSError, ValueError) as error:
        raise BadInput.one(
            str(path), f"{type(error).__name__}: {error}", "the manifest of a vintage", _PULL_AGAIN
        ) from None
    return manifest


def _verbatim(file: Path, row_number: int, place: str) -> str:
    """What stands at a place: the lines of a CSV record, the cells of a sheet's row, else the row as read."""
    if file.suffix == ".csv":
        return _csv_record(file, row_number)
    if (cell := _SHEET_CELL.fullmatch(place)) and file.suffix == ".xlsx":
        return _sheet_row(file, cell["sheet"], cell["cell"])
    return _part_row(file.parent / PART, row_number, place)


def _csv_record(file: Path, row_number: int) -> str:
    """The header and the text of one data row (counted from 1, empty lines left out), quotes and all."""
    lines = list(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))
    records = csv.reader(lines)
    texts, before = [], 0
    for cells in records:
        if cells:
            texts.append("".join(lines[before : records.line_num]).rstrip("\r\n"))
        before = records.line_num
        if len(texts) > row_number:
            return f"{texts[0]}\n{texts[row_number]}"
    raise BadInput.one(str(file), f"{max(len(texts) - 1, 0)} rows", f"a row {row_number}", _PULL_AGAIN)


def _sheet_row(file: Path, sheet: str, cell: str) -> str:
    book = openpyxl.load_workbook(file, read_only=False, data_only=False)
    try:
        found = book[sheet][cell]
        row = [
            f"{other.coordinate}={other.value}" for other in book[sheet][found.row] if other.value is not None
        ]
        return f"{sheet}!{cell} = {found.value}\n{' | '.join(row)}"
    finally:
        book.close()


def _part_row(part: Path, row_number: int, place: str) -> str:
    with duckdb.connect() as connection:
        rows = rows_of(
            connection,
            "select * from read_parquet(?) where _row_number = ? and _place = ?",
            [str(part), row_number, place],
        )
    if not rows:
        raise BadInput.one(str(part), "no such row", f"row {row_number}, {place}", _PULL_AGAIN)
    return " | ".join(f"{name}={value}" for name, value in rows[0].items() if value is not None)


# Words


def _progress_lines(row: Mapping[str, Any]) -> list[str]:
    column = row["traced_column"]
    status = words.word(words.STATUSES, row["status"])
    decisions = f"，决定 decisions {row['decision_ids']}" if row["decision_ids"] else ""
    return [
        f"└ 表 mart          fct_target_progress {row['plan_id']} {row['indicator_code']} {column}"
        f" = {words.number(row[column])}",
        f"  方法 method      {row['method_id']}{decisions}；状态 status {status.zh} {status.en}",
        f"  说明 reason      {row['status_reason']} / {row['status_reason_en']}",
        *_override_lines(row),
    ]


def _override_lines(row: Mapping[str, Any]) -> list[str]:
    told = overrides.told(row)
    return [f"  改判 override    {told.zh} / {told.en}"] if told else []


def _judged_lines(table: str, cell: str, row: Mapping[str, Any], column: str) -> tuple[str, ...]:
    """The row of a computed table in words; a project's evidence is named with its source."""
    value = row[column]
    said = value if isinstance(value, str) else words.number(value)
    reason = (
        row.get("status_reason") or row.get("reason_zh"),
        row.get("status_reason_en") or row.get("reason_en"),
    )
    lines = [f"└ 表 mart          {table}  {cell.removeprefix(f'v-{table}-')} = {said}"]
    if reason[0]:
        lines.append(f"  说明 reason      {reason[0]} / {reason[1]}")
    lines += _override_lines(row)
    if row.get("source_id"):
        lines.append(f"  来源 source      {row['source_id']}；依据 evidence {row.get('evidence') or '—'}")
    return tuple(lines)


def _origin_lines(origin: Origin) -> list[str]:
    row = origin.row
    lines = [_report_line(row) if origin.table == PROJECT_REPORTS else _figure_line(origin.table, row)]
    if origin.source:
        published = words.published_words(
            origin.source["published_date"], origin.source["published_precision"]
        )
        lines.append(
            f"  └ 来源 source    {row['source_id']} {origin.source['title']}；"
            f"{origin.source['publisher']}；{published.zh}"
        )
    if origin.landing is None:
        return [*lines, "  └ 由其他数值计算，无单一原始行 / computed, no single landed row"]
    return [*lines, *_landing_lines(origin.landing)]


def _figure_line(table: str, row: Mapping[str, Any]) -> str:
    name = row.get("series_code") or row.get("indicator_code")
    return (
        f"└ 表 mart          {table}  {name} {row['area_code']} {row['frequency']}"
        f" {row['reference_period']} {row['measure']} = {words.number(row['value'])} {row['unit']}"
        f" ({row['stage'] or '阶段未注明 stage not stated'}, {row['origin']})"
    )


def _report_line(row: Mapping[str, Any]) -> str:
    """What was reported of one stage of a project, or of its quantity."""
    said = [
        f"{label} {words.number(row[column]) if column == 'completed_quantity' else row[column]}"
        for column, label in _REPORTED.items()
        if row[column] is not None
    ]
    return f"└ 填报 report      {row['project_id']} {row['stage_id']}  {'；'.join(said)} ({row['origin']})"


def _landing_lines(landing: Landing) -> list[str]:
    quoted: Sequence[str] = [f"        {line}" for line in landing.verbatim.splitlines()]
    return [
        f"    └ 落地 landing {landing.landing_id}",
        f"      取自 url     {landing.url}  取得 retrieved {landing.retrieved_at}",
        f"      sha256       {landing.sha256}（与原始文件一致 verified）",
        f"      └ 原文 {landing.file.name}, {landing.place}:",
        *quoted,
    ]
