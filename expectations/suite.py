"""Rules in plain words: ``suites/<mart>.yml`` → checked rules → Great Expectations.

A suite file is named after the mart it judges. Each rule says what it demands, how severe it is, why it is
demanded and what to do when it fails, in Chinese and English, and demands it in one of three ways:

* ``expectation``: the name and arguments of an expectation of Great Expectations;
* ``sql``: a query over ``{batch}`` (the mart) that must return no rows, sorted, so that a verdict is the same
  every time;
* ``ranges``: the name of a seed of the plan that gives, for each indicator, the lowest and highest believable
  value with its reason. They belong to a plan, so they stand with it and not here.

Everything unknown is an error that names the file, the key and the remedy.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raw.errors import BadInput, Problem
from warehouse.paths import dbt_project_dir
from warehouse.verdict import Owner, Severity

FIND_NO_ROWS = "expect_rule_to_find_no_rows"
BE_BELIEVABLE = "expect_indicator_values_to_be_believable"
"""Our own expectations, in expectations/custom.py."""

SUITES = Path(__file__).with_name("suites")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
IndicatorCode = Annotated[str, Field(pattern=r"^\d{2}$")]
Words = Annotated[str, Field(min_length=2)]
Model = TypeVar("Model", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """The same said in Chinese and in English."""

    zh: Words
    en: Words

    def __str__(self) -> str:
        return f"{self.zh.strip()} / {self.en.strip()}"


class Expectation(_Strict):
    """An expectation of Great Expectations: its snake_case name and its arguments."""

    type: Annotated[str, Field(pattern=r"^expect_[a-z0-9_]+$")]
    args: dict[str, Any] = {}


class Range(_Strict):
    """The believable values of one indicator of a plan, both ends included, in the plan's unit.

    ``area_code`` limits the range to one area; an empty one means every area.
    """

    plan_id: Words
    indicator_code: IndicatorCode
    area_code: str
    min_value: float
    max_value: float
    because_zh: Words
    because_en: Words

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if self.min_value >= self.max_value:
            raise ValueError("min_value must be less than max_value")
        return self


class Rule(_Strict):
    """One rule; see the module's docstring.

    ``needs: previous_release`` and ``needs_rows: <schema>.<table>`` say what there must be to judge by.
    Without it the rule passes, and its result says so.
    """

    id: Name
    what_zh: Words
    what_en: Words
    severity: Severity
    owner: Owner
    because: Text
    remedy: Text
    expectation: Expectation | None = None
    sql: str | None = None
    ranges: Name | None = None
    indicator_code_column: str | None = None
    needs: Literal["previous_release"] | None = None
    needs_rows: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")] | None = None

    @model_validator(mode="after")
    def _one_demand(self) -> Rule:
        if sum(demand is not None for demand in (self.expectation, self.sql, self.ranges)) != 1:
            raise ValueError("exactly one of expectation, sql and ranges is needed")
        if self.sql is not None:
            _check_sql(self.sql)
        return self


class SuiteFile(_Strict):
    """One ``suites/<mart>.yml``: ``key`` are the columns that tell a reader which row failed."""

    mart: Name
    title: Text
    key: Annotated[list[str], Field(min_length=1)]
    rules: Annotated[list[Rule], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_differ(self) -> SuiteFile:
        ids = [rule.id for rule in self.rules]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"rules: the id {name} is given twice")
        return self


@dataclass(frozen=True)
class Check:
    """One demand as the gate runs it: a rule, or one range of a rule.

    ``where`` limits the rows judged (column → value); ``arguments`` go to the expectation as they are;
    ``indicator_codes`` are ``plan_id/indicator_code``.
    """

    rule_id: str
    rule: Rule
    because: Text
    expectation_type: str
    arguments: dict[str, Any]
    where: dict[str, str] = field(default_factory=dict)
    indicator_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A checked suite file, with the sha256 of its bytes and of the seeds it reads."""

    path: Path
    mart: str
    title: Text
    key: tuple[str, ...]
    checks: tuple[Check, ...]
    sha256: str


def load_suites(folder: Path | None = None) -> list[Suite]:
    """Every suite of ``folder`` (default ``expectations/suites``), by name; raises BadInput with all that is
    wrong in all of them, or when there is none."""
    folder = folder or SUITES
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise BadInput.one(str(folder), "no suite", "at least one <mart>.yml", "restore expectations/suites")
    suites: list[Suite] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            suites.append(load_suite(path))
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return suites


def load_suite(path: Path) -> Suite:
    """Read and check one suite file; raises BadInput naming the file and the key of every mistake."""
    content = path.read_bytes()
    declared = parse_yaml(path, content, SuiteFile)
    if declared.mart != path.stem:
        raise BadInput.one(
            f"{path}: mart", declared.mart, path.stem, "name the file after the mart, or correct the key"
        )
    checks = tuple(check for rule in declared.rules for check in _checks_of(rule))
    seeds = [_ranges_path(rule.ranges).read_bytes() for rule in declared.rules if rule.ranges is not None]
    sha256 = hashlib.sha256(b"\0".join([content, *seeds])).hexdigest()
    return Suite(path, declared.mart, declared.title, tuple(declared.key), checks, sha256)


def rules_sha256(suites: Sequence[Suite]) -> str:
    """One sha256 over the names and bytes of the suites, whatever their order."""
    lines = sorted(f"{suite.mart} {suite.sha256}" for suite in suites)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def parse_yaml(path: Path, content: bytes, model: type[Model]) -> Model:
    """Read YAML into a model; raises BadInput naming the file and the key of every mistake."""
    try:
        document = yaml.load(content, Loader=_UniqueKeys)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput.one(str(path), f"no YAML ({error})", "YAML in UTF-8", "correct the syntax") from error
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BadInput(list(_problems(path, document, error))) from error


class _UniqueKeys(yaml.CSafeLoader):
    """YAML 1.2 (section 3.2.1.3) demands unique keys; PyYAML keeps the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _check_sql(sql: str) -> None:
    lowered = sql.lower()
    if "{batch}" not in lowered:
        raise ValueError("sql: must read the mart as {batch}")
    if "order by" not in lowered:
        raise ValueError("sql: must end in 'order by', so that the same build gives the same verdict")


def _checks_of(rule: Rule) -> Iterator[Check]:
    if rule.sql is not None:
        yield Check(rule.id, rule, rule.because, FIND_NO_ROWS, {"query": rule.sql})
    if rule.expectation is not None:
        yield Check(rule.id, rule, rule.because, rule.expectation.type, dict(rule.expectation.args))
    if rule.ranges is not None:
        yield from (_range_check(rule, range_) for range_ in _ranges(_ranges_path(rule.ranges)))


def _ranges_path(seed: str) -> Path:
    return dbt_project_dir() / "seeds" / "plan" / f"{seed}.csv"


def _ranges(path: Path) -> list[Range]:
    """The ranges of a seed; raises BadInput naming the file and the line of every mistake."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise BadInput.one(
            str(path), f"unreadable ({error.strerror})", "the ranges of the plan's indicators", "restore it"
        ) from error
    ranges: list[Range] = []
    problems: list[Problem] = []
    for line, row in enumerate(rows, start=2):
        try:
            ranges.append(Range.model_validate(row))
        except ValidationError as error:
            problems += _problems(path, {}, error, f", line {line}")
    seen = [(one.plan_id, one.indicator_code, one.area_code) for one in ranges]
    problems += [
        Problem(f"{path}: {' '.join(key).strip()}", f"{seen.count(key)} ranges", "one", "keep one of them")
        for key in sorted(set(seen))
        if seen.count(key) > 1
    ]
    if problems:
        raise BadInput(problems)
    return ranges


def _range_check(rule: Rule, range_: Range) -> Check:
    where = {"plan_id": range_.plan_id, "indicator_code": range_.indicator_code}
    if range_.area_code:
        where["area_code"] = range_.area_code
    rule_id = ".".join([rule.id, *where.values()])
    arguments = {"min_value": range_.min_value, "max_value": range_.max_value, "where": where}
    because = Text(zh=range_.because_zh, en=range_.because_en)
    codes = (f"{range_.plan_id}/{range_.indicator_code}",)
    return Check(rule_id, rule, because, BE_BELIEVABLE, arguments, where, codes)


def _problems(path: Path, document: object, error: ValidationError, line: str = "") -> Iterator[Problem]:
    for mistake in error.errors(include_url=False):
        where = f"{path}{line}: {_key_of(document, mistake['loc'])}"
        if mistake["type"] == "extra_forbidden":
            yield Problem(where, "an unknown key", "a known key", _did_you_mean(mistake["loc"]))
        elif mistake["type"] == "missing":
            yield Problem(where, "nothing", "a value", "add the key")
        else:
            found = repr(mistake["input"])
            shown = found if len(found) <= 60 else found[:57] + "…"
            yield Problem(where, shown, mistake["msg"], "correct the value")


def _key_of(document: object, location: tuple[int | str, ...]) -> str:
    """The key as a reader finds it: list items by their id where they have one."""
    parts: list[str] = []
    at: Any = document
    for step in location:
        inside = isinstance(at, dict) and step in at
        inside = inside or (isinstance(at, list) and isinstance(step, int) and step < len(at))
        at = at[step] if inside else None
        name = at.get("id") or at.get("indicator_code") if isinstance(at, dict) else None
        parts.append(f"{step}" if not isinstance(step, int) else f"[{name or step}]")
    return ".".join(parts).replace(".[", "[") or "the whole file"


def _did_you_mean(location: tuple[int | str, ...]) -> str:
    known = {name for model in (SuiteFile, Rule, Expectation, Range, Text) for name in model.model_fields}
    close = difflib.get_close_matches(str(location[-1]), sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else "remove it"
