"""What the desk keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import ledger.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("until", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "connected",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("tenant_name", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "errand",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "invoiceseen",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("deal_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("total", sa.String(), nullable=False),
        sa.Column("due", sa.String(), nullable=False),
        sa.Column("paid", sa.String(), nullable=False),
        sa.Column("credited", sa.String(), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "id"),
    )
    with op.batch_alter_table("invoiceseen", schema=None) as batch_op:
        batch_op.create_index("invoice_seen_date", ["pair", "date"], unique=False)
        batch_op.create_index("invoice_seen_deal", ["pair", "deal_id"], unique=False)
        batch_op.create_index("invoice_seen_number", ["pair", "number"], unique=False)

    op.create_table(
        "paymentseen",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "id"),
    )
    with op.batch_alter_table("paymentseen", schema=None) as batch_op:
        batch_op.create_index("payment_seen_day", ["pair", "day"], unique=False)
        batch_op.create_index("payment_seen_invoice", ["pair", "invoice_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_used", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "seen",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("won", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("abn", sa.String(), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "kind", "id"),
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index("seen_abn", ["pair", "abn"], unique=False)
        batch_op.create_index("seen_closed", ["pair", "kind", "won", "closed_on"], unique=False)
        batch_op.create_index("seen_customer", ["pair", "kind", "customer"], unique=False)

    op.create_table(
        "signedin",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("seen_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("signedin", schema=None) as batch_op:
        batch_op.create_index("signed_in_name", ["name"], unique=False)
