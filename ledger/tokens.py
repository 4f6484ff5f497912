"""Tokens of the connections, encrypted; keeps the ``TokenStore`` that ``connectors/oauth.py`` asks for."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import bindparam
from sqlmodel import select

from ledger import leases, upsert
from ledger.database import Ledger
from ledger.secrets import Seal
from ledger.tables import Token

REFRESH_TAKES = timedelta(seconds=40)
_SEALED = select(Token.sealed).where(Token.connection == bindparam("connection"))


class Tokens:
    """The tokens of one connection as text; ``lock`` lets one worker at a time refresh them."""

    def __init__(self, ledger: Ledger, seal: Seal, connection: str, owner: str, sleep: Callable[[float], None]) -> None:
        self._ledger = ledger
        self._seal = seal
        self._connection = connection
        self._owner = owner
        self._sleep = sleep

    def load(self) -> str | None:
        with self._ledger.read() as session:
            sealed = session.connection().execute(_SEALED, {"connection": self._connection}).scalar()
        return self._seal.open(sealed, self._connection) if sealed else None

    def save(self, text: str) -> None:
        sealed = self._seal.close(text, self._connection)
        with self._ledger.write() as session:
            row = {"connection": self._connection, "sealed": sealed, "saved_at": self._ledger.now()}
            upsert.put(session, Token, [row])

    @contextmanager
    def lock(self) -> Generator[None]:
        """Waits until no other worker refreshes this connection; one that died holds it up for its lease only."""
        while True:
            with leases.held(self._ledger, f"tokens:{self._connection}", self._owner, REFRESH_TAKES) as token:
                if token is not None:
                    yield
                    return
            self._sleep(0.5)
