"""Which invoices a deal is to have: one, or where the mapping says so a deposit and the rest, or one for each payer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.simulation.crms import Side
from tests.simulation.judges.evidence import LIVE, edited_by_a_person, invoices_of
from tests.simulation.papers import MEANT, WORTH_IT
from tests.simulation.result import Result

FULL, DEPOSIT, FINAL, INSURER, CUSTOMER = "full", "deposit", "final", "insurer", "customer"
# Stage → what it asks for, by the mapping's rules.
_WON = {"Closed won": (FULL,), "Renewed": (FULL,)}
ASKS: dict[str, dict[str, tuple[str, ...]]] = {
    "plain": _WON,
    "stages": _WON,
    "months": _WON,
    "templates": _WON,
    "proposals": {**_WON, "Proposal sent": (FULL,), "Quote sent": (FULL,)},
    "milestones": {"Proposal sent": (DEPOSIT,), "Closed won": (FINAL,), "Renewed": (FULL,)},
    "split": {"Closed won": (INSURER, CUSTOMER), "Renewed": (FULL,)},
}
# By the first word of its first line; anything else takes the rest.
_PARTS = {"milestones": {"Deposit": DEPOSIT, "": FINAL}, "split": {"Insurer": INSURER, "": CUSTOMER}}
PERCENT = {DEPOSIT: ("30",)}


def asks_for(result: Result, deal: str) -> set[str]:
    """The milestones that the deal asks for where it stands."""
    asked = (
        ()
        if result.side.gone(deal) or not is_meant(result, deal)
        else ASKS[result.tape.setting.rules].get(result.side.stage(deal), ())
    )
    return {milestone for milestone in asked if _is_anything_left(result, deal, milestone)}


def _is_anything_left(result: Result, deal: str, milestone: str) -> bool:
    """Whether there is anything for it: nothing is billed once where all recurs, or all is another payer's."""
    whole = result.crowd.worth_of(deal)
    if milestone == FULL and result.tape.setting.rules == "templates":
        return whole != result.crowd.recurring(deal)
    others = [i for i in by_milestone(result, deal).get(INSURER, ()) if i["Status"] in LIVE]
    if milestone == CUSTOMER and any(edited_by_a_person(result, i["InvoiceID"]) for i in others):
        return result.side.says(deal, "insurer_share") != "100"
    return milestone != CUSTOMER or sum((i["Total"] for i in others), Decimal(0)) != whole


def is_meant(result: Result, deal: str) -> bool:
    """Whether the mapping means deals of its owner and its amount."""
    return "filters" not in result.tape.setting.papers or (
        result.side.says(deal, "owner") in owners(result.side) and is_worth_it(result.side.says(deal, "amount"))
    )


def owners(side: Side) -> set[str]:
    """Whose deals a mapping with filters means."""
    return {side.owner(name) for name in MEANT}


def is_worth_it(amount: str) -> bool:
    return bool(amount) and Decimal(amount) >= WORTH_IT


def parts_of(result: Result, deal: str) -> Sequence[str]:
    """In which parts the deal is invoiced; none for one that gets a single invoice."""
    return () if result.side.is_renewal(deal) else tuple(_PARTS.get(result.tape.setting.rules, {}).values())


def milestone_of(result: Result, deal: str, invoice: Mapping[str, Any]) -> str:
    """Which one an invoice of the deal is: a share says so in its first line."""
    if not parts_of(result, deal):
        return FULL
    named = _PARTS[result.tape.setting.rules]
    return named.get(invoice["LineItems"][0].get("Description", "").partition(",")[0], named[""])


def percents_of(result: Result, deal: str, milestone: str) -> Sequence[Decimal]:
    """Which shares of the deal a milestone may be."""
    said = result.crowd.shares.get(deal, set()) if milestone in {INSURER, CUSTOMER} else PERCENT.get(milestone, ())
    shares = [Decimal(each.removesuffix("%").strip()) for each in sorted(said) if each]
    # Xero may refuse the other payer, and then this is all that there is.
    return [100 - each for each in shares] if milestone == CUSTOMER else shares


def comes_to_nothing(result: Result, deal: str, milestone: str) -> bool:
    """Whether it may be a share of less than half a cent, of which there is no invoice."""
    worth = result.crowd.worth_of(deal)
    return any(worth * percent / 100 < Decimal("0.005") for percent in percents_of(result, deal, milestone))


def by_milestone(result: Result, deal: str) -> dict[str, list[Mapping[str, Any]]]:
    """The invoices made for a deal, whatever became of them."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for invoice in invoices_of(result, deal):
        found[milestone_of(result, deal, invoice)].append(invoice)
    return dict(found)
