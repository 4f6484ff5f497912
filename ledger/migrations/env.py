"""Alembic's entry: runs on the connection it is handed, inside one transaction."""

from __future__ import annotations

from alembic import context

from ledger import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=tables.SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
