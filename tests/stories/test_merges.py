"""Customers that people merge, on either side, stay one: nobody is made twice, and details go to who is left."""

from __future__ import annotations

import pytest

from domain.records import CustomerRef
from stages import rounds
from tests.stories.test_details import OTHER, PHONE, align, edit, in_crm, in_xero, linked
from tests.support.house import House
from tests.support.sales import SALES


def companies(house: House) -> list[str]:
    """Two companies that nothing but a merge makes one: the first is linked to a contact that we made."""
    people = house.sales.double.people
    return [people.add_company(name) for name in ("Alpha Drafting Pty Ltd", "Omega Survey Pty Ltd")]


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_who_was_merged_into_another_is_not_made_again(crm: str) -> None:
    house = House(crm=crm)
    first, second = companies(house)
    house.sell(company=first)
    house.work()
    survivor = house.sales.double.people.merge_companies(second, first)
    deal = house.sell(company=survivor)
    house.work()
    assert house.customer(deal)["Name"] == "Alpha Drafting Pty Ltd"
    assert house.calls("xero").count("PUT /Contacts") == 1
    assert not [item for item in house.questions() if item.subject.startswith("customer")]


def test_two_customers_that_were_two_contacts_and_become_one_are_not_guessed() -> None:
    house = House.settled()
    refs = companies(house)
    for ref in refs:
        house.sell(company=ref)
    house.work()
    contacts = {i["Contact"]["ContactID"] for i in house.invoices()}
    survivor = house.hubspot.people.merge_companies(*refs)
    deal = house.sell(company=survivor)
    house.work()
    made = house.invoices_of(deal)
    assert len(contacts) == 2
    assert house.calls("xero").count("PUT /Contacts") == 1
    assert {i["Contact"]["ContactID"] for i in made} <= contacts
    assert made or "customer_unclear" in {item.kind for item in house.questions()}


def test_where_merges_are_hidden_and_nothing_proves_one_it_is_asked_and_nobody_made_twice() -> None:
    house = House(crm="pipedrive")
    first, second = companies(house)
    deal = house.sell(company=first)
    house.work()
    survivor = house.sales.double.people.merge_companies(second, first)
    later = house.sell(company=survivor)
    for _ in range(2):
        house.work()
    question = next(item for item in house.questions() if item.kind == "customer_unclear")
    assert not house.invoices_of(later)
    house.answer(question, f"use:{house.invoice(deal)['Contact']['ContactID']}")
    house.work()
    house.work()
    assert house.customer(later)["Name"] == "Alpha Drafting Pty Ltd"
    assert house.calls("xero").count("PUT /Contacts") == 1
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
@pytest.mark.parametrize("into_linked", [False, True])
def test_an_invoiced_deal_whose_customer_was_merged_has_not_changed(crm: str, *, into_linked: bool) -> None:
    """However often: a chain of merges is one customer."""
    house = House(crm=crm)
    people = house.sales.double.people
    firms = [people.add_company("Alpha Drafting Pty Ltd", abn="27 999 000 444") for _ in range(3)]
    deal = house.sell(company=firms[0])
    house.work()
    if into_linked:
        house.sell(company=firms[1])
        house.work()
    contact = house.invoice(deal)["Contact"]["ContactID"]
    survivor = firms[0]
    for firm in firms[1:]:
        house.clock.advance(60)
        survivor = people.merge_companies(firm, survivor)
        house.work()
        house.work()
    assert not house.questions()
    people.set_lines(deal, [{"product": "CONSULT-BRAND", "quantity": 2}])
    house.work()
    assert [item.kind for item in house.questions() if item.subject == f"deal:{deal}"] == ["deal_changed"]
    later = house.sell(company=survivor)
    house.work()
    assert house.invoice(later)["Contact"]["ContactID"] == contact
    assert house.calls("xero").count("PUT /Contacts") == 1


@pytest.mark.parametrize("crm", sorted(SALES))
def test_details_go_on_with_the_survivor_of_a_merge_in_the_crm(crm: str) -> None:
    house, ref, contact = linked(crm)
    edit(house, ref, PHONE)
    align(house)
    people = house.sales.double.people
    other = people.add_person("s.obrien@elsewhere.example", firstname="Siobhan", lastname="O'Brien")
    house.clock.advance(60)
    survivor = CustomerRef("person", people.merge_persons(other, ref.id))
    # Pipedrive hides merges: the deal that moved along tells.
    house.work()
    align(house)
    rounds.compare_contacts(house.open())
    edit(house, survivor, OTHER)
    align(house)
    align(house)
    for item in house.questions():
        house.answer(item, "crm")
    align(house)
    assert in_xero(house, contact) == OTHER
    assert house.calls("xero").count("PUT /Contacts") == 0


def test_details_and_invoices_follow_a_contact_through_a_chain_of_merges() -> None:
    house, ref, contact = linked()
    people = house.xero.people
    second, third = people.add_contact("O'Brien Illustration"), people.add_contact("O'Brien Group")
    house.clock.advance(60)
    people.merge_contacts(contact, second)
    house.clock.advance(60)
    people.merge_contacts(second, third)
    align(house)
    edit(house, ref, PHONE)
    align(house)
    assert in_xero(house, third) == PHONE
    assert in_xero(house, contact) == ""
    deal = house.sell(person=ref.id, company="")
    house.work()
    assert house.invoice(deal)["Contact"]["ContactID"] == third
    assert in_crm(house, ref)["phone"] == PHONE


def test_an_archived_contact_gets_nothing_and_a_restored_one_goes_on() -> None:
    house, ref, contact = linked()
    house.clock.advance(60)
    house.xero.people.archive_contact(contact)
    edit(house, ref, PHONE)
    align(house)
    assert in_xero(house, contact) == ""
    assert not house.questions()
    house.clock.advance(60)
    house.xero.people.restore_contact(contact)
    align(house)
    assert in_xero(house, contact) == PHONE


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_customer_that_is_gone_from_the_crm_is_shown_by_night_and_one_that_was_merged_is_not(crm: str) -> None:
    house, ref, contact = linked(crm)
    people = house.sales.double.people
    other = people.add_person("s.obrien@elsewhere.example", firstname="Siobhan", lastname="O'Brien")
    house.clock.advance(60)
    last = people.merge_persons(ref.id, other)
    assert not [each for each in rounds.compare_contacts(house.open()) if "the record" in each.moves]
    people.delete("person", last)
    house.clock.advance(60)
    before = list(house.written())
    [found] = rounds.compare_contacts(house.open())
    assert (found.customer, found.xero_id) == (f"person:{last}", contact)
    assert dict(found.moves) == {"the record": "gone from the CRM"}
    assert list(house.written()) == before
