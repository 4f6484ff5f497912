"""Money as it is, in every CRM: what deals show, where they stand, what nobody told; order numbers and currencies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.support.house import House
from tests.support.rules import telling
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
MOVES = "\n".join(f"  move to stage when {state}: {state.capitalize()}" for state in ("part paid", "overdue", "voided"))
STAGES = {
    **dict.fromkeys(("Appointment scheduled", "Proposal sent"), "open"),
    "Closed won": "won",
    **dict.fromkeys(("Part paid", "Overdue", "Paid"), "won"),
    **dict.fromkeys(("Voided", "Closed lost"), "lost"),
}


def with_stages(crm: str) -> House:
    """Each state of an invoice has a stage of its own."""
    house = House(("  move to stage when paid: Paid", f"  move to stage when paid: Paid\n{MOVES}"), crm=crm)
    house.edit_mapping(telling(house, "due date", "days overdue"))
    people: Any = house.sales.double.people
    name = "New business"
    match crm:
        case "hubspot":
            people.set_pipeline(name, name, STAGES)
        case "pipedrive":
            people.set_pipeline(name, name, [stage for stage in STAGES if stage != "Closed lost"])
        case _:
            people.set_stages(STAGES)
    return house


def field(house: House, name: str) -> tuple[str, str]:
    """A text field of the deals' own: what the mapping calls it, and by what a deal is given it."""
    people: Any = house.sales.double.people
    if house.crm == "hubspot":
        people.add_property("deal", name, name)
        return name, name
    key = people.add_field("deal", name)
    return (name if house.crm == "pipedrive" else key), key


@EVERY
def test_a_deal_says_and_stands_as_its_money_does_forwards_and_back(crm: str) -> None:
    house = with_stages(crm)
    house.open().distrust_settings()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    invoice, people = house.invoice(deal)["InvoiceID"], house.xero.people

    def seen(minutes: float = 1) -> tuple[str, str, str]:
        house.work(minutes=minutes)
        told = house.told(deal)
        return told["invoice_status"], told["amount_due"], house.stage(deal)

    def late() -> tuple[str, Decimal | None]:
        told = house.told(deal)
        return told["due_date"], Decimal(told["days_overdue"]) if "days_overdue" in told else None

    first = people.pay(invoice, "254.00", on=date(2026, 8, 25))
    assert seen() == ("Part paid", "1000.00", "Part paid")
    people.remove_payment(first)
    people.credit(invoice, "54.00")
    assert seen() == ("Part credited", "1200.00", "Part paid")
    assert seen(15 * 24 * 60) == ("Part credited", "1200.00", "Overdue")
    assert late() == ("2026-12-09", Decimal(1))
    house.work(minutes=24 * 60)
    assert late() == ("2026-12-09", Decimal(2))
    people.edit_invoice(invoice, DueDate="2027-01-31")
    assert (seen()[2], late()) == ("Part paid", ("2027-01-31", None))
    rest = people.pay(invoice)
    assert seen() == ("Paid", "0.00", "Paid")
    people.remove_payment(rest)
    people.credit(invoice)
    assert seen() == ("Paid by credit", "0.00", "Paid")
    for note in [*house.xero.credit_notes]:
        people.remove_credit(note)
    people.void(invoice)
    assert seen()[0::2] == ("Voided", "Voided")
    assert not house.questions()


def test_a_deal_stands_as_the_money_that_came_before_its_approval_was_heard_of() -> None:
    house = with_stages("hubspot")
    house.open().distrust_settings()
    house.break_xero("POST /Invoices", "lose answer")
    deal = house.sell({"product": "LICENCE"})
    house.struggle()
    house.xero.people.credit(house.invoice(deal)["InvoiceID"], "54.00")
    house.recover()
    assert (house.told(deal)["invoice_status"], house.stage(deal)) == ("Part credited", "Part paid")


@EVERY
def test_an_order_number_of_the_deal_stands_on_its_invoice_and_is_asked_for(crm: str) -> None:
    house = House(crm=crm)
    name, key = field(house, "po_number")
    lines = f'    po number: {name}\n    po number needed by: ["Bellbird*"]\n'
    house.edit_mapping(("    create: authorised\n", f"    create: authorised\n{lines}"))
    bare, named = house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"}, **{key: "4500-17"})
    other = house.sell({"product": "LICENCE"}, company="dunes")
    house.work()
    assert house.asked("po_missing").subject == f"deal:{bare}"
    assert [house.invoice(deal)["Reference"] for deal in (named, other)] == ["Job, PO 4500-17", "Job"]
    people: Any = house.sales.double.people
    people.edit("deal", bare, **{key: "4500-18"})
    house.work()
    assert house.invoice(bare)["Reference"] == "Job, PO 4500-18"
    assert not house.questions()


@EVERY
def test_a_deal_in_another_currency_is_invoiced_in_it_at_xeros_rate_if_the_organisation_has_it(crm: str) -> None:
    house = House(crm=crm)
    double: Any = house.sales.double
    if crm == "salesforce":
        double.people.enable_currencies("AUD", "USD", "GBP")
    else:
        double.account.currencies = type(double.account.currencies)(["AUD", "USD", "GBP"])
    house.xero.books.currencies.pop("GBP")
    told = {"CurrencyIsoCode": "USD"} if crm == "salesforce" else {"currency": "USD"}
    line = {"product": "LICENCE", **({"currency": "USD"} if crm != "salesforce" else {})}
    usd = house.sell(line, **told)
    gbp = house.sell({**line, **({"currency": "GBP"} if crm != "salesforce" else {})}, **dict.fromkeys(told, "GBP"))
    house.work()
    invoice = house.invoice(usd)
    assert (invoice["CurrencyCode"], invoice["CurrencyRate"]) == ("USD", Decimal("0.6543"))
    assert house.asked("currency_unavailable").subject == "currency:GBP"
    assert not house.invoices_of(gbp)
    sent = [call.body for call in house.xero.api_calls("PUT", "/Invoices")]
    assert not any(b"CurrencyRate" in body for body in sent)


@EVERY
def test_what_neither_list_nor_webhook_told_is_found_by_the_next_day(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.work(minutes=60)
    house.work(minutes=60)
    invoices, invoice = house.xero.books.invoices, house.invoice(deal)["InvoiceID"]
    # As Xero may: nothing says that it changed.
    invoices[invoice] = invoices[invoice].but(Status="VOIDED")
    house.work()
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    house.work(minutes=24 * 60)
    assert house.told(deal)["invoice_status"] == "Voided"


@EVERY
def test_the_deal_bears_the_page_where_its_invoice_is_paid_asked_for_once(crm: str) -> None:
    house = House(crm=crm)
    house.edit_mapping(telling(house, "payment link"))
    deal = house.sell({"product": "LICENCE"})
    house.break_xero("GET /Invoices/*/OnlineInvoice", "500 before")
    house.work()
    house.work()
    assert house.told(deal)["payment_link"].startswith("https://in.xero.com/")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.told(deal)["payment_link"].startswith("https://in.xero.com/")
    assert sum(call.endswith("/OnlineInvoice") for call in house.calls("xero")) == 2


def test_the_page_of_an_invoice_that_a_person_approved_is_told_too() -> None:
    house = House.settled(("create: authorised", "create: draft"), watch=False)
    house.edit_mapping(telling(house, "payment link"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.clock.advance(60)
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.work()
    house.work()
    assert house.told(deal)["payment_link"].startswith("https://in.xero.com/")
