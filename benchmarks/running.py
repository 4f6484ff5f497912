"""One side working through a day, and what came of it, judged by what the doubles hold and by their logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from benchmarks.day import Day, Sale, invoices_of
from benchmarks.town import Hints, Town
from sandbox.wire import Call

EVERY = 900.0
"""Seconds between two looks that nobody asked for."""
COOLING = 1.0
"""Seconds in which hints are gathered after a job."""
QUIET = 4 * EVERY
"""How long the day goes on after the last that anybody does."""


class Side(Protocol):
    """Something that keeps the books while a day goes on. See ``Wonbooks``."""

    name: str
    again: float | None

    def heed(self, hints: Hints) -> None: ...

    def look(self) -> None: ...

    def asked(self) -> set[str]: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Measured:
    """Counts, and our own CPU seconds for each deal.

    ``drained``: when, in seconds of the day, the last deal was told; ``waits`` are seconds from winning a deal to its
    number standing on it; ``idle_calls`` are those to Xero in the quiet that ends the day.
    """

    name: str
    deals: int
    duplicates: int = 0
    lost: int = 0
    asked: int = 0
    wrong_totals: int = 0
    wrong_payments: int = 0
    second_contacts: int = 0
    xero_calls: int = 0
    crm_calls: int = 0
    refused_calls: int = 0
    xero_bytes: int = 0
    idle_calls: int = 0
    drained: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list[float])

    def wait(self, share: float) -> float:
        """The wait that this share of the deals kept below, in seconds."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))] if self.waits else 0.0


def worked(town: Town, open_side: Callable[[Town], Side], quiet: float = QUIET) -> Measured:
    """Let one side work through the whole day, and so many seconds of quiet after it."""
    with town:
        side = open_side(town)
        try:
            began = time.thread_time()
            _work(town, side, QUIET)
            cpu = time.thread_time() - began
            measured = judged(town.day, side.name, side.asked())
            _work(town, side, quiet - QUIET)
            measured.idle_calls = len(_api_calls(town.day.world.xero.log)) - measured.xero_calls
        finally:
            side.close()
    measured.cpu = cpu / max(1, measured.deals)
    return measured


def _work(town: Town, side: Side, quiet: float) -> None:
    look_at, again_at = town.day.elapsed(), None
    last = town.day.elapsed()
    while town.next_event() is not None or town.hints or town.day.elapsed() < last + quiet:
        now = town.day.elapsed()
        if town.hints:
            side.heed(town.take_hints())
            last = now
        elif now >= look_at or (again_at is not None and now >= again_at):
            look_at = now + EVERY if now >= look_at else look_at
            side.look()
        else:
            moments = (town.next_event(), look_at, again_at, last + quiet)
            town.sleep(max(0.001, min(m for m in moments if m is not None and m > now) - now))
            continue
        town.sleep(COOLING)
        again_at = None if side.again is None else town.day.elapsed() + side.again


def judged(day: Day, name: str, asked: set[str]) -> Measured:
    """What the doubles tell of a day that is over."""
    measured = Measured(name, len(day.sales))
    for sale in day.sales:
        _judge(measured, day, sale, asked)
    api, crm = _api_calls(day.world.xero.log), _api_calls(day.world.hubspot.log)
    measured.xero_calls, measured.crm_calls = len(api), len(crm)
    measured.refused_calls = sum(call.status == 429 for call in (*api, *crm))
    measured.xero_bytes = sum(len(call.answer) for call in api)
    measured.second_contacts = _second_contacts(day)
    return measured


def _judge(measured: Measured, day: Day, sale: Sale, asked: set[str]) -> None:
    approved = [i for i in invoices_of(day.world, sale.deal) if i["Status"] in {"AUTHORISED", "PAID"}]
    deal = day.world.hubspot.objects["deals"][sale.deal]
    measured.duplicates += max(0, len(approved) - 1)
    if not approved:
        measured.asked += sale.deal in asked
        measured.lost += sale.deal not in asked
        return
    measured.wrong_totals += any(i["Total"] != sale.total for i in approved)
    measured.wrong_payments += not _told(deal.properties, approved[0])
    told = deal.history.get("xero_invoice_number")
    if told:
        at = (datetime.fromisoformat(told[-1]["timestamp"]) - day.began).total_seconds()
        measured.waits.append(at - sale.won_at)
        measured.drained = max(measured.drained, at)


def _api_calls(log: Sequence[Call]) -> list[Call]:
    return [call for call in log if call.actor == "api" and "/connect/" not in call.path]


def _told(own: dict[str, str], invoice: dict[str, Any]) -> bool:
    """Whether the deal says of the money what the invoice says."""
    said = [own.get(f"xero_{name}", "") for name in ("amount_due", "amount_paid")]
    money = all(said) and [Decimal(each) for each in said] == [invoice["AmountDue"], invoice["AmountPaid"]]
    return money and own.get("xero_invoice_number") == invoice["InvoiceNumber"]


def _second_contacts(day: Day) -> int:
    """Contacts made for a customer whom Xero had already, or had twice made."""
    of_customer: dict[int, set[str]] = {}
    for sale in day.sales:
        found = {i["Contact"]["ContactID"] for i in invoices_of(day.world, sale.deal)}
        of_customer.setdefault(sale.customer, set()).update(found)
    known = {c["Name"]: c["ContactID"] for c in day.world.xero.contacts.values()}
    seconds = 0
    for number, contacts in of_customer.items():
        name = day.customers[number].in_xero
        right = {known[name]} if name in known else set(sorted(contacts)[:1])
        seconds += len(contacts - right)
    return seconds
