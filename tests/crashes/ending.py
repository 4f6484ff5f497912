"""From a death to the end: restarts, the rest of the path, and run after run until nothing is left to do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile

import httpx
from sqlmodel import col, select

from connectors.errors import NotConnected
from ledger import inbox
from ledger.tables import Effect
from stages import rounds
from stages.pair import Pair
from tests.crashes.paths import Job, Path, connect_again
from tests.support.house import House
from tests.support.transport import asked

# Seconds until the next process starts, and until the call under way comes to the vendor: while everybody waits for the
# lease of the dead one, just after that call was repeated, and as late as it has been seen to.
RESTARTS = {"at once": (0, 240), "after five minutes": (300, 1000), "after seven hours": (7 * 3600, 1200)}
# A lease lasts ten minutes, a doubt three.
STEPS = (620.0, 620.0, 1240.0)
_OPEN = select(Effect.kind).where(col(Effect.state).in_(("planned", "sending", "unknown", "chosen")))


@dataclass(frozen=True, slots=True)
class Death:
    """At which gate of which leg, from 0; when the next process starts; whether the call under way arrives later."""

    leg: int
    gate: int
    restart: str = "at once"
    arrives: bool = False


def after(house: House, path: Path, death: Death, under_way: httpx.Request | None) -> None:
    """Start again some time after a death, and go the legs after it that are not deadly themselves."""
    later, arrival = RESTARTS[death.restart]
    if death.arrives and under_way is not None:
        double = house.xero if "xero" in under_way.url.host else house.sales.double
        double.faults.hold(asked(under_way), house.clock(), arrival)
    house.clock.advance(later)
    if path.legs[death.leg].by_hand:
        path.legs[death.leg].job(house.open())
    go_on(house, path, death.leg)


def go_on(house: House, path: Path, leg: int) -> None:
    """To the end of a leg, and the legs after it that are not deadly themselves."""
    settle(house)
    for each in takewhile(lambda each: not each.deadly, path.legs[leg + 1 :]):
        each.act(house)
        house.clock.advance(60)
        each.job(house.open())
        settle(house)


def settle(house: House) -> None:
    """Run after run until nothing waits but questions; and once more when late drafts can't come any more."""
    pair = house.open()
    steps = iter(STEPS)
    _run(house, pair, rounds.deals_to_invoices)
    _run(house, pair, rounds.invoices_to_deals)
    _run(house, pair, rounds.contacts_both_ways)
    while waiting := _unfinished(house):
        house.clock.advance(next(steps))
        _run(house, pair, rounds.deals_to_invoices)
        if inbox.INVOICES in waiting:
            _run(house, pair, rounds.invoices_to_deals)
        _run(house, pair, rounds.contacts_both_ways)
    if house.xero.faults.under_way or house.sales.double.faults.under_way:
        house.clock.advance(timedelta(minutes=21).total_seconds())
        _run(house, pair, rounds.deals_to_invoices)
        _run(house, pair, rounds.invoices_to_deals)


def _run(house: House, pair: Pair, job: Job) -> None:
    with suppress(NotConnected):
        job(pair)
        return
    connect_again(house)
    job(house.open())


def _unfinished(house: House) -> set[str]:
    """What waits for something else than a person: streams with records noticed, kinds of effects not done."""
    with house.ledger.read() as session:
        streams = {s for s in (inbox.DEALS, inbox.INVOICES, inbox.DETAILS) if inbox.waiting(session, house.pair, s)}
        return streams | set(session.exec(_OPEN).all())
