"""Reader of SDMX-CSV 2.0 and 2.1: one dataset, every cell as the publisher wrote it.

Source: SDMX-CSV field guide 2.0.0: UTF-8, comma, a header with STRUCTURE, STRUCTURE_ID and (optional) ACTION
before the components, one row for each observation.

The format is judged by pysdmx; the text is taken from Python's csv module. pysdmx 1.21 reads through pandas,
which guesses numbers first: 62.20 becomes 62.2, 5723.10 becomes 5723.1, a code 0101 becomes 101. That would
change what the publisher said (and lose how many digits were printed), so pysdmx's dataset is used to accept
or refuse the message and to count it, never as the text that is landed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from pysdmx.errors import Invalid
from pysdmx.io import read_sdmx
from pysdmx.io.json.sdmxjson2.messages import JsonStructureMessage
from pysdmx.model import (
    AvailabilityConstraint,
    Codelist,
    Component,
    Dataflow,
    DataStructureDefinition,
    decoders,
)
from pysdmx.model.message import StructureMessage

from raw.errors import BadInput, Problem
from raw.readers import Rows

if TYPE_CHECKING:
    from raw.feed import Table

# Columns that say what the message is, not what was observed.
MESSAGE_COLUMNS = ("STRUCTURE", "STRUCTURE_ID", "ACTION")
# The file a door lays beside the data so that they can be verified: the structure message.
STRUCTURE_FILE = "structure.json"
UNIT_ANNOTATION = "UNIT_MEASURE"
_AGAIN = "pull again; if it stays so, tell the publisher"


def read(content: bytes, table: Table, file_name: str) -> Rows:
    """Turn one SDMX-CSV message into rows of text; places are data rows counted from 1 ("row 1").

    The columns are the components in the order of the header, without STRUCTURE, STRUCTURE_ID and ACTION; an
    empty cell is ``None``. Raises BadInput for what is not SDMX-CSV, is cut off, holds more than one dataset
    or deletes observations.
    """
    del table  # which columns there must be is checked for all formats alike
    text = _decoded(content, file_name)
    lines = _lines(text, file_name)
    header, data = lines[0], lines[1:]
    _check_header(header, file_name)
    _check_shape(header, data, file_name)
    _check_message(header, data, file_name)
    _check_with_pysdmx(text, header, data, file_name)
    columns = [name for name in header if name not in MESSAGE_COLUMNS]
    records: list[dict[str, str | None]] = [
        {name: cell or None for name, cell in zip(header, row, strict=True) if name in columns}
        for row in data
    ]
    return Rows(columns, records, [f"row {number}" for number in range(1, len(records) + 1)])


def _decoded(content: bytes, file_name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut = error.end == len(content) and "end of data" in error.reason
        found = (
            "a last character without its end"
            if cut
            else f"bytes that are not UTF-8 at position {error.start}"
        )
        expected = "whole lines: the file looks cut off" if cut else "SDMX-CSV in UTF-8"
        raise BadInput.one(file_name, found, expected, _AGAIN) from error
    if text.lstrip()[:1] == "<":
        kind = "an HTML page" if "<html" in text[:1000].lower() else "XML"
        raise BadInput.one(
            file_name,
            f"{kind}, which begins {' '.join(text.split())[:60]!r}",
            "SDMX-CSV, which begins with the column names",
            "open the address in a browser: a maintenance or login page is common; pull again later",
        )
    return text


def _lines(text: str, file_name: str) -> list[list[str]]:
    if not text.strip():
        raise BadInput.one(file_name, "an empty file", "SDMX-CSV with a header", _AGAIN)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadInput.one(
            file_name, f"text that breaks off or is not CSV ({error})", "whole CSV lines", _AGAIN
        ) from error
    if not text.endswith(("\n", "\r")):
        raise BadInput.one(
            f"{file_name}, row {len(rows) - 1}",
            f"the last line without its end ({','.join(rows[-1])[-60:]!r})",
            "a line break after every line: the file looks cut off",
            _AGAIN,
        )
    return [row for row in rows if row]


def _check_header(header: list[str], file_name: str) -> None:
    missing = [name for name in ("STRUCTURE", "STRUCTURE_ID") if name not in header]
    if missing:
        raise BadInput.one(
            f"{file_name}, header",
            f"{', '.join(header)[:120]!r} without {', '.join(missing)}",
            "SDMX-CSV 2: STRUCTURE, STRUCTURE_ID, then the components",
            "check that the request asks for application/vnd.sdmx.data+csv;version=2.0.0",
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadInput.one(
            f"{file_name}, header", f"{', '.join(twice)} more than once", "each column once", _AGAIN
        )


def _check_shape(header: list[str], data: list[list[str]], file_name: str) -> None:
    problems = [
        Problem(f"{file_name}, row {number}", f"{len(row)} cells", f"{len(header)}, as in the header", _AGAIN)
        for number, row in enumerate(data, start=1)
        if len(row) != len(header)
    ]
    if problems:
        raise BadInput(problems)


def _check_message(header: list[str], data: list[list[str]], file_name: str) -> None:
    structures = sorted({row[header.index("STRUCTURE_ID")] for row in data})
    if len(structures) > 1:
        raise BadInput.one(
            f"{file_name}, column STRUCTURE_ID",
            ", ".join(structures),
            "one dataset in one file",
            "ask for one dataflow only",
        )
    actions = {row[header.index("ACTION")] for row in data} if "ACTION" in header else set()
    if not actions <= {"I", "A", "R", "M"}:
        raise BadInput.one(
            f"{file_name}, column ACTION",
            ", ".join(sorted(actions)),
            "I, A, R or M: a vintage holds what is valid, not what is to be deleted",
            "ask for the data without updatedAfter",
        )


def _check_with_pysdmx(text: str, header: list[str], data: list[list[str]], file_name: str) -> None:
    if not data:
        return  # a message without observations is valid SDMX, and pysdmx has nothing to group
    try:
        # As a stream: given a str, pysdmx would try it as a path and as an address first.
        datasets = read_sdmx(io.BytesIO(text.encode()), validate=False).data or []
    except (Invalid, ValueError, KeyError) as error:
        raise BadInput.one(
            file_name, " ".join(str(error).split()), "a valid SDMX-CSV message", _AGAIN
        ) from error
    names = set(header) - set(MESSAGE_COLUMNS) - {"SERIES_KEY", "OBS_KEY"}
    sizes = [
        (len(dataset.data), set(dataset.data.columns) - {"SERIES_KEY", "OBS_KEY"}) for dataset in datasets
    ]
    if sizes != [(len(data), names)]:
        raise BadInput.one(
            file_name,
            f"{len(data)} rows as CSV, but {[size for size, _ in sizes]} as SDMX",
            "the same rows and columns either way",
            "look for labels in the header or quotes inside cells",
        )


def structures(content: bytes) -> StructureMessage:
    """Read an SDMX-JSON 2.0 structure message; raises msgspec.MsgspecError for what is not one.

    ``pysdmx.io.read_sdmx`` does the same after a validation that needs the schema files of another package.
    """
    decoder = msgspec.json.Decoder(JsonStructureMessage, dec_hook=decoders)
    message: StructureMessage = decoder.decode(content).to_model()
    return message


def observation_count(content: bytes) -> int | None:
    """The obs_count of an availability message: the publisher's control total, None when it gives none."""
    found = [
        item for item in structures(content).structures or () if isinstance(item, AvailabilityConstraint)
    ]
    return found[0].obs_count if len(found) == 1 else None


def verify(content: bytes, rows: Rows, companions: Mapping[str, bytes], file_name: str) -> None:
    """Hold the rows against the structure message that came with them, when one did.

    Raises BadInput for another dataflow than asked for, columns that are missing or unknown, codes that are
    not in their code list, and a level whose unit is not the one annotated on its indicator.
    """
    if STRUCTURE_FILE not in companions:
        return
    message = structures(companions[STRUCTURE_FILE])
    components = _components(message)
    if components is None:
        raise BadInput.one(STRUCTURE_FILE, "no data structure", "the structure of the dataflow", _AGAIN)
    problems = [*_flow_problems(content, message, file_name), *_column_problems(rows, components, file_name)]
    problems = problems or [
        *_code_problems(rows, components, file_name),
        *_unit_problems(rows, message, file_name),
    ]
    if problems:
        raise BadInput(problems)


def _components(message: StructureMessage) -> list[Component] | None:
    found = [item for item in message.structures or () if isinstance(item, DataStructureDefinition)]
    return list(found[0].components) if len(found) == 1 else None


def _flow_problems(content: bytes, message: StructureMessage, file_name: str) -> Iterable[Problem]:
    flows = [item for item in message.structures or () if isinstance(item, Dataflow)]
    expected = {f"{_agency(flow)}:{flow.id}({flow.version})" for flow in flows}
    line = next(iter(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))), None)
    if line and expected and line["STRUCTURE_ID"] not in expected:
        yield Problem(
            f"{file_name}, column STRUCTURE_ID",
            line["STRUCTURE_ID"],
            " or ".join(sorted(expected)),
            "check agency, dataflow and version in the feed file",
        )


def _agency(flow: Dataflow) -> str:
    agency = flow.agency
    return agency if isinstance(agency, str) else str(agency.id)


def _column_problems(rows: Rows, components: list[Component], file_name: str) -> Iterable[Problem]:
    known = [component.id for component in components]
    remedy = "the publisher changed the structure: adapt the feed file and the staging model, then pull again"
    for name in known:
        if name not in rows.columns:
            yield Problem(
                f"{file_name}, header", f"no column {name}", "every component of the structure", remedy
            )
    for name in rows.columns:
        if name not in known:
            yield Problem(f"{file_name}, header", f"column {name}", "a component of the structure", remedy)


def _code_problems(rows: Rows, components: list[Component], file_name: str) -> Iterable[Problem]:
    for component in components:
        codes = component.local_codes
        if not isinstance(codes, Codelist):
            continue
        allowed = {code.id for code in codes.codes}
        for record, place in zip(rows.records, rows.places, strict=True):
            value = record[component.id]
            if value is not None and value not in allowed:
                yield Problem(
                    f"{file_name}, {place}, column {component.id}",
                    repr(value),
                    f"a code of {codes.id}",
                    "ask the publisher whether the code is new; if so, pull again once the code list has it",
                )


def _unit_problems(rows: Rows, message: StructureMessage, file_name: str) -> Iterable[Problem]:
    units = _annotated_units(message)
    for record, place in zip(rows.records, rows.places, strict=True):
        indicator, unit = record.get("INDICATOR"), record.get("UNIT_MEASURE")
        rate = (record.get("MEASURE") or "").startswith("YOY")
        expected = "PT" if rate else units.get(indicator or "")
        if units and expected and unit != expected:
            yield Problem(
                f"{file_name}, {place}, column UNIT_MEASURE",
                f"{unit} for {indicator}, {record.get('MEASURE')}",
                f"{expected}, the unit its code list gives",
                "ask the publisher which is right; do not load a figure in a unit nobody vouches for",
            )


def _annotated_units(message: StructureMessage) -> dict[str, str]:
    lists = [item for item in message.structures or () if isinstance(item, Codelist)]
    return {
        code.id: annotation.text
        for codelist in lists
        for code in codelist.codes
        for annotation in code.annotations
        if annotation.type == UNIT_ANNOTATION
    }
