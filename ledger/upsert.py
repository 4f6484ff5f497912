"""Rows written over those of the same primary key, many in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_Statement = sqlite.Insert | postgresql.Insert


def put(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert these rows, overwriting those that have their keys; what a row leaves out gets the model's default."""
    if rows:
        connection = session.connection()
        defaults = {name: info.get_default() for name, info in model.model_fields.items() if not info.is_required()}
        statement = _statement(str(model.__tablename__), connection.dialect.name)
        connection.execute(statement, [defaults | dict(row) for row in rows])


@cache
def _statement(name: str, dialect: str) -> _Statement:
    table = SQLModel.metadata.tables[name]
    insert = _INSERT[dialect](table)
    values = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
