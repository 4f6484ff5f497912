"""After approval people decide: leave, void, void and invoice anew, invoice again; and what they said is done once."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.house import House
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))


def approved(crm: str = "hubspot") -> tuple[House, str]:
    """A won deal with its approved invoice of $1,254.00."""
    house = House.settled(crm=crm, watch=crm == "hubspot")
    deal = house.sell({"product": "LICENCE"})
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    return house, deal


def standing(house: House, deal: str) -> list[tuple[str, Decimal]]:
    return [(i["Status"], i["Total"]) for i in house.invoices_of(deal)]


@EVERY
def test_the_invoice_of_a_lost_deal_is_voided_if_a_person_says_so(crm: str) -> None:
    house, deal = approved(crm)
    house.sales.lose(deal)
    house.work()
    house.answer(house.asked("deal_unwon"), "void")
    house.work()
    assert standing(house, deal) == [("VOIDED", Decimal("1254.00"))]
    assert (house.told(deal)["invoice_status"], house.told(deal)["amount_due"]) == ("Voided", "0.00")
    house.work(minutes=60)
    assert not house.questions()

    house.sales.win(deal)
    house.work()
    house.answer(house.asked("voided_by_person"), "again")
    house.work()
    house.work()
    assert standing(house, deal) == [("VOIDED", Decimal("1254.00")), ("AUTHORISED", Decimal("1254.00"))]
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert not house.questions()


def test_a_voided_invoice_is_asked_about_though_its_deal_shows_nothing_of_it() -> None:
    shown = ("total: xero_total", "amount due: xero_amount_due", "status: xero_invoice_status")
    house = House(*((f"  {each}\n", "") for each in shown))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.xero.people.void(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    house.asked("voided_by_person")


@EVERY
def test_a_changed_deal_is_invoiced_anew_once_its_invoice_is_voided(crm: str) -> None:
    house, deal = approved(crm)
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    item = house.asked("deal_changed")
    assert json.loads(item.facts)["difference"] == "$1,254.00"
    house.answer(item, "void_and_new")
    house.work()
    house.work()
    assert standing(house, deal) == [("VOIDED", Decimal("1254.00")), ("AUTHORISED", Decimal("2508.00"))]
    assert house.told(deal)["total"] == "2508.00"
    house.work(minutes=60)
    assert not house.questions()


@pytest.mark.parametrize("kind", ["lose answer", "500 before", "500 after", "refuse connection"])
def test_whatever_befalls_the_voiding_there_is_one_invoice_that_stands(kind: Any) -> None:
    house, deal = approved()
    house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    house.answer(house.asked("deal_changed"), "void_and_new")
    house.break_xero("POST /Invoices", kind)
    house.struggle()
    house.recover()
    assert standing(house, deal) == [("VOIDED", Decimal("1254.00")), ("AUTHORISED", Decimal("2508.00"))]
    assert not house.questions()


def test_an_invoice_that_was_paid_meanwhile_is_not_voided() -> None:
    house, deal = approved()
    house.sales.lose(deal)
    house.work()
    item = house.asked("deal_unwon")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"], "10.00")
    house.answer(item, "void")
    house.work()
    house.work()
    assert standing(house, deal) == [("AUTHORISED", Decimal("1254.00"))]
    assert [choice["id"] for choice in json.loads(house.asked("deal_unwon").choices)] == ["leave", "credit"]


@EVERY
def test_won_again_unchanged_is_nothing_and_changed_is_a_question(crm: str) -> None:
    house, deal = approved(crm)
    house.sales.lose(deal)
    house.work()
    house.answer(house.asked("deal_unwon"), "leave")
    house.work()
    house.sales.win(deal)
    house.work()
    assert not house.questions()
    house.sales.lose(deal)
    house.work()
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.sales.win(deal)
    house.work()
    house.answer(house.asked("deal_changed"), "leave")
    house.work()
    assert standing(house, deal) == [("AUTHORISED", Decimal("1254.00"))]
    assert not house.questions()


def test_a_draft_deleted_by_a_person_is_made_again_only_if_they_say_so() -> None:
    house = House.settled()
    deal = house.win("renewal")
    house.work()
    house.xero.people.delete_draft(house.invoice(deal)["InvoiceID"])
    house.work()
    house.hubspot.people.edit("deal", deal, description="look again")
    house.work()
    item = house.asked("voided_by_person")
    assert not house.invoices_of(deal)
    house.answer(item, "again")
    house.work()
    house.work()
    assert [i["Status"] for i in house.invoices_of(deal)] == ["DRAFT"]
    assert not house.questions()
