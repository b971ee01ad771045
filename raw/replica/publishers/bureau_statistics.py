"""A stand-in for the statistics bureaus: an SDMX-REST service over HTTP on loopback.

It serves the bundled published figures (origin ``published``) with a clock, SDMX's own ``asOf``, and with
switchable faults. It speaks what SDMX-REST 2.2 says a service speaks: ``/data``, ``/structure`` and
``/availability``, SDMX-CSV 2.0.0 and SDMX-JSON 2.0.0, content negotiation and conditional requests. One thing
is its own: ``/availability`` also takes ``asOf`` and ``includeHistory``, so that its obs_count is the control
total of exactly the data question asked. Nothing is served from the returns of the units.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from raw.replica import query, structure
from raw.replica.answers import Answer, Asked, UnanswerableError, cacheable
from raw.replica.faults import TABLE_FAULTS, Fault, WireTable, spoil, spoil_text
from raw.replica.table import Figure, figures

CSV_TYPE = "application/vnd.sdmx.data+csv;version=2.0.0"
JSON_TYPE = "application/vnd.sdmx.structure+json;version=2.0.0"
FEED = "bureau_statistics"
# What a client may write in Accept to get each type (SDMX-REST 2.2.0, "HTTP content negotiation").
_ACCEPTED = {
    CSV_TYPE: {CSV_TYPE, "application/vnd.sdmx.data+csv", "text/csv", "application/*", "text/*", "*/*"},
    JSON_TYPE: {
        JSON_TYPE, "application/vnd.sdmx.structure+json", "application/json", "application/*", "*/*",
    },
}  # fmt: skip


_OTHER_UNIT = defaultdict(lambda: "USD", USD="CNY")


class Publisher:
    """The service without HTTP: a question in, an answer out."""

    content_faults = TABLE_FAULTS | {Fault.CUT_SHORT, Fault.WRONG_ENCODING}

    def __init__(self, now: datetime, seed: int | None = None) -> None:  # noqa: ARG002 (nothing simulated)
        self._now = now
        self._figures = figures(FEED)

    def is_data(self, asked: Asked) -> bool:
        """Faults are for the data; structure and availability always answer."""
        return asked.path[:1] == ["data"]

    def answer(self, asked: Asked, active: frozenset[Fault]) -> Answer:
        """Answer one GET."""
        accept = asked.header("Accept", "*/*")
        match asked.path:
            case ["data", "dataflow", agency, flow, version, *key] if len(key) <= 1:
                self._check_flow(agency, flow, version)
                return self._data(key[0] if key else "*", asked.raw_query, accept, active)
            case ["availability", "dataflow", agency, flow, version, *rest] if len(rest) <= 2:
                self._check_flow(agency, flow, version)
                if rest[1:] not in ([], ["*"]):
                    raise UnanswerableError(501, f"availability of {rest[1]} alone is not implemented")
                return self._availability(rest[0] if rest else "*", asked.raw_query, accept)
            case ["structure", kind, agency, artefact, *rest] if len(rest) <= 1:
                version = rest[0] if rest else "~"
                return self._structure(kind, agency, artefact, version, asked.raw_query, accept)
        raise UnanswerableError(
            404, "no such resource; there are /data/dataflow, /availability/dataflow and /structure"
        )

    @staticmethod
    def _check_flow(agency: str, flow: str, version: str) -> None:
        ours = {structure.AGENCY}, {structure.FLOW}, {structure.VERSION, "~", "+"}
        wanted = zip((agency, flow, version), ours, strict=True)
        if not all(value == "*" or value in known for value, known in wanted):
            raise UnanswerableError(
                404, f"no dataflow {agency}:{flow}({version}); there is {structure.STRUCTURE_ID}"
            )

    def _chosen(self, key: str, raw_query: str) -> list[Figure]:
        return query.parse(key, raw_query, self._now).answer(self._figures)

    def _data(self, key: str, raw_query: str, accept: str, active: frozenset[Fault]) -> Answer:
        _negotiate(CSV_TYPE, accept)
        chosen = self._chosen(key, raw_query)
        if not chosen:
            raise UnanswerableError(404, "no results found: nothing asked for was published by then")
        body = spoil_text(_csv(chosen, self._before(chosen, key, raw_query), active), active)
        return _cacheable(body, CSV_TYPE, max(figure.known_from for figure in chosen))

    def _before(self, chosen: Sequence[Figure], key: str, raw_query: str) -> list[Figure]:
        """The answer to the same question before the newest of its figures came out: a cache's old one."""
        newest = max(figure.known_from for figure in chosen)
        older = [figure for figure in self._figures if figure.known_from < newest]
        return query.parse(key, raw_query, self._now).answer(older)

    def _availability(self, key: str, raw_query: str, accept: str) -> Answer:
        _negotiate(JSON_TYPE, accept)
        chosen = self._chosen(key, raw_query)
        if not chosen:
            raise UnanswerableError(404, "no results found: nothing asked for was published by then")
        return _cacheable(
            structure.availability(chosen), JSON_TYPE, max(figure.known_from for figure in chosen)
        )

    @staticmethod
    def _structure(
        kind: str, agency: str, artefact: str, version: str, raw_query: str, accept: str
    ) -> Answer:
        _negotiate(JSON_TYPE, accept)
        references = {"references=children", "references=descendants", "references=all"}
        allowed = references | {"references=none", "detail=full", ""}
        asked = set(raw_query.split("&"))
        if not asked <= allowed:
            raise UnanswerableError(501, f"not implemented by this replica: {', '.join(asked - allowed)}")
        known = agency in {structure.AGENCY, "*"}
        body = structure.message(kind, artefact, version, with_references=bool(asked & references))
        if not known or body is None:
            raise UnanswerableError(404, f"no {kind} {agency}:{artefact}({version})")
        return _cacheable(body, JSON_TYPE, None)


def _cacheable(body: bytes, media_type: str, modified: datetime | None) -> Answer:
    return cacheable(body, media_type, modified, Vary="Accept")


def _negotiate(media_type: str, accept: str) -> None:
    for choice in accept.split(","):
        name, *parameters = [part.strip().replace(" ", "") for part in choice.split(";")]
        quality = [parameter for parameter in parameters if parameter.startswith("q=")]
        others = [parameter for parameter in parameters if not parameter.startswith(("q=", "charset="))]
        refused = any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in quality)
        if ";".join([name, *others]) in _ACCEPTED[media_type] and not refused:
            return
    raise UnanswerableError(406, f"Accept: {accept} cannot be served; this resource comes as {media_type}")


def _csv(chosen: Sequence[Figure], before: Sequence[Figure], active: frozenset[Fault]) -> bytes:
    """SDMX-CSV 2.0.0: UTF-8, comma, CRLF as RFC 4180 has it, one row for each observation."""
    own = {"STRUCTURE": "dataflow", "STRUCTURE_ID": structure.STRUCTURE_ID, "ACTION": "I"}
    rows = [{**own, **figure.cells} for figure in chosen]
    table = spoil(
        WireTable(
            columns=list(structure.COLUMNS),
            rows=rows,
            value="OBS_VALUE",
            unit="UNIT_MEASURE",
            units=_OTHER_UNIT,
            victim=_victim(rows),
            last_month=[{**own, **figure.cells} for figure in before],
        ),
        active,
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    writer.writerows([row[name] for name in table.columns] for row in table.rows)
    return text.getvalue().encode()


def _victim(rows: Sequence[dict[str, str]]) -> int:
    """The row that faults of a single cell hit: the newest annual GDP, else the first."""
    wanted = {"INDICATOR": "GDP", "REF_AREA": "CN-370211", "FREQ": "A", "MEASURE": "LEVEL"}
    found = [i for i, row in enumerate(rows) if all(row[name] == value for name, value in wanted.items())]
    return max(found, key=lambda i: rows[i]["TIME_PERIOD"], default=0)
