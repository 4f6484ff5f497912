"""Contacts: who may be written, and what is refused.

https://developer.xero.com/documentation/api/accounting/contacts
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.records import Record, Refused, UnknownId, stripped

_LENGTHS = {
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "CompanyNumber": 50,
    "TaxNumber": 50,
}
_FREE = (
    "BankAccountDetails",
    "DefaultCurrency",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "SalesDefaultAccountCode",
    "SalesDefaultLineAmountType",
    "PaymentTerms",
)
_ADDRESS_LENGTHS = {
    **dict.fromkeys(("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4"), 500),
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
_PHONE_LENGTHS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
_PERSON_FIELDS = ("FirstName", "LastName", "EmailAddress", "IncludeInEmails")
_NO_ADDRESS = {"City": "", "Region": "", "PostalCode": "", "Country": ""}
_NO_PHONE = dict.fromkeys(_PHONE_LENGTHS, "")
_ADDRESS_TYPES = ("STREET", "POBOX")
_PHONE_TYPES = ("DEFAULT", "DDI", "FAX", "MOBILE")
_STATUSES = {"ACTIVE", "ARCHIVED", "GDPRREQUEST"}

_ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)


def write_contact(books: Books, sent: dict[str, Any], terms: Terms) -> Record:
    """Create a contact, or with POST change the one that is meant; ``Refused`` in Xero's words."""
    before = None if terms.create else _meant(books, sent)
    if before and before["ContactStatus"] != "ACTIVE" and terms.by_app:
        # Un-archiving is an edit too: only a person can do it, in the screen.
        raise Refused(_ARCHIVED)
    problems: list[str] = []
    _check_name(books, sent, before, problems)
    _check_number(books, sent, before, problems)
    fields = {**(before or _blank(books)), **_texts(sent, problems)}
    fields |= {field: sent[field] for field in _FREE if sent.get(field) is not None}
    _check_terms(sent, terms, problems)
    fields |= _lists(sent, fields, problems)
    fields["ContactStatus"] = _status(sent, fields, problems)
    if problems:
        raise Refused(*problems)
    return books.keep_contact(Record(fields))


def _meant(books: Books, sent: dict[str, Any]) -> Record | None:
    """Whom a POST is about: by id, else by number, else by name.

    So a POST for a new customer of a known name overwrites somebody else's contact.
    """
    if key := sent.get("ContactID"):
        found = books.contacts.get(key)
        if not found:
            raise UnknownId
        return found
    by_number = books.contacts_numbered(stripped(sent.get("ContactNumber")))
    by_name = books.contacts_named(stripped(sent.get("Name")))
    return next(iter([*by_number, *by_name]), None)


def _blank(books: Books) -> dict[str, Any]:
    return {
        "ContactID": books.new_id(),
        "ContactStatus": "ACTIVE",
        "BankAccountDetails": "",
        "Addresses": tuple(Record(AddressType=kind, **_NO_ADDRESS) for kind in _ADDRESS_TYPES),
        "Phones": tuple(Record(PhoneType=kind, **_NO_PHONE) for kind in _PHONE_TYPES),
        "ContactPersons": (),
    }


def _check_name(books: Books, sent: dict[str, Any], before: Record | None, problems: list[str]) -> None:
    name = sent.get("Name")
    if name is None and before:
        return
    name = stripped(name)
    if not name:
        problems.append("The contact name must be specified")
    if "<" in name or ">" in name:
        problems.append("The contact name cannot contain angle brackets")
    if name != name.strip() or "  " in name:
        problems.append("The contact name cannot start or end with a space, or contain two spaces in a row")
    # Unique over active contacts, compared without case.
    if any(other["ContactID"] != (before or {}).get("ContactID") for other in books.contacts_named(name)):
        problems.append(
            f"The contact name {name} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )


def _check_number(books: Books, sent: dict[str, Any], before: Record | None, problems: list[str]) -> None:
    """Unique over all contacts, archived ones too. Xero's words for it are not on record; these are ours."""
    number = stripped(sent.get("ContactNumber"))
    if any(other["ContactID"] != (before or {}).get("ContactID") for other in books.contacts_numbered(number)):
        problems.append(
            f"The contact number {number} is already assigned to another contact. "
            "The contact number must be unique across all contacts."
        )


def _check_terms(sent: dict[str, Any], terms: Terms, problems: list[str]) -> None:
    """On the screen they can be taken away again: https://github.com/XeroAPI/Xero-Net/issues/199"""
    given = (sent.get("PaymentTerms") or {}).values() if terms.by_app else ()
    if any(each is None or not {"Day", "Type"} <= each.keys() for each in given):
        problems.append("Both Day and Type must be supplied when adding or updating payment terms")


def _texts(sent: dict[str, Any], problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, longest in _LENGTHS.items():
        value = sent.get(field)
        if value is None:
            continue
        found[field] = stripped(value)
        if len(found[field]) > longest:
            problems.append(f"{field} must be {longest} characters or less")
    email = found.get("EmailAddress", "")
    if email and (email.count("@") != 1 or " " in email or not all(email.split("@"))):
        problems.append("Email address must be valid.")
    return found


def _lists(sent: dict[str, Any], fields: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if sent.get("Addresses"):
        found["Addresses"] = _by_type(
            "AddressType", sent["Addresses"], fields["Addresses"], _ADDRESS_LENGTHS, problems, _ADDRESS_TYPES
        )
        countries = "".join(address.get("Country", "") for address in found["Addresses"])
        if not all(letter.isalpha() or letter in " '-.()" for letter in countries):
            problems.append("Country must only contain letters")
    if sent.get("Phones"):
        kinds = (*_PHONE_TYPES, "OFFICE")
        found["Phones"] = _by_type("PhoneType", sent["Phones"], fields["Phones"], _PHONE_LENGTHS, problems, kinds)
    if sent.get("ContactPersons") is not None:
        # A person who is not named again is gone.
        found["ContactPersons"] = tuple(
            Record({key: each[key] for key in _PERSON_FIELDS if key in each}) for each in sent["ContactPersons"]
        )
        if len(found["ContactPersons"]) > 5:
            problems.append("A contact can have at most 5 contact persons")
    return found


def _by_type(
    kind: str,
    sent: Sequence[dict[str, Any]],
    earlier: Sequence[Record],
    lengths: dict[str, int],
    problems: list[str],
    kinds: Sequence[str],
) -> tuple[Record, ...]:
    """Addresses or phones: one a type, those not sent stay."""
    found: dict[str, Any] = {each[kind]: each for each in earlier}
    for each in sent:
        if each.get(kind) not in kinds:
            problems.append(f"{kind} must be one of {', '.join(kinds)}")
            continue
        values = {field: stripped(each.get(field)) for field in lengths if each.get(field) is not None}
        for field, value in values.items():
            if len(value) > lengths[field]:
                problems.append(f"{field} must be {lengths[field]} characters or less")
        found[each[kind]] = Record({**found.get(each[kind], {kind: each[kind]}), **values})
    return tuple(found.values())


def _status(sent: dict[str, Any], fields: dict[str, Any], problems: list[str]) -> str:
    status = stripped(sent.get("ContactStatus")) or fields["ContactStatus"]
    if status not in _STATUSES:
        problems.append(f"ContactStatus '{status}' is not valid")
    return status
