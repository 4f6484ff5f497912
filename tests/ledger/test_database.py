"""The database: migrated to what the models say, durable, one writer at a time, and copied without a trace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel

from ledger import audit, inbox
from ledger.database import Ledger, copied, engine_for, journal_mode, ledger_in_memory, open_ledger
from sandbox.clock import HandClock
from tests.support.processes import processes_opening


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/home/ledger.db"


def pragma(ledger: Ledger, name: str) -> object:
    with ledger.engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_the_migrations_make_what_the_models_say(url: str, clock: HandClock) -> None:
    ledger = open_ledger(url, clock)
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_migrated_database_is_opened_again_with_all_that_is_in_it(url: str, clock: HandClock) -> None:
    first = open_ledger(url, clock)
    with first.write() as session:
        inbox.notice(session, "acme", inbox.DEALS, ["7"], clock())
    first.close()
    with open_ledger(url, clock).write() as session:
        assert inbox.take(session, "acme", inbox.DEALS, clock()).versions == {"7": 1}


def test_the_guard_of_the_chosen_invoice_is_in_a_migrated_database_too(url: str, clock: HandClock) -> None:
    ledger = open_ledger(url, clock)
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    assert list(found) == ["effect_chosen_once"]


def test_a_file_is_written_durably(url: str, clock: HandClock) -> None:
    ledger = open_ledger(url, clock)
    assert pragma(ledger, "journal_mode") == journal_mode().lower()
    assert pragma(ledger, "synchronous") == 2
    assert pragma(ledger, "foreign_keys") == 1
    assert pragma(ledger, "busy_timeout") == 30_000


@pytest.mark.parametrize(
    ("version", "mode"),
    [((3, 40, 1), "TRUNCATE"), ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 52, 0), "WAL"), ((4, 0), "WAL")],
)
def test_the_write_ahead_log_is_used_only_where_it_is_sound(version: tuple[int, ...], mode: str) -> None:
    assert journal_mode(version) == mode


def test_processes_that_start_at_once_migrate_it_once(url: str, clock: HandClock) -> None:
    opened = processes_opening(url, 3)
    assert opened == ["opened"] * 3
    open_ledger(url, clock)


def test_threads_that_start_at_once_migrate_it_once(url: str, clock: HandClock) -> None:
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(open_ledger, [url] * 4, [clock] * 4))
    with ledgers[3].read() as session:
        assert inbox.waiting(session, "acme", inbox.DEALS) == 0


def test_writers_take_turns_and_lose_nothing(url: str, clock: HandClock) -> None:
    ledgers = [open_ledger(url, clock) for _ in range(4)]

    def tell(ledger: Ledger, who: str) -> None:
        for _ in range(10):
            with ledger.write() as session:
                audit.record(session, "acme", clock(), "deal:1", who)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, ledgers, ("w1", "w2", "w3", "w4")))
    with ledgers[0].read() as session:
        assert [e.seq for e in audit.since(session, "acme", 0)] == list(range(1, 41))
        assert audit.broken_at(session, "acme") is None


def test_a_writer_that_can_wait_no_longer_says_so(url: str, clock: HandClock) -> None:
    first, second = open_ledger(url, clock), open_ledger(url, clock, patience=0.01)
    with first.write() as session:
        inbox.notice(session, "acme", inbox.DEALS, ["7"], clock())
        with pytest.raises(DatabaseError, match="locked"), second.write() as waiting:
            inbox.waiting(waiting, "acme", inbox.DEALS)
        with second.read() as reading:
            assert inbox.waiting(reading, "acme", inbox.DEALS) == 0


def test_a_copy_goes_its_own_way(clock: HandClock) -> None:
    ledger = ledger_in_memory(clock)
    with ledger.write() as session:
        inbox.notice(session, "acme", inbox.DEALS, ["7"], clock())
        audit.record(session, "acme", clock(), "deal:7", "noticed")
    copy = copied(ledger)
    with copy.write() as session:
        assert inbox.waiting(session, "acme", inbox.DEALS) == 1
        assert audit.broken_at(session, "acme") is None
        inbox.notice(session, "acme", inbox.DEALS, ["8"], clock())
    with ledger.read() as session:
        assert inbox.waiting(session, "acme", inbox.DEALS) == 1


def test_an_instant_comes_back_as_the_same_instant(clock: HandClock) -> None:
    ledger = ledger_in_memory(clock)
    with ledger.write() as session:
        audit.record(session, "acme", clock(), "deal:7", "noticed")
    with ledger.read() as session:
        (entry,) = audit.since(session, "acme", 0)
    assert entry.at == clock()
    assert entry.at.tzinfo is not None


def test_an_address_that_leads_nowhere_is_an_error_of_the_database(clock: HandClock) -> None:
    with pytest.raises(DatabaseError):
        open_ledger("sqlite:////proc/nowhere/ledger.db", clock)
    with engine_for("sqlite://").connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
