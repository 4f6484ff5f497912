"""The payment terms of each contact; all contacts are read once more to learn them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customerindex", sa.Column("terms", sa.String(), nullable=False, server_default=""))
    op.execute(sa.text("DELETE FROM cursor WHERE stream = 'xero contacts'"))
