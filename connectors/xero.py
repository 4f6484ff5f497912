"""Xero's Accounting API: what is asked and told, by kind of record. How, and why so, is in ``xero_lists``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

import httpx

from connectors import xero_reading as reading
from connectors.errors import Gone, NotConnected, Rejected, Unavailable
from connectors.http import Dialect
from connectors.oauth import ATTACHMENTS
from connectors.wire import Json
from connectors.xero_lists import IDS_A_CALL, UNKNOWN, Answer, Kind, Page, T, count, listed, more
from connectors.xero_reading import Row, Unreadable
from connectors.xero_templates import Templates, template_element, template_end
from connectors.xero_writing import (
    approve_element,
    as_credit,
    changed_element,
    contact_element,
    draft_element,
    end_element,
    idempotency_key,
    quoted,
    revise_element,
)
from domain.records import Books, ContactUpdate, CreditNote, Invoice, Organisation, Payment, XeroContact

__all__ = [
    "API",
    "DIALECT",
    "Answer",
    "Page",
    "Xero",
    "approve_element",
    "as_credit",
    "contact_element",
    "draft_element",
    "end_element",
    "idempotency_key",
    "revise_element",
    "template_element",
    "template_end",
]

API = "https://api.xero.com/api.xro/2.0"
LARGE_PAGE = 1000
# Invoices come with all their lines: a thousand could outgrow the time limit of one answer.
INVOICE_PAGE = 500
LONGEST_NOTE = 2500


_ACCOUNTS = Kind("/Accounts", "Accounts", "AccountID", "account", reading.account)
_TAX_RATES = Kind("/TaxRates", "TaxRates", "TaxType", "tax rate", reading.tax_rate)
_CURRENCIES = Kind("/Currencies", "Currencies", "Code", "currency", reading.code)
_ITEMS = Kind("/Items", "Items", "Code", "item", reading.code)
_CATEGORIES = Kind("/TrackingCategories", "TrackingCategories", "Name", "tracking category", reading.category)
_THEMES = Kind("/BrandingThemes", "BrandingThemes", "Name", "branding theme", reading.theme)
_ACTIONS = Kind("/Organisation/Actions", "Actions", "Name", "action", reading.action)
_CONTACTS = Kind("/Contacts", "Contacts", "ContactID", "contact", reading.contact)
_INVOICES = Kind("/Invoices", "Invoices", "InvoiceID", "invoice", reading.invoice)
_PAYMENTS = Kind("/Payments", "Payments", "PaymentID", "payment", reading.payment)
_CREDIT_NOTES = Kind("/CreditNotes", "CreditNotes", "CreditNoteID", "credit note", reading.credit_note)


def _daily(headers: httpx.Headers, body: Json) -> bool:  # noqa: ARG001 - Xero's 429 has no body
    return headers.get("x-rate-limit-problem", "").lower() == "day"


# https://developer.xero.com/documentation/guides/oauth2/limits
DIALECT = Dialect(
    words=reading.words,
    scopes=lambda body: "",  # noqa: ARG005 - named in a header only
    daily=_daily,
    day_left="x-daylimit-remaining",
    minute_left="x-minlimit-remaining",
)


class Xero(Templates):
    """One organisation. Every method may raise ``ConnectorError``.

    ``tenant`` may be empty for a custom connection. A record that can't be read is left out, and told to
    ``unreadable(kind, id, field)``: "invoice", its id, and the field that made no sense.
    """

    # ── the organisation ──

    def organisation(self) -> Organisation:
        """Raises ``Rejected`` when it is in a time zone we don't know, naming it."""
        row = next(iter(listed(self._page("/Organisation", None, {}), "Organisations") or []), {})
        try:
            return reading.organisation(row)
        except Unreadable as problem:
            words = (f"Xero's answer about the organisation can't be used: {problem}.",)
            raise Rejected("xero", "GET /Organisation", words=words, status=200) from None

    def books(self) -> Books:
        """What the organisation offers an invoice, in eight calls."""
        return Books(
            organisation=self.organisation(),
            accounts=self._get(_ACCOUNTS),
            tax_rates=self._get(_TAX_RATES),
            currencies=self._get(_CURRENCIES),
            item_codes=self._get(_ITEMS),
            tracking=tuple(each for each in self._get(_CATEGORIES) if each[0]),
            themes=self._get(_THEMES),
            forbidden=tuple(filter(None, self._get(_ACTIONS))),
        )

    # ── contacts ──

    def contacts_changed(self, since: datetime | None) -> Iterator[list[XeroContact]]:
        """Contacts changed since then, archived ones too, oldest change first; all of them for ``None``."""
        return self._changed(_CONTACTS, since, LARGE_PAGE, includeArchived="true")

    def contacts(self, ids: Sequence[str]) -> list[XeroContact]:
        """These contacts, archived and merged ones too; one that Xero doesn't know is missing."""
        return self._by_id(_CONTACTS, ids, includeArchived="true")

    def contacts_numbered(self, number: str) -> list[XeroContact]:
        """The contacts with this number, archived ones too. Don't count on one: Xero was seen to hold two."""
        where = f"ContactNumber=={quoted(number)}"
        found = self._get(_CONTACTS, where=where, includeArchived="true", page="1", pageSize="100")
        return [contact for contact in found if contact.number == number]

    def create_contacts(self, elements: Sequence[bytes], key: str) -> Answer[XeroContact]:
        """Create contacts, matched by number; see ``_create`` for what is raised."""
        return self._create(_CONTACTS, "ContactNumber", elements, key)

    def update_contacts(self, updates: Sequence[ContactUpdate]) -> Answer[XeroContact]:
        """Change details of contacts by id, matched by id, fifty in a call after one that reads them.

        Safe to repeat. POST without an id would change whoever has the name, so it is refused here.
        """
        if not all(update.id for update in updates):
            raise ValueError("an update names the contact it changes")
        answer: Answer[XeroContact] = Answer()
        for start in range(0, len(updates), IDS_A_CALL):
            wanted = {update.id: update.details for update in updates[start : start + IDS_A_CALL]}
            asked = {"IDs": ",".join(wanted), "page": "1", "pageSize": "100", "includeArchived": "true"}
            rows = {
                str(row.get(_CONTACTS.id)): row for row in self._rows(_CONTACTS, self._page("/Contacts", None, asked))
            }
            there = [changed_element(rows[id_], details) for id_, details in wanted.items() if id_ in rows]
            found: Answer[XeroContact] = self._update(_CONTACTS, _CONTACTS.id, there) if there else Answer()
            gone = tuple((id_, UNKNOWN) for id_ in wanted if id_ not in rows)
            answer = Answer(answer.done + found.done, answer.refused + found.refused + gone)
        return answer

    # ── invoices ──

    def create_drafts(self, elements: Sequence[bytes], key: str) -> Answer[Invoice]:
        """Create draft invoices; see ``_create_drafts``."""
        return self._create_drafts(_INVOICES, "Url", elements, key)

    def update_invoices(self, elements: Sequence[bytes]) -> Answer[Invoice]:
        """Change invoices by id; see ``_update_papers``."""
        return self._update_papers(_INVOICES, elements)

    def invoices(self, ids: Sequence[str]) -> list[Invoice]:
        """These invoices with their lines, whatever their status; one that Xero doesn't know is missing."""
        return self._by_id(_INVOICES, ids, unitdp="4")

    def invoices_changed(
        self, since: datetime | None, *, ours_only: bool, bearing: Callable[[str], bool] | None = None
    ) -> Iterator[list[Invoice]]:
        """Sales invoices changed since then, oldest change first; ``ours_only``: those this connection created.

        ``bearing`` chooses by the marker, before any more of them is read: a list may be long.
        """
        ours = {"createdByMyApp": "true"} if ours_only else {}

        def wanted(row: Row) -> bool:
            return bearing is None or bearing(reading.marker(row))

        return self._changed(_INVOICES, since, INVOICE_PAGE, wanted, where='Type=="ACCREC"', unitdp="4", **ours)

    def payments_changed(self, since: datetime | None) -> Iterator[list[Payment]]:
        """Payments on sales invoices changed since then, removed ones too, oldest change first."""
        for payments in self._changed(_PAYMENTS, since, LARGE_PAGE):
            yield [payment for payment in payments if payment]

    # ── a stretch of days: lists in the order of ids, which no change while we page moves about ──

    def invoices_dated(self, first: date, last: date, page: int = 1) -> Page[Invoice]:
        """Sales invoices of these days with their lines, whatever their status."""
        return self._dated(_INVOICES, f'Type=="ACCREC" AND {_days(first, last)}', page, INVOICE_PAGE, unitdp="4")

    def payments_dated(self, first: date, last: date, page: int = 1) -> Page[Payment]:
        """Payments of these days on sales invoices, those removed left out."""
        read = self._dated(_PAYMENTS, f'Status=="AUTHORISED" AND {_days(first, last)}', page, LARGE_PAGE)
        return Page(tuple(each for each in read.records if each and each.invoice_id), read.more, read.of)

    def credit_notes_dated(self, first: date, last: date, page: int = 1) -> Page[CreditNote]:
        """Credit notes of these days on sales, with their lines, whatever their status."""
        where = f'Type=="ACCRECCREDIT" AND {_days(first, last)}'
        return self._dated(_CREDIT_NOTES, where, page, INVOICE_PAGE, unitdp="4")

    def invoices_due(self, page: int = 1) -> Page[Invoice]:
        """Approved sales invoices on which something is due now, without their lines."""
        where = 'Type=="ACCREC" AND Status=="AUTHORISED" AND AmountDue>0'
        return self._dated(_INVOICES, where, page, LARGE_PAGE, summaryOnly="true")

    def _dated(self, kind: Kind[T], where: str, page: int, size: int, **params: str) -> Page[T]:
        asked = {"where": where, "order": f"{kind.id} ASC", "page": str(page), "pageSize": str(size), **params}
        body = self._page(kind.path, None, asked)
        rows = self._rows(kind, body)
        return Page(self._readable(kind, rows), more(body, page, len(rows), size), count(body))

    def add_history(self, invoice_id: str, text: str) -> None:
        """Add a note to the invoice's history; a longer one than 2,500 characters is cut. Twice adds two."""
        body = json.dumps({"HistoryRecords": [{"Details": text[:LONGEST_NOTE]}]}).encode()
        self._http.write("PUT", "/Invoices/{id}/History", content=body, headers=self._tenant, ids={"id": invoice_id})

    def invoice_pdf(self, invoice_id: str) -> bytes:
        """The invoice as Xero prints it.

        https://developer.xero.com/documentation/api/accounting/invoices#retrieving-invoices-as-pdf
        """
        path, headers = "/Invoices/{id}", {**self._tenant, "Accept": "application/pdf"}
        content = self._http.fetch(path, headers=headers, ids={"id": invoice_id})
        if not content.startswith(b"%PDF"):
            raise Unavailable("xero", f"GET {path}", "an answer that is no PDF")
        return content

    def attachments(self, invoice_id: str) -> dict[str, int]:
        """What is attached to an invoice: its bytes by file name."""
        path = "/Invoices/{id}/Attachments"
        try:
            body = self._http.read("GET", path, headers=self._tenant, ids={"id": invoice_id})
        except NotConnected as refusal:  # Xero does not say what is lacking
            detail = f"{refusal.detail}; attachments need the permission {ATTACHMENTS}"
            raise NotConnected("xero", refusal.call, detail) from None
        rows = listed(body, "Attachments")
        if rows is None:
            raise Unavailable("xero", f"GET {path}", "an answer without sense")
        return {str(row.get("FileName")): int(row.get("ContentLength") or 0) for row in rows}

    def attach(self, invoice_id: str, name: str, content: bytes) -> None:
        """Attach a file, which the customer's page of the invoice does not show. Look what is there before.

        https://developer.xero.com/documentation/api/accounting/attachments
        """
        self._http.write(
            "PUT",
            "/Invoices/{id}/Attachments/{name}",
            content=content,
            headers={**self._tenant, "Content-Type": "application/octet-stream"},
            ids={"id": invoice_id},
            names={"name": name},
        )

    def online_invoice(self, invoice_id: str) -> str:
        """The address of the page where the customer sees and pays an approved invoice; "" where there is none.

        https://developer.xero.com/documentation/api/accounting/invoices#retrieving-the-online-invoice-url
        """
        path = "/Invoices/{id}/OnlineInvoice"
        try:
            body = self._http.read("GET", path, headers=self._tenant, ids={"id": invoice_id})
        except (Gone, Rejected):
            return ""
        return next((str(row.get("OnlineInvoiceUrl") or "") for row in listed(body, "OnlineInvoices") or []), "")

    def send_invoice(self, invoice_id: str) -> None:
        """Have Xero mail an approved invoice to its contact. Twice mails it twice.

        https://developer.xero.com/documentation/api/accounting/invoices#emailing-an-invoice
        """
        path = "/Invoices/{id}/Email"
        self._http.write("POST", path, content=b"{}", headers=self._tenant, ids={"id": invoice_id})


def _days(first: date, last: date) -> str:
    """https://developer.xero.com/documentation/api/accounting/invoices: dates of which a search is quick."""
    low, high = (f"DateTime({day:%Y,%m,%d})" for day in (first, last))
    return f"Date>={low} AND Date<={high}"
