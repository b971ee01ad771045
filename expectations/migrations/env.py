"""Alembic runs the migrations on the connection that :func:`expectations.ledger.migrate` hands over."""

from __future__ import annotations

from alembic import context

from expectations.ledger import VERSION_TABLE, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
