"""Alerts: who hears of what, when, over which channel, and what becomes of what cannot be sent."""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy.orm import Session

from expectations.alerts import channels
from expectations.alerts.calendar import is_certain, is_working_day, send_after, working_hours_between
from expectations.alerts.channels import LIMITS, Outcome, Parcel, cut, send_to
from expectations.alerts.dispatch import (
    WAITS,
    dispatch,
    escalate,
    retry,
    tell,
    undelivered,
)
from expectations.alerts.routes import Channel, Routes, emergency_routes, load_routes
from expectations.alerts.secrets import Address, address_of
from expectations.findings import Finding, Subject, units_at_fault
from expectations.incidents import acknowledge, observe
from expectations.ledger import Delivery, Message, open_ledger
from raw.errors import BadInput, Problem
from raw.feed import declared_feeds
from tests.expectations.conftest import SEEDS

# A Thursday, 12:00 in Beijing.
NOON = datetime(2025, 11, 6, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PASSWORD = "s3cret-of-the-mail-server"
TOKEN = "t0ken-of-the-robot"
SECRET = "SEC-of-the-robot"

SLIP = Finding(
    cause_key="gate:delivery:x",
    kind="quality",
    severity="block",
    title_zh="2024-12 未发布：指标01 地区生产总值增速，2024 58 %，不符合“数值在可信范围内”；责任单位：区发改局。",
    title_en="2024-12 is not published: indicator 01 GDP growth, 2024 58 %, breaks “in range”.",
    because="小数点 / decimal point",
    remedy_zh="对照来源核对",
    remedy_en="compare with the source",
    owner="units",
    reference_month="2024-12",
    as_of_date="2024-12-31",
    units=("fgj",),
    subjects=tuple(Subject("rule", f"fct_x.rule_{n:02}") for n in range(12)),
    evidence=("verdict.json",),
)


class Inbox:
    """What a mail server received; ``answer`` is what it says to a message."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if self.answer.startswith("250"):
            self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(autouse=True)
def _own_airflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Airflow reads its home once, at its first import in this process.
    if "airflow" not in sys.modules:
        monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path / "data"))
    for name in ("AIRFLOW_CONN_SMTP_DEFAULT", "EXPECTATIONS_LINK_SECRET", "EXPECTATIONS_LINK_BASE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        yield opened


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    uri = f"smtp://127.0.0.1:{controller.port}/?disable_ssl=true&disable_tls=true&timeout=5"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", uri)
    yield handler
    controller.stop()


def routes_with(channel: str = "") -> Routes:
    """The routes of the repository, with a channel of the engineers' own where one is given."""
    routes = load_routes().model_dump()
    if channel:
        routes["channels"]["ops"] = json.loads(channel)
        routes["audiences"]["engineers"] |= {"channels": ["ops"]}
        routes["routes"] = [{"kinds": ["quality", "failure"], "to": ["engineers"]}]
    return Routes.model_validate(routes)


def found(session: Session, routes: Routes, *findings: Finding, at: datetime = NOON) -> list[Message]:
    return tell(session, observe(session, findings, scope="gate", now=at), routes, now=at)


def text_of(message: EmailMessage) -> str:
    content = message.get_content()
    assert isinstance(content, str)
    return content


# Mail ------------------------------------------------------------------------------------------------------


def test_one_cause_is_one_mail_for_each_audience(session: Session, inbox: Inbox) -> None:
    found(session, load_routes(), SLIP)
    assert dispatch(session, load_routes(), now=NOON).sent == 3
    assert inbox.recipients == [
        ["data-engineers@data.example"], ["statisticians@data.example"], ["fgj@qwc.example"]
    ]  # fmt: skip
    mail = inbox.messages[2]
    first, second, *rest = text_of(mail).splitlines()
    assert mail["Subject"].startswith("【未发布】2024-12 未发布：指标01 地区生产总值增速，2024 58 %")
    assert first == f"{SLIP.title_zh} 怎么办：对照来源核对。"
    assert second == f"{SLIP.title_en} What to do: compare with the source."
    assert "收件 For: 区发改局    负责 Responsible: 区发改局" in rest
    assert "依据 Evidence: verdict.json" in rest
    assert "未通过的规则 Failing rules (12):" in rest
    assert "  … 另有 2 项 / 2 more" in rest
    assert "There is no release yet." in rest[-1]


def test_what_was_told_is_not_told_again_and_a_recovery_goes_to_those_who_heard(
    session: Session, inbox: Inbox
) -> None:
    routes = load_routes()
    found(session, routes, SLIP)
    dispatch(session, routes, now=NOON)
    found(session, routes, SLIP, at=NOON + MINUTE)
    assert dispatch(session, routes, now=NOON + MINUTE).sent == 0
    found(session, routes, at=NOON + HOUR)
    assert dispatch(session, routes, now=NOON + HOUR).sent == 3
    over = inbox.messages[-1]
    assert over["Subject"].startswith("【已恢复】2024-12")
    assert text_of(over).startswith("【已恢复】无需处理：2024-12 未发布")


def test_many_at_once_are_one_digest_for_each_address(session: Session, inbox: Inbox) -> None:
    routes = load_routes()
    found(session, routes, *(Finding(**{**vars(SLIP), "cause_key": f"c{n}"}) for n in range(5)))
    report = dispatch(session, routes, now=NOON)
    assert (report.sent, len(inbox.messages)) == (15, 3)
    assert inbox.messages[0]["Subject"].startswith("5 条提醒 / 5 alerts")
    assert text_of(inbox.messages[0]).count("compare with the source") == 5


def test_a_signed_link_stands_in_the_mail_where_links_are_set_up(
    session: Session, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "x" * 32)
    monkeypatch.setenv("EXPECTATIONS_LINK_BASE", "https://airflow.example/incidents")
    found(session, load_routes(), SLIP)
    dispatch(session, load_routes(), now=NOON)
    assert "受理 Acknowledge: https://airflow.example/incidents/signed/" in text_of(inbox.messages[0])
    monkeypatch.setenv("EXPECTATIONS_LINK_SECRET", "short")
    found(session, load_routes(), Finding(**{**vars(SLIP), "cause_key": "other"}))
    dispatch(session, load_routes(), now=NOON)
    assert "python -m expectations show 2" in text_of(inbox.messages[3])


def test_without_a_mail_server_alerts_are_kept_tried_again_and_then_given_up(
    session: Session, tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    routes, working = load_routes(), os.environ["AIRFLOW_CONN_SMTP_DEFAULT"]
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    found(session, routes, SLIP)
    report = dispatch(session, routes, now=NOON)
    assert (report.sent, report.kept, report.given_up) == (0, 3, 0)
    assert "smtp_default" in str(report)
    assert len(list((tmp_path / "data" / "outbox").glob("*.txt"))) == 3
    assert dispatch(session, routes, now=NOON).kept == 0, "not due again at once"
    at = NOON
    for wait in WAITS:
        at += wait
        report = dispatch(session, routes, now=at)
    assert (report.kept, report.given_up) == (0, 3)
    assert [one.state for one in undelivered(session)] == ["given_up"] * 3
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", working)
    assert retry(session, now=at) == 3
    assert dispatch(session, routes, now=at).sent == 3
    assert (undelivered(session), len(inbox.messages)) == ([], 3)


@pytest.mark.parametrize(
    ("answer", "state"), [("451 not now", "pending"), ("554 never", "given_up")], ids=["4xx", "5xx"]
)
def test_a_mail_server_that_refuses(session: Session, inbox: Inbox, answer: str, state: str) -> None:
    inbox.answer = answer
    found(session, load_routes(), SLIP)
    dispatch(session, load_routes(), now=NOON)
    waiting = undelivered(session)
    assert {one.state for one in waiting} == {state}
    assert answer[:3] in waiting[0].last_error


def test_tls_is_on_unless_the_connection_says_otherwise(
    session: Session, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.environ["AIRFLOW_CONN_SMTP_DEFAULT"]
    found(session, load_routes(), SLIP)
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", plain.partition("?")[0])
    assert "SSL" in str(dispatch(session, load_routes(), now=NOON))
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", plain.replace("&disable_tls=true", ""))
    assert "STARTTLS" in str(dispatch(session, load_routes(), now=NOON + HOUR))
    assert inbox.messages == []


def test_over_tls_the_certificate_is_checked(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    _self_signed(key, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), ssl_context=context)
    # Its own first connection is made with the server's context, which cannot act as a client.
    monkeypatch.setattr(controller, "_trigger_server", lambda: _touch_over_tls(controller.port))
    controller.start()
    try:
        monkeypatch.setenv(
            "AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://u:{PASSWORD}@127.0.0.1:{controller.port}/?timeout=5"
        )
        found(session, load_routes(), SLIP)
        assert "CERTIFICATE_VERIFY_FAILED" in str(dispatch(session, load_routes(), now=NOON))
    finally:
        controller.stop()
    assert handler.messages == []


def _touch_over_tls(port: int) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as bare, context.wrap_socket(bare) as secure:
        assert secure.recv(3) == b"220"


def _self_signed(key: Path, certificate: Path) -> None:
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


# Chat channels ----------------------------------------------------------------------------------------------


class Service:
    """A chat service on loopback: keeps every call, answers what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.headers, self.body = 200, {}, b'{"errcode": 0, "code": 0}'
        self.hangs = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                service.calls.append((self.path, dict(self.headers), json.loads(content)))
                if service.status == 0:
                    service.hangs.wait(20)
                    return
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(service.body)))
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hangs.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Every kind of channel may be sent to loopback here; the check of addresses has a test of its own."""
    made = Service()
    monkeypatch.setattr(channels, "checked_url", lambda _kind, url: url)
    yield made
    made.close()


PARCEL = Parcel("k" * 32, "【未发布】标题 <b>[x](http://evil.example)</b>", "正文" * 20_000, "block")


def sent(service: Service, kind: str, path: str, secret: str = "", parcel: Parcel = PARCEL) -> Outcome:
    channel = Channel.model_validate({"kind": kind, "url_env": "X"})
    return send_to(channel, Address(service.url + path, secret), parcel, NOON)


def test_dingtalk_gets_signed_text_within_its_limit(service: Service) -> None:
    assert sent(service, "dingtalk", f"/robot/send?access_token={TOKEN}", SECRET).sent
    ((path, headers, payload),) = service.calls
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    stamp = str(int(NOON.timestamp() * 1000))
    signed = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": TOKEN, "timestamp": stamp, "sign": base64.b64encode(signed).decode()
    }  # fmt: skip
    assert set(payload) == {"msgtype", "text"}
    assert payload["msgtype"] == "text"
    content = payload["text"]["content"]
    assert content.startswith(PARCEL.title + "\n正文")
    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= LIMITS["dingtalk"].most_bytes
    assert headers["Content-Type"] == "application/json; charset=utf-8"


def test_wecom_gets_text_of_at_most_2048_bytes(service: Service) -> None:
    assert sent(service, "wecom", f"/cgi-bin/webhook/send?key={TOKEN}").sent
    ((path, _, payload),) = service.calls
    assert path == f"/cgi-bin/webhook/send?key={TOKEN}"
    assert set(payload) == {"msgtype", "text"}
    content = payload["text"]["content"].encode()
    assert 2_000 < len(content) <= 2_048
    assert content.decode().endswith("… 下略 / cut")


def test_feishu_gets_text_signed_in_its_body(service: Service) -> None:
    assert sent(service, "feishu", f"/open-apis/bot/v2/hook/{TOKEN}", SECRET).sent
    ((_, _, payload),) = service.calls
    stamp = str(int(NOON.timestamp()))
    signed = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert payload["timestamp"] == stamp
    assert payload["sign"] == base64.b64encode(signed).decode()
    assert payload["msg_type"] == "text"
    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= LIMITS["feishu"].most_bytes


def test_a_webhook_gets_our_json_with_its_signature(service: Service) -> None:
    small = Parcel("k", "标题", "正文", "hold")
    assert sent(service, "webhook", "/hook", SECRET, small).sent
    ((_, headers, payload),) = service.calls
    assert payload == {
        "key": "k", "severity": "hold", "title": "标题", "body": "正文", "sent_at": NOON.isoformat()
    }  # fmt: skip
    content = json.dumps(payload, ensure_ascii=False).encode()
    signed = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    assert headers["X-Signature-256"] == f"sha256={signed}"
    assert headers["Idempotency-Key"] == "k"


def test_slack_goes_through_apprise(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", service.url)
    service.body = b"ok"
    channel = Channel.model_validate({"kind": "slack", "url_env": "X"})
    url = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert send_to(channel, Address(url), Parcel("k", "标题", "正文 <!channel> & more", "block"), NOON).sent
    ((path, _, payload),) = service.calls
    assert path == "/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    told = json.dumps(payload, ensure_ascii=False)
    assert "标题" in told
    assert "正文" in told
    assert "<!channel>" not in told
    service.status = 404
    refused = send_to(channel, Address(url), PARCEL, NOON)
    assert not refused.sent
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in refused.reason


@pytest.mark.parametrize(
    ("kind", "status", "body", "reason", "final"),
    [
        ("dingtalk", 200, b'{"errcode": 310000, "errmsg": "sign not match"}', "errcode 310000", True),
        ("dingtalk", 200, b'{"errcode": 130101, "errmsg": "send too fast"}', "errcode 130101", False),
        ("wecom", 200, b'{"errcode": 45009, "errmsg": "api freq out of limit"}', "errcode 45009", False),
        ("feishu", 200, b'{"code": 19021, "msg": "sign match fail"}', "code 19021", True),
        ("dingtalk", 200, b"<html>", "no JSON", False),
        ("webhook", 500, b"", "HTTP 500", False),
        ("webhook", 404, b"", "HTTP 404", True),
        ("webhook", 302, b"", "HTTP 302", True),
    ],
)
def test_a_service_that_refuses_says_so_in_its_own_way(
    service: Service, kind: str, status: int, body: bytes, reason: str, final: bool
) -> None:
    service.status, service.body = status, body
    service.headers = {"Location": "http://127.0.0.1:1/"} if status == 302 else {}
    outcome = sent(service, kind, "/x")
    assert (outcome.sent, outcome.final) == (False, final)
    assert reason in outcome.reason


def test_a_service_that_limits_is_left_alone_for_as_long_as_it_asks(
    service: Service, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_HOOK", service.url)
    routes = routes_with('{"kind": "webhook", "url_env": "ALERTS_HOOK"}')
    service.status, service.headers = 429, {"Retry-After": "1800"}
    found(session, routes, SLIP)
    assert dispatch(session, routes, now=NOON).kept == 1
    service.status = 200
    assert dispatch(session, routes, now=NOON + 29 * MINUTE).sent == 0
    assert dispatch(session, routes, now=NOON + 30 * MINUTE).sent == 1


def test_one_that_hangs_holds_up_no_other(
    service: Service, session: Session, tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setenv("ALERTS_HOOK", service.url)
    routes = routes_with()
    data = routes.model_dump()
    data["channels"]["ops"] = {"kind": "webhook", "url_env": "ALERTS_HOOK"}
    data["audiences"]["engineers"]["channels"] = ["ops", "mail"]
    routes = Routes.model_validate(data)
    service.status = 0
    found(session, routes, SLIP, Finding(**{**vars(SLIP), "cause_key": "another"}))
    report = dispatch(session, routes, now=NOON)
    assert len(inbox.messages) == 6
    assert len(service.calls) == 1, "the second message does not wait for the same service again"
    assert "ReadTimeout" in str(report)


def test_fifty_alerts_in_a_minute_stay_within_twenty_sends(
    service: Service, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_DING", f"{service.url}/robot/send?access_token={TOKEN}")
    routes = routes_with('{"kind": "dingtalk", "url_env": "ALERTS_DING"}')
    for second in range(50):
        at = NOON + timedelta(seconds=second)
        tell(
            session,
            observe(
                session, [Finding(**{**vars(SLIP), "cause_key": f"c{second}"})], scope=f"s{second}", now=at
            ),
            routes,
            now=at,
        )
        dispatch(session, routes, now=at)
    assert len(service.calls) == 20
    dispatch(session, routes, now=NOON + 2 * MINUTE)
    assert len(service.calls) == 21, "the thirty that waited go as one digest"
    assert session.scalar(
        sa.select(sa.func.count()).select_from(Delivery).where(Delivery.state == "sent")
    ) == 50  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("dingtalk", "http://oapi.dingtalk.com/robot/send?access_token=" + TOKEN),
        ("dingtalk", "https://oapi.dingtalk.com.evil.example/robot?access_token=" + TOKEN),
        ("wecom", "https://127.0.0.1/" + TOKEN),
        ("feishu", "https://open.larksuite.example/" + TOKEN),
        ("slack", "https://hooks.slack.example/services/" + TOKEN),
        ("webhook", "http://inside.example/" + TOKEN),
        ("webhook", "file:///etc/passwd?" + TOKEN),
    ],
)
def test_an_address_that_is_not_the_services_own_is_refused_without_being_shown(kind: str, url: str) -> None:
    outcome = send_to(Channel.model_validate({"kind": kind, "url_env": "X"}), Address(url), PARCEL, NOON)
    assert (outcome.sent, outcome.final) == (False, True)
    assert TOKEN not in outcome.reason


def test_no_secret_reaches_the_ledger_the_outbox_or_a_log(
    service: Service,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALERTS_DING", f"{service.url}/robot/send?access_token={TOKEN}")
    monkeypatch.setenv("ALERTS_DING_SECRET", SECRET)
    kinds = '{"kind": "dingtalk", "url_env": "ALERTS_DING", "secret_env": "ALERTS_DING_SECRET"}'
    routes = routes_with(kinds)
    service.close()
    found(session, routes, SLIP)
    report = dispatch(session, routes, now=NOON)
    assert report.kept == 1
    session.commit()
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    shown = "".join(capfd.readouterr()) + str(report) + repr(address_of(routes.channels["ops"]))
    for secret in (TOKEN, SECRET):
        assert secret.encode() not in written
        assert secret not in shown


def test_a_variable_that_is_not_set_is_named(session: Session, tmp_path: Path) -> None:
    routes = routes_with('{"kind": "wecom", "url_env": "ALERTS_NOT_SET"}')
    found(session, routes, SLIP)
    assert "ALERTS_NOT_SET" in str(dispatch(session, routes, now=NOON))


def test_a_rehearsal_sends_nothing(session: Session, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from raw.land import REHEARSAL

    monkeypatch.setenv(REHEARSAL, "1")
    found(session, load_routes(), SLIP)
    assert "模拟演练" in str(dispatch(session, load_routes(), now=NOON))
    assert inbox.messages == []


def test_text_is_cut_between_characters() -> None:
    assert cut("短", 100) == "短"
    assert len(cut("发" * 100, 50).encode()) <= 50
    assert cut("发" * 100, 50).startswith("发发")


# Routes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[engineers, statisticians, units]}", "[engineers, nobody]}", "nobody is not among the audiences"),
        ("sender: plan-warehouse@data.example", "sender: nobody", "sender"),
        ("channels:\n  mail:", "channels:\n  post:", "mail is not among the channels"),
        ("connection: smtp_default", "password: x", "password"),
        ("digest_over: 3", "digest_over: 0", "digest_over"),
        ("name_zh: 区工信局", "name_zh: 区发改局", "the name 区发改局 is given to two units"),
        ("severities: [hold]", "severities: [worst]", r"severities"),
        ("addresses: [fgj@qwc.example]", "addresses: []", "fgj: addresses: none"),
    ],
)
def test_a_route_to_nowhere_is_named_with_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    sound = Path("expectations/routes.yml").read_text(encoding="utf-8")
    assert old in sound
    path = tmp_path / "routes.yml"
    path.write_text(sound.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("EXPECTATIONS_ROUTES", str(path))
    with pytest.raises(BadInput, match=message) as caught:
        load_routes()
    assert str(path) in str(caught.value)


def test_every_unit_of_the_plan_and_of_the_feeds_has_a_route_that_delivers_nowhere() -> None:
    routes = load_routes()
    with (SEEDS / "responsible_units.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert routes.units[row["unit_id"]].name_zh == row["name_zh"]
    for feed in declared_feeds():
        for unit in feed.units:
            assert routes.audience(f"unit:{unit}") is not None, f"{feed.feed}: {unit}"
    told = [*routes.audiences.values(), *routes.units.values()]
    assert all(address.endswith(".example") for one in told for address in one.addresses)


def test_a_unit_without_an_address_is_told_of_to_the_engineers(session: Session, inbox: Inbox) -> None:
    found(session, load_routes(), Finding(**{**vars(SLIP), "units": ("nobody",)}))
    dispatch(session, load_routes(), now=NOON)
    ours = [mail for mail, to in zip(inbox.messages, inbox.recipients, strict=True) if "engineers" in to[0]]
    assert any("unit:nobody 在 routes.yml 中没有地址" in text_of(mail) for mail in ours)


def test_what_no_route_names_goes_to_the_engineers() -> None:
    assert load_routes().hears("quality", "note", ["fgj"]) == ["engineers"]


def test_while_the_routes_are_broken_messages_are_kept_and_go_out_once_they_are_mended(
    session: Session, inbox: Inbox
) -> None:
    found(session, emergency_routes(), SLIP)
    assert {one.audience for one in session.scalars(sa.select(Message))} == {"engineers", "unit:fgj"}
    dispatch(session, load_routes(), now=NOON)
    assert inbox.recipients == [["data-engineers@data.example"], ["fgj@qwc.example"]]


# When -------------------------------------------------------------------------------------------------------


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("at", "audience", "severity", "expected"),
    [
        ("2025-11-06T12:00", "unit:fgj", "hold", "2025-11-06T12:00"),
        ("2025-11-06T22:00", "unit:fgj", "block", "2025-11-07T07:30"),
        ("2025-11-07T03:00", "statisticians", "block", "2025-11-07T07:30"),
        ("2025-11-06T23:00", "engineers", "block", "2025-11-06T23:00"),
        ("2025-11-06T23:00", "engineers", "note", "2025-11-07T07:30"),
        # A Saturday waits for Monday.
        ("2025-11-08T10:00", "unit:fgj", "block", "2025-11-10T07:30"),
        # National Day and Mid-Autumn 2025: 1 to 8 October; the 9th is a working day.
        ("2025-09-30T23:00", "unit:fgj", "hold", "2025-10-09T07:30"),
        # Sunday 28 September 2025 is worked in exchange.
        ("2025-09-28T10:00", "unit:fgj", "hold", "2025-09-28T10:00"),
        # Spring Festival 2025: 28 January to 4 February, Sunday 26 January and Saturday 8 February worked.
        ("2025-01-26T10:00", "unit:fgj", "hold", "2025-01-26T10:00"),
        ("2025-01-28T10:00", "unit:fgj", "hold", "2025-02-05T07:30"),
    ],
)
def test_nights_and_days_off_are_quiet(at: str, audience: str, severity: str, expected: str) -> None:
    assert send_after(beijing(at), audience, severity, load_routes()) == beijing(expected)


def test_a_year_whose_holidays_are_not_known_is_monday_to_friday() -> None:
    far = datetime(2999, 1, 1).date()
    assert not is_certain(far)
    assert is_working_day(far) == (far.weekday() < 5)
    assert is_certain(NOON.date())


def test_the_ladder_counts_hours_of_working_days() -> None:
    friday, monday = beijing("2025-11-07T16:30"), beijing("2025-11-10T10:00")
    assert working_hours_between(friday, monday, "Asia/Shanghai") == 2.0


def test_what_nobody_takes_up_climbs_the_ladder_step_by_step(session: Session, inbox: Inbox) -> None:
    routes = load_routes()
    found(session, routes, SLIP)
    assert escalate(session, routes, now=NOON + HOUR) == []
    at = beijing("2025-11-06T16:30")
    (change,) = escalate(session, routes, now=at)
    assert [one.audience for one in tell(session, [change], routes, now=at)] == ["engineers", "statisticians"]
    assert escalate(session, routes, now=at + HOUR) == []
    later = beijing("2025-11-10T11:30")
    (change,) = escalate(session, routes, now=later)
    told = tell(session, [change], routes, now=later)
    assert [one.audience for one in told] == ["engineers", "statisticians", "unit:fgj"]
    assert told[0].title.startswith("【逾期未受理】")
    assert escalate(session, routes, now=later + 30 * DAY) == []


def test_what_came_back_climbs_from_the_day_it_came_back(session: Session) -> None:
    routes = load_routes()
    found(session, routes, SLIP)
    observe(session, [], scope="gate", now=NOON + HOUR)
    back = NOON + 28 * DAY
    observe(session, [SLIP], scope="gate", now=back)
    assert escalate(session, routes, now=back + HOUR) == []
    assert len(escalate(session, routes, now=back + DAY)) == 1


def test_what_somebody_has_taken_up_does_not_climb(session: Session) -> None:
    found(session, load_routes(), SLIP)
    acknowledge(session, 1, by="王", now=NOON)
    assert escalate(session, load_routes(), now=NOON + 30 * DAY) == []


# Units ------------------------------------------------------------------------------------------------------

RETURNING = ("fgj", "rsj", "wjj")


@pytest.mark.parametrize(
    ("wheres", "told"),
    [
        (["wjj_2023-03.xlsx, sheet 填报, cell H2"], ("wjj",)),
        (["wjj_2023-03.xlsx, sheet 填报", "2023-04-02_fgj_2023-03.xlsx"], ("fgj", "wjj")),
        (["/inbox/unit_returns/rsj_2023-03.xlsx"], ("rsj",)),
        (["unit_returns/returns, scope UNIT_ID=rsj|RETURN_MONTH=2023-03"], ("rsj",)),
        (["wjj_2023-03.xlsx, cell A1", "report.xlsx, cell A1"], RETURNING),
        (["zzz_2023-03.xlsx, cell A1"], RETURNING),
        (["the inbox"], RETURNING),
    ],
)
def test_a_bad_return_is_told_to_its_unit_alone(wheres: list[str], told: tuple[str, ...]) -> None:
    problems = [Problem(where, "x", "y", "z") for where in wheres]
    assert units_at_fault(problems, RETURNING) == told


def test_a_misnamed_return_is_told_to_the_unit_on_its_cover() -> None:
    problems = [
        Problem("report.xlsx, cells B4 and B6", "unit wjj", "the file name wjj_2023-03.xlsx", "rename"),
        Problem("report.xlsx, sheet 填报, cell H2", "'abc'", "a number", "enter a number"),
    ]
    assert units_at_fault(problems, RETURNING) == ("wjj",)


def test_importing_the_alerts_does_not_import_airflow() -> None:
    code = "import sys, expectations.observing; print('airflow' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
