"""The organisation's books: every record Xero holds, its indexes, and what changed during the call at hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.xero import chart
from sandbox.xero.records import Record, day_of, instant, instant_text, plain_instant, shown_day

Change = tuple[str, str, Record | None, Record | None]

_API = "https://api.xero.com/api.xro/2.0"

# What webhooks tell of: https://developer.xero.com/documentation/guides/webhooks/overview/ (none for payments).
_CATEGORIES = {
    "contact": ("CONTACT", "Contacts"),
    "invoice": ("INVOICE", "Invoices"),
    "credit note": ("CREDITNOTE", "CreditNotes"),
    "Overpayment": ("OVERPAYMENT", "Overpayments"),
    "Prepayment": ("PREPAYMENT", "Prepayments"),
}


class Books:
    """All state of one organisation.

    ``contacts``, ``invoices``, ``payments``, ``credit_notes`` and each kind of ``surplus`` are by id, in Xero's own
    shape with money as ``Decimal``. An invoice holds its contact as ``{"ContactID": …}``; the name is the contact's.
    """

    def __init__(self, now: datetime, *, seed: int, name: str, zone: str) -> None:
        self.random = random.Random(seed)
        self.now = now
        self.zone: tzinfo = ZoneInfo(zone)
        self.tenant_id = self.new_id()
        self.organisation = chart.organisation(self.new_id, name, plain_instant(now))
        self.accounts = chart.accounts(self.new_id, instant(now))
        self.tax_rates = chart.tax_rates()
        self.items = chart.items(self.new_id, instant(now))
        self.tracking = chart.tracking(self.new_id)
        self.currencies = dict(chart.CURRENCIES)
        self.branding_themes = (self._standard_theme(),)
        self.contacts: dict[str, Record] = {}
        self.invoices: dict[str, Record] = {}
        self.payments: dict[str, Record] = {}
        self.credit_notes: dict[str, Record] = {}
        self.surplus: dict[str, dict[str, Record]] = {"Overpayment": {}, "Prepayment": {}}
        self.templates: dict[str, Record] = {}
        self.mails: list[str] = []
        self.attachments: dict[str, tuple[Record, ...]] = {}
        self.forbidden: set[str] = set()
        self.notes: dict[str, tuple[Record, ...]] = {}
        self.made_by_app: set[str] = set()
        self.customers: set[str] = set()
        self.suppliers: set[str] = set()
        self.events: list[Record] = []
        self.list_lag = timedelta(0)
        self.payments_raise_events = True
        self._names: dict[str, list[str]] = {}
        self._contact_numbers: dict[str, list[str]] = {}
        self._invoice_numbers: dict[str, list[str]] = {}
        self._next_invoice = 1
        self._next_credit = 1
        self._listed: dict[str, tuple[datetime, Record | None]] = {}
        self._changes: list[Change] = []

    def _standard_theme(self) -> Record:
        return Record(
            BrandingThemeID=self.new_id(),
            Name="Standard",
            Type="INVOICE",
            SortOrder=0,
            CreatedDateUTC=instant(self.now),
        )

    # What happens now

    def begin(self, now: datetime) -> None:
        """A call or a person's action starts."""
        self.now = now
        self._changes = []

    def taken(self) -> tuple[Change, ...]:
        """What changed since ``begin``."""
        changes, self._changes = tuple(self._changes), []
        return changes

    def new_id(self) -> str:
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def today(self) -> date:
        """The organisation's own calendar day."""
        return self.now.astimezone(self.zone).date()

    # Keeping records

    def keep_contact(self, contact: Record) -> Record:
        before = self.contacts.get(contact["ContactID"])
        kept = contact.but(UpdatedDateUTC=instant(self.now))
        self.contacts[kept["ContactID"]] = kept
        _reindex(self._names, kept["ContactID"], _active_name(before), _active_name(kept))
        _reindex(self._contact_numbers, kept["ContactID"], _text(before, "ContactNumber"), kept.get("ContactNumber"))
        self._note("contact", kept["ContactID"], before, kept)
        return kept

    def keep_invoice(self, invoice: Record, *, quiet: bool = False) -> Record:
        """Put an invoice in the books; ``quiet`` raises no webhook event."""
        key = invoice["InvoiceID"]
        before = self.invoices.get(key)
        kept = Record({**invoice, "UpdatedDateUTC": instant(self.now), "UpdatedDateUTCString": instant_text(self.now)})
        if self.list_lag:
            self._listed[key] = (self.now + self.list_lag, self.listed(key))
        self.invoices[key] = kept
        _reindex(self._invoice_numbers, key, _text(before, "InvoiceNumber"), kept.get("InvoiceNumber"))
        parties = self.customers if kept["Type"] == "ACCREC" else self.suppliers
        parties.add(kept["Contact"]["ContactID"])
        self._note("invoice", key, before, kept, quiet=quiet)
        return kept

    def keep_payment(self, payment: Record) -> Record:
        return self._keep("payment", "PaymentID", self.payments, payment)

    def keep_credit_note(self, credit_note: Record) -> Record:
        return self._keep("credit note", "CreditNoteID", self.credit_notes, credit_note)

    def keep_surplus(self, kind: str, paper: Record) -> Record:
        """An ``Overpayment`` or a ``Prepayment``."""
        return self._keep(kind, f"{kind}ID", self.surplus[kind], paper)

    def keep_template(self, template: Record) -> Record:
        key = template["RepeatingInvoiceID"]
        self.keep_setting("repeating invoice", self.templates, key, template)
        return template

    def keep_attachment(self, invoice_id: str, attachment: Record) -> None:
        """In place of one that has its name."""
        others = (each for each in self.attachments.get(invoice_id, ()) if each["FileName"] != attachment["FileName"])
        self.attachments[invoice_id] = (*others, attachment)
        self._note("attachment", attachment["AttachmentID"], None, attachment)

    def keep_note(self, invoice_id: str, note: Record) -> None:
        self.notes[invoice_id] = (*self.notes.get(invoice_id, ()), note)
        self._changes.append(("note", invoice_id, None, note))

    def keep_setting(self, kind: str, store: dict[str, Record], key: str, after: Record) -> None:
        self._changes.append((kind, key, store.get(key), after))
        store[key] = after

    def keep_organisation(self, after: Record) -> None:
        self._changes.append(("organisation", after["OrganisationID"], self.organisation, after))
        self.organisation = after

    def _keep(self, kind: str, id_field: str, store: dict[str, Record], record: Record) -> Record:
        kept = record.but(UpdatedDateUTC=instant(self.now), UpdatedDateUTCString=instant_text(self.now))
        before = store.get(kept[id_field])
        store[kept[id_field]] = kept
        self._note(kind, kept[id_field], before, kept)
        return kept

    def _note(self, kind: str, key: str, before: Record | None, after: Record, *, quiet: bool = False) -> None:
        self._changes.append((kind, key, before, after))
        if quiet or kind not in _CATEGORIES:
            return
        category, resource = _CATEGORIES[kind]
        event = Record(
            resourceUrl=f"{_API}/{resource}/{key}",
            resourceId=key,
            tenantId=self.tenant_id,
            tenantType="ORGANISATION",
            eventCategory=category,
            eventType="UPDATE" if before else "CREATE",
            # No zone: https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/
            eventDateUtc=self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        )
        if kind == "credit note":
            event = event.but(data=Record(Type=after["Type"], Status=after["Status"]))
        self.events.append(event)

    # Finding records

    def contacts_named(self, name: str) -> list[Record]:
        """The active contacts of that name, compared without case."""
        return [self.contacts[key] for key in self._names.get(name.casefold(), ())]

    def contacts_numbered(self, number: str) -> list[Record]:
        """Every contact of that ContactNumber, archived ones too."""
        return [self.contacts[key] for key in self._contact_numbers.get(number, ())]

    def invoices_numbered(self, number: str, kind: str = "") -> list[Record]:
        """The invoices of that number, oldest first; ``kind`` is ACCREC or ACCPAY."""
        found = [self.invoices[key] for key in self._invoice_numbers.get(number, ())]
        return [each for each in found if each["Type"] == kind] if kind else found

    def number_taken(self, number: str, but: str = "") -> bool:
        """Whether a sales invoice other than ``but`` holds the number; a deleted draft has given it back."""
        found = self.invoices_numbered(number, "ACCREC")
        return any(each["Status"] != "DELETED" and each["InvoiceID"] != but for each in found)

    def next_invoice_number(self) -> str:
        """The next free number of the organisation's own sequence."""
        number, self._next_invoice = _next(self._next_invoice, "INV-", self.number_taken)
        return number

    def next_credit_number(self) -> str:
        number, self._next_credit = _next(self._next_credit, "CN-", _never)
        return number

    def listed(self, invoice_id: str) -> Record | None:
        """The invoice as lists show it, which may lag behind; ``None`` while they don't show it."""
        since, older = self._listed.get(invoice_id, (self.now, None))
        return older if since > self.now else self.invoices.get(invoice_id)

    def listed_invoices(self) -> list[Record]:
        if not self._listed:
            return list(self.invoices.values())
        shown = (self.listed(key) for key in self.invoices)
        return [each for each in shown if each is not None]

    def locked(self, day: date) -> str:
        """Why nothing of that day may change, ``""`` where it may.

        https://developer.xero.com/documentation/api/accounting/organisation (lock dates); the words as quoted in
        https://github.com/waynerobinson/xeroizer/issues/92
        """
        for field, words in (("EndOfYearLockDate", "end of year"), ("PeriodLockDate", "period")):
            until = day_of(self.organisation, field)
            if until and day <= until:
                return f"The document date cannot be before the {words} lock date, currently set at {shown_day(until)}"
        return ""


def _never(_number: str) -> bool:
    return False


def _next(counter: int, prefix: str, taken: Callable[[str], bool]) -> tuple[str, int]:
    while taken(f"{prefix}{counter:04d}"):
        counter += 1
    return f"{prefix}{counter:04d}", counter + 1


def _text(record: Record | None, field: str) -> Any:
    return record.get(field) if record else None


def _active_name(contact: Record | None) -> str | None:
    return contact["Name"].casefold() if contact and contact["ContactStatus"] == "ACTIVE" else None


def _reindex(index: dict[str, list[str]], key: str, before: str | None, after: str | None) -> None:
    if before == after:
        return
    if before and key in index.get(before, ()):
        index[before].remove(key)
    if after:
        index.setdefault(after, []).append(key)
