"""One invoice for all that a customer bought in a month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulation.judges.evidence import (
    APPROVED,
    LIVE,
    amended,
    asked,
    changes,
    edited_by_a_person,
    invoices_of,
    month_of,
    ours,
    said_of,
)
from tests.simulation.result import Result

SYDNEY = ZoneInfo("Australia/Sydney")
TOLD = {"total": "Total", "amount_due": "AmountDue", "amount_paid": "AmountPaid"}


def waits(result: Result, deal: str) -> bool:
    """Whether it waits for the end of a month: for that of its own, or of one that others were not billed in yet."""
    return result.tape.setting.rules == "months" and said_of(result, deal) == "waits" and _may_wait(result, deal)


def _may_wait(result: Result, deal: str) -> bool:
    """Until its month is over and, if it was won too late for that, until the next is."""
    customers = {f"{kind}:{record}" for kind, record in result.side.customers(deal)}
    mine = {name for i in _made(result) if (name := month_of(i)) and ":".join(name.split(":")[1:3]) in customers}
    return f"{result.world.xero.books.today():%Y-%m}" == "2026-11" or bool(mine) or _won_late(result, deal)


def _won_late(result: Result, deal: str) -> bool:
    """Whether the month that it was won in is not over."""
    said, today = result.side.closed_on(deal), result.world.xero.books.today()
    closed = datetime.fromisoformat(said or today.isoformat())
    if len(said) > len("2026-11-30"):
        closed = closed.replace(tzinfo=closed.tzinfo or UTC).astimezone(SYDNEY)
    return closed.date() >= today.replace(day=1)


def _made(result: Result) -> list[Mapping[str, Any]]:
    return [result.world.xero.invoices[i] for i in ours(result)]


def share(result: Result, deal: str, invoice: Mapping[str, Any]) -> Decimal:
    """What a deal comes to on an invoice, which may be that of others as well."""
    if not month_of(invoice):
        return invoice["Total"]
    own = [line for line in invoice["LineItems"] if result.crowd.billed_by({"LineItems": [line]}) == [deal]]
    return sum((line["LineAmount"] + line["TaxAmount"] for line in own), Decimal(0))


def one_for_each_month(result: Result) -> Iterator[str]:
    """I1: each month of a customer has at most one approved invoice, and each deal is on at most one."""
    months: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for invoice in _made(result):
        if month_of(invoice) and invoice["Status"] in APPROVED:
            months[month_of(invoice)].append(invoice)
    for month, invoices in months.items():
        deals = {deal for each in invoices for deal in result.crowd.billed_by(each)}
        if len(invoices) > 1 and not any(amended(result, deal) for deal in deals):
            yield f"{month} has {len(invoices)} approved invoices"


def months_are_their_deals(result: Result) -> Iterator[str]:
    """I4: each deal comes to what it stood for at some moment, on each month's invoice that we approved."""
    for change in changes(result.world.xero.log, "invoice", "api"):
        after, before = change.after or {}, change.before or {}
        if not month_of(after) or after["Status"] not in APPROVED or before.get("Status") in APPROVED:
            continue
        for deal in result.crowd.billed_by(after):
            worth, billed = result.crowd.worth.get(deal, set()), share(result, deal, after)
            if billed not in worth and not (asked(result, deal, "total_differs") or amended(result, deal)):
                yield f"deal {deal} was invoiced {billed} in {month_of(after)}, it stood for {sorted(worth)}"


def shares_come_to_the_whole(result: Result) -> Iterator[str]:
    """I9: what the deals of a month's invoice say of it are their shares, and comes to all of it, to the cent."""
    for invoice in _made(result):
        deals = result.crowd.billed_by(invoice)
        alone = [i for deal in deals for i in invoices_of(result, deal) if i is not invoice and i["Status"] in LIVE]
        if not month_of(invoice) or invoice["Status"] not in LIVE or alone:
            continue
        if any(result.side.out_of_reach(deal) or asked(result, deal) for deal in deals):
            continue
        for name, theirs in TOLD.items():
            told = {deal: Decimal(result.side.told(deal).get(name) or 0) for deal in deals}
            if sum(told.values()) != invoice[theirs]:
                yield f"{month_of(invoice)} says {invoice[theirs]} for {theirs}, its deals {told}"
            own = {deal: share(result, deal, invoice) for deal in deals}
            if name == "total" and told != own and not edited_by_a_person(result, invoice["InvoiceID"]):
                yield f"{month_of(invoice)} has {own}, its deals say {told}"
