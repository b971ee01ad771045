"""The ledger: one schema in SQLite and PostgreSQL, safe between processes, plain about a lost database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from expectations.ledger import VERSION_TABLE, Base, Incident, Message, UtcDateTime, ledger_url, open_ledger
from raw.errors import BadInput

NOON = datetime(2026, 11, 5, 4, 0, tzinfo=UTC)


def message(key: str) -> Message:
    return Message(
        message_key=key, change="opened", audience="engineers", severity="block", title="t", body="b",
        made_at=NOON, send_after=NOON,
    )  # fmt: skip


def test_the_migrations_make_the_tables_of_the_models(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_ledger(url):
        pass
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": _compared, "version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, Base.metadata) == []


def _compared(_context: object, _there: object, _here: object, _column: object, model: object) -> bool | None:
    return False if isinstance(model, UtcDateTime) else None


def test_the_ledger_lies_beside_the_data_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_DATA", str(tmp_path))
    monkeypatch.delenv("EXPECTATIONS_LEDGER_URL", raising=False)
    assert ledger_url() == f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    monkeypatch.setenv("EXPECTATIONS_LEDGER_URL", "sqlite:////elsewhere.sqlite")
    assert ledger_url() == "sqlite:////elsewhere.sqlite"


def test_moments_come_back_in_utc_and_none_without_a_zone_goes_in(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_ledger(url) as session:
        session.add(message("a"))
    with open_ledger(url) as session:
        assert session.scalars(sa.select(Message)).one().made_at == NOON
        one = message("b")
        one.made_at = datetime(2026, 11, 5)
        session.add(one)
        with pytest.raises(sa.exc.StatementError, match="has no time zone"):
            session.flush()
        session.rollback()


def test_looking_and_adding_is_one_step_between_writers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"

    def add_unless_there(_: int) -> bool:
        with open_ledger(url) as session:
            if session.scalar(sa.select(Message).where(Message.message_key == "once")) is not None:
                return False
            session.add(message("once"))
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add_unless_there, range(24))) == 1


def test_nothing_is_kept_of_a_block_that_fails(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with pytest.raises(RuntimeError), open_ledger(url) as session:
        session.add(message("lost"))
        session.flush()
        raise RuntimeError
    with open_ledger(url) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Message)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Incident)) == 0


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg2://user:sesame@127.0.0.1:1/ledger", "no address: sesame"],
)
def test_a_database_that_is_not_there_is_named_without_its_password(url: str) -> None:
    with pytest.raises(BadInput) as caught, open_ledger(url):
        pass
    assert "sesame" not in str(caught.value)
    assert "EXPECTATIONS_LEDGER_URL" in str(caught.value)
