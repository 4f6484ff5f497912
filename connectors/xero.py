"""Xero's Accounting API.

Every write says ``summarizeErrors=false``: without it a batch answered 400 hides the elements it saved. Creating is
PUT, which refuses what exists; POST would overwrite a record of the same number or name, so it is used by id only.
https://developer.xero.com/documentation/api/accounting/overview
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Generic, TypeVar

import httpx

from connectors import xero_reading as reading
from connectors.errors import Gone, Rejected, Unavailable
from connectors.http import Dialect, Http
from connectors.wire import Json
from connectors.xero_reading import Row, Unreadable
from connectors.xero_writing import (
    approve_element,
    batch,
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
    "contact_element",
    "draft_element",
    "end_element",
    "idempotency_key",
    "revise_element",
]

API = "https://api.xero.com/api.xro/2.0"
IDS_A_CALL = 50
LARGE_PAGE = 1000
# Invoices come with all their lines: a thousand could outgrow the time limit of one answer.
INVOICE_PAGE = 500
LONGEST_NOTE = 2500
_UNKNOWN = ("Xero does not know the record.",)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kind(Generic[T]):
    """One kind of record: its path, the list's name in an answer, the field of its id, our word for it, its reader."""

    path: str
    list: str
    id: str
    word: str
    read: Callable[[Row], T]


_ACCOUNTS = _Kind("/Accounts", "Accounts", "AccountID", "account", reading.account)
_TAX_RATES = _Kind("/TaxRates", "TaxRates", "TaxType", "tax rate", reading.tax_rate)
_CURRENCIES = _Kind("/Currencies", "Currencies", "Code", "currency", reading.code)
_ITEMS = _Kind("/Items", "Items", "Code", "item", reading.code)
_CATEGORIES = _Kind("/TrackingCategories", "TrackingCategories", "Name", "tracking category", reading.category)
_THEMES = _Kind("/BrandingThemes", "BrandingThemes", "Name", "branding theme", reading.theme)
_ACTIONS = _Kind("/Organisation/Actions", "Actions", "Name", "action", reading.action)
_CONTACTS = _Kind("/Contacts", "Contacts", "ContactID", "contact", reading.contact)
_INVOICES = _Kind("/Invoices", "Invoices", "InvoiceID", "invoice", reading.invoice)
_PAYMENTS = _Kind("/Payments", "Payments", "PaymentID", "payment", reading.payment)
_CREDIT_NOTES = _Kind("/CreditNotes", "CreditNotes", "CreditNoteID", "credit note", reading.credit_note)


def _daily(headers: httpx.Headers, body: Json) -> bool:  # noqa: ARG001 - Xero's 429 has no body
    return headers.get("x-rate-limit-problem", "").lower() == "day"


def _all(row: Row) -> bool:  # noqa: ARG001 - whatever it says
    return True


# https://developer.xero.com/documentation/guides/oauth2/limits
DIALECT = Dialect(
    words=reading.words,
    scopes=lambda body: "",  # noqa: ARG005 - named in a header only
    daily=_daily,
    day_left="x-daylimit-remaining",
    minute_left="x-minlimit-remaining",
)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What became of a batch, by the key it was matched by (marker, contact number or invoice id).

    ``refused`` pairs a key with Xero's words. An element in neither is unknown: look before repeating it.
    """

    done: tuple[T, ...] = ()
    refused: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: its records, whether more follow, and how many records the whole list has (if told)."""

    records: tuple[T, ...]
    more: bool
    of: int | None


class Xero:
    """One organisation. Every method may raise ``ConnectorError``.

    ``tenant`` may be empty for a custom connection. A record that can't be read is left out, and told to
    ``unreadable(kind, id, field)``: "invoice", its id, and the field that made no sense.
    """

    def __init__(self, http: Http, tenant: str = "", *, unreadable: Callable[[str, str, str], None]) -> None:
        self._http = http
        self._tenant = {"xero-tenant-id": tenant}
        self._unreadable = unreadable
        self._listed_at: datetime | None = None

    @property
    def listed_at(self) -> datetime | None:
        """Xero's own time when the last list of changes was begun: what changed before it was listed, lag aside.

        None before the first list, and where Xero did not say.
        """
        return self._listed_at

    # ── the organisation ──

    def organisation(self) -> Organisation:
        """Raises ``Rejected`` when it is in a time zone we don't know, naming it."""
        row = next(iter(_listed(self._page("/Organisation", None, {}), "Organisations") or []), {})
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
            gone = tuple((id_, _UNKNOWN) for id_ in wanted if id_ not in rows)
            answer = Answer(answer.done + found.done, answer.refused + found.refused + gone)
        return answer

    # ── invoices ──

    def create_drafts(self, elements: Sequence[bytes], key: str) -> Answer[Invoice]:
        """Create draft invoices, matched by marker, never by position; see ``_create`` for what is raised.

        Anything but a draft with a marker is a mistake of ours and isn't sent.
        """
        for fields in map(json.loads, elements):
            if fields.get("Status") != "DRAFT" or not fields.get("Url") or "InvoiceID" in fields:
                raise ValueError("only a draft with a marker may be created")
        return self._create(_INVOICES, "Url", elements, key, unitdp="4")

    def update_invoices(self, elements: Sequence[bytes]) -> Answer[Invoice]:
        """Change invoices by id, matched by id. Safe to repeat, so without idempotency key.

        A key would be in the way: A, B, A again within six minutes would be answered from memory and leave B.
        """
        if not all(json.loads(element).get("InvoiceID") for element in elements):
            raise ValueError("an update names the invoice it changes")
        return self._update(_INVOICES, "InvoiceID", elements, unitdp="4")

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
        return Page(tuple(payment for payment in read.records if payment), read.more, read.of)

    def credit_notes_dated(self, first: date, last: date, page: int = 1) -> Page[CreditNote]:
        """Credit notes of these days on sales, with their lines, whatever their status."""
        where = f'Type=="ACCRECCREDIT" AND {_days(first, last)}'
        return self._dated(_CREDIT_NOTES, where, page, INVOICE_PAGE, unitdp="4")

    def invoices_due(self, page: int = 1) -> Page[Invoice]:
        """Approved sales invoices on which something is due now, without their lines."""
        where = 'Type=="ACCREC" AND Status=="AUTHORISED" AND AmountDue>0'
        return self._dated(_INVOICES, where, page, LARGE_PAGE, summaryOnly="true")

    def _dated(self, kind: _Kind[T], where: str, page: int, size: int, **params: str) -> Page[T]:
        asked = {"where": where, "order": f"{kind.id} ASC", "page": str(page), "pageSize": str(size), **params}
        body = self._page(kind.path, None, asked)
        rows = self._rows(kind, body)
        return Page(self._readable(kind, rows), _more(body, page, len(rows), size), _count(body))

    def add_history(self, invoice_id: str, text: str) -> None:
        """Add a note to the invoice's history; a longer one than 2,500 characters is cut. Twice adds two."""
        body = json.dumps({"HistoryRecords": [{"Details": text[:LONGEST_NOTE]}]}).encode()
        self._http.write("PUT", "/Invoices/{id}/History", content=body, headers=self._tenant, ids={"id": invoice_id})

    def send_invoice(self, invoice_id: str) -> None:
        """Have Xero mail an approved invoice to its contact. Twice mails it twice.

        https://developer.xero.com/documentation/api/accounting/invoices#emailing-an-invoice
        """
        path = "/Invoices/{id}/Email"
        self._http.write("POST", path, content=b"{}", headers=self._tenant, ids={"id": invoice_id})

    # ── reading ──

    def _get(self, kind: _Kind[T], **params: str) -> tuple[T, ...]:
        return self._readable(kind, self._rows(kind, self._page(kind.path, None, params)))

    def _by_id(self, kind: _Kind[T], ids: Sequence[str], **params: str) -> list[T]:
        unique = list(dict.fromkeys(ids))
        found: list[T] = []
        for start in range(0, len(unique), IDS_A_CALL):
            some = ",".join(unique[start : start + IDS_A_CALL])
            # Without ``page`` Xero answers in short: invoices without lines, contacts without MergedToContactID.
            found += self._get(kind, IDs=some, page="1", pageSize="100", **params)
        return found

    def _page(self, path: str, since: datetime | None, params: dict[str, str]) -> Json:
        # Any other format is ignored silently, and everything comes.
        # https://github.com/XeroAPI/xero-node/issues/272
        when = {"If-Modified-Since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")} if since else {}
        return self._http.read("GET", path, params=params, headers={**self._tenant, **when})

    def _rows(self, kind: _Kind[Any], body: Json) -> list[Row]:
        rows = _listed(body, kind.list)
        if rows is None:  # must not pass for "there are none"
            raise Unavailable("xero", f"GET {kind.path}", "an answer without sense")
        return rows

    def _changed(
        self, kind: _Kind[T], since: datetime | None, size: int, wanted: Callable[[Row], bool] = _all, **params: str
    ) -> Iterator[list[T]]:
        """Pages of changed records, oldest change first.

        A record changed while we page moves to the end and pulls another one over the edge to a page already read.
        So each page starts anew at the last moment seen (less a second, whatever "since" includes), and only a
        moment that fills a whole page is paged through.
        """
        seen: set[tuple[str, str]] = set()
        page, begun = 1, None
        while True:
            body = self._page(kind.path, since, {**params, "page": str(page), "pageSize": str(size)})
            rows = self._rows(kind, body)
            begun = begun if seen else reading.said_at(body)
            marks = {(str(row.get(kind.id)), str(row.get("UpdatedDateUTC"))): row for row in rows}
            if fresh := [row for mark, row in marks.items() if mark not in seen and wanted(row)]:
                yield list(self._readable(kind, fresh))
            seen |= marks.keys()
            if not _more(body, page, len(rows), size):
                self._listed_at = begun
                return
            newest = max((moment for row in rows if (moment := reading.updated(row))), default=None)
            restart = newest.replace(microsecond=0) - timedelta(seconds=1) if newest else None
            if restart and (since is None or restart > since):
                since, page = restart, 1
            else:
                page += 1

    def _readable(self, kind: _Kind[T], rows: Sequence[Row]) -> tuple[T, ...]:
        found: list[T] = []
        for row in rows:
            try:
                found.append(kind.read(row))
            except Unreadable as problem:
                self._unreadable(kind.word, str(row.get(kind.id) or ""), str(problem))
        return tuple(found)

    # ── writing ──

    def _write(self, method: str, kind: _Kind[Any], elements: Sequence[bytes], key: str = "", **params: str) -> Json:
        return self._http.write(
            method,
            kind.path,
            params={"summarizeErrors": "false", **params},
            content=batch(kind.list, elements),
            headers={**self._tenant, **({"Idempotency-Key": key} if key else {})},
        )

    def _update(self, kind: _Kind[T], key_name: str, elements: Sequence[bytes], **params: str) -> Answer[T]:
        try:
            body = self._write("POST", kind, elements, **params)
        except (Gone, Rejected) as refusal:
            # One bad id takes the whole request down; halves find it, and the others get through.
            if len(elements) > 1:
                half = len(elements) // 2
                parts = (self._update(kind, key_name, some, **params) for some in (elements[:half], elements[half:]))
                first, second = parts
                return Answer(first.done + second.done, first.refused + second.refused)
            return Answer(refused=((_key(elements[0], key_name), _words(refusal)),))
        return self._answer(kind, key_name, elements, body)

    def _create(self, kind: _Kind[T], key_name: str, elements: Sequence[bytes], key: str, **params: str) -> Answer[T]:
        """A request refused as a whole is that element's refusal when there is one.

        For several, ``Rejected`` or ``Gone`` goes to the caller, who knows nothing of any of them then: look, and
        send each alone.
        """
        try:
            body = self._write("PUT", kind, elements, key, **params)
        except (Gone, Rejected) as refusal:
            if len(elements) > 1:
                raise
            return Answer(refused=((_key(elements[0], key_name), _words(refusal)),))
        return self._answer(kind, key_name, elements, body)

    def _answer(self, kind: _Kind[T], key_name: str, elements: Sequence[bytes], body: Json) -> Answer[T]:
        sent = {_key(element, key_name) for element in elements}
        rows = _listed(body, kind.list) or []
        done: list[Row] = []
        refused: list[tuple[str, tuple[str, ...]]] = []
        for row in rows:
            key = str(row.get(key_name) or "")
            if not key and len(sent) == len(rows) == 1:
                (key,) = sent
            if key not in sent:
                self._unreadable(kind.word, str(row.get(kind.id) or ""), key_name)
            elif complaints := reading.complaints(row):
                refused.append((key, complaints))
            else:
                done.append(row)
        return Answer(self._readable(kind, done), tuple(refused))


def _listed(body: Json, name: str) -> list[Row] | None:
    rows = body.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def _more(body: Json, page: int, rows: int, size: int) -> bool:
    said: Any = body.get("pagination")
    if isinstance(said, dict) and isinstance(said.get("pageCount"), int):
        return page < said["pageCount"]
    return rows >= size


def _count(body: Json) -> int | None:
    said: Any = body.get("pagination")
    count = said.get("itemCount") if isinstance(said, dict) else None
    return count if isinstance(count, int) else None


def _days(first: date, last: date) -> str:
    """https://developer.xero.com/documentation/api/accounting/invoices: dates of which a search is quick."""
    low, high = (f"DateTime({day:%Y,%m,%d})" for day in (first, last))
    return f"Date>={low} AND Date<={high}"


def _key(element: bytes, name: str) -> str:
    return str(json.loads(element)[name])


def _words(refusal: Gone | Rejected) -> tuple[str, ...]:
    if isinstance(refusal, Rejected):
        return refusal.words or reading.NO_REASON
    return _UNKNOWN
