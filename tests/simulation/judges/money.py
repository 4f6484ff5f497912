"""Money beyond what is due: what was paid too much and paid back; and that nobody is billed for more than was sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.simulation.judges.customers import is_same, lived_on_in
from tests.simulation.judges.deals import is_won
from tests.simulation.judges.evidence import (
    APPROVED,
    LIVE,
    amended,
    asked,
    changes,
    edited_by_a_person,
    ids_of,
    marked,
    ours,
    survivor,
)
from tests.simulation.judges.milestones import INSURER, by_milestone
from tests.simulation.judges.months import share as part_of
from tests.simulation.result import Result

ZERO, CENTS = Decimal(0), Decimal("0.02")


def overpaid(result: Result, invoice: Mapping[str, Any]) -> Decimal:
    """What is left of overpayments that came with the money for this invoice alone."""
    papers = result.world.xero.books.surplus["Overpayment"].values()
    return sum((p["RemainingCredit"] for p in papers if _came_with(result, p) == {invoice["InvoiceID"]}), ZERO)


def _came_with(result: Result, paper: Mapping[str, Any]) -> set[str]:
    """The invoices that took a part of it or, while none did, those of its customer in its currency that were paid on
    its day.
    """
    if taken := {part["Invoice"]["InvoiceID"] for part in paper["Allocations"]}:
        return taken
    invoices = [result.world.xero.invoices[i] for i in ours(result)]
    same = [i for i in invoices if i["Contact"] == paper["Contact"] and i["Status"] == "PAID"]
    told = [paper[name] for name in ("CurrencyCode", "Date")]
    return {i["InvoiceID"] for i in same if [i["CurrencyCode"], i.get("FullyPaidOnDate")] == told}


def refunded(result: Result, invoice: Mapping[str, Any]) -> Decimal:
    """What was paid back of credit notes that we made for an invoice."""
    notes = result.world.xero.credit_notes
    made = {c.id for c in changes(result.world.xero.log, "credit note", "api") if c.before is None}
    own = [notes[i] for i in made if notes[i]["Reference"].startswith(f"{invoice.get('InvoiceNumber')} ")]
    return sum((payment["Amount"] for note in own for payment in note.get("Payments", ())), ZERO)


def never_more_than_the_deal(result: Result) -> Iterator[str]:
    """I4: at no moment do the invoices that we approved of a deal come to more than it ever was worth.

    Its milestones', its payers' and its shares of months' invoices, all of them; unless a person chose so.
    """
    standing: dict[str, Mapping[str, Any]] = {}
    for change in changes(result.world.xero.log, "invoice"):
        after = change.after or {}
        if after.get("Status") not in APPROVED or not marked(after)[0] or change.id not in ours(result):
            standing.pop(change.id, None)
            continue
        by_us = change.actor == "api" and change.id not in standing
        standing[change.id] = after
        if by_us:
            yield from _too_much(result, standing, after)


def _too_much(result: Result, standing: Mapping[str, Mapping[str, Any]], last: Mapping[str, Any]) -> Iterator[str]:
    for deal in result.crowd.billed_by(last):
        living = survivor(result, "deal", deal)
        ids = ids_of(result, living)
        if len(ids) > 1 or amended(result, living) or asked(result, living, "duplicate_suspected", "deal_deleted"):
            continue
        mine = [i for i in standing.values() if ids.intersection(result.crowd.billed_by(i))]
        total = sum((part_of(result, deal, i) for i in mine), ZERO)
        worth = max(result.crowd.worth.get(living, {ZERO}))
        if total > worth and not any(edited_by_a_person(result, i["InvoiceID"]) for i in mine):
            yield f"deal {deal} was billed {total} in {len(mine)} invoices, it never was worth more than {worth}"


def each_payer_has_its_share(result: Result) -> Iterator[str]:
    """I8: what a won deal says of its payer and of the share is what that payer was invoiced, or people are asked."""
    for deal in result.crowd.deals():
        payer, said = (result.side.says(deal, name) for name in ("insurer", "insurer_share"))
        invoices = [i for i in by_milestone(result, deal).get(INSURER, ()) if i["Status"] in LIVE]
        if not is_won(result, deal) or asked(result, deal):
            continue
        for invoice in invoices:
            share = Decimal(said.removesuffix("%") or 0) * result.crowd.worth_of(deal) / 100
            far = abs(invoice["Total"] - share) > CENTS * len(invoice["LineItems"])
            if far and not edited_by_a_person(result, invoice["InvoiceID"]):
                yield f"deal {deal} says {said} for its payer, whose invoice is {invoice['Total']}"
            contact = result.world.xero.contacts[invoice["Contact"]["ContactID"]]
            if not any(is_same(result, each, "company", payer) for each in lived_on_in(result, contact)):
                yield f"deal {deal} names another payer than its invoice {invoice['InvoiceNumber']}"
