"""The commands of ``python -m expectations``: what people type wrongly is said in words, never as a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations.__main__ import main

TOO_LARGE = "9" * 25


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path / "data"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["show", "7"], "expected a known incident"),
        (["show", TOO_LARGE], "expected 1–2147483647"),
        (["quarantine", "show", TOO_LARGE], "expected 1–2147483647"),
        (["quarantine", "dispose", "0", "accepted", "--by", "王"], "expected 1–2147483647"),
        (["snooze", "1", "--by", "王", "--days", TOO_LARGE], "expected 1–366"),
        (["snooze", "1", "--by", "王", "--days", "-1"], "expected 1–366"),
        (["snooze", "1", "--by", "王", "--until", "tomorrow"], "expected YYYY-MM-DD"),
        (["resolve", "1", "--by", "王"], "say so in --note"),
        (["watch", "--as-of", "1800-01-01"], "a day from 2021-04-01"),
        (["watch", "--as-of", "x"], "a date such as"),
        (["alerts", "test", "--channel", "nope"], "channels.nope"),
        (["alerts", "test", "--audience", "unit:zz"], "unit:zz"),
        (["check", "/nowhere"], "a readable file"),
    ],
)
def test_a_slip_of_the_hand_is_said_in_words(
    typed: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(typed)
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("garbage", "no database address"),
        ("mysql://u:sesame@host/ledger", "SQLite or PostgreSQL"),
        ("sqlite:////proc/nowhere/ledger.sqlite", "a folder for the ledger"),
    ],
)
def test_a_ledger_that_cannot_be_is_named(
    url: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", url)
    assert main(["incidents"]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "sesame" not in said
