"""Mail over an Airflow SMTP connection.

Not through Apprise: a connection's own TLS switches, one Message-ID an alert, and the server's words when it
refuses are needed here, and Apprise takes or gives none of them.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from expectations.alerts.channels import Outcome, Parcel
from expectations.alerts.secrets import HIDDEN, SHORTEST, airflow_connection
from raw.errors import BadInput

TIMEOUT_SECONDS = 10.0
# 4xx of SMTP is "not now" (RFC 5321, section 4.2.1); 5xx will be the same next time.
PERMANENT = 500


def send_mail(
    connection_name: str, sender: str, recipients: Sequence[str], parcel: Parcel, now: datetime
) -> Outcome:
    """Send one mail; never raises for what the server or the network does."""
    try:
        connection = airflow_connection(connection_name)
    except BadInput as error:
        return Outcome(False, str(error))
    try:
        _deliver(message_of(sender, recipients, parcel, now), connection)
    except smtplib.SMTPResponseException as error:
        reason = _masked(f"SMTP {error.smtp_code}: {_text(error.smtp_error)}", connection)
        return Outcome(False, reason, final=error.smtp_code >= PERMANENT)
    except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
        return Outcome(False, _masked(f"{type(error).__name__}: {error}", connection))
    return Outcome(True)


def message_of(sender: str, recipients: Sequence[str], parcel: Parcel, now: datetime) -> EmailMessage:
    """The mail; the same parcel has the same Message-ID, so that one sent twice is seen as one."""
    message = EmailMessage()
    message["Subject"] = parcel.title
    message["From"] = sender
    message["To"] = ", ".join(dict.fromkeys(recipients))
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{parcel.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    message.set_content(parcel.body, charset="utf-8")
    return message


def _deliver(message: EmailMessage, connection: Any) -> None:  # noqa: ANN401 (Airflow's Connection)
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


def _text(told: object) -> str:
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def _masked(text: str, connection: Any) -> str:  # noqa: ANN401 (Airflow's Connection)
    secret = connection.password or ""
    return text.replace(secret, HIDDEN) if len(secret) >= SHORTEST else text
