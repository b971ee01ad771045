"""An SDMX-REST service: the data of one dataflow, with its structure and its control total.

The questions are built by pysdmx for SDMX-REST 2.2.0: ``asOf`` the end of the as-of date in China, with
``includeHistory``, because every version a source published is a fact of its own. The structure message comes
first and the data are held against it here, where both are at hand; the availability message gives obs_count.

SDMX-REST has no ``asOf`` for availability. It is sent all the same, with ``includeHistory``: a service that
knows it (the replica does) counts exactly what is asked for. Where one does not, the request says
``counts_history: false`` and no control total is taken, rather than a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from email.utils import parsedate_to_datetime

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from pysdmx.api.qb import ApiVersion, AvailabilityQuery, DataContext, DataQuery, StructureQuery, StructureType
from pysdmx.api.qb.structure import StructureReference
from pysdmx.errors import Invalid

from raw.doors import Extract, Original
from raw.errors import BadInput, Problem
from raw.feed import Feed, Table
from raw.fetch import CHINA, BadBody, Fetched, Policy, fetch
from raw.readers import sdmx_csv

DATA_TYPE = "application/vnd.sdmx.data+csv;version=2.0.0"
STRUCTURE_TYPE = "application/vnd.sdmx.structure+json;version=2.0.0"
AVAILABILITY_FILE = "availability.json"
_VERSION = ApiVersion.V2_2_0


class Request(BaseModel):
    """Keys of ``request`` for this door; ``max_bytes`` limits one message, ``read_timeout`` is in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None
    agency: str = Field(min_length=1)
    dataflow: str = Field(min_length=1)
    version: str = Field(default="~", min_length=1)
    key: str = Field(default="*", min_length=1)
    counts_history: bool = True
    max_bytes: int = Field(default=200_000_000, gt=0)
    read_timeout: float = Field(default=60.0, gt=0)


class BadMessage(BadBody):
    """A message that is refused for several reasons; ``body`` holds its bytes, so that they can be kept."""

    def __init__(self, problems: tuple[Problem, ...], body: bytes) -> None:
        super().__init__(problems[0], body)
        BadInput.__init__(self, problems)


def extracts(feed: Feed, table_name: str, as_of: date, month: str | None) -> Iterator[Extract]:  # noqa: ARG001
    """Yield the one message of a table: every version of every observation out by the end of ``as_of``.

    ``month`` does not choose: a late correction of another month must get in too. Raises BadInput when the
    service refuses, BadMessage when what it sent does not fit its own structure message.
    """
    request = Request.model_validate(feed.request)
    structure = _structure(feed, request)
    availability = _fetch(feed, request, _availability_url(request, as_of), STRUCTURE_TYPE)
    total = _total(availability) if request.counts_history else None
    data = _fetch(feed, request, _data_url(request, as_of), DATA_TYPE)
    companions = {
        sdmx_csv.STRUCTURE_FILE: structure.content,
        AVAILABILITY_FILE: availability.content,
    }
    file_name = f"{request.agency}_{request.dataflow}.csv"
    _verify(data, companions, feed.table(table_name), file_name)
    yield Extract(
        originals=(Original(file_name, data.content),),
        url=data.url,
        media_type=data.media_type,
        published_at=_published_at(data),
        control={} if total is None else {"row_count": total},
        companions=companions,
        origin=data.origin,
    )


def data_query(request: Request, as_of: date) -> DataQuery:
    """The question about the data, as pysdmx sees it."""
    return DataQuery(
        context=DataContext.DATAFLOW,
        agency_id=request.agency,
        resource_id=request.dataflow,
        version=request.version,
        key=request.key,
        include_history=True,
        as_of=_end_of(as_of),
    )


def _data_url(request: Request, as_of: date) -> str:
    return _url(data_query(request, as_of))


def _availability_url(request: Request, as_of: date) -> str:
    question = AvailabilityQuery(
        context=DataContext.DATAFLOW,
        agency_id=request.agency,
        resource_id=request.dataflow,
        version=request.version,
        key=request.key,
    )
    extension = f"includeHistory=true&asOf={_end_of(as_of).isoformat(timespec='seconds')}"
    return f"{_url(question)}?{_escaped(extension)}" if request.counts_history else _url(question)


def _structure_url(request: Request) -> str:
    return _url(
        StructureQuery(
            artefact_type=StructureType.DATAFLOW,
            agency_id=request.agency,
            resource_id=request.dataflow,
            version=request.version,
            references=StructureReference.DESCENDANTS,
        )
    )


def _url(question: DataQuery | AvailabilityQuery | StructureQuery) -> str:
    try:
        return _escaped(question.get_url(_VERSION, omit_defaults=True))
    except Invalid as error:
        raise BadInput.one(
            "key request", " ".join(str(error).split()), "an SDMX-REST question", "correct the feed file"
        ) from error


def _escaped(text: str) -> str:
    # pysdmx leaves the plus of +08:00 as it is, which in an address would read as a space.
    return text.replace("+", "%2B")


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), CHINA)


def _fetch(feed: Feed, request: Request, question: str, media_type: str) -> Fetched:
    policy = Policy(
        max_wire_bytes=request.max_bytes,
        max_content_bytes=request.max_bytes,
        read_timeout=request.read_timeout,
    )
    return fetch(f"{feed.base_url}{question}", accept=(media_type,), policy=policy)


def _structure(feed: Feed, request: Request) -> Fetched:
    answer = _fetch(feed, request, _structure_url(request), STRUCTURE_TYPE)
    try:
        sdmx_csv.structures(answer.content)
    except msgspec.MsgspecError as error:
        raise _not_a_structure(answer, error) from error
    return answer


def _total(answer: Fetched) -> int | None:
    try:
        return sdmx_csv.observation_count(answer.content)
    except msgspec.MsgspecError as error:
        raise _not_a_structure(answer, error) from error


def _not_a_structure(answer: Fetched, error: Exception) -> BadBody:
    problem = Problem(
        answer.url,
        f"what pysdmx cannot read ({' '.join(str(error).split())[:120]})",
        "an SDMX-JSON 2.0 structure message",
        "try again later; if it stays so, tell the publisher",
    )
    return BadBody(problem, answer.content)


def _verify(data: Fetched, companions: dict[str, bytes], table: Table, file_name: str) -> None:
    try:
        rows = sdmx_csv.read(data.content, table, file_name)
        sdmx_csv.verify(data.content, rows, companions, file_name)
    except BadInput as error:
        raise BadMessage(error.problems, data.content) from error


def _published_at(answer: Fetched) -> str | None:
    """The day of ``Last-Modified`` in China: when the newest figure of the answer was published."""
    try:
        moment = parsedate_to_datetime(answer.headers["last-modified"])
    except (KeyError, ValueError):
        return None
    return moment.astimezone(CHINA).date().isoformat()
