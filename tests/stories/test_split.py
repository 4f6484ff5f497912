"""One deal and several payers: each gets an invoice of its share, the deal shows them all, and nobody pays by guess."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from stages.preview import previews, read
from stages.rehearsal import rehearse
from tests.support.house import House
from tests.support.rules import before, entry
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
REST = ("create: authorised\n", "create: authorised\n    milestone: customer\n    takes: the rest\n")
FIELDS = {"hubspot": "insurer", "pipedrive": "insurer", "salesforce": "Insurer__c"}


def split(payer: str, takes: str = "takes: 60%") -> tuple[tuple[str, str], ...]:
    return REST, before(entry("Closed won", "authorised", "milestone: insurer", takes, f"payer: {payer}"))


def insured(crm: str = "hubspot") -> House:
    """Deals name their insurer in a field of their own."""
    house = House(*split(FIELDS[crm]), crm=crm)
    people: Any = house.sales.double.people
    if crm == "hubspot":
        people.add_property("deal", "insurer", "Insurer")
    else:
        people.add_field("deal", "Insurer")
    return house


def field(house: House) -> str:
    """The field's own key."""
    if house.crm != "pipedrive":
        return FIELDS[house.crm]
    fields = house.world.pipedrive.account.fields["deals"]
    return next(code for code, row in fields.items() if row["field_name"] == "Insurer")


def sold(house: House, insurer: str = "yarra", **more: Any) -> str:
    told = {field(house): house.company.companies.get(insurer, insurer)} if insurer else {}
    return house.sell({"product": "LICENCE"}, **told, **more)


def shares(house: House, deal: str) -> dict[str, Decimal]:
    """What each payer was invoiced."""
    named = {i["Contact"]["ContactID"]: i["Total"] for i in house.invoices_of(deal) if i["Status"] == "AUTHORISED"}
    return {house.xero.contacts[contact]["Name"]: total for contact, total in named.items()}


HALVES = {"Yarra Bend Allied Health Pty Ltd": Decimal("752.40"), "Bellbird Cafe": Decimal("501.60")}


@EVERY
def test_each_payer_gets_its_share_and_the_deal_shows_them_all(crm: str) -> None:
    house = insured(crm)
    deal = sold(house)
    house.work()
    assert shares(house, deal) == HALVES
    told = house.told(deal)
    assert told["invoice_number"] == ", ".join(i["InvoiceNumber"] for i in house.invoices_of(deal))
    assert (Decimal(told["total"]), Decimal(told["amount_due"])) == (Decimal("1254.00"), Decimal("1254.00"))

    first, second = house.invoices_of(deal)
    payment = house.xero.people.pay(first["InvoiceID"])
    house.work()
    assert (Decimal(house.told(deal)["amount_due"]), house.stage(deal)) == (second["AmountDue"], "Closed won")
    house.xero.people.pay(second["InvoiceID"])
    house.work()
    assert house.stage(deal) == "Paid"
    house.xero.people.remove_payment(payment)
    house.work()
    assert (Decimal(house.told(deal)["amount_due"]), house.stage(deal)) == (first["Total"], "Closed won")
    assert not house.questions()


@EVERY
@pytest.mark.parametrize("says", ["", "Yarra Bend", "999999"])
def test_a_payer_nobody_knows_is_asked_about_and_nobody_pays_in_its_place(crm: str, says: str) -> None:
    house = insured(crm)
    deal = sold(house, says)
    house.work()
    assert house.asked("customer_missing" if says.isdigit() else "payer_missing")
    assert not house.invoices_of(deal)
    house.sales.double.people.edit("deal", deal, **{field(house): house.company.companies["yarra"]})
    house.work()
    assert shares(house, deal) == HALVES
    assert not house.questions()


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "refuse connection"])
def test_whatever_befalls_a_call_each_payer_gets_one_invoice(kind: Any) -> None:
    house = insured()
    deal = sold(house)
    house.break_xero("PUT /Invoices", kind)
    house.break_xero("POST /Invoices", kind)
    house.struggle()
    house.recover()
    assert shares(house, deal) == HALVES
    assert len(house.approvals()) == 2
    assert not house.questions()


def test_a_payer_the_mapping_names_itself_is_looked_up_like_any_customer() -> None:
    house = House(*split("5"))
    house.edit_mapping(("payer: 5", f"payer: {house.company.companies['surf']}"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    assert shares(house, deal)["Northern Rivers Surf Co-operative Ltd"] == Decimal("752.40")


def test_a_deal_that_names_another_payer_after_approval_asks() -> None:
    house = insured()
    deal = sold(house)
    house.work()
    house.hubspot.people.edit("deal", deal, insurer=house.company.companies["surf"])
    house.work()
    house.answer(house.asked("deal_changed"), "void_and_new")
    house.work()
    assert shares(house, deal)["Northern Rivers Surf Co-operative Ltd"] == Decimal("752.40")
    assert sum(shares(house, deal).values()) == Decimal("1254.00")


def test_a_deal_called_off_is_asked_about_for_each_payer() -> None:
    house = insured()
    deal = sold(house)
    house.work()
    house.sales.lose(deal)
    house.work()
    asked = {json.loads(item.facts)["invoice"] for item in house.questions() if item.kind == "deal_unwon"}
    assert asked == {i["InvoiceNumber"] for i in house.invoices_of(deal)}


def test_rehearsal_and_preview_show_what_each_payer_would_get() -> None:
    house = insured()
    deal = sold(house)
    house.clock.advance(60)
    [rehearsed] = [each for each in rehearse(house.open()) if each.deal.id == deal]
    assert [plan.total for plan in rehearsed.invoices] == [Decimal("752.40"), Decimal("501.60")]
    pair = house.open()
    [shown] = previews(pair, read(pair, [deal]), {})
    assert [plan.total for plan in shown.invoices] == [Decimal("752.40"), Decimal("501.60")]
    assert shown.customer == "Yarra Bend Allied Health Pty Ltd, Bellbird Cafe"


@pytest.mark.parametrize(
    ("says", "first"), [("60", "752.40"), ("60 %", "752.40"), ("33.3", "417.58"), ("100", "1254.00")]
)
def test_the_share_may_stand_in_the_deal(says: str, first: str) -> None:
    house = House(*split("insurer", "takes field: share"))
    for name in ("insurer", "share"):
        house.hubspot.people.add_property("deal", name, name)
    deal = sold(house, share=says)
    house.work()
    totals = [i["Total"] for i in house.invoices_of(deal)]
    assert (totals[0], sum(totals)) == (Decimal(first), Decimal("1254.00"))


@pytest.mark.parametrize("says", ["", "0.6", "120", "most of it"])
def test_a_share_that_is_not_certain_is_asked_about(says: str) -> None:
    house = House(*split("insurer", "takes field: share"))
    for name in ("insurer", "share"):
        house.hubspot.people.add_property("deal", name, name)
    deal = sold(house, share=says)
    house.work()
    house.asked("share_unclear")
    assert not house.invoices_of(deal)
    house.hubspot.people.edit("deal", deal, share="60")
    house.work()
    assert shares(house, deal) == HALVES
    assert not house.questions()
