"""Copies of the ledger that are whole at any moment, whoever writes meanwhile."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from ledger.database import Ledger

NAME = "ledger-%Y%m%d-%H%M%S.db"


def back_up(ledger: Ledger, folder: Path, keep: int) -> Path | None:
    """A copy of an SQLite ledger in a file that only we can read; the newest ``keep`` stay.

    None where the ledger is a PostgreSQL database: ``pg_dump`` makes copies of that. Raises ``OSError`` or
    ``sqlite3.Error``; what was begun is then not there.
    """
    if ledger.engine.dialect.name != "sqlite":
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ledger.now().astimezone(UTC).strftime(NAME)
    begun = path.with_suffix(".part")
    try:
        os.close(os.open(begun, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        _copy(ledger, begun)
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
    for old in copies(folder)[keep:]:
        old.unlink(missing_ok=True)
    return path


def copies(folder: Path) -> list[Path]:
    """The copies there are, the newest first."""
    return sorted(folder.glob("ledger-*.db"), reverse=True)


def made_at(copy: Path) -> datetime:
    """When a copy was made, by its name."""
    return datetime.strptime(copy.name, NAME).replace(tzinfo=UTC)


def _copy(ledger: Ledger, path: Path) -> None:
    # https://www.sqlite.org/backup.html: the copy is of one moment, also while others write.
    with closing(ledger.engine.raw_connection()) as connection, closing(sqlite3.connect(path)) as target:
        cast("sqlite3.Connection", connection.driver_connection).backup(target)
        (found,) = target.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
