"""How a history begins: a world and a ledger, made once and copied for each."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import SQLModel

from ledger.database import Ledger, engine_for
from ledger.restores import Mark
from ledger.secrets import Seal
from sandbox.clock import HandClock
from sandbox.world import World
from stages import rounds
from stages.opening import Surroundings, pair_of
from stages.pair import Pair
from stages.settings import Settings
from tests.simulation.company import settle
from tests.support.house import CONNECTIONS, NOON, Edit, mapping
from tests.support.transport import WorldTransport

WORKSHOP: Edit = (
    '  - {product: "LICENCE"',
    '  - {product: "WORKSHOP", account code: "200", tax type: GST on Income}\n  - {product: "LICENCE"',
)
# The mapping as the bookkeeper edits it between runs.
VARIANTS: tuple[tuple[Edit, ...], ...] = (
    (),
    (("history note: every invoice", "history note: when asked"),),
    (("create: authorised", "create: draft"),),
    (WORKSHOP, ("due: 14 days after the invoice date", "due: 20 of the following month")),
)
# Where a history keeps customers' numbers the same on both sides.
NUMBERS: Edit = ("\nwrite back:", "\ndetails:\n  - {field: phone, direction: both ways}\n\nwrite back:")
SEAL = Seal(b"k" * 32)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A world and, for a ledger in memory, the database that belongs to it."""

    world: bytes
    database: bytes

    def fresh(self) -> tuple[World, dict[str, str]]:
        return pickle.loads(self.world)


def engine() -> Engine:
    """One database in memory for all histories of this process: its statements are compiled once."""
    return _database()[0]


@functools.cache
def _database() -> tuple[Engine, bytes]:
    """With what it is while nothing was ever written to it."""
    made = engine_for("sqlite://")
    SQLModel.metadata.create_all(made)
    return made, driver(made).serialize()


def driver(engine: Engine) -> Any:
    """The one connection of a database in memory, as sqlite3 has it."""
    connection = engine.raw_connection()
    try:
        return connection.driver_connection
    finally:
        connection.close()


@functools.cache
def beginning(*, cold: bool, refresh: bool) -> Beginning:
    """Everything new, or (not ``cold``) settled after the first runs, with nothing to do."""
    empty = _database()[1]
    clock = HandClock(NOON)
    world = World(clock)
    ids = settle(world)
    if cold:
        return Beginning(pickle.dumps((world, ids)), empty)
    driver(engine()).deserialize(empty)
    around = Surroundings(
        now=clock,
        sleep=clock.advance,
        transport=WorldTransport(world),
        new_id=lambda: "abc123",
        worker="first",
        jitter=lambda: 0.5,
    )
    pair = opened(0, Ledger(engine(), clock), around, settings(world, refresh=refresh))
    for _ in range(2):
        clock.advance(timedelta(minutes=20).total_seconds())
        rounds.deals_to_invoices(pair)
        rounds.invoices_to_deals(pair)
    world.xero.log.clear()
    world.hubspot.log.clear()
    return Beginning(pickle.dumps((world, ids)), driver(engine()).serialize())


def settings(world: World, *, refresh: bool) -> Settings:
    """A custom connection to Xero, or one by a person's consent, whose tokens rotate."""
    if not refresh:
        return _by_the_app_alone()
    more = {"tenant_id": SecretStr(world.xero.tenant_id), "refresh_token": SecretStr(world.xero.people.connect())}
    return Settings(connections=CONNECTIONS | {"demo-xero": CONNECTIONS["demo-xero"] | more})


@functools.cache
def _by_the_app_alone() -> Settings:
    return Settings(connections=CONNECTIONS)


def opened(variant: int, ledger: Ledger, around: Surroundings, to: Settings, *, details: bool = False) -> Pair:
    """The pair as a run opens it."""
    reading = mapping(*VARIANTS[variant], *((NUMBERS,) if details else ()))
    assert reading.rules is not None
    return pair_of(reading.rules, to, ledger, SEAL, around, reading.version)


def surroundings(
    now: Callable[[], datetime], sleep: Callable[[float], None], transport: httpx.BaseTransport, worker: str, mark: Mark
) -> Surroundings:
    return Surroundings(
        now=now,
        sleep=sleep,
        transport=transport,
        new_id=lambda: "abc123",
        worker=worker,
        mark=mark,
        jitter=lambda: 0.5,
    )
