"""An approved invoice whose deal changed is put right by another paper, as a person says: credited, reissued, adjusted.

Whatever answers are lost on the way, there is one credit note, set against its invoice once.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from sandbox.faults import Kind
from tests.support.house import House
from tests.support.rules import telling
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))


def invoiced(crm: str = "hubspot", *, paid: bool = False) -> tuple[House, str]:
    """A deal with its approved invoice of $1,254.00."""
    house = House.settled(crm=crm, watch=crm == "hubspot")
    deal = house.sell({"product": "LICENCE"})
    house.work()
    if paid:
        house.xero.people.pay(house.invoice(deal)["InvoiceID"])
        house.work()
    return house, deal


def changed(house: House, deal: str, quantity: int, answer: str) -> str:
    """The deal becomes another, and a person, who is told the difference, says what is to be done."""
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": quantity}])
    house.work()
    item = house.asked("deal_changed")
    house.answer(item, answer)
    for _ in range(3):
        house.work()
    return json.loads(item.facts)["difference"]


def credits_of(house: House) -> list[dict[str, Any]]:
    return [note for note in house.xero.credit_notes.values() if note["Status"] not in {"DELETED", "VOIDED"}]


def allocations(house: House) -> list[Decimal]:
    return [part["Amount"] for note in credits_of(house) for part in note["Allocations"]]


@EVERY
def test_a_paid_invoice_is_credited_and_what_was_paid_goes_to_the_new_one(crm: str) -> None:
    house, deal = invoiced(crm, paid=True)
    changed(house, deal, 2, "credit_and_new")
    (note,) = credits_of(house)
    assert (note["Status"], note["Total"], note["TotalTax"]) == ("PAID", Decimal("1254.00"), Decimal("114.00"))
    first, second = house.invoices_of(deal)
    assert (first["Status"], first["AmountPaid"], first["AmountCredited"]) == ("PAID", Decimal("1254.00"), 0)
    assert (second["Total"], second["AmountDue"]) == (Decimal("2508.00"), Decimal("1254.00"))
    told = house.told(deal)
    assert (told["invoice_number"], told["total"]) == (second["InvoiceNumber"], "2508.00")
    assert (told["amount_due"], told["amount_paid"]) == ("1254.00", "0.00")
    assert not house.questions()


def test_an_unpaid_invoice_is_credited_in_full_before_the_new_one_is_made() -> None:
    house, deal = invoiced()
    changed(house, deal, 3, "credit_and_new")
    first, second = house.invoices_of(deal)
    assert (first["Status"], first["AmountCredited"]) == ("PAID", Decimal("1254.00"))
    assert (second["Status"], second["Total"]) == ("AUTHORISED", Decimal("3762.00"))
    assert allocations(house) == [Decimal("1254.00")]
    assert house.told(deal)["amount_due"] == "3762.00"
    assert not house.questions()


@EVERY
def test_more_is_made_up_for_by_a_further_invoice(crm: str) -> None:
    house, deal = invoiced(crm)
    changed(house, deal, 3, "adjust")
    first, further = house.invoices_of(deal)
    assert (first["Total"], further["Total"], further["Status"]) == (
        Decimal("1254.00"),
        Decimal("2508.00"),
        "AUTHORISED",
    )
    assert [line["LineAmount"] for line in further["LineItems"]] == [Decimal("3420.00"), Decimal("-1140.00")]
    told = house.told(deal)
    assert told["invoice_number"] == f"{first['InvoiceNumber']}, {further['InvoiceNumber']}"
    assert (told["total"], told["amount_due"]) == ("3762.00", "3762.00")
    house.xero.people.pay(first["InvoiceID"])
    house.work()
    assert (house.told(deal)["invoice_status"], house.stage(deal)) == ("Part paid", "Closed won")
    house.xero.people.pay(further["InvoiceID"])
    house.work()
    assert (house.told(deal)["invoice_status"], house.stage(deal)) == ("Paid", "Paid")
    assert not house.questions()


@EVERY
def test_less_is_made_up_for_by_a_credit_note_and_more_after_that_counts_from_there(crm: str) -> None:
    house = House(crm=crm)
    deal = house.sell({"product": "LICENCE", "quantity": 3})
    house.work()
    changed(house, deal, 1, "adjust")
    (note,) = credits_of(house)
    assert (note["Total"], note["Status"]) == (Decimal("2508.00"), "PAID")
    assert house.invoice(deal)["AmountDue"] == Decimal("1254.00")
    assert (house.told(deal)["amount_due"], house.told(deal)["invoice_status"]) == ("1254.00", "Part credited")

    assert changed(house, deal, 2, "adjust") == "$1,254.00"
    assert house.invoices_of(deal)[1]["Total"] == Decimal("1254.00")
    assert house.told(deal)["amount_due"] == "2508.00"
    assert not house.questions()


@EVERY
def test_a_sale_called_off_after_payment_is_credited_and_won_again_only_on_a_persons_word(crm: str) -> None:
    house, deal = invoiced(crm, paid=True)
    house.sales.unwin(deal)
    house.work()
    house.answer(house.asked("deal_unwon"), "credit")
    house.work()
    house.work()
    (note,) = credits_of(house)
    assert (note["Status"], note["RemainingCredit"]) == ("AUTHORISED", Decimal("1254.00"))
    assert not house.questions()
    house.sales.win(deal)
    house.work()
    item = house.asked("voided_by_person")
    assert len(house.invoices_of(deal)) == 1
    house.answer(item, "again")
    for _ in range(3):
        house.work()
    assert [i["AmountDue"] for i in house.invoices_of(deal)] == [0, 0]
    assert len(credits_of(house)) == 1


@pytest.mark.parametrize("kind", ["lose answer", "500 before", "500 after", "refuse connection", "garble", "429"])
def test_whatever_befalls_a_call_there_is_one_credit_note_set_against_the_invoice_once(kind: Kind) -> None:
    house, deal = invoiced()
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    for call in ("PUT /CreditNotes", "POST /CreditNotes", "PUT /CreditNotes/*/Allocations"):
        house.break_xero(call, kind)
    house.answer(house.asked("deal_changed"), "credit_and_new")
    house.recover()
    house.recover()
    assert not house.xero.faults.waiting
    (note,) = credits_of(house)
    assert (note["Status"], allocations(house)) == ("PAID", [Decimal("1254.00")])
    assert [i["Total"] for i in house.invoices_of(deal)] == [Decimal("1254.00"), Decimal("2508.00")]
    assert not house.questions()


def test_what_xero_refuses_of_a_credit_note_is_asked_and_tried_again() -> None:
    house, deal = invoiced()
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    house.answer(house.asked("deal_changed"), "credit_and_new")
    house.xero.people.archive_account("210")
    house.work()
    house.work()
    kinds = {item.kind for item in house.questions()}
    assert kinds <= {"refused", "account_unavailable"}
    assert kinds
    house.xero.people.restore_account("210")
    for item in house.questions():
        house.answer(item, "retry")
    for _ in range(4):
        house.work()
    assert len(credits_of(house)) == 1
    assert len(house.invoices_of(deal)) == 2
    assert not house.questions()


def test_the_papers_bear_who_made_them_and_only_drafts_are_put() -> None:
    house, deal = invoiced()
    changed(house, deal, 2, "credit_and_new")
    (call,) = [c for c in house.xero.api_calls("PUT", "/CreditNotes") if c.path.endswith("/CreditNotes")]
    (element,) = json.loads(call.body)["CreditNotes"]
    assert element["Status"] == "DRAFT"
    assert element["Reference"].startswith(f"{house.invoices_of(deal)[0]['InvoiceNumber']} x=")


@EVERY
def test_what_is_paid_back_of_a_credit_note_shows_on_the_deal(crm: str) -> None:
    house = House(crm=crm, watch=crm == "hubspot")
    house.edit_mapping(telling(house, "amount refunded"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    house.sales.unwin(deal)
    house.work()
    house.answer(house.asked("deal_unwon"), "credit")
    house.work()
    house.work()
    (note,) = credits_of(house)
    house.xero.people.refund(note["CreditNoteID"], "1000.00")
    house.work(minutes=30)
    told = house.told(deal)
    assert (told["invoice_status"], told["amount_refunded"], told["amount_paid"]) == ("Refunded", "1000.00", "1254.00")
