"""A ledger that was filled in memory, put where another process or a measurement finds it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlmodel import SQLModel

from ledger.database import Ledger, open_ledger


def to_file(filled: Ledger, url: str) -> None:
    """Copy every row but tokens, which are sealed with another key."""
    ledger = open_ledger(url, lambda: datetime.now(UTC))
    with filled.read() as source, ledger.write() as target:
        for table in SQLModel.metadata.sorted_tables:
            if table.name == "token":
                continue
            rows = [dict(row) for row in source.connection().execute(table.select()).mappings()]
            if rows:
                target.connection().execute(table.insert(), rows)
    ledger.close()
