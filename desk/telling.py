"""The trail in plain words: what happened to a deal, one line after the other, with what changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from desk.paper import calendar, words
from desk.prefect_side import Run
from domain.consolidating import is_month
from domain.money import show
from domain.write_back import contact_link, invoice_link
from ledger import reviews
from ledger.audit import WONBOOKS
from ledger.stories import Story
from ledger.tables import AuditEntry, ReviewItem
from stages.sync_back import STAGE, STAGE_BEFORE
from templates.rendering import review_title

# A run writes its last entry a moment before Prefect notes its end.
SLACK = timedelta(seconds=2)
_AMOUNT = re.compile(r"-?\d+\.\d\d")
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])")
_SAID = {
    "AUTHORISED": "awaiting payment",
    "DRAFT": "draft",
    "SUBMITTED": "awaiting approval",
    "PAID": "paid",
    "VOIDED": "voided",
    "DELETED": "deleted",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; ``mark`` is its kind: done, asked, answered, money or quiet."""

    at: datetime
    title: str
    mark: str = "done"
    detail: str = ""
    by: str = ""
    changes: tuple[Change, ...] = ()
    link: str = ""
    link_words: str = ""
    question: int = 0
    run: Run | None = None


@dataclass(slots=True)
class Teller:
    """Tells the entries of one story in order, remembering what was so before.

    ``percent`` is the deal's field that says how much of it is billed, if it has one.
    """

    story: Story
    short_code: str
    stages: Mapping[str, str]
    runs: Sequence[Run]
    percent: str = ""
    _money: dict[str, str] = field(default_factory=dict[str, str])
    _told: dict[str, str] = field(default_factory=dict[str, str])
    _counted: set[str] = field(default_factory=set[str])
    _due: Decimal = Decimal(0)
    _paid: Decimal = Decimal(0)
    _number: str = ""
    _run: str = ""

    @property
    def _deal(self) -> str:
        return self.story.deal.id if self.story.deal is not None else ""

    def tell(self) -> list[Line]:
        """Every entry that is worth a line."""
        lines = [self._line(entry, json.loads(entry.details)) for entry in self.story.entries]
        return [line for line in lines if line is not None]

    def _line(self, entry: AuditEntry, details: dict[str, Any]) -> Line | None:
        by = "" if entry.actor == WONBOOKS else entry.actor
        match entry.event:
            case "asked" | "answered":
                return self._question(entry, details, by)
            case "decided" | "skipped" | "cancelled":
                return self._decision(entry, details, by)
            case "invoice drafted" | "invoice approved" | "invoice left as draft" | "invoice tied":
                return self._invoice(entry, details, by)
            case "invoice changed":
                return self._changed(entry, details, by)
            case "deal told":
                return self._deal_told(entry, details, by)
            case "contact created":
                link = contact_link(str(details.get("xero", "")), self.short_code)
                title = "The customer was created as a contact in Xero"
                return self._with(entry, title, by=by, link=link, link_words="the contact in Xero")
            case "held":
                return self._with(entry, "The invoice waits for a person", mark="quiet", by=by)
            case _:
                title = _OTHERS.get(entry.event, words(entry.event))
                return self._with(entry, title, mark="quiet", by=by, detail=self._plain(details))

    def _plain(self, details: Mapping[str, Any]) -> str:
        """What else an entry says: its numbers and amounts, and what people can make something of."""
        currency = str(details.get("currency") or self._currency())
        told = {name: _plainly(str(value), currency) for name, value in details.items() if isinstance(value, str)}
        first = [told.pop(name) for name in ("number", "invoice", "total") if name in told]
        named = [f"{'GST' if name == 'tax' else name} {value}" for name, value in told.items() if name not in _UNTOLD]
        return ", ".join([*first, *named])

    def _question(self, entry: AuditEntry, details: dict[str, Any], by: str) -> Line:
        number = int(details.get("item") or 0)
        item = self.story.items.get(number)
        title = _title(item) if item else words(str(details.get("kind", "a question")))
        if entry.event == "asked":
            return self._with(entry, title, mark="asked", detail="A person is asked.", question=number)
        choice = str(details.get("choice", ""))
        labels: dict[str, str] = {c.id: c.label for c in reviews.question_of(item).choices} if item else {}
        note = f"“{item.note}”" if item and item.note else ""
        return self._with(entry, f"{labels.get(choice, choice)}", mark="answered", detail=note, by=by, question=number)

    def _decision(self, entry: AuditEntry, details: dict[str, Any], by: str) -> Line:
        if entry.event == "skipped":
            return self._with(entry, "No invoice", detail=str(details.get("reason", "")), by=by)
        if entry.event == "cancelled":
            why = str(details.get("why") or "The deal left the stage that asks for an invoice.")
            return self._with(entry, "The intended invoice was dropped", detail=words(why), by=by)
        currency = str(details.get("currency", ""))
        detail = f"{_money(details.get('total'), currency)} with {_money(details.get('tax'), currency)} GST"
        matched = str(details.get("matched", "")).replace("tax number", "ABN")
        return self._with(entry, f"To be invoiced: {matched}", detail=detail, by=by)

    def _invoice(self, entry: AuditEntry, details: dict[str, Any], by: str) -> Line:
        number = str(details.get("number") or self._number)
        self._number = number
        currency = str(details.get("currency", "")) or self._currency()
        total = _money(details.get("total"), currency)
        status = _BECAME.get(entry.event, "left as a draft")
        of_all = is_month(entry.subject.removeprefix("deal:")) and not is_month(self._deal)
        if entry.event not in {"invoice drafted", "invoice tied"} and number not in self._counted and not of_all:
            self._counted.add(number)
            self._due += _amount(details.get("total"))
            state = "awaiting payment" if entry.event == "invoice approved" else "draft"
            self._money = {"status": state, "due": _money(self._due, currency), "paid": _money(self._paid, currency)}
        detail = f"{total} with {_money(details['tax'], currency)} GST" if "tax" in details else total
        detail += f", “{details['why']}”" if details.get("why") else ""
        detail += ", this deal with others" if of_all else ""
        xero_id = str(details.get("xero", "")) or self._xero_id(number)
        link = invoice_link(xero_id, self.short_code) if xero_id else ""
        title = f"Invoice {number} {status}"
        return self._with(entry, title, mark="money", detail=detail, by=by, link=link, link_words="the invoice in Xero")

    def _changed(self, entry: AuditEntry, details: dict[str, Any], by: str) -> Line | None:
        currency = self._currency()
        now = {
            "status": _SAID.get(str(details.get("status")), str(details.get("status", "")).lower()),
            "due": _money(details.get("due"), currency),
            "paid": _money(details.get("paid"), currency),
        }
        changes = _changes(self._money, now)
        self._money, self._due, self._paid = now, _amount(details.get("due")), _amount(details.get("paid"))
        if not changes:
            return None
        number = str(details.get("invoice") or self._number)
        paid = next((c for c in changes if c.name == "paid"), None)
        title = f"Invoice {number}: {now['status']}"
        if paid is not None:
            payer, many = self._payer(number), "s" if "," in number else ""
            title = f"{now['paid']} of invoice{many} {number} paid{f' by {payer}' if payer else ''}, {now['due']} due"
        return self._with(entry, title, mark="money", by=by, changes=changes)

    def _deal_told(self, entry: AuditEntry, details: dict[str, Any], by: str) -> Line | None:
        told = {n: str(v) for n, v in details.items() if n != STAGE_BEFORE and not str(v).startswith("https://")}
        now = {name: _plainly(value, self._currency()) for name, value in told.items() if name != self.percent}
        now |= {name: f"{_amount(value).normalize():f} %" for name, value in told.items() if name == self.percent}
        if STAGE in now:
            stage = self.stages.get(now[STAGE], now[STAGE])
            # What a deal goes back to is kept with the telling; where it comes from then is where it was put last.
            came_from = self._told.get(STAGE) or str(details.get(STAGE_BEFORE, ""))
            before = self.stages.get(came_from, "")
            self._told |= {STAGE: now[STAGE]}
            change = (Change("stage", before, stage),) if before else ()
            return self._with(entry, f"The deal was moved to {stage}", by=by, changes=change)
        changes = _changes(self._told, now)
        self._told |= now
        return self._with(entry, "The deal shows it", mark="quiet", by=by, changes=changes) if changes else None

    def _currency(self) -> str:
        return next((invoice.currency for invoice in self.story.invoices), "AUD")

    def _xero_id(self, number: str) -> str:
        return next((invoice.id for invoice in self.story.invoices if invoice.number == number), "")

    def _payer(self, number: str) -> str:
        """Whom Xero names as paying: the contact of the invoice."""
        numbers = number.split(", ")
        contact = next((invoice.contact_id for invoice in self.story.invoices if invoice.number in numbers), "")
        return self.story.payers.get(contact, "")

    def _with(self, entry: AuditEntry, title: str, **more: Any) -> Line:
        ran = next((r for r in self.runs if r.started and r.started <= entry.at <= (r.ended or entry.at) + SLACK), None)
        # One link for all that a run did in a row.
        fresh = ran if ran is not None and ran.id != self._run else None
        self._run = ran.id if ran else ""
        return Line(entry.at, title, run=fresh, **more)


_BECAME = {
    "invoice approved": "approved",
    "invoice drafted": "drafted",
    "invoice tied": "was there before, and is this deal's",
}
# Ids and the like, which say nothing to people.
_UNTOLD = frozenset({"xero", "item", "currency", "from", "to be", "kind"})
_OTHERS = {
    "linked": "The customer was linked with its contact in Xero",
    "draft follows the deal": "The draft was written anew: the deal had changed",
    "invoice amended": "What the deal has become is made up for",
    "credit note issued": "A credit note was issued",
    "contact merged": "The customer's contacts were merged in Xero",
    "customer merged": "Records of the customer were merged in the CRM",
    "waits": "Waits for one invoice with the customer's other deals of the month",
    "waits no longer": "Waits for the month's invoice no longer",
    "noticed late": "Noticed late, when both systems were compared",
    "told again": "The deal was told again what its invoice says",
    "noticed": "Noticed: the deal has changed in the CRM",
    "deal not told": "The CRM would not take what the deal was to be told",
    "decided anew": "Looked at anew: the customer's contact has changed",
    "stray draft deleted": "A left-over draft was deleted in Xero",
    "contact refused": "Xero would not take the customer as a new contact",
}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(words(name.removeprefix("xero_")).lower(), before.get(name, ""), value)
        for name, value in after.items()
        if before.get(name, "") != value
    )


def _title(item: ReviewItem) -> str:
    return review_title(item.kind, reviews.question_of(item).facts)


def _plainly(value: str, currency: str) -> str:
    """An amount or a day as people write it, and all else as it is."""
    if _AMOUNT.fullmatch(value):
        return _money(value, currency)
    return calendar(date.fromisoformat(value)) if _DAY.fullmatch(value) else value


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def _money(value: object, currency: str) -> str:
    try:
        return show(Decimal(str(value)), currency)
    except InvalidOperation:
        return str(value or "")
