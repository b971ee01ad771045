from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from expectations.engine import plain
from raw.errors import BadInput
from warehouse.verdict import RuleResult, Verdict

SHA = "a" * 64


def rule(rule_id: str = "r1", severity: str = "block", success: bool = True, **more: object) -> RuleResult:
    base = {
        "rule_id": rule_id,
        "suite": "mart",
        "severity": severity,
        "success": success,
        "what_zh": "规则",
        "what_en": "rule",
        "because": "因为 / because",
        "remedy": "改正 / mend",
        "observed": "1",
    }
    return RuleResult(**{**base, **more})  # type: ignore[arg-type]


def test_a_failing_blocking_rule_refuses_and_a_note_does_not() -> None:
    assert Verdict.of(SHA, [rule(), rule("n", "note", False)]).passed
    refused = Verdict.of(SHA, [rule(), rule("b", "block", False)])
    assert not refused.passed
    assert [r.rule_id for r in refused.blocking] == ["b"]


def test_a_verdict_that_contradicts_its_results_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="does not agree"):
        Verdict(SHA, True, (rule(success=False),))
    with pytest.raises(ValueError, match="without a single"):
        Verdict(SHA, True, ())
    with pytest.raises(ValueError, match="64 hexadecimal"):
        Verdict("abc", False, ())
    with pytest.raises(ValueError, match="same suite and rule_id"):
        Verdict.of(SHA, [rule(), rule()])


def test_saved_and_loaded_is_the_same_and_the_bytes_do_not_depend_on_order(tmp_path: Path) -> None:
    failing = rule("b", success=False, failing_rows=({"value": "1.5", "x": None},), failing_count=1)
    one, other = Verdict.of(SHA, [rule(), failing]), Verdict.of(SHA, [failing, rule()])
    path = tmp_path / "verdict.json"
    one.save(path)
    assert path.read_bytes() == other.to_bytes()
    assert Verdict.load(path) == one
    assert sorted(item.name for item in tmp_path.iterdir()) == ["verdict.json"]


def test_every_single_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    Verdict.of(SHA, [rule("b", success=False)]).save(path)
    sound = path.read_bytes()
    for position in range(len(sound)):
        path.write_bytes(sound[:position] + bytes([sound[position] ^ 1]) + sound[position + 1 :])
        with pytest.raises(BadInput):
            Verdict.load(path)
    for damaged in (sound[:-1], sound + b"\n", b"", b"[]", b'{"passed": NaN}', b"[" * 100_000):
        path.write_bytes(damaged)
        with pytest.raises(BadInput, match="judge the build again"):
            Verdict.load(path)


def test_a_verdict_flipped_by_hand_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    Verdict.of(SHA, [rule("b", success=False)]).save(path)
    path.write_text(path.read_text(encoding="utf-8").replace("false", "true"), encoding="utf-8")
    with pytest.raises(BadInput, match="sha256"):
        Verdict.load(path)


def test_a_missing_verdict_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="python -m expectations check"):
        Verdict.load(tmp_path / "verdict.json")


def test_decimals_are_kept_exactly_and_without_padding() -> None:
    assert plain(Decimal("4691.850000")) == "4691.85"
    assert plain(Decimal("2078.000000")) == "2078"
    assert plain(Decimal("100")) == "100"
