"""The CRM: it mirrors Xero, and nothing of it is touched that is not ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.simulation.company import STAGES
from tests.simulation.judges import details, money
from tests.simulation.judges.deals import is_won
from tests.simulation.judges.evidence import Changed, asked, changes, ids_of, is_open, month_of
from tests.simulation.judges.milestones import ASKS, by_milestone, parts_of
from tests.simulation.result import Result

# What people are asked that keeps a deal from being told.
UNTOLD = (
    "deal_merged", "duplicate_suspected", "write_back_refused", "total_differs", "voided_by_person", "refused",
    "tried_too_often", "deal_deleted", "account_unavailable",
)  # fmt: skip
UNDONE = ("VOIDED", "DELETED")
WORDS = {"DRAFT": "Draft", "SUBMITTED": "Awaiting approval", "VOIDED": "Voided", "DELETED": "Deleted"}


def mirrors_xero(result: Result) -> Iterator[str]:
    """I9: what the deal says is what its invoice is; and a deal that is won stands among the paid ones once it is."""
    for deal in result.crowd.deals():
        found = by_milestone(result, deal)
        # What a restored ledger has forgotten is asked about first.
        kinds = () if result.done["restore ledger"] else UNTOLD
        if result.side.out_of_reach(deal) or asked(result, deal, *kinds):
            continue
        all_of_it = [only for each in found.values() for only in each]
        invoices = [i for i in all_of_it if not _waits(result, deal, i)]
        if not invoices or len(all_of_it) != len(found):
            continue
        invoices = [i for i in invoices if not _taken_back(result, deal, i)] or invoices
        wanted, told = _facts(result, deal, invoices), result.side.told(deal)
        says = {name: told.get(name, "") for name in wanted}
        for numbers in (wanted, says):
            numbers["invoice_number"] = ", ".join(sorted(numbers["invoice_number"].split(", ")))
        # Of a draft that was deleted before we knew of it there is nothing to say.
        if says != wanted and (any(says.values()) or any(i["Status"] not in UNDONE for i in invoices)):
            yield f"deal {deal} says {says}, its invoice {wanted}"
        place = "" if asked(result, deal, "stage_move_refused") else _place(result, deal, invoices)
        if place and is_won(result, deal) and not _placed_by_a_person(result, deal):
            yield f"deal {deal} does not stand at {place}"


def _waits(result: Result, deal: str, invoice: Mapping[str, Any]) -> bool:
    """Whether it is a draft that people are asked about, whatever its deal asks now, before the deal ever named it."""
    if invoice["Status"] != "DRAFT" or not is_open(result, deal):
        return False
    written = (c.body for c in result.side.double.log if result.side.writes_to(c.method, c.path, c.body, deal))
    return not any(invoice["InvoiceNumber"].encode() in body for body in written)


def _taken_back(result: Result, deal: str, invoice: Mapping[str, Any]) -> bool:
    """Whether it was credited in full because a person wants another instead, which the deal may not get."""
    whole = invoice["Total"] > 0 and invoice.get("AmountCredited") == invoice["Total"]
    return whole and (f"deal:{deal}", "credit_and_new") in result.answers


def _facts(result: Result, deal: str, invoices: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a deal has to say of its invoices; of several not which state they are in together, and of a month's not
    how much of the money is its own.
    """
    live = [i for i in invoices if i["Status"] not in UNDONE] or invoices[-1:]
    numbers = ", ".join(i["InvoiceNumber"] for i in live if i.get("InvoiceNumber"))
    amounts = {"total": "Total", "amount_due": "AmountDue", "amount_paid": "AmountPaid"}
    if any(map(month_of, invoices)):
        amounts = {}
    return {
        "invoice_number": numbers,
        **({} if parts_of(result, deal) else {"invoice_status": _word(result, live[0])}),
        **{ours: f"{sum((_counts(i, theirs) for i in live), Decimal(0)):.2f}" for ours, theirs in amounts.items()},
    }


def _counts(invoice: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(0) if invoice["Status"] in UNDONE else invoice.get(name, Decimal(0))


def _place(result: Result, deal: str, invoices: Sequence[Mapping[str, Any]]) -> str:
    """The stage that the mapping wants for a deal whose invoices are so, empty where it names none."""
    live = [i for i in invoices if i["Status"] not in UNDONE]
    whole = sum(i["Total"] for i in live) >= result.crowd.worth_of(deal) if parts_of(result, deal) else len(live) == 1
    if whole and all(i["Status"] == "PAID" for i in live) and any(i["Total"] > 0 for i in live):
        return "Paid"
    part = result.tape.setting.rules == "stages" and len(live) == 1 and live[0]["Status"] == "AUTHORISED"
    return "Part paid" if part and (live[0]["AmountPaid"] or live[0].get("AmountCredited")) else ""


def _word(result: Result, invoice: Mapping[str, Any]) -> str:
    if invoice["Status"] == "PAID" and invoice["Total"] and money.overpaid(result, invoice):
        return "Overpaid"
    if money.refunded(result, invoice):
        return "Refunded"
    paid, credited = invoice.get("AmountPaid", 0), invoice.get("AmountCredited", 0)
    if invoice["Status"] == "AUTHORISED":
        return "Part paid" if paid else "Part credited" if credited else "Awaiting payment"
    if invoice["Status"] == "PAID":
        return "Paid by credit" if credited and not paid else "Paid"
    return WORDS[invoice["Status"]]


def _placed_by_a_person(result: Result, deal: str) -> bool:
    """Whether somebody put the deal where it stands after it had been moved to Paid, or after the payment."""
    ids = ids_of(result, deal)
    log, kind = result.side.double.log, result.side.kinds["deal"]
    moves = [c for c in changes(log, kind) if c.id in ids and "stage" in _touched(result, "deal", c)]
    return bool(moves) and moves[-1].actor == "person" and any(c.actor == "api" for c in moves)


def _touched(result: Result, kind: str, change: Changed) -> set[str]:
    """What a change of what was there did."""
    before, after = change.before, change.after
    return result.side.touched(kind, before, after) if before and after else set()


def only_our_fields(result: Result) -> Iterator[str]:
    """I5: on a deal we write our own fields and its stage, and no other record at all."""
    side = result.side
    words = {word: kind for kind, word in side.kinds.items()}
    for kind in side.theirs:
        for change in changes(side.double.log, kind, "api"):
            touched = _touched(result, words.get(kind, kind), change)
            note = kind == "links" and change.id.startswith("notes/") and "pdf" in result.tape.setting.papers
            if not note and not details.may_be_ours(result, change, touched, "phone"):
                yield f"{kind} {change.id} was changed"
    for change in changes(side.double.log, side.kinds["deal"], "api"):
        theirs = _touched(result, "deal", change) - {"ours", "stage"}
        if theirs or change.before is None or change.after is None:
            yield f"deal {change.id}: {sorted(theirs)} changed"


def moved_only_between_won_and_paid(result: Result) -> Iterator[str]:
    """I5: a deal is moved to Paid and the like from where it is invoiced, and back; anywhere else a person put it."""
    side = result.side
    rules = result.tape.setting.rules
    homes, places = {*ASKS[rules]}, {"Paid", *(STAGES if rules == "stages" else ())}
    for change in changes(side.double.log, side.kinds["deal"], "api"):
        if change.before and change.after and "stage" in _touched(result, "deal", change):
            before, after = side.label(change.before), side.label(change.after)
            if not {before, after} <= homes | places or not {before, after} & places:
                yield f"deal {change.id} was moved from {before} to {after}"
