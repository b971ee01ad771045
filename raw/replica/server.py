"""Stand-in publishers over HTTP on loopback, one below each feed's name: ``http://127.0.0.1:8420/<feed>/…``.

They serve the bundled published figures in the publishers' own wire formats, as known at a moment, and with
faults that can be switched on. What concerns the transport (status codes, slowness, broken connections and
bodies) is built in here for all of them; what concerns the data each stand-in knows itself. Every answer
carries the stand-in's own moment as its ``Date``.
"""

from __future__ import annotations

import argparse
import gzip
import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from raw.doors import ORIGIN_HEADER
from raw.replica import clock
from raw.replica.answers import Answer, Asked, Publisher, UnanswerableError
from raw.replica.faults import STATUS_FAULTS, TRANSPORT_FAULTS, Fault, Faults, zip_bomb
from raw.replica.publishers import known_publishers, publisher

DEFAULT_PORT = 8420
DRIP_BYTES = 64
WAF_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>系统维护</title></head>"
    "<body>您的访问出错了，请稍后重试</body></html>\n"
)


class Replica:
    """All stand-ins without HTTP: a request in, an answer and the faults still to be built in out."""

    def __init__(
        self, faults: Faults | None = None, now: datetime | None = None, seed: int | None = None
    ) -> None:
        self.faults = faults or Faults()
        self.seed = seed
        self._now = now
        self._publishers: dict[str, Publisher] = {}

    @property
    def now(self) -> datetime:
        """The moment the stand-ins live in."""
        return self._now or datetime.now(UTC)

    def answer(self, asked: Asked) -> tuple[Answer, frozenset[Fault]]:
        """Answer one request below ``/<feed>``; never raises for what a client can ask."""
        feed, below = _split(asked)
        if feed not in known_publishers():
            known = ", ".join(f"/{name}" for name in known_publishers())
            return Answer(404, f"404 no such publisher; there are {known}\n".encode()), frozenset()
        stand_in = self._publisher(feed)
        active = self.faults.take(feed) if stand_in.is_data(below) else frozenset()
        for fault, (status, said) in STATUS_FAULTS.items():
            if fault in active:
                return self._refusal(status, said), active
        try:
            answer = stand_in.answer(below, active)
        except UnanswerableError as refusal:
            return Answer(refusal.status, f"{refusal.status} {refusal}\n".encode()), frozenset()
        if _is_known(answer, asked):
            self.faults.give_back(feed, active)
            return Answer(304, b"", answer.media_type, answer.headers), frozenset()
        return _spoiled(answer, active), active

    def _publisher(self, feed: str) -> Publisher:
        # Without a fixed moment a stand-in would stay in the one in which it was first asked.
        if self._now is None or feed not in self._publishers:
            self._publishers[feed] = publisher(feed, self.now, self.seed)
        return self._publishers[feed]

    def _refusal(self, status: int, said: str) -> Answer:
        headers = {"Retry-After": str(self.faults.retry_after_seconds)} if status == 429 else {}
        return Answer(status, said.encode(), headers=headers)


def _split(asked: Asked) -> tuple[str, Asked]:
    feed, _, below = asked.target.lstrip("/").partition("/")
    return unquote(feed), replace(asked, target=f"/{below}")


def _is_known(answer: Answer, asked: Asked) -> bool:
    etag = answer.headers.get("ETag")
    return bool(etag) and etag in {tag.strip() for tag in asked.header("If-None-Match").split(",")}


def _spoiled(answer: Answer, active: frozenset[Fault]) -> Answer:
    """The answer with the faults that concern a whole body."""
    if Fault.WAF_PAGE in active:
        return Answer(200, WAF_PAGE.encode(), "text/html; charset=utf-8")
    if Fault.EMPTY_BODY in active:
        return replace(answer, body=b"")
    if Fault.WRONG_CONTENT_TYPE in active:
        return replace(answer, media_type="application/octet-stream")
    if Fault.PATH_LIKE_NAME in active:
        name = 'attachment; filename="../../../etc/cron.d/feed"'
        return replace(answer, headers={**answer.headers, "Content-Disposition": name})
    packed = {**answer.headers, "Content-Encoding": "gzip"}
    if Fault.TRUNCATED_GZIP in active:
        whole = gzip.compress(answer.body)
        return replace(answer, body=whole[: len(whole) * 2 // 3], headers=packed)
    if Fault.ZIP_BOMB in active:
        return replace(answer, body=zip_bomb(), headers=packed)
    return answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_POST(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        self.server.requests.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.path, self.command, dict(self.headers.items()), body)
        answer, active = self.server.replica.answer(asked)
        self.send_response(answer.status, HTTPStatus(answer.status).phrase)
        self.send_header("Content-Type", answer.media_type)
        if answer.status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(answer.body)))
        if self.server.replica.seed is not None:
            self.send_header(ORIGIN_HEADER, "simulated")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self._write(answer.body, active)

    def _write(self, body: bytes, active: frozenset[Fault]) -> None:
        if Fault.CONNECTION_RESET in active:
            self.wfile.write(body[: len(body) // 2])
            self._reset()
        elif Fault.SLOW_DRIP in active:
            for start in range(0, len(body), DRIP_BYTES):
                self.wfile.write(body[start : start + DRIP_BYTES])
                time.sleep(self.server.replica.faults.delay_seconds)
        else:
            self.wfile.write(body)

    def _reset(self) -> None:
        """Close without the good manners of TCP: what is not yet read is lost."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 (as its base class has it)
        """The ``Date`` of an answer: the moment the stand-in lives in."""
        return format_datetime(self.server.replica.now.astimezone(UTC), usegmt=True)

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
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Running:
    """A replica that answers: where, what can be broken about it, and what it was asked so far."""

    url: str
    faults: Faults
    requests: list[str]


@contextmanager
def serve(
    port: int = 0, faults: Faults | None = None, now: datetime | None = None, seed: int | None = None
) -> Iterator[Running]:
    """Run the stand-ins on 127.0.0.1 for the length of a ``with`` block; port 0 takes a free one.

    ``now`` fixes the moment they live in; a ``seed`` lets them serve simulated data too, every answer then
    marked as simulated. Raises OSError when the port is taken.
    """
    replica = Replica(faults, now, seed)
    server = _Server(port, replica)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{server.server_port}", replica.faults, server.requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def addresses(url: str) -> dict[str, str]:
    """The environment that sends every feed with a stand-in there: ``RAW_<FEED>_URL`` → address."""
    return {f"RAW_{feed.upper()}_URL": f"{url}/{feed}" for feed in known_publishers()}


@contextmanager
def asked_instead(url: str) -> Iterator[None]:
    """Send every feed that has a stand-in to those at ``url``, for a ``with`` block, whatever was set."""
    names = addresses(url)
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(names)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ.update(before)


def switch_on(faults: Faults, text: str) -> None:
    """Switch on ``FEED:NAME`` or ``FEED:NAME:TIMES``; raise ValueError saying what there is."""
    feed, _, rest = text.partition(":")
    name, _, times = rest.partition(":")
    if feed not in known_publishers():
        raise ValueError(f"no publisher {feed!r}; there are {', '.join(known_publishers())}")
    known = faults_of(feed)
    if name not in known:
        raise ValueError(f"no fault {name!r} of {feed}; there are {', '.join(known)}")
    if times and not times.isdecimal():
        raise ValueError(f"{times!r} is not a number of requests")
    faults.on(feed, name, int(times) if times else None)


def faults_of(feed: str) -> list[Fault]:
    """The faults that a feed's stand-in can have, in their order of :class:`Fault`."""
    known = TRANSPORT_FAULTS | publisher(feed, datetime.now(UTC)).content_faults
    return [fault for fault in Fault if fault in known]


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m raw replica [--as-of DATE] [--fault FEED:NAME …] [--port N]``: serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m raw replica", description="各发布单位接口的替身")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free port (%(default)s)")
    parser.add_argument("--as-of", type=date.fromisoformat, help="the day they live in (default: today)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="FEED:NAME[:TIMES]", help="break something of a feed"
    )
    parser.add_argument("--simulated", type=int, metavar="SEED", help="simulated data too, so marked")
    parser.add_argument("--list-faults", action="store_true", help="print every FEED:NAME and end")
    arguments = parser.parse_args(argv)
    if arguments.list_faults:
        print("\n".join(f"{feed}:{fault}" for feed in known_publishers() for fault in faults_of(feed)))
        return 0
    faults = Faults()
    try:
        for text in arguments.fault:
            switch_on(faults, text)
    except ValueError as error:
        parser.error(f"--fault {text}: {error}")
    now = clock.end_of(arguments.as_of) if arguments.as_of else None
    return _serve_until_stopped(arguments.port, faults, now, arguments.simulated)


def _serve_until_stopped(port: int, faults: Faults, now: datetime | None, seed: int | None) -> int:
    stop = threading.Event()
    try:
        with serve(port, faults, now, seed) as running:
            # Said explicitly: a shell starts what runs in the background with SIGINT ignored.
            for signal_number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(signal_number, lambda *_: stop.set())
            print(running.url, flush=True)
            print("\n".join(f"{name}={url}" for name, url in addresses(running.url).items()), flush=True)
            stop.wait()
    except (OSError, OverflowError) as error:  # taken, forbidden, or no port number
        print(f"port {port} on 127.0.0.1: {error}; choose another with --port", file=sys.stderr)
        return 2
    return 0
