"""Draft or approved, as the rule says: only what was checked is approved, and only what nobody touched meanwhile."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from tests.support.house import House


def test_a_rule_that_says_draft_leaves_a_draft_and_tells_the_deal() -> None:
    house = House.settled()
    deal = house.win("renewal")
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["Status"], invoice["Reference"]) == ("DRAFT", "Renewal 2026: CMS licence")
    assert invoice["DueDateString"] == "2026-12-20T00:00:00"
    assert (house.told(deal)["invoice_status"], house.told(deal)["amount_due"]) == ("Draft", "1254.00")
    assert house.calls("xero").count("POST /Invoices") == 0

    house.xero.people.approve(invoice["InvoiceID"])
    house.work()
    assert house.told(deal)["invoice_status"] == "Awaiting payment"


def test_a_rule_that_says_authorised_approves_the_same_draft_by_its_id() -> None:
    house = House.settled()
    deal = house.win("known_by_abn")
    house.work()
    (made,) = house.xero.api_calls("PUT", "/Invoices")[:1]
    assert [element["Status"] for element in json.loads(made.body)["Invoices"]] == ["DRAFT"]
    (approved,) = house.xero.api_calls("POST", "/Invoices")
    assert [e["InvoiceID"] for e in json.loads(approved.body)["Invoices"]] == [house.invoice(deal)["InvoiceID"]]
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert house.told(deal)["invoice_link"].endswith(f"InvoiceID={house.invoice(deal)['InvoiceID']}")


def _approval_pending() -> tuple[House, str]:
    """A draft that waits because Xero was down in the moment of approving it."""
    house = House.settled()
    deal = house.sell({"product": "LICENCE", "quantity": 2})
    house.break_xero("POST /Invoices", "500 before")
    house.work()
    assert house.invoice(deal)["Status"] == "DRAFT"
    return house, deal


def _edited(house: House, deal: str) -> None:
    invoice = house.invoice(deal)
    line = {**invoice["LineItems"][0], "UnitAmount": Decimal(1000)}
    house.xero.people.edit_invoice(
        invoice["InvoiceID"], LineItems=[{k: v for k, v in line.items() if k not in {"LineAmount", "TaxAmount"}}]
    )


def test_a_draft_edited_before_it_was_approved_is_put_to_a_person() -> None:
    house, deal = _approval_pending()
    _edited(house, deal)
    house.work()
    item = house.asked("total_differs")
    assert json.loads(item.facts)["total"] == "$2,508.00 planned, $2,200.00 in Xero"
    house.work(minutes=60)
    house.asked("total_differs")
    assert house.invoice(deal)["Status"] == "DRAFT"

    house.answer(item, "accept")
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("AUTHORISED", Decimal("2200.00"))
    assert house.told(deal)["total"] == "2200.00"
    assert not house.questions()


def test_a_draft_approved_before_its_deals_change_was_written_into_it_is_asked_about() -> None:
    house = House.settled(("create: authorised", "create: draft"))
    deal = house.sell({"product": "LICENCE", "quantity": 2})
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 3}])
    house.break_xero("POST /Invoices", "500 before")
    house.struggle()
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    item = house.asked("deal_changed")
    assert json.loads(item.facts)["difference"] == "$1,254.00"
    assert [choice["id"] for choice in json.loads(item.choices)] == ["leave", "void_and_new"]
    house.answer(item, "leave")
    house.work(minutes=60)
    assert house.invoice(deal)["Total"] == Decimal("2508.00")
    assert not house.questions()


def test_an_edited_draft_that_was_put_right_is_approved() -> None:
    house, deal = _approval_pending()
    before = house.invoice(deal)["LineItems"]
    _edited(house, deal)
    house.work()
    line = {k: v for k, v in before[0].items() if k not in {"LineAmount", "TaxAmount", "LineItemID"}}
    house.xero.people.edit_invoice(house.invoice(deal)["InvoiceID"], LineItems=[line])
    house.answer(house.asked("total_differs"), "retry")
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("AUTHORISED", Decimal("2508.00"))


@pytest.mark.parametrize(("said", "became"), [("delete", "DELETED"), ("leave", "DRAFT")])
def test_a_draft_that_differs_goes_as_a_person_says_once_its_deal_is_lost(said: str, became: str) -> None:
    house, deal = _approval_pending()
    _edited(house, deal)
    house.work()
    house.asked("total_differs")
    draft = house.invoice(deal)["InvoiceID"]
    house.sales.lose(deal)
    house.work()
    house.answer(house.asked("deal_unwon"), said)
    house.work()
    house.work()
    assert house.xero.invoices[draft]["Status"] == became


def test_an_edited_draft_may_be_left_to_a_person_and_is_mirrored_all_the_same() -> None:
    house, deal = _approval_pending()
    _edited(house, deal)
    house.work()
    house.answer(house.asked("total_differs"), "leave")
    house.work()
    assert house.invoice(deal)["Status"] == "DRAFT"
    assert (house.told(deal)["invoice_status"], house.told(deal)["total"]) == ("Draft", "2200.00")
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.stage(deal) == "Paid"


def test_a_draft_approved_by_a_person_meanwhile_is_theirs_and_told() -> None:
    house, deal = _approval_pending()
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert not house.questions()


def test_a_draft_deleted_by_a_person_before_it_was_approved_is_not_made_again() -> None:
    house, deal = _approval_pending()
    house.xero.people.delete_draft(house.invoice(deal)["InvoiceID"])
    house.work()
    item = house.asked("voided_by_person")
    house.answer(item, "leave")
    house.work()
    house.hubspot.people.edit("deal", deal, dealname="Another name")
    house.work()
    assert not house.invoices()
    assert not house.questions()
    assert house.calls("xero").count("PUT /Invoices") == 1


@pytest.mark.parametrize("undo", ["void", "delete"])
def test_an_invoice_undone_by_a_person_is_told_and_never_made_again(undo: str) -> None:
    house = House.settled()
    deal = house.win("known_by_abn" if undo == "void" else "renewal")
    house.work()
    invoice = house.invoice(deal)["InvoiceID"]
    if undo == "void":
        house.xero.people.void(invoice)
    else:
        house.xero.people.delete_draft(invoice)
    house.work()
    house.hubspot.people.edit("deal", deal, dealname="Looked at again")
    house.work()
    told = house.told(deal)
    assert told["invoice_status"] == {"void": "Voided", "delete": "Deleted"}[undo]
    assert (told["total"], told["amount_due"]) == ("0.00", "0.00")
    assert house.calls("xero").count("PUT /Invoices") == 1


@pytest.mark.parametrize(("rule", "plain", "asked"), [("every invoice", 1, 1), ("when asked", 0, 1), ("never", 0, 0)])
def test_the_history_tells_where_an_invoice_came_from(rule: str, plain: int, asked: int) -> None:
    house = House.settled(("history note: every invoice", f"history note: {rule}"))
    house.win("known_by_abn")
    house.work()
    assert len(house.notes()) == plain

    deal = house.sell({"product": "LICENCE"}, amount="1200.00")
    house.work()
    house.answer(house.asked("amount_differs"), "use_lines")
    house.work()
    notes = house.notes()[plain:]
    assert len(notes) == asked
    for note in notes:
        assert deal in note
        assert "A person settled: amount differs." in note


def test_a_lost_note_is_not_written_twice() -> None:
    house = House.settled()
    house.break_xero("PUT /Invoices/*/History", "lose answer")
    house.win("known_by_abn")
    house.work()
    house.recover()
    assert len(house.notes()) == 1


def test_a_draft_that_xero_will_not_have_changed_is_left_if_a_person_says_so_and_xero_is_asked_no_more() -> None:
    house = House.settled(("create: authorised", "create: draft"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.xero.people.set_lock_date(date(2026, 11, 22))
    house.hubspot.people.edit("deal", deal, closedate="2026-11-19T02:00:00Z")
    house.work()
    question = house.asked("refused")
    tries = len(house.xero.api_calls("POST", "/Invoices"))
    house.answer(question, "leave")
    house.work()
    house.work()
    assert len(house.xero.api_calls("POST", "/Invoices")) == tries
    assert (house.invoice(deal)["Status"], house.invoice(deal)["DateString"][:10]) == ("DRAFT", "2026-11-25")
    assert not house.questions()


def test_an_approval_that_is_on_its_way_is_finished_before_anything_follows_a_change_of_the_deal() -> None:
    house = House.settled(watch=False)
    deal = house.sell({"product": "LICENCE", "quantity": 2})
    house.break_xero("POST /Invoices", "late", delay=10 * 60)
    house.struggle()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 3}])
    for minutes in (2, 5, 15):
        house.work(minutes=minutes)
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("AUTHORISED", Decimal("2508.00"))
    assert house.asked("deal_changed").subject == f"deal:{deal}"
