"""Gathering a period: both sides read afresh in batches and kept in the ledger meanwhile, so that an interrupted
run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import TypeAdapter

from connectors.xero import Page
from domain.consolidating import is_month
from domain.marker import read_marker
from domain.period import Period
from domain.records import CreditNote, Deal, Invoice, Payment
from ledger import gathered, links, many, months
from mappings.reference_text import fields_named
from stages import deals_ledger
from stages.pair import Pair, field_specs

WON, OTHER, INVOICES, PAYMENTS, CREDITS, DUE = "won", "other", "invoices", "payments", "credits", "due"
DEALS_AT_ONCE = 500
GONE = "gone"

DEAL: TypeAdapter[Deal] = TypeAdapter(Deal)
INVOICE: TypeAdapter[Invoice] = TypeAdapter(Invoice)
PAYMENT: TypeAdapter[Payment] = TypeAdapter(Payment)
CREDIT: TypeAdapter[CreditNote] = TypeAdapter(CreditNote)

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""What is being read, how much of it is, and how much there is (0 where that isn't known)."""


class AlreadyAtWork(Exception):
    """Another process reads the same period now; the message says so."""


def quietly(_what: str, _done: int, _of: int) -> None:
    """Nobody looks."""


@dataclass(slots=True)
class Whose:
    """Which deals invoices belong to, told by links and markers; ``added`` are deals that are not won in the period."""

    of_invoice: dict[str, str] = field(default_factory=dict[str, str])
    by_effect: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    by_address: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    added: list[str] = field(default_factory=list[str])


@contextmanager
def gathering(pair: Pair, period: Period) -> Generator[None]:
    """Hold the period's place while it is read. Raises ``AlreadyAtWork``."""
    with pair.ledger.write() as session:
        if not gathered.begin(session, pair.name, period.name, pair.worker, pair.now()):
            raise AlreadyAtWork(
                f"The report for {period.title} is being made by another process. Try again in a while."
            )
    try:
        yield
    finally:
        with pair.ledger.write() as session:
            gathered.leave(session, pair.name, period.name)


class Reader:
    """Reads one period of one pair; every step is skipped that was finished before."""

    def __init__(self, pair: Pair, period: Period, progress: Progress = quietly) -> None:
        self.pair = pair
        self.period = period
        self.progress = progress
        self._fields = [*(spec.name for spec in field_specs(pair.rules.write_back)), *fields_named(pair.rules)]

    def read(self) -> Whose:
        """Everything the report needs. Raises ``ConnectorError``; what was read until then is kept."""
        xero, first, last = self.pair.xero, self.period.first, self.period.last
        self._won()
        self._deals(WON, "deals")
        self._pages(INVOICES, lambda page: xero.invoices_dated(first, last, page), _nameless)
        self._pages(PAYMENTS, lambda page: xero.payments_dated(first, last, page), _payment)
        self._pages(CREDITS, lambda page: xero.credit_notes_dated(first, last, page), _credit)
        self._linked_invoices()
        whose = self._whose()
        self._deals(OTHER, "deals of other periods")
        return whose

    def read_due(self) -> None:
        """What is due now: last of all, so that it has what was made meanwhile."""
        self._pages(DUE, self.pair.xero.invoices_due, _invoice)

    # ── what is kept ──

    def stored(self, kind: str, adapter: TypeAdapter[T]) -> Iterator[list[T]]:
        """All records of one kind, some hundreds at a time."""
        with self.pair.ledger.read() as session:
            found = list(gathered.ids(session, self.pair.name, self.period.name, kind))
        for start in range(0, len(found), gathered.PAGE):
            yield list(self.some(kind, adapter, found[start : start + gathered.PAGE]).values())

    def some(self, kind: str, adapter: TypeAdapter[T], ids: Sequence[str]) -> dict[str, T]:
        """These records, of those that are kept and not gone."""
        with self.pair.ledger.read() as session:
            rows = gathered.read(session, self.pair.name, self.period.name, kind, ids)
        return {i: adapter.validate_json(data) for i, data in rows.items() if data != GONE}

    def keep(self, kind: str, records: dict[str, str]) -> None:
        with self.pair.ledger.write() as session:
            gathered.put(session, self.pair.name, self.period.name, kind, records, self.pair.now())

    # ── the CRM ──

    def _won(self) -> None:
        if self._is_done(WON):
            return
        count = 0
        for ids in self.pair.crm.won_between(self.period.first, self.period.last):
            self.keep(WON, dict.fromkeys(ids, ""))
            count += len(ids)
            self.progress("won deals", count, 0)
        self._done(WON)

    def _deals(self, kind: str, what: str) -> None:
        with self.pair.ledger.read() as session:
            unread = gathered.ids(session, self.pair.name, self.period.name, kind, unread=True)
            total = len(gathered.ids(session, self.pair.name, self.period.name, kind))
        for start in range(0, len(unread), DEALS_AT_ONCE):
            asked = unread[start : start + DEALS_AT_ONCE]
            found = {deal.id: DEAL.dump_json(deal).decode() for deal in self.pair.crm.deals(asked, self._fields)}
            missing = [i for i in asked if i not in found]
            self.keep(kind, found | (dict.fromkeys(missing, GONE) if kind == OTHER else {}))
            if kind == WON and missing:
                with self.pair.ledger.write() as session:
                    gathered.remove(session, self.pair.name, self.period.name, kind, missing)
            self.progress(what, total - len(unread) + start + len(asked), total)

    # ── Xero ──

    def _pages(self, kind: str, read: Callable[[int], Page[T]], told: Callable[[T], tuple[str, str]]) -> None:
        """A list by pages; one whose length changed meanwhile is read once more, lest a record slip over an edge."""
        for _ in range(2):
            lengths = self._once(kind, read, told)
            if len(lengths) < 2:
                return
            with self.pair.ledger.write() as session:
                gathered.undo(session, self.pair.name, self.period.name, kind)

    def _once(self, kind: str, read: Callable[[int], Page[T]], told: Callable[[T], tuple[str, str]]) -> set[int]:
        lengths: set[int] = set()
        page, count = 1, 0
        while not self._is_done(kind):
            if not self._is_done(f"{kind}#{page}"):
                got = read(page)
                self.keep(kind, dict(told(record) for record in got.records))
                count += len(got.records)
                lengths |= {got.of} if got.of is not None else set()
                self.progress(kind, count, got.of or 0)
                self._done(f"{kind}#{page}")
                if not got.more:
                    self._done(kind)
            page += 1
        return lengths

    def _linked_invoices(self) -> None:
        """The won deals' invoices that are dated in another period, by id."""
        name, work = self.pair.name, self.period.name
        with self.pair.ledger.read() as session:
            wanted = many.linked(session, name, gathered.ids(session, name, work, WON))
            there = gathered.known(session, name, work, INVOICES, wanted)
        missing = [i for i in dict.fromkeys(wanted) if i not in there]
        for start in range(0, len(missing), 50):
            some = missing[start : start + 50]
            found = dict(_nameless(invoice) for invoice in self.pair.xero.invoices(some))
            self.keep(INVOICES, dict.fromkeys(some, GONE) | found)
            self.progress("invoices of other periods", start + len(some), len(missing))

    def _whose(self) -> Whose:
        """Who the invoices and payments belong to, and which deals have to be read beside the won ones."""
        whose = Whose()
        invoices: list[str] = []
        for some in self.stored(INVOICES, INVOICE):
            for invoice in some:
                invoices.append(invoice.id)
                marker = read_marker(invoice.marker)
                if marker is not None:
                    whose.by_effect.setdefault(marker.effect_id, []).append(invoice.id)
                    whose.by_address.setdefault(address_of(invoice.marker), []).append(invoice.id)
        paid = {payment.invoice_id for some in self.stored(PAYMENTS, PAYMENT) for payment in some}
        with self.pair.ledger.read() as session:
            of_effect = many.deals_of_effects(session, self.pair.name, sorted(whose.by_effect))
            whose.of_invoice = many.deals_of_invoices(session, self.pair.name, sorted({*invoices, *paid}))
            won = set(gathered.ids(session, self.pair.name, self.period.name, WON))
        for effect, ids in whose.by_effect.items():
            for invoice_id in ids:
                if effect in of_effect:
                    whose.of_invoice.setdefault(invoice_id, of_effect[effect])
        with self.pair.ledger.read() as session:
            shares = months.told_of(session, self.pair.name, [i for i, d in whose.of_invoice.items() if is_month(d)])
        deals = {deal for deal in whose.of_invoice.values() if not is_month(deal)} | {row.deal_id for row in shares}
        whose.added = sorted(deals - won - {""})
        self.keep(OTHER, dict.fromkeys(whose.added, ""))
        return whose

    # ── how far it is ──

    def _is_done(self, step: str) -> bool:
        with self.pair.ledger.read() as session:
            return gathered.is_done(session, self.pair.name, self.period.name, step)

    def _done(self, step: str) -> None:
        with self.pair.ledger.write() as session:
            gathered.done(session, self.pair.name, self.period.name, step, self.pair.now())


def contacts_of(pair: Pair, billed: Sequence[tuple[Deal, str]]) -> dict[str, str]:
    """By ``deals_ledger.key`` the contact in Xero that a milestone's payer is linked to."""
    refs = {deals_ledger.key(deal.id, of): str(deal.customer) for deal, of in billed if deal.customer is not None}
    with pair.ledger.read() as session:
        known = links.customers(session, pair.name, sorted(set(refs.values())))
    return {key: known[ref] for key, ref in refs.items() if ref in known}


def address_of(marker: str) -> str:
    """The deal's own address in a marker."""
    return marker.rpartition("x=")[0].rstrip("?&")


def _nameless(invoice: Invoice) -> tuple[str, str]:
    """Without names and texts, which no figure needs."""
    lines = tuple(replace(line, description="") for line in invoice.lines)
    return _invoice(replace(invoice, contact_name="", reference="", lines=lines))


def _invoice(invoice: Invoice) -> tuple[str, str]:
    return invoice.id, INVOICE.dump_json(invoice).decode()


def _payment(payment: Payment) -> tuple[str, str]:
    return payment.id, PAYMENT.dump_json(payment).decode()


def _credit(note: CreditNote) -> tuple[str, str]:
    lines = tuple(replace(line, description="") for line in note.lines)
    return note.id, CREDIT.dump_json(replace(note, lines=lines)).decode()
