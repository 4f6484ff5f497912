"""Connections that people made at the desk, by the name of their credentials."""

from __future__ import annotations

from sqlmodel import Session

from ledger.desk_tables import Connected
from ledger.tables import Token


def find(session: Session, name: str) -> Connected | None:
    return session.get(Connected, name)


def keep(session: Session, row: Connected) -> None:
    session.merge(row)


def forget(session: Session, name: str) -> None:
    """The connection and its tokens."""
    for row in (session.get(Connected, name), session.get(Token, name)):
        if row is not None:
            session.delete(row)
