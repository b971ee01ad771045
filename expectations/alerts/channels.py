"""One parcel over one channel: what each service wants to be sent, and how it says that it refused.

Apprise sends to Slack and to every service that only it knows. DingTalk, WeCom and Feishu are sent to here:
they answer a refusal with HTTP 200 and an error code, which Apprise 2.3 takes for success in the first two,
and it cannot sign for Feishu. Mail goes through ``mail.py``.

Sources: DingTalk "custom robot", WeCom "group robot", Feishu "custom bot", Slack "incoming webhooks".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from expectations.alerts.routes import Channel, ChannelKind
from expectations.alerts.secrets import Address
from raw.errors import BadInput

TIMEOUT_SECONDS = 10.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HOSTS: Mapping[str, str] = {
    "dingtalk": "oapi.dingtalk.com",
    "wecom": "qyapi.weixin.qq.com",
    "feishu": "open.feishu.cn",
    "slack": "hooks.slack.com",
}
"""A chat address must be one of the service itself: a slip of the pen must not send alerts elsewhere."""


@dataclass(frozen=True)
class Limit:
    """What a service takes: messages a minute to one address, and bytes of text in one message."""

    per_minute: int
    most_bytes: int


LIMITS: Mapping[ChannelKind, Limit] = {
    "email": Limit(60, 1_000_000),
    "dingtalk": Limit(20, 20_000),
    "wecom": Limit(20, 2_048),
    "feishu": Limit(100, 20_000),
    "slack": Limit(60, 40_000),
    "webhook": Limit(60, 100_000),
    "apprise": Limit(20, 4_000),
}


@dataclass(frozen=True)
class Parcel:
    """What goes out at once: one message, or several as a digest; the same content has the same ``key``."""

    key: str
    title: str
    body: str
    severity: str


@dataclass(frozen=True)
class Outcome:
    """Whether it was taken. ``reason`` has no secret in it; ``final``: trying again would not help."""

    sent: bool
    reason: str = ""
    retry_after: timedelta | None = None
    final: bool = False


Post = Callable[[str, bytes, Mapping[str, str]], httpx.Response]


def send_to(channel: Channel, address: Address, parcel: Parcel, now: datetime) -> Outcome:
    """Send over a channel other than mail; never raises for what the service or the network does."""
    try:
        url = checked_url(channel.kind, address.url)
        if channel.kind in ("slack", "apprise"):
            return _through_apprise(channel.kind, url, parcel)
        payload, added = PAYLOADS[channel.kind](parcel, address.secret, now)
        return _posted(channel.kind, url + added, payload, parcel, address.secret)
    except BadInput as error:
        return Outcome(False, address.masked(str(error)), final=True)
    except (httpx.HTTPError, OSError) as error:
        return Outcome(False, address.masked(f"{type(error).__name__}: {error}"))


def checked_url(kind: ChannelKind, url: str) -> str:
    """The address, if it is one that alerts may go to; raises BadInput (which does not show it)."""
    parts = urlsplit(url)
    if kind == "apprise":
        return url
    if kind == "webhook" and parts.scheme == "http" and parts.hostname in LOOPBACK:
        return url
    wanted = HOSTS.get(kind)
    if parts.scheme != "https" or not parts.hostname or (wanted and parts.hostname != wanted):
        raise BadInput.one(
            f"the address of a {kind} channel",
            f"{parts.scheme}://{parts.hostname}",
            f"https://{wanted or 'host'}/…",
            "correct the variable or the Airflow connection that the channel names",
        )
    return url


def cut(text: str, most_bytes: int, more: str = "\n… 下略 / cut") -> str:
    """The text in at most so many bytes of UTF-8, cut between characters."""
    raw = text.encode("utf-8")
    if len(raw) <= most_bytes:
        return text
    return raw[: most_bytes - len(more.encode("utf-8"))].decode("utf-8", "ignore") + more


def _text(parcel: Parcel, most_bytes: int) -> str:
    """Plain text everywhere: in Markdown a name out of a feed could become a link or a heading."""
    return cut(f"{parcel.title}\n{parcel.body}", most_bytes)


def dingtalk_payload(parcel: Parcel, secret: str, now: datetime) -> tuple[dict[str, Any], str]:
    """Text; with a secret the address carries timestamp (ms) and sign (HMAC-SHA256, base64)."""
    text = _text(parcel, LIMITS["dingtalk"].most_bytes - 1_000)
    payload = {"msgtype": "text", "text": {"content": text}}
    if not secret:
        return payload, ""
    stamp = str(int(now.timestamp() * 1000))
    sign = base64.b64encode(_hmac(secret, f"{stamp}\n{secret}")).decode()
    return payload, "&" + str(httpx.QueryParams({"timestamp": stamp, "sign": sign}))


def wecom_payload(parcel: Parcel, secret: str, now: datetime) -> tuple[dict[str, Any], str]:  # noqa: ARG001
    """Text of at most 2048 bytes; the key in the address is the only secret."""
    return {"msgtype": "text", "text": {"content": _text(parcel, LIMITS["wecom"].most_bytes)}}, ""


def feishu_payload(parcel: Parcel, secret: str, now: datetime) -> tuple[dict[str, Any], str]:
    """Text; with a secret the body carries timestamp (s) and sign (HMAC-SHA256 of nothing, base64)."""
    text = _text(parcel, LIMITS["feishu"].most_bytes - 1_000)
    payload: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        stamp = str(int(now.timestamp()))
        sign = base64.b64encode(_hmac(f"{stamp}\n{secret}", "")).decode()
        payload = {"timestamp": stamp, "sign": sign, **payload}
    return payload, ""


def webhook_payload(parcel: Parcel, secret: str, now: datetime) -> tuple[dict[str, Any], str]:  # noqa: ARG001
    """Our own JSON; with a secret the header X-Signature-256 carries its HMAC-SHA256 in hex."""
    body = cut(parcel.body, LIMITS["webhook"].most_bytes)
    return {
        "key": parcel.key,
        "severity": parcel.severity,
        "title": parcel.title,
        "body": body,
        "sent_at": now.isoformat(),
    }, ""


PAYLOADS = {
    "dingtalk": dingtalk_payload,
    "wecom": wecom_payload,
    "feishu": feishu_payload,
    "webhook": webhook_payload,
}
# How a service names its error code and its reason in an answer of HTTP 200.
_CODES = {"dingtalk": ("errcode", "errmsg"), "wecom": ("errcode", "errmsg"), "feishu": ("code", "msg")}
# Refusals that will be the same next time: wrong token, wrong signature, wrong key.
_FINAL_CODES = {"dingtalk": (300001, 310000), "wecom": (93000,), "feishu": (19001, 19021, 19022)}


def _posted(kind: str, url: str, payload: Mapping[str, Any], parcel: Parcel, secret: str) -> Outcome:
    content = json.dumps(payload, ensure_ascii=False).encode("utf-8")
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": parcel.key}
    if kind == "webhook" and secret:
        headers["X-Signature-256"] = (
            "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
        )
    # No redirects: an alert goes to the address that was named, and nowhere else.
    answer = httpx.post(
        url, content=content, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=False
    )
    return _outcome_of(kind, answer)


def _outcome_of(kind: str, answer: httpx.Response) -> Outcome:
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= 500:
        return Outcome(False, f"HTTP {answer.status_code}", retry_after=_retry_after(answer))
    if not answer.is_success:
        return Outcome(False, f"HTTP {answer.status_code}", final=answer.status_code not in (408, 425))
    if kind not in _CODES:
        return Outcome(True)
    code_name, reason_name = _CODES[kind]
    try:
        told = answer.json()
        code = int(told.get(code_name, 0))
    except (ValueError, AttributeError, TypeError):
        return Outcome(False, "HTTP 200 with an answer that is no JSON object")
    if code == 0:
        return Outcome(True)
    return Outcome(
        False, f"{code_name} {code}: {str(told.get(reason_name, ''))[:200]}", final=code in _FINAL_CODES[kind]
    )


def _retry_after(answer: httpx.Response) -> timedelta | None:
    """RFC 9110, section 10.2.3, in seconds; a date or nonsense is left to our own schedule."""
    told = answer.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(told), 86_400)) if told.isdigit() else None


def _through_apprise(kind: str, url: str, parcel: Parcel) -> Outcome:
    """Apprise answers only yes or no; why not is in its log."""
    import apprise

    asset = apprise.AppriseAsset(http_redirects=False)
    service = apprise.Apprise(asset=asset)
    if not service.add(url):
        return Outcome(False, "the address is none that Apprise knows", final=True)
    body = cut(parcel.body, LIMITS["slack" if kind == "slack" else "apprise"].most_bytes - 1_000)
    with _apprise_warnings() as warnings:
        sent = service.notify(body=body, title=parcel.title, body_format=apprise.NotifyFormat.TEXT)
    return Outcome(bool(sent), "" if sent else "; ".join(warnings)[:300] or "Apprise could not send it")


@contextmanager
def _apprise_warnings() -> Iterator[list[str]]:
    told: list[str] = []

    class _Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    handler, logger = _Keep(logging.WARNING), logging.getLogger("apprise")
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)


def _hmac(key: str, message: str) -> bytes:
    return hmac.new(key.encode("utf-8"), message.encode("utf-8"), hashlib.sha256).digest()
