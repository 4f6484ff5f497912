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
from tests.simulation.company import STAGES, settle
from tests.simulation.crms import SIDES
from tests.simulation.papers import edits, prepare
from tests.simulation.tape import Setting
from tests.support.house import CONNECTIONS, NOON, Edit, mapping
from tests.support.rules import before, entry
from tests.support.sales import SALES
from tests.support.transport import WorldTransport


def _also(setting: str, *more: str) -> Edit:
    """Further lines of an entry."""
    return f"{setting}\n", "\n    ".join((setting, *more)) + "\n"


WORKSHOP: Edit = (
    '  - {product: "LICENCE"',
    '  - {product: "WORKSHOP", account code: "200", tax type: GST on Income}\n  - {product: "LICENCE"',
)
# The mapping as the bookkeeper edits it between runs.
VARIANTS: tuple[tuple[Edit, ...], ...] = (
    (),
    (("history note: every invoice", "history note: when asked"),),
    (("create: authorised", "create: draft"),),
    (WORKSHOP, ("20 of the following month", "7 days after the end of the invoice month")),
)
# In Salesforce fields are called otherwise.
_FIELDS = (
    ("payer: ", "insurer"),
    ("takes field: ", "insurer_share"),
    ("repeating invoice: ", "xero_repeating_invoice"),
)
_TO_PAID = "  move to stage when paid:"
# How the bookkeeper wants it in the first place, by the words of ``Setting.rules``.
RULES: dict[str, tuple[Edit, ...]] = {
    "plain": (),
    "proposals": (
        _also("create: authorised", "approve up to: 20000.00", "send to customer: once approved"),
        ("create: draft\n", "create: submitted\n"),
        before(entry("Proposal sent", "draft"), entry("Quote sent", "draft", pipeline="Renewals")),
    ),
    "milestones": (
        _also("create: authorised", "milestone: final", "takes: the rest"),
        before(entry("Proposal sent", "authorised", "milestone: deposit", "takes: 30%")),
    ),
    "split": (
        _also("create: authorised", "milestone: customer", "takes: the rest"),
        before(
            entry("Closed won", "authorised", "milestone: insurer", "takes field: insurer_share", "payer: insurer"),
        ),
    ),
    "months": (_also("create: authorised", "consolidate: by customer and month"),),
    "templates": (
        _also("create: authorised", "recurring lines: template"),
        ("\n  status: ", "\n  repeating invoice: xero_repeating_invoice\n  status: "),
    ),
    "stages": (
        ("due: 14 days after the invoice date", "due: on the invoice date"),
        (_TO_PAID, "".join(f"  move to stage when {label.lower()}: {label}\n" for label in STAGES) + _TO_PAID),
    ),
}
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


def of(setting: Setting, *, cold: bool) -> Beginning:
    """What a setting wants; in any case everything new if ``cold``."""
    return beginning(setting.crm, cold=cold or setting.cold, refresh=setting.refresh, papers=bool(setting.papers))


@functools.cache
def beginning(crm: str, *, cold: bool, refresh: bool, papers: bool = False) -> Beginning:
    """Everything new, or (not ``cold``) settled after the first runs, with nothing to do; ready for any ``papers``."""
    empty = _database()[1]
    clock = HandClock(NOON)
    world = World(clock)
    ids = settle(world, crm)
    if papers:
        prepare(world, SIDES[crm](world))
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
    pair = opened(Setting(crm=crm), 0, Ledger(engine(), clock), around, settings(world, refresh=refresh))
    for _ in range(2):
        clock.advance(timedelta(minutes=20).total_seconds())
        rounds.deals_to_invoices(pair)
        rounds.invoices_to_deals(pair)
    world.xero.log.clear()
    getattr(world, crm).log.clear()
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


def opened(setting: Setting, variant: int, ledger: Ledger, around: Surroundings, to: Settings) -> Pair:
    """The pair as a run opens it."""
    numbers = (NUMBERS,) if setting.details else ()
    wanted = (*RULES[setting.rules], *edits(setting), *VARIANTS[variant], *numbers)
    reading = mapping(*(_in_crm(setting.crm, edit) for edit in wanted), pair=SALES[setting.crm].pair)
    assert reading.rules is not None
    return pair_of(reading.rules, to, ledger, SEAL, around, reading.version)


def _in_crm(crm: str, edit: Edit) -> Edit:
    """With the fields as this CRM calls them."""
    old, new = edit
    for setting, name in _FIELDS:
        new = new.replace(f"{setting}{name}\n", f"{setting}{SIDES[crm].field_named(name)}\n")
    return old, new


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
