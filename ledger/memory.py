"""Slow-changing facts of the outside, remembered so that no run has to ask for them again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from ledger import upsert
from ledger.tables import Installation, Remembered

FOR_EVER = timedelta(days=36500)


def recall(session: Session, pair: str, name: str, *, now: datetime, for_: timedelta) -> str | None:
    """What was remembered under this name, unless it is older than ``for_``."""
    row = session.connection().execute(_RECALL, {"pair": pair, "name": name}).first()
    return row.value if row and now - row.at <= for_ else None


# Asked several times in each run, so built once.
_RECALL = select(Remembered.value, Remembered.at).where(
    Remembered.pair == bindparam("pair"), Remembered.name == bindparam("name")
)


def recall_all(session: Session, pair: str, before: str, *, now: datetime, for_: timedelta) -> dict[str, str]:
    """All that was remembered under names that begin so, by the rest of the name, unless it is older."""
    named = col(Remembered.name).startswith(before, autoescape=True)
    rows = session.exec(select(Remembered).where(Remembered.pair == pair, named)).all()
    return {row.name.removeprefix(before): row.value for row in rows if now - row.at <= for_}


def remember(session: Session, pair: str, name: str, value: str, now: datetime) -> None:
    upsert.put(session, Remembered, [{"pair": pair, "name": name, "value": value, "at": now}])


def forget(session: Session, pair: str, name: str) -> None:
    """Ask afresh next time."""
    row = session.get(Remembered, (pair, name))
    if row is not None:
        session.delete(row)


def install_id(session: Session) -> str:
    """The short id of this installation, empty before its first start."""
    return session.connection().execute(_INSTALL_ID).scalar() or ""


_INSTALL_ID = select(Installation.install_id).where(Installation.id == 1)


def installation(session: Session, new_id: str) -> Installation:
    """This installation, made with ``new_id`` on its first start."""
    row = session.get(Installation, 1)
    if row is None:
        row = Installation(id=1, install_id=new_id)
        session.add(row)
        session.flush()
    return row
