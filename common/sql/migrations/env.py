"""Alembic's entry: migrates over the connection of :func:`common.sql.migrate.migrate`, in its transaction."""

from __future__ import annotations

from alembic import context

from common.sql.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
