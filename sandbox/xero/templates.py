"""Templates of repeating invoices: made as drafts or approved ones, deleted, and never changed otherwise.

https://developer.xero.com/documentation/api/accounting/repeatinginvoices: PUT creates, POST with an id only deletes. A
schedule says every how many weeks or months, from when, and when each invoice is due. The list has no pages.
"""

from __future__ import annotations

from typing import Any

from sandbox.wire import Request, Response
from sandbox.xero import answers
from sandbox.xero.batches import Terms
from sandbox.xero.books import Books
from sandbox.xero.invoices import document_lines, one_of, set_contact, set_currency
from sandbox.xero.lines import LineTerms, totals
from sandbox.xero.reading import read_plain
from sandbox.xero.records import NO_ID, Record, Refused, UnknownId, calendar, read_day, stripped

_AMOUNTS = {"Exclusive", "Inclusive", "NoTax"}
_UNITS = {"WEEKLY", "MONTHLY"}
_DUE = {
    *("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "DAYSAFTERINVOICEDATE", "DAYSAFTERINVOICEMONTH"),
    *("OFCURRENTMONTH", "OFFOLLOWINGMONTH"),
}


def write_template(books: Books, sent: dict[str, Any], terms: Terms) -> Record:
    """Create a template, or with POST delete the one that its id means; ``Refused`` in Xero's words."""
    key = sent.get("RepeatingInvoiceID")
    if terms.create and key and key != NO_ID:
        raise Refused("A RepeatingInvoiceID cannot be specified when creating a repeating invoice")
    if not key:
        return books.keep_template(_template(books, sent, terms))
    found = books.templates.get(key)
    if not found:
        raise UnknownId
    if sent.get("Status") != "DELETED" or found["Status"] == "DELETED":
        raise Refused("Repeating invoices can only be deleted")
    return books.keep_template(found.but(Status="DELETED"))


def read_templates(books: Books, request: Request, ident: str) -> Response:
    """All that are not deleted, or the one of this id."""
    if ident:
        found = books.templates.get(ident)
        return answers.found(books, "RepeatingInvoices", [shown(books, found)]) if found else answers.not_found()
    kept = [Record(shown(books, each)) for each in books.templates.values() if each["Status"] != "DELETED"]
    return read_plain(books, request, "RepeatingInvoices", kept)


def shown(books: Books, record: Record, _places: int = 2) -> dict[str, Any]:
    """A template with its contact's name."""
    contact = books.contacts[record["Contact"]["ContactID"]]
    stub = {"ContactID": contact["ContactID"], "Name": contact["Name"], "HasValidationErrors": False}
    return {**record, "ID": record["RepeatingInvoiceID"], "Contact": stub}


def _template(books: Books, sent: dict[str, Any], terms: Terms) -> Record:
    problems: list[str] = []
    status = stripped(sent.get("Status")) or "DRAFT"
    if status not in {"DRAFT", "AUTHORISED"}:
        problems.append("Repeating invoice not of valid status for creation")
    fields: dict[str, Any] = {
        "RepeatingInvoiceID": books.new_id(),
        "Type": one_of(sent, "Type", None, {"ACCREC", "ACCPAY"}, "", problems),
        "LineAmountTypes": one_of(sent, "LineAmountTypes", None, _AMOUNTS, "Exclusive", problems),
        "Status": status,
        "Reference": stripped(sent.get("Reference")),
        "CurrencyCode": books.organisation["BaseCurrency"],
        "Schedule": _schedule(sent, problems),
        **dict.fromkeys(("HasAttachments", "ApprovedForSending", "SendCopy", "MarkAsSent", "IncludePDF"), False),
    }
    if sent.get("BrandingThemeID"):
        fields["BrandingThemeID"] = sent["BrandingThemeID"]
    if len(fields["Reference"]) > 255:
        problems.append("Reference must be 255 characters or less")
    set_currency(books, fields, sent, problems)
    fields.pop("CurrencyRate", None)
    set_contact(books, fields, sent, None, problems)
    # No unitdp here: prices have two decimals.
    line_terms = LineTerms(fields["LineAmountTypes"], terms.places, sale=True, complete=status != "DRAFT")
    fields["LineItems"] = document_lines(books, sent, None, line_terms, problems)
    sums = totals(fields["LineItems"], fields["LineAmountTypes"])
    fields |= {"SubTotal": sums.subtotal, "TotalTax": sums.tax, "Total": sums.total}
    if problems:
        raise Refused(*problems)
    return Record(fields)


def _schedule(sent: dict[str, Any], problems: list[str]) -> Record:
    given: Any = sent.get("Schedule")
    schedule: dict[str, Any] = given if isinstance(given, dict) else {}
    period, due = schedule.get("Period"), schedule.get("DueDate")
    if not isinstance(period, int) or period < 1 or schedule.get("Unit") not in _UNITS:
        problems.append("A valid Period and Unit must be specified for the schedule")
    if not isinstance(due, int) or due < 0 or schedule.get("DueDateType") not in _DUE:
        problems.append("A valid DueDate and DueDateType must be specified for the schedule")
    kept = {name: schedule.get(name) for name in ("Period", "Unit", "DueDate", "DueDateType")}
    for name in ("StartDate", "EndDate"):
        try:
            if schedule.get(name) or name == "StartDate":
                kept[name] = calendar(read_day(schedule.get(name)))
        except (ValueError, TypeError):
            problems.append(f"{name} is not a valid date")
    if "EndDate" in kept and "StartDate" in kept and read_day(schedule["EndDate"]) < read_day(schedule["StartDate"]):
        problems.append("The end date cannot be before the start date")
    return Record(kept, NextScheduledDate=kept.get("StartDate"))
