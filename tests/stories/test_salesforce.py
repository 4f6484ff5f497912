"""What only Salesforce has: stages that all pipelines share, a frugal round, fields that an administrator must mend."""

from __future__ import annotations

import pytest

from connectors.errors import NotConnected
from sandbox.salesforce.people import People
from stages.checking import check
from tests.support.house import House, mapping


@pytest.fixture(name="house")
def _house() -> House:
    return House(crm="salesforce")


@pytest.fixture(name="people")
def _people(house: House) -> People:
    return house.world.salesforce.people


def test_won_deals_become_invoices_and_payments_come_back(house: House) -> None:
    deals = {short: house.win(short) for short in ("known_by_abn", "known_by_email", "known_by_name", "new_customer")}
    renewal = house.win("renewal")
    house.work()
    assert {short: house.customer(deal)["Name"] for short, deal in deals.items()} == {
        "known_by_abn": "Bellbird Cafe",
        "known_by_email": "Siobhan O’Brien",
        "known_by_name": "Northern Rivers Surf Co-operative Ltd",
        "new_customer": "Saltbush & Sons Pty Ltd",
    }
    assert (house.invoice(renewal)["Status"], house.invoice(deals["known_by_abn"])["Status"]) == ("DRAFT", "AUTHORISED")
    assert house.told(renewal)["invoice_status"] == "Draft"
    deal = deals["known_by_abn"]
    invoice = house.invoice(deal)
    assert house.told(deal)["total"] == house.told(deal)["amount_due"] == f"{invoice['Total']:.2f}"

    payment = house.xero.people.pay(invoice["InvoiceID"])
    house.work()
    assert (house.stage(deal), house.told(deal)["invoice_status"], house.told(deal)["paid_on"]) == (
        "Paid",
        "Paid",
        "2026-11-25",
    )
    house.xero.people.remove_payment(payment)
    house.work()
    assert (house.stage(deal), house.told(deal)["amount_paid"]) == ("Closed won", "0.00")
    assert "paid_on" not in house.told(deal)
    assert house.questions() == []


def test_a_renewals_payment_moves_it_though_its_stages_are_everybodys(house: House) -> None:
    renewal = house.win("renewal")
    house.work()
    house.xero.people.approve(house.invoice(renewal)["InvoiceID"])
    payment = house.xero.people.pay(house.invoice(renewal)["InvoiceID"])
    house.work()
    assert house.stage(renewal) == "Paid"
    house.xero.people.remove_payment(payment)
    house.work()
    assert house.stage(renewal) == "Renewed"


def test_what_nobody_can_know_is_asked(house: House) -> None:
    house.win("look_alikes")
    house.win("unmapped")
    house.sell({"product": "LICENCE", "frequency": "monthly"})
    house.work()
    assert sorted(item.kind for item in house.questions()) == ["customer_unclear", "product_unmapped", "recurring_line"]
    assert house.invoices() == []


def test_fifty_won_deals_of_known_customers_cost_at_most_six_calls(house: House) -> None:
    house.sell()
    house.work()
    house.work(minutes=20)
    deals = [house.sell({"product": "LICENCE", "quantity": n + 1}) for n in range(50)]
    before = len(house.calls("salesforce"))
    house.work()
    assert all(house.told(deal)["invoice_number"] for deal in deals)
    assert len(house.calls("salesforce")) - before <= 6


def test_nothing_new_costs_one_call(house: House) -> None:
    house.work()
    house.work(minutes=30)
    before = len(house.calls("salesforce"))
    house.work()
    assert len(house.calls("salesforce")) - before == 1


def test_hidden_fields_wait_for_an_administrator_and_nothing_is_lost(house: House, people: People) -> None:
    people.hide("deal", "Xero_Invoice_Number__c")
    people.hide("deal", "Xero_Total__c")
    deal = house.sell()
    trouble = house.struggle()
    assert isinstance(trouble, NotConnected)
    assert "Xero_Invoice_Number__c, Xero_Total__c" in trouble.detail
    people.show("deal", "Xero_Invoice_Number__c")
    people.show("deal", "Xero_Total__c")
    house.recover()
    assert len(house.invoices_of(deal)) == 1
    assert house.told(deal)["total"] == f"{house.invoice(deal)['Total']:.2f}"


def test_the_check_finds_everything_the_mapping_names_and_says_what_is_missing(house: House, people: People) -> None:
    checked = check(house.open(), mapping(pair=house.pair))
    assert (checked.problems, checked.to_create) == ((), ())
    people.hide("deal", "Xero_Paid_On__c")
    people.rename_stage("Renewed", "Won again")
    checked = check(house.open(), mapping(pair=house.pair))
    assert (checked.sound, checked.to_create) == (False, ())
    assert [problem.sentence for problem in checked.problems] == [
        'The pipeline "Renewals" has no stage "Renewed".',
        'The deal has no field "Xero_Paid_On__c", or the connection may not write it.',
    ]
