"""Held: what the sandbox's CRMs and Xero send of a won deal and a paid invoice is taken, whatever way it comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.playground import KEYS
from ledger import inbox
from sandbox.webhooks import Webhooks
from sandbox.wire import Response
from tests.support.hooks import IDS, PUBLIC, Door
from tests.support.house import House

CRMS = ("hubspot", "pipedrive", "salesforce")


class Street:
    """A company selling in one CRM, and the receiver its systems call."""

    def __init__(self, folder: Path, crm: str) -> None:
        self.house = House(crm=crm, watch=False)
        self.crm = crm
        ends = {IDS[system]: (self.house.pair, system) for system in ("xero", crm)}
        self.door = Door(folder, keys=KEYS, ends=ends)
        self.up = True
        self.webhooks = Webhooks(self.house.world, self.post)
        for system in ("xero", crm):
            self.webhooks.subscribe(system, f"{PUBLIC}/hooks/{system}/{IDS[system]}")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        if not self.up:
            return None
        return self.door.call(url.removeprefix(PUBLIC), body, headers)

    def noticed(self, stream: str = inbox.DEALS) -> set[str]:
        return self.door.noticed(stream, self.house.pair)


@pytest.mark.parametrize("crm", CRMS)
def test_a_won_deal_and_its_paid_invoice_are_noticed(tmp_path: Path, crm: str) -> None:
    street = Street(tmp_path, crm)
    house, webhooks = street.house, street.webhooks
    with street.door.receiver:
        webhooks.step()
        deal = house.sell()
        webhooks.step()
        assert street.noticed() == {deal}
        house.work()
        invoice = house.invoice(deal)["InvoiceID"]
        street.door.link(invoice, deal, house.pair)
        house.xero.people.pay(invoice)
        webhooks.step()
        assert street.noticed(inbox.INVOICES) == {invoice}
        assert all(told["failed"] == 0 and told["state"] == "ok" for told in webhooks.picture().values())
    assert street.door.woken[0] == (house.pair, "deals")
    assert (house.pair, "invoices") in street.door.woken


@pytest.mark.parametrize("crm", CRMS)
def test_twice_and_in_any_order_it_comes_to_the_same(tmp_path: Path, crm: str) -> None:
    street = Street(tmp_path, crm)
    street.webhooks.switches.twice, street.webhooks.switches.shuffled = 0.5, True
    with street.door.receiver:
        street.webhooks.step()
        deals = {street.house.sell() for _ in range(5)}
        street.webhooks.step()
        assert street.noticed() == deals


@pytest.mark.parametrize("crm", CRMS)
def test_what_was_sent_while_we_were_down_comes_again(tmp_path: Path, crm: str) -> None:
    street = Street(tmp_path, crm)
    with street.door.receiver:
        street.webhooks.step()
        street.up = False
        deal = street.house.sell()
        street.webhooks.step()
        street.up = True
        for _ in range(100):
            street.house.clock.advance(60)
            street.door.clock.advance(60)
            street.webhooks.step()
        assert street.noticed() == {deal}
    assert street.webhooks.picture()[crm]["waiting"] == 0
