"""What an invoice comes to: GST to the cent in every mode, and a person where the figures leave room for doubt."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.support.gst_vectors import GST_VECTORS, Vector, VectorLine
from tests.support.house import House, lines_of
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
INCLUSIVE = ("amounts are: tax exclusive", "amounts are: tax inclusive")
NO_TAX = ("amounts are: tax exclusive", "amounts are: no tax")
RENEWALS_INCLUSIVE = ("amounts are: tax exclusive\n    due: 20", "amounts are: tax inclusive\n    due: 20")
PRODUCT_OF = {"T": "CONSULT-BRAND", "F": "TRAVEL", "X": "EXPORT-DESIGN"}
# HubSpot holds no negative prices, and an invoice of nothing is not made.
SELLABLE = [v for v in GST_VECTORS if v.total and all(line.unit >= 0 for line in v.lines)]


def test_every_vector_comes_out_in_xero_to_the_cent() -> None:
    house = House.settled(RENEWALS_INCLUSIVE)
    deals = {vector.id: _sold(house, vector) for vector in SELLABLE}
    house.work()
    assert not house.questions()
    for vector in SELLABLE:
        invoice = house.invoice(deals[vector.id])
        got = tuple(x["LineAmount"] for x in invoice["LineItems"]), tuple(x["TaxAmount"] for x in invoice["LineItems"])
        assert got == (vector.line_amounts, vector.line_taxes), vector.id
        totals = invoice["SubTotal"], invoice["TotalTax"], invoice["Total"]
        assert totals == (vector.subtotal, vector.tax, vector.total), vector.id
        assert Decimal(house.told(deals[vector.id])["total"]) == vector.total, vector.id


def _sold(house: House, vector: Vector) -> str:
    at = (
        {"pipeline": "Renewals", "stage": "Renewed"}
        if vector.mode == "inclusive"
        else {"pipeline": "New business", "stage": "Closed won"}
    )
    return house.sell(*map(_line, vector.lines), name=vector.id, **at)


def _line(line: VectorLine) -> dict[str, str]:
    told = {"product": PRODUCT_OF[line.kind], "quantity": str(line.quantity), "price": str(line.unit)}
    if line.discount_percent:
        told["discount_percent"] = str(line.discount_percent)
    if line.discount_amount:
        told["discount"] = str(line.discount_amount)
    return told


def test_prices_with_gst_inside_stay_what_the_customer_was_told() -> None:
    house = House.settled(INCLUSIVE)
    deal = house.sell({"product": "LICENCE", "price": "1140.00"})
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["LineAmountTypes"], invoice["Total"], invoice["TotalTax"]) == (
        "Inclusive",
        Decimal("1140.00"),
        Decimal("103.64"),
    )


def test_an_invoice_without_tax_bears_none() -> None:
    house = House.settled(NO_TAX)
    deal = house.sell({"product": "TRAVEL", "quantity": 2})
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["LineAmountTypes"], invoice["Total"], invoice["TotalTax"]) == ("NoTax", Decimal("440.00"), 0)


def test_a_taxed_product_where_no_tax_may_be_charged_is_asked_about() -> None:
    house = House.settled(NO_TAX)
    house.sell({"product": "LICENCE"})
    house.work()
    house.asked("tax_not_allowed")
    assert not house.invoices()


def test_gst_free_lines_stand_beside_taxed_ones_with_odd_quantities_and_prices() -> None:
    house = House.settled()
    deal = house.win("mixed")
    house.work()
    assert lines_of(house.invoice(deal)) == [
        ("200", "OUTPUT", Decimal("1075.54"), Decimal("107.55")),
        ("260", "EXEMPTOUTPUT", Decimal("100.01"), Decimal("0.00")),
    ]
    assert house.invoice(deal)["LineItems"][1]["UnitAmount"] == Decimal("33.335")
    assert house.invoice(deal)["Total"] == Decimal("1283.10")


def test_discounts_in_per_cent_and_by_the_unit_are_taken_off() -> None:
    house = House.settled()
    by_cent = house.win("known_by_name")
    by_unit = house.win("discounted")
    house.work()
    assert lines_of(house.invoice(by_cent))[0][2:] == (Decimal("5940.00"), Decimal("594.00"))
    assert lines_of(house.invoice(by_unit))[0][2:] == (Decimal("1700.00"), Decimal("170.00"))
    assert not house.questions()


def test_a_deal_whose_amount_is_not_its_lines_is_asked_about_with_both_figures() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE"}, amount="1254.00")
    house.work()
    item = house.asked("amount_differs")
    facts = json.loads(item.facts)
    assert (facts["deal amount"], facts["lines amount"], facts["total"]) == ("$1,254.00", "$1,140.00", "$1,254.00")
    assert facts["remark"] == "The deal's amount is the total with GST."
    house.answer(item, "use_lines")
    house.work()
    assert house.invoice(deal)["Total"] == Decimal("1254.00")


def test_an_amount_that_rounding_explains_is_not_asked_about() -> None:
    house = House.settled()
    deal = house.sell({"product": "LICENCE", "quantity": "0.3333"}, {"product": "LICENCE"}, amount="1519.97")
    house.work()
    assert house.invoice(deal)["SubTotal"] == Decimal("1519.96")


@EVERY
def test_from_a_thousand_dollars_on_the_buyer_must_have_a_name(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    # Salesforce lets nobody be without a last name.
    name = {"lastname": "buyer@example.org"} if crm == "salesforce" else {}
    nameless = house.sales.double.people.add_person("buyer@example.org", **name)
    small = house.sell({"product": "TRAVEL"}, person=nameless)
    large = house.sell({"product": "LICENCE"}, person=nameless)
    house.work()
    item = house.asked("buyer_identity")
    assert house.customer(small)["Name"] == "buyer@example.org"
    assert not house.invoices_of(large)

    house.xero.people.edit_contact(house.customer(small)["ContactID"], Name="Bo Buyer")
    house.answer(item, "retry")
    house.work()
    assert house.invoice(large)["Status"] == "AUTHORISED"
    assert house.customer(large)["Name"] == "Bo Buyer"


def test_a_larger_invoice_than_the_rule_lets_pass_waits_for_a_person() -> None:
    house = House.settled(("create: authorised", "create: authorised\n    ask above: 10000.00"))
    small, large = house.win("known_by_abn"), house.win("new_customer")
    house.work()
    item = house.asked("ask_above")
    assert house.invoice(small)["Status"] == "AUTHORISED"
    assert not house.invoices_of(large)
    house.answer(item, "go_ahead")
    house.work()
    assert house.invoice(large)["Total"] == Decimal("14146.00")


@EVERY
def test_a_deal_closed_in_a_locked_period_is_dated_today_if_a_person_says_so(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    deal = house.win("known_by_email")
    house.xero.people.set_lock_date(date(2026, 11, 30))
    house.work(minutes=7 * 24 * 60)
    item = house.asked("lock_date")
    assert json.loads(item.facts)["date"] == "25 November 2026"
    house.answer(item, "date_today")
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["DateString"], invoice["DueDateString"]) == ("2026-12-02T00:00:00", "2026-12-16T00:00:00")
    assert invoice["Status"] == "AUTHORISED"


@EVERY
def test_an_invoice_bears_the_day_the_deal_was_closed_where_the_organisation_is(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    # Half past one in the morning of the 26th in Sydney.
    house.clock.advance((datetime(2026, 11, 25, 14, 30, tzinfo=UTC) - house.clock()).total_seconds())
    deal = house.sell({"product": "LICENCE"})
    house.work(minutes=15)
    assert house.invoice(deal)["DateString"] == "2026-11-26T00:00:00"


def test_a_deal_of_nothing_makes_no_invoice_and_no_question() -> None:
    house = House.settled()
    house.sell({"product": "LICENCE", "discount_percent": 100})
    house.work()
    assert not house.invoices()
    assert not house.questions()
