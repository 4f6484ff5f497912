"""Writing invoices: made, changed, approved, voided, and everything that is refused on the way.

https://developer.xero.com/documentation/api/accounting/invoices
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.contacts import write_contact
from sandbox.xero.lines import KEPT, LineTerms, read_lines, totals
from sandbox.xero.records import (
    ZERO,
    Record,
    Refused,
    UnknownId,
    calendar,
    calendar_text,
    day_of,
    read_day,
    stripped,
)
from sandbox.xero.settling import is_settled, settled

MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    # A sale of nothing is paid the moment it is approved; it can still be changed.
    "PAID": {"PAID", "AUTHORISED", "VOIDED"},
}
_WRONG_STATUS = "Invoice not of valid status for modification"
_HAS_PAYMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."
_ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)
_AMOUNTS = {"Exclusive", "Inclusive", "NoTax"}
# What a payment or credit note fixes; of the rest anything may still change.
_FIXED = ("Type", "Date", "LineAmountTypes", "CurrencyCode", "SubTotal", "TotalTax", "Total")
_FIXED_IN_LINES = (
    "LineItemID",
    "Quantity",
    "UnitAmount",
    "TaxType",
    "LineAmount",
    "TaxAmount",
    "DiscountRate",
    "DiscountAmount",
)


def write_invoice(books: Books, sent: dict[str, Any], terms: Terms) -> Record:
    """Create an invoice, or with POST change the one that is meant; ``Refused`` in Xero's words."""
    before = _meant(books, sent, terms)
    status = stripped(sent.get("Status")) or (before["Status"] if before else "DRAFT")
    if before:
        if status not in MOVES.get(before["Status"], ()):
            raise Refused(_WRONG_STATUS)
        if status in {"DELETED", "VOIDED"}:
            return _end(books, before, status)
    after = _document(books, sent, before, status, terms)
    if before and is_settled(before):
        _check_only_free_fields(before, after)
    kept = books.keep_invoice(settled(after))
    if before is None and terms.by_app:
        books.made_by_app.add(kept["InvoiceID"])
    return kept


def _meant(books: Books, sent: dict[str, Any], terms: Terms) -> Record | None:
    """Which invoice a POST is about: by id, else by number.

    A POST with a number that exists edits that invoice: https://github.com/freakboy3742/pyxero/issues/328. An id can't
    be chosen: https://github.com/XeroAPI/xero-node/issues/204.
    """
    key = sent.get("InvoiceID")
    if terms.create:
        if key:
            raise Refused("An InvoiceID cannot be specified when creating an invoice")
        return None
    if key:
        found = books.invoices.get(key)
        if not found:
            raise UnknownId
        return found
    numbered = books.invoices_numbered(stripped(sent.get("InvoiceNumber")), stripped(sent.get("Type")))
    return next((each for each in numbered if each["Status"] != "DELETED"), None)


def _end(books: Books, before: Record, status: str) -> Record:
    """Delete a draft or void an approved invoice. Its figures stay as they were."""
    if is_settled(before):
        raise Refused(
            f"The status {status} cannot be applied to the invoice "
            "because it has payments or credit notes allocated to it."
        )
    locked = books.locked(day_of(before, "Date") or books.today())
    if status == "VOIDED" and locked:
        raise Refused(locked)
    return books.keep_invoice(before.but(Status=status))


def _document(books: Books, sent: dict[str, Any], before: Record | None, status: str, terms: Terms) -> Record:
    problems: list[str] = []
    fields: dict[str, Any] = dict(before) if before else _blank(books)
    fields |= {"Type": one_of(sent, "Type", before, {"ACCREC", "ACCPAY"}, "", problems)}
    fields |= {"LineAmountTypes": one_of(sent, "LineAmountTypes", before, _AMOUNTS, "Exclusive", problems)}
    set_status(fields, before, status, problems)
    set_dates(books, fields, sent, problems)
    set_currency(books, fields, sent, problems)
    _set_words(books, fields, sent, problems)
    set_contact(books, fields, sent, before, problems)
    line_terms = LineTerms(
        amounts=fields["LineAmountTypes"],
        places=terms.places,
        sale=fields["Type"] != "ACCPAY",
        complete=fields["Status"] != "DRAFT",
    )
    fields["LineItems"] = document_lines(books, sent, before, line_terms, problems)
    sums = totals(fields["LineItems"], fields["LineAmountTypes"])
    fields |= {"SubTotal": sums.subtotal, "TotalTax": sums.tax, "Total": sums.total}
    fields["IsDiscounted"] = bool(sums.discount)
    fields.pop("TotalDiscount", None)
    if sums.discount:
        fields["TotalDiscount"] = sums.discount
    if problems:
        raise Refused(*problems)
    if not fields.get("InvoiceNumber") and fields["Type"] == "ACCREC":
        fields["InvoiceNumber"] = books.next_invoice_number()
    _upsert_contact(books, fields, sent)
    return Record(fields)


def _blank(books: Books) -> dict[str, Any]:
    return {
        "Type": "",
        "InvoiceID": books.new_id(),
        "InvoiceNumber": "",
        "Reference": "",
        "Payments": (),
        "CreditNotes": (),
        "Prepayments": (),
        "Overpayments": (),
        "AmountDue": ZERO,
        "AmountPaid": ZERO,
        "AmountCredited": ZERO,
        "SentToContact": False,
        "HasAttachments": False,
        "HasErrors": False,
        "InvoicePaymentServices": (),
        "BrandingThemeID": books.branding_themes[0]["BrandingThemeID"],
        "CurrencyCode": books.organisation["BaseCurrency"],
        "LineItems": (),
    }


def one_of(
    sent: dict[str, Any], field: str, before: Record | None, allowed: set[str], default: str, problems: list[str]
) -> str:
    value = stripped(sent.get(field)) or (before[field] if before else default)
    if value not in allowed:
        problems.append(f"{field} '{value}' is not valid" if value else f"{field} must be specified")
    return value


def set_status(fields: dict[str, Any], before: Record | None, status: str, problems: list[str]) -> None:
    if not before and status not in {"DRAFT", "SUBMITTED", "AUTHORISED"}:
        problems.append("Invoice not of valid status for creation")
    # A paid invoice says so by itself, when its amounts are summed up.
    fields["Status"] = "AUTHORISED" if status == "PAID" else status


def set_dates(
    books: Books,
    fields: dict[str, Any],
    sent: dict[str, Any],
    problems: list[str],
    names: Sequence[str] = ("Date", "DueDate"),
) -> None:
    for field in names:
        if not sent.get(field):
            continue
        try:
            day = read_day(sent[field])
        except ValueError:
            problems.append(f"{field} is not a valid date")
            continue
        if field == "Date" and field in fields:
            # Out of a locked period nothing is moved either.
            _check_open(books, day_of(Record(fields), field), problems)
        _set_day(fields, field, day)
    if "Date" not in fields:
        _set_day(fields, "Date", books.today())
    _check_open(books, day_of(Record(fields), "Date"), problems)
    if "DueDate" in names and fields["Status"] != "DRAFT" and "DueDate" not in fields:
        problems.append("DueDate must be specified")


def _set_day(fields: dict[str, Any], field: str, day: date) -> None:
    fields |= {field: calendar(day), f"{field}String": calendar_text(day)}


def _check_open(books: Books, day: date | None, problems: list[str]) -> None:
    words = books.locked(day) if day else ""
    if words and words not in problems:
        problems.append(words)


def set_currency(books: Books, fields: dict[str, Any], sent: dict[str, Any], problems: list[str]) -> None:
    code = stripped(sent.get("CurrencyCode")) or fields["CurrencyCode"]
    if code not in books.currencies:
        problems.append(f"Organisation is not subscribed to currency {code}")
        return
    try:
        given = Decimal(str(sent.get("CurrencyRate") or 0))
    except InvalidOperation:
        given = Decimal(-1)
    if not given.is_finite() or given < 0:
        problems.append("CurrencyRate is not a valid number")
        return
    if given:
        fields["CurrencyRate"] = given
    elif code != fields["CurrencyCode"] or "CurrencyRate" not in fields:
        # Left out, the day's rate is taken.
        fields["CurrencyRate"] = books.currencies[code][1]
    fields["CurrencyCode"] = code


def _set_words(books: Books, fields: dict[str, Any], sent: dict[str, Any], problems: list[str]) -> None:
    for field in ("InvoiceNumber", "Reference", "Url", "BrandingThemeID"):
        if sent.get(field) is not None:
            fields[field] = stripped(sent[field])
    too_long = [field for field in ("InvoiceNumber", "Reference") if len(fields[field]) > 255]
    problems.extend(f"{field} must be 255 characters or less" for field in too_long)
    number = fields["InvoiceNumber"]
    if not all(" " <= letter <= "~" for letter in number):
        problems.append("InvoiceNumber must be printable ASCII")
    if number and fields["Type"] == "ACCREC" and books.number_taken(number, fields["InvoiceID"]):
        # https://github.com/XeroAPI/Xero-Net/issues/236; bills may share a number.
        problems.append("Invoice # must be unique.")
    url = fields.get("Url", "")
    if url and not url.lower().startswith(("http://", "https://")):
        problems.append("Url must be a valid URL")
    if "xero" in url.lower():
        problems.append("Url must not contain the word xero")
    if sent.get("SentToContact") is not None and fields["Status"] != "DRAFT":
        fields["SentToContact"] = bool(sent["SentToContact"])


def set_contact(
    books: Books, fields: dict[str, Any], sent: dict[str, Any], before: Record | None, problems: list[str]
) -> None:
    given: dict[str, Any] = sent.get("Contact") or {}
    if not any(given.get(key) for key in ("ContactID", "ContactNumber", "Name")):
        if not before:
            problems.append("A Contact must be specified for this type of transaction")
        return
    contact = _contact_meant(books, given)
    if not contact:
        return
    new = not before or before["Contact"]["ContactID"] != contact["ContactID"]
    if new and contact["ContactStatus"] != "ACTIVE":
        problems.append(_ARCHIVED)
    if new and before and before["AmountCredited"]:
        problems.append(_HAS_PAYMENTS)
    fields["Contact"] = Record(ContactID=contact["ContactID"])


def _contact_meant(books: Books, given: dict[str, Any]) -> Record | None:
    if key := given.get("ContactID"):
        found = books.contacts.get(key)
        if not found:
            raise UnknownId
        return found
    by_number = books.contacts_numbered(stripped(given.get("ContactNumber")))
    by_name = books.contacts_named(stripped(given.get("Name")))
    return next(iter([*by_number, *by_name]), None)


def _upsert_contact(books: Books, fields: dict[str, Any], sent: dict[str, Any]) -> None:
    """Anything beside the ContactID writes to the contact: it is updated, or a new one is made."""
    given: dict[str, Any] = sent.get("Contact") or {}
    if set(given) <= {"ContactID"}:
        return
    known = {"ContactID": fields["Contact"]["ContactID"]} if "Contact" in fields else {}
    contact = write_contact(books, {"ContactPersons": (), **given, **known}, Terms())
    fields["Contact"] = Record(ContactID=contact["ContactID"])


def document_lines(
    books: Books, sent: dict[str, Any], before: Record | None, terms: LineTerms, problems: list[str]
) -> Sequence[Record]:
    earlier: Sequence[Record] = before["LineItems"] if before else ()
    given = sent.get("LineItems")
    if given is None and before:
        if is_settled(before):
            return earlier
        # An update without LineItems makes them anew: other ids, and without unitdp=4 prices cut to two decimals.
        given = [{key: line[key] for key in KEPT if key in line} for line in earlier]
        earlier = ()
    if not given:
        problems.append("One or more line items must be specified")
        return ()
    return read_lines(books, given, earlier, terms, problems)


def _check_only_free_fields(before: Record, after: Record) -> None:
    """With money on it only words, due date, number, contact, account and tracking of an invoice may change."""
    same = all(before.get(field) == after.get(field) for field in _FIXED)
    if not same or _fixed_lines(before) != _fixed_lines(after):
        raise Refused(_HAS_PAYMENTS)


def _fixed_lines(invoice: Record) -> list[tuple[Any, ...]]:
    return [tuple(line.get(field) for field in _FIXED_IN_LINES) for line in invoice["LineItems"]]
