"""The fetcher against a real server on loopback that misbehaves on purpose."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from raw.errors import BadInput
from raw.fetch import BadBody, Fetched, Policy, Refusals, check_address, fetch, linked, masked
from raw.readers import last_day_meant

QUICK = Policy(
    attempts=3,
    first_pause=0.01,
    longest_pause=0.05,
    connect_timeout=2,
    read_timeout=0.3,
    interval=0,
    max_wire_bytes=10_000,
    max_content_bytes=20_000,
)


class Publisher(BaseHTTPRequestHandler):
    """Answers by path; counts what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: dict[str, int]
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        path = self.path.split("?")[0].strip("/")
        self.asked[path] = self.asked.get(path, 0) + 1
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        getattr(self, path)()

    def send(self, body: bytes, status: int = 200, declared: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if declared is None else declared))
        for name, value in {"Content_Type": "text/csv", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def good(self) -> None:
        if self.headers.get("If-None-Match") == '"v1"':
            self.send(b"", 304)
        else:
            self.send(b"A\n1\n", ETag='"v1"')

    def once_broken(self) -> None:
        self.send(b"", 500) if self.asked["once_broken"] == 1 else self.send(b"A\n1\n")

    def always_broken(self) -> None:
        self.send(b"", 503)

    def busy(self) -> None:
        self.send(b"", 429, Retry_After="0") if self.asked["busy"] < 3 else self.send(b"A\n1\n")

    def busy_until(self) -> None:
        later = formatdate(time.time() + 3600, usegmt=True)
        self.send(b"", 429, Retry_After=later)

    def missing(self) -> None:
        self.send(b"not here", 404)

    def truncated(self) -> None:
        self.close_connection = True
        self.send(b"A\n1\n", declared=400)

    def chunks_break_off(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Content-Type", "text/csv")
        self.end_headers()
        self.wfile.write(b"4\r\nA\n1\n\r\n")

    def too_large(self) -> None:
        self.send(b"x" * 10_001)

    def bomb(self) -> None:
        self.send(gzip.compress(b"0" * 1_000_000), Content_Encoding="gzip")

    def zipped(self) -> None:
        self.send(gzip.compress(b"A\n1\n"), Content_Encoding="gzip")

    def zip_breaks_off(self) -> None:
        self.send(gzip.compress(b"A\n1\n")[:-6], Content_Encoding="gzip")

    def strange_coding(self) -> None:
        self.send(b"??", Content_Encoding="br")

    def apology(self) -> None:
        self.send("<html>系统维护".encode(), Content_Type="text/html; charset=utf-8")

    def slow(self) -> None:
        time.sleep(0.6)
        self.send(b"late")

    def moved(self) -> None:
        self.send(b"", 302, Location="/good")

    def moved_away(self) -> None:
        self.send(b"", 302, Location="https://elsewhere.example/?token=hush")

    def round_and_round(self) -> None:
        self.send(b"", 302, Location="/round_and_round")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[str]:
    Publisher.asked, Publisher.seen = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def refusal(url: str, **options: tuple[str, ...]) -> BadInput:
    with pytest.raises(BadInput) as caught:
        fetch(url, policy=QUICK, **options)  # type: ignore[arg-type]
    return caught.value


def test_a_good_answer(publisher: str) -> None:
    answer = fetch(f"{publisher}/good", params={"month": "2022-12"}, accept=("text/csv",), policy=QUICK)
    assert answer.content == b"A\n1\n"
    assert answer.url == f"{publisher}/good?month=2022-12"
    assert answer.etag == '"v1"'
    assert Publisher.seen[0]["accept"] == "text/csv"


def test_params_are_added_to_those_of_the_address(publisher: str) -> None:
    answer = fetch(f"{publisher}/good?a=1", params={"b": "2"}, policy=QUICK)
    assert answer.url.endswith("?a=1&b=2")


def test_conditional_request(publisher: str) -> None:
    answer = fetch(f"{publisher}/good", etag='"v1"', policy=QUICK)
    assert answer.not_modified
    assert answer.content == b""


@pytest.mark.parametrize(("path", "asked"), [("once_broken", 2), ("busy", 3)])
def test_tries_again(publisher: str, path: str, asked: int) -> None:
    assert fetch(f"{publisher}/{path}", policy=QUICK).content == b"A\n1\n"
    assert Publisher.asked[path] == asked


def test_gives_up_after_its_attempts(publisher: str) -> None:
    refused = refusal(f"{publisher}/always_broken?key=hush")
    message = str(refused)
    assert Publisher.asked["always_broken"] == 3
    assert "found status 503" in message
    assert "Remedy: try again later" in message
    assert "hush" not in message
    assert refused.passing, "a publisher that is down may be up in an hour"


def test_what_is_not_there_stays_so(publisher: str) -> None:
    refused = refusal(f"{publisher}/missing")
    assert "found status 404" in str(refused)
    assert not refused.passing


def test_who_asks_for_an_hour_is_not_asked_again(publisher: str) -> None:
    message = str(refusal(f"{publisher}/busy_until"))
    assert Publisher.asked["busy_until"] == 1
    assert "found status 429" in message
    assert "Remedy: try again in 3" in message


def test_a_missing_page_is_asked_for_once(publisher: str) -> None:
    assert "found status 404" in str(refusal(f"{publisher}/missing"))
    assert Publisher.asked["missing"] == 1


@pytest.mark.parametrize("path", ["truncated", "chunks_break_off"])
def test_truncated_bodies_are_refused_and_kept(publisher: str, path: str) -> None:
    error = refusal(f"{publisher}/{path}")
    assert isinstance(error, BadBody)
    assert error.body == b"A\n1\n"
    assert "a truncated body of 4 bytes" in str(error)
    assert Publisher.asked[path] == 3


def test_too_large(publisher: str) -> None:
    error = refusal(f"{publisher}/too_large")
    assert "more than 10000 bytes；应为 expected at most 10000" in str(error)
    assert Publisher.asked["too_large"] == 1


def test_a_small_body_that_unpacks_to_a_large_one(publisher: str) -> None:
    error = refusal(f"{publisher}/bomb")
    assert isinstance(error, BadBody)
    assert "more than 20000 bytes unpacked" in str(error)
    assert len(error.body) < 2_000, "kept as it came, not as it would fill the disk"


def test_gzip_is_undone(publisher: str) -> None:
    assert fetch(f"{publisher}/zipped", policy=QUICK).content == b"A\n1\n"


def test_gzip_that_breaks_off(publisher: str) -> None:
    assert "breaks off" in str(refusal(f"{publisher}/zip_breaks_off"))


def test_an_encoding_nobody_asked_for(publisher: str) -> None:
    assert "Content-Encoding br" in str(refusal(f"{publisher}/strange_coding"))


def test_a_page_of_apology_with_status_200(publisher: str) -> None:
    error = refusal(f"{publisher}/apology", accept=("text/csv",))
    assert isinstance(error, BadBody)
    assert "found text/html" in str(error)
    assert "expected text/csv" in str(error)
    assert error.body.decode() == "<html>系统维护"


def test_no_answer_in_time(publisher: str) -> None:
    assert "no answer in time" in str(refusal(f"{publisher}/slow"))
    assert Publisher.asked["slow"] == 3


def test_nobody_listens() -> None:
    assert "a failed connection" in str(refusal("http://127.0.0.1:9/x"))


def test_redirect_on_the_same_host(publisher: str) -> None:
    assert fetch(f"{publisher}/moved", policy=QUICK).content == b"A\n1\n"


def test_redirect_to_another_host_is_refused(publisher: str) -> None:
    message = str(refusal(f"{publisher}/moved_away"))
    assert "a redirect to https://elsewhere.example/?token=***" in message


def test_redirects_without_end(publisher: str) -> None:
    assert "without end" in str(refusal(f"{publisher}/round_and_round"))


def test_pause_between_two_requests(publisher: str) -> None:
    polite = Policy(attempts=1, interval=0.15)
    fetch(f"{publisher}/good", policy=polite)
    start = time.monotonic()
    fetch(f"{publisher}/good", policy=polite)
    assert time.monotonic() - start >= 0.14


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example/a",
        "file:///etc/passwd",
        "http://publisher.example/a",
        "http://127.0.0.1.example/",
        "x",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(BadInput, match="expected https://"):
        check_address(url)


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://localhost:1", "http://[::1]:2/", "http://127.0.0.1"]
)
def test_addresses_that_are_allowed(url: str) -> None:
    assert check_address(url) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("a.html", "https://a.example/list/a.html"),
        (" ../b/c.xlsx ", "https://a.example/b/c.xlsx"),
        ("//a.example/d", "https://a.example/d"),
        ("https://A.example:443/e?f=1", "https://A.example:443/e?f=1"),
    ],
)
def test_a_link_leads_within_its_host(href: str, address: str) -> None:
    assert linked("https://a.example/list/index.html", href) == address


@pytest.mark.parametrize(
    "href",
    [
        "https://b.example/a.html",
        "//b.example/a.html",
        "http://a.example/a.html",
        "https://a.example:8443/a.html",
        "http://127.0.0.1:8080/admin?token=hush",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "javascript:void(0)",
        "https://a.example:port/",
        "https://[a.example/",
        "https://a.example@b.example/",
    ],
)
def test_a_link_to_another_place_is_refused(href: str) -> None:
    with pytest.raises(BadInput, match=r"expected a link within https://a\.example。") as refused:
        linked("https://a.example/list/index.html", href)
    assert "hush" not in str(refused.value)


def test_secrets_are_masked() -> None:
    url = "https://me:pw@a.example/x?apiKey=1&access_token=2&month=2022-12#frag"
    assert masked(url) == "https://a.example/x?apiKey=***&access_token=***&month=2022-12"


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("2022-12-31", date(2022, 12, 31)), ("2024-02", date(2024, 2, 29)), ("2022", date(2022, 12, 31)),
        ("2022-13", None), ("2022-02-30", None), ("", None), ("昨日", None),
    ],
)  # fmt: skip
def test_a_printed_day_means_the_last_it_may_be(printed: str, meant: date | None) -> None:
    assert last_day_meant(printed) == meant


def test_an_answer_is_known_from_its_last_change_in_china() -> None:
    day = {"date": "Sat, 31 Dec 2022 23:00:00 GMT"}
    changed = {**day, "last-modified": "Wed, 30 Nov 2022 17:00:00 GMT"}
    assert Fetched(b"", "x", 200, "x", day).known_from == date(2023, 1, 1)
    assert Fetched(b"", "x", 200, "x", changed).known_from == date(2022, 12, 1)
    assert Fetched(b"", "x", 200, "x", {**day, "last-modified": "soon"}).changed_on is None


def test_a_refused_status_says_on_which_day(publisher: str) -> None:
    error = refusal(f"{publisher}/missing")
    assert isinstance(error, BadBody)
    assert error.answered_on == datetime.now(timezone(timedelta(hours=8))).date()


def test_a_bomb_is_seen_long_before_a_generous_limit(publisher: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raw.fetch.FREE_BYTES", 1_000)
    with pytest.raises(BadBody, match=r"more than 10\d{4} bytes unpacked, from 10\d\d") as caught:
        fetch(f"{publisher}/bomb", policy=replace(QUICK, max_content_bytes=500_000_000))
    assert len(caught.value.body) < 1_100


def asked_one_by_one(publisher: str, *paths: str) -> tuple[list[str], BadInput]:
    """What came of several files, and how the rest was told."""
    came, refusals = [], Refusals()
    with pytest.raises(BadInput) as caught:
        for path in paths:
            with refusals.kept():
                fetch(f"{publisher}/{path}", policy=QUICK)
                came.append(path)
        refusals.tell()
    return came, caught.value


def test_a_file_that_is_refused_keeps_no_other_out_and_is_told_last(publisher: str) -> None:
    came, told = asked_one_by_one(publisher, "missing", "good", "always_broken", "zipped")
    assert came == ["good", "zipped"]
    assert [problem.found.split()[1] for problem in told.problems] == ["404", "503"]
    assert isinstance(told, BadBody) and told.body == b"not here"


def test_a_publisher_that_is_down_is_not_asked_for_every_file(publisher: str) -> None:
    came, told = asked_one_by_one(publisher, "good", *["always_broken"] * 5, "zipped")
    assert came == ["good"]
    assert len(told.problems) == Refusals.PATIENCE and told.passing
    came, told = asked_one_by_one(publisher, *["always_broken", "always_broken", "good"] * 2)
    assert came == ["good", "good"]
