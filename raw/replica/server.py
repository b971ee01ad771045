"""A stand-in for the statistics bureaus: an SDMX-REST service over HTTP on loopback.

It serves the bundled published figures (origin ``published``) with a clock, SDMX's own ``asOf``, and with
switchable faults. It speaks what SDMX-REST 2.2 says a service speaks: ``/data``, ``/structure`` and
``/availability``, SDMX-CSV 2.0.0 and SDMX-JSON 2.0.0, content negotiation and conditional requests. One thing
is its own: ``/availability`` also takes ``asOf`` and ``includeHistory``, so that its obs_count is the control
total of exactly the data question asked. Nothing is served from the returns of the units.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from raw.replica import query, structure
from raw.replica.faults import Fault, Faults, spoil_body, spoil_header, spoil_rows
from raw.replica.table import Figure, figures

CSV_TYPE = "application/vnd.sdmx.data+csv;version=2.0.0"
JSON_TYPE = "application/vnd.sdmx.structure+json;version=2.0.0"
FEED = "bureau_statistics"
DEFAULT_PORT = 8420
# What a client may write in Accept to get each type (SDMX-REST 2.2.0, "HTTP content negotiation").
_ACCEPTED = {
    CSV_TYPE: {CSV_TYPE, "application/vnd.sdmx.data+csv", "text/csv", "application/*", "text/*", "*/*"},
    JSON_TYPE: {
        JSON_TYPE, "application/vnd.sdmx.structure+json", "application/json", "application/*", "*/*",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``promised`` is the Content-Length when it is not that of the body."""

    status: int
    body: bytes
    media_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None


class Replica:
    """The service without HTTP: a path, a query string and an Accept header in, an answer out."""

    def __init__(self, faults: Faults | None = None, now: datetime | None = None) -> None:
        self.faults = faults or Faults()
        self._now = now
        self._figures = figures(FEED)

    def answer(self, target: str, accept: str = "*/*", known_etag: str = "") -> Answer:
        """Answer one GET; never raises for what a client can ask."""
        parts = urlsplit(target)
        path = [unquote(part) for part in parts.path.split("/") if part]
        try:
            answer = self._route(path, parts.query, accept)
        except query.UnanswerableError as refusal:
            return Answer(refusal.status, f"{refusal.status} {refusal}\n".encode())
        etag = answer.headers.get("ETag")
        if etag and etag in {tag.strip() for tag in known_etag.split(",")}:
            return Answer(304, b"", answer.media_type, answer.headers)
        return answer

    def _route(self, path: list[str], raw_query: str, accept: str) -> Answer:
        match path:
            case ["data", "dataflow", agency, flow, version, *key] if len(key) <= 1:
                self._check_flow(agency, flow, version)
                return self._data(key[0] if key else "*", raw_query, accept)
            case ["availability", "dataflow", agency, flow, version, *rest] if len(rest) <= 2:
                self._check_flow(agency, flow, version)
                if rest[1:] not in ([], ["*"]):
                    raise query.UnanswerableError(501, f"availability of {rest[1]} alone is not implemented")
                return self._availability(rest[0] if rest else "*", raw_query, accept)
            case ["structure", kind, agency, artefact, *rest] if len(rest) <= 1:
                return self._structure(kind, agency, artefact, rest[0] if rest else "~", raw_query, accept)
        raise query.UnanswerableError(
            404, "no such resource; there are /data/dataflow, /availability/dataflow and /structure"
        )

    @staticmethod
    def _check_flow(agency: str, flow: str, version: str) -> None:
        ours = {structure.AGENCY}, {structure.FLOW}, {structure.VERSION, "~", "+"}
        wanted = zip((agency, flow, version), ours, strict=True)
        if not all(value == "*" or value in known for value, known in wanted):
            raise query.UnanswerableError(
                404, f"no dataflow {agency}:{flow}({version}); there is {structure.STRUCTURE_ID}"
            )

    def _chosen(self, key: str, raw_query: str) -> list[Figure]:
        return query.parse(key, raw_query, self._now or datetime.now(UTC)).answer(self._figures)

    def _data(self, key: str, raw_query: str, accept: str) -> Answer:
        _negotiate(CSV_TYPE, accept)
        active = self.faults.take()
        if Fault.SLOW in active:
            time.sleep(self.faults.delay_seconds)
        broken = _broken_service(active, self.faults.retry_after_seconds)
        if broken:
            return broken
        chosen = self._chosen(key, raw_query)
        if not chosen:
            raise query.UnanswerableError(404, "no results found: nothing asked for was published by then")
        body = spoil_body(_csv(chosen, active), active)
        answer = _cacheable(body, CSV_TYPE, max(figure.known_from for figure in chosen))
        if Fault.TRUNCATED in active:
            return Answer(200, body[: len(body) // 2], CSV_TYPE, answer.headers, promised=len(body))
        return answer

    def _availability(self, key: str, raw_query: str, accept: str) -> Answer:
        _negotiate(JSON_TYPE, accept)
        chosen = self._chosen(key, raw_query)
        if not chosen:
            raise query.UnanswerableError(404, "no results found: nothing asked for was published by then")
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
            raise query.UnanswerableError(
                501, f"not implemented by this replica: {', '.join(asked - allowed)}"
            )
        known = agency in {structure.AGENCY, "*"}
        body = structure.message(kind, artefact, version, with_references=bool(asked & references))
        if not known or body is None:
            raise query.UnanswerableError(404, f"no {kind} {agency}:{artefact}({version})")
        return _cacheable(body, JSON_TYPE, None)


def _cacheable(body: bytes, media_type: str, modified: datetime | None) -> Answer:
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()}"', "Vary": "Accept", "Cache-Control": "no-cache"}
    if modified:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC), usegmt=True)
    return Answer(200, body, media_type, headers)


def _broken_service(active: frozenset[Fault], retry_after_seconds: int) -> Answer | None:
    if Fault.SERVER_ERROR in active:
        return Answer(500, b"500 the database of the bureau is not available\n")
    if Fault.TOO_MANY_REQUESTS in active:
        return Answer(429, b"429 too many requests\n", headers={"Retry-After": str(retry_after_seconds)})
    if Fault.HTML in active:
        page = "<!DOCTYPE html>\n<html><head><title>系统维护</title></head><body>系统维护中</body></html>\n"
        return Answer(200, page.encode(), "text/html; charset=utf-8")
    return None


def _negotiate(media_type: str, accept: str) -> None:
    for choice in accept.split(","):
        name, *parameters = [part.strip().replace(" ", "") for part in choice.split(";")]
        quality = [parameter for parameter in parameters if parameter.startswith("q=")]
        others = [parameter for parameter in parameters if not parameter.startswith(("q=", "charset="))]
        refused = any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in quality)
        if ";".join([name, *others]) in _ACCEPTED[media_type] and not refused:
            return
    raise query.UnanswerableError(
        406, f"Accept: {accept} cannot be served; this resource comes as {media_type}"
    )


def _csv(chosen: Sequence[Figure], active: frozenset[Fault]) -> bytes:
    """SDMX-CSV 2.0.0: UTF-8, comma, CRLF as RFC 4180 has it, one row for each observation."""
    own = {"STRUCTURE": "dataflow", "STRUCTURE_ID": structure.STRUCTURE_ID, "ACTION": "I"}
    rows = spoil_rows([{**own, **figure.cells} for figure in chosen], active)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(spoil_header(list(structure.COLUMNS), active))
    writer.writerows([row[name] for name in structure.COLUMNS] for row in rows)
    return text.getvalue().encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        self.server.requests.append(self.path)
        answer = self.server.replica.answer(
            self.path, self.headers.get("Accept", "*/*"), self.headers.get("If-None-Match", "")
        )
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        self.send_header("Content-Type", answer.media_type)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(answer.promised or len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body)
        if answer.promised:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are kept in the server's list."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, replica: Replica) -> None:
        super().__init__(("127.0.0.1", port), _Handler)  # loopback only: this is a stand-in
        self.replica = replica
        self.requests: list[str] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away (it did not wait for a slow answer) is not worth a stack trace."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Running:
    """A replica that answers: where, what can be broken about it, and what it was asked so far."""

    url: str
    faults: Faults
    requests: list[str]


@contextmanager
def serve(port: int = 0, faults: Faults | None = None, now: datetime | None = None) -> Iterator[Running]:
    """Run the replica on 127.0.0.1 for the length of a ``with`` block; port 0 takes a free one.

    ``now`` fixes the moment that a question without ``asOf`` is about. Raises OSError when the port is taken.
    """
    replica = Replica(faults, now)
    server = _Server(port, replica)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_port}", replica.faults, server.requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m raw replica serve [--port N] [--fault NAME[:TIMES]]``: serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m raw replica", description="复制端：统计部门接口的替身")
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free port (%(default)s)")
    names = ", ".join(Fault)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:TIMES]", help=f"break something: {names}"
    )
    arguments = parser.parse_args(argv)
    faults = Faults()
    try:
        for text in arguments.fault:
            name, _, times = text.partition(":")
            faults.on(name, int(times) if times else None)
    except ValueError as error:
        parser.error(f"--fault {text}: {error}; the faults are {names}")
    return _serve_until_stopped(arguments.port, faults)


def _serve_until_stopped(port: int, faults: Faults) -> int:
    stop = threading.Event()
    try:
        with serve(port, faults) as running:
            # Said explicitly: a shell starts what runs in the background with SIGINT ignored.
            for signal_number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(signal_number, lambda *_: stop.set())
            print(running.url, flush=True)
            stop.wait()
    except OSError as error:
        print(f"port {port} on 127.0.0.1: {error}; choose another with --port", file=sys.stderr)
        return 2
    return 0
