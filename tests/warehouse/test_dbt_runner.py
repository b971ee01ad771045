"""The parsed project is kept, under a key of all that decides it, and never taken for another one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
import yaml

from warehouse import build
from warehouse.dbt_runner import load_parsed, project_key
from warehouse.paths import DBT_PROJECT

MODEL = "select '{{ var(\"reference_month\") }}' as reference_month\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project of one model and one test that warns, which `warehouse.build` runs."""
    folder = tmp_path / "dbt_project"
    (folder / "models").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "models/told.sql").write_text(MODEL, encoding="utf-8")
    (folder / "tests/assert_told.sql").write_text(
        "{{ config(severity='warn') }}\nselect reference_month from {{ ref('told') }} -- the last line",
        encoding="utf-8",
    )
    named = {"name": "small", "version": "1.0", "config-version": 2, "profile": "plan_monitoring"}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(named), encoding="utf-8")
    (folder / "profiles.yml").write_bytes((DBT_PROJECT / "profiles.yml").read_bytes())
    monkeypatch.setenv("DBT_PROJECT_DIR", str(folder))
    return folder


def warned(tmp_path: Path, month: str) -> list[str | None]:
    """The month that the model of a build told, by the rows of the test that warned."""
    scratch, target = tmp_path / month / "scratch.duckdb", tmp_path / month / "target"
    scratch.parent.mkdir()
    duckdb.connect(str(scratch)).close()
    (warning,) = build._run_dbt(scratch, target, month, date(2024, 12, 31), "official")
    return [row["reference_month"] for row in warning["rows"]]


def kept(project: Path) -> list[Path]:
    return list((project / "target/parsed").iterdir())


def test_a_project_is_parsed_once_and_again_when_a_file_changes(project: Path, tmp_path: Path) -> None:
    assert warned(tmp_path, "2022-11") == ["2022-11"]
    (first,) = kept(project)
    modified = first.stat().st_mtime_ns
    assert warned(tmp_path, "2022-12") == ["2022-12"], "what a build is told must not be kept"
    assert [file.stat().st_mtime_ns for file in kept(project)] == [modified]

    (project / "models/told.sql").write_text("select 'changed' as reference_month\n", encoding="utf-8")
    assert warned(tmp_path, "2023-01") == ["changed"]
    (second,) = kept(project)
    assert second != first


def test_what_stops_dbt_before_any_node_is_told(project: Path, tmp_path: Path) -> None:
    (project / "models/told.sql").write_text("select * from {{ ref('nobody') }}\n", encoding="utf-8")
    with pytest.raises(build.BadInput, match="depends on a node named 'nobody' which was not found"):
        warned(tmp_path, "2022-12")
    assert not (project / "target/parsed").exists()


def test_half_a_kept_project_is_none(tmp_path: Path) -> None:
    file = tmp_path / "parsed"
    assert load_parsed(file) is None
    file.write_bytes(bytes(range(200)))
    assert load_parsed(file) is None


def test_the_key_knows_every_file_and_the_database_but_not_what_dbt_wrote(project: Path) -> None:
    def key(build_file: str = "/tmp/a/scratch.duckdb") -> str:
        return project_key(project, build_file)

    first = key()
    (project / "target").mkdir()
    (project / "target/manifest.json").write_text("{}", encoding="utf-8")
    assert key() == key("/tmp/b/scratch.duckdb") == first
    assert key("/tmp/a/other.duckdb") != first
    (project / "tests/assert_more.sql").write_text("select 1\n", encoding="utf-8")
    assert key() != first


def test_a_project_that_cannot_be_written_is_built_all_the_same(project: Path, tmp_path: Path) -> None:
    (project / "target").write_text("in the way", encoding="utf-8")
    assert warned(tmp_path, "2022-12") == ["2022-12"]


def test_what_a_build_is_told_decides_nothing_when_the_project_is_parsed() -> None:
    """A variable may stand where SQL is rendered, not in a config, a ref or a condition: those are kept."""
    rendered = re.compile(r"""'{{ var\("\w+"\) }}(-01)?'""")
    for file in sorted(path for path in DBT_PROJECT.rglob("*") if path.suffix in (".sql", ".yml")):
        if "target" not in file.relative_to(DBT_PROJECT).parts:
            rest = rendered.sub("", file.read_text(encoding="utf-8"))
            assert not re.search(r"\bvar\(", rest), f"{file}: a variable outside of '{{{{ var(…) }}}}' in SQL"
