"""One feed file, understood: the typed and validated meaning of ``raw/feeds/<feed>.yml``.

Everything that is wrong in a file is told at once, each with its key, what was expected and the remedy.
"""

from __future__ import annotations

import difflib
import importlib
import os
import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self, TypeGuard

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from raw.doors import Origin, known_doors
from raw.errors import BadInput, Problem
from raw.readers import is_date, known_formats

ColumnType = Literal["code", "text", "decimal", "date", "period"]

DEFAULT_FEEDS = Path(__file__).parent / "feeds"

# A name is a path, a table and a DAG id at once (law 1), so it must be good as all of them.
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
MONTHLY_CRON = re.compile(r"[0-5]?\d ([01]?\d|2[0-3]) (0?[1-9]|1\d|2[0-8]) \* \*", re.ASCII)

# Lineage that staging adds to every table (see raw/generate.py): not free for a declared column.
LINEAGE_NAMES = (
    "row_number",
    "place",
    "landing_vintage_date",
    "landing_id",
    "file_sha256",
    "origin",
    "retrieved_at",
    "first_seen_date",
)
# DuckDB 1.5, `select keyword_name from duckdb_keywords() where keyword_category = 'reserved'`.
# fmt: off
RESERVED_WORDS = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast",
    "check", "collate", "column", "constraint", "create", "default", "deferrable", "desc", "describe",
    "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "from", "group",
    "having", "in", "initially", "intersect", "into", "lambda", "lateral", "leading", "limit", "not",
    "null", "offset", "on", "only", "or", "order", "pivot", "pivot_longer", "pivot_wider", "placing",
    "primary", "qualify", "references", "returning", "select", "show", "some", "summarize", "symmetric",
    "table", "then", "to", "trailing", "true", "union", "unique", "unpivot", "using", "variadic", "when",
    "where", "window", "with",
})
# fmt: on


class Strict(BaseModel):
    """Base of all parts of a feed: nothing unknown is let through, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Publisher(Strict):
    """Who says it."""

    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    url: str = Field(pattern=r"^https?://\S+$")


class Exceptional(Strict):
    """What is otherwise about some months of every year: ``months`` as numbers 1 to 12.

    With ``published: false`` nothing is ever said about them (January of a cumulative table, the months that
    do not end a quarter). Else the days given go before those of the schedule; ``because`` says why.
    """

    months: list[int] = Field(min_length=1)
    published: bool = True
    expected_day: int | None = Field(default=None, ge=1, le=31)
    months_after: int | None = Field(default=None, ge=1, le=12)
    late_after_days: int | None = Field(default=None, ge=0)
    because: str = Field(min_length=1)

    @field_validator("months")
    @classmethod
    def _months_of_a_year(cls, value: list[int]) -> list[int]:
        if not all(1 <= month <= 12 for month in value) or len(set(value)) < len(value):
            raise ValueError("different months as numbers from 1 (January) to 12")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        said = [self.expected_day, self.months_after, self.late_after_days]
        if self.published and said == [None, None, None]:
            raise ValueError("`published: false`, or the day that is otherwise (`expected_day`, …)")
        if not self.published and said != [None, None, None]:
            raise ValueError("no day at all with `published: false`: nothing is expected about these months")
        return self


class Schedule(Strict):
    """When it is expected: once a month, days counted in the month after the reference month.

    ``cron`` names minute, hour and day only: each run fills the partition of one reference month.
    ``months_after`` moves the expected day to a later month, ``shift_to_working_day`` from a weekend to the
    Monday after it (public holidays are not known here), ``exceptions`` say what is otherwise about some
    months. ``raw/publishing_calendar.py`` works the days out.
    """

    cron: str
    expected_day: int = Field(ge=1, le=31)
    months_after: int = Field(default=1, ge=1, le=12)
    late_after_days: int = Field(ge=0)
    freshness_days: int = Field(default=45, ge=1)
    shift_to_working_day: bool = False
    exceptions: list[Exceptional] = []

    @field_validator("cron")
    @classmethod
    def _once_a_month(cls, value: str) -> str:
        if not MONTHLY_CRON.fullmatch(value):
            raise ValueError("minute, hour and a day up to 28 of every month, as in '0 8 20 * *'")
        return value

    @model_validator(mode="after")
    def _one_exception_a_month(self) -> Self:
        months = [month for exceptional in self.exceptions for month in exceptional.months]
        twice = sorted({month for month in months if months.count(month) > 1})
        if twice:
            raise ValueError(
                f"every month in one of `exceptions` only; {', '.join(map(str, twice))} is in two"
            )
        return self

    def exception_of(self, month_number: int) -> Exceptional | None:
        """What is otherwise about the month of that number, if anything is."""
        return next((one for one in self.exceptions if month_number in one.months), None)


class Column(Strict):
    """One column as the publisher names it; ``name`` is its name from staging on (default: lower case).

    ``missing`` lists what stands there where nothing is to be said ("?", "-"), ``missing_with`` a column
    beside it whose missing makes this one say nothing either (the quantity of a unit that is "?"): both are
    NULL from staging on. ``thousands`` says that commas group the digits of a decimal, and must.
    """

    type: ColumnType
    required: bool = False
    description_zh: str = Field(min_length=1)
    description_en: str = Field(min_length=1)
    unit: str | None = None
    pattern: str | None = None
    missing: list[str] = []
    missing_with: str | None = None
    thousands: bool = False
    name: str | None = Field(default=None, pattern=rf"^{NAME.pattern}$")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from error
        return value


class MustHave(Strict):
    """Rows that a file always has: ``values`` of ``column``, for each value of ``of_each``.

    A table without one of them is half a table, and what it leaves out would count as withdrawn.
    """

    column: str
    of_each: str
    values: list[str] = Field(min_length=1)


class Calendar(Strict):
    """How the rows of a table tell which months have come, where the only period of its scope does not.

    ``column`` holds a month, a day or a longer period. Of days, a month has come when one of its last seven
    has. ``through`` names the month up to which a file of a whole year speaks, each month of it. ``since``
    and ``until`` bound the months that are promised at all.
    """

    column: str | None = None
    through: str | None = None
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}$")
    until: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}$")


class Table(Strict):
    """One table of a feed.

    ``key`` is the grain. ``scope`` names the columns whose values say which part of the table a file
    replaces ("all": every file replaces the whole). ``control`` names the publisher's own totals that
    must come with every file, ``must_have`` the rows without which a file is refused. ``facts`` are the
    columns that do not stand in the file but are said beside it. ``doors`` are the table's own ways in, each
    with its request, where they are not the feed's. ``microdata`` marks records of single units
    (declarations, station hours, ship positions), by the million and not for publication: their staging is a
    view, which no released file holds. ``optional`` marks a part of a file that its sender may leave out or
    empty, and ``calendar`` says how the rows tell which months have come, or ``none`` for a table that nobody
    promised each month.
    """

    format: str
    doors: dict[str, dict[str, Any]] = {}
    facts: list[str] = []
    key: list[str] = Field(min_length=1)
    scope: Literal["all"] | list[str] = "all"
    columns: dict[str, Column] = Field(min_length=1)
    control: list[Literal["row_count", "byte_count"]] = []
    must_have: MustHave | None = None
    microdata: bool = False
    optional: bool = False
    calendar: Literal["none"] | Calendar = Calendar()

    def staging_name(self, column: str) -> str:
        """Name of a column from staging on."""
        return self.columns[column].name or column.lower()

    @property
    def month_column(self) -> str | None:
        """The column that says which period a row is about; None for a table without a calendar.

        The declared one, else the only period of the scope, of the key or of the facts.
        """
        if self.calendar == "none":
            return None
        if self.calendar.column is not None:
            return self.calendar.column
        for names in (self.scope_columns, self.key):
            periods = [name for name in names if self.columns[name].type == "period"]
            if len(periods) == 1:
                return periods[0]
        periods = [name for name in self.facts if self.columns[name].type == "period"]
        return periods[0] if len(periods) == 1 else None

    @property
    def scope_columns(self) -> list[str]:
        """Columns of the scope; empty where a file replaces the whole table."""
        return [] if self.scope == "all" else list(self.scope)

    @field_validator("doors")
    @classmethod
    def _there_are_doors(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            _check_door(name)
        return value

    @field_validator("format")
    @classmethod
    def _has_a_reader(cls, value: str) -> str:
        if value not in known_formats():
            raise ValueError(f"one of {', '.join(known_formats())}{did_you_mean(value, known_formats())}")
        return value

    @model_validator(mode="after")
    def _names_hold(self) -> Self:
        must_have = [self.must_have.column, self.must_have.of_each] if self.must_have else []
        months = [] if self.calendar == "none" else [self.calendar.column, self.calendar.through]
        named = {"key": self.key, "scope": self.scope_columns, "facts": self.facts, "must_have": must_have}
        named["calendar"] = [name for name in months if name is not None]
        for key, names in named.items():
            for name in names:
                if name not in self.columns:
                    hint = did_you_mean(name, list(self.columns))
                    raise ValueError(f"`{key}` to name declared columns; {name!r} is not one{hint}")
        self._check_key()
        self._check_missing()
        self._check_staging_names()
        return self

    def _check_missing(self) -> None:
        for name, column in self.columns.items():
            beside = column.missing_with
            if beside is not None and beside not in self.columns:
                hint = did_you_mean(beside, list(self.columns))
                raise ValueError(
                    f"`missing_with` of {name} to name a declared column; {beside!r} is none{hint}"
                )

    def _check_key(self) -> None:
        optional = [name for name in self.key if not self.columns[name].required]
        if optional:
            raise ValueError(f"`required: true` on every column of `key`; missing on {', '.join(optional)}")
        outside = [name for name in self.scope_columns if name not in self.key]
        if outside:
            raise ValueError(
                f"every column of `scope` to stand in `key` too, or two scopes could hold one row twice; "
                f"missing there: {', '.join(outside)}"
            )

    def _check_staging_names(self) -> None:
        seen: dict[str, str] = {}
        for column in self.columns:
            name = self.staging_name(column)
            if not NAME.fullmatch(name) or name in RESERVED_WORDS:
                raise ValueError(f"column {column!r} to have a `name` like area_code that SQL leaves free")
            if name in LINEAGE_NAMES:
                raise ValueError(f"column {column!r} to have another `name`: {name} is added by staging")
            if name in seen:
                raise ValueError(f"columns {seen[name]!r} and {column!r} to have different names in staging")
            seen[name] = column


class Feed(Strict):
    """One declared feed: name = path = table = DAG.

    ``units`` are who answers for it, ``notes`` its traps in order of pain, ``never_met`` what was built from
    a description and never seen live. ``undetectable`` names faults of the publisher that nothing in a file
    tells from good data (``half_month``), each with the reason.
    """

    feed: str = Field(pattern=rf"^{NAME.pattern}$")
    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    publisher: Publisher
    licence: str = Field(min_length=1)
    origin: Origin
    door: str | None = None
    schedule: Schedule
    request: dict[str, Any] = {}
    tables: dict[str, Table] = Field(min_length=1)
    units: list[str] = Field(min_length=1)
    notes: list[str] = []
    never_met: list[str] = []
    undetectable: dict[str, str] = {}

    @property
    def base_url(self) -> str:
        """Address of an HTTP feed: env ``RAW_<FEED>_URL`` before ``request.base_url``; no slash at the end.

        Raises ``BadInput`` where neither says anything.
        """
        variable = f"RAW_{self.feed.upper()}_URL"
        url = os.environ.get(variable) or self.request.get("base_url")
        if not isinstance(url, str) or not url:
            raise BadInput.one(
                where=f"feed {self.feed}, key request.base_url",
                found="nothing",
                expected="the address of the publisher's service",
                remedy=f"write it in the feed file, or set {variable}",
            )
        return url.rstrip("/")

    def table(self, name: str) -> Table:
        """Return one table; raise ``BadInput`` naming those there are."""
        if name not in self.tables:
            raise BadInput.one(
                where=f"feed {self.feed}",
                found=f"table {name!r}",
                expected=f"one of {', '.join(self.tables)}",
                remedy="correct the name",
            )
        return self.tables[name]

    def ways(self, table_name: str) -> dict[str, dict[str, Any]]:
        """Doors of a table, each with its request: the table's own, else the feed's."""
        own = self.table(table_name).doors
        return own or ({self.door: self.request} if self.door else {})

    @field_validator("door")
    @classmethod
    def _there_is_a_door(cls, value: str | None) -> str | None:
        if value is not None:
            _check_door(value)
        return value

    @model_validator(mode="after")
    def _every_table_has_a_way_in(self) -> Self:
        closed = [name for name, table in self.tables.items() if not table.doors]
        if closed and self.door is None:
            raise ValueError(f"a `door` of the feed, or `doors` of each table; none for {', '.join(closed)}")
        return self

    @field_validator("tables")
    @classmethod
    def _table_names(cls, value: dict[str, Table]) -> dict[str, Table]:
        bad = [name for name in value if not NAME.fullmatch(name)]
        if bad:
            raise ValueError(f"table names like customs_lines (small letters, digits, single _); not {bad}")
        return value


def _check_door(name: str) -> None:
    if name not in known_doors():
        raise ValueError(f"one of {', '.join(known_doors())}{did_you_mean(name, known_doors())}")


def did_you_mean(word: str, known: list[str]) -> str:
    """Return " (did you mean 'x'?)" for a near miss, else nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


class _LoudLoader(yaml.SafeLoader):
    """YAML without its silent traps: a key that stands twice is an error, dates and yes/no stay text."""


def _mapping_without_repeats(loader: _LoudLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_LoudLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)
# In YAML 1.1 `NO` is false and 2022-12-01 a date; column names and defaults must stay as written.
_LoudLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_LoudLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def feeds_root(root: Path | None = None) -> Path:
    """Folder of the feed files: ``root``, else env RAW_FEEDS, else raw/feeds."""
    return root or Path(os.environ.get("RAW_FEEDS") or DEFAULT_FEEDS)


def load_feed(path: Path) -> Feed:
    """Read one feed file; raise ``BadInput`` with all that is wrong in it."""
    try:
        state = path.stat()
    except OSError as error:
        raise BadInput.one(str(path), error.strerror or "nothing", "a feed file", "restore it") from error
    return _loaded(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _loaded(path: Path, mtime_ns: int, size: int) -> Feed:  # noqa: ARG001 (a state of the file)
    """Understand a file once in each of its states: Airflow parses all of them for every run of a DAG."""
    content = _load_yaml(path)
    try:
        feed = Feed.model_validate(content)
    except ValidationError as error:
        raise BadInput([_problem(path, detail, Feed) for detail in error.errors()]) from error
    if feed.feed != path.stem:
        raise BadInput.one(
            where=f"{path}, key feed",
            found=repr(feed.feed),
            expected=f"{path.stem!r}, the name of the file",
            remedy="rename the file or the feed: name = path = table = DAG",
        )
    _check_request(path, feed)
    return feed


def declared_feeds(root: Path | None = None) -> list[Feed]:
    """All feeds of the folder by name; raise ``BadInput`` with the problems of all files."""
    feeds: list[Feed] = []
    problems: list[Problem] = []
    for path in sorted(feeds_root(root).glob("*.yml")):
        try:
            feeds.append(load_feed(path))
        except BadInput as error:
            problems.extend(error.problems)
    if problems:
        raise BadInput(problems)
    return feeds


def find_feed(name: str, root: Path | None = None) -> Feed:
    """Load the feed of that name; raise ``BadInput`` naming those there are."""
    folder = feeds_root(root)
    known = sorted(path.stem for path in folder.glob("*.yml"))
    if name not in known:
        raise BadInput.one(
            where=str(folder),
            found=f"no feed {name!r}{did_you_mean(name, known)}",
            expected=f"one of {', '.join(known) or '(none declared)'}",
            remedy=f"correct the name, or declare it: python -m raw new {name}",
        )
    return load_feed(folder / f"{name}.yml")


def parse_as_of(text: str) -> date:
    """``YYYY-MM-DD`` as a date; ``BadInput`` for anything else."""
    if not is_date(text):
        raise BadInput.one("--as-of", repr(text), "a date as in 2023-04-30", "correct the date")
    return date.fromisoformat(text)


def parse_month(text: str) -> str:
    """``YYYY-MM`` unchanged; ``BadInput`` for anything else."""
    if not MONTH.fullmatch(text):
        raise BadInput.one("--month", repr(text), "a month as in 2022-12", "correct the month")
    return text


def _load_yaml(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LoudLoader)  # noqa: S506 (a SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput.one(
            where=str(path),
            found=" ".join(str(error).split()),
            expected="a YAML file in UTF-8",
            remedy="correct the file at that place; compare with one that `python -m raw new` writes",
        ) from error


def _check_request(path: Path, feed: Feed) -> None:
    """Let every door say which keys its request has (a model named ``Request`` in its module)."""
    ways: list[tuple[tuple[str, ...], str, dict[str, Any]]] = []
    if feed.door:
        ways.append((("request",), feed.door, feed.request))
    problems: list[Problem] = []
    for name, table in feed.tables.items():
        ways += [(("tables", name, "doors", door), door, request) for door, request in table.doors.items()]
    for place, door, request in ways:
        model = getattr(importlib.import_module(f"raw.doors.{door}"), "Request", None)
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        try:
            model.model_validate(request)
        except ValidationError as error:
            details = [{**detail, "loc": (*place, *detail["loc"])} for detail in error.errors()]
            problems += [_problem(path, detail, model, depth=len(place)) for detail in details]  # type: ignore[arg-type]
    if problems:
        raise BadInput(problems)


def _problem(path: Path, detail: ErrorDetails, model: type[BaseModel], depth: int = 0) -> Problem:
    """Turn one validation error into file, key, found, expected and remedy."""
    location = [str(part) for part in detail["loc"]]
    where = f"{path}, key {'.'.join(location)}" if location else str(path)
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, location[depth:-1])
        return Problem(
            where=where,
            found=f"an unknown key {location[-1]!r}{did_you_mean(location[-1], known)}",
            expected=f"one of {', '.join(known)}",
            remedy="correct or remove the key",
        )
    if detail["type"] == "missing":
        return Problem(where, "nothing", "a value: the key is mandatory", "add the key")
    expected = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(where, _shortened(detail.get("input")), expected, "correct the value")


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_at(model: type[BaseModel], location: list[str]) -> list[str]:
    """Keys allowed at a place, found by walking the model along the place's names."""
    for part in location:
        field = model.model_fields.get(part)
        if field is None:
            continue  # a name chosen by the author: of a table, of a column
        nested = [argument for argument in _arguments(field.annotation) if _is_model(argument)]
        if nested:
            model = nested[0]
    return list(model.model_fields)


def _arguments(annotation: object) -> list[object]:
    return [annotation, *getattr(annotation, "__args__", ())]


def _is_model(candidate: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)
