"""The benchmark of landing runs, and each way of it finds every line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.customs_landing import WAYS, make_file, measure

LINES = 600


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_file(tmp_path_factory.mktemp("lines"), LINES)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_finds_every_line(way: str, file: Path) -> None:
    assert measure(way, file)["rows"] == LINES
