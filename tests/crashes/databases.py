"""Where the ledger of a killed process stands: the rows of a house in a database that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Integer, Table, text
from sqlmodel import SQLModel

from tests.simulation.beginnings import engine
from tests.support.house import House, Left
from tests.support.ledgers import put_back

Rows = Callable[[House, Left], House]


def in_memory(house: House, left: Left | None = None) -> House:
    """The house as it is, or was left, on the one SQLite of this process, whose statements are compiled once."""
    left = left or house.left()
    put_back(engine(), left.rows)
    return house.twin(left, engine=engine())


def elsewhere(engine: Engine) -> Rows:
    """A way to twins of houses whose ledger is another database, which has the tables already."""
    tables = SQLModel.metadata.sorted_tables
    counted = [table.name for table in tables if "id" in table.columns and isinstance(table.columns.id.type, Integer)]

    def rows(house: House, left: Left) -> House:
        there = in_memory(house, left)
        kept = {table: _rows_of(there, table) for table in tables}
        with engine.begin() as connection:
            # No trigger stands in the way of an audit trail that begins anew.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in tables:
                connection.execute(table.delete())
                if kept[table]:
                    connection.execute(table.insert(), kept[table])
            for name in counted:
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"))
        return house.twin(left, engine=engine)

    return rows


def _rows_of(house: House, table: Table) -> list[dict[str, Any]]:
    with house.ledger.read() as session:
        return [dict(row) for row in session.connection().execute(table.select()).mappings()]
