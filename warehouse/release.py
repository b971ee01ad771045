"""Build + verdict → an immutable release folder, then one atomic swap of ``current``.

A release is made in a hidden folder beside the others and renamed when it is whole, so a reader (or a crash)
never meets half of one. Its files hold no clock: the same build and the same predecessor give the same bytes.
``current`` moves forward only, in the order of what was known (as-of date), month and revision.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from raw.errors import BadInput, Problem
from warehouse.build import Build, refuse_simulated
from warehouse.connect import reader, sha256_of
from warehouse.diff import CHANGE_COLUMNS, ReleaseDiff, change_rows, diff, rows_of
from warehouse.publication import words
from warehouse.publication.bulletin import Edition, bulletin
from warehouse.publication.content_hash import TableContent, file_contents, literal, main_tables, quoted
from warehouse.publication.evaluation import due_reports, evaluation
from warehouse.publication.notes import notes
from warehouse.publication.quality import QUALITY, QUALITY_MART, quality_report
from warehouse.publication.tables import STAMPED, write_rows, write_tables
from warehouse.verdict import Verdict

DATABASE, VERDICT, BUILD, MANIFEST = "warehouse.duckdb", "verdict.json", "build.json", "manifest.json"
BULLETIN, NOTES, CHANGES = "bulletin.html", "notes.md", "status_changes.csv"
DATA_DOCS = "data_docs"
MAKING = ".making-"
_NAME = re.compile(r"(?P<month>\d{4}-(0[1-9]|1[0-2]))(-r(?P<revision>[2-9]|[1-9]\d+))?")
_BUILD_AGAIN = "build and judge the month again: python -m warehouse build, then python -m expectations check"


@dataclass(frozen=True)
class Release:
    """One release folder and what its manifest says; ``withdrawn`` is the reason, None while it stands.

    ``is_new`` tells whether this call made it, ``is_current`` whether ``current`` points to it.
    """

    name: str
    path: Path
    reference_month: str
    as_of_date: date
    revision: int
    kind: str
    previous: str | None
    code_version: str
    build_sha256: str
    content_id: str
    tables: Mapping[str, Mapping[str, Any]]
    withdrawn: str | None = None
    is_current: bool = False
    is_new: bool = False

    @property
    def database(self) -> Path:
        """The released DuckDB file."""
        return self.path / DATABASE

    @property
    def bulletin(self) -> Path:
        """The page people read."""
        return self.path / BULLETIN

    @property
    def order(self) -> tuple[date, str, int]:
        """Place in the order of releases: what was known, then the month, then the revision."""
        return (self.as_of_date, self.reference_month, self.revision)

    def told(self) -> str:
        """Return two lines (Chinese, English) on what happened, for a person at a terminal."""
        done_zh, done_en = (
            ("已发布", "released")
            if self.is_new
            else ("此前已发布，内容相同", "already released, same content")
        )
        if self.withdrawn is not None:
            done_zh, done_en = f"已撤回：{self.withdrawn}", f"withdrawn: {self.withdrawn}"
        here = self.place()
        return f"{self.name} {done_zh}；{here.zh}。\n{self.name} {done_en}; {here.en}."

    def place(self) -> words.Word:
        """Where ``current`` stands in relation to this release."""
        if self.kind != "official":
            return words.Word("演练不改变 current", "a rehearsal never moves current")
        if self.is_current:
            return words.Word("current 指向本期", "current points here")
        return words.Word("current 仍指向更新的一期", "current stays at a newer release")

    @classmethod
    def load(cls, path: Path) -> Release:
        """Read a release folder; raises BadInput when its manifest is missing or not readable."""
        manifest = path / MANIFEST
        try:
            told = json.loads(manifest.read_text(encoding="utf-8"))
            found = cls(
                name=told["release"],
                path=path,
                reference_month=told["reference_month"],
                as_of_date=date.fromisoformat(told["as_of_date"]),
                revision=int(told["revision"]),
                kind=told["kind"],
                previous=told["previous_release"],
                code_version=told["code_version"],
                build_sha256=told["build_sha256"],
                content_id=told["content_id"],
                tables=told["tables"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput.one(
                str(manifest), f"{type(error).__name__}: {error}", "the manifest of a release",
                "restore the release folder from a backup; releases are never edited",
            ) from None  # fmt: skip
        root = path.parent.parent
        return replace(
            found,
            withdrawn=_withdrawn(path),
            is_current=_points_to(root) == f"{path.parent.name}/{path.name}",
        )


def release(build_dir: Path, verdict_path: Path, data_root: Path) -> Release:
    """Release a judged build; returns the release made, or the one that already says the same.

    Raises BadInput (file, expected, found, remedy) when the verdict is damaged, did not pass or is about
    another file, when the build is not what ``build.json`` says, or when an official build holds simulated
    rows. Nothing is changed then. Rehearsals go to ``rehearsals/`` and never become ``current``.
    """
    build = Build.load(build_dir)
    verdict = _passed_verdict(build, verdict_path)
    refuse_simulated(build.kind, build.inputs)
    contents = _checked_contents(build)
    with _alone(data_root):
        folder = _folder(data_root, build.kind)
        known = releases(data_root, build.kind)
        if same := _already(known, build, contents):
            return replace(_with_pointer(data_root, same), is_new=False)
        revision = (
            max((r.revision for r in known if r.reference_month == build.reference_month), default=0) + 1
        )
        name = build.reference_month if revision == 1 else f"{build.reference_month}-r{revision}"
        previous = _newest_before(known, (build.as_of_date, build.reference_month, revision))
        _refuse_other_predecessor(verdict, verdict_path, previous)
        made = _make(
            folder, name, revision, build, verdict, verdict_path, previous, _days_before(known, build)
        )
        return replace(_with_pointer(data_root, made), is_new=True)


def releases(data_root: Path, kind: str = "official") -> list[Release]:
    """Every release of a kind, withdrawn ones too, oldest first; half-made folders are not releases."""
    folder = data_root / _shelf(kind)
    if not folder.is_dir():
        return []
    found = [entry for entry in folder.iterdir() if entry.is_dir() and _NAME.fullmatch(entry.name)]
    return sorted((Release.load(entry) for entry in found), key=lambda item: item.order)


def current(data_root: Path) -> Release | None:
    """The release that ``current`` points to; None before the first."""
    pointed = _points_to(data_root)
    return Release.load(data_root / pointed) if pointed else None


def in_force(data_root: Path) -> str:
    """What readers have after a month that was not published, in both languages."""
    if not (data_root / "current").exists():
        return "尚无任何发布。There is no release yet."
    return "上一次发布仍然有效。The last release stays current."


def previous_release(
    data_root: Path, reference_month: str, as_of: date, kind: str = "official", revision: int | None = None
) -> Release | None:
    """The release to compare with: the newest that stands and knew less, or an earlier revision of the month.

    Without a ``revision`` the month is taken to be about to get a new one.
    """
    place = (as_of, reference_month, revision if revision is not None else 1 << 30)
    return _newest_before(releases(data_root, kind), place)


def withdraw(data_root: Path, name: str, reason: str, kind: str = "official") -> Release:
    """Withdraw a release: its folder stays as it is, ``<name>.withdrawn.json`` beside it says why.

    ``current`` goes to the newest release that still stands, or away when there is none. Raises BadInput for
    an unknown name, an empty reason, or a release that was withdrawn before for another reason.
    """
    if not reason.strip():
        raise BadInput.one(
            f"withdraw {name}", "no reason", "a reason", "say why, for the readers of the release"
        )
    with _alone(data_root):
        known = {item.name: item for item in releases(data_root, kind)}
        if name not in known:
            raise BadInput.one(
                str(data_root / _shelf(kind)),
                f"no release {name}",
                f"one of {', '.join(known) or 'none yet'}",
                f"list them: python -m warehouse list --kind {kind}",
            )  # fmt: skip
        gone = known[name]
        if gone.withdrawn not in (None, reason):
            raise BadInput.one(
                str(_withdrawal(gone.path)), f"withdrawn before: {gone.withdrawn}", "a release that stands",
                "leave it; a withdrawal is not rewritten",
            )  # fmt: skip
        record = {"release": name, "reason": reason, "manifest_sha256": sha256_of(gone.path / MANIFEST)}
        _write_whole(_withdrawal(gone.path), _json(record))
        if kind == "official":
            standing = [item for item in known.values() if item.withdrawn is None and item.name != name]
            _point(data_root, max(standing, key=lambda item: item.order) if standing else None)
        return Release.load(gone.path)


def check_database(found: Release) -> None:
    """Refuse a release whose database file is not, byte for byte, the one that was judged."""
    sha256 = sha256_of(found.database)
    if sha256 != found.build_sha256:
        raise BadInput.one(
            str(found.database),
            f"sha256 {sha256}",
            f"sha256 {found.build_sha256} (its manifest)",
            "restore the release folder from a backup; releases are never edited",
        )


def verify(path: Path) -> list[Problem]:
    """Compare every file of a release with its manifest; returns what differs (empty: all is as released).

    Raises BadInput when the manifest itself is missing or not readable.
    """
    Release.load(path)
    told = json.loads((path / MANIFEST).read_text(encoding="utf-8"))["files"]
    there = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()} - {MANIFEST}
    remedy = "restore the release folder from a backup; releases are never edited"
    problems = [
        Problem(str(path / name), "a file", "no such file", remedy) for name in sorted(there - set(told))
    ]
    for name, entry in sorted(told.items()):
        found = sha256_of(path / name) if name in there else "no file"
        if found != entry["sha256"]:
            problems.append(Problem(str(path / name), found, f"sha256 {entry['sha256']}", remedy))
    return problems


# Refusals


def _passed_verdict(build: Build, verdict_path: Path) -> Verdict:
    found = sha256_of(build.file)
    if found != build.sha256:
        raise BadInput.one(
            str(build.file), f"sha256 {found}", f"sha256 {build.sha256} (build.json)", _BUILD_AGAIN
        )
    verdict = Verdict.load(verdict_path)
    if verdict.build_sha256 != found:
        raise BadInput.one(
            f"{verdict_path}: build_sha256", verdict.build_sha256, f"{found}, the build to release",
            f"judge this build: python -m expectations check {build.path}",
        )  # fmt: skip
    if not verdict.passed:
        raise BadInput([_refusal(verdict_path, verdict)])
    return verdict


def _refuse_other_predecessor(verdict: Verdict, verdict_path: Path, previous: Release | None) -> None:
    """Revisions are judged against the last release: a verdict that compared with another judged nothing."""
    expected = previous.build_sha256 if previous else None
    if verdict.previous_sha256 != expected:
        named = f"{previous.name}, sha256 {expected}" if previous else "no release (this is the first)"
        raise BadInput.one(
            str(verdict_path),
            f"judged against {verdict.previous_sha256 or 'no release'}",
            f"judged against {named}",
            "judge the build again: python -m expectations check BUILD_DIR --previous "
            + (str(previous.database) if previous else "(leave it out)"),
        )


def _refusal(verdict_path: Path, verdict: Verdict) -> Problem:
    failed = (*verdict.blocking, *verdict.holding)
    told = "; ".join(
        f"{result.suite}.{result.rule_id} ({result.what_zh} / {result.what_en})" for result in failed
    )
    remedy = "; ".join(dict.fromkeys(result.remedy for result in failed if result.remedy)) or _BUILD_AGAIN
    return Problem(
        f"{verdict_path}: passed", f"false: {told or 'no rule was judged'}", "a verdict that passed", remedy
    )


def _checked_contents(build: Build) -> dict[str, TableContent]:
    with reader(build.file) as connection:
        info = rows_of(connection, "select distinct reference_month, as_of_date, kind from main.release_info")
        simulated = _simulated(connection) if build.kind == "official" else []
        contents = file_contents(connection)
    told = [(row["reference_month"], row["as_of_date"], row["kind"]) for row in info]
    if told != [(build.reference_month, build.as_of_date, build.kind)]:
        raise BadInput.one(
            f"{build.path / BUILD}", f"{build.reference_month}, {build.as_of_date}, {build.kind}",
            f"what release_info of {build.file.name} says: {told}", _BUILD_AGAIN,
        )  # fmt: skip
    if simulated:
        remedy = "remove the simulated inputs from landing, or build a rehearsal (kind rehearsal)"
        raise BadInput(
            [
                Problem(
                    f"{build.file}: {table}", f"{count} simulated rows", "none in an official release", remedy
                )
                for table, count in simulated
            ]
        )
    return contents


def _simulated(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    found = []
    for table in main_tables(connection):
        columns = {row["column_name"] for row in rows_of(connection, f"describe main.{quoted(table)}")}
        if "origin" in columns:
            sql = f"select count(*) from main.{quoted(table)} where origin = {literal('simulated')}"
            count = int((connection.execute(sql).fetchone() or (0,))[0])
            found += [(table, count)] if count else []
    return found


# Making


def _already(known: Sequence[Release], build: Build, contents: Mapping[str, TableContent]) -> Release | None:
    """The newest release of the month, if it stands and a new one would say nothing else.

    Other code makes a revision even of the same figures: it may say them otherwise. An older month filled in
    later does not, although it now stands before this one; but a predecessor that was withdrawn does, since
    the changes told against it no longer hold.
    """
    of_month = [item for item in known if item.reference_month == build.reference_month]
    if not of_month:
        return None
    newest = max(of_month, key=lambda item: item.revision)
    standing = {item.name for item in known if item.withdrawn is None}
    says = {name: content.content_hash for name, content in contents.items()}
    same = (
        newest.withdrawn is None
        and newest.as_of_date == build.as_of_date
        and newest.code_version == build.code_version
        and (newest.previous is None or newest.previous in standing)
        and {name: told["content_hash"] for name, told in newest.tables.items()} == says
    )
    return newest if same else None


def _newest_before(known: Sequence[Release], place: tuple[date, str, int]) -> Release | None:
    as_of, month, revision = place
    earlier = [
        item
        for item in known
        if item.withdrawn is None
        and (
            item.as_of_date < as_of
            or (item.as_of_date == as_of and item.reference_month == month and item.revision < revision)
        )
    ]
    return max(earlier, key=lambda item: item.order, default=None)


def _days_before(known: Sequence[Release], build: Build) -> list[date]:
    """The as-of dates of standing releases that knew less; a revision replaces those of its own month."""
    return [
        item.as_of_date
        for item in known
        if item.withdrawn is None
        and item.reference_month != build.reference_month
        and item.as_of_date < build.as_of_date
    ]


def _make(
    folder: Path,
    name: str,
    revision: int,
    build: Build,
    verdict: Verdict,
    verdict_path: Path,
    previous: Release | None,
    days_before: Sequence[date],
) -> Release:
    for stale in folder.glob(f"{MAKING}*"):
        shutil.rmtree(stale)
    making = Path(tempfile.mkdtemp(prefix=MAKING, dir=folder))
    try:
        _copy_judged(build, verdict, verdict_path, making)
        _copy_docs(build, making)
        changes = _changes(making / DATABASE, previous)
        tables = write_tables(making / DATABASE, making, words.stamp(build.kind))
        stamp = words.stamp(build.kind)
        moved = making / f"{STAMPED if stamp else ''}{CHANGES}"
        write_rows(CHANGE_COLUMNS, change_rows(changes), moved, stamp)
        edition = Edition(name, revision, previous.name if previous else None)
        page = bulletin(making / DATABASE, changes, verdict, edition)
        (making / BULLETIN).write_text(page, encoding="utf-8")
        if QUALITY_MART in tables:
            quality = quality_report(making / DATABASE, verdict, edition)
            (making / QUALITY).write_text(quality, encoding="utf-8")
        for report in due_reports(making / DATABASE, days_before):
            told = evaluation(making / DATABASE, report.kind, verdict, edition, report.plan_id)
            (making / report.file_name).write_text(told, encoding="utf-8")
        (making / NOTES).write_text(_notes(name, build, tables, changes, verdict), encoding="utf-8")
        _write_manifest(making, edition, build, tables)
        _seal(making)
        making.rename(folder / name)
        _sync(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return Release.load(folder / name)


def _copy_judged(build: Build, verdict: Verdict, verdict_path: Path, making: Path) -> None:
    """Copy what was judged; a link would let a later writer of the build reach into the release."""
    for source, name in ((build.file, DATABASE), (build.path / BUILD, BUILD), (verdict_path, VERDICT)):
        shutil.copyfile(source, making / name)
    found = sha256_of(making / DATABASE)
    if found != verdict.build_sha256:
        raise BadInput.one(
            str(build.file),
            f"sha256 {found} while being copied",
            f"sha256 {verdict.build_sha256}",
            _BUILD_AGAIN,
        )


def _copy_docs(build: Build, making: Path) -> None:
    """The pages about the checks, where the judgement made some."""
    if (build.path / DATA_DOCS).is_dir():
        shutil.copytree(build.path / DATA_DOCS, making / DATA_DOCS)


def _changes(database: Path, previous: Release | None) -> ReleaseDiff:
    """What is new since the previous release, whose bytes must still be those that were released."""
    if previous is None:
        return ReleaseDiff(None)
    check_database(previous)
    return diff(database, previous.database, previous.name)


def _notes(
    name: str, build: Build, tables: Mapping[str, TableContent], changes: ReleaseDiff, verdict: Verdict
) -> str:
    return notes(
        name=name,
        month=build.reference_month,
        as_of=words.date_words(build.as_of_date),
        kind=build.kind,
        code_version=build.code_version,
        inputs=build.inputs,
        tables=tables,
        changes=changes,
        verdict=verdict,
    )


def _write_manifest(making: Path, edition: Edition, build: Build, tables: Mapping[str, TableContent]) -> None:
    files = {
        file.relative_to(making).as_posix(): {"sha256": sha256_of(file), "bytes": file.stat().st_size}
        for file in sorted(making.rglob("*"))
        if file.is_file()
    }
    contents = {
        table: {"rows": content.rows, "content_hash": content.content_hash}
        for table, content in sorted(tables.items())
    }
    manifest = {
        "release": edition.name,
        "reference_month": build.reference_month,
        "as_of_date": build.as_of_date.isoformat(),
        "revision": edition.revision,
        "kind": build.kind,
        **({"stamp": stamp} if (stamp := words.stamp(build.kind)) else {}),
        "previous_release": edition.previous,
        "code_version": build.code_version,
        "build_sha256": build.sha256,
        "content_id": _content_id(files, contents),
        # Not the address: a stand-in publisher may answer on another port. The vintage's own manifest has it.
        "inputs": [{name: value for name, value in row.items() if name != "url"} for row in build.inputs],
        "tables": contents,
        "files": files,
    }
    (making / MANIFEST).write_text(_json(manifest), encoding="utf-8")


def _content_id(files: Mapping[str, Mapping[str, Any]], contents: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash for what a release says: its pages and tables, not the bytes that a database engine chose."""
    said = {name: entry["sha256"] for name, entry in files.items() if name.endswith((".csv", ".html", ".md"))}
    return hashlib.sha256(_json({"files": said, "tables": contents}).encode()).hexdigest()


# Files and the pointer


@contextmanager
def _alone(data_root: Path) -> Iterator[None]:
    """Let one process at a time release or withdraw; the lock goes with the process, however it ends."""
    data_root.mkdir(parents=True, exist_ok=True)
    with (data_root / ".release.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _shelf(kind: str) -> str:
    return "releases" if kind == "official" else "rehearsals"


def _folder(data_root: Path, kind: str) -> Path:
    folder = data_root / _shelf(kind)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _with_pointer(data_root: Path, made: Release) -> Release:
    """Move ``current`` to a release that is ahead of it; a crash before the swap is mended next time."""
    if made.kind == "official":
        now = current(data_root)
        if now is None or now.withdrawn is not None or made.order > now.order:
            _point(data_root, made)
    return Release.load(made.path)


def _points_to(data_root: Path) -> str | None:
    link = data_root / "current"
    return str(link.readlink()) if link.is_symlink() else None


def _point(data_root: Path, target: Release | None) -> None:
    link = data_root / "current"
    if link.exists() and not link.is_symlink():
        raise BadInput.one(str(link), "a file or folder", "a symbolic link to a release", "move it away")
    if target is None:
        link.unlink(missing_ok=True)
        return
    swap = data_root / f".current-{os.getpid()}"
    swap.unlink(missing_ok=True)
    swap.symlink_to(f"{target.path.parent.name}/{target.path.name}")
    swap.replace(link)
    _sync(data_root)


def _withdrawal(path: Path) -> Path:
    return path.with_name(f"{path.name}.withdrawn.json")


def _withdrawn(path: Path) -> str | None:
    record = _withdrawal(path)
    return str(json.loads(record.read_text(encoding="utf-8"))["reason"]) if record.exists() else None


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _write_whole(path: Path, text: str) -> None:
    swap = path.with_name(f".{path.name}.{os.getpid()}")
    swap.write_text(text, encoding="utf-8")
    swap.replace(path)


def _seal(making: Path) -> None:
    """Make every file read-only and its bytes durable before the folder gets its name."""
    making.chmod(0o755)
    for entry in [*making.rglob("*"), making]:
        if entry.is_file():
            entry.chmod(0o444)
        _sync(entry)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
