from __future__ import annotations

import csv
import email
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from expectations.alerts import (
    ROUTES,
    Delivery,
    Event,
    Routes,
    _connection,
    compose,
    load_routes,
    send_refusal,
    units_at_fault,
)
from expectations.gate import judge
from raw.errors import BadInput, Problem
from raw.feed import declared_feeds
from tests.expectations.conftest import SEEDS, MakeBuild
from tests.expectations.test_gate import warn
from warehouse.verdict import RuleResult, Verdict

PASSWORD = "s3cret-of-the-mail-server"
PROBLEM = Problem("填报.xlsx!填报!E7", "'abc'", "a number in 公里", "return the workbook with a number in E7")


class Inbox:
    """What a mail server received."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


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
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    uri = f"smtp://127.0.0.1:{controller.port}/?disable_ssl=true&disable_tls=true&timeout=5"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", uri)
    yield handler
    controller.stop()


def failed(
    run_id: str = "run-1", *, month: str = "2024-12", units: Sequence[str] = ("gdzhb", "区统计局")
) -> Event:
    error = BadInput([PROBLEM])
    return Event.failed(error, run_id=run_id, reference_month=month, as_of_date="2024-12-31", units=units)


@pytest.fixture
def refused(make_build: MakeBuild) -> Event:
    build = make_build("b", "update fct_indicator_values set value = 828.6 where indicator_code = '11'")
    judge(build)
    return Event.refused(build, run_id="run-1", reference_month="2024-12", as_of_date="2024-12-31")


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


def test_a_refused_month_reaches_the_unit_and_the_engineers(inbox: Inbox, refused: Event) -> None:
    assert send_refusal(refused).state == "sent"
    [message] = inbox.messages
    assert inbox.recipients == [["zjj@qwc.example", "data-engineers@data.example"]]
    assert message["To"] == "zjj@qwc.example, data-engineers@data.example"
    assert message["Subject"] == "【未发布】2024-12 not published"
    lines = text_of(message).splitlines()
    assert lines[0] == (
        "2024-12 未发布：指标11 常住人口城镇化率，2022 828.6 %，"
        "不符合“数值在可信范围内”；责任单位：区住建局。"
    )
    assert lines[1] == (
        "2024-12 is not published: indicator 11 Urbanisation rate of residents, 2022 828.6 %, breaks “The value"
        " lies in the believable range”; responsible: Housing and Urban-Rural Development Bureau."
    )
    assert lines[3] == "怎么办 What to do:"
    assert "compare value, unit and decimal point with the source" in lines[4]
    assert any("拦截 BLOCK | fct_indicator_values.range.qwc-14.11 |" in line for line in lines)
    assert f"判定文件 Verdict: {refused.verdict_path}" in lines


def test_the_mail_tells_what_only_warned_too(make_build: MakeBuild, inbox: Inbox) -> None:
    build = warn(make_build("b", "update fct_indicator_values set value = 828.6 where indicator_code = '11'"))
    judge(build)
    event = Event.refused(build, run_id="run-1", reference_month="2024-12", as_of_date="2024-12-31")
    assert send_refusal(event).state == "sent"
    text = text_of(inbox.messages[0])
    rule = "int_customs_totals__reconciled.assert_customs_lines_meet_totals"
    assert (
        f"提示 note  | {rule} | 报关单合计与总值相符 / The lines add up to the total | 21 failing rows"
        in text
    )
    assert "TRADE_TOTAL 2024-11: 发现 found 600 亿元；应为 expected within 1 % of 740 亿元。" in text
    assert "共 21 行 / 21 rows in all" in text


def test_bad_input_before_there_is_a_verdict(inbox: Inbox) -> None:
    assert send_refusal(failed()).state == "sent"
    lines = text_of(inbox.messages[0]).splitlines()
    assert lines[0] == (
        "2024-12 未发布：填报.xlsx!填报!E7：发现 'abc'，应为 a number in 公里；责任单位：区轨道交通指挥部、区统计局。"
    )
    assert lines[4] == "  return the workbook with a number in E7"
    assert inbox.recipients == [["gdzhb@qwc.example", "qtjj@qwc.example", "data-engineers@data.example"]]


def test_one_mail_for_one_cause_month_and_run(inbox: Inbox) -> None:
    states = [send_refusal(failed()).state, send_refusal(failed()).state]
    assert states == ["sent", "duplicate"]
    assert send_refusal(failed("run-2")).state == "sent"
    assert send_refusal(failed(month="2025-01")).state == "sent"
    assert len(inbox.messages) == 3
    assert len({str(message["Message-ID"]) for message in inbox.messages}) == 3


def test_a_mail_nobody_takes_is_kept_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = f"smtp://user:{PASSWORD}@127.0.0.1:{free_port()}/?disable_ssl=true&timeout=2"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", uri)
    delivery = send_refusal(failed())
    assert delivery.state == "kept"
    assert delivery.path is not None
    assert delivery.path.parent == tmp_path / "data" / "outbox"
    kept = email.message_from_bytes(delivery.path.read_bytes(), policy=policy.default)
    assert "E7" in text_of(kept)
    shown = capsys.readouterr().err
    assert "mail NOT sent, kept:" in shown
    assert "ConnectionRefusedError" in shown
    assert PASSWORD not in shown


def test_without_a_connection_the_mail_is_kept() -> None:
    delivery = send_refusal(failed())
    assert delivery.state == "kept"
    assert "no connection smtp_default" in delivery.reason


def test_tls_is_on_unless_the_connection_says_otherwise(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.environ["AIRFLOW_CONN_SMTP_DEFAULT"]
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", plain.partition("?")[0])
    implicit = send_refusal(failed())
    assert (implicit.state, inbox.messages) == ("kept", [])
    assert "SSL" in implicit.reason
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", plain.replace("&disable_tls=true", ""))
    starttls = send_refusal(failed("run-2"))
    assert (starttls.state, inbox.messages) == ("kept", [])
    assert "STARTTLS" in starttls.reason


def test_over_tls_the_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{controller.port}/?timeout=5")
        stranger = send_refusal(failed())
        assert stranger.state == "kept"
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.reason
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send_refusal(failed("run-2")).state == "sent"
    finally:
        controller.stop()
    assert len(handler.messages) == 1


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


def test_an_unknown_unit_is_an_error_but_does_not_silence_the_alert(inbox: Inbox) -> None:
    event = failed(units=["nobody"])
    with pytest.raises(
        BadInput, match=r"routes\.yml: units\.nobody: 发现 found nothing；应为 expected the unit"
    ):
        compose(event)
    assert send_refusal(event).state == "sent"
    assert inbox.recipients == [["data-engineers@data.example"]]
    assert "units.nobody" in text_of(inbox.messages[0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("engineers: [a@b.example]", "engineers: []", r"routes\.yml: engineers"),
        ("a@b.example", "not an address", r"routes\.yml: engineers\[0\]"),
        ("engineers", "enginers", r"routes\.yml: enginers: 发现 found an unknown key"),
        ("u2: {name_zh: 乙局", "u2: {name_zh: 甲局", "the name 甲局 is given to two units"),
    ],
)
def test_mistakes_in_the_routes_name_file_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    sound = (
        "sender: s@b.example\nengineers: [a@b.example]\nunits:\n"
        "  u1: {name_zh: 甲局, addresses: [u1@b.example]}\n  u2: {name_zh: 乙局, addresses: [u2@b.example]}\n"
    )
    path = tmp_path / "routes.yml"
    monkeypatch.setenv("EXPECTATIONS_ROUTES", str(path))
    path.write_text(sound, encoding="utf-8")
    assert load_routes().addresses_of("乙局", path) == ["u2@b.example"]
    path.write_text(sound.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        load_routes()


def test_every_unit_of_the_plan_and_of_the_feeds_has_a_route_that_delivers_nowhere() -> None:
    routes = load_routes()
    with (SEEDS / "responsible_units.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert routes.units[row["unit_id"]].name_zh == row["name_zh"]
    for feed in declared_feeds():
        for unit in feed.units:
            assert routes.addresses_of(unit, ROUTES)
    assert all(address.endswith(".example") for address in _addresses(routes))


def _addresses(routes: Routes) -> list[str]:
    units = [address for route in routes.units.values() for address in route.addresses]
    return [routes.sender, *routes.engineers, *units]


def test_a_failure_without_figures_still_says_what_to_do() -> None:
    result = RuleResult(
        "r", "mart", "block", False, "规则", "rule", "因为 / because", "修复 / repair it", "error: no table"
    )
    event = Event("run", "2024-12", "2024-12-31", Verdict.of("a" * 64, [result]), Path("verdict.json"))
    message = compose(event)
    assert text_of(message).startswith("2024-12 未发布：error: no table，不符合“规则”。\n")
    assert "修复 / repair it" in text_of(message)
    assert message["To"] == "data-engineers@data.example"


def test_a_build_too_broken_to_name_its_indicators_is_still_told(make_build: MakeBuild) -> None:
    build = make_build("b", "update fct_indicator_values set unit = 'x'")
    judge(build)
    (build / "warehouse.duckdb").write_bytes(b"broken")
    event = Event.refused(build, run_id="r", reference_month="2024-12", as_of_date="2024-12-31")
    assert text_of(compose(event)).startswith("2024-12 未发布：指标01，")


def test_many_units_do_not_fill_the_first_line() -> None:
    units = list(load_routes().units)
    first = text_of(compose(failed(units=units))).splitlines()[0]
    assert first.endswith(f"等{len(units)}个单位。")


def test_a_delivery_that_breaks_off_can_be_tried_again(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> Delivery:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("expectations.alerts._deliver", stop)
        with pytest.raises(KeyboardInterrupt):
            send_refusal(failed())
    assert send_refusal(failed()).state == "sent"


def test_the_connection_is_airflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://user:{PASSWORD}@mail.example:2525/")
    connection = _connection()
    assert (connection.host, connection.port, connection.password) == ("mail.example", 2525, PASSWORD)


def test_importing_the_alerts_does_not_import_airflow() -> None:
    code = "import sys, expectations.alerts; print('airflow' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


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
    event = Event.failed(
        BadInput(problems), run_id="r", reference_month="2023-03", as_of_date="2023-04-30", units=RETURNING
    )
    assert event.units == told


def test_a_misnamed_return_is_told_to_the_unit_on_its_cover() -> None:
    problems = [
        Problem("report.xlsx, cells B4 and B6", "unit wjj", "the file name wjj_2023-03.xlsx", "rename"),
        Problem("report.xlsx, sheet 填报, cell H2", "'abc'", "a number", "enter a number"),
    ]
    assert units_at_fault(problems, RETURNING) == ("wjj",)


def test_a_mail_before_the_first_release_does_not_say_that_one_stays() -> None:
    text = text_of(compose(failed()))
    assert "There is no release yet." in text
    assert "stays current" not in text
