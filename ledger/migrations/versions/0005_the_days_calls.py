"""How many calls a day has, and which day is counted by us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("budget", sa.Column("day_most", sa.Integer(), nullable=True))
    op.add_column("budget", sa.Column("counted_on", sa.Date(), nullable=True))
