"""What the reports keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import ledger.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = ledger.columns.Instant(timezone=True)
    op.create_table(
        "gathering",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("begun_at", instant, nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("touched_at", instant, nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "work"),
    )
    op.create_table(
        "gathered",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "work", "kind", "id"),
    )
    op.create_table(
        "reportkept",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("deals", sa.Integer(), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "first", "last", "version"),
    )
    op.add_column("invoiceseen", sa.Column("tax", sa.String(), nullable=False, server_default=""))
