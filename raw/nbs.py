"""What the two data services of the National Bureau of Statistics have in common, and what is asked of both.

Regions are codes of GB/T 2260, six digits; ``000000`` is the nation. Qingdao (370200) is a city with planning
status of its own: it stands in the city databases only, and its province (370000) never stands in for it.
Periods are SDMX literals here; each service has its own codes for them.
"""

from __future__ import annotations

import json
import logging
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.fetch import BadBody, Fetched
from raw.readers import PERIOD, Rows

logger = logging.getLogger(__name__)

# Whatever JSON can hold; ``member`` looks into it and says what is missing.
Json: TypeAlias = Any

NATION = "000000"
# The day on which the release library took the place of the query page that had stood for fifteen years.
MOVED_ON = date(2026, 3, 27)
# Both services are asked at most three times a second.
INTERVAL = 0.34
_OTHER_LAYOUT = "the publisher changed the layout: adapt raw/readers"
AGAIN = "pull again later; if it stays so, look at the publisher's page in a browser"
# The base period in a catalogue's name: 全国居民消费价格分类指数(上年同月=100)(2021-2025).
BASE_PERIOD = re.compile(r"\((\d{4})?-(\d{4})?\)$", re.ASCII)


@dataclass(frozen=True)
class Database:
    """What its figures are: ``frequency`` M, Q or A, of which ``areas``; None and "" where not documented."""

    frequency: str | None
    areas: str = ""


NATIONAL, PROVINCIAL, MUNICIPAL = "the nation", "provinces", "main cities"
# Of the query page: 国家、分省、主要城市、港澳台、国际; month, quarter, year.
QUERY_PAGE = {
    "hgyd": Database("M", NATIONAL), "hgjd": Database("Q", NATIONAL), "hgnd": Database("A", NATIONAL),
    "fsyd": Database("M", PROVINCIAL), "fsjd": Database("Q", PROVINCIAL), "fsnd": Database("A", PROVINCIAL),
    "csyd": Database("M", MUNICIPAL), "csnd": Database("A", MUNICIPAL),
    "gatyd": Database("M"), "gatnd": Database("A"), "gjyd": Database("M"), "gjnd": Database("A"),
}  # fmt: skip
# Of the library; of 9 to 14 (Hong Kong, Macao, Taiwan; the world) it is not told which is of what frequency.
LIBRARY = {
    "1": Database("M", NATIONAL), "2": Database("Q", NATIONAL), "3": Database("A", NATIONAL),
    "4": Database("M", PROVINCIAL), "5": Database("Q", PROVINCIAL), "6": Database("A", PROVINCIAL),
    "7": Database("M", MUNICIPAL), "8": Database("A", MUNICIPAL),
    **{code: Database(None) for code in ("9", "10", "12", "13", "14")},
}  # fmt: skip
# Beijing, Tianjin, Shanghai, Chongqing: provinces and main cities both.
MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000"})


class Question(BaseModel):
    """One question of the feed file: which series of which catalogue, of one region, from when on.

    ``catalogue`` is its id, or ``catalogue_name`` the name under which the publisher's own tree has it.
    ``first`` and ``last`` are SDMX periods, ``last`` the end of a base period. ``units`` names the indicators
    that must come back, each with the unit the publisher prints ("" for none).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str = Field(min_length=1)
    catalogue: str | None = None
    catalogue_name: str | None = None
    region: str = Field(default=NATION, pattern=r"^\d{6}$")
    region_name: str = "全国"
    first: str = Field(pattern=rf"^{PERIOD.pattern}$")
    last: str | None = Field(default=None, pattern=rf"^{PERIOD.pattern}$")
    units: dict[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way_to_the_catalogue(self) -> Self:
        if (self.catalogue is None) == (self.catalogue_name is None):
            raise ValueError("either `catalogue` or `catalogue_name`")
        return self

    def periods(self, as_of: date) -> list[str]:
        """The periods asked for, oldest first: up to the one in which ``as_of`` lies."""
        newest = period_of(as_of, self.first)
        return list(every_period(self.first, min(newest, self.last or newest)))


@dataclass(frozen=True)
class Entry:
    """One figure of an answer, or the placeholder of one that is not published (``value`` is None).

    ``value`` is the published one, rounded; ``unrounded`` what a service sends beside it, or None.
    """

    region: str
    region_name: str | None
    indicator: str
    name: str
    unit: str
    time_code: str
    period: str
    value: str | None
    unrounded: str | None
    place: str


@dataclass(frozen=True)
class Reply:
    """An answer understood: its entries, and every period it speaks of, published or not."""

    entries: list[Entry]
    periods: list[str]

    def rows(self) -> Rows:
        """The figures as rows of the one contract; a placeholder is no observation and no zero."""
        published = [entry for entry in self.entries if entry.value is not None]
        return Rows(list(COLUMNS), [_record(entry) for entry in published], [one.place for one in published])


def published_rows(reply: Reply, where: str) -> Rows:
    """The published figures as rows; ``BadInput`` where there is none."""
    rows = reply.rows()
    if not rows.records:
        raise BadInput.one(
            where,
            f"{len(reply.entries)} entries, none of them published (placeholders only)",
            "at least one published figure",
            "nothing is lost: keep an answer about a catalogue, region and period with something published",
        )
    return rows


def database_problems(
    reply: Reply, facts: Mapping[str, str], known: Mapping[str, Database], file_name: str
) -> Iterator[Problem]:
    """Where the database said beside a kept answer cannot be the one of its figures.

    The answer does not name it, but its time codes have a frequency, and the region said beside it a kind.
    """
    said, region = facts["DATABASE"], facts["REGION"]
    where, remedy = (
        f"{file_name}, DATABASE",
        "correct DATABASE beside the file, or keep the answer of that one",
    )
    if said not in known:
        yield Problem(where, repr(said), f"one of {', '.join(known)}", remedy)
        return
    database = known[said]
    frequencies = {_frequency_of(entry.period) for entry in reply.entries}
    if database.frequency and frequencies - {database.frequency}:
        found = f"{said}, and figures of frequency {', '.join(sorted(frequencies))}"
        yield Problem(where, found, f"{database.frequency}, the frequency of {said}", remedy)
    if not _is_of(region, database.areas):
        yield Problem(where, f"{said}, and REGION {region}", f"{database.areas}, of which {said} is", remedy)


def _frequency_of(period: str) -> str:
    return "Q" if "-Q" in period else "M" if "-" in period else "A"


def _is_of(region: str, areas: str) -> bool:
    """Whether a region can stand in a database of such areas; a province's code ends in 0000."""
    is_province = region.endswith("0000") and region != NATION
    return {
        NATIONAL: region == NATION,
        PROVINCIAL: is_province,
        MUNICIPAL: region in MUNICIPALITIES or not (is_province or region == NATION),
    }.get(areas, True)


COLUMNS = (
    "REGION", "REGION_NAME", "INDICATOR_CODE", "INDICATOR_NAME", "UNIT", "TIME_CODE", "TIME_PERIOD",
    "OBS_VALUE", "OBS_VALUE_UNROUNDED",
)  # fmt: skip


def _record(entry: Entry) -> dict[str, str | None]:
    cells = (
        entry.region, entry.region_name, entry.indicator, entry.name, entry.unit or None, entry.time_code,
        entry.period, entry.value, entry.unrounded,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def json_of(content: bytes, where: str) -> Json:
    """The JSON of an answer, its decimals as they were written.

    Raises ``BadInput`` for anything else: the firewall answers with a page and status 200.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput.one(
            where, f"bytes that are not UTF-8 at position {error.start}", "JSON in UTF-8", AGAIN
        ) from error
    if text.lstrip()[:1] not in ("{", "["):
        found = f"no JSON: {' '.join(text.split())[:60]!r}" if text.strip() else "an empty body"
        raise BadInput.one(where, found, "JSON, which begins with { or [", AGAIN)
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:  # also a number of more digits than Python converts
        raise BadInput.one(
            where, f"JSON that breaks off or is broken ({str(error)[:80]})", "a whole JSON message", AGAIN
        ) from error


def shown(said: Json) -> str:
    """What stands somewhere, for a message: short, and never deeper than a few levels."""
    return said[:200] if isinstance(said, str) else reprlib.repr(said)[:60]


def member(holder: Json, name: str, where: str) -> Json:
    """A member of a JSON object; raise ``BadInput`` naming the one that is missing."""
    if not isinstance(holder, dict) or name not in holder:
        found = f"the members {', '.join(holder)[:200]}" if isinstance(holder, dict) else shown(holder)
        raise BadInput.one(where, found, f"a member {name!r}", _OTHER_LAYOUT)
    return holder[name]


def list_member(holder: Json, name: str, where: str) -> list[Json]:
    """A member of a JSON object that is a list; raise ``BadInput`` for none, and for anything else."""
    return listed(member(holder, name, where), f"{where}, {name}")


def listed(said: Json, where: str) -> list[Json]:
    """What must be a list; raise ``BadInput`` for anything else, null among it."""
    if not isinstance(said, list):
        raise BadInput.one(where, shown(said), "a list", _OTHER_LAYOUT)
    return said


def text_member(holder: Json, name: str, where: str) -> str:
    """A member of a JSON object that is text, "" for null; raise ``BadInput`` for none or anything else."""
    said = member(holder, name, where)
    if said is not None and not isinstance(said, str):
        raise BadInput.one(f"{where}, {name}", shown(said), "text", _OTHER_LAYOUT)
    return said or ""


def figure_member(holder: Json, name: str, where: str) -> str:
    """A member of a JSON object that is a number or its text, as written, "" for null; else ``BadInput``."""
    said = member(holder, name, where)
    if isinstance(said, bool) or (said is not None and not isinstance(said, str | int | float)):
        raise BadInput.one(f"{where}, {name}", shown(said), "a figure", _OTHER_LAYOUT)
    return "" if said is None else str(said)


def verify(reply: Reply, question: Question, asked: Sequence[str], answer: Fetched) -> None:
    """Hold an answer against what was asked; raises ``BadBody`` with the bytes.

    Every named indicator must be there in its unit. From the first period asked to the newest that came
    there may be no gap: unpublished periods come as placeholders, so a missing one means half an answer.
    """
    where = f"{answer.url}, catalogue {question.catalogue or question.catalogue_name}"
    for name, unit in question.units.items():
        # One entry in another unit is enough: it may be the only period that was spoiled.
        units = {entry.unit for entry in reply.entries if entry.name == name}
        if reply.entries and units != {unit}:
            told = " and ".join(sorted(other or "no unit" for other in units))
            found = f"{name} in {told}" if units else f"no indicator {name}"
            raise _refused(where, found, f"{name} in {unit or 'no unit'}", answer)
    newest = max(reply.periods, default="")
    missing = [period for period in asked if period <= newest and period not in reply.periods]
    if missing:
        said = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
        raise _refused(where, f"no entry for {said}", f"one for every period from {asked[0]} on", answer)


def _refused(where: str, found: str, expected: str, answer: Fetched) -> BadBody:
    return BadBody(Problem(where, found, expected, AGAIN), answer.content)


class Service(Protocol):
    """What a door of one of the two services can do."""

    def catalogues(self, question: Question) -> list[str]:
        """Ids of the catalogues to ask, one for each base period."""
        ...

    def data(self, question: Question, catalogue: str, asked: list[str]) -> Fetched:
        """The answer about one catalogue, from the first period asked to the last."""
        ...


def answers(
    service: Service, questions: Sequence[Question], as_of: date, read: Callable[[bytes, str], Reply]
) -> Iterator[Extract]:
    """One download for each catalogue with something published in it.

    Neither service can be asked for a past day: what stands there on a later one is left out.
    """
    for question in questions:
        asked = question.periods(as_of)
        for catalogue in service.catalogues(question) if asked else []:
            answer = service.data(question, catalogue, asked)
            if answer.answered_on > as_of:
                logger.warning(
                    "%s says only what stands there on %s; left out", answer.url, answer.answered_on
                )
                return
            name = f"{question.database}_{catalogue}_{question.region}.json"
            if _is_worth_landing(read, answer, question, asked, name):
                yield _extract(answer, question, catalogue, name)


def _is_worth_landing(
    read: Callable[[bytes, str], Reply], answer: Fetched, question: Question, asked: list[str], name: str
) -> bool:
    """Whether anything is published; an answer that cannot be read goes on, to be kept and told."""
    try:
        reply = read(answer.content, name)
    except Exception:  # noqa: BLE001 (landing meets it again, keeps the bytes and tells it with its traceback)
        return True
    verify(reply, question, asked, answer)
    published = bool(reply.rows().records)
    if not published:
        logger.info("%s: nothing published for %s yet", answer.url, question.region)
    return published


def _extract(answer: Fetched, question: Question, catalogue: str, name: str) -> Extract:
    return Extract(
        originals=(Original(name, answer.content),),
        url=answer.url,
        media_type=answer.media_type,
        facts={"DATABASE": question.database, "CATALOGUE_ID": catalogue, "REGION": question.region},
        origin=answer.origin,
    )


def catalogues_named(leaves: Sequence[tuple[str, str]], name: str, where: str) -> list[str]:
    """Ids of the catalogues of that name, whatever base period stands behind it; at least one."""
    found = [identity for identity, title in leaves if BASE_PERIOD.sub("", title).strip() == name]
    if not found:
        titles = ", ".join(title for _, title in leaves[:8])
        raise BadInput.one(
            where,
            f"no {name!r} among {titles} …",
            "a catalogue of that name",
            "look the name up in the publisher's page and correct catalogue_name in the feed file",
        )
    return found


def period_of(day: date, like: str) -> str:
    """The period in which a day lies, of the frequency of the period ``like``."""
    if "-Q" in like:
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}-{day.month:02}" if "-" in like else str(day.year)


def every_period(first: str, last: str) -> Iterator[str]:
    """All periods of a frequency from the first to the last."""
    year, _, part = first.partition("-")
    width, mark = (4, "Q") if part.startswith("Q") else (12, "") if part else (1, "")
    number = int(year) * width + (int(part.removeprefix("Q")) - 1 if part else 0)
    while (period := _period(number, width, mark)) <= last:
        yield period
        number += 1


def _period(number: int, width: int, mark: str) -> str:
    year, part = divmod(number, width)
    if width == 1:
        return str(year)
    return f"{year}-Q{part + 1}" if mark else f"{year}-{part + 1:02}"
