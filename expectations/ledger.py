"""The ledger: judgements, incidents, quarantine and alerts, kept over time in one small database.

SQLite beside the data by default, PostgreSQL where a team shares one; both through the models below and the
migrations in ``expectations/migrations``. Rows are added and closed, never deleted. Times are UTC and come
from the caller, so that everything here can be replayed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from raw.errors import BadInput
from warehouse.paths import data_root

URL = "EXPECTATIONS_LEDGER_URL"
MIGRATIONS = Path(__file__).with_name("migrations")
VERSION_TABLE = "ledger_version"
"""Not Alembic's default name: the ledger may share a database with Airflow, which uses that."""

BUSY_SECONDS = 30
_LOCK_NUMBER = 20210125


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in UTC, aware on both sides; SQLite itself keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC; a moment without a time zone raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The tables of the ledger."""

    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime,
        dict[str, Any]: sa.JSON,
        list[str]: sa.JSON,
    }


class QualityRun(Base):
    """One judgement of one build. ``run_id`` is the same for the same build, rules and last release."""

    __tablename__ = "quality_runs"

    run_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    reference_month: Mapped[str] = mapped_column(sa.String(7), index=True)
    as_of_date: Mapped[str] = mapped_column(sa.String(10))
    kind: Mapped[str] = mapped_column(sa.String(16))
    build_sha256: Mapped[str] = mapped_column(sa.String(64))
    previous_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    rules_sha256: Mapped[str] = mapped_column(sa.String(64))
    passed: Mapped[bool]
    judged_at: Mapped[datetime]
    release_name: Mapped[str | None]

    results: Mapped[list[QualityResult]] = relationship(back_populates="run")


class QualityResult(Base):
    """What one rule found in one judgement. ``indicator_codes`` are ``plan_id/indicator_code``."""

    __tablename__ = "quality_results"

    run_id: Mapped[str] = mapped_column(sa.ForeignKey("quality_runs.run_id"), primary_key=True)
    suite: Mapped[str] = mapped_column(primary_key=True)
    rule_id: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(sa.String(8))
    success: Mapped[bool]
    owner: Mapped[str]
    observed: Mapped[str] = mapped_column(sa.Text)
    failing_count: Mapped[int] = mapped_column(sa.BigInteger)
    what_zh: Mapped[str] = mapped_column(sa.Text)
    what_en: Mapped[str] = mapped_column(sa.Text)
    because: Mapped[str] = mapped_column(sa.Text)
    remedy: Mapped[str] = mapped_column(sa.Text)
    indicator_codes: Mapped[list[str]]

    run: Mapped[QualityRun] = relationship(back_populates="results")


class Incident(Base):
    """One cause that somebody has to mend, however many rules and figures it breaks.

    ``state``: open, acknowledged, snoozed, resolved. ``cause_key`` is the same for the same cause in every
    run, ``scope`` what was looked at when it was found; ``assignee_unit`` is a unit as its feed or
    the plan names it (an id, or a publisher's name), ``engineers`` or ``statisticians``.
    """

    __tablename__ = "incidents"

    incident_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    cause_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    scope: Mapped[str] = mapped_column(sa.String(200), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    severity: Mapped[str] = mapped_column(sa.String(8))
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    title_zh: Mapped[str] = mapped_column(sa.Text)
    title_en: Mapped[str] = mapped_column(sa.Text)
    because: Mapped[str] = mapped_column(sa.Text)
    remedy_zh: Mapped[str] = mapped_column(sa.Text)
    remedy_en: Mapped[str] = mapped_column(sa.Text)
    owner: Mapped[str]
    assignee_unit: Mapped[str]
    units: Mapped[list[str]]
    evidence: Mapped[list[str]]
    reference_month: Mapped[str] = mapped_column(sa.String(7))
    as_of_date: Mapped[str] = mapped_column(sa.String(10))
    seen_count: Mapped[int]
    opened_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    escalation_step: Mapped[int] = mapped_column(default=0)

    subjects: Mapped[list[IncidentSubject]] = relationship(
        back_populates="incident", order_by="IncidentSubject.subject_kind, IncidentSubject.subject_key"
    )
    actions: Mapped[list[IncidentAction]] = relationship(
        back_populates="incident", order_by="IncidentAction.action_id"
    )


class IncidentSubject(Base):
    """What an incident touches: a rule, an indicator, a feed, a unit, a file or a row."""

    __tablename__ = "incident_subjects"

    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incidents.incident_id"), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    subject_key: Mapped[str] = mapped_column(sa.String(400), primary_key=True)
    name_zh: Mapped[str] = mapped_column(sa.Text)
    name_en: Mapped[str] = mapped_column(sa.Text)
    detail: Mapped[str] = mapped_column(sa.Text)
    is_present: Mapped[bool] = mapped_column(default=True)
    """Whether the last observation still had it."""

    incident: Mapped[Incident] = relationship(back_populates="subjects")


class IncidentAction(Base):
    """What happened to an incident, by whom and when; the whole history."""

    __tablename__ = "incident_actions"

    action_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    incident_id: Mapped[int] = mapped_column(sa.ForeignKey("incidents.incident_id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(16))
    acted_by: Mapped[str]
    acted_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(sa.Text)

    incident: Mapped[Incident] = relationship(back_populates="actions")


class QuarantineItem(Base):
    """A figure, a row or a file that is held back, with the rule and the evidence.

    ``state``: held, corrected, accepted, rejected. ``item_key`` is the same for the same thing at fault.
    """

    __tablename__ = "quarantine_items"

    item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_kind: Mapped[str] = mapped_column(sa.String(8))
    item_key: Mapped[str] = mapped_column(sa.String(400), unique=True)
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    rule: Mapped[str]
    what_zh: Mapped[str] = mapped_column(sa.Text)
    what_en: Mapped[str] = mapped_column(sa.Text)
    remedy: Mapped[str] = mapped_column(sa.Text)
    evidence: Mapped[dict[str, Any]]
    reference_month: Mapped[str] = mapped_column(sa.String(7))
    as_of_date: Mapped[str] = mapped_column(sa.String(10))
    held_at: Mapped[datetime]

    dispositions: Mapped[list[Disposition]] = relationship(
        back_populates="item", order_by="Disposition.disposition_id"
    )


class Disposition(Base):
    """What was decided about a held item, by whom, when and why."""

    __tablename__ = "dispositions"

    disposition_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("quarantine_items.item_id"), index=True)
    disposition: Mapped[str] = mapped_column(sa.String(16))
    disposed_by: Mapped[str]
    disposed_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(sa.Text)

    item: Mapped[QuarantineItem] = relationship(back_populates="dispositions")


class Message(Base):
    """One alert to one audience, before it goes out over the audience's channels.

    ``message_key`` is the same for the same change to the same audience: it is told once.
    ``send_after`` is later than ``made_at`` where quiet hours or a digest hold it.
    """

    __tablename__ = "messages"

    message_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    incident_id: Mapped[int | None] = mapped_column(sa.ForeignKey("incidents.incident_id"), index=True)
    change: Mapped[str] = mapped_column(sa.String(16))
    audience: Mapped[str]
    severity: Mapped[str] = mapped_column(sa.String(8))
    title: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
    made_at: Mapped[datetime]
    send_after: Mapped[datetime]

    deliveries: Mapped[list[Delivery]] = relationship(
        back_populates="message", order_by="Delivery.delivery_id"
    )


class Delivery(Base):
    """One message over one channel. ``state``: pending, sent, given_up. ``target`` is masked."""

    __tablename__ = "deliveries"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("messages.message_id"), index=True)
    channel: Mapped[str]
    target: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(16), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
    sent_at: Mapped[datetime | None]
    parcel_key: Mapped[str | None] = mapped_column(sa.String(32))
    """The same for the deliveries that went out as one digest."""

    message: Mapped[Message] = relationship(back_populates="deliveries")


def ledger_url() -> str:
    """Where the ledger is: env EXPECTATIONS_LEDGER_URL, else ``ledger.sqlite`` in the data folder."""
    return os.environ.get(URL) or f"sqlite:///{(data_root() / 'ledger.sqlite').absolute()}"


@contextmanager
def open_ledger(url: str | None = None) -> Iterator[Session]:
    """A session on the ledger, migrated to the newest schema; commits when the block ends well.

    A block that waits for something outside, such as a mail server, commits before it does: SQLite has one
    writer at a time.
    Raises BadInput naming the database (without its password) when it cannot be reached.
    """
    engine = _engine(url or ledger_url())
    try:
        migrate(engine)
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()
    except (sa.exc.OperationalError, sa.exc.ArgumentError, sa.exc.DatabaseError) as error:
        raise _unreachable(engine, error) from error
    finally:
        engine.dispose()


def migrate(engine: sa.Engine) -> None:
    """Bring the schema up to date; at once where it is."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with engine.begin() as connection:
        known = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        if known.get_current_revision() == head:
            return
        _one_migrates(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _one_migrates(connection: sa.Connection) -> None:
    """Two processes that start at once must not both create the tables: the second waits, then finds them."""
    _lock(connection)


def exclusive(session: Session) -> None:
    """Until the transaction ends nobody else looks and adds; SQLite's transactions are so from the start."""
    _lock(session.connection())


def _lock(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})


def _engine(url: str) -> sa.Engine:
    try:
        made = sa.make_url(url)
    except sa.exc.ArgumentError:
        # The text is not shown: it may hold a password.
        raise BadInput.one(
            URL, "no database address", "sqlite:///… or postgresql+psycopg2://…", "correct the variable"
        ) from None
    if made.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadInput.one(
            URL, f"a database of {made.get_backend_name()}", "SQLite or PostgreSQL", "correct the variable"
        )
    if made.get_backend_name() == "postgresql":
        return sa.create_engine(made.set(drivername="postgresql+psycopg2"), pool_pre_ping=True)
    if made.database:
        _make_folder(Path(made.database).parent)
    engine = sa.create_engine(made, connect_args={"timeout": BUSY_SECONDS})
    _make_sqlite_transactional(engine)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput.one(
            str(folder), str(error.strerror), "a folder for the ledger", f"correct {URL}, or its permissions"
        ) from error


def _make_sqlite_transactional(engine: sa.Engine) -> None:
    """Python's driver begins no transaction before a read, so two writers would both read, then write.

    Beginning at once with the write lock makes "look, then add" safe between processes.
    """

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 (sqlite3's own)
        connection.isolation_level = None
        connection.execute("pragma foreign_keys = on")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("begin immediate")


def _unreachable(engine: sa.Engine, error: Exception) -> BadInput:
    reason = " ".join(str(getattr(error, "orig", None) or error).split())
    password = engine.url.password
    shown = reason.replace(password, "***") if password else reason
    return BadInput.one(
        engine.url.render_as_string(hide_password=True),
        shown,
        "the ledger's database",
        f"start the database, or correct {URL}; what was to be noted is in the log",
    )
