"""What a customer paid too much is a paper of its own in Xero; the deal whose payment it came with says so."""

from __future__ import annotations

import pytest

from tests.support.house import House
from tests.support.rules import telling
from tests.support.sales import SALES

TOLD = ("  status: ", "  amount overpaid: xero_amount_overpaid\n  status: ")


def status(house: House, deal: str) -> str:
    return house.told(deal)["invoice_status"]


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_deal_is_overpaid_until_the_rest_is_paid_back(crm: str) -> None:
    house = House(crm=crm)
    house.edit_mapping(telling(house, "amount overpaid"))
    deal = house.sell({"product": "LICENCE"})
    house.work()
    invoice = house.invoice(deal)
    house.xero.people.pay(invoice["InvoiceID"])
    rest = house.xero.people.overpay(invoice["Contact"]["ContactID"], "46.00")
    house.work(minutes=15)
    house.work(minutes=15)
    assert (status(house, deal), house.told(deal)["amount_overpaid"]) == ("Overpaid", "46.00")
    assert house.told(deal)["amount_paid"] == "1254.00"
    house.xero.people.pay_back(rest, "46.00")
    house.work(minutes=30)
    assert status(house, deal) == "Paid"


def test_an_overpayment_that_the_invoice_took_a_part_of_is_its_own() -> None:
    house = House(TOLD)
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})]
    house.work()
    first, second = (house.invoice(deal) for deal in deals)
    whole = house.xero.people.overpay(first["Contact"]["ContactID"], "1300.00")
    house.xero.people.apply(whole, first["InvoiceID"], "1254.00")
    house.work()
    assert (status(house, deals[0]), house.told(deals[0])["amount_overpaid"]) == ("Overpaid", "46.00")
    assert house.told(deals[0])["amount_paid"] == "0.00"
    house.xero.people.apply(whole, second["InvoiceID"], "46.00")
    house.work()
    assert (status(house, deals[0]), house.told(deals[0])["amount_overpaid"]) == ("Paid by credit", "0.00")
    assert status(house, deals[1]) == "Part credited"


def test_nobody_guesses_which_of_two_invoices_of_a_day_was_overpaid() -> None:
    house = House(watch=False)
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE"})]
    house.work()
    first, second = (house.invoice(deal) for deal in deals)
    house.xero.people.pay(first["InvoiceID"])
    house.xero.people.overpay(first["Contact"]["ContactID"], "46.00")
    house.work(minutes=15)
    house.work(minutes=15)
    assert status(house, deals[0]) == "Overpaid"
    house.xero.people.pay(second["InvoiceID"])
    house.work()
    house.work()
    assert [status(house, deal) for deal in deals] == ["Paid", "Paid"]


def test_an_overpayment_booked_later_is_found_by_the_day_or_by_a_webhook_and_costs_no_call_until_then() -> None:
    house = House()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    invoice = house.invoice(deal)
    house.xero.people.pay(invoice["InvoiceID"])
    house.work()
    house.xero.people.overpay(invoice["Contact"]["ContactID"], "46.00")
    before = house.calls("xero").count("GET /Overpayments")
    house.work()
    house.work()
    assert house.calls("xero").count("GET /Overpayments") == before
    assert status(house, deal) == "Paid"
    house.work(minutes=24 * 60)
    assert status(house, deal) == "Overpaid"
    assert house.calls("xero").count("GET /Overpayments") == before + 1
