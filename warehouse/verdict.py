"""The verdict: what the gate said about one build, bound to the sha256 of that build's database.

A verdict is a function of the build, the rules and the release it was compared with: it holds no clock, no
path and no host name, so judging the same file twice gives the same bytes. The file carries its own sha256
(FIPS 180-4) over everything else in it; a single damaged byte is noticed when it is read.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, cast, get_args

from raw.errors import BadInput, Problem

Severity = Literal["block", "hold", "note"]
"""``block``: the release is refused. ``hold``: the figures at fault are held back and the release goes on
without them. ``note``: readers are told."""

Scalar = str | int | float | bool | None

MAX_FAILING_ROWS = 20
"""How many failing rows a verdict keeps for each rule; ``failing_count`` still counts them all."""

Owner = Literal["engineers", "statisticians", "units"]
"""Who mends what a rule finds; ``units`` are those responsible for the indicators or feeds at fault."""

MAX_HELD_ROWS = 500
"""How many it keeps of a rule that holds figures back: each must be named. More is no slip, it is a block."""

_JUDGE_AGAIN = "judge the build again: python -m expectations check BUILD_DIR"
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class RuleResult:
    """What one rule found.

    ``because`` and ``remedy`` are Chinese first, then English after `` / ``. ``observed`` is one line on what
    was seen; ``indicator_codes`` are the indicators that the failing rows belong to, as
    ``plan_id/indicator_code``; ``failing_rows`` holds at most 20 rows (500 where the rule holds figures
    back), ``failing_count`` the number of all. ``owner`` is who mends it: ``engineers``, ``statisticians`` or
    ``units`` (those responsible for the indicators or feeds at fault).
    """

    rule_id: str
    suite: str
    severity: Severity
    success: bool
    what_zh: str
    what_en: str
    because: str
    remedy: str
    observed: str
    indicator_codes: tuple[str, ...] = ()
    failing_rows: tuple[Mapping[str, Scalar], ...] = ()
    failing_count: int = 0
    owner: Owner = "engineers"

    def __post_init__(self) -> None:
        if self.severity not in get_args(Severity):
            known = ", ".join(get_args(Severity))
            raise ValueError(f"{self.rule_id}: severity must be one of {known}, not {self.severity!r}")
        object.__setattr__(self, "indicator_codes", tuple(self.indicator_codes))
        object.__setattr__(self, "failing_rows", tuple(dict(row) for row in self.failing_rows))
        most = kept_rows(self.severity)
        if len(self.failing_rows) > most:
            raise ValueError(f"{self.rule_id}: at most {most} failing rows are kept")

    @property
    def blocks(self) -> bool:
        """Whether this result alone keeps the build from being released."""
        return self.severity == "block" and not self.success

    @property
    def holds(self) -> bool:
        """Whether figures that this result names must be held back before the build can be released."""
        return self.severity == "hold" and not self.success


def kept_rows(severity: Severity) -> int:
    """How many failing rows a verdict keeps of a rule of this severity."""
    return MAX_HELD_ROWS if severity == "hold" else MAX_FAILING_ROWS


@dataclass(frozen=True)
class Verdict:
    """The verdict on one build.

    ``build_sha256`` is the sha256 of the judged ``warehouse.duckdb``, ``previous_sha256`` that of the release
    it was compared with (None: first release), ``rules_sha256`` that of the rules. ``passed`` must agree with
    the results: a verdict that says otherwise, or that passes without one rule judged, cannot be made
    (ValueError).
    """

    build_sha256: str
    passed: bool
    results: tuple[RuleResult, ...]
    previous_sha256: str | None = None
    rules_sha256: str = ""

    def __post_init__(self) -> None:
        ordered = sorted(self.results, key=lambda result: (result.suite, result.rule_id))
        object.__setattr__(self, "results", tuple(ordered))
        names = [(result.suite, result.rule_id) for result in ordered]
        if len(set(names)) != len(names):
            raise ValueError("two results carry the same suite and rule_id")
        if not _is_sha256(self.build_sha256):
            raise ValueError(f"build_sha256 must be 64 hexadecimal digits, not {self.build_sha256!r}")
        if self.passed and not self.results:
            raise ValueError("a verdict without a single judged rule cannot pass")
        if self.results and self.passed == any(result.blocks or result.holds for result in self.results):
            raise ValueError("'passed' does not agree with the results")

    @classmethod
    def of(
        cls,
        build_sha256: str,
        results: Sequence[RuleResult],
        *,
        previous_sha256: str | None = None,
        rules_sha256: str = "",
    ) -> Verdict:
        """The verdict that follows from the results: passed when nothing blocks and nothing is yet to be held
        back."""
        passed = bool(results) and not any(result.blocks or result.holds for result in results)
        return cls(build_sha256, passed, tuple(results), previous_sha256, rules_sha256)

    @property
    def blocking(self) -> tuple[RuleResult, ...]:
        """The failing results that keep the build from being released."""
        return tuple(result for result in self.results if result.blocks)

    @property
    def holding(self) -> tuple[RuleResult, ...]:
        """The failing results whose figures are to be held back; the build without them can be released."""
        return tuple(result for result in self.results if result.holds)

    @property
    def notes(self) -> tuple[RuleResult, ...]:
        """The failing results that readers are told of, but that do not block."""
        return tuple(r for r in self.results if not r.success and r.severity == "note")

    def to_bytes(self) -> bytes:
        """The file's exact bytes: UTF-8 JSON (RFC 8259), sorted keys, with its own sha256."""
        body = asdict(self)
        return _dump({**body, "sha256": _seal(body)})

    def save(self, path: Path) -> None:
        """Write the verdict in one step: a reader of ``path`` sees the old file or the new, never half."""
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.to_bytes())
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Verdict:
        """Read a verdict; raises BadInput when it is missing, malformed, or differs by one byte from what
        was written."""
        content = _read(path)
        body = _parse(path, content)
        found = body.pop("sha256", None)
        expected = _seal(body)
        if found != expected:
            raise BadInput.one(
                f"{path}: sha256", f"content with sha256 {expected}", f"the sealed {found}", _JUDGE_AGAIN
            )
        verdict = _from_body(path, body)
        if verdict.to_bytes() != content:
            raise BadInput.one(str(path), "bytes other than those written", "the exact file", _JUDGE_AGAIN)
        return verdict


_WORDS = ("where_found", "found", "expected", "remedy")


def row_text(row: Mapping[str, Scalar]) -> str:
    """One failing row in words: as an error of ours where it says what is wrong, else ``name=value, …``."""
    if set(row) >= set(_WORDS):
        where, found, expected, remedy = (str(row[word]) for word in _WORDS)
        return str(Problem(where, found, expected, remedy))
    return ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)


def remedies_of(rows: Sequence[Mapping[str, Scalar]]) -> str:
    """What failing rows themselves say is to be done, each sentence once; empty where none does."""
    return "; ".join(dict.fromkeys(str(row["remedy"]) for row in rows if row.get("remedy")))


def _is_sha256(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= _HEX


def _dump(body: Mapping[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _seal(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(body)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput.one(
            str(path), f"no readable file ({error.strerror})", "a verdict", _JUDGE_AGAIN
        ) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _parse(path: Path, content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadInput.one(str(path), f"no JSON ({error})", "a verdict in JSON", _JUDGE_AGAIN) from error
    if not isinstance(body, dict):
        raise BadInput.one(str(path), type(body).__name__, "one JSON object", _JUDGE_AGAIN)
    return cast("dict[str, Any]", body)


def _from_body(path: Path, body: dict[str, Any]) -> Verdict:
    _only_known(str(path), body, Verdict)
    rows = body["results"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput.one(f"{path}: results", "something else", "a list of objects", _JUDGE_AGAIN)
    for number, row in enumerate(rows):
        _only_known(f"{path}: results[{number}]", row, RuleResult)
    if not isinstance(body["passed"], bool):
        raise BadInput.one(f"{path}: passed", repr(body["passed"]), "true or false", _JUDGE_AGAIN)
    try:
        return Verdict(**{**body, "results": tuple(RuleResult(**row) for row in rows)})
    except (TypeError, ValueError) as error:
        raise BadInput.one(str(path), str(error), "a consistent verdict", _JUDGE_AGAIN) from error


def _only_known(where: str, body: Mapping[str, Any], kind: type[Verdict] | type[RuleResult]) -> None:
    names = {field.name for field in fields(kind)}
    if set(body) != names:
        unknown, missing = sorted(set(body) - names), sorted(names - set(body))
        raise BadInput.one(
            where, f"unknown keys {unknown}, missing keys {missing}", f"exactly {sorted(names)}", _JUDGE_AGAIN
        )
