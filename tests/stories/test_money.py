"""Money as it is: stages for part paid, overdue and voided, days overdue, and what no list and no webhook told."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from sandbox.xero import Refused
from tests.support.house import Edit, House
from tests.support.rules import telling
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
STATES = ("part paid", "overdue", "voided", "paid")
WRITTEN = [
    "  due date: xero_due_date",
    "  days overdue: xero_days_overdue",
    *(f"  move to stage when {state}: {state.capitalize()}" for state in STATES),
]
STAGES: Edit = ("  move to stage when paid: Paid", "\n".join(WRITTEN))


def house_with_stages() -> tuple[House, str, str]:
    """A won deal with its approved invoice of $1,254.00, due on 9 December."""
    house = House(STAGES)
    pipelines = {
        "New business": (*("Appointment scheduled", "Proposal sent"), "Closed won", "Part paid", "Overdue", "Voided"),
        "Renewals": ("Coming up", "Quote sent", "Renewed", "Part paid", "Overdue", "Voided"),
    }
    for name, stages in pipelines.items():
        kinds = dict.fromkeys(stages, "open") | {stages[2]: "won", "Voided": "lost", "Paid": "won"}
        house.hubspot.people.set_pipeline(name, name, kinds)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    return house, deal, house.invoice(deal)["InvoiceID"]


def test_a_deal_stands_where_its_invoices_money_stands_and_goes_back() -> None:
    house, deal, invoice = house_with_stages()
    assert (house.stage(deal), house.told(deal)["due_date"]) == ("Closed won", "2026-12-09")
    part = house.xero.people.pay(invoice, "100.00")
    house.work()
    assert house.stage(deal) == "Part paid"
    house.work(minutes=15 * 24 * 60)
    assert (house.stage(deal), house.told(deal)["days_overdue"]) == ("Overdue", "1")
    house.work(minutes=24 * 60)
    assert house.told(deal)["days_overdue"] == "2"
    house.xero.people.pay(invoice)
    house.work()
    assert (house.stage(deal), "days_overdue" in house.told(deal)) == ("Paid", False)
    house.xero.people.remove_payment(part)
    house.work()
    assert (house.stage(deal), house.told(deal)["days_overdue"]) == ("Overdue", "2")
    for payment in [each for each in house.xero.payments.values() if each["Status"] != "DELETED"]:
        house.xero.people.remove_payment(payment["PaymentID"])
    house.xero.people.edit_invoice(invoice, DueDate="2027-01-31")
    house.work()
    assert house.stage(deal) == "Closed won"
    assert not house.questions()


def test_a_voided_invoice_moves_its_deal() -> None:
    house, deal, invoice = house_with_stages()
    house.xero.people.void(invoice)
    house.work()
    assert (house.stage(deal), house.told(deal)["invoice_status"]) == ("Voided", "Voided")
    house.work()
    assert house.stage(deal) == "Voided"


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


@pytest.mark.parametrize("seed", range(3))
def test_whatever_order_money_comes_and_goes_in_the_deal_ends_as_xero(seed: int) -> None:
    house = House.settled(watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    invoice = house.invoice(deal)["InvoiceID"]
    rng = random.Random(seed)
    people, standing = house.xero.people, dict[str, str]()
    for _ in range(12):
        for _ in range(rng.randint(1, 3)):
            act = rng.choice(("pay", "credit", "remove"))
            try:
                if act == "remove" and standing:
                    key = rng.choice(sorted(standing))
                    (people.remove_payment if standing.pop(key) == "pay" else people.remove_credit)(key)
                elif act != "remove":
                    amount = f"{rng.randint(1, 90000) / 100:.2f}"
                    standing[people.pay(invoice, amount) if act == "pay" else people.credit(invoice, amount)] = act
            except Refused:
                continue
        house.work()
        now, told = house.invoice(deal), house.told(deal)
        assert (told["amount_due"], told["amount_paid"]) == (f"{now['AmountDue']:.2f}", f"{now['AmountPaid']:.2f}")
        assert (house.stage(deal) == "Paid") == (now["Status"] == "PAID")
    assert not house.questions()
    assert Decimal(house.told(deal)["total"]) == Decimal("1254.00")


@EVERY
def test_the_deal_bears_the_page_where_its_invoice_is_paid_asked_for_once(crm: str) -> None:
    house = House(crm=crm)
    house.edit_mapping(telling(house.sales, "payment link"))
    deal = house.sell({"product": "LICENCE"})
    house.break_xero("GET /Invoices/*/OnlineInvoice", "500 before")
    house.work()
    house.work()
    assert house.told(deal)["payment_link"].startswith("https://in.xero.com/")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert house.told(deal)["payment_link"].startswith("https://in.xero.com/")
    assert sum(call.endswith("/OnlineInvoice") for call in house.calls("xero")) == 2
