"""The ledger is put back from a copy: that is told once, nothing new is made for an hour, then everything of ours is
looked at, and nothing is made a second time. The deals are told again.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.restores import Mark
from stages import restored
from tests.support.house import House
from tests.support.ledgers import copy_of, put_back
from tests.support.rules import PROPOSED

QUIET = 61


def forgetful(*deals: str, paid: bool = False) -> House:
    """A house that did all this after the copy, which its ledger then became again; one deal was won since."""
    house = House.settled()
    copy = copy_of(house.ledger)
    for deal in deals:
        house.win(deal)
    house.work()
    house.work(minutes=5)
    if paid:
        for invoice in house.invoices():
            house.xero.people.pay(invoice["InvoiceID"])
        house.work()
    put_back(house.ledger.engine, copy)
    return house


def made(house: House) -> tuple[list[str], list[str], list[str]]:
    """The invoices, approvals and contacts there are, by id."""
    return sorted(i["InvoiceID"] for i in house.invoices()), house.approvals(), sorted(house.xero.contacts)


def test_it_is_told_once_and_for_an_hour_nothing_new_is_made() -> None:
    house = forgetful("known_by_abn")
    fresh = house.win("known_by_name")
    before = made(house)
    house.work()
    for _ in range(6):
        house.work(minutes=9)
        assert made(house) == before
        assert house.asked("ledger_restored")
    house.work(minutes=QUIET - 54)
    assert house.invoice(fresh)["Status"] == "AUTHORISED"
    house.answer(house.asked("ledger_restored"), "leave")
    house.work(minutes=90)
    assert not house.questions()


def test_everything_of_ours_is_looked_at_before_anything_is_sent() -> None:
    house = forgetful("known_by_abn", "renewal")
    house.win("known_by_name")
    house.work()
    house.xero.log.clear()
    house.work(minutes=QUIET)
    invoices = [c for c in house.xero.api_calls() if c.path.endswith("/Invoices")]
    first = next(i for i, call in enumerate(invoices) if call.method == "PUT")
    looked = [call for call in invoices[:first] if call.query.get("createdByMyApp")]
    assert any("if-modified-since" not in call.headers for call in looked)


@pytest.mark.parametrize("deal", ["known_by_abn", "new_customer", "renewal"])
def test_what_was_invoiced_since_the_copy_is_not_invoiced_again(deal: str) -> None:
    house = forgetful(deal)
    before, notes = made(house), house.notes()
    house.work()
    house.work(minutes=QUIET)
    house.work(minutes=15)
    assert made(house) == before
    assert house.notes() == notes
    assert [q.kind for q in house.questions()] == ["ledger_restored"]


def test_the_deals_are_told_again() -> None:
    house = forgetful("new_customer", paid=True)
    deal = house.company.deals["new_customer"]
    for field in ("xero_invoice_number", "xero_invoice_status", "xero_amount_paid"):
        house.hubspot.people.edit("deal", deal, **{field: ""})
    house.work()
    house.asked("ledger_restored")
    house.work(minutes=QUIET)
    house.work(minutes=15)
    told = house.told(deal)
    assert told["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
    assert (told["invoice_status"], told["amount_paid"], house.stage(deal)) == ("Paid", "14146.00", "Paid")


def test_a_request_under_way_when_it_was_restored_makes_no_second_one() -> None:
    house = House.settled()
    deal = house.win("new_customer")
    copy = copy_of(house.ledger)
    house.break_xero("PUT /Invoices", "late", delay=900)
    house.struggle()
    put_back(house.ledger.engine, copy)
    for minutes in (1, 20, 20, 21, 10, 60):
        house.work(minutes=minutes)
    assert [i["Total"] for i in house.invoices_of(deal)] == [Decimal("14146.00")]
    assert len(house.invoices()) == len(house.approvals()) == 1
    assert len([c for c in house.xero.contacts.values() if c["Name"].startswith("Saltbush")]) == 1


def test_what_a_person_voided_since_the_copy_is_asked_about_and_not_made_again() -> None:
    house = forgetful("known_by_abn")
    (invoice,) = house.invoices()
    house.xero.people.void(invoice["InvoiceID"])
    house.work()
    house.work(minutes=QUIET)
    assert len(house.approvals()) == 1
    assert sorted(q.kind for q in house.questions()) == ["ledger_restored", "voided_by_person"]


def test_a_restore_that_the_mark_cannot_tell_is_told_by_a_person() -> None:
    house = forgetful("known_by_abn", "new_customer")
    house.mark = Mark()
    before = made(house)
    restored.was_restored(house.ledger, house.pair, house.mark.reached())
    for minutes in (1, 30, 30, 15):
        house.work(minutes=minutes)
    assert made(house) == before
    house.asked("ledger_restored")


def test_a_second_restore_begins_a_second_hour() -> None:
    house = forgetful("known_by_abn")
    copy = copy_of(house.ledger)
    house.work()
    house.work(minutes=QUIET)
    deal = house.win("known_by_name")
    house.work(minutes=15)
    put_back(house.ledger.engine, copy)
    before = made(house)
    house.work()
    house.work(minutes=30)
    assert made(house) == before
    house.work(minutes=31)
    house.work(minutes=15)
    assert made(house) == before
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]


@pytest.mark.parametrize("remembered", ["nothing", "the first draft", "that it was deleted"])
def test_a_deal_lost_and_won_after_all_since_the_copy_has_one_invoice(remembered: str) -> None:
    """Its first draft was deleted with it, its second invoice approved."""
    house, copies = House(PROPOSED), dict[str, bytes]()
    house.work()
    copies["nothing"] = copy_of(house.ledger)
    company = house.company.companies["bellbird"]
    stage = {"pipeline": "New business", "stage": "Appointment scheduled"}
    deal = house.hubspot.people.add_deal("Job", company=company, lines=[{"product": "LICENCE"}], **stage)
    house.work()
    copies["the first draft"] = copy_of(house.ledger)
    house.sales.lose(deal)
    house.work()
    copies["that it was deleted"] = copy_of(house.ledger)
    house.sales.win(deal)
    house.work()
    before = made(house)
    put_back(house.ledger.engine, copies[remembered])
    house.work()
    house.work(minutes=QUIET)
    for item in house.questions():
        house.answer(item, "again" if item.kind == "voided_by_person" else "leave")
    house.work(minutes=15)
    house.work(minutes=15)
    assert made(house) == before
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert not house.questions()
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.told(deal)["amount_due"] == "0.00"


def test_a_deal_that_was_only_told_something_since_the_copy_is_told_anew() -> None:
    house = House()
    deal = house.win("known_by_abn")
    house.work()
    copy = copy_of(house.ledger)
    payment = house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.told(deal)["invoice_status"] == "Paid"
    house.xero.people.remove_payment(payment)
    put_back(house.ledger.engine, copy)
    for minutes in (1, QUIET, 15):
        house.work(minutes=minutes)
    assert house.asked("ledger_restored")
    said = house.told(deal)
    assert (said["invoice_status"], said["amount_due"], said["amount_paid"]) == ("Awaiting payment", "5324.00", "0.00")


def test_a_draft_that_followed_its_deal_since_the_copy_is_taken_up_and_not_made_a_second_time() -> None:
    house = House(PROPOSED)
    house.work()
    copy = copy_of(house.ledger)
    company = house.company.companies["bellbird"]
    stage = {"pipeline": "New business", "stage": "Appointment scheduled"}
    deal = house.hubspot.people.add_deal("Job", company=company, lines=[{"product": "LICENCE"}], **stage)
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    before = made(house)
    put_back(house.ledger.engine, copy)
    for minutes in (1, QUIET, 15):
        house.work(minutes=minutes)
    assert made(house) == before
    assert (house.invoice(deal)["Total"], house.told(deal)["total"]) == (Decimal("2508.00"), "2508.00")


@pytest.mark.parametrize(("change", "kind"), [("lose", "deal_unwon"), ("delete", "deal_deleted")])
def test_a_deal_lost_or_deleted_right_after_is_asked_about_once_its_invoice_is_found(change: str, kind: str) -> None:
    house = forgetful("known_by_abn")
    deal, before = house.company.deals["known_by_abn"], made(house)
    house.work()
    if change == "lose":
        house.sales.lose(deal)
    else:
        house.hubspot.people.delete("deal", deal)
    house.work()
    house.work(minutes=QUIET)
    house.work(minutes=15)
    assert made(house) == before
    assert sorted(item.kind for item in house.questions()) == [kind, "ledger_restored"]
    for item in house.questions():
        house.answer(item, "leave")
    house.work(minutes=15)
    house.xero.people.void(house.invoice(deal)["InvoiceID"])
    house.work(minutes=15)
    assert not house.questions()


def test_a_mail_that_had_left_when_the_ledger_was_put_back_is_not_sent_again() -> None:
    house = House(("create: authorised\n", "create: authorised\n    send to customer: once approved\n"))
    house.xero.people.edit_contact(house.company.contacts["Bellbird Cafe"], EmailAddress="ap@bellbird.example")
    house.break_xero("POST /Invoices/*/Email", "refuse connection")
    deal = house.win("known_by_abn")
    house.struggle()
    copy = copy_of(house.ledger)
    house.work()
    assert house.xero.books.mails == [house.invoice(deal)["InvoiceID"]]
    put_back(house.ledger.engine, copy)
    for minutes in (1, QUIET, 5, 60):
        house.work(minutes=minutes)
    assert house.xero.books.mails == [house.invoice(deal)["InvoiceID"]]
