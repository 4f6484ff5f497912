"""What stands open between customers and us in Xero."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openpaper",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("pair", "id", "kind", "contact_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("currency", "amount")),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("against", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pair", "id"),
    )
    op.create_index("open_paper_contact", "openpaper", ["pair", "contact_id"])
