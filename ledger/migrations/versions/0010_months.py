"""Deals that wait for one invoice with others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ofmonth",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("pair", "deal_id", "month")),
        sa.PrimaryKeyConstraint("pair", "deal_id"),
    )
    op.create_index("of_month", "ofmonth", ["pair", "month"])
