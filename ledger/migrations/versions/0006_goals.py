"""How far an invoice is to be taken, and what was last written of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("effect", sa.Column("goal", sa.String(), nullable=False, server_default="draft"))
    op.add_column("effect", sa.Column("carried", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("effect", sa.Column("made", sa.String(), nullable=False, server_default=""))
    op.execute(sa.text("UPDATE effect SET goal = 'authorised' WHERE approve"))
    op.execute(sa.text("UPDATE effect SET carried = edition WHERE xero_id IS NOT NULL AND kind = 'invoice'"))
    op.drop_column("effect", "approve")
