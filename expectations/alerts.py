"""One mail for a month that was refused or failed, to those who can mend it.

The first line says what is wrong, with which figure, for which unit; then what to do; then every failing rule
and where the verdict lies. Chinese first, English after. The mail goes through Airflow's connection
``smtp_default``. When there is none, or its server is down, the mail is kept as ``outbox/*.eml`` in the
warehouse's data folder and said so: a mail that cannot be sent never changes the verdict.
"""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field, model_validator

from expectations.suite import Words, parse_yaml
from raw.errors import BadInput, Problem
from raw.land import REHEARSAL
from warehouse.connect import reader
from warehouse.paths import data_root
from warehouse.release import in_force
from warehouse.verdict import RuleResult, Scalar, Verdict, row_text

CONNECTION = "smtp_default"
ROUTES = Path(__file__).with_name("routes.yml")
TIMEOUT_SECONDS = 10.0

_OF_UNIT = re.compile(r"(?<![A-Za-z0-9])([a-z][a-z0-9]*)_\d{4}-\d{2}\.xlsx|UNIT_ID=([a-z][a-z0-9]*)")

Address = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
Addresses = Annotated[list[Address], Field(min_length=1)]


class UnitRoute(BaseModel):
    """Where mail for one responsible unit goes; ``name_zh`` is the name the plan prints."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name_zh: Words
    addresses: Addresses


class Routes(BaseModel):
    """The file ``routes.yml``: who sends, who is always told, and the address of each unit by its id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Address
    engineers: Addresses
    units: dict[str, UnitRoute]

    @model_validator(mode="after")
    def _names_differ(self) -> Routes:
        names = [route.name_zh for route in self.units.values()]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"units: the name {name} is given to two units")
        return self

    def name_of(self, unit: str) -> str:
        """The Chinese name of a unit given by its id; anything else as it is."""
        return self.units[unit].name_zh if unit in self.units else unit

    def addresses_of(self, unit: str, path: Path) -> list[str]:
        """The addresses of a unit named by its id or its Chinese name; raises BadInput when there is none."""
        for unit_id, route in self.units.items():
            if unit in (unit_id, route.name_zh):
                return list(route.addresses)
        raise BadInput.one(
            f"{path}: units.{unit}",
            "nothing",
            "the unit's name_zh and addresses",
            f"add {unit} to {path.name}",
        )


@dataclass(frozen=True)
class Figure:
    """An indicator as a mail names it: its names, its unit of measure and who is responsible."""

    name_zh: str
    name_en: str
    unit: str
    unit_ids: tuple[str, ...]
    responsible_zh: str
    responsible_en: str


@dataclass(frozen=True)
class Event:
    """A month that was not published: refused by a verdict, or failed on bad input before there was one.

    ``run_id`` identifies the run (one mail for one cause, month and run); ``units`` are ids or Chinese names
    of units to be told besides those of the failing indicators.
    """

    run_id: str
    reference_month: str
    as_of_date: str
    verdict: Verdict | None = None
    verdict_path: Path | None = None
    problems: tuple[Problem, ...] = ()
    units: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @classmethod
    def refused(cls, build_dir: Path, *, run_id: str, reference_month: str, as_of_date: str) -> Event:
        """The event of a build that its ``verdict.json`` refuses; raises BadInput when that is unreadable."""
        path = build_dir / "verdict.json"
        figures = _figures(build_dir / "warehouse.duckdb")
        return cls(run_id, reference_month, as_of_date, Verdict.load(path), path, figures=figures)

    @classmethod
    def failed(
        cls, error: BadInput, *, run_id: str, reference_month: str, as_of_date: str, units: Sequence[str] = ()
    ) -> Event:
        """The event of a step that refused its input; ``units`` are those of the feed.

        Only those whose files are at fault are told; all, where a file does not say whose it is.
        """
        at_fault = units_at_fault(error.problems, units)
        return cls(run_id, reference_month, as_of_date, problems=error.problems, units=at_fault)

    @property
    def key(self) -> str:
        """The same for the same cause, month and run: 16 hexadecimal digits."""
        blocking = self.verdict.blocking if self.verdict else ()
        causes = [f"{r.suite}.{r.rule_id}" for r in blocking] + [str(p) for p in self.problems]
        text = "\n".join([self.run_id, self.reference_month, *sorted(causes)])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


@dataclass(frozen=True)
class Delivery:
    """What became of a mail: ``path`` is where it was kept when it could not be sent, ``reason`` why."""

    state: Literal["sent", "kept", "duplicate"]
    recipients: tuple[str, ...]
    path: Path | None = None
    reason: str = ""


def load_routes(path: Path | None = None) -> Routes:
    """Read ``routes.yml`` (env EXPECTATIONS_ROUTES names another); raises BadInput naming file and key."""
    path = path or routes_path()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput.one(
            str(path), f"unreadable ({error.strerror})", "the addresses", "restore it"
        ) from error
    return parse_yaml(path, content, Routes)


def routes_path() -> Path:
    """The routes file in force."""
    return Path(os.environ.get("EXPECTATIONS_ROUTES", ROUTES))


def compose(event: Event, routes: Routes | None = None) -> EmailMessage:
    """The mail for an event; raises BadInput naming file and key when a unit has no address."""
    routes = routes or load_routes()
    path = routes_path()
    told = [address for unit in _units(event) for address in routes.addresses_of(unit, path)]
    return _message(event, routes, [*told, *routes.engineers], [])


def send_refusal(event: Event) -> Delivery:
    """Send the mail for an event once; keep it as a file when it cannot be sent, and say so on stderr.

    A unit without an address does not silence the alert: the engineers get it, with that mistake named.
    Raises BadInput only when ``routes.yml`` itself is unusable.
    """
    routes = load_routes()
    try:
        message = compose(event, routes)
    except BadInput as error:
        message = _message(event, routes, list(routes.engineers), error.problems)
    outbox = data_root() / "outbox"
    recipients = tuple(str(message["To"]).split(", "))
    if not _claim(outbox, event.key):
        return Delivery("duplicate", recipients, reason="already told in this run")
    try:
        delivery = _deliver(message, recipients, outbox / f"{event.reference_month}_{event.key}.eml")
    except BaseException:
        (outbox / f"{event.key}.told").unlink(missing_ok=True)
        raise
    print(_report(delivery), file=sys.stderr)
    return delivery


def units_at_fault(problems: Sequence[Problem], units: Sequence[str]) -> tuple[str, ...]:
    """Those of ``units`` whose files the problems are about, in their order; all where one file names none.

    A return says whose it is in its name, ``wjj_2022-12.xlsx``, or, where it is misnamed, in the name that
    its cover asks for; landing says it in the scope, ``UNIT_ID=wjj``.
    """
    named: dict[str, set[str]] = {}
    for problem in problems:
        file = re.split(r"[,(:：]", problem.where)[0].strip()
        told = _OF_UNIT.findall(f"{problem.where} {problem.expected}")
        named.setdefault(file, set()).update(unit for pair in told for unit in pair if unit in units)
    if not all(named.values()):
        return tuple(units)
    found = set().union(*named.values())
    return tuple(unit for unit in units if unit in found)


def _figures(database: Path) -> dict[str, Figure]:
    """Names and units of the indicators by ``plan_id/indicator_code``; empty when the file cannot tell."""
    try:
        with reader(database) as connection:
            units = connection.execute(
                "select unit_id, name_zh, name_en from dim_responsible_unit"
            ).fetchall()
            rows = connection.execute(
                "select plan_id || '/' || indicator_code, name_zh, name_en, unit, responsible_unit_ids"
                " from dim_indicator"
            ).fetchall()
    except (BadInput, duckdb.Error):
        # The mail must go out even when the build is too broken to name its indicators.
        return {}
    names = {str(unit_id): (str(zh), str(en)) for unit_id, zh, en in units}
    return {str(key): _figure(zh, en, unit, ids, names) for key, zh, en, unit, ids in rows}


def _figure(
    zh: str, en: str, unit: str, unit_ids: str | None, names: Mapping[str, tuple[str, str]]
) -> Figure:
    ids = tuple(part.strip() for part in (unit_ids or "").split(";") if part.strip())
    responsible = [names.get(unit_id, (unit_id, unit_id)) for unit_id in ids]
    return Figure(
        zh,
        en,
        unit or "",
        ids,
        "、".join(pair[0] for pair in responsible),
        "; ".join(p[1] for p in responsible),
    )


def _units(event: Event) -> list[str]:
    """The units to tell, each once: the event's own, then those of the failing indicators."""
    units = list(event.units)
    for result in event.verdict.blocking if event.verdict else ():
        for code in result.indicator_codes:
            units += event.figures[code].unit_ids if code in event.figures else ()
    return list(dict.fromkeys(units))


def _message(
    event: Event, routes: Routes, recipients: Sequence[str], also_wrong: Sequence[Problem]
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"【未发布】{event.reference_month} not published"
    message["From"] = routes.sender
    message["To"] = ", ".join(dict.fromkeys(recipients))
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = f"<{event.key}@{routes.sender.rpartition('@')[2]}>"
    message.set_content(
        "\n".join([*_body(event, routes), *_routing_mistakes(also_wrong)]) + "\n", charset="utf-8"
    )
    return message


def _body(event: Event, routes: Routes) -> Iterator[str]:
    if event.verdict is not None and event.verdict.blocking:
        yield from _verdict_body(event, event.verdict)
    else:
        yield from _problem_body(event, routes)
    yield ""
    yield f"报告月 Month: {event.reference_month}    截止日 As of: {event.as_of_date}"
    yield f"运行 Run: {event.run_id}"
    if event.verdict_path is not None:
        yield f"判定文件 Verdict: {event.verdict_path}"
    yield in_force(data_root())


def _verdict_body(event: Event, verdict: Verdict) -> Iterator[str]:
    worst = _worst(verdict)
    yield _first_line(event, worst, "zh")
    yield _first_line(event, worst, "en")
    yield ""
    yield "怎么办 What to do:"
    yield f"  {worst.remedy}"
    yield ""
    yield "未通过的规则 Failing rules:"
    for result in (*verdict.blocking, *verdict.notes):
        yield from _rule_lines(event, result)


def _worst(verdict: Verdict) -> RuleResult:
    """The refusal to open with: one that shows a figure, if there is one."""
    return min(
        verdict.blocking, key=lambda r: (not r.indicator_codes, not r.failing_rows, r.suite, r.rule_id)
    )


def _first_line(event: Event, result: RuleResult, language: Literal["zh", "en"]) -> str:
    key = result.indicator_codes[0] if result.indicator_codes else None
    figure = event.figures.get(key) if key else None
    row = _row_for(result, key)
    code = key.rpartition("/")[2] if key else None
    value = _figure_text(row, figure) if row else result.observed
    if language == "zh":
        about = f"指标{code} {figure.name_zh}，" if figure else (f"指标{code}，" if code else "")
        owner = f"；责任单位：{figure.responsible_zh}" if figure else ""
        return f"{event.reference_month} 未发布：{about}{value}，不符合“{result.what_zh}”{owner}。"
    about = f"indicator {code} {figure.name_en}, " if figure else (f"indicator {code}, " if code else "")
    owner = f"; responsible: {figure.responsible_en}" if figure else ""
    return f"{event.reference_month} is not published: {about}{value}, breaks “{result.what_en}”{owner}."


def _row_for(result: RuleResult, key: str | None) -> Mapping[str, Scalar] | None:
    for row in result.failing_rows:
        if key is not None and _key_of(row) == key:
            return row
    return result.failing_rows[0] if result.failing_rows else None


def _key_of(row: Mapping[str, Scalar]) -> str:
    """The indicator a failing row is about, as the figures are keyed: ``plan_id/indicator_code``."""
    return f"{row.get('plan_id')}/{row.get('indicator_code')}"


def _figure_text(row: Mapping[str, Scalar], figure: Figure | None) -> str:
    period = row.get("reference_period")
    if figure is not None and row.get("value") is not None:
        return f"{period or ''} {row['value']} {row.get('unit') or figure.unit}".strip()
    return row_text({name: value for name, value in row.items() if name not in ("plan_id", "indicator_code")})


def _rule_lines(event: Event, result: RuleResult) -> Iterator[str]:
    state = "拦截 BLOCK" if result.severity == "block" else "提示 note "
    rule = f"{result.suite}.{result.rule_id}"
    yield f"  {state} | {rule} | {result.what_zh} / {result.what_en} | {result.observed}"
    for row in result.failing_rows[:3]:
        figure = event.figures.get(_key_of(row))
        name = f"{row.get('indicator_code')} {figure.name_zh}: " if figure else ""
        yield f"      - {name}{_figure_text(row, figure)}"
    if result.failing_count > 3:
        yield f"      … 共 {result.failing_count} 行 / {result.failing_count} rows in all"


def _problem_body(event: Event, routes: Routes) -> Iterator[str]:
    month = event.reference_month
    if not event.problems:
        yield f"{month} 未发布，原因见运行日志。{month} is not published; the run's log says why."
        return
    first, units = event.problems[0], _few([routes.name_of(unit) for unit in event.units])
    owner_zh, owner_en = (f"；责任单位：{units}", f"; responsible: {units}") if units else ("", "")
    yield f"{month} 未发布：{first.where}：发现 {first.found}，应为 {first.expected}{owner_zh}。"
    found = f"found {first.found}, expected {first.expected}"
    yield f"{month} is not published: {first.where}: {found}{owner_en}."
    yield ""
    yield "怎么办 What to do:"
    yield f"  {first.remedy}"
    yield ""
    yield f"全部问题 All problems ({len(event.problems)}):"
    yield from (f"  - {problem}" for problem in event.problems)


def _few(names: Sequence[str]) -> str:
    shown = "、".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} 等{len(names)}个单位"


def _routing_mistakes(problems: Sequence[Problem]) -> Iterator[str]:
    if problems:
        yield ""
        yield "另：有单位未能通知，请补地址 Besides, a unit could not be told; add its address:"
        yield from (f"  - {problem}" for problem in problems)


def _claim(outbox: Path, key: str) -> bool:
    """Whether this cause has not been told yet in its run; says it is from now on."""
    outbox.mkdir(parents=True, exist_ok=True)
    try:
        (outbox / f"{key}.told").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _deliver(message: EmailMessage, recipients: tuple[str, ...], kept_at: Path) -> Delivery:
    try:
        connection = _connection()
    except LookupError as error:
        reason = str(error)
    else:
        try:
            _send(message, connection)
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            reason = _masked(f"{type(error).__name__}: {error}", connection)
        else:
            return Delivery("sent", recipients)
    kept_at.write_bytes(message.as_bytes())
    return Delivery("kept", recipients, kept_at, reason)


def _connection() -> Any:  # noqa: ANN401 (Airflow's Connection)
    """Airflow's SMTP connection; raises LookupError when there is none, or nobody is to be alarmed."""
    if os.environ.get(REHEARSAL):
        raise LookupError("a rehearsal sends no mail")
    from airflow.exceptions import AirflowException
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    try:
        return SmtpHook.get_connection(CONNECTION)
    except (AirflowException, ImportError) as error:
        raise LookupError(f"Airflow has no connection {CONNECTION} ({type(error).__name__})") from error


def _send(message: EmailMessage, connection: Any) -> None:  # noqa: ANN401 (Airflow's Connection)
    """Send over TLS unless the connection's extras say otherwise (RFC 8314: implicit TLS before STARTTLS).

    Extras as in Airflow's SMTP provider: ``disable_ssl``, ``disable_tls``, ``timeout``.
    """
    extra = connection.extra_dejson
    timeout = float(extra.get("timeout", TIMEOUT_SECONDS))
    host, implicit = connection.host or "localhost", not _flag(extra, "disable_ssl")
    client: smtplib.SMTP
    if implicit:
        context = ssl.create_default_context()
        client = smtplib.SMTP_SSL(host, connection.port or 465, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(host, connection.port or 587, timeout=timeout)
    with client:
        if not implicit and not _flag(extra, "disable_tls"):
            client.starttls(context=ssl.create_default_context())
        if connection.login:
            client.login(connection.login, connection.password or "")
        client.send_message(message)


def _flag(extra: Mapping[str, object], name: str) -> bool:
    """An extra that is true: as JSON, or as the text a connection URI carries."""
    return str(extra.get(name, "")).strip().lower() in ("true", "1", "yes")


def _masked(text: str, connection: Any) -> str:  # noqa: ANN401 (Airflow's Connection)
    return text.replace(connection.password, "***") if connection.password else text


def _report(delivery: Delivery) -> str:
    to = ", ".join(delivery.recipients)
    if delivery.state == "sent":
        return f"已发邮件 mail sent to: {to}"
    return f"邮件未能发出，已留存 mail NOT sent, kept: {delivery.path}（{delivery.reason}）; to: {to}"
