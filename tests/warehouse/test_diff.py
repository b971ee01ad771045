"""What changed between two builds: added, changed by how much, withdrawn, and states that moved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from raw.errors import BadInput
from tests.warehouse.small_build import make_build
from warehouse.diff import ReleaseDiff, diff, signed

GDP_2021 = (
    "series_code = 'GDP' and area_code = 'CN-370211' and reference_period = '2021' and measure = 'LEVEL'"
)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build(tmp_path_factory.mktemp("old") / "b", month="2022-12", as_of="2022-12-31", until=2021)


def compared(tmp_path: Path, old: Path, *sql: str, until: int = 2021) -> ReleaseDiff:
    new = make_build(tmp_path / "new", until=until, sql=sql)
    return diff(new / "warehouse.duckdb", old / "warehouse.duckdb", "2022-12")


def test_nothing_changed_is_said_so(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old)
    assert changes.is_empty
    assert changes.text("zh") == "与上一期 2022-12 相比没有变化。\n"
    assert changes.text("en") == "Nothing changed since 2022-12.\n"


def test_first_release_compares_with_nothing(old: Path) -> None:
    changes = diff(old / "warehouse.duckdb", None, None)
    assert changes.previous is None
    assert changes.is_empty
    assert "首次发布" in changes.text("zh")


def test_added_values_and_moved_statuses(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old, until=2023)
    added = {change.key for change in changes.of_kind("added")}
    assert ("GDP", "CN-370211", "2022", "A", "LEVEL", "_T") in added
    assert ("qwc-14", "11", "CN-370211", "2022", "A", "LEVEL") in added
    assert {change.target_id: (change.old, change.new) for change in changes.statuses} == {
        "07": ("no_data", "comparator_missing"),
        "11": ("no_data", "achieved_early"),
        "20": ("no_data", "slightly_behind"),
    }
    assert "11 常住人口城镇化率：无数据 灰灯 → 提前完成 绿灯 82.86 %。82.86已达到目标82" in changes.text("zh")
    assert changes.of_kind("withdrawn") == changes.of_kind("changed") == ()


def test_an_observation_that_is_an_indicator_is_told_once(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old, until=2023)
    told = [line for line in changes.text("en").splitlines() if "82.86 %" in line]
    told = [line for line in told if line.startswith("  [")]
    assert len(told) == 1
    assert "11 Urbanisation rate" in told[0]


def test_a_revised_value_says_by_how_much(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old, f"update fct_observations set value = 4400 where {GDP_2021}")
    (change,) = changes.of_kind("changed")
    assert change.absolute == Decimal("31.5")
    assert change.percent is not None
    assert round(change.percent, 4) == Decimal("0.7211")
    assert change.told("en").endswith("4368.5 → 4400 亿元 (+31.5; +0.72%)")
    assert change.told("zh").endswith("4368.5 → 4400 亿元（+31.5; +0.72%）")


def test_a_new_stage_of_the_same_value_counts_as_a_change(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old, f"update fct_observations set stage = 'final' where {GDP_2021}")
    (change,) = changes.of_kind("changed")
    assert not change.absolute
    assert change.told("en").endswith("4368.5 亿元 (preliminary → final)")


def test_another_unit_has_no_difference(tmp_path: Path, old: Path) -> None:
    sql = f"update fct_observations set unit = '万元', value = 43685000 where {GDP_2021}"
    (change,) = compared(tmp_path, old, sql).of_kind("changed")
    assert change.absolute is None
    assert change.percent is None
    assert "亿元 → 万元" in change.told("zh")


def test_withdrawn_values_are_listed(tmp_path: Path, old: Path) -> None:
    changes = compared(tmp_path, old, f"delete from fct_observations where {GDP_2021}")
    (change,) = changes.of_kind("withdrawn")
    assert change.new is None
    assert "[撤回] 地区生产总值，西海岸新区，2021年，数值：4368.5 亿元（初步）" in changes.text("zh")


def test_a_change_from_zero_has_no_percentage(tmp_path: Path, old: Path) -> None:
    zero = make_build(
        tmp_path / "zero", until=2021, sql=[f"update fct_observations set value = 0 where {GDP_2021}"]
    )
    changes = diff(old / "warehouse.duckdb", zero / "warehouse.duckdb", "x")
    (change,) = changes.of_kind("changed")
    assert change.absolute == Decimal("4368.5")
    assert change.percent is None


def test_broken_file_is_refused(tmp_path: Path, old: Path) -> None:
    broken = tmp_path / "warehouse.duckdb"
    broken.write_bytes(b"not a database")
    with pytest.raises(BadInput, match=r"warehouse\.duckdb"):
        diff(old / "warehouse.duckdb", broken, "2022-12")


def test_signs() -> None:
    assert (signed(Decimal("1.50")), signed(Decimal("-0.2")), signed(Decimal(0)), signed(None)) == (
        "+1.5",
        "−0.2",
        "±0",
        "",
    )
