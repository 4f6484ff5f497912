"""Every question asked for each deal is answered from an index, however much is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FRESH = (
    ("effect_subject", "effect", ("pair", "subject", "kind"), ""),
    ("effect_needs", "effect", ("pair", "kind", "needs"), ""),
    ("effect_sweep", "effect", ("pair", "sweep_until"), "sweep_until IS NOT NULL"),
    ("inbox_due", "inboxentry", ("pair", "stream", "due_at"), "version > handled"),
    ("link_deal", "link", ("pair", "deal_id"), ""),
    ("alias_survivor", "alias", ("pair", "kind", "survivor"), ""),
    ("review_state", "reviewitem", ("pair", "state"), ""),
    ("waiting_record", "waiting", ("stream", "record"), ""),
)


def upgrade() -> None:
    op.drop_index("effect_subject", "effect")
    op.drop_index("inbox_due", "inboxentry")
    for name, table, columns, where in _FRESH:
        condition = sa.text(where) if where else None
        op.create_index(name, table, list(columns), sqlite_where=condition, postgresql_where=condition)
