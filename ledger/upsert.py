"""Rows written over those of the same primary key, many in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_Statement = sqlite.Insert | postgresql.Insert


def put(session: Session, rows: Sequence[SQLModel]) -> None:
    """Insert these rows of one table, overwriting those that have their keys. They are not the session's afterwards."""
    if rows:
        connection = session.connection()
        statement = _statement(str(rows[0].__tablename__), connection.dialect.name)
        connection.execute(statement, [row.model_dump() for row in rows])


@cache
def _statement(name: str, dialect: str) -> _Statement:
    table = SQLModel.metadata.tables[name]
    insert = _INSERT[dialect](table)
    values = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
