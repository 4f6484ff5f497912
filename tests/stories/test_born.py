"""A contact that somebody makes in Xero is found in the CRM by the ladder, asked about, or made there, once."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.errors import ConnectorError
from ledger import links
from sandbox.faults import Fault, Kind
from stages.aligning import ref_of
from tests.stories.test_details import align, details
from tests.support.house import House
from tests.support.sales import SALES

ABN = "53 004 085 616"


def house_of(how: str, crm: str = "hubspot", **more: str) -> House:
    """A house whose contacts were all read once; then the mapping says what becomes of new ones."""
    house = House(("  if none: create", f"  if none: create\n  new in xero: {how}"), details(**more), crm=crm)
    if crm == "salesforce":
        for kind in ("company", "person"):
            house.world.salesforce.people.add_field(kind, "Xero_Contact_Id", key=True)
            house.world.salesforce.people.add_field(kind, "ABN")
    align(house)
    return house


def born(house: House, name: str = "Omega Survey Pty Ltd", **fields: Any) -> str:
    house.clock.advance(60)
    contact = house.xero.people.add_contact(name, **fields)
    house.clock.advance(60)
    return contact


def linked(house: House, contact: str) -> list[str]:
    with house.ledger.read() as session:
        return [row.crm_id for row in links.of_contacts(session, house.pair, [contact])]


def companies(house: House, name: str = "Omega Survey Pty Ltd") -> list[str]:
    """The references of the CRM's companies of this name."""
    double = house.sales.double
    if house.crm == "pipedrive":
        rows = house.world.pipedrive.account.all("organizations")
        return [f"company:{row['id']}" for row in rows if row["name"] == name]
    if house.crm == "salesforce":
        found = house.world.salesforce.org.live("Account")
        return [f"company:{record.id}" for record in found if record.values["Name"] == name]
    return [f"company:{r.id}" for r in double.objects["companies"].values() if r.properties.get("name") == name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_contact_that_is_in_the_crm_is_linked_and_one_that_is_not_is_made_there(crm: str) -> None:
    house = house_of("create", crm, phone="both ways")
    known = house.sales.double.people.add_company("Omega Survey P/L", abn=ABN)
    phones = [{"PhoneType": "DEFAULT", "PhoneNumber": "02 9374 4000"}]
    there, new = (
        born(house, TaxNumber=ABN),
        born(house, "Alpha Drafting Pty Ltd", TaxNumber="51 824 753 556", Phones=phones),
    )
    align(house)
    assert linked(house, there) == [f"company:{known}"]
    assert linked(house, new) == companies(house, "Alpha Drafting Pty Ltd")
    assert len(linked(house, new)) == 1
    written = list(house.written())
    align(house)
    assert list(house.written()) == written
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
@pytest.mark.parametrize("kind", ["lose answer", "500 after", "500 before"])
def test_whatever_befalls_the_call_the_company_is_made_once(crm: str, kind: Kind) -> None:
    house = house_of("create", crm)
    contact = born(house)
    call = {"hubspot": "*/upsert", "pipedrive": "*/organizations", "salesforce": "*/Xero_Contact_Id__c"}[crm]
    house.sales.double.faults.add(
        Fault("*" if crm == "salesforce" else "POST", call, kind, times=1 if crm == "pipedrive" else 2)
    )
    for _ in range(4):
        try:
            align(house)
        except ConnectorError:
            continue
    assert not house.sales.double.faults.waiting
    assert linked(house, contact) == companies(house)
    assert len(companies(house)) == 1


def test_several_and_mere_likenesses_are_asked_and_the_answer_is_carried_out() -> None:
    house = house_of("create")
    people = house.hubspot.people
    twins = [people.add_company("Omega Survey Pty Ltd") for _ in range(2)]
    contact = born(house)
    align(house)
    question = house.asked("contact_unclear")
    house.answer(question, f"use:company:{twins[1]}")
    align(house)
    assert linked(house, contact) == [f"company:{twins[1]}"]
    other = born(house, "Omega Survey")
    align(house)
    house.answer(house.asked("contact_unclear"), "create")
    align(house)
    assert linked(house, other) == companies(house, "Omega Survey")


def test_only_linking_makes_nothing_and_without_the_setting_nobody_looks() -> None:
    house = house_of("link")
    contact = born(house)
    align(house)
    assert (linked(house, contact), companies(house)) == ([], [])
    quiet = House()
    align(quiet)
    born(quiet)
    before = quiet.calls("hubspot")
    align(quiet)
    assert quiet.calls("hubspot") == before


def test_suppliers_and_contacts_of_our_own_making_are_not_taken_up() -> None:
    house = house_of("create")
    supplier = born(house)
    house.xero.people.add_invoice(
        supplier, [{"Description": "Film", "UnitAmount": 5, "AccountCode": "400"}], Type="ACCPAY"
    )
    house.win("new_customer")
    house.work()
    align(house)
    assert companies(house) == []
    assert len(companies(house, "Saltbush & Sons Pty Ltd")) == 1


def test_what_salesforce_lacks_for_it_is_said_and_goes_on_once_it_is_there() -> None:
    house = House(("  if none: create", "  if none: create\n  new in xero: create"), crm="salesforce")
    align(house)
    contact = born(house)
    align(house)
    question = house.asked("company_refused")
    assert "Xero_Contact_Id__c" in question.facts
    house.world.salesforce.people.add_field("company", "Xero_Contact_Id", key=True)
    house.answer(question, "retry")
    align(house)
    assert linked(house, contact) == companies(house)


@pytest.mark.parametrize("crm", sorted(SALES))
def test_people_become_persons_companies_companies_and_of_others_a_person_is_asked(crm: str) -> None:
    house = house_of("create\n  new people: become persons", crm, phone="both ways")
    known = house.sales.double.people.add_person("ann@ng.example", firstname="Ann", lastname="Ng")
    named = {"FirstName": "Ann", "LastName": "Ng"}
    there = born(house, "Ann Ng", EmailAddress="ann@ng.example", **named)
    new = born(house, "Ng, Bo", EmailAddress="bo@ng.example", FirstName="Bo", LastName="Ng")
    firm = born(house, FirstName="Bo", LastName="Ng")
    unclear = born(house, "Lucky Noodles", FirstName="Bo", LastName="Ng")
    align(house)
    assert linked(house, there) == [f"person:{known}"]
    [person], [company] = linked(house, new), linked(house, firm)
    assert (person.partition(":")[0], company.partition(":")[0]) == ("person", "company")
    [bo] = house.open().crm.customers([ref_of(person)])
    assert (bo.name, bo.email) == ("Bo Ng", "bo@ng.example")
    question = house.asked("contact_unclear")
    assert linked(house, unclear) == []
    house.answer(question, "create_person")
    align(house)
    assert linked(house, unclear)[0].startswith("person:")
    written = list(house.written())
    align(house)
    assert list(house.written()) == written
    assert not house.questions()
