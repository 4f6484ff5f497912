"""A lease keeps a second worker from doing the same work, and a dead one holds nobody up for longer than it lasts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.database import Ledger
from ledger.leases import held
from sandbox.clock import HandClock

TEN = timedelta(minutes=10)


def test_a_second_worker_gets_none_until_the_first_gives_it_back(ledger: Ledger) -> None:
    with held(ledger, "create acme", "w1", TEN) as first:
        assert first == 1
        with held(ledger, "create acme", "w2", TEN) as second:
            assert second is None
        with held(ledger, "create acme", "w1", TEN) as again:
            assert again is None
        with held(ledger, "create other", "w2", TEN) as other:
            assert other == 1
    with held(ledger, "create acme", "w2", TEN) as second:
        assert second == 2


def test_it_is_given_back_when_the_work_fails(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), held(ledger, "create acme", "w1", TEN):
        raise ZeroDivisionError
    with held(ledger, "create acme", "w2", TEN) as token:
        assert token == 2


def test_a_dead_workers_lease_runs_out(ledger: Ledger, clock: HandClock) -> None:
    dead = held(ledger, "create acme", "w1", TEN)
    dead.__enter__()
    clock.advance(599)
    with held(ledger, "create acme", "w2", TEN) as token:
        assert token is None
    clock.advance(1)
    with held(ledger, "create acme", "w2", TEN) as token:
        assert token == 2


def test_a_worker_that_wakes_late_does_not_give_back_what_is_anothers(ledger: Ledger, clock: HandClock) -> None:
    late = held(ledger, "create acme", "w1", TEN)
    late.__enter__()
    clock.advance(601)
    with held(ledger, "create acme", "w2", TEN) as token:
        assert token == 2
        late.__exit__(None, None, None)
        with held(ledger, "create acme", "w3", TEN) as third:
            assert third is None
