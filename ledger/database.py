"""Opening the database: SQLite beside us, or PostgreSQL by URL; transactions and migrations."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

from ledger import crm_tables, desk_tables, guards, month_tables, report_tables, tables

Clock = Callable[[], datetime]

MIGRATIONS = Path(__file__).parent / "migrations"
# Tables and guards are known once their modules are imported.
MODULES = (tables, guards, crm_tables, desk_tables, month_tables, report_tables)
PATIENCE = 30.0
# Alembic keeps what it works on in globals.
_MIGRATING = threading.Lock()
# PostgreSQL lets several write at once; with an advisory lock one at a time does, as in SQLite.
_ONE_WRITER = 7_736_212


class _Within(Session):
    """A session of one transaction that others began, and end.

    Many use no more of it than the connection: the session itself is made when something else of it is asked for.
    """

    _is_made = False

    def __init__(self, connection: Connection) -> None:
        self._begun = connection

    def __getattr__(self, name: str) -> Any:
        if self._is_made:
            raise AttributeError(name)
        self._is_made = True
        super().__init__(self._begun, expire_on_commit=False)
        return getattr(self, name)

    def connection(self, *_: object, **__: object) -> Connection:
        return self._begun

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        if self._is_made:
            super().flush(objects)

    def close(self) -> None:
        if self._is_made:
            super().close()


class Ledger:
    """The one database. ``write()`` and ``read()`` open a transaction; nothing calls the outside world within one."""

    def __init__(self, engine: Engine, now: Clock) -> None:
        self.engine = engine
        self.now = now
        self._is_sqlite = engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Generator[Session]:
        """A transaction that holds the write lock from its start and commits at its end."""
        with self.engine.connect() as connection, connection.begin():
            _begin_alone(connection)
            with _Within(connection) as session:
                yield session
                session.flush()

    @contextmanager
    def read(self) -> Generator[Session]:
        """A transaction that only reads."""
        with self.engine.connect() as connection:
            if self._is_sqlite:
                _begin(connection, "BEGIN")
            with _Within(connection) as session:
                yield session

    def close(self) -> None:
        self.engine.dispose()


def open_ledger(url: str, now: Clock, *, patience: float = PATIENCE) -> Ledger:
    """Open the database at ``url`` and bring its tables up to date. Raises ``sqlalchemy.exc.SQLAlchemyError``.

    ``patience``: how many seconds a transaction waits for another one's lock.
    """
    engine = engine_for(url, patience)
    migrate(engine)
    return Ledger(engine, now)


def ledger_in_memory(now: Clock) -> Ledger:
    """A fresh ledger that lives as long as the process, for tests and rehearsals."""
    engine = engine_for("sqlite://")
    SQLModel.metadata.create_all(engine)
    return Ledger(engine, now)


def copied(ledger: Ledger) -> Ledger:
    """A copy in memory that goes its own way."""
    copy = ledger_in_memory(ledger.now)
    with ledger.read() as source, copy.write() as target:
        for table in SQLModel.metadata.sorted_tables:
            rows = [dict(row) for row in source.connection().execute(table.select()).mappings()]
            if rows:
                target.connection().execute(table.insert(), rows)
    return copy


def engine_for(url: str, patience: float = PATIENCE) -> Engine:
    """An engine whose errors tell no values, and whose SQLite connections are durable and take the write lock first."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True, execution_options={"patience": patience})
    if not parsed.database:
        engine = create_engine(
            parsed, poolclass=StaticPool, hide_parameters=True, connect_args={"check_same_thread": False}
        )
    else:
        with suppress(OSError):  # SQLite says by itself that it can't open the file
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, hide_parameters=True, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", partial(_durable, patience))
    return engine


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """WAL where it is sound.

    Before 3.51.3 two connections that write and checkpoint at one instant can corrupt a WAL database
    (https://www.sqlite.org/wal.html#walresetbug); the rollback journal is not affected.
    """
    return "WAL" if version >= (3, 51, 3) else "TRUNCATE"


def _durable(patience: float, connection: Any, _record: Any) -> None:
    # sqlite3 would begin transactions by itself, and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {round(patience * 1000)}",
        f"journal_mode = {journal_mode()}",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


# By ourselves and past SQLAlchemy: listening to its "begin" makes every statement dearer.
def _begin_alone(connection: Connection) -> None:
    """Take the write lock before anything is read."""
    if connection.dialect.name == "sqlite":
        _begin(connection, "BEGIN IMMEDIATE")
    else:
        patience = connection.get_execution_options()["patience"]
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")


def _begin(connection: Connection, how: str) -> None:
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(how)
    except sqlite3.OperationalError as trouble:
        raise OperationalError(how, None, trouble) from trouble


def migrate(engine: Engine) -> None:
    """Upgrade the tables to the newest version, one process at a time."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with _MIGRATING, engine.connect() as connection:
        connection.begin()
        _begin_alone(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
