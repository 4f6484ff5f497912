"""Connections that people made at the desk, by the name of their credentials."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, select

from ledger.desk_tables import Connected
from ledger.tables import Token


def find(session: Session, name: str) -> Connected | None:
    return of_names(session, [name]).get(name)


def of_names(session: Session, names: Sequence[str]) -> dict[str, Connected]:
    """Those of these names under which anybody made a connection."""
    rows = session.connection().execute(_NAMED, {"names": list(names)}).mappings()
    return {row["name"]: Connected(**row) for row in rows}


_TABLE = SQLModel.metadata.tables["connected"]
_NAMED = _TABLE.select().where(_TABLE.columns.name.in_(bindparam("names", expanding=True)))


def keep(session: Session, row: Connected) -> None:
    session.merge(row)


def forget(session: Session, name: str) -> None:
    """The connection with its tokens and keys."""
    rows = [session.get(Connected, name)]
    rows += [session.get(Token, each) for each in (name, key_of(name), next_key_of(name))]
    for row in rows:
        if row is not None:
            session.delete(row)


def forget_token(session: Session, name: str) -> None:
    """Only what was kept under this name: the next call signs in anew."""
    row = session.get(Token, name)
    if row is not None:
        session.delete(row)


def tenants(session: Session) -> dict[str, str]:
    """The organisation that was picked at the desk for each name of credentials."""
    rows = session.exec(select(Connected).where(Connected.tenant_id != "")).all()
    return {row.name: row.tenant_id for row in rows}


def key_of(name: str) -> str:
    """Where the key of a connection is kept, if it has one that signs in."""
    return f"{name}:key"


def next_key_of(name: str) -> str:
    """Where the key waits that is to take its place."""
    return f"{name}:next key"
