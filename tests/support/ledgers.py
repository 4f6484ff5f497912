"""Ledgers for stories: one that holds the rule of transactions, one whose process dies at a commit."""

from __future__ import annotations

import functools
import sqlite3
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

import httpx
from sqlalchemy import Engine
from sqlmodel import Session

from ledger.database import Clock, Ledger, engine_for, ledger_in_memory

When = Literal["before", "after"]


class StrictLedger(Ledger):
    """Fails where a transaction is opened within another; ``Outside`` fails where a call is made within one."""

    within = False

    @contextmanager
    def write(self) -> Generator[Session]:
        with self._alone(), super().write() as session:
            yield session

    @contextmanager
    def read(self) -> Generator[Session]:
        with self._alone(), super().read() as session:
            yield session

    @contextmanager
    def _alone(self) -> Generator[None]:
        assert not self.within, "a transaction within a transaction"
        self.within = True
        try:
            yield
        finally:
            self.within = False


class Outside(httpx.BaseTransport):
    """The way out, closed while a transaction is open and once the process is dead."""

    def __init__(self, inner: httpx.BaseTransport, ledger: StrictLedger) -> None:
        self._inner = inner
        self._ledger = ledger

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert not self._ledger.within, "a call to the outside within a transaction"
        if isinstance(self._ledger, MortalLedger) and self._ledger.dead:
            raise Killed
        return self._inner.handle_request(request)


# Databases in memory of ledgers that are gone. A new one is not asked for lightly: it compiles every statement anew.
_LEFT: list[Engine] = []


def ledger_holding(rows: bytes, clock: Clock) -> StrictLedger:
    """A ledger in memory with what a copy of another holds."""
    engine = _LEFT.pop() if _LEFT else engine_for("sqlite://")
    put_back(engine, rows)
    ledger = StrictLedger(engine, clock)
    weakref.finalize(ledger, _LEFT.append, engine)
    return ledger


@functools.cache
def empty() -> bytes:
    """What a ledger holds to which nothing was written."""
    return copy_of(ledger_in_memory(lambda: datetime.now(UTC)))


def copy_of(ledger: Ledger) -> bytes:
    """All that a ledger in memory holds."""
    return _driver(ledger.engine).serialize()


def put_back(engine: Engine, copy: bytes) -> None:
    """Let a database in memory hold what a copy does, and nothing else."""
    _driver(engine).deserialize(copy)


def _driver(engine: Engine) -> sqlite3.Connection:
    connection = engine.raw_connection()
    driver = connection.driver_connection
    connection.close()
    assert isinstance(driver, sqlite3.Connection)
    return driver


class Stalled(httpx.BaseTransport):
    """The way out of a worker that hangs in its nth call, before it is sent or after it was answered.

    ``meanwhile`` is what happens in that time; ``calls`` counts.
    """

    def __init__(self, inner: httpx.BaseTransport, nth: int, when: When, meanwhile: Callable[[], None]) -> None:
        self._inner = inner
        self._moment = nth, when
        self._meanwhile = meanwhile
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self._stall("before")
        response = self._inner.handle_request(request)
        self._stall("after")
        return response

    def _stall(self, when: When) -> None:
        if (self.calls, when) == self._moment:
            self._meanwhile()


class Killed(BaseException):
    """The process was killed: nothing of ours catches it, and nothing is written after it."""


class MortalLedger(StrictLedger):
    """The same database, seen by a process that is killed after its nth commit; 0 for never."""

    def __init__(self, ledger: Ledger, nth: int = 0) -> None:
        super().__init__(ledger.engine, ledger.now)
        self.commits = 0
        self.dead = False
        self._nth = nth

    @contextmanager
    def write(self) -> Generator[Session]:
        self._alive()
        with super().write() as session:
            yield session
        self.commits += 1
        if self.commits == self._nth:
            self.dead = True
            raise Killed

    @contextmanager
    def read(self) -> Generator[Session]:
        self._alive()
        with super().read() as session:
            yield session

    def _alive(self) -> None:
        if self.dead:
            raise Killed
