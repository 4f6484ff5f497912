"""A ledger that was restored from a copy: how that is seen, and until when nothing new is made.

Before anything new is sent, the ledger counts it and the count is told to a mark kept outside of it. A ledger that
stands behind its mark has forgotten what was sent since.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, SQLModel, select, update

from ledger.tables import Installation

# Requests have been carried out as late as twenty minutes after their answer was lost.
QUIET_FOR = timedelta(minutes=60)


class Mark:
    """The count, kept in memory: it knows no more than its process."""

    def __init__(self) -> None:
        self._reached = 0

    def reached(self) -> int:
        return self._reached

    def reach(self, count: int) -> None:
        """Kept for good once this returns."""
        self._reached = max(count, self._reached)


class MarkFile(Mark):
    """The count in a file of its own, which no copy of the database brings back."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def reached(self) -> int:
        return int(self._path.read_text()) if self._path.exists() else 0

    def reach(self, count: int) -> None:
        if count <= self.reached():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(f".{os.getpid()}")
        with fresh.open("w") as file:
            file.write(str(count))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


def count(session: Session) -> int:
    """Count that something new is about to be sent; tell the mark once this is committed and before it is sent."""
    return session.connection().execute(_COUNT).scalar() or 0


_ROW = SQLModel.metadata.tables["installation"].columns
_THIS = _ROW.id == 1
_COUNT = update(Installation).where(_THIS).values(sent=_ROW.sent + 1).returning(_ROW.sent)
_SENT = select(_ROW.sent).where(_THIS)
_QUIET_UNTIL = select(_ROW.quiet_until).where(_THIS)


def is_behind(session: Session, reached: int) -> bool:
    """Whether the ledger has forgotten what its mark remembers."""
    sent = session.connection().execute(_SENT).scalar()
    return sent is not None and sent < reached


def begin_quiet(session: Session, reached: int, now: datetime) -> None:
    """The ledger was restored: nothing new is made for a while, until all that is under way has landed."""
    row = session.get(Installation, 1, with_for_update=True)
    if row is not None:
        row.sent, row.quiet_until = max(row.sent, reached), now + QUIET_FOR
        session.add(row)


def quiet_until(session: Session) -> datetime | None:
    """The end of the last quiet time, past or to come; None if the ledger was never restored."""
    return session.connection().execute(_QUIET_UNTIL).scalar()
