"""What a customer owes stands on its own record in the CRM, from the invoices that were read anyway."""

from __future__ import annotations

from typing import Any

import pytest

from domain.records import CustomerRef
from tests.support.house import House
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
FIELDS = {"open_balance": "Open balance", "oldest_due": "Oldest due", "on_stop": "On stop"}


def house_of(crm: str) -> tuple[House, CustomerRef]:
    """A house whose companies have fields for what they owe, which the mapping names."""
    ending = "__c" if crm == "salesforce" else ""
    named = ", ".join(f"{name.replace('_', ' ')}: {name}{ending}" for name in FIELDS)
    house = House(("\nxero:", f"  customer fields: {{{named}, stop after: 30}}\n\nxero:"), crm=crm)
    people: Any = house.sales.double.people
    for name, label in FIELDS.items():
        if crm == "hubspot":
            people.add_property("company", name, label)
        else:
            people.add_field("company", label if crm == "pipedrive" else name)
    return house, CustomerRef("company", house.company.companies["bellbird"])


def owes(house: House, ref: CustomerRef) -> list[str]:
    """As the CRM holds it: the balance, the day, whether it is on stop."""
    match house.crm:
        case "hubspot":
            own = house.hubspot.objects["companies"][ref.id].properties
            return [str(own.get(name, "")) for name in FIELDS]
        case "salesforce":
            values = house.world.salesforce.objects["Account"][ref.id].values
            return [str(values.get(f"{name}__c") or "") for name in FIELDS]
        case _:
            crm: Any = house.open().crm
            account = house.world.pipedrive.account
            fields = crm._fields.all_of("organization", crm._own)
            row = account.rows["organizations"][int(ref.id)]
            custom = row.get("custom_fields", row)
            return [str(custom.get(fields[name.replace("_", " ")].code) or "") for name in FIELDS]


@EVERY
def test_a_customer_owes_what_its_invoices_say_and_is_on_stop_when_they_are_late(crm: str) -> None:
    house, ref = house_of(crm)
    deals = [house.sell({"product": "LICENCE"}), house.sell({"product": "LICENCE", "quantity": 2})]
    house.work()
    assert owes(house, ref) == ["3762.00", "2026-12-09", "false"]
    house.xero.people.pay(house.invoice(deals[1])["InvoiceID"], "1000.00")
    house.work()
    assert owes(house, ref)[0] == "2762.00"
    house.work(minutes=50 * 24 * 60)
    assert owes(house, ref)[2] == "true"

    written = list(house.written())
    house.work()
    assert list(house.written()) == written
    for deal in deals:
        house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert owes(house, ref) == ["0.00", "", "false"]
    assert not house.questions()


@EVERY
def test_invoices_of_no_deal_count_too_and_what_is_on_account_counts_against_them(crm: str) -> None:
    house, ref = house_of(crm)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    contact = house.invoice(deal)["Contact"]["ContactID"]
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": "100.00", "AccountCode": "200", "TaxType": "OUTPUT"}
    told = {"Status": "AUTHORISED", "Date": "2026-10-01", "DueDate": "2026-10-15", "LineAmountTypes": "Exclusive"}
    by_hand = house.xero.people.add_invoice(contact, [line], **told)
    house.work()
    assert owes(house, ref) == ["1364.00", "2026-10-15", "true"]

    ahead = house.xero.people.prepay(contact, "1300.00")
    house.xero.people.credit(by_hand, "10.00")
    house.work()
    assert owes(house, ref) == ["54.00", "2026-10-15", "true"]
    house.xero.people.apply(ahead, by_hand, "100.00")
    house.work()
    assert owes(house, ref) == ["54.00", "2026-12-09", "false"]
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert owes(house, ref) == ["-1200.00", "", "false"]


def test_what_stood_open_before_is_read_at_first_and_once_a_day_anew() -> None:
    house, ref = house_of("hubspot")
    line = {"Description": "Old", "Quantity": 1, "UnitAmount": "100.00", "AccountCode": "200", "TaxType": "OUTPUT"}
    told = {"Status": "AUTHORISED", "Date": "2026-10-01", "DueDate": "2026-12-15", "LineAmountTypes": "Exclusive"}
    contact = next(c["ContactID"] for c in house.xero.contacts.values() if "Bellbird" in c["Name"])
    house.xero.people.add_invoice(contact, [line], **told)
    house.clock.advance(3 * 24 * 3600)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.work()
    assert house.customer(deal)["ContactID"] == contact
    assert owes(house, ref)[0] == "1364.00"
    assert house.calls("xero").count("GET /Prepayments") == 1
