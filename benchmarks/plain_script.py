"""The other side: a script on the vendors' own clients, as a careful developer writes it for one firm.

It heeds webhooks, looks for itself every quarter of an hour, looks an invoice up by its reference before making it,
sends idempotency keys, waits where it is told to and tries again where the vendor stumbles, and asks for many records
at once where the client offers it. ``batch`` is how many invoices it makes in one call.

It knows none of this benchmark but the clock and the sleep it is given.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import urllib3
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest
from hubspot.crm.deals import BatchInputSimplePublicObjectBatchInput, PublicObjectSearchRequest
from xero_python.accounting import Contact, Contacts, Invoice, Invoices, LineAmountTypes, LineItem

ACCOUNTS = {"CONSULT": ("200", "OUTPUT"), "LICENCE": ("210", "OUTPUT"), "TRAVEL": ("260", "EXEMPTOUTPUT")}
STATUS = {"AUTHORISED": "Awaiting payment", "PAID": "Paid", "VOIDED": "Voided", "DRAFT": "Draft", "DELETED": "Deleted"}
SYDNEY = ZoneInfo("Australia/Sydney")
TRIES = 6
OVERLAP = timedelta(minutes=5)

T = TypeVar("T")
log = logging.getLogger("script")


class GivenUp(Exception):
    """A call failed as often as we try; whatever it was about is looked at again the next time."""


class Script:
    """Invoices for won deals, payments back to the deals."""

    def __init__(
        self,
        hubspot: Any,
        xero: Any,
        tenant: str,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        batch: int,
    ) -> None:
        self.hubspot = hubspot
        self.xero = xero
        self.tenant = tenant
        self.now = now
        self.sleep = sleep
        self.batch = batch
        self.by_abn: dict[str, str] = {}
        self.by_name: dict[str, str] = {}
        self.contacts_read: datetime | None = None
        self.invoices_read = now() - timedelta(days=1)
        stages = self.call(hubspot.crm.pipelines.pipelines_api.get_all, "deals").results[0].stages
        self.stages = {stage.label: stage.id for stage in stages}

    # ── what starts it ──

    def deals_changed(self, ids: Sequence[str]) -> None:
        """HubSpot's webhook."""
        ids = list(dict.fromkeys(ids))
        for start in range(0, len(ids), 50):
            try:
                self.invoice(ids[start : start + 50])
            except Exception:
                log.exception("not invoiced now; the next look finds them again")

    def invoices_changed(self, ids: Sequence[str]) -> None:
        """Xero's webhook."""
        ids = list(dict.fromkeys(ids))
        for start in range(0, len(ids), 50):
            found = self.call(self.xero.get_invoices, self.tenant, i_ds=ids[start : start + 50], page=1)
            self.tell(found.invoices)

    def quarter_hour(self) -> None:
        """What the webhooks may have missed."""
        won = {"propertyName": "dealstage", "operator": "EQ", "value": self.stages["Closed won"]}
        missing = {"propertyName": "xero_invoice_number", "operator": "NOT_HAS_PROPERTY"}
        search = PublicObjectSearchRequest(filter_groups=[{"filters": [won, missing]}], limit=200)
        self.deals_changed([row.id for row in self.call(self.hubspot.crm.deals.search_api.do_search, search).results])
        began = self.now()
        for invoices in self.pages(self.xero.get_invoices, "invoices", self.invoices_read - OVERLAP):
            self.tell(invoices)
        self.invoices_read = began

    # ── deals to invoices ──

    def invoice(self, ids: Sequence[str]) -> None:
        wanted = ["dealname", "dealstage", "xero_invoice_number", "hs_lastmodifieddate"]
        deals = self.read("deals", ids, wanted)
        deals = {
            i: own
            for i, own in deals.items()
            if own["dealstage"] == self.stages["Closed won"] and not own.get("xero_invoice_number")
        }
        if not deals:
            return
        lines_of = self.links("line_items", list(deals))
        company_of = {i: found[0] for i, found in self.links("companies", list(deals)).items()}
        named = ["hs_sku", "name", "quantity", "price", "hs_discount_percentage"]
        lines = self.read("line_items", [line for found in lines_of.values() for line in found], named)
        companies = self.read("companies", list(company_of.values()), ["name", "abn", "zip"])
        contact_of = self.find_or_create_contacts(companies)
        ready = [i for i in deals if company_of.get(i) in contact_of]
        for start in range(0, len(ready), self.batch):
            some = ready[start : start + self.batch]
            made = self.existing(some)
            fresh = [
                self.new_invoice(i, [lines[line] for line in lines_of[i]], contact_of[company_of[i]])
                for i in some
                if i not in made
            ]
            self.tell([*made.values(), *(self.create(fresh) if fresh else [])])

    def existing(self, deals: Sequence[str]) -> dict[str, Any]:
        """Invoices that are there already, by deal: after a crash, a doubled webhook, a lost answer."""
        if len(deals) == 1:
            where = f'Reference=="HS-{deals[0]}" AND Type=="ACCREC"'
            found = self.call(self.xero.get_invoices, self.tenant, where=where, page=1).invoices
        else:
            since = self.now() - timedelta(days=1)
            found = [
                i
                for page in self.pages(self.xero.get_invoices, "invoices", since, created_by_my_app=True)
                for i in page
            ]
        live = [i for i in found if i.status not in {"DELETED", "VOIDED"} and i.reference]
        return {i.reference[3:]: i for i in live if i.reference[3:] in deals}

    def new_invoice(self, deal: str, lines: list[dict[str, str]], contact: str) -> Invoice:
        today = self.now().astimezone(SYDNEY).date()
        return Invoice(
            type="ACCREC",
            status="AUTHORISED",
            contact=Contact(contact_id=contact),
            date=today,
            due_date=today + timedelta(days=14),
            line_amount_types=LineAmountTypes.EXCLUSIVE,
            reference=f"HS-{deal}",
            url=f"https://app.hubspot.com/contacts/24680135/record/0-3/{deal}",
            line_items=[line_item(line) for line in lines],
        )

    def create(self, invoices: list[Invoice]) -> list[Any]:
        key = key_for("invoice", [i.reference for i in invoices])
        answer = self.call(
            self.xero.create_invoices,
            self.tenant,
            Invoices(invoices=invoices),
            summarize_errors=False,
            unitdp=4,
            idempotency_key=key,
        )
        return [i for i in answer.invoices if not i.has_errors]

    # ── customers ──

    def find_or_create_contacts(self, companies: dict[str, dict[str, str]]) -> dict[str, str]:
        """Xero's contact of each company: by ABN, else by name, else a new one."""
        found = {i: c for i, own in companies.items() if (c := self.contact_of(own))}
        if len(found) < len(companies):
            self.read_contacts()
            found = {i: c for i, own in companies.items() if (c := self.contact_of(own))}
        new = [
            Contact(name=own["name"], contact_number=f"HS-{i}", tax_number=digits(own.get("abn")) or None)
            for i, own in companies.items()
            if i not in found
        ]
        for start in range(0, len(new), self.batch):
            some = new[start : start + self.batch]
            key = key_for("contact", [c.contact_number for c in some])
            answer = self.call(
                self.xero.create_contacts,
                self.tenant,
                Contacts(contacts=some),
                summarize_errors=False,
                idempotency_key=key,
            )
            for contact in answer.contacts:
                if not contact.has_validation_errors:
                    self.remember(contact)
                    found[contact.contact_number[3:]] = contact.contact_id
        return found

    def contact_of(self, own: dict[str, str]) -> str | None:
        return self.by_abn.get(digits(own.get("abn"))) or self.by_name.get(own["name"].casefold())

    def read_contacts(self) -> None:
        began = self.now()
        since = self.contacts_read - OVERLAP if self.contacts_read else None
        for contacts in self.pages(self.xero.get_contacts, "contacts", since):
            for contact in contacts:
                self.remember(contact)
        self.contacts_read = began

    def remember(self, contact: Any) -> None:
        self.by_name[contact.name.casefold()] = contact.contact_id
        if contact.tax_number:
            self.by_abn[digits(contact.tax_number)] = contact.contact_id

    # ── back to the deals ──

    def tell(self, invoices: Iterable[Any]) -> None:
        """Number, status and money of these invoices onto their deals; a paid deal moves on, and back again."""
        ours = {i.reference[3:]: i for i in invoices if (i.reference or "").startswith("HS-")}
        stages = self.read("deals", list(ours), ["dealstage"]) if ours else {}
        inputs = [
            {"id": deal, "properties": self.fields(invoice) | self.moved(invoice, stages.get(deal, {}))}
            for deal, invoice in ours.items()
        ]
        for start in range(0, len(inputs), 100):
            some = BatchInputSimplePublicObjectBatchInput(inputs=inputs[start : start + 100])
            self.call(self.hubspot.crm.deals.batch_api.update, some)

    def fields(self, invoice: Any) -> dict[str, str]:
        return {
            "xero_invoice_number": invoice.invoice_number,
            "xero_invoice_link": f"https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID={invoice.invoice_id}",
            "xero_invoice_status": STATUS[invoice.status],
            "xero_total": str(invoice.total),
            "xero_amount_due": str(invoice.amount_due),
            "xero_amount_paid": str(invoice.amount_paid),
            "xero_paid_on": invoice.fully_paid_on_date.isoformat() if invoice.fully_paid_on_date else "",
        }

    def moved(self, invoice: Any, own: dict[str, str]) -> dict[str, str]:
        won, paid = self.stages["Closed won"], self.stages["Paid"]
        if invoice.status == "PAID" and own.get("dealstage") == won:
            return {"dealstage": paid}
        return {"dealstage": won} if invoice.status != "PAID" and own.get("dealstage") == paid else {}

    # ── calls ──

    def read(self, kind: str, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        ids = list(dict.fromkeys(ids))
        for start in range(0, len(ids), 100):
            inputs = [{"id": i} for i in ids[start : start + 100]]
            asked = {"inputs": inputs, "properties": list(names), "propertiesWithHistory": []}
            for row in self.call(getattr(self.hubspot.crm, kind).batch_api.read, asked).results:
                found[row.id] = row.properties
        return found

    def links(self, to: str, ids: Sequence[str]) -> dict[str, list[str]]:
        asked = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": i} for i in ids])
        found = self.call(self.hubspot.crm.associations.v4.batch_api.get_page, "deals", to, asked).results
        return {row._from.id: [str(each.to_object_id) for each in row.to] for row in found}

    def pages(self, get: Callable[..., Any], name: str, since: datetime | None, **more: Any) -> Iterable[list[Any]]:
        if since is not None:
            more["if_modified_since"] = since
        page = 1
        while True:
            rows = getattr(self.call(get, self.tenant, page=page, page_size=100, **more), name)
            yield rows
            if len(rows) < 100:
                return
            page += 1

    def call(self, method: Callable[..., T], *args: Any, **more: Any) -> T:
        """Call, and again while it makes sense: after the pause they ask for, or 1, 2, 4, … seconds."""
        for attempt in range(TRIES):
            pause = 2.0**attempt
            try:
                return method(*args, **more)
            except urllib3.exceptions.HTTPError:
                pass
            except Exception as error:
                status = getattr(error, "status", None)
                if status != 429 and not (isinstance(status, int) and status >= 500):
                    raise
                answer = getattr(error, "http_resp", None)
                headers = answer.urllib3_response.headers if answer else {}
                pause = float(headers.get("Retry-After", pause))
            self.sleep(pause)
        raise GivenUp


def key_for(what: str, of: Sequence[str | None]) -> str:
    """An idempotency key: the same call for the same records, the same key."""
    return hashlib.sha256(" ".join((what, *(each or "" for each in of))).encode()).hexdigest()


def line_item(own: dict[str, str]) -> LineItem:
    account, tax = ACCOUNTS[own["hs_sku"].split("-")[0]]
    return LineItem(
        description=own["name"],
        quantity=Decimal(own["quantity"]),
        unit_amount=Decimal(own["price"]),
        discount_rate=Decimal(own.get("hs_discount_percentage") or 0),
        account_code=account,
        tax_type=tax,
    )


def digits(text: str | None) -> str:
    return "".join(c for c in text or "" if c.isdigit())
