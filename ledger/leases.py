"""Who works on what. A lease saves work; nothing is safe because of one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, or_, select, update

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
            connection = session.connection()
            asked = {"this": name, "by": owner, "now": now, "then": now + ttl}
            token = connection.execute(_TAKE, asked).scalar()
            if token is None and connection.execute(_IS_KNOWN, {"this": name}).scalar() is None:
                session.add(Lease(name=name, owner=owner, token=1, until=now + ttl))
                return 1
            return token
    except IntegrityError:  # two took a lease that nobody ever held
        return None


def _give_back(ledger: Ledger, name: str, token: int) -> None:
    with ledger.write() as session:
        session.connection().execute(_GIVE_BACK, {"this": name, "taken": token})


_ROW = SQLModel.metadata.tables["lease"].columns
_THIS = _ROW.name == bindparam("this")
_TAKE = (
    update(Lease)
    .where(_THIS, or_(_ROW.owner == "", _ROW.until <= bindparam("now")))
    .values(owner=bindparam("by"), token=_ROW.token + 1, until=bindparam("then"))
    .returning(_ROW.token)
)
_IS_KNOWN = select(_ROW.token).where(_THIS)
_GIVE_BACK = update(Lease).where(_THIS, _ROW.token == bindparam("taken")).values(owner="")
