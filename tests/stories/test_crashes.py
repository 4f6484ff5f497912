"""The process is killed, at every commit there is, or runs twice: one invoice, the right words, nothing lost."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal

import pytest

from connectors.errors import ConnectorError
from stages import capture, create, exceptions, map_gst, match, rounds, sync_back
from stages.pair import Pair
from tests.support.house import House
from tests.support.ledgers import Killed, MortalLedger, Stalled, When

Act = Callable[[Pair], object]
DEAL = "new_customer"


@functools.cache
def _won() -> House:
    """A new customer's deal was won a minute ago; everything else is settled."""
    house = House.settled(watch=False)
    house.win(DEAL)
    house.clock.advance(60)
    return house


@functools.cache
def _paid() -> House:
    """The same deal invoiced, told, and paid since."""
    house = _won().twin()
    house.work()
    house.work()
    house.xero.people.pay(house.invoice(house.company.deals[DEAL])["InvoiceID"])
    house.clock.advance(60)
    return house


def _moments(start: Callable[[], House], act: Act, when: When) -> list[int]:
    """Every commit of the act as it goes when nobody is killed.

    Just after a commit is the same moment as just before the next one, unless the outside was called in between.
    """
    house = start().twin()
    ledger = MortalLedger(house.ledger, mark=lambda: len(house.xero.log) + len(house.hubspot.log))
    act(house.open(ledger=ledger))
    commits = range(1, ledger.commits + 1)
    if when == "before":
        return list(commits)
    return [n for n in commits if n == ledger.commits or ledger.marks[n - 1] != ledger.marks[n]]


def _recover(house: House) -> None:
    """A new process at once, and one when leases and doubts have run out."""
    house.clock.advance(60)
    rounds.deals_to_invoices(house.open())
    house.work(minutes=11)


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_commit_on_the_way_to_an_invoice(when: When, part: int) -> None:
    moments = _moments(_won, rounds.deals_to_invoices, when)
    assert len(moments) > 15
    for nth in moments[part::3]:
        house = _killed(_won, rounds.deals_to_invoices, nth, when)
        _recover(house)
        _one_invoice(house, f"killed {when} commit {nth}")


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_commit_on_the_way_back(when: When) -> None:
    moments = _moments(_paid, rounds.invoices_to_deals, when)
    assert len(moments) > 5
    for nth in moments:
        house = _killed(_paid, rounds.invoices_to_deals, nth, when)
        _recover(house)
        where = f"killed {when} commit {nth}"
        _one_invoice(house, where)
        told = house.told(house.company.deals[DEAL])
        assert (told["invoice_status"], told["amount_paid"]) == ("Paid", "14146.00"), where
        assert house.stage(house.company.deals[DEAL]) == "Paid", where


def _killed(start: Callable[[], House], act: Act, nth: int, when: When) -> House:
    house = start().twin()
    with pytest.raises(Killed):
        act(house.open(ledger=MortalLedger(house.ledger, nth, when)))
    return house


def _one_invoice(house: House, where: str) -> None:
    deal = house.company.deals[DEAL]
    invoices = house.invoices_of(deal)
    assert [i["Total"] for i in invoices] == [Decimal("14146.00")], where
    assert len(house.approvals()) == 1, where
    assert house.told(deal)["invoice_number"] == invoices[0]["InvoiceNumber"], where
    assert len([c for c in house.xero.contacts.values() if c["Name"].startswith("Saltbush")]) == 1, where
    assert len(house.notes()) <= 1, where
    assert not house.questions(), where


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_hangs_in_any_call_while_another_does_its_work(when: When, part: int) -> None:
    house = _won().twin()
    counted = Stalled(house.transport, 0, when, lambda: None)
    rounds.deals_to_invoices(house.open(transport=counted))
    assert counted.calls > 10
    for nth in range(1 + part, counted.calls + 1, 2):
        house = _won().twin()
        stalled = Stalled(house.transport, nth, when, functools.partial(_another_worker, house))
        with suppress(ConnectorError):
            rounds.deals_to_invoices(house.open(transport=stalled))
        _recover(house)
        _one_invoice(house, f"hung {when} call {nth}")


def _another_worker(house: House) -> None:
    """Eleven minutes pass, every lease runs out, and a second worker goes through it all."""
    house.clock.advance(11 * 60)
    rounds.deals_to_invoices(house.open("w2"))


@pytest.mark.parametrize("seed", range(12))
def test_two_workers_whose_stages_take_turns_in_any_order(seed: int) -> None:
    house = _won().twin()
    workers = [_stages(house.open("w1")), _stages(house.open("w2"))]
    turns = [0, 1] * 7 if seed == 0 else random.Random(seed).choices([0, 1], k=14)
    for turn in [*turns, *[0] * 7, *[1] * 7]:
        next(workers[turn], None)
    _recover(house)
    _one_invoice(house, f"turns {turns}")


def _stages(pair: Pair) -> Iterator[None]:
    """One round, stage by stage."""
    capture.notice_deals(pair)
    yield
    deals = capture.take_deals(pair)
    yield
    customers = match.match(pair, deals)
    yield
    plans = map_gst.map_gst(pair, deals, customers)
    yield
    exceptions.route_exceptions(pair, deals, customers, plans)
    yield
    create.create(pair)
    yield
    sync_back.sync_back(pair)
