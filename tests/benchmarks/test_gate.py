"""The benchmark of the gate runs, and both ways find the same rows."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.gate import WAYS, make_file, measure

ROWS = 100_000


def test_both_ways_find_the_same(tmp_path: Path) -> None:
    file = make_file(tmp_path, ROWS)
    gate, bare = (measure(way, file)["found"] for way in WAYS)
    assert gate == bare
    assert isinstance(gate, dict)
    assert (gate["fct_bench.many_fail"], gate["fct_bench.value_is_there"]) == (ROWS // 50, 0)
