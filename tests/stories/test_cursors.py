"""How far a list was read: nothing is passed that it shows late, that another clock dates, or that nobody took in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stages import rounds
from tests.support.house import House
from tests.support.ledgers import Killed, MortalLedger, StrictLedger

DAYS = 10 * 24 * 60


def _invoiced() -> tuple[House, str, str]:
    house = House.settled(watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.work(minutes=30)
    return house, deal, house.invoice(deal)["InvoiceID"]


def test_a_worker_whose_clock_is_fast_passes_no_payment() -> None:
    house, deal, invoice = _invoiced()
    fast = StrictLedger(house.ledger.engine, lambda: house.clock() + timedelta(hours=2))
    rounds.invoices_to_deals(house.open(ledger=fast))
    house.clock.advance(60)
    house.xero.people.pay(invoice)
    house.work()
    assert house.told(deal)["invoice_status"] == "Paid"


def test_a_change_that_the_list_shows_late_is_not_passed() -> None:
    house, deal, invoice = _invoiced()
    house.xero.list_lag = 5 * 60
    house.xero.people.void(invoice)
    house.work()
    house.work(minutes=6)
    assert house.told(deal)["invoice_status"] == "Voided"


def test_the_first_deal_ever_is_not_passed_however_long_nobody_looked() -> None:
    house = House(watch=False)
    house.work(minutes=DAYS)
    deal = house.sell({"product": "LICENCE"})
    house.work(minutes=DAYS)
    assert house.invoice(deal)["Status"] == "AUTHORISED"


@pytest.mark.parametrize("commit", range(1, 4))
def test_a_process_killed_while_it_notices_passes_no_deal(commit: int) -> None:
    house = House.settled(watch=False)
    deal = house.win("known_by_abn")
    house.clock.advance(30 * 60)
    house.win("renewal")
    house.clock.advance(60)
    with pytest.raises(Killed):
        rounds.deals_to_invoices(house.open(ledger=MortalLedger(house.ledger, commit)))
    house.work(minutes=15)
    assert house.invoice(deal)["Status"] == "AUTHORISED"
