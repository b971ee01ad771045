"""A release: refused unless judged, whole or not there, never changed, and `current` moves forward only."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from raw.errors import BadInput
from tests.warehouse.small_build import make_build, write_verdict
from warehouse import release as releasing
from warehouse.__main__ import main
from warehouse.build import Build
from warehouse.connect import reader
from warehouse.paths import rehearsal_house
from warehouse.publication.content_hash import parquet_content, table_content
from warehouse.release import current, previous_release, release, releases, verify, withdraw
from warehouse.verdict import Verdict


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("early") / "b", month="2022-12", as_of="2022-12-31", until=2021)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("late") / "b")


def released(build: Path, root: Path) -> releasing.Release:
    """Release a build with the verdict a gate gives that knows the release before it."""
    verdict_path = build / "verdict.json"
    described = Build.load(build) if (build / "build.json").exists() else None
    kind = described.kind if described else "official"
    before = described and previous_release(root, described.reference_month, described.as_of_date, kind)
    if before:
        verdict = replace(Verdict.load(verdict_path), previous_sha256=before.build_sha256)
        verdict_path = build.parent / f"verdict-after-{before.name}.json"
        verdict.save(verdict_path)
    return release(build, verdict_path, root)


def test_a_verdict_that_compared_with_another_release_is_refused(
    early: Path, late: Path, tmp_path: Path
) -> None:
    released(early, tmp_path)
    with pytest.raises(BadInput, match=r"judged against no release；应为 expected judged against 2022-12"):
        release(late, late / "verdict.json", tmp_path)
    assert [one.name for one in releases(tmp_path)] == ["2022-12"]


def text_files(folder: Path) -> dict[str, bytes]:
    kinds = {".csv", ".html", ".md", ".json"}
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.suffix in kinds}


def test_release_holds_everything(late: Path, tmp_path: Path) -> None:
    made = released(late, tmp_path)
    assert (made.name, made.revision, made.is_new, made.is_current) == ("2024-12", 1, True, True)
    names = {str(file.relative_to(made.path)) for file in made.path.rglob("*") if file.is_file()}
    whole = {"warehouse.duckdb", "bulletin.html", "notes.md", "verdict.json", "build.json", "manifest.json"}
    assert whole <= names
    tables = {Path(name).stem for name in names if name.startswith("csv/")}
    assert tables == {Path(name).stem for name in names if name.startswith("parquet/")} == set(made.tables)
    assert verify(made.path) == []
    assert not [
        file for file in made.path.rglob("*") if file.is_file() and stat.S_IMODE(file.stat().st_mode) & 0o222
    ]


def test_manifest_names_every_byte(late: Path, tmp_path: Path) -> None:
    made = released(late, tmp_path)
    manifest = json.loads((made.path / "manifest.json").read_text(encoding="utf-8"))
    for name, entry in manifest["files"].items():
        content = (made.path / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert manifest["as_of_date"] == "2024-12-31"
    assert manifest["previous_release"] is None
    assert manifest["inputs"][0]["landing_id"].startswith("bureau_statistics/")
    assert manifest["files"]["warehouse.duckdb"]["sha256"] == manifest["build_sha256"]


def test_parquet_and_duckdb_have_the_hashes_of_the_manifest(late: Path, tmp_path: Path) -> None:
    made = released(late, tmp_path)
    with duckdb.connect(str(made.database), read_only=True) as connection:
        for table, told in made.tables.items():
            assert table_content(connection, table).content_hash == told["content_hash"]
            assert (
                parquet_content(made.path / "parquet" / f"{table}.parquet").content_hash
                == told["content_hash"]
            )


def test_same_inputs_give_the_same_bytes(early: Path, late: Path, tmp_path: Path) -> None:
    folders = []
    for root in (tmp_path / "one", tmp_path / "two"):
        released(early, root)
        folders.append(released(late, root).path)
    assert text_files(folders[0]) == text_files(folders[1])


def test_rebuilt_inputs_give_the_same_pages_and_hashes(late: Path, tmp_path: Path) -> None:
    """Another build of the same inputs may differ in its database bytes, not in what it says."""
    again = make_build(tmp_path / "again")
    one, two = released(late, tmp_path / "one"), released(again, tmp_path / "two")
    assert one.content_id == two.content_id
    assert one.tables == two.tables
    records = {"manifest.json", "build.json", "verdict.json"}
    assert {name: body for name, body in text_files(one.path).items() if name not in records} == {
        name: body for name, body in text_files(two.path).items() if name not in records
    }


def test_released_again_is_the_same_release(early: Path, late: Path, tmp_path: Path) -> None:
    first = [released(build, tmp_path).name for build in (early, late)]
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    again = [released(build, tmp_path) for build in (early, late)]
    assert [made.name for made in again] == first
    assert not any(made.is_new for made in again)
    assert "already released" in again[1].told()
    after = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    del before[tmp_path / ".release.lock"], after[tmp_path / ".release.lock"]
    assert after == before


def test_other_content_makes_a_revision(late: Path, tmp_path: Path) -> None:
    released(late, tmp_path)
    sql = ["update fct_observations set value = 4700 where series_code = 'GDP' and reference_period = '2022'"]
    made = released(make_build(tmp_path / "b", sql=sql), tmp_path)
    assert (made.name, made.revision, made.previous, made.is_current) == ("2024-12-r2", 2, "2024-12", True)
    assert "第1次修订" in made.bulletin.read_text(encoding="utf-8")
    assert "4691.85 → 4700" in (made.path / "notes.md").read_text(encoding="utf-8")
    assert released(late, tmp_path).name == "2024-12-r3"


def test_current_moves_forward_only(early: Path, late: Path, tmp_path: Path) -> None:
    newest = released(late, tmp_path)
    older = released(early, tmp_path)
    assert newest.is_current
    assert not older.is_current
    assert "current stays at a newer release" in older.told()
    assert (tmp_path / "current").readlink() == Path("releases/2024-12")
    assert [one.name for one in releases(tmp_path)] == ["2022-12", "2024-12"]


def test_readers_see_the_swap_through_one_link(early: Path, late: Path, tmp_path: Path) -> None:
    released(early, tmp_path)
    with reader(tmp_path / "current" / "warehouse.duckdb") as reading:
        released(late, tmp_path)
        assert reading.execute("select reference_month from release_info").fetchone() == ("2022-12",)
    with reader(tmp_path / "current" / "warehouse.duckdb") as reading:
        assert reading.execute("select reference_month from release_info").fetchone() == ("2024-12",)


def test_previous_release_knew_less(early: Path, late: Path, tmp_path: Path) -> None:
    released(late, tmp_path)
    assert previous_release(tmp_path, "2022-12", date(2022, 12, 31)) is None
    released(early, tmp_path)
    found = previous_release(tmp_path, "2023-06", date(2023, 6, 30))
    assert found is not None
    assert found.name == "2022-12"
    same_month = previous_release(tmp_path, "2024-12", date(2024, 12, 31))
    assert same_month is not None
    assert same_month.name == "2024-12"
    same_day_other_month = previous_release(tmp_path, "2024-11", date(2024, 12, 31))
    assert same_day_other_month is not None
    assert same_day_other_month.name == "2022-12"


# Withdrawal


def test_withdraw_marks_beside_and_repoints(early: Path, late: Path, tmp_path: Path) -> None:
    released(early, tmp_path)
    made = released(late, tmp_path)
    gone = withdraw(tmp_path, "2024-12", "GDP of 2023 was misread")
    assert gone.withdrawn == "GDP of 2023 was misread"
    assert verify(made.path) == [], "the folder itself is untouched"
    told = json.loads((tmp_path / "releases" / "2024-12.withdrawn.json").read_text(encoding="utf-8"))
    assert told["reason"] == "GDP of 2023 was misread"
    now = current(tmp_path)
    assert now is not None
    assert now.name == "2022-12"
    assert withdraw(tmp_path, "2024-12", "GDP of 2023 was misread") == gone
    with pytest.raises(BadInput, match="withdrawn before"):
        withdraw(tmp_path, "2024-12", "another reason")


def test_a_withdrawn_release_is_neither_reused_nor_compared_with(
    early: Path, late: Path, tmp_path: Path
) -> None:
    released(early, tmp_path)
    released(late, tmp_path)
    withdraw(tmp_path, "2024-12", "wrong")
    made = released(late, tmp_path)
    assert (made.name, made.previous, made.is_current) == ("2024-12-r2", "2022-12", True)


def test_withdrawing_the_only_release_leaves_no_current(late: Path, tmp_path: Path) -> None:
    released(late, tmp_path)
    withdraw(tmp_path, "2024-12", "wrong")
    assert current(tmp_path) is None
    assert not (tmp_path / "current").is_symlink()


def test_withdraw_refuses_an_unknown_name_and_an_empty_reason(late: Path, tmp_path: Path) -> None:
    released(late, tmp_path)
    with pytest.raises(BadInput, match="no release 2023-01；应为 expected one of 2024-12"):
        withdraw(tmp_path, "2023-01", "wrong")
    with pytest.raises(BadInput, match="no reason"):
        withdraw(tmp_path, "2024-12", "  ")


# Refusals: nothing is changed


def refused(build: Path, root: Path, match: str) -> None:
    before = sorted(str(file) for file in root.rglob("*")) if root.exists() else []
    with pytest.raises(BadInput, match=match) as error:
        released(build, root)
    for problem in error.value.problems:
        assert all((problem.where, problem.found, problem.expected, problem.remedy))
    after = sorted(str(file) for file in root.rglob("*")) if root.exists() else []
    assert [name for name in after if name not in before and not name.endswith(".release.lock")] == []


def test_verdict_that_did_not_pass(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b", passed=False)
    refused(build, tmp_path / "data", r"completeness_of_the_25 \(25项指标齐全")


def test_verdict_on_another_build(late: Path, tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    write_verdict(build / "verdict.json", "0" * 64)
    refused(
        build,
        tmp_path / "data",
        r"verdict\.json: build_sha256: 发现 found 0{64}；应为 expected [0-9a-f]{64}",
    )


def test_damaged_verdict(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    content = bytearray((build / "verdict.json").read_bytes())
    content[len(content) // 2] ^= 1
    (build / "verdict.json").write_bytes(bytes(content))
    refused(build, tmp_path / "data", r"verdict\.json")


def test_missing_verdict(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    (build / "verdict.json").unlink()
    refused(build, tmp_path / "data", r"verdict\.json")


def test_build_changed_after_it_was_judged(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    with duckdb.connect(str(build / "warehouse.duckdb")) as connection:
        connection.execute("update fct_observations set value = 1")
    refused(
        build,
        tmp_path / "data",
        r"warehouse\.duckdb: 发现 found sha256 [0-9a-f]{64}；应为 expected sha256 [0-9a-f]{64} \(build",
    )


def test_simulated_rows_in_an_official_release(tmp_path: Path) -> None:
    sql = ["update fct_indicator_values set origin = 'simulated' where indicator_code = '11'"]
    build = make_build(tmp_path / "b", sql=sql)
    refused(
        build,
        tmp_path / "data",
        "fct_indicator_values: 发现 found 1 simulated rows；应为 expected none in an official",
    )


def test_build_json_that_tells_another_month(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    told = json.loads((build / "build.json").read_text(encoding="utf-8"))
    told["reference_month"] = "2030-01"
    (build / "build.json").write_text(json.dumps(told), encoding="utf-8")
    refused(build, tmp_path / "data", r"build\.json: 发现 found 2030-01")


def test_previous_release_that_was_tampered_with(early: Path, late: Path, tmp_path: Path) -> None:
    made = released(early, tmp_path)
    made.database.chmod(0o644)
    with duckdb.connect(str(made.database)) as connection:
        connection.execute("delete from fct_observations")
    assert [problem.where for problem in verify(made.path)] == [str(made.database)]
    refused(late, tmp_path, r"2022-12/warehouse\.duckdb: 发现 found sha256")


# Rehearsals and crashes


def test_a_rehearsal_never_becomes_current(late: Path, tmp_path: Path) -> None:
    released(late, tmp_path)
    sql = ["update fct_indicator_values set origin = 'simulated'"]
    made = released(
        make_build(tmp_path / "b", month="2025-01", as_of="2025-01-31", kind="rehearsal", sql=sql), tmp_path
    )
    assert made.path == tmp_path / "rehearsals" / "2025-01"
    assert not made.is_current
    assert [one.name for one in releases(tmp_path)] == ["2024-12"]
    assert [one.name for one in releases(tmp_path, "rehearsal")] == ["2025-01"]
    now = current(tmp_path)
    assert now is not None
    assert now.name == "2024-12"


def test_rehearsals_are_found_in_the_house_of_their_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path))
    released(make_build(tmp_path / "b", kind="rehearsal"), rehearsal_house(2))
    assert main(["list", "--kind", "rehearsal", "--seed", "2"]) == 0
    assert capsys.readouterr().out.startswith("2024-12 ")
    assert main(["read", "--kind", "rehearsal", "--seed", "2", "select kind from release_info"]) == 0
    assert "rehearsal" in capsys.readouterr().out
    assert main(["read", "--kind", "rehearsal", "select 1"]) == 2
    told = capsys.readouterr().err
    assert str(rehearsal_house(1)) in told
    assert "make rehearsal SEED=1" in told


def test_every_file_of_a_rehearsal_is_stamped(tmp_path: Path) -> None:
    made = released(make_build(tmp_path / "b", kind="rehearsal"), tmp_path)
    stamp = "模拟演练 SIMULATED"
    for page in (made.bulletin, made.path / "notes.md", made.path / "manifest.json"):
        assert stamp in page.read_text(encoding="utf-8"), page.name
    tables = [*made.path.glob("csv/*"), *made.path.glob("parquet/*")]
    assert len(tables) == 2 * len(made.tables)
    assert {file.name.startswith("simulated_") for file in tables} == {True}
    for file in made.path.glob("csv/*"):
        header, *rows = list(csv.reader(file.open(encoding="utf-8", newline="")))
        assert header[-1] == "stamp"
        assert {row[-1] for row in rows} <= {stamp}, file.name
    with duckdb.connect() as connection:
        for file in made.path.glob("parquet/*"):
            told = connection.execute("select key, value from parquet_kv_metadata(?)", [str(file)]).fetchall()
            assert (b"stamp", stamp.encode()) in told, file.name
    with reader(made.database) as connection:
        assert connection.execute("select distinct kind from release_info").fetchall() == [("rehearsal",)]


def test_an_official_release_has_no_stamp(late: Path, tmp_path: Path) -> None:
    made = released(late, tmp_path)
    assert not [file for file in made.path.rglob("*") if file.name.startswith("simulated_")]
    assert "stamp" not in json.loads((made.path / "manifest.json").read_text(encoding="utf-8"))
    assert "模拟演练" not in (made.path / "notes.md").read_text(encoding="utf-8")


def test_an_official_release_of_a_simulated_vintage_is_refused(late: Path, tmp_path: Path) -> None:
    """Also where no mart shows it: microdata does not come into a released file."""
    build = tmp_path / "copy"
    shutil.copytree(late, build)
    told = json.loads((build / "build.json").read_text(encoding="utf-8"))
    told["inputs"][0]["origin"] = "simulated"
    (build / "build.json").write_text(json.dumps(told), encoding="utf-8")
    refused(
        build,
        tmp_path / "data",
        "vintage=.*: 发现 found a simulated vintage；应为 expected none in an official",
    )


def test_a_crash_leaves_no_release(late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(releasing, "_notes", crash)
    with pytest.raises(KeyboardInterrupt):
        released(late, tmp_path)
    assert releases(tmp_path) == []
    assert list((tmp_path / "releases").iterdir()) == []
    monkeypatch.undo()
    assert released(late, tmp_path).is_new


def test_a_folder_left_by_a_killed_run_is_not_a_release(late: Path, tmp_path: Path) -> None:
    left = tmp_path / "releases" / ".making-killed"
    left.mkdir(parents=True)
    (left / "bulletin.html").write_text("half", encoding="utf-8")
    assert releases(tmp_path) == []
    assert released(late, tmp_path).name == "2024-12"
    assert not left.exists()


def test_a_crash_before_the_swap_is_mended_by_the_next_run(
    late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(releasing, "_point", crash)
    with pytest.raises(KeyboardInterrupt):
        released(late, tmp_path)
    monkeypatch.undo()
    assert current(tmp_path) is None
    made = released(late, tmp_path)
    assert (made.is_new, made.is_current) == (False, True)


# Back-filling, damage and the shell


def test_an_older_month_filled_in_later_makes_no_revision_of_the_newer(
    early: Path, late: Path, tmp_path: Path
) -> None:
    released(late, tmp_path)
    released(early, tmp_path)
    again = released(late, tmp_path)
    assert (again.name, again.is_new, again.previous) == ("2024-12", False, None)
    assert again.told().startswith("2024-12 此前已发布，内容相同")
    assert [one.name for one in releases(tmp_path)] == ["2022-12", "2024-12"]


def test_a_withdrawn_predecessor_makes_a_revision(early: Path, late: Path, tmp_path: Path) -> None:
    """Its changes were told against figures that no longer hold."""
    released(early, tmp_path)
    released(late, tmp_path)
    withdraw(tmp_path, "2022-12", "misread")
    made = released(late, tmp_path)
    assert (made.name, made.is_new) == ("2024-12-r2", True)


def test_other_code_makes_a_revision_of_the_same_figures(tmp_path: Path) -> None:
    build = make_build(tmp_path / "b")
    released(build, tmp_path)
    told = json.loads((build / "build.json").read_text(encoding="utf-8"))
    (build / "build.json").write_text(json.dumps({**told, "code_version": "later"}), encoding="utf-8")
    assert released(build, tmp_path).name == "2024-12-r2"


def test_verify_names_every_damaged_file(
    late: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path))
    made = released(late, tmp_path)
    assert main(["verify"]) == 0
    assert "2024-12: all" in capsys.readouterr().out
    for name in ("notes.md", "csv/dim_source.csv"):
        (made.path / name).chmod(0o644)
        (made.path / name).write_text("other", encoding="utf-8")
    assert main(["verify", "2024-12"]) == 2
    told = capsys.readouterr().err
    assert [name for name in ("notes.md", "dim_source.csv") if f"{name}: " in told] == [
        "notes.md",
        "dim_source.csv",
    ]
    assert main(["verify", "2030-01"]) == 2


@pytest.mark.parametrize(
    "command", [["read", "select 1"], ["trace", "v-fct_observations-GDP-CN-370211-A-2022-LEVEL"]]
)
def test_a_damaged_database_is_not_read(
    late: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path))
    made = released(late, tmp_path)
    assert main(["read", "select 1"]) == 0
    capsys.readouterr()
    made.database.chmod(0o644)
    with duckdb.connect(str(made.database)) as connection:
        connection.execute("update fct_observations set value = 1")
    assert main(command) == 2
    told = capsys.readouterr()
    assert "sha256" in told.err
    assert not told.out
