"""Where the mapping wants it, the approved invoice is a PDF on its deal: one for each version, whatever happens."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox.faults import Fault
from tests.support.house import Edit, House
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
WANTED: Edit = ("\nwrite back:", "\nwrite back:\n  pdf: once approved")
UPLOAD = {
    "hubspot": "/files/2026-03/files",
    "pipedrive": "*/files",
    "salesforce": "*/sobjects/ContentVersion",
}


def on(house: House, deal: str) -> list[tuple[str, bytes]]:
    """The files that are to be seen on a deal: their names and what is in them."""
    match house.crm:
        case "hubspot":
            account = house.hubspot.account
            ids = account.linked("deals", deal, "notes")
            attached = [account.objects["notes"][note].properties.get("hs_attachment_ids", "") for note in ids]
            return [account.files[key] for key in attached if key]
        case "pipedrive":
            rows = house.world.pipedrive.account.files
            return [(row["name"], b"%PDF-") for row in rows if str(row["deal_id"]) == deal]
        case _:
            papers = [r.values for r in house.world.salesforce.objects["ContentVersion"].values()]
            mine = [p for p in papers if p["FirstPublishLocationId"] == deal]
            return [(p["PathOnClient"], base64.b64decode(p["VersionData"])) for p in mine]


@EVERY
def test_the_approved_invoice_is_on_its_deal_once(crm: str) -> None:
    house = House(WANTED, crm=crm)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    ((name, content),) = on(house, deal)
    assert name == f"{house.invoice(deal)['InvoiceNumber']}.pdf"
    assert content.startswith(b"%PDF-")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    assert len(on(house, deal)) == 1
    assert not house.questions()


@EVERY
@pytest.mark.parametrize("kind", ["lose answer", "500 after", "500 before", "429"])
def test_whatever_befalls_the_upload_there_is_one(crm: str, kind: Any) -> None:
    house = House(WANTED, crm=crm, watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.sales.double.faults.add(Fault("POST", UPLOAD[crm], kind, times=1))
    house.recover()
    assert not house.sales.double.faults.waiting
    assert len(on(house, deal)) == 1
    assert not house.questions()


@EVERY
def test_an_upload_that_arrives_when_it_was_given_up_is_waited_for_and_there_is_one(crm: str) -> None:
    house = House(WANTED, crm=crm, watch=False)
    deal = house.sell({"product": "LICENCE"})
    last = "*/notes" if crm == "hubspot" else UPLOAD[crm]
    house.sales.double.faults.add(Fault("POST", last, "late", delay=100, times=1))
    for _ in range(4):
        house.struggle(minutes=1)
    house.recover()
    assert not house.sales.double.faults.waiting
    assert len(on(house, deal)) == 1
    assert not house.questions()


def test_what_a_person_changed_in_xero_is_there_anew_under_another_name() -> None:
    house = House(WANTED)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.clock.advance(60)
    house.xero.people.edit_invoice(house.invoice(deal)["InvoiceID"], Reference="Order 17")
    house.work()
    number = house.invoice(deal)["InvoiceNumber"]
    assert [name for name, _ in on(house, deal)] == [f"{number}.pdf", f"{number} (2).pdf"]


def test_a_draft_has_none_and_nobody_gets_one_unasked() -> None:
    house = House(WANTED, ("create: authorised", "create: draft"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    assert not on(house, deal)
    other = House()
    deal = other.sell({"product": "LICENCE"})
    other.work()
    assert not on(other, deal)


def test_a_key_without_the_permission_is_named_and_the_rest_is_told() -> None:
    house = House(WANTED)
    house.hubspot.access.missing_scopes.add("files")
    deal = house.sell({"product": "LICENCE"})
    house.struggle()
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert "files" in house.asked("not_connected").facts
    house.hubspot.access.missing_scopes.clear()
    house.recover()
    assert len(on(house, deal)) == 1
