"""Who works on what. A lease saves work; nothing is safe because of one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from ledger.database import Ledger
from ledger.tables import Lease


@contextmanager
def held(ledger: Ledger, name: str, owner: str, ttl: timedelta) -> Generator[int | None]:
    """The lease's token while it is ours, or None when another worker holds it; given back at the end."""
    token = _take(ledger, name, owner, ttl)
    try:
        yield token
    finally:
        if token is not None:
            _give_back(ledger, name, token)


def _take(ledger: Ledger, name: str, owner: str, ttl: timedelta) -> int | None:
    now = ledger.now()
    try:
        with ledger.write() as session:
            row = _locked(session, name)
            if row is None:
                session.add(Lease(name=name, owner=owner, token=1, until=now + ttl))
                return 1
            if row.until > now and row.owner:
                return None
            row.owner, row.token, row.until = owner, row.token + 1, now + ttl
            session.add(row)
            return row.token
    except IntegrityError:  # two took a lease that nobody ever held
        return None


def _give_back(ledger: Ledger, name: str, token: int) -> None:
    with ledger.write() as session:
        row = _locked(session, name)
        if row is not None and row.token == token:
            row.owner = ""
            session.add(row)


def _locked(session: Session, name: str) -> Lease | None:
    return session.get(Lease, name, with_for_update=True)
