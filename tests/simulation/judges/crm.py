"""The CRM: it mirrors Xero, and nothing of it is touched that is not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.simulation.judges import details
from tests.simulation.judges.deals import is_won
from tests.simulation.judges.evidence import asked, changes, ids_of, invoices_of
from tests.simulation.result import Result

OURS = "xero_"
WORDS = {"DRAFT": "Draft", "SUBMITTED": "Awaiting approval", "VOIDED": "Voided", "DELETED": "Deleted"}


def mirrors_xero(result: Result) -> Iterator[str]:
    """I9: what the deal says is what its invoice is; and a deal that is won stands among the paid ones once it is."""
    for deal in result.crowd.deals():
        record = result.world.hubspot.objects["deals"][deal]
        found = invoices_of(result, deal)
        if record.archived or len(found) != 1 or asked(result, deal, "deal_merged", "duplicate_suspected"):
            continue
        if asked(result, deal, "write_back_refused", "total_differs", "voided_by_person", "refused", "tried_too_often"):
            continue
        (invoice,) = found
        wanted = _facts(invoice)
        says = {name: record.properties.get(OURS + name, "") for name in wanted}
        if says != wanted:
            yield f"deal {deal} says {says}, its invoice {wanted}"
        paid = invoice["Status"] == "PAID" and invoice["Total"] > 0
        if paid and is_won(result, deal) and not _placed_by_a_person(result, deal):
            yield f"deal {deal} is paid and does not stand there"


def _facts(invoice: Mapping[str, Any]) -> dict[str, str]:
    undone = invoice["Status"] in {"VOIDED", "DELETED"}
    amounts = {"total": "Total", "amount_due": "AmountDue", "amount_paid": "AmountPaid"}
    return {
        "invoice_number": invoice.get("InvoiceNumber", ""),
        "invoice_status": _word(invoice),
        **{
            ours: f"{Decimal(0) if undone else invoice.get(theirs, Decimal(0)):.2f}" for ours, theirs in amounts.items()
        },
    }


def _word(invoice: Mapping[str, Any]) -> str:
    paid, credited = invoice.get("AmountPaid", 0), invoice.get("AmountCredited", 0)
    if invoice["Status"] == "AUTHORISED":
        return "Part paid" if paid else "Part credited" if credited else "Awaiting payment"
    if invoice["Status"] == "PAID":
        return "Paid by credit" if credited and not paid else "Paid"
    return WORDS[invoice["Status"]]


def _placed_by_a_person(result: Result, deal: str) -> bool:
    """Whether somebody put the deal where it stands after it had been moved to Paid, or after the payment."""
    ids = ids_of(result, deal)
    moves = [c for c in changes(result.world.hubspot.log, "deals") if c.id in ids and _moved(c.before, c.after)]
    return bool(moves) and moves[-1].actor == "person" and any(c.actor == "api" for c in moves)


def _moved(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    return bool(before and after) and before.get("dealstage") != after.get("dealstage")  # type: ignore[union-attr]


def only_our_fields(result: Result) -> Iterator[str]:
    """I5: on a deal we write our own fields and its stage, and no other record at all."""
    for kind in ("companies", "contacts", "products", "line_items", "links"):
        for change in changes(result.world.hubspot.log, kind, "api"):
            if not details.may_be_ours(result, change, "phone"):
                yield f"{kind} {change.id} was changed"
    for change in changes(result.world.hubspot.log, "deals", "api"):
        before, after = change.before or {}, change.after or {}
        touched = {n for n in {*before, *after} if before.get(n) != after.get(n)}
        theirs = {n for n in touched if not n.startswith((OURS, "hs_")) and n not in {"dealstage", "closedate"}}
        if theirs or change.before is None:
            yield f"deal {change.id}: {sorted(theirs)} changed"


def moved_only_between_won_and_paid(result: Result) -> Iterator[str]:
    """I5: a deal is moved to Paid from where it was won, and back from there; anywhere else a person put it."""
    labels = {s.id: s.label for p in result.world.hubspot.account.pipelines.values() for s in p.stages}
    pairs = {("Closed won", "Paid"), ("Paid", "Closed won"), ("Renewed", "Paid"), ("Paid", "Renewed")}
    for change in changes(result.world.hubspot.log, "deals", "api"):
        if change.before and change.after and _moved(change.before, change.after):
            move = labels[change.before["dealstage"]], labels[change.after["dealstage"]]
            if move not in pairs:
                yield f"deal {change.id} was moved from {move[0]} to {move[1]}"
