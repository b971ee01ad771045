"""HTTP, done with manners: what comes back is the whole body the publisher meant, or a clear refusal.

Timeouts, retries with growing pauses (timeouts, 429, 5xx; ``Retry-After`` is obeyed), a pause between two
requests to one host, conditional requests, limits of size on the wire and unpacked, and a check that the
body is complete (RFC 9110 section 8.6, RFC 9112 section 8). TLS is always verified; there is no switch.
"""

from __future__ import annotations

import email.utils
import ipaddress
import logging
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx
import tenacity

from raw.doors import ORIGIN_HEADER, Origin
from raw.errors import BadInput, Problem

logger = logging.getLogger(__name__)

USER_AGENT = "plan-monitoring-warehouse/0.1 (statistics; polite)"
SECRET_WORDS = ("key", "token", "secret", "password", "passwd", "auth", "signature", "credential")
RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
CHINA = timezone(timedelta(hours=8), "CST")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5
MAX_ERROR_BYTES = 100_000
MAX_TOLD_LINK = 200
# Text packs five to twenty times, a bomb a thousand times: it is seen long before a generous limit.
MAX_RATIO = 100
FREE_BYTES = 50_000_000
DEFAULT_REMEDY = "check the address and its parameters"
# What publishers' firewalls have been seen to answer to a client they do not take for a person.
STATUS_REMEDIES = {
    403: "ask the publisher whether this machine may ask: 403 is also the answer of its firewall",
    412: "the firewall wants a browser: download the file by hand and drop it into the feed's inbox",
}


@dataclass(frozen=True)
class Policy:
    """How patient, how polite and how much; times in seconds, sizes in bytes.

    ``longest_pause`` limits our own pauses between attempts, ``longest_retry_after`` what a publisher may
    ask for by ``Retry-After``: who asks for more is not asked again. ``longest_answer`` limits a body that
    keeps dripping.
    """

    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 30.0
    longest_retry_after: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    longest_answer: float = 900.0
    interval: float = 0.2
    max_wire_bytes: int = 200_000_000
    max_content_bytes: int = 500_000_000


DEFAULT_POLICY = Policy()
# Limits that go before those of every policy while `hurried` lasts; empty otherwise.
_hurry: dict[str, float] = {}


@contextmanager
def hurried(**limits: float) -> Iterator[None]:
    """Let fields of :class:`Policy` go before those of every policy for a ``with`` block.

    For rehearsing faults against a stand-in, where nobody wants to wait as long as for a real publisher.
    """
    _hurry.update(limits)
    try:
        yield
    finally:
        _hurry.clear()


@dataclass(frozen=True)
class Fetched:
    """An answer: ``content`` is unpacked; ``url`` has its secrets masked; header names are lower case.

    ``not_modified`` says that the publisher answered 304 to the ``etag`` or ``last_modified`` given.
    """

    content: bytes
    url: str
    status: int
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_modified(self) -> bool:
        """Whether what we have is still what the publisher has (status 304)."""
        return self.status == httpx.codes.NOT_MODIFIED

    @property
    def answered_on(self) -> date:
        """The publisher's own day, in China; today where it says none.

        Who cannot be asked for an earlier day says only what stands there on this one.
        """
        return _day_of_answer(self.headers) or datetime.now(CHINA).date()

    @property
    def changed_on(self) -> date | None:
        """The day in China on which the publisher last changed it (``Last-Modified``), where it says so."""
        try:
            return email.utils.parsedate_to_datetime(self.headers["last-modified"]).astimezone(CHINA).date()
        except (KeyError, ValueError):
            return None

    @property
    def known_from(self) -> date:
        """The day from which it counts as known, of an address that says only what stands there now.

        What stood there before the last change can no longer be had; without a word about changes it is
        known from the day of the answer.
        """
        return self.changed_on or self.answered_on

    @property
    def origin(self) -> Origin | None:
        """What a stand-in says of its own data: simulated, or nothing."""
        return "simulated" if self.headers.get(ORIGIN_HEADER) == "simulated" else None

    @property
    def etag(self) -> str | None:
        """The publisher's mark of this version, for the next conditional request."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        """``Last-Modified`` as the publisher wrote it, for the next conditional request."""
        return self.headers.get("last-modified")


def _day_of_answer(headers: Mapping[str, str]) -> date | None:
    """The day in China of an answer's ``Date`` (RFC 9110 section 6.6.1); header names in lower case."""
    try:
        return email.utils.parsedate_to_datetime(headers["date"]).astimezone(CHINA).date()
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True)
class _Question:
    """What is asked of an address, again at every attempt."""

    method: str
    headers: dict[str, str]
    accept: tuple[str, ...]
    form: dict[str, str] | None
    json: object
    cookies: httpx.Cookies


class BadBody(BadInput):
    """An answer that is refused; ``body`` holds the bytes that came, so that they can be kept.

    ``answered_on`` is the publisher's own day, known where it is the status that is refused.
    """

    def __init__(self, problem: Problem, body: bytes, answered_on: date | None = None) -> None:
        self.body = body
        self.answered_on = answered_on
        super().__init__([problem])

    @classmethod
    def of(cls, problems: Sequence[Problem], body: bytes) -> BadBody:
        """One refusal of several problems, with the bytes they are about."""
        refusal = cls(problems[0], body)
        BadInput.__init__(refusal, problems)
        return refusal


class NotThere(BadBody):
    """Status 404: for who asks for one file after another, one that does not exist."""


class _TryAgainError(Exception):
    """Worth another attempt; ``pause`` is what the publisher asked for (seconds), ``refusal`` the end."""

    def __init__(self, refusal: BadInput, pause: float | None = None) -> None:
        self.refusal = refusal
        self.pause = pause
        super().__init__(str(refusal))


def fetch(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    accept: tuple[str, ...] = (),
    etag: str | None = None,
    last_modified: str | None = None,
    form: Mapping[str, str] | None = None,
    json: object = None,
    cookies: httpx.Cookies | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Fetched:
    """Ask for ``url`` and return the whole answer (status 200, or 304 for a conditional request).

    With ``form`` (urlencoded) or ``json`` the question is a POST, else a GET. ``accept`` lists the media
    types that may come back, without parameters; empty means any. ``cookies`` is a jar that lives through
    the requests of one session. Raises ``BadInput`` naming the address, what was received, what was
    expected and the remedy; a body that came but is refused is a :class:`BadBody`.
    """
    address = str(httpx.URL(url).copy_merge_params(dict(params))) if params else url
    check_address(address)
    policy = replace(policy, **_hurry)  # type: ignore[arg-type]  # one type for seconds and for counts
    asked = _Question(
        "GET" if form is None and json is None else "POST",
        _request_headers(headers, accept, etag, last_modified),
        accept,
        dict(form) if form is not None else None,
        json,
        cookies if cookies is not None else httpx.Cookies(),
    )
    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(policy.attempts),
        wait=_Pauses(policy),
        retry=tenacity.retry_if_exception_type(_TryAgainError),
        before_sleep=_tell_retry,
        reraise=True,
    )
    try:
        return attempts(_follow, address, asked, policy)
    except _TryAgainError as error:
        raise error.refusal from error


def check_address(url: str) -> None:
    """Refuse addresses that are not https, or http to this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return
    raise BadInput.one(
        where=masked(url),
        found=f"an address of the kind {parts.scheme or '(none)'}:",
        expected="https://, or http:// to this machine (127.0.0.1, ::1, localhost)",
        remedy="give the publisher's https address",
    )


def linked(page: str, href: str) -> str:
    """The address that a link on a page leads to: on the page's own scheme, host and port.

    Raises ``BadInput`` for any other: who may write a list must not send us, or our files, elsewhere.
    """
    try:
        address = urljoin(page, href.strip())
        is_its_own = _place_of(address) == _place_of(page)
    except ValueError as error:  # no address at all: a port of letters, a bracket that does not close
        raise _foreign_link(page, repr(href)) from error
    if not is_its_own:
        raise _foreign_link(page, masked(address))
    return address


def _place_of(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _foreign_link(page: str, told: str) -> BadInput:
    here = urlsplit(page)
    return BadInput.one(
        where=masked(page),
        found=f"a link to {told[:MAX_TOLD_LINK]}",
        expected=f"a link within {here.scheme}://{here.netloc.rpartition('@')[2]}",
        remedy="look at the page in a browser: it may have been tampered with; what lies elsewhere is "
        "downloaded by hand and dropped into the inbox, or declared with an address of its own",
    )


def is_loopback(host: str) -> bool:
    """Whether the host is this machine: what never leaves it needs no TLS."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def masked(url: str) -> str:
    """Return the address without what must not be shown: user info and secret-looking query values."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    safe = [(name, "***" if _is_secret(name) else value) for name, value in pairs]
    netloc = parts.netloc.rpartition("@")[2]
    query = urlencode(safe, safe="*/:,+ ") if safe != pairs else parts.query
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


def _request_headers(
    headers: Mapping[str, str] | None,
    accept: tuple[str, ...],
    etag: str | None,
    last_modified: str | None,
) -> dict[str, str]:
    # Only encodings that this module unpacks itself, under a limit.
    wanted = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **(headers or {})}
    if accept and "Accept" not in wanted:
        wanted["Accept"] = ", ".join(accept)
    if etag:
        wanted["If-None-Match"] = etag
    if last_modified:
        wanted["If-Modified-Since"] = last_modified
    return wanted


class _Pauses(tenacity.wait.wait_base):
    """Growing pauses with some chance in them, or the pause that the publisher asked for."""

    def __init__(self, policy: Policy) -> None:
        self._growing = tenacity.wait_random_exponential(policy.first_pause, policy.longest_pause)

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        if isinstance(error, _TryAgainError) and error.pause is not None:
            return error.pause
        return self._growing(retry_state)


def _tell_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    logger.warning("attempt %d failed, next in %.1f s: %s", state.attempt_number, pause, error)


def _follow(url: str, asked: _Question, policy: Policy) -> Fetched:
    """One attempt, redirects included: only to the same host, never from https to http."""
    timeout = httpx.Timeout(policy.read_timeout, connect=policy.connect_timeout)
    with httpx.Client(
        timeout=timeout, follow_redirects=False, cookies=asked.cookies, verify=_verification()
    ) as client:
        address = url
        for _ in range(MAX_REDIRECTS + 1):
            _be_polite(address, policy.interval)
            request = client.build_request(
                asked.method, address, headers=asked.headers, data=asked.form, json=asked.json
            )
            with _told_errors(address), _streamed(client, request) as response:
                asked.cookies.update(client.cookies)
                if response.status_code not in REDIRECTS:
                    return _answer(response, address, asked.accept, policy)
                address = _next_address(address, response)
    raise BadInput.one(masked(url), "redirects without end", "an answer", "ask the publisher for the address")


@cache
def _verification() -> ssl.SSLContext:
    """The certificates, read once: that takes longer than a request to a host nearby."""
    return httpx.create_ssl_context()


@contextmanager
def _streamed(client: httpx.Client, request: httpx.Request) -> Iterator[httpx.Response]:
    response = client.send(request, stream=True)
    try:
        yield response
    finally:
        response.close()


def _next_address(address: str, response: httpx.Response) -> str:
    target = str(httpx.URL(address).join(response.headers.get("location", "")))
    here, there = urlsplit(address), urlsplit(target)
    same_host = (here.hostname, here.port) == (there.hostname, there.port)
    upgraded = here.hostname == there.hostname and (here.scheme, there.scheme) == ("http", "https")
    if not (upgraded or (same_host and here.scheme == there.scheme)):
        raise BadInput.one(
            where=masked(address),
            found=f"a redirect to {masked(target)}",
            expected=f"an answer from {here.hostname} itself",
            remedy="check with the publisher that it moved, then correct the address in the feed file",
        )
    return target


_last_request: dict[str, float] = {}


def _be_polite(url: str, interval: float) -> None:
    """Wait until ``interval`` seconds have passed since the last request to this host."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    pause = _last_request.get(host, float("-inf")) + interval - time.monotonic()
    if pause > 0:
        time.sleep(pause)
    _last_request[host] = time.monotonic()


@contextmanager
def _told_errors(url: str) -> Iterator[None]:
    """Say in our own words what the network did; most of it is worth another attempt."""
    try:
        yield
    except httpx.TimeoutException as error:
        refusal = BadInput.one(
            masked(url), "no answer in time", "an answer", "try again later; is the service up?", passing=True
        )
        raise _TryAgainError(refusal) from error
    except httpx.TransportError as error:
        refusal = BadInput.one(
            where=masked(url),
            found=f"a failed connection ({type(error).__name__}: {error})",
            expected="a complete answer",
            remedy="check address, network and certificate; TLS verification cannot be switched off",
            passing=True,
        )
        raise _TryAgainError(refusal) from error


def _answer(response: httpx.Response, url: str, accept: tuple[str, ...], policy: Policy) -> Fetched:
    status = response.status_code
    headers = {name.lower(): value for name, value in response.headers.items()}
    media_type = headers.get("content-type", "application/octet-stream")
    if status == httpx.codes.NOT_MODIFIED:
        return Fetched(b"", masked(url), status, media_type, headers)
    if status != httpx.codes.OK:
        _refuse_status(response, url, policy)
    content = _unpacked(_body(response, url, policy), response, url, policy)
    if accept and media_type.split(";")[0].strip().lower() not in {kind.split(";")[0] for kind in accept}:
        problem = Problem(
            where=masked(url),
            found=f"{media_type} beginning {content[:60]!r}",
            expected=" or ".join(accept),
            remedy="open the address in a browser: it may be a page of apology, login or maintenance",
        )
        raise BadBody(problem, content)
    return Fetched(content, masked(url), status, media_type, headers)


def _refuse_status(response: httpx.Response, url: str, policy: Policy) -> None:
    status = response.status_code
    pause = _retry_after(response.headers.get("retry-after"))
    # Who asks for more patience than we have is not asked again sooner.
    again = status in RETRIED_STATUS and (pause or 0) <= policy.longest_retry_after
    later = f"try again in {pause:.0f} s, as the publisher asks" if pause else "try again later"
    said = _said(response)
    problem = Problem(
        where=masked(url),
        found=f"status {status} {response.reason_phrase}",
        expected="status 200",
        remedy=later if status in RETRIED_STATUS else STATUS_REMEDIES.get(status, DEFAULT_REMEDY),
        passing=status in RETRIED_STATUS,
    )
    answered_on = _day_of_answer({name.lower(): value for name, value in response.headers.items()})
    if status == httpx.codes.NOT_FOUND:
        raise NotThere(problem, said, answered_on)
    # The page that came with it often says why.
    refusal = BadBody(problem, said, answered_on)
    if again:
        raise _TryAgainError(refusal, pause)
    raise refusal


def _said(response: httpx.Response) -> bytes:
    """The beginning of what an error page says, as it came over the wire."""
    said = bytearray()
    try:
        for chunk in response.iter_raw():
            said += chunk
            if len(said) >= MAX_ERROR_BYTES:
                break
    except httpx.TransportError:
        logger.debug("the page of status %d broke off", response.status_code)
    return bytes(said[:MAX_ERROR_BYTES])


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait by ``Retry-After``: seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _body(response: httpx.Response, url: str, policy: Policy) -> bytes:
    """Read the bytes on the wire up to the limit; a body that breaks off is worth another attempt."""
    body = bytearray()
    deadline = time.monotonic() + policy.longest_answer
    try:
        for chunk in response.iter_raw():
            body += chunk
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"still coming after {policy.longest_answer:.0f} s")
            if len(body) > policy.max_wire_bytes:
                raise _too_large(url, policy.max_wire_bytes, "", bytes(body))
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout) as error:
        # httpx notices both a Content-Length that is not reached and a last chunk that never comes.
        declared = response.headers.get("content-length")
        expected = f"{declared} bytes, by Content-Length" if declared else "a last chunk"
        problem = Problem(
            where=masked(url),
            found=f"a truncated body of {len(body)} bytes",
            expected=expected,
            remedy="try again later; if it stays, tell the publisher that the body is cut off",
            passing=True,
        )
        raise _TryAgainError(BadBody(problem, bytes(body))) from error
    return bytes(body)


class _Unpacker(Protocol):
    """What zlib's decompressor offers and this module uses."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _unpacked(body: bytes, response: httpx.Response, url: str, policy: Policy) -> bytes:
    """Undo ``Content-Encoding: gzip`` under the limit, so that a small body cannot fill the memory."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        if len(body) > policy.max_content_bytes:
            raise _too_large(url, policy.max_content_bytes, "", body)
        return body
    if encoding not in ("gzip", "x-gzip"):
        problem = Problem(
            masked(url), f"Content-Encoding {encoding}", "gzip or none", "tell the publisher what was asked"
        )
        raise BadBody(problem, body)
    limit = min(policy.max_content_bytes, max(FREE_BYTES, len(body) * MAX_RATIO))
    unpacker: _Unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        problem = Problem(masked(url), f"a broken gzip body ({error})", "a gzip body", "try again later")
        raise BadBody(problem, body) from error
    if len(content) > limit:
        # What is kept of it is what came: unpacked, it would fill the disk instead of the memory.
        state = " unpacked" if limit == policy.max_content_bytes else f" unpacked, from {len(body)}"
        raise _too_large(url, limit, state, body)
    if unpacker.unused_data:
        problem = Problem(
            masked(url),
            f"{len(unpacker.unused_data)} bytes after the gzip body",
            "its end",
            "try again later",
        )
        raise BadBody(problem, body)
    if not unpacker.eof:
        problem = Problem(masked(url), "a gzip body that breaks off", "its end", "try again later")
        raise BadBody(problem, body)
    return content


def _too_large(url: str, limit: int, state: str, body: bytes) -> BadBody:
    problem = Problem(
        where=masked(url),
        found=f"a body of more than {limit} bytes{state}",
        expected=f"at most {limit} bytes",
        remedy="ask for less at a time, or raise the limit in the feed file if it is right",
    )
    return BadBody(problem, body)


class Refusals:
    """What is refused while one file after another is asked for: a bad one keeps no other out.

    ::

        refusals = Refusals()
        for url in urls:
            with refusals.kept():
                yield fetch(url)
        refusals.tell()

    All are raised together at the end. A publisher that fails ``PATIENCE`` files in a row in a way that may
    pass (no answer, 5xx) is down, not its files: it is left in peace, and what was refused is raised at once.
    """

    PATIENCE = 3

    def __init__(self) -> None:
        self._refused: list[BadInput] = []
        self._in_a_row = 0

    @contextmanager
    def kept(self, named: str = "") -> Iterator[None]:
        """Keep the refusal of one file for the end; raise it with the others where asking on is no use.

        ``named`` tells files of one address apart: it goes before the place of each problem.
        """
        try:
            yield
        except BadInput as error:
            self._refused.append(_named(error, named) if named else error)
            self._in_a_row = self._in_a_row + 1 if error.passing else 0
        else:
            self._in_a_row = 0
        if self._in_a_row >= self.PATIENCE:
            self.tell()

    def tell(self) -> None:
        """Raise all that was refused as one refusal; nothing where nothing was."""
        if self._refused:
            raise _told_together(self._refused)


def _named(error: BadInput, name: str) -> BadInput:
    problems = [replace(problem, where=f"{name}, {problem.where}") for problem in error.problems]
    return BadBody.of(problems, error.body) if isinstance(error, BadBody) else BadInput(problems)


def _told_together(refused: Sequence[BadInput]) -> BadInput:
    """One refusal of all problems of several requests; the first bytes that came are kept with it."""
    problems = [problem for error in refused for problem in error.problems]
    bodies = [error.body for error in refused if isinstance(error, BadBody)]
    return BadBody.of(problems, next(filter(None, bodies), b"")) if bodies else BadInput(problems)
