"""The same ledger on a real PostgreSQL: migrated, guarded, one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel

from ledger import audit, inbox, leases, outbox
from ledger.budget import Pace
from ledger.database import Ledger, open_ledger
from ledger.tables import Effect
from sandbox.clock import HandClock
from stages import rounds
from tests.support.house import House
from tests.support.ledgers import StrictLedger
from tests.support.postgres import postgres, run_alone
from tests.support.processes import processes_opening

T = TypeVar("T")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """A database with nothing in it."""
    run_alone(server, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return server


@pytest.fixture
def ledger(url: str, clock: HandClock) -> Iterator[Ledger]:
    ledger = open_ledger(url, clock)
    yield ledger
    ledger.close()


def effect(ledger: Ledger) -> Effect:
    return Effect(
        id="e1",
        pair="acme",
        kind=outbox.INVOICE,
        key="k",
        identity="i",
        subject="deal:1",
        created_at=ledger.now(),
        next_at=ledger.now(),
    )


def test_the_migrations_make_what_the_models_say(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_it_is_opened_again_with_all_that_is_in_it(ledger: Ledger, url: str, clock: HandClock) -> None:
    with ledger.write() as session:
        audit.record(session, "acme", clock(), "deal:7", "noticed", {"total": "1.00"})
    other = open_ledger(url, clock)
    with other.read() as session:
        (entry,) = audit.since(session, "acme", 0)
        assert entry.at == clock()
        assert audit.broken_at(session, "acme") is None
    other.close()


def test_the_database_itself_refuses_a_second_choice(ledger: Ledger) -> None:
    with ledger.write() as session:
        session.add(effect(ledger))
    with ledger.write() as session:
        found = outbox.find(session, "e1")
        assert found is not None
        assert outbox.choose(session, found, "invoice-1", ledger.now())
    for value in ("'invoice-2'", "NULL"):
        with pytest.raises(DatabaseError, match="chosen once"), ledger.write() as session:
            session.connection().execute(text(f"UPDATE effect SET xero_id = {value}"))
    with ledger.write() as session:
        session.connection().execute(text("UPDATE effect SET state = 'posted'"))


def test_processes_that_start_at_once_migrate_it_once(url: str, clock: HandClock) -> None:
    assert processes_opening(url, 3) == ["opened"] * 3
    open_ledger(url, clock).close()


def at_once(url: str, clock: HandClock, work: Callable[[Ledger, int], T]) -> list[T]:
    """What four workers come to that start in the same moment, each with connections of its own."""
    ledgers = [open_ledger(url, clock) for _ in range(4)]
    start = threading.Barrier(4, timeout=30)

    def begin(n: int) -> T:
        start.wait()
        return work(ledgers[n], n)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(begin, range(4)))
    for each in ledgers:
        each.close()
    return found


def test_of_workers_at_once_one_chooses(ledger: Ledger, url: str, clock: HandClock) -> None:
    with ledger.write() as session:
        session.add(effect(ledger))

    def choose(own: Ledger, n: int) -> bool:
        with own.write() as session:
            found = outbox.find(session, "e1")
            assert found is not None
            return outbox.choose(session, found, f"invoice-{n}", clock())

    won = at_once(url, clock, choose)
    with ledger.read() as session:
        found = outbox.find(session, "e1")
    assert found is not None
    assert [n for n in range(4) if won[n]] == [int((found.xero_id or "").removeprefix("invoice-"))]


def test_of_workers_at_once_one_gets_a_lease_that_nobody_ever_held(ledger: Ledger, url: str, clock: HandClock) -> None:
    done = threading.Barrier(4, timeout=30)

    def take(own: Ledger, n: int) -> int | None:
        with leases.held(own, "create acme", f"w{n}", timedelta(minutes=10)) as token:
            done.wait()
            return token

    assert sorted(at_once(url, clock, take), key=str) == [1, None, None, None]


def never(system: str, pause: float, daily: bool) -> Exception:
    return AssertionError(f"{system} paused for {pause} seconds")


def test_calls_of_workers_at_once_are_counted_together(ledger: Ledger, url: str, clock: HandClock) -> None:
    def spend(own: Ledger, _: int) -> None:
        pace = Pace(own, "acme", per_minute={"xero": 60}, throttled=never)
        for _ in range(5):
            pace.spend("xero")

    at_once(url, clock, spend)
    with ledger.read() as session:
        calls = session.connection().execute(text("SELECT window_calls FROM budget")).scalar_one()
    assert calls == 20


def test_a_trail_told_by_workers_at_once_holds(ledger: Ledger, url: str, clock: HandClock) -> None:
    def tell(own: Ledger, n: int) -> None:
        for _ in range(5):
            with own.write() as session:
                audit.record(session, "acme", clock(), "deal:1", f"told by {n}")

    at_once(url, clock, tell)
    with ledger.read() as session:
        assert len(audit.since(session, "acme", 0)) == 20
        assert audit.broken_at(session, "acme") is None


def test_a_record_noticed_by_workers_at_once_is_noticed(ledger: Ledger, url: str, clock: HandClock) -> None:
    def notice(own: Ledger, _: int) -> None:
        for _ in range(5):
            with own.write() as session:
                inbox.notice(session, "acme", inbox.DEALS, ["7", "8"], clock())

    at_once(url, clock, notice)
    with ledger.read() as session:
        assert inbox.pending(session, "acme", inbox.DEALS, ["7", "8"]) == {"7", "8"}


def test_the_main_job_runs_on_it(url: str) -> None:
    house = House(watch=False)
    ledger = StrictLedger(open_ledger(url, house.clock).engine, house.clock)
    known, new, asked = house.win("known_by_abn"), house.win("new_customer"), house.win("look_alikes")
    _run(house, ledger)
    assert house.invoice(known)["Status"] == house.invoice(new)["Status"] == "AUTHORISED"
    assert not house.invoices_of(asked)
    house.xero.people.pay(house.invoice(known)["InvoiceID"])
    _run(house, ledger)
    assert house.stage(known) == "Paid"
    with ledger.read() as session:
        assert audit.broken_at(session, "demo") is None
    ledger.close()


def _run(house: House, ledger: StrictLedger) -> None:
    house.clock.advance(60)
    pair = house.open(ledger=ledger)
    rounds.deals_to_invoices(pair)
    rounds.invoices_to_deals(pair)
