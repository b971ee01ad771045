"""The laws of the house that a machine can check: imports, thin DAGs, fresh files, names and units."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parent.parent
# Data flows left to right; imports point right to left.
ROOMS = ["raw", "warehouse", "expectations", "dags"]
PYTHON_FILES = sorted(file for room in ROOMS for file in (REPO / room).rglob("*.py"))
# A quantity says its unit in its name; `value` and the two below carry it in a column beside them.
UNIT_SUFFIXES = (
    "_pct",
    "_pp",
    "_cny",
    "_usd",
    "_teu",
    "_tonnes",
    "_km",
    "_kg",
    "_days",
    "_ug_m3",
    "_mg_m3",
    "_index",
    "_years",
    "_value",
    "_rank",
    "_number",
)
# In the unit of the target, or an ordinal.
UNIT_BESIDE = {
    "value",
    "decimals",
    "reference_year",
    "assessed_first_year",
    "assessed_last_year",
    "plan_baseline_year",
    "plan_first_year",
    "plan_last_year",
    "required_yearly_change",
    "latest_value_year",
    "last_break_value_year",
    "outlook_low",
    "outlook_high",
    "version",
    "target_version",
    "baseline_version",
}


def imported_modules(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


@pytest.mark.parametrize("file", PYTHON_FILES, ids=lambda file: str(file.relative_to(REPO)))
def test_imports_point_right_to_left(file: Path) -> None:
    room = file.relative_to(REPO).parts[0]
    forbidden = set(ROOMS[ROOMS.index(room) + 1 :])
    wrong = {module for module in imported_modules(file) if module.split(".")[0] in forbidden}
    assert not wrong, f"{file.name} of {room} imports {wrong}, which stands to its right"


@pytest.mark.parametrize(
    "file",
    [file for file in PYTHON_FILES if file.parts[-2] == "dags" and not file.name.startswith("_")],
    ids=lambda file: file.name,
)
def test_dags_are_thin(file: Path) -> None:
    """A DAG file says when, never what: no SQL, URL or path, and short enough to read at a glance."""
    text = file.read_text(encoding="utf-8")
    strings = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [
        s for s in strings if re.search(r"https?://|\bselect\b.+\bfrom\b|\.duckdb\b|\.csv\b", s, re.I)
    ]
    assert len(text.splitlines()) <= 120
    assert not file.name.startswith("dbt_"), "dbt imports every top-level module of that name"


def test_generated_files_are_fresh() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "raw", "generate", "--check"],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_dbt_project_has_no_python() -> None:
    tracked = [file for file in (REPO / "dbt_project").rglob("*.py") if "target" not in file.parts]
    assert tracked == []


def test_every_mart_column_is_described_once_and_named_with_its_unit() -> None:
    documented = set(re.findall(r"{% docs (\w+) %}", _columns_text()))
    for properties in sorted((REPO / "dbt_project/models/marts").glob("*/_*.yml")):
        for model in yaml.safe_load(properties.read_text(encoding="utf-8"))["models"]:
            for column in model["columns"]:
                name = column["name"]
                assert name in documented, f"{model['name']}.{name} has no block in _columns.md"
                if column["data_type"] in ("double", "integer", "bigint", "decimal(24,6)"):
                    assert name in UNIT_BESIDE or name.endswith(UNIT_SUFFIXES), (
                        f"{model['name']}.{name} hides its unit"
                    )


def _columns_text() -> str:
    return (REPO / "dbt_project/models/marts/_columns.md").read_text(encoding="utf-8")


def test_model_names_follow_their_layer() -> None:
    pattern = {
        "staging": r"stg_[a-z0-9_]+__[a-z0-9_]+",
        "intermediate": r"int_[a-z0-9_]+__[a-z]+",
        "marts": r"(dim|fct|ind)_[a-z0-9_]+|release_info",
    }
    for layer, expected in pattern.items():
        for model in sorted((REPO / "dbt_project/models" / layer).rglob("*.sql")):
            assert re.fullmatch(expected, model.stem), f"{model} does not follow {expected}"


def test_no_cast_hides_damage() -> None:
    """Cast loudly: a damaged value must fail or be quarantined, never become NULL."""
    guilty = [
        m for m in (REPO / "dbt_project/models").rglob("*.sql") if "try_cast" in m.read_text("utf-8").lower()
    ]
    assert guilty == []


def test_feed_name_is_path_is_source() -> None:
    from raw.feed import declared_feeds

    for feed in declared_feeds():
        assert (REPO / "raw/feeds" / f"{feed.feed}.yml").exists()
        assert (REPO / "dbt_project/models/staging" / feed.feed).is_dir()


def test_no_package_index_host_is_named() -> None:
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|deb\.debian", re.I)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=True
    ).stdout.split()
    named = [
        name
        for name in tracked
        if not name.endswith("test_architecture.py") and _mentions(REPO / name, hosts)
    ]
    assert named == []


def _mentions(file: Path, pattern: re.Pattern[str]) -> bool:
    try:
        return bool(pattern.search(file.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, FileNotFoundError):
        return False


def test_every_package_is_declared_and_holds_something() -> None:
    declared = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    rooms = [room for room in ROOMS if room != "dags"]
    found = {file.parent for room in rooms for file in (REPO / room).rglob("__init__.py")}
    assert sorted(declared["packages"]) == sorted(
        str(folder.relative_to(REPO)).replace("/", ".") for folder in found
    )
    assert [folder for folder in found if len(list(folder.glob("*.py"))) < 2] == []
