"""Who is billed: a known customer is found, a new one is made, and a doubtful one is asked about, never guessed."""

from __future__ import annotations

import json

import pytest

from sandbox.hubspot.people import People
from tests.support.house import House


def test_a_new_customer_becomes_a_contact_with_all_that_is_known() -> None:
    house = House.settled()
    deal = house.win("new_customer")
    house.work()

    contact = house.customer(deal)
    assert contact["Name"] == "Saltbush & Sons Pty Ltd"
    assert contact["TaxNumber"] == "27999000444"
    assert contact["ContactNumber"] == f"HU-24680135-C{house.company.companies['saltbush']}"
    pobox = next(a for a in contact["Addresses"] if a["AddressType"] == "POBOX")
    assert (pobox["AddressLine1"], pobox["City"], pobox["Region"], pobox["PostalCode"]) == (
        "8 Argent Street",
        "Broken Hill",
        "NSW",
        "2880",
    )
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    assert house.told(deal)["invoice_number"] == house.invoice(deal)["InvoiceNumber"]
    assert not house.questions()


def test_a_customer_made_once_is_known_ever_after() -> None:
    house = House.settled()
    house.win("new_customer")
    house.work()
    again = house.sell(company="saltbush")
    house.work()
    assert house.customer(again)["Name"] == "Saltbush & Sons Pty Ltd"
    assert house.calls("xero").count("PUT /Contacts") == 1


@pytest.mark.parametrize(
    ("deal", "contact"),
    [
        pytest.param("known_by_abn", "Bellbird Cafe", id="its ABN, under another name"),
        pytest.param("known_by_email", "Siobhan O’Brien", id="e-mail address, a person without a company"),
        pytest.param("known_by_name", "Northern Rivers Surf Co-operative Ltd", id="its name and postcode"),
    ],
)
def test_a_customer_is_known_by(deal: str, contact: str) -> None:
    house = House.settled()
    before = dict(house.xero.contacts)
    deal_id = house.win(deal)
    house.work()
    assert house.customer(deal_id)["Name"] == contact
    assert house.xero.contacts == before
    assert not house.questions()


def test_a_person_who_buys_alone_becomes_a_contact() -> None:
    house = House.settled()
    person = house.hubspot.people.add_person("rosa.diaz@example.org", firstname="Rosa", lastname="Díaz")
    deal = house.sell(person=person)
    house.work()
    assert house.customer(deal)["Name"] == "Rosa Díaz"
    assert house.customer(deal)["EmailAddress"] == "rosa.diaz@example.org"


def test_of_two_look_alikes_a_person_says_which() -> None:
    house = House.settled()
    deal = house.win("look_alikes")
    house.work()
    item = house.asked("customer_unclear")
    assert not house.invoices()

    chosen = house.company.contacts["Meridian Partners P/L"]
    house.answer(item, f"use:{chosen}")
    house.work()
    assert house.invoice(deal)["Contact"]["ContactID"] == chosen
    assert not house.questions()

    # And it holds for the customer, not just for this deal.
    another = house.sell(company="meridian")
    house.work()
    assert house.invoice(another)["Contact"]["ContactID"] == chosen


def test_of_two_look_alikes_it_may_be_neither() -> None:
    house = House.settled()
    deal = house.win("look_alikes")
    house.work()
    house.answer(house.asked("customer_unclear"), "create")
    house.work()
    made = house.customer(deal)
    assert made["Name"] == "Meridian Partners Pty Ltd"
    assert made["ContactID"] not in house.company.contacts.values()


def test_the_question_who_it_is_is_asked_once_for_all_deals_of_a_customer() -> None:
    house = House.settled()
    deals = [house.win("look_alikes"), house.sell(company="meridian"), house.sell(company="meridian")]
    house.work()
    house.answer(house.asked("customer_unclear"), f"use:{house.company.contacts['Meridian Partners']}")
    house.work()
    assert [house.invoice(deal)["Status"] for deal in deals] == ["AUTHORISED"] * 3


def test_a_deal_without_a_customer_waits_for_one() -> None:
    house = House.settled()
    deal = house.sell(company="")
    house.work()
    house.asked("customer_missing")
    house.hubspot.people.attach(deal, "company", house.company.companies["bellbird"], primary=True)
    house.work()
    assert house.customer(deal)["Name"] == "Bellbird Cafe"
    assert not house.questions()


def test_the_same_customer_twice_in_the_crm_becomes_one_contact() -> None:
    house = House.settled()
    twin = house.hubspot.people.add_company("Saltbush & Sons", abn="27 999 000 444", zip="2880")
    deals = [house.win("new_customer"), house.sell(company=twin)]
    house.work()
    house.work(minutes=5)
    one, other = (house.invoice(deal)["Contact"]["ContactID"] for deal in deals)
    assert one == other
    assert [c for c in house.xero.contacts.values() if c.get("TaxNumber") == "27999000444"] == [
        house.customer(deals[0])
    ]
    assert not house.questions()


def test_a_merged_contact_leads_to_the_one_it_became() -> None:
    house = House.settled()
    survivor = house.xero.people.add_contact("Bellbird Group", EmailAddress="accounts@bellbird.example")
    house.xero.people.merge_contacts(house.company.contacts["Bellbird Cafe"], survivor)
    deal = house.win("known_by_abn")
    house.work()
    assert house.invoice(deal)["Contact"]["ContactID"] == survivor


def test_a_contact_merged_after_it_was_known_leads_on_too() -> None:
    house = House.settled()
    house.win("known_by_abn")
    house.work()
    survivor = house.xero.people.add_contact("Bellbird Group")
    house.xero.people.merge_contacts(house.company.contacts["Bellbird Cafe"], survivor)
    later = house.sell(company="bellbird")
    house.work()
    house.work()
    assert house.invoice(later)["Contact"]["ContactID"] == survivor
    assert not house.questions()


def test_an_archived_contact_is_asked_about_and_used_once_it_is_restored() -> None:
    house = House.settled()
    known = house.company.contacts["Bellbird Cafe"]
    house.xero.people.archive_contact(known)
    deal = house.win("known_by_abn")
    house.work()
    item = house.asked("customer_archived")
    house.xero.people.restore_contact(known)
    house.answer(item, "retry")
    house.work()
    assert house.invoice(deal)["Contact"]["ContactID"] == known


def test_a_contact_archived_after_it_was_known_is_asked_about_too() -> None:
    house = House.settled()
    house.win("known_by_abn")
    house.work()
    known = house.company.contacts["Bellbird Cafe"]
    house.xero.people.archive_contact(known)
    later = house.sell(company="bellbird")
    house.work()
    house.work()
    item = house.asked("customer_archived")
    assert not house.invoices_of(later)
    house.answer(item, "create")
    house.work()
    assert house.invoice(later)["Contact"]["ContactID"] != known
    assert house.invoice(later)["Status"] == "AUTHORISED"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Smith & Sons \"Quality\" 'Meats'", "Smith & Sons \"Quality\" 'Meats'"),
        ("Æther Łódź Café — 株式会社", "Æther Łódź Café — 株式会社"),
        ("<script>alert('x')</script>", "script alert('x') /script"),
        ("\u202eדוגמה בע\u05f4מ\u202c", "\u202eדוגמה בע\u05f4מ\u202c"),
        ("  Two  Spaces\tand a Tab ", "Two Spaces and a Tab"),
        ("Long " * 60, ("Long " * 51).strip()),
        ("{{ deal.name }} {% raw %}", "{{ deal.name }} {% raw %}"),
    ],
)
def test_a_hostile_name_goes_over_as_text(typed: str, name: str) -> None:
    house = House.settled()
    deal = house.sell({"product": "CONSULT-WEB", "quantity": 2}, company=_company(house.hubspot.people, typed))
    house.hubspot.people.edit("deal", deal, dealname=typed or "Job")
    house.work()
    assert house.customer(deal)["Name"] == name
    assert house.invoice(deal)["Status"] == "AUTHORISED"
    again = house.sell(company=house.hubspot.customer(deal).id)  # pyright: ignore[reportOptionalMemberAccess]
    house.work()
    assert house.customer(again)["Name"] == name
    assert len([c for c in house.calls("xero") if c == "PUT /Contacts"]) == 1


def test_a_name_that_is_taken_by_another_abn_is_told_apart() -> None:
    house = House.settled()
    house.xero.people.add_contact("Saltbush & Sons Pty Ltd", TaxNumber="90 999 000 888")
    deal = house.win("new_customer")
    house.work()
    assert house.customer(deal)["Name"] == "Saltbush & Sons Pty Ltd (ABN …444)"


def test_a_name_taken_in_the_moment_of_making_it_is_matched_again() -> None:
    house = House.settled()
    deal = house.win("new_customer")
    # Somebody adds the very contact between our look and our create.
    house.break_xero("PUT /Contacts", "500 before")
    house.work()
    house.xero.people.add_contact("Saltbush & Sons Pty Ltd", TaxNumber="27 999 000 444")
    house.recover()
    assert house.customer(deal)["ContactID"] in house.xero.contacts
    assert len([c for c in house.xero.contacts.values() if c["Name"].startswith("Saltbush")]) == 1
    assert house.invoice(deal)["Status"] == "AUTHORISED"


def test_no_call_is_made_for_the_contact_of_a_known_customer() -> None:
    house = House.settled()
    house.win("known_by_abn")
    house.work()
    seen = len(house.calls("xero"))
    house.sell(company="bellbird")
    house.work()
    assert not [c for c in house.calls("xero")[seen:] if "Contacts" in c]


def test_a_contact_is_never_changed_by_an_invoice() -> None:
    house = House.settled()
    before = dict(house.xero.contacts)
    for deal in ("known_by_abn", "known_by_email", "known_by_name"):
        house.win(deal)
    house.work()
    assert house.xero.contacts == before
    sent = [json.loads(c.body)["Invoices"] for c in house.xero.api_calls("PUT", "/Invoices") if "History" not in c.path]
    assert [set(element["Contact"]) for batch in sent for element in batch] == [{"ContactID"}] * 3


def _company(people: People, name: str) -> str:
    return people.add_company(name, zip="2000")
