"""How records look on the wire: alone, in a page, in a summary.

A write answers as recorded against a demo company: without AmountCredited, Payments and CreditNotes. A list without
``page`` shows summaries: no lines, no contact persons, no MergedToContactID. So does ``summaryOnly``, which drops more:
https://developer.xero.com/documentation/api/accounting/invoices, …/contacts
"""

from __future__ import annotations

from typing import Any

from sandbox.xero.books import Books
from sandbox.xero.lines import at_two_places
from sandbox.xero.records import Record

_NOT_IN_WRITES = ("AmountCredited", "Payments", "CreditNotes")
_NOT_IN_SUMMARY = ("LineItems", "Payments", "HasAttachments")
_CONTACT_NOT_LISTED = ("ContactPersons", "MergedToContactID")
_CONTACT_NOT_IN_SUMMARY = (
    "Addresses",
    "ContactPersons",
    "MergedToContactID",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "SalesDefaultAccountCode",
    "SalesDefaultLineAmountType",
)


def invoice(books: Books, record: Record, places: int) -> dict[str, Any]:
    """An invoice read alone: everything, and the whole contact."""
    shown = _invoice(record, places)
    shown["Contact"] = contact(books, books.contacts[record["Contact"]["ContactID"]])
    return shown


def invoice_written(books: Books, record: Record, places: int) -> dict[str, Any]:
    shown = invoice(books, record, places)
    for field in _NOT_IN_WRITES:
        shown.pop(field, None)
    return shown


def invoice_in_page(books: Books, record: Record, places: int) -> dict[str, Any]:
    shown = _invoice(record, places)
    shown["Contact"] = _contact_stub(books, record)
    return shown


def invoice_summary(books: Books, record: Record, _places: int) -> dict[str, Any]:
    shown = dict(record)
    shown["Contact"] = _contact_stub(books, record)
    shown["LineItems"] = ()
    return shown


def invoice_bare(books: Books, record: Record, _places: int) -> dict[str, Any]:
    """With ``summaryOnly=true``."""
    shown = {key: value for key, value in record.items() if key not in _NOT_IN_SUMMARY}
    shown["Contact"] = _contact_stub(books, record)
    return shown


def contact(books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    key = record["ContactID"]
    return {
        **record,
        "ContactGroups": (),
        # Set by documents, without moving UpdatedDateUTC.
        "IsSupplier": key in books.suppliers,
        "IsCustomer": key in books.customers,
        "SalesTrackingCategories": (),
        "PurchasesTrackingCategories": (),
        "HasValidationErrors": False,
    }


def contact_summary(books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    shown = contact(books, record)
    for field in _CONTACT_NOT_LISTED:
        shown.pop(field, None)
    return shown | {"ContactPersons": ()}


def contact_bare(_books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    """With ``summaryOnly=true``."""
    return {key: value for key, value in record.items() if key not in _CONTACT_NOT_IN_SUMMARY}


def payment(books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    """A payment with its invoice's heading, as it is now."""
    if "Invoice" not in record:
        return {**record, "HasAccount": True, "HasValidationErrors": False}
    paid = books.invoices[record["Invoice"]["InvoiceID"]]
    stub = {key: paid[key] for key in ("Type", "InvoiceID", "InvoiceNumber", "CurrencyCode") if key in paid}
    stub |= {"Contact": _contact_stub(books, paid), "IsDiscounted": False, "HasErrors": False, "LineItems": ()}
    return {**record, "Invoice": stub, "HasAccount": True, "HasValidationErrors": False}


def credit_note(books: Books, record: Record, places: int) -> dict[str, Any]:
    shown = _invoice(record, places)
    shown["Contact"] = _contact_stub(books, record)
    return shown


def credit_note_summary(books: Books, record: Record, _places: int) -> dict[str, Any]:
    return {**record, "Contact": _contact_stub(books, record), "LineItems": ()}


def surplus(books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    """An over- or prepayment."""
    key = record.get("OverpaymentID") or record["PrepaymentID"]
    return {**record, "ID": key, "Contact": _contact_stub(books, record)}


def _invoice(record: Record, places: int) -> dict[str, Any]:
    shown = dict(record)
    if places == 2:
        shown["LineItems"] = tuple([at_two_places(line) for line in record["LineItems"]])
    return shown


def _contact_stub(books: Books, record: Record) -> dict[str, Any]:
    found = books.contacts[record["Contact"]["ContactID"]]
    stub = {"ContactID": found["ContactID"], "Name": found["Name"]}
    return stub | {
        "Addresses": (),
        "Phones": (),
        "ContactGroups": (),
        "ContactPersons": (),
        "HasValidationErrors": False,
    }
