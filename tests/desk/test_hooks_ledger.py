"""Held: thousands noticed at once leave the inbox as if noticed one by one; an endpoint lasts until it is replaced."""

from __future__ import annotations

import random

from sqlmodel import select

from ledger import endpoints, inbox
from ledger.database import Ledger, ledger_in_memory
from ledger.tables import InboxEntry
from sandbox.clock import HandClock
from tests.support.house import NOON


def entries(ledger: Ledger) -> list[dict[str, object]]:
    with ledger.read() as session:
        return sorted((e.model_dump() for e in session.exec(select(InboxEntry)).all()), key=lambda e: str(e["record"]))


def test_hinted_or_noticed_the_inbox_is_the_same() -> None:
    clock, rng = HandClock(NOON), random.Random(5)
    hinted, noticed = ledger_in_memory(clock), ledger_in_memory(clock)
    for _ in range(60):
        clock.advance(rng.randrange(100))
        told = [rng.choice('abcdef"é🙂') for _ in range(rng.randrange(4))]
        with hinted.write() as session:
            inbox.hint(session, "acme", inbox.DEALS, told, clock())
        with noticed.write() as session:
            inbox.notice(session, "acme", inbox.DEALS, told, clock())
        for ledger in (hinted, noticed):
            with ledger.write() as session:
                taken = inbox.take(session, "acme", inbox.DEALS, clock(), 3)
                for record, version in taken.versions.items():
                    if record in "ace":
                        inbox.handled(session, "acme", inbox.DEALS, record, version)
        assert entries(hinted) == entries(noticed)


def test_an_endpoint_lasts_until_it_is_replaced() -> None:
    clock = HandClock(NOON)
    ledger = ledger_in_memory(clock)
    with ledger.write() as session:
        first = endpoints.ensure(session, "acme", "xero", "1" * 32, clock())
        assert endpoints.ensure(session, "acme", "xero", "2" * 32, clock()) is first
        clock.advance(1)
        endpoints.ensure(session, "other", "xero", "3" * 32, clock())
        endpoints.replace(session, "acme", "xero", "4" * 32, clock())
    with ledger.read() as session:
        assert [row.id for row in endpoints.everyone(session)] == ["3" * 32, "4" * 32]


def test_numbered_events_are_complete_until_some_are_missing() -> None:
    clock = HandClock(NOON)
    ledger = ledger_in_memory(clock)
    with ledger.write() as session:
        endpoints.ensure(session, "acme", "xero", "1" * 32, clock())
        told = [(7, 9), (10, 10), (10, 10), (8, 9), (12, 12), (13, 20), (11, 11), (21, 21)]
        complete = [endpoints.continues(session, "1" * 32, first, last) for first, last in told]
    assert complete == [True, True, True, True, False, True, True, True]
