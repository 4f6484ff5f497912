"""The keys of the CRM's own customers, for contacts born in Xero and for twins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXTS = ("name", "name_key", "email_key")
_STRINGS = ("suffix_class", "abn", "acn", "phone_key", "postcode", "domain", "status", "merged_to")


def upgrade() -> None:
    op.create_table(
        "crmindex",
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("xero_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.String(), nullable=False) for name in _STRINGS),
        sa.PrimaryKeyConstraint("pair", "xero_id"),
    )
    for name, column in (("crm_abn", "abn"), ("crm_acn", "acn"), ("crm_email", "email_key"), ("crm_name", "name_key")):
        op.create_index(name, "crmindex", ["pair", column])
