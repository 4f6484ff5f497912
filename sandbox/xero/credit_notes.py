"""Writing credit notes on sales: made, approved, deleted, voided, set against invoices.

They go through the statuses of invoices, and have neither discounts nor a due date of their own.
https://developer.xero.com/documentation/api/accounting/creditnotes
"""

from __future__ import annotations

from typing import Any

from sandbox.wire import Request, Response
from sandbox.xero import answers
from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.invoices import MOVES, document_lines, one_of, set_contact, set_currency, set_dates
from sandbox.xero.lines import LineTerms, totals
from sandbox.xero.records import NO_ID, ZERO, Record, Refused, UnknownId, day_of, decode, stripped
from sandbox.xero.settling import allocate

_AMOUNTS = {"Exclusive", "Inclusive", "NoTax"}


def write_credit_note(books: Books, sent: dict[str, Any], terms: Terms) -> Record:
    """Create a credit note, or with POST change the one that its id means; ``Refused`` in Xero's words."""
    before = _meant(books, sent, terms)
    status = stripped(sent.get("Status")) or (before["Status"] if before else "DRAFT")
    if before:
        if status not in MOVES.get(before["Status"], ()):
            raise Refused("Credit note not of valid status for modification")
        if before["Allocations"]:
            raise Refused("This document cannot be edited as it has a payment or credit note allocated to it.")
        if status in {"DELETED", "VOIDED"}:
            return _end(books, before, status)
    return books.keep_credit_note(_document(books, sent, before, status, terms))


def write_allocations(books: Books, request: Request, ident: str) -> Response:
    """Set parts of one credit note against invoices, one after the other."""
    if ident not in books.credit_notes:
        return answers.not_found()
    try:
        wanted: list[dict[str, Any]] = decode(request.body)["Allocations"]
    except (ValueError, KeyError, TypeError):
        return answers.unreadable_body()
    made: list[dict[str, Any]] = []
    for each in wanted:
        try:
            part = allocate(books, books.credit_notes[ident], each)
        except UnknownId:
            return answers.not_found()
        except Refused as refusal:
            errors = [{"Message": words} for words in refusal.messages]
            return answers.validation([{**each, "ValidationErrors": errors}])
        made.append({**part, "CreditNote": {"CreditNoteID": ident}})
    return answers.found(books, "Allocations", made)


def _meant(books: Books, sent: dict[str, Any], terms: Terms) -> Record | None:
    key = sent.get("CreditNoteID")
    if terms.create and key and key != NO_ID:
        raise Refused("A CreditNoteID cannot be specified when creating a credit note")
    if not key:
        return None
    found = books.credit_notes.get(key)
    if not found:
        raise UnknownId
    return found


def _end(books: Books, before: Record, status: str) -> Record:
    locked = books.locked(day_of(before, "Date") or books.today())
    if status == "VOIDED" and locked:
        raise Refused(locked)
    return books.keep_credit_note(before.but(Status=status, RemainingCredit=ZERO))


def _document(books: Books, sent: dict[str, Any], before: Record | None, status: str, terms: Terms) -> Record:
    problems: list[str] = []
    fields: dict[str, Any] = dict(before) if before else _blank(books)
    fields |= {"Type": one_of(sent, "Type", before, {"ACCRECCREDIT"}, "", problems)}
    fields |= {"LineAmountTypes": one_of(sent, "LineAmountTypes", before, _AMOUNTS, "Exclusive", problems)}
    if not before and status not in {"DRAFT", "SUBMITTED", "AUTHORISED"}:
        problems.append("Credit note not of valid status for creation")
    fields["Status"] = status
    set_dates(books, fields, sent, problems, ("Date",))
    set_currency(books, fields, sent, problems)
    for name in ("CreditNoteNumber", "Reference", "BrandingThemeID"):
        if sent.get(name) is not None:
            fields[name] = stripped(sent[name])
    if len(fields["Reference"]) > 255:
        problems.append("Reference must be 255 characters or less")
    set_contact(books, fields, sent, before, problems)
    line_terms = LineTerms(fields["LineAmountTypes"], terms.places, sale=False, complete=status != "DRAFT")
    fields["LineItems"] = document_lines(books, sent, before, line_terms, problems)
    sums = totals(fields["LineItems"], fields["LineAmountTypes"])
    fields |= {"SubTotal": sums.subtotal, "TotalTax": sums.tax, "Total": sums.total, "RemainingCredit": sums.total}
    if sums.total < 0:
        problems.append("The total of a credit note cannot be negative")
    if problems:
        raise Refused(*problems)
    if not fields.get("CreditNoteNumber"):
        fields["CreditNoteNumber"] = books.next_credit_number()
    return Record(fields)


def _blank(books: Books) -> dict[str, Any]:
    return {
        "Type": "",
        "CreditNoteID": books.new_id(),
        "Reference": "",
        "Allocations": (),
        "HasAttachments": False,
        "HasErrors": False,
        "BrandingThemeID": books.branding_themes[0]["BrandingThemeID"],
        "CurrencyCode": books.organisation["BaseCurrency"],
        "LineItems": (),
        "Payments": (),
        "CreditNotes": (),
    }
