"""Which call does what: every endpoint the double offers, and the scope it asks for.

https://developer.xero.com/documentation/api/accounting/overview, https://developer.xero.com/documentation/guides/oauth2/scopes/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from sandbox.wire import Request, Response
from sandbox.xero import answers, notes, shapes
from sandbox.xero.attachments import read_attachments, write_attachment
from sandbox.xero.batches import Kind, places_of, write_batch
from sandbox.xero.books import Books
from sandbox.xero.contacts import write_contact
from sandbox.xero.credit_notes import write_allocations, write_credit_note
from sandbox.xero.invoices import write_invoice
from sandbox.xero.listings import CONTACTS, CREDIT_NOTES, INVOICES, OVERPAYMENTS, PAYMENTS, PREPAYMENTS
from sandbox.xero.reading import read_list, read_plain
from sandbox.xero.records import Record
from sandbox.xero.settling import write_payment
from sandbox.xero.templates import read_templates, shown, write_template

PREFIX = "/api.xro/2.0/"

Route = Callable[[Books, Request, str], Response]

_BROAD = "accounting.transactions"
SCOPES: dict[str, tuple[str, ...]] = {
    "Contacts": ("accounting.contacts",),
    "Invoices": ("accounting.invoices", _BROAD),
    "CreditNotes": ("accounting.invoices", _BROAD),
    "RepeatingInvoices": ("accounting.invoices", _BROAD),
    "Attachments": ("accounting.attachments",),
    "Payments": ("accounting.payments", _BROAD),
    "Overpayments": ("accounting.payments", _BROAD),
    "Prepayments": ("accounting.payments", _BROAD),
    "Items": ("accounting.settings", "accounting.invoices", _BROAD),
}
_SETTINGS = ("accounting.settings",)

_CONTACT = Kind("Contacts", "ContactID", "HasValidationErrors", write_contact, shapes.contact, lambda b: b.contacts)
_INVOICE = Kind("Invoices", "InvoiceID", "HasErrors", write_invoice, shapes.invoice_written, lambda b: b.invoices)
_CREDIT = Kind(
    "CreditNotes", "CreditNoteID", "HasErrors", write_credit_note, shapes.credit_note, lambda b: b.credit_notes
)
_TEMPLATE = Kind("RepeatingInvoices", "RepeatingInvoiceID", "HasErrors", write_template, shown, lambda b: b.templates)
_PAYMENT = Kind("Payments", "PaymentID", "HasValidationErrors", write_payment, shapes.payment, lambda b: b.payments)


def scopes_for(resource: str) -> tuple[str, ...]:
    return SCOPES.get(resource, _SETTINGS)


def find(request: Request) -> tuple[Route | None, str, str]:
    """The work for a call, its resource, and the id in its path; no work where the endpoint is not offered."""
    resource, _, rest = request.path.removeprefix(PREFIX).rstrip("/").partition("/")
    ident, _, below = rest.partition("/")
    of_file, slash, name = below.partition("/")
    if of_file == "Attachments" and name:
        below = f"{of_file}{slash}*"
    pattern = resource + ("/*" if ident else "") + (f"/{below}" if below else "")
    work = ROUTES.get(f"{request.method} {pattern}")
    return work, of_file if of_file == "Attachments" else resource, unquote(ident)


def is_printed(request: Request) -> bool:
    """Whether the call may be answered by a PDF: one invoice read."""
    return (request.method, find(request)[0]) == ("GET", _invoice)


def _invoice_meant(books: Books, ident: str) -> Record | None:
    """By id or number; of several with that number the oldest, without a word."""
    return books.invoices.get(ident) or next(iter(books.invoices_numbered(ident)), None)


def _contact_meant(books: Books, ident: str) -> Record | None:
    return books.contacts.get(ident) or next(iter(books.contacts_numbered(ident)), None)


def _invoice(books: Books, request: Request, ident: str) -> Response:
    found = _invoice_meant(books, ident)
    if found and request.headers.get("accept") == "application/pdf":
        return answers.pdf(found["InvoiceNumber"])
    return answers.found(books, "Invoices", [shapes.invoice(books, found, places_of(request))]) if found else _gone()


def _contact(books: Books, _request: Request, ident: str) -> Response:
    found = _contact_meant(books, ident)
    return answers.found(books, "Contacts", [shapes.contact(books, found)]) if found else _gone()


def _payment(books: Books, _request: Request, ident: str) -> Response:
    found = books.payments.get(ident)
    return answers.found(books, "Payments", [shapes.payment(books, found)]) if found else _gone()


def _credit_note(books: Books, request: Request, ident: str) -> Response:
    found = books.credit_notes.get(ident)
    if not found:
        return _gone()
    return answers.found(books, "CreditNotes", [shapes.credit_note(books, found, places_of(request))])


def _write_invoices(books: Books, request: Request, _ident: str) -> Response:
    return write_batch(books, request, _INVOICE)


def _write_invoice(books: Books, request: Request, ident: str) -> Response:
    found = _invoice_meant(books, ident)
    return write_batch(books, request, _INVOICE, found["InvoiceID"]) if found else _gone()


def _write_contacts(books: Books, request: Request, _ident: str) -> Response:
    return write_batch(books, request, _CONTACT)


def _write_contact(books: Books, request: Request, ident: str) -> Response:
    found = _contact_meant(books, ident)
    return write_batch(books, request, _CONTACT, found["ContactID"]) if found else _gone()


def _write_payments(books: Books, request: Request, _ident: str) -> Response:
    return write_batch(books, request, _PAYMENT)


def _write_payment(books: Books, request: Request, ident: str) -> Response:
    return write_batch(books, request, _PAYMENT, ident) if ident in books.payments else _gone()


def _write_credit_notes(books: Books, request: Request, _ident: str) -> Response:
    return write_batch(books, request, _CREDIT)


def _write_credit_note(books: Books, request: Request, ident: str) -> Response:
    return write_batch(books, request, _CREDIT, ident) if ident in books.credit_notes else _gone()


def _online_invoice(books: Books, _request: Request, ident: str) -> Response:
    """The customer's own page of a sales invoice, once it is no draft: …/accounting/invoices#online-invoice."""
    found = _invoice_meant(books, ident)
    if not found or found["Type"] != "ACCREC" or found["Status"] == "DRAFT":
        return _gone()
    page = f"https://in.xero.com/{found['InvoiceID'].replace('-', '')}"
    return answers.found(books, "OnlineInvoices", [{"OnlineInvoiceUrl": page}])


def _email(books: Books, _request: Request, ident: str) -> Response:
    """Mail a sales invoice to its contact, not while it is a draft: …/accounting/invoices#emailing-an-invoice."""
    found = _invoice_meant(books, ident)
    if not found:
        return _gone()
    if found["Type"] != "ACCREC" or found["Status"] not in {"SUBMITTED", "AUTHORISED", "PAID"}:
        return answers.refused("The invoice is not of valid status to be emailed")
    if not books.contacts[found["Contact"]["ContactID"]].get("EmailAddress"):
        return answers.refused("The contact has no email address")
    books.mails.append(found["InvoiceID"])
    books.keep_invoice(found.but(SentToContact=True))
    return answers.nothing()


def _organisation(books: Books, _request: Request, _ident: str) -> Response:
    return answers.found(books, "Organisations", [books.organisation])


def _actions(books: Books, _request: Request, ident: str) -> Response:
    if ident != "Actions":
        return _gone()
    names = ("CreateApprovedInvoice", "CreateDraftInvoice", "CreateInvoicePayment", "UseMulticurrency")
    told = [{"Name": name, "Status": "NOT-ALLOWED" if name in books.forbidden else "ALLOWED"} for name in names]
    return answers.found(books, "Actions", told)


def _tax_rates(books: Books, request: Request, ident: str) -> Response:
    rates = [each for key, each in books.tax_rates.items() if ident in {"", key}]
    return read_plain(books, request, "TaxRates", rates) if rates else _gone()


def _items(books: Books, request: Request, ident: str) -> Response:
    items = [each for each in books.items.values() if ident in {"", each["Code"], each["ItemID"]}]
    return read_plain(books, request, "Items", items) if items else _gone()


def _currencies(books: Books, request: Request, _ident: str) -> Response:
    listed: list[Any] = [Record(Code=code, Description=name) for code, (name, _) in books.currencies.items()]
    return read_plain(books, request, "Currencies", listed)


def _accounts(books: Books, request: Request, _ident: str) -> Response:
    return read_plain(books, request, "Accounts", books.accounts.values())


def _tracking(books: Books, request: Request, _ident: str) -> Response:
    return read_plain(books, request, "TrackingCategories", books.tracking.values())


def _branding(books: Books, request: Request, _ident: str) -> Response:
    return read_plain(books, request, "BrandingThemes", books.branding_themes)


def _gone() -> Response:
    return answers.not_found()


ROUTES: dict[str, Route] = {
    "GET Organisation": _organisation,
    "GET Organisation/*": _actions,
    "GET Accounts": _accounts,
    "GET TaxRates": _tax_rates,
    "GET TaxRates/*": _tax_rates,
    "GET Currencies": _currencies,
    "GET Items": _items,
    "GET Items/*": _items,
    "GET TrackingCategories": _tracking,
    "GET BrandingThemes": _branding,
    "GET Contacts": lambda books, request, _: read_list(books, request, CONTACTS),
    "GET Contacts/*": _contact,
    "PUT Contacts": _write_contacts,
    "POST Contacts": _write_contacts,
    "POST Contacts/*": _write_contact,
    "GET Invoices": lambda books, request, _: read_list(books, request, INVOICES),
    "GET Invoices/*": _invoice,
    "PUT Invoices": _write_invoices,
    "POST Invoices": _write_invoices,
    "POST Invoices/*": _write_invoice,
    "GET Invoices/*/History": lambda books, _, ident: notes.read_notes(books, ident),
    "PUT Invoices/*/History": notes.write_notes,
    "GET Invoices/*/OnlineInvoice": _online_invoice,
    "POST Invoices/*/Email": _email,
    "GET Invoices/*/Attachments": read_attachments,
    "PUT Invoices/*/Attachments/*": write_attachment,
    "GET Payments": lambda books, request, _: read_list(books, request, PAYMENTS),
    "GET Payments/*": _payment,
    "PUT Payments": _write_payments,
    "POST Payments": _write_payments,
    "POST Payments/*": _write_payment,
    "GET Overpayments": lambda books, request, _: read_list(books, request, OVERPAYMENTS),
    "GET Prepayments": lambda books, request, _: read_list(books, request, PREPAYMENTS),
    "GET RepeatingInvoices": read_templates,
    "GET RepeatingInvoices/*": read_templates,
    "PUT RepeatingInvoices": lambda books, request, _: write_batch(books, request, _TEMPLATE),
    "POST RepeatingInvoices": lambda books, request, _: write_batch(books, request, _TEMPLATE),
    "GET CreditNotes": lambda books, request, _: read_list(books, request, CREDIT_NOTES),
    "GET CreditNotes/*": _credit_note,
    "PUT CreditNotes": _write_credit_notes,
    "POST CreditNotes": _write_credit_notes,
    "POST CreditNotes/*": _write_credit_note,
    "PUT CreditNotes/*/Allocations": write_allocations,
}
