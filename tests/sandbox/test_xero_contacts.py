"""The Xero double keeps contacts as Xero does: unique names and numbers, archived and merged ones out of reach."""

from __future__ import annotations

import pytest

from sandbox.xero import Refused
from tests.support.xero_calls import draft, organisation

TAKEN = (
    "The contact name {} is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
NOT_FOR_ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)


def test_a_second_contact_of_the_same_name_is_refused_in_whatever_case() -> None:
    xero = organisation()
    xero.contact("Acme Pty Ltd")

    answer = xero.put("/Contacts", {"Name": "ACME pty LTD"})

    assert answer.status == 400
    assert answer.body["ErrorNumber"] == 10
    assert answer.body["Elements"][0]["ContactID"] == "00000000-0000-0000-0000-000000000000"
    assert answer.words == [TAKEN.format("ACME pty LTD")]


def test_the_name_of_an_archived_contact_is_free_and_its_number_is_not() -> None:
    xero = organisation()
    old = xero.contact("Acme Pty Ltd", ContactNumber="HS-1")
    xero.double.people.archive_contact(old)

    named = xero.put("/Contacts", {"Name": "Acme Pty Ltd"})
    numbered = xero.put("/Contacts", {"Name": "Somebody else", "ContactNumber": "HS-1"})

    assert named.status == 200
    assert "HS-1 is already assigned" in numbered.words[0]


def test_a_post_for_a_known_name_or_number_overwrites_that_contact() -> None:
    xero = organisation()
    acme = xero.contact("Acme Pty Ltd", EmailAddress="accounts@acme.example", ContactNumber="HS-1")

    by_name = xero.post("/Contacts", {"Name": "acme pty ltd", "EmailAddress": "stranger@else.example"})
    by_number = xero.post("/Contacts", {"ContactNumber": "HS-1", "AccountNumber": "A-7"})

    assert by_name.one("Contacts")["ContactID"] == acme
    assert by_number.one("Contacts")["ContactID"] == acme
    kept = xero.double.contacts[acme]
    assert (kept["Name"], kept["EmailAddress"], kept["AccountNumber"]) == (
        "acme pty ltd",
        "stranger@else.example",
        "A-7",
    )


def test_a_post_for_an_unknown_name_makes_a_contact() -> None:
    xero = organisation()

    made = xero.post("/Contacts", {"Name": "Acme Pty Ltd"}).one("Contacts")

    assert list(xero.double.contacts) == [made["ContactID"]]


def test_an_update_keeps_what_it_leaves_out() -> None:
    xero = organisation()
    street = {"AddressType": "STREET", "AddressLine1": "1 George Street", "Country": "Australia"}
    acme = xero.contact("Acme Pty Ltd", TaxNumber="53004085616", Addresses=[street])
    box = {"AddressType": "POBOX", "AddressLine1": "PO Box 7", "PostalCode": "2000"}

    xero.post(
        f"/Contacts/{acme}", {"Addresses": [box], "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "5550 1420"}]}
    )

    kept = xero.double.contacts[acme]
    assert kept["TaxNumber"] == "53004085616"
    assert [each.get("AddressLine1") for each in kept["Addresses"]] == ["1 George Street", "PO Box 7"]
    assert [each["PhoneNumber"] for each in kept["Phones"]] == ["5550 1420", "", "", ""]


@pytest.mark.parametrize(
    "element",
    [
        {},
        {"Name": "A <b> c"},
        {"Name": "Two  spaces"},
        {"Name": " Led by one"},
        {"Name": "x" * 256},
        {"Name": "Acme", "ContactNumber": "n" * 51},
        {"Name": "Acme", "EmailAddress": "two@a.example; b@c.example"},
        {"Name": "Acme", "Addresses": [{"AddressType": "DELIVERY"}]},
        {"Name": "Acme", "Addresses": [{"AddressType": "POBOX", "Country": "Region 9"}]},
        {"Name": "Acme", "Phones": [{"PhoneType": "DEFAULT", "PhoneAreaCode": "12345678901"}]},
        {"Name": "Acme", "ContactPersons": [{"FirstName": "P"}] * 6},
    ],
    ids=lambda element: str(element)[:60],
)
def test_a_contact_that_breaks_the_rules_is_refused(element: dict[str, object]) -> None:
    xero = organisation()

    answer = xero.put("/Contacts", element)

    assert answer.status == 400
    assert answer.words
    assert not xero.double.contacts


def test_archiving_works_with_an_invoice_outstanding_and_nothing_works_after_it() -> None:
    xero = organisation()
    acme = xero.contact()
    xero.invoice(acme, Status="AUTHORISED")

    archived = xero.post("/Contacts", {"ContactID": acme, "ContactStatus": "ARCHIVED"})
    edited = xero.post("/Contacts", {"ContactID": acme, "EmailAddress": "new@acme.example"})
    restored = xero.post("/Contacts", {"ContactID": acme, "ContactStatus": "ACTIVE"}, summarizeErrors="false")

    assert archived.one("Contacts")["ContactStatus"] == "ARCHIVED"
    assert edited.words == [ARCHIVED]
    assert restored.one("Contacts")["StatusAttributeString"] == "ERROR"
    assert restored.words == [ARCHIVED]


def test_a_person_can_restore_what_no_call_can() -> None:
    xero = organisation()
    acme = xero.contact("Acme Pty Ltd")
    xero.double.people.archive_contact(acme)
    namesake = xero.contact("Acme Pty Ltd")

    with pytest.raises(Refused, match="already assigned to another contact"):
        xero.double.people.restore_contact(acme)
    xero.double.people.edit_contact(namesake, Name="Acme (Perth) Pty Ltd")
    xero.double.people.restore_contact(acme)

    assert xero.double.contacts[acme]["ContactStatus"] == "ACTIVE"


def test_an_invoice_for_an_archived_contact_is_refused() -> None:
    xero = organisation()
    acme = xero.contact()
    xero.double.people.archive_contact(acme)

    answer = xero.put("/Invoices", draft(acme))

    assert answer.words == [NOT_FOR_ARCHIVED]


def test_merged_contacts_point_to_the_next_one_and_their_invoices_go_over() -> None:
    xero = organisation()
    first, second, third = (xero.contact(name) for name in ("One", "Two", "Three"))
    invoice = xero.invoice(first)["InvoiceID"]

    xero.double.people.merge_contacts(first, second)
    xero.double.people.merge_contacts(second, third)

    assert xero.double.contacts[first]["MergedToContactID"] == second
    assert xero.double.contacts[second]["MergedToContactID"] == third
    assert xero.get(f"/Invoices/{invoice}").one("Invoices")["Contact"]["Name"] == "Three"


def test_whom_a_contact_was_merged_to_is_told_in_pages_and_alone_only() -> None:
    xero = organisation()
    loser, survivor = xero.contact("One"), xero.contact("Two")
    xero.double.people.merge_contacts(loser, survivor)

    alone = xero.get(f"/Contacts/{loser}").one("Contacts")
    paged = xero.get("/Contacts", IDs=loser, includeArchived="true", page="1").one("Contacts")
    listed = xero.get("/Contacts", IDs=loser, includeArchived="true").one("Contacts")

    assert alone["MergedToContactID"] == paged["MergedToContactID"] == survivor
    assert "MergedToContactID" not in listed


def test_archived_contacts_are_listed_only_when_asked_for() -> None:
    xero = organisation()
    kept, gone = xero.contact("One"), xero.contact("Two")
    xero.double.people.archive_contact(gone)

    usual = xero.get("/Contacts").body["Contacts"]
    all_of_them = xero.get("/Contacts", includeArchived="true").body["Contacts"]

    assert [each["ContactID"] for each in usual] == [kept]
    assert {each["ContactID"] for each in all_of_them} == {kept, gone}


def test_becoming_a_customer_does_not_move_the_time_of_change() -> None:
    xero = organisation()
    acme = xero.contact()
    before = xero.get(f"/Contacts/{acme}").one("Contacts")
    xero.clock.advance(60)

    xero.invoice(acme)

    after = xero.get(f"/Contacts/{acme}").one("Contacts")
    assert (before["IsCustomer"], after["IsCustomer"]) == (False, True)
    assert before["UpdatedDateUTC"] == after["UpdatedDateUTC"]


def test_more_than_the_id_in_an_invoice_writes_to_the_contact() -> None:
    xero = organisation()
    acme = xero.contact("Acme Pty Ltd", ContactPersons=[{"FirstName": "Ann", "EmailAddress": "ann@acme.example"}])

    xero.put("/Invoices", draft(acme) | {"Contact": {"ContactID": acme, "Name": "Acme Pty Limited"}})
    xero.put("/Invoices", draft(acme) | {"Contact": {"Name": "Nobody we know"}})

    assert xero.double.contacts[acme]["Name"] == "Acme Pty Limited"
    assert xero.double.contacts[acme]["ContactPersons"] == ()
    assert [each["Name"] for each in xero.double.contacts.values()] == ["Acme Pty Limited", "Nobody we know"]


def test_an_id_never_issued_ends_the_whole_request_before_anything_is_done() -> None:
    xero = organisation()
    unknown = "5d0f1a5e-0000-4000-a000-000000000000"

    answers = [
        xero.post("/Contacts", {"Name": "A new one"}, {"ContactID": unknown, "Name": "Nobody"}),
        xero.put("/Invoices", draft(xero.contact()), draft(unknown), summarizeErrors="false"),
        xero.get(f"/Contacts/{unknown}"),
    ]

    assert [answer.status for answer in answers] == [404, 404, 404]
    assert all(answer.body is None and answer.response.body for answer in answers)
    assert len(xero.double.contacts) == 1
    assert not xero.double.invoices


def test_a_contact_can_be_read_by_its_number() -> None:
    xero = organisation()
    acme = xero.contact("Acme Pty Ltd", ContactNumber="HS:1 2")

    assert xero.get("/Contacts/HS%3A1%202").one("Contacts")["ContactID"] == acme
