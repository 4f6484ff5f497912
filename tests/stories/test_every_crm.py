"""The main job told on every CRM: a won deal becomes one invoice, and the deal shows what became of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.faults import Fault, Kind
from tests.support.house import House, lines_of
from tests.support.sales import SALES

FIFTY = 50
# Reads of a round, however many deals there are, and writes for each deal.
BUDGETS = {"hubspot": (8, 0), "pipedrive": (8, 1), "salesforce": (6, 0)}


@pytest.fixture(params=sorted(SALES))
def house(request: pytest.FixtureRequest) -> House:
    return House(crm=request.param)


def test_a_won_deal_is_invoiced_paid_and_unpaid(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["Status"], invoice["Contact"]["ContactID"]) == (
        "AUTHORISED",
        house.company.contacts["Bellbird Cafe"],
    )
    told = house.told(deal)
    assert told["invoice_number"] == invoice["InvoiceNumber"]
    assert (told["invoice_status"], told["total"], told["amount_due"]) == ("Awaiting payment", "5324.00", "5324.00")

    payment = house.xero.people.pay(invoice["InvoiceID"])
    house.work()
    assert (house.told(deal)["invoice_status"], house.told(deal)["amount_due"]) == ("Paid", "0.00")
    assert (house.stage(deal), house.told(deal)["paid_on"]) == ("Paid", "2026-11-25")

    house.xero.people.remove_payment(payment)
    house.work()
    assert (house.told(deal)["invoice_status"], house.stage(deal)) == ("Awaiting payment", "Closed won")
    assert "paid_on" not in house.told(deal)
    assert not house.questions()


def test_the_whole_company_comes_out_alike(house: House) -> None:
    deals = {short: house.win(short) for short in house.company.deals}
    house.work()
    house.work()
    told = {
        short: (found[0]["Status"], str(found[0]["Total"]), [line[2:] for line in lines_of(found[0])])
        for short, deal in deals.items()
        if (found := house.invoices_of(deal))
    }
    assert told == _told_by_hubspot()
    assert sorted(item.kind for item in house.questions()) == ["customer_unclear", "product_unmapped"]


def _told_by_hubspot() -> dict[str, tuple[str, str, list[tuple[object, ...]]]]:
    house = House()
    deals = {short: house.win(short) for short in house.company.deals}
    house.work()
    house.work()
    return {
        short: (found[0]["Status"], str(found[0]["Total"]), [line[2:] for line in lines_of(found[0])])
        for short, deal in deals.items()
        if (found := house.invoices_of(deal))
    }


def test_a_new_customer_is_made_with_all_that_is_known(house: House) -> None:
    deal = house.win("new_customer")
    house.work()
    contact = house.customer(deal)
    assert (contact["Name"], contact["TaxNumber"]) == ("Saltbush & Sons Pty Ltd", "27999000444")
    [pobox] = [a for a in contact["Addresses"] if a["AddressType"] == "POBOX"]
    assert (pobox["AddressLine1"], pobox["City"], pobox["Region"], pobox["PostalCode"]) == (
        "8 Argent Street",
        "Broken Hill",
        "NSW",
        "2880",
    )


def test_a_deal_that_is_won_no_more_before_its_turn_makes_nothing(house: House) -> None:
    deal = house.win("known_by_abn")
    house.sales.unwin(deal)
    house.work()
    assert not house.invoices()
    assert not house.questions()


def test_a_deal_un_won_after_its_invoice_is_asked_about(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    house.sales.unwin(deal)
    house.work()
    assert house.asked("deal_unwon").subject == f"deal:{deal}"
    assert len(house.invoices_of(deal)) == 1


def test_a_deal_deleted_after_its_invoice_is_left_as_it_is(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    house.sales.double.people.delete("deal", deal)
    house.work()
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert len(house.invoices_of(deal)) == 1
    assert {item.kind for item in house.questions()} <= {"deal_deleted"}


def test_a_deal_deleted_while_its_invoice_is_open_is_asked_about_within_a_day_though_nobody_tells(house: House) -> None:
    deal = house.win("known_by_abn")
    house.work()
    house.sales.double.people.delete("deal", deal)
    for _ in range(3):
        house.work(minutes=12 * 60)
    assert house.asked("deal_deleted").subject == f"deal:{deal}"


@pytest.mark.parametrize("kind", ["lose answer", "500 before", "500 after", "refuse connection", "garble", "429"])
def test_whatever_befalls_a_call_the_deal_is_told_and_invoiced_once(house: House, kind: Kind) -> None:
    deal = house.win("known_by_abn")
    house.work(minutes=15)
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    another = house.win("known_by_name")
    for times in (1, 2):
        house.sales.double.faults.add(Fault("*", "*", kind, times=times, after=3 * times))
    house.recover()
    assert not house.sales.double.faults.waiting
    assert (house.stage(deal), house.told(deal)["invoice_status"]) == ("Paid", "Paid")
    assert house.told(another)["total"] == f"{house.invoice(another)['Total']:.2f}"
    assert len(house.invoices()) == len(house.approvals()) == 2
    assert not house.questions()


def test_nothing_is_written_when_nothing_happens(house: House) -> None:
    house.win("known_by_abn")
    house.work()
    house.work()
    written = list(house.written())
    for _ in range(3):
        house.work(minutes=15)
    assert list(house.written()) == written


def test_fifty_won_deals_of_new_customers_keep_to_the_budget(house: House) -> None:
    house.sell()
    house.work()
    house.work()
    people = house.sales.double.people
    firms = [people.add_company(f"Customer {n} Pty Ltd", zip="2000") for n in range(FIFTY)]
    deals = [house.sell({"product": "LICENCE"}, {"product": "TRAVEL"}, company=firm) for firm in firms]
    before = len(house.calls(house.crm))
    house.work()
    calls = house.calls(house.crm)[before:]
    reads, writes = BUDGETS[house.crm]
    assert len(calls) <= reads + writes * FIFTY, "\n".join(_summed(calls))
    assert all(house.told(deal)["total"] == "1474.00" for deal in deals)
    assert {call.status for call in house.sales.double.log if call.actor == "api"} <= {200, 201, 207}


def _summed(calls: list[str]) -> Iterator[str]:
    for call in dict.fromkeys(calls):
        yield f"{calls.count(call)} × {call}"
