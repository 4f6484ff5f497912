"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import ledger.columns
from ledger.guards import GUARDS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("old_id", sa.String(), nullable=False),
        sa.Column("survivor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "kind", "old_id"),
    )
    op.create_table(
        "auditentry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("auditentry", schema=None) as batch_op:
        batch_op.create_index("audit_order", ["pair", "seq"], unique=True)
        batch_op.create_index("audit_subject", ["pair", "subject"], unique=False)

    op.create_table(
        "budget",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("window_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("window_calls", sa.Integer(), nullable=False),
        sa.Column("day_left", sa.Integer(), nullable=True),
        sa.Column("paused_until", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "system"),
    )
    op.create_table(
        "cursor",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "stream"),
    )
    op.create_table(
        "customerclaim",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("effect_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "claim"),
    )
    op.create_table(
        "customerindex",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("xero_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("suffix_class", sa.String(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("abn", sa.String(), nullable=False),
        sa.Column("acn", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("merged_to", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "xero_id"),
    )
    with op.batch_alter_table("customerindex", schema=None) as batch_op:
        batch_op.create_index("customer_abn", ["pair", "abn"], unique=False)
        batch_op.create_index("customer_acn", ["pair", "acn"], unique=False)
        batch_op.create_index("customer_email", ["pair", "email_key"], unique=False)
        batch_op.create_index("customer_name", ["pair", "name_key"], unique=False)

    op.create_table(
        "effect",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("needs", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("xero_id", sa.String(), nullable=True),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("approve", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("next_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("first_sent_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("sent_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("sweep_until", ledger.columns.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("effect", schema=None) as batch_op:
        batch_op.create_index("effect_due", ["pair", "kind", "state", "next_at"], unique=False)
        batch_op.create_index(
            "effect_identity",
            ["identity"],
            unique=True,
            sqlite_where=sa.text("identity <> ''"),
            postgresql_where=sa.text("identity <> ''"),
        )
        batch_op.create_index(
            "effect_key",
            ["pair", "key"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('withdrawn', 'cancelled') OR kind = 'invoice'"),
            postgresql_where=sa.text("state NOT IN ('withdrawn', 'cancelled') OR kind = 'invoice'"),
        )
        batch_op.create_index("effect_record", ["pair", "xero_id"], unique=False)
        batch_op.create_index("effect_subject", ["pair", "subject"], unique=False)

    op.create_table(
        "endpoint",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("made_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("foreign", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("last_heard_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("last_refused_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("endpoint", schema=None) as batch_op:
        batch_op.create_index("endpoint_pair", ["pair", "system"], unique=False)

    op.create_table(
        "inboxentry",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("handled", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("noticed_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("due_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "stream", "record"),
    )
    with op.batch_alter_table("inboxentry", schema=None) as batch_op:
        batch_op.create_index(
            "inbox_due", ["pair", "stream", "due_at"], unique=False, sqlite_where=sa.text("version > handled")
        )

    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("install_id", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("quiet_until", ledger.columns.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("crm_id", sa.String(), nullable=False),
        sa.Column("xero_id", sa.String(), nullable=False),
        sa.Column("deal_id", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("agreed", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("created_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index("link_crm", ["pair", "kind", "crm_id"], unique=True)
        batch_op.create_index(
            "link_invoice",
            ["pair", "xero_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'invoice'"),
            postgresql_where=sa.text("kind = 'invoice'"),
        )
        batch_op.create_index("link_xero", ["pair", "kind", "xero_id"], unique=False)

    op.create_table(
        "remembered",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pair", "name"),
    )
    op.create_table(
        "reviewitem",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("choices", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=False),
        sa.Column("opened_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.Column("answered_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("assigned_at", ledger.columns.Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("reviewitem", schema=None) as batch_op:
        batch_op.create_index(
            "review_open",
            ["pair", "subject", "question"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("review_subject", ["pair", "subject", "state"], unique=False)

    op.create_table(
        "token",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", ledger.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "waiting",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "stream", "record"),
    )
    op.execute(sa.text(GUARDS[op.get_bind().dialect.name].replace(":", "\\:")))
