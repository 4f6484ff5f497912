"""One pair at work: its rules, its two systems, its ledger. Everything the stages need is handed in here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.abn_lookup import AbnLookup
from connectors.contract import Crm, FieldSpec, HookAddress, Pipeline
from connectors.xero import Xero
from domain.records import Books
from domain.rules import WON, Rules, WriteBackRule
from domain.triggers import names_owners
from domain.write_back import stage_names
from ledger import memory
from ledger.database import Ledger
from ledger.restores import Mark
from stages import frozen

BOOKS = "books"
PIPELINES = "pipelines"
FIELDS = "fields"
CONTACTS = "contacts"
OWNERS = "owners"
# Accounts, tax rates, pipelines change seldom; a refusal that names one makes us read them again at once.
SETTINGS_HOLD_FOR = timedelta(hours=12)
FIELDS_HOLD_FOR = timedelta(days=30)

FIELD_KINDS = {
    "invoice_number": ("Xero invoice number", "text"),
    "invoice_link": ("Xero invoice link", "link"),
    "payment_link": ("Xero payment link", "link"),
    "status": ("Xero invoice status", "text"),
    "total": ("Xero invoice total", "number"),
    "amount_due": ("Xero amount due", "number"),
    "amount_paid": ("Xero amount paid", "number"),
    "amount_credited": ("Xero amount credited", "number"),
    "amount_refunded": ("Xero amount refunded", "number"),
    "amount_overpaid": ("Xero amount overpaid", "number"),
    "billed": ("Xero billed per cent", "number"),
    "outstanding": ("Xero outstanding", "number"),
    "repeating_invoice": ("Xero repeating invoice", "text"),
    "paid_on": ("Xero paid on", "date"),
    "due_date": ("Xero due date", "date"),
    "days_overdue": ("Xero days overdue", "number"),
}


@dataclass(slots=True)
class Pair:
    """One Xero organisation and one CRM account, with the rules between them.

    ``worker`` names this process in leases; ``organisation`` is the name of whose books answered when it was opened;
    ``mapping_version`` changes with the mapping file; ``hooks_at`` tells where webhooks to one of our endpoints are to
    be sent, if they can be; ``register`` looks ABNs up, where the mapping wants it.
    """

    name: str
    rules: Rules
    crm: Crm
    xero: Xero
    ledger: Ledger
    install_id: str
    mark: Mark = field(default_factory=Mark)
    worker: str = "worker"
    organisation: str = ""
    mapping_version: str = ""
    hooks_at: Callable[[str], HookAddress | None] = lambda _endpoint: None
    register: AbnLookup | None = None
    _books: Books | None = field(default=None, init=False)
    _pipelines: list[Pipeline] | None = field(default=None, init=False)
    _distrusted: bool = field(default=False, init=False)

    def now(self) -> datetime:
        """The instant, UTC."""
        return self.ledger.now()

    def today(self) -> date:
        """The calendar day where the organisation is."""
        return self.now().astimezone(ZoneInfo(self.books().organisation.timezone)).date()

    def start_of(self, day: date) -> datetime:
        """Midnight where the organisation is."""
        return datetime.combine(day, time(), ZoneInfo(self.books().organisation.timezone))

    def books(self) -> Books:
        """The organisation's accounts, tax rates and currencies, at most half a day old."""
        if self._books is None:
            self._books = books_of(self.ledger, self.name, self.xero)
        return self._books

    def pipelines(self) -> list[Pipeline]:
        """The CRM's pipelines with their stages, at most half a day old."""
        if self._pipelines is None:
            text = self._recall(PIPELINES, SETTINGS_HOLD_FOR)
            if text is None:
                self._pipelines = self.crm.pipelines()
                told = [{"id": p.id, "label": p.label, "stages": dict(p.stages), "won": p.won} for p in self._pipelines]
                self._remember(PIPELINES, json.dumps(told))
            else:
                self._pipelines = [Pipeline(**p) for p in json.loads(text)]
        return self._pipelines

    def stage_id(self, pipeline: str, stage: str) -> str:
        """The id of a stage named in the mapping, within a deal's pipeline (by id); "" if there is none.

        ``won`` is the mark where the pipeline has one.
        """
        for each in self.pipelines():
            if each.id == pipeline:
                if each.won and stage.casefold() == WON:
                    return each.won
                return next((i for i, label in each.stages.items() if stage.casefold() in (i, label.casefold())), "")
        return ""

    def marks_won(self) -> bool:
        """Whether the mapping has deals marked as won for what became of their invoices."""
        return WON in {name.casefold() for name in stage_names(self.rules.write_back).values()}

    def know_owners(self, ids: Sequence[str]) -> None:
        """Have the names of these owners at hand where a rule asks whose a deal is; each is asked for once."""
        if not names_owners(self.rules):
            return
        known = self._owners()
        unknown = sorted({each for each in ids if each} - known.keys())
        if unknown:
            named = dict.fromkeys(unknown, "") | self.crm.owners(unknown)
            self._remember(OWNERS, json.dumps(known | named))

    def _owners(self) -> dict[str, str]:
        return json.loads(self._recall(OWNERS, SETTINGS_HOLD_FOR) or "{}")

    def labels(self) -> dict[str, str]:
        """Pipeline id → label, "pipeline id/stage id" → label in order, and "owner/id" → name where a rule asks."""
        found: dict[str, str] = {}
        if names_owners(self.rules):
            found |= {f"owner/{owner}": name for owner, name in self._owners().items()}
        for each in self.pipelines():
            found[each.id] = each.label
            found |= {f"{each.id}/{stage}": label for stage, label in each.stages.items()}
        return found

    def read_settings(self) -> None:
        """Have books and pipelines at hand before a transaction wants them, which may not wait for the outside."""
        if self._distrusted:
            self._books = self._pipelines = None
            self._distrusted = False
        self.books()
        self.pipelines()

    def distrust_settings(self) -> None:
        """Something may have been put right outside, or named there was refused: it is all read afresh."""
        distrust(self.ledger, self.name)
        self._distrusted = True

    def read_settings_again(self) -> None:
        """Don't trust what is remembered, from here on."""
        self.distrust_settings()
        self.read_settings()

    def contacts_are_fresh(self, hold_for: timedelta = SETTINGS_HOLD_FOR) -> bool:
        """Whether what is known of Xero's contacts is at most half a day old, or so old."""
        return self._recall(CONTACTS, hold_for) is not None

    def ensure_fields(self) -> None:
        """Create the deal's fields that the mapping names and the CRM lacks; once, then remembered."""
        wanted = field_specs(self.rules.write_back)
        told = json.dumps([spec.name for spec in wanted])
        if self._recall(FIELDS, FIELDS_HOLD_FOR) == told:
            return
        missing = self.crm.missing_fields(wanted)
        if missing:
            self.crm.create_fields(missing)
        self._remember(FIELDS, told)

    def _recall(self, name: str, for_: timedelta) -> str | None:
        return _recall(self.ledger, self.name, name, for_)

    def _remember(self, name: str, value: str) -> None:
        _remember(self.ledger, self.name, name, value)


def field_specs(rule: WriteBackRule) -> list[FieldSpec]:
    """The deal's own fields that the mapping's write-back names."""
    return [
        FieldSpec(name, label, kind)
        for fact, (label, kind) in FIELD_KINDS.items()
        if (name := getattr(rule, fact)) is not None
    ]


def books_of(ledger: Ledger, pair: str, xero: Xero, hold_for: timedelta = SETTINGS_HOLD_FOR) -> Books:
    """The organisation's books as remembered for so long at most, or as read now."""
    text = _recall(ledger, pair, BOOKS, hold_for)
    if text is not None:
        return _read_books(text)
    books = xero.books()
    _remember(ledger, pair, BOOKS, frozen.books_text(books))
    return books


@lru_cache(maxsize=64)
def _read_books(text: str) -> Books:
    """They are asked for in each run and seldom change."""
    return frozen.BOOKS.validate_json(text)


def distrust(ledger: Ledger, pair: str) -> None:
    """Forget what is remembered of both systems' settings."""
    with ledger.write() as session:
        for name in (BOOKS, PIPELINES, FIELDS, CONTACTS, OWNERS):
            memory.forget(session, pair, name)


def _recall(ledger: Ledger, pair: str, name: str, for_: timedelta) -> str | None:
    with ledger.read() as session:
        return memory.recall(session, pair, name, now=ledger.now(), for_=for_)


def _remember(ledger: Ledger, pair: str, name: str, value: str) -> None:
    with ledger.write() as session:
        memory.remember(session, pair, name, value, ledger.now())
