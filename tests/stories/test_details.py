"""A customer's details are kept the same on both sides: what somebody changes travels, and nothing else is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.contract import CustomerUpdate
from connectors.errors import ConnectorError
from domain.details import of_customer
from domain.records import CustomerRef
from ledger import audit, inbox, links
from sandbox.faults import Fault
from stages import details as decide
from stages import rounds
from tests.support.house import House
from tests.support.sales import SALES

PHONE, OTHER, THIRD = "(02) 9374 4000", "(02) 9999 1111", "0412 345 678"


def details(**directions: str) -> tuple[str, str]:
    """The demo's mapping with these details in it: ``phone="both ways"``."""
    lines = [f"  - {{field: {name.replace('_', ' ')}, direction: {how}}}" for name, how in directions.items()]
    return "\nwrite back:", "\ndetails:\n" + "\n".join(lines) + "\n\nwrite back:"


PHONES = details(phone="both ways", email="both ways")


def align(house: House, *, minutes: float = 5) -> None:
    house.clock.advance(minutes * 60)
    rounds.contacts_both_ways(house.open())


def linked(crm: str = "hubspot", *edits: tuple[str, str]) -> tuple[House, CustomerRef, str]:
    """A house where a person of the CRM is linked to a contact in Xero, and both were looked at once."""
    house = House(*(edits or (PHONES,)), crm=crm)
    house.work()
    deal = house.win("known_by_email")
    house.work()
    contact = house.customer(deal)["ContactID"]
    align(house)
    return house, CustomerRef("person", house.company.persons["siobhan"]), contact


def in_crm(house: House, ref: CustomerRef) -> dict[str, Any]:
    [found] = house.open().crm.customers([ref])
    return {str(name): value for name, value in of_customer(found).items()}


def in_xero(house: House, contact: str) -> str:
    phones = {phone["PhoneType"]: phone for phone in house.xero.contacts[contact]["Phones"]}
    default = phones["DEFAULT"]
    return " ".join(filter(None, (default["PhoneCountryCode"], default["PhoneAreaCode"], default["PhoneNumber"])))


def call_in_xero(house: House, contact: str, number: str) -> None:
    house.clock.advance(60)
    house.xero.people.edit_contact(contact, Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": number}])


def edit(house: House, ref: CustomerRef, number: str) -> None:
    """Somebody types another number into the CRM."""
    house.clock.advance(60)
    phones = [{"value": number, "primary": True, "label": "work"}] if number else []
    house.sales.double.people.edit(
        ref.kind, ref.id, **({"phones": phones} if house.crm == "pipedrive" else {"phone": number})
    )


def writes(house: House) -> int:
    return len(list(house.written()))


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_number_typed_on_either_side_is_on_the_other_within_a_run(crm: str) -> None:
    house, ref, contact = linked(crm)
    edit(house, ref, PHONE)
    align(house)
    assert in_xero(house, contact) == PHONE
    call_in_xero(house, contact, OTHER)
    align(house)
    assert in_crm(house, ref)["phone"] == OTHER
    edit(house, ref, THIRD)
    align(house)
    assert in_xero(house, contact) == THIRD
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_an_idle_day_writes_nothing_and_reads_no_more_than_what_changed(crm: str) -> None:
    house, ref, _ = linked(crm)
    edit(house, ref, PHONE)
    align(house)
    written, calls = writes(house), {system: len(house.calls(system)) for system in ("xero", crm)}
    for _ in range(24):
        align(house, minutes=60)
    assert writes(house) == written
    made = {system: house.calls(system)[before:] for system, before in calls.items()}
    settings = {"GET /Organisation", "GET /Accounts", "GET /TaxRates", "GET /Currencies", "GET /Items"}
    assert {call for call in made["xero"] if call not in settings} == {"GET /Contacts"}
    assert made["xero"].count("GET /Contacts") == 24
    assert len(made[crm]) <= 2 * 24 + 2
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_both_changed_is_one_question_whichever_changed_last_and_its_answer_is_carried_out(crm: str) -> None:
    house, ref, contact = linked(crm)
    edit(house, ref, PHONE)
    align(house)
    written = writes(house)
    edit(house, ref, OTHER)
    call_in_xero(house, contact, THIRD)
    for _ in range(3):
        align(house)
    question = house.asked("detail_conflict")
    assert writes(house) == written
    assert (in_xero(house, contact), in_crm(house, ref)["phone"]) == (THIRD, OTHER)
    house.answer(question, "xero")
    align(house)
    assert in_crm(house, ref)["phone"] == THIRD
    align(house)
    assert not house.questions()
    assert writes(house) == written + 1


def test_a_conflict_that_people_settle_themselves_asks_no_more() -> None:
    house, ref, contact = linked()
    edit(house, ref, OTHER)
    call_in_xero(house, contact, THIRD)
    align(house)
    house.asked("detail_conflict")
    edit(house, ref, "+61 412 345 678")
    align(house)
    assert not house.questions()


def test_gaps_are_filled_when_first_linked_and_differences_asked() -> None:
    house = House(details(phone="both ways", email="crm to xero"))
    house.work()
    deal = house.win("known_by_abn")
    house.work()
    contact = house.customer(deal)["ContactID"]
    align(house)
    assert in_xero(house, contact) == "(02) 5550 1420"
    assert house.xero.contacts[contact]["EmailAddress"] == "office@bellbirdcafe.example"
    assert not house.questions()


def test_a_contact_made_by_us_is_agreed_and_not_written_again() -> None:
    house = House(details(name="both ways", phone="both ways", tax_number="both ways", billing_address="both ways"))
    house.work()
    house.win("new_customer")
    house.work()
    written = writes(house)
    for _ in range(3):
        align(house)
    assert writes(house) == written
    assert not house.questions()


def test_a_mapping_that_keeps_no_details_asks_and_writes_nothing() -> None:
    house = House()
    house.work()
    house.win("known_by_abn")
    house.work()
    before = house.calls("xero"), house.calls("hubspot")
    align(house)
    assert (house.calls("xero"), house.calls("hubspot")) == before


def test_details_that_the_mapping_names_later_are_compared_at_once() -> None:
    house = House()
    house.work()
    deal = house.win("known_by_abn")
    house.work()
    house.edit_mapping(PHONES)
    align(house)
    assert in_xero(house, house.customer(deal)["ContactID"]) == "(02) 5550 1420"


def test_two_records_that_are_one_contact_end_the_same_and_no_change_is_lost() -> None:
    house = House(PHONES)
    house.work()
    twin = house.hubspot.people.add_company("Bellbird Cafe", abn="40 999 000 222")
    first, second = house.win("known_by_abn"), house.sell(company=twin)
    house.work()
    contact = house.customer(first)["ContactID"]
    assert house.customer(second)["ContactID"] == contact
    align(house)
    refs = [CustomerRef("company", house.company.companies["bellbird"]), CustomerRef("company", twin)]
    assert [in_crm(house, ref)["phone"] for ref in refs] == ["(02) 5550 1420"] * 2
    edit(house, refs[1], OTHER)
    align(house)
    assert in_xero(house, contact) == OTHER
    assert [in_crm(house, ref)["phone"] for ref in refs] == [OTHER] * 2
    edit(house, refs[0], PHONE)
    edit(house, refs[1], THIRD)
    align(house)
    house.asked("detail_conflict")
    assert {in_crm(house, ref)["phone"] for ref in refs} == {PHONE, THIRD}


def test_what_xero_refuses_is_asked_once_and_not_sent_again() -> None:
    house = House(details(name="crm to xero"))
    house.work()
    deal = house.win("known_by_abn")
    house.work()
    align(house)
    house.answer(house.asked("detail_conflict"), "leave")
    align(house)
    company = house.company.companies["bellbird"]
    house.hubspot.people.edit("company", company, name="Meridian Partners")
    align(house)
    question = house.asked("details_refused")
    written = writes(house)
    for _ in range(3):
        align(house)
        rounds.compare_contacts(house.open())
    assert writes(house) == written
    assert "already assigned" in json.loads(question.facts)["words"]
    house.xero.people.edit_contact(house.company.contacts["Meridian Partners"], Name="Meridian Partners Melbourne")
    house.answer(question, "retry")
    align(house)
    assert house.customer(deal)["Name"] == "Meridian Partners"
    assert not house.questions()


def test_a_number_put_back_before_ours_could_be_read_is_a_change() -> None:
    house, ref, contact = linked("salesforce")
    edit(house, ref, PHONE)
    align(house)
    house.world.salesforce.switches.commit_lag = 90
    call_in_xero(house, contact, OTHER)
    align(house)
    edit(house, ref, PHONE)
    align(house)
    align(house)
    assert (in_xero(house, contact), in_crm(house, ref)["phone"]) == (PHONE, PHONE)


@pytest.mark.parametrize("crm", sorted(SALES))
def test_each_night_all_are_compared_in_batches_and_what_nobody_told_is_mended(crm: str) -> None:
    house, ref, contact = linked(crm)
    people = house.sales.double.people
    for n in range(12):
        firm = people.add_company(f"Firm {n}", phone=OTHER)
        other = house.xero.people.add_contact(f"Firm {n}")
        with house.ledger.write() as session:
            links.link(session, house.pair, links.CUSTOMER, f"company:{firm}", other, now=house.clock(), how="told")
    house.clock.advance(60)
    rounds.compare_contacts(house.open())
    edit(house, ref, PHONE)
    house.clock.advance(60)
    _heard_and_forgotten(house)
    before = {system: len(house.calls(system)) for system in ("xero", crm)}
    found = rounds.compare_contacts(house.open())
    assert in_xero(house, contact) == PHONE
    assert [(each.customer, dict(each.moves)) for each in found] == [(str(ref), {"phone": "to xero"})]
    made = {system: house.calls(system)[start:] for system, start in before.items()}
    assert made["xero"].count("POST /Contacts") == 1
    assert len(made["xero"]) <= 3
    assert len(made[crm]) <= 4
    assert rounds.compare_contacts(house.open()) == []


def _heard_and_forgotten(house: House) -> None:
    """What changed was noticed, and nothing came of it."""
    pair = house.open()
    decide.notice(pair)
    with house.ledger.write() as session:
        taken = inbox.take(session, house.pair, inbox.DETAILS, house.clock(), 1000)
        for record, version in taken.versions.items():
            inbox.handled(session, house.pair, inbox.DETAILS, record, version)


# ── trouble ──


@pytest.mark.parametrize("fault", ["lose answer", "500 after", "500 before", "429", "refuse connection"])
def test_a_write_that_went_wrong_is_decided_anew_and_no_change_is_lost(fault: Any) -> None:
    house, ref, contact = linked()
    edit(house, ref, PHONE)
    house.xero.faults.add(Fault("POST", "/api.xro/2.0/Contacts", fault, times=4))
    with pytest.raises(ConnectorError):
        align(house)
    # Meanwhile somebody changes what may or may not have been written.
    call_in_xero(house, contact, OTHER)
    for _ in range(4):
        try:
            align(house, minutes=30)
        except ConnectorError:
            continue
    assert in_xero(house, contact) == OTHER
    assert in_crm(house, ref)["phone"] in {PHONE, OTHER}
    if in_crm(house, ref)["phone"] == PHONE:
        house.asked("detail_conflict")


def test_no_number_and_no_address_is_in_the_trail() -> None:
    house, ref, _ = linked()
    edit(house, ref, PHONE)
    align(house)
    with house.ledger.read() as session:
        trail = list(audit.told(session, house.pair))
    assert "details written" in {entry.event for entry in trail}
    assert not any("9374" in entry.details for entry in trail)


# ── what the account has fields of its own for ──

OWN = {"legal_name": "Legal name", "payment_terms": "Payment terms", "invoices_to": "Invoices to", "on_hold": "On hold"}


def with_own(crm: str, **directions: str) -> tuple[House, CustomerRef, str]:
    """A house whose customers have further fields in the CRM, which the mapping names."""
    ending = "__c" if crm == "salesforce" else ""
    named = ", ".join(f"{name.replace('_', ' ')}: {name}{ending}" for name in OWN)
    house = House(("\nxero:", f"  customer fields: {{{named}}}\n\nxero:"), details(**directions), crm=crm)
    people: Any = house.sales.double.people
    for name, label in OWN.items():
        for kind in ("company", "person"):
            if crm == "hubspot":
                people.add_property("contact" if kind == "person" else kind, name, label)
            else:
                people.add_field(kind, label if crm == "pipedrive" else name)
    house.work()
    deal = house.win("known_by_email")
    house.work()
    contact = house.customer(deal)["ContactID"]
    align(house)
    return house, CustomerRef("person", house.company.persons["siobhan"]), contact


@pytest.mark.parametrize("crm", sorted(SALES))
def test_terms_and_people_who_get_invoices_travel_and_others_of_a_list_stay(crm: str) -> None:
    house, ref, contact = with_own(crm, payment_terms="both ways", invoices_to="both ways")
    written = house.open().crm.write_customers
    assert not written([CustomerUpdate(ref, {"payment terms": "on the invoice date", "invoices to": "kim@a.example"})])
    align(house)
    held = house.xero.contacts[contact]
    assert held["PaymentTerms"]["Sales"] == {"Day": 0, "Type": "DAYSAFTERBILLDATE"}
    assert [person["EmailAddress"] for person in held["ContactPersons"]] == ["kim@a.example"]
    house.clock.advance(60)
    al = {"FirstName": "Al", "LastName": "Reed", "EmailAddress": "al@a.example", "IncludeInEmails": False}
    kim = {"EmailAddress": "kim@a.example", "IncludeInEmails": True}
    jo = {"FirstName": "Jo", "LastName": "Bird", "EmailAddress": "jo@a.example", "IncludeInEmails": True}
    terms = {"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}}
    house.xero.people.edit_contact(contact, ContactPersons=[al, kim, jo], PaymentTerms=terms)
    align(house)
    assert in_crm(house, ref)["payment terms"] == "20 of the following month"
    assert in_crm(house, ref)["invoices to"] == "kim@a.example, jo@a.example"
    before = writes(house)
    align(house)
    assert writes(house) == before
    assert not house.questions()


EMPTIED = ("payment terms", "invoices to", "phone")


def winning(side: str) -> dict[str, str]:
    """All of them both ways, with one side that wins."""
    return {name.replace(" ", "_"): f"both ways, if both changed: {side} wins" for name in EMPTIED}


@pytest.mark.parametrize("crm", sorted(SALES))
def test_what_is_emptied_on_the_side_that_wins_is_emptied_on_the_other_and_terms_are_asked_about(crm: str) -> None:
    house, ref, contact = with_own(crm, **winning("crm"))
    full: dict[Any, Any] = {"payment terms": "on the invoice date", "invoices to": "kim@a.example", "phone": PHONE}
    assert not house.open().crm.write_customers([CustomerUpdate(ref, full)])
    align(house)
    assert in_xero(house, contact) == PHONE
    assert not house.open().crm.write_customers([CustomerUpdate(ref, dict.fromkeys(full, ""))])
    align(house)
    held = house.xero.contacts[contact]
    assert (in_xero(house, contact), [each["IncludeInEmails"] for each in held["ContactPersons"]]) == ("", [False])
    question = house.asked("detail_conflict")
    assert json.loads(question.facts)["detail"] == "payment terms"
    house.clock.advance(60)
    house.xero.people.edit_contact(contact, PaymentTerms={})
    align(house)
    before = writes(house)
    align(house)
    assert writes(house) == before
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_what_a_person_empties_in_xero_is_emptied_in_the_crm_where_xero_wins(crm: str) -> None:
    house, ref, contact = with_own(crm, **winning("xero"))
    kim = {"EmailAddress": "kim@a.example", "IncludeInEmails": True}
    terms = {"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}}
    house.xero.people.edit_contact(contact, ContactPersons=[kim], PaymentTerms=terms)
    call_in_xero(house, contact, PHONE)
    align(house)
    assert in_crm(house, ref)["payment terms"] == "20 of the following month"
    house.xero.people.edit_contact(contact, ContactPersons=[], PaymentTerms={})
    call_in_xero(house, contact, "")
    align(house)
    assert {name: in_crm(house, ref)[name] for name in EMPTIED} == dict.fromkeys(EMPTIED, "")
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_customer_on_hold_is_asked_about_before_anything_is_invoiced(crm: str) -> None:
    house, ref, _ = with_own(crm)
    people = house.sales.double.people
    if crm == "pipedrive":
        own = house.world.pipedrive.account.own_fields("persons")
        code = next(field["field_code"] for field in own if field["field_name"] == "On hold")
        people.edit("person", ref.id, custom_fields={code: "Yes"})
    else:
        people.edit("person", ref.id, **{f"on_hold{'__c' if crm == 'salesforce' else ''}": "Yes"})
    deals = [house.sell(person=ref.id, company="") for _ in range(2)]
    house.work()
    assert [item.kind for item in house.questions()] == ["customer_on_hold"] * 2
    assert not [i for deal in deals for i in house.invoices_of(deal)]
    house.answer(house.questions()[0], "go_ahead")
    house.work()
    assert len([i for deal in deals for i in house.invoices_of(deal)]) == 1
    assert house.asked("customer_on_hold")
