"""Where the mapping wants it, one note on the deal says how its invoice stands, and changes with it."""

from __future__ import annotations

import pytest

from sandbox.faults import Fault, Kind
from tests.support.house import House

KEPT = ("\nwrite back:", "\nwrite back:\n  note: kept up to date")


def notes(house: House) -> list[str]:
    """What the notes on deals say."""
    if house.crm == "pipedrive":
        return [row["content"] for row in house.world.pipedrive.account.all("notes")]
    return [record.properties["hs_note_body"] for record in house.hubspot.objects["notes"].values()]


@pytest.fixture(name="house", params=["hubspot", "pipedrive"])
def _house(request: pytest.FixtureRequest) -> House:
    return House(KEPT, crm=request.param)


def test_one_note_follows_the_invoice(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    invoice = house.invoice(deal)
    [note] = notes(house)
    assert f"Invoice {invoice['InvoiceNumber']} in Xero: Awaiting payment" in note
    assert invoice["InvoiceID"] in note
    house.xero.people.pay(invoice["InvoiceID"])
    house.work()
    [note] = notes(house)
    assert ": Paid" in note
    assert "still to be paid" not in note
    before = len(list(house.written()))
    house.work(minutes=15)
    assert len(list(house.written())) == before


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "500 before", "429"])
def test_a_note_is_never_written_twice(house: House, kind: Kind) -> None:
    house.win("known_by_abn")
    house.sales.double.faults.add(Fault("POST", "*/notes", kind, times=1))
    house.recover()
    assert len(notes(house)) == 1
    assert not house.sales.double.faults.waiting


def test_a_note_that_somebody_deleted_is_made_anew_with_the_next_news(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    if house.crm == "pipedrive":
        account = house.world.pipedrive.account
        [row] = account.all("notes")
        account.remove("notes", row)
    else:
        [record] = house.hubspot.objects["notes"].values()
        house.hubspot.account.archive(record)
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert ": Paid" in notes(house)[-1]
    assert not house.questions()


def test_without_the_setting_no_note_is_written() -> None:
    house = House(crm="pipedrive")
    house.win("known_by_abn")
    house.work()
    assert notes(house) == []
