"""Details of contacts in Xero are changed by id only, and nothing is touched but what is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.records import Address, ContactUpdate, Detail, DetailName
from tests.support.connections import Vendors, vendors

PHONES = [
    {"PhoneType": "MOBILE", "PhoneNumber": "345 678", "PhoneAreaCode": "0412"},
    {"PhoneType": "DEFAULT", "PhoneNumber": "9374 4000", "PhoneAreaCode": "02", "PhoneCountryCode": "61"},
]
STREET = {"AddressType": "STREET", "AddressLine1": "9 Works Lane", "City": "Perth", "AttentionTo": "Al"}
POSTAL = {"AddressType": "POBOX", "AddressLine1": "PO Box 1", "AddressLine2": "c/o Jo", "City": "Perth"}


@pytest.fixture(name="link")
def _link() -> Vendors:
    return vendors()


def contact(link: Vendors, name: str = "Acme", **fields: Any) -> str:
    return link.world.xero.people.add_contact(name, **fields)


def test_only_what_is_named_is_changed(link: Vendors) -> None:
    persons = [{"FirstName": "Jo", "LastName": "Bird", "EmailAddress": "jo@a.example", "IncludeInEmails": True}]
    id_ = contact(link, ContactNumber="n1", Phones=PHONES, Addresses=[STREET, POSTAL], ContactPersons=persons)
    before = dict(link.world.xero.contacts[id_])
    link.clock.advance(60)
    answer = link.xero.update_contacts([ContactUpdate(id_, {"email": "new@a.example"})])
    assert [(c.id, c.email) for c in answer.done] == [(id_, "new@a.example")]
    after = dict(link.world.xero.contacts[id_])
    assert {name for name in after if after[name] != before.get(name)} == {"EmailAddress", "UpdatedDateUTC"}


def test_lists_go_back_whole_with_one_entry_changed(link: Vendors) -> None:
    id_ = contact(link, Phones=PHONES, Addresses=[STREET, POSTAL])
    home = Address(("1 Main St",), "Sydney", "NSW", "2000", "Australia")
    link.calls()
    link.xero.update_contacts([ContactUpdate(id_, {"phone": "+61 2 9999 1111", "billing address": home})])
    (_, call) = link.calls()
    [sent] = json.loads(call.body)["Contacts"]
    assert {phone["PhoneType"] for phone in sent["Phones"]} == {"DEFAULT", "MOBILE"}
    assert {address["AddressType"] for address in sent["Addresses"]} == {"POBOX", "STREET"}
    assert sent.keys() == {"ContactID", "Phones", "Addresses"}
    (found,) = link.xero.contacts([id_])
    assert found.phones == ("+61 2 9999 1111", "0412 345 678")
    assert found.address == home
    street = next(a for a in link.world.xero.contacts[id_]["Addresses"] if a["AddressType"] == "STREET")
    assert (street["AddressLine1"], street["AttentionTo"]) == ("9 Works Lane", "Al")


def test_terms_street_and_people_are_changed_and_what_stands_beside_them_stays(link: Vendors) -> None:
    jo = {"FirstName": "Jo", "LastName": "Bird", "EmailAddress": "Jo@a.example", "IncludeInEmails": False}
    al = {"FirstName": "Al", "LastName": "Reed", "EmailAddress": "al@a.example", "IncludeInEmails": True}
    bills = {"Day": 7, "Type": "DAYSAFTERBILLDATE"}
    id_ = contact(link, Addresses=[STREET, POSTAL], ContactPersons=[jo, al], PaymentTerms={"Bills": bills})
    wanted: dict[DetailName, Detail] = {
        "billing address": Address(("PO Box 2",), "Perth"),
        "street address": Address(("10 Works Lane",), "Perth"),
        "payment terms": "20 of the following month",
        "invoices to": "jo@a.example, kim@a.example",
    }
    link.xero.update_contacts([ContactUpdate(id_, wanted)])
    (found,) = link.xero.contacts([id_])
    assert (found.address, found.street) == (wanted["billing address"], wanted["street address"])
    assert (found.terms, found.invoices_to) == ("20 of the following month", "Jo@a.example, kim@a.example")
    held = link.world.xero.contacts[id_]
    assert held["PaymentTerms"]["Bills"] == bills
    assert [(p.get("FirstName"), p["IncludeInEmails"]) for p in held["ContactPersons"]] == [
        *(("Jo", True), ("Al", False)),
        (None, True),
    ]


def test_an_empty_detail_is_cleared(link: Vendors) -> None:
    id_ = contact(link, EmailAddress="jo@a.example", Phones=PHONES[1:], Addresses=[POSTAL])
    link.xero.update_contacts([ContactUpdate(id_, {"email": "", "phone": "", "billing address": Address()})])
    (found,) = link.xero.contacts([id_])
    assert (found.email, found.phones, found.address) == ("", (), Address())


def test_nobody_is_changed_without_an_id(link: Vendors) -> None:
    contact(link)
    with pytest.raises(ValueError, match="names the contact"):
        link.xero.update_contacts([ContactUpdate("", {"name": "Acme", "email": "other@b.example"})])
    assert link.calls() == []


def test_one_refused_contact_fails_itself_alone_and_in_words(link: Vendors) -> None:
    good, taken, archived = contact(link), contact(link, "Taken"), contact(link, "Away")
    link.world.xero.people.archive_contact(archived)
    unknown = "00000000-1111-4222-8333-444444444444"
    answer = link.xero.update_contacts(
        [
            ContactUpdate(archived, {"email": "a@a.example"}),
            ContactUpdate(taken, {"name": "ACME"}),
            ContactUpdate(unknown, {"email": "a@a.example"}),
            ContactUpdate(good, {"email": "good@a.example"}),
        ]
    )
    refused = dict(answer.refused)
    assert set(refused) == {archived, taken, unknown}
    assert "archived contact" in refused[archived][0]
    assert "already assigned" in refused[taken][0]
    assert [c.id for c in answer.done] == [good]


def test_fifty_are_read_and_written_in_one_call_each(link: Vendors) -> None:
    ids = [contact(link, f"Acme {n}") for n in range(60)]
    link.calls()
    answer = link.xero.update_contacts([ContactUpdate(id_, {"email": f"{n}@a.example"}) for n, id_ in enumerate(ids)])
    assert {c.id for c in answer.done} == set(ids)
    assert [call.method for call in link.calls()] == ["GET", "POST", "GET", "POST"]
    assert link.xero.update_contacts([]).done == ()
    assert link.calls() == []
