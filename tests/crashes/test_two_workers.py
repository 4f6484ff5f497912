"""Two processes do the same work at once: one invoice, the right words, nothing lost."""

from __future__ import annotations

import functools
import random
from contextlib import suppress
from decimal import Decimal

import pytest

from connectors.errors import ConnectorError
from stages import rounds
from tests.crashes.databases import in_memory
from tests.crashes.turns import stages_of
from tests.support.house import House
from tests.support.ledgers import Stalled, When

DEAL = "new_customer"


@functools.cache
def _won() -> House:
    """A new customer's deal was won a minute ago; everything else is settled."""
    house = House.settled(watch=False)
    house.win(DEAL)
    house.clock.advance(60)
    return house


def _recover(house: House) -> None:
    """A new process at once, and one when leases and doubts have run out."""
    house.clock.advance(60)
    rounds.deals_to_invoices(house.open())
    house.work(minutes=11)


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
    house = in_memory(_won())
    counted = Stalled(house.transport, 0, when, lambda: None)
    rounds.deals_to_invoices(house.open(transport=counted))
    assert counted.calls > 10
    for nth in range(1 + part, counted.calls + 1, 2):
        house = in_memory(_won())
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
    house = in_memory(_won())
    workers = [stages_of(house.open("w1")), stages_of(house.open("w2"))]
    turns = [0, 1] * 7 if seed == 0 else random.Random(seed).choices([0, 1], k=14)
    for turn in [*turns, *[0] * 7, *[1] * 7]:
        next(workers[turn], None)
    _recover(house)
    _one_invoice(house, f"turns {turns}")
