"""Which invoices a deal is to have: one, or where the mapping says so a deposit and the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.simulation.judges.evidence import invoices_of
from tests.simulation.result import Result

FULL, DEPOSIT, FINAL = "full", "deposit", "final"
# Stage → what it asks for, by the mapping's rules.
_WON = {"Closed won": FULL, "Renewed": FULL}
ASKS: dict[str, dict[str, str]] = {
    "plain": _WON,
    "stages": _WON,
    "proposals": {**_WON, "Proposal sent": FULL, "Quote sent": FULL},
    "milestones": {"Proposal sent": DEPOSIT, "Closed won": FINAL, "Renewed": FULL},
}


def asks_for(result: Result, deal: str) -> set[str]:
    """The milestone that the deal asks for where it stands, if it does for one."""
    milestone = "" if result.side.gone(deal) else ASKS[result.tape.setting.rules].get(result.side.stage(deal), "")
    return {milestone} - {""}


def has_milestones(result: Result, deal: str) -> bool:
    """Whether it is one of those that are invoiced in parts."""
    return result.tape.setting.rules == "milestones" and not result.side.is_renewal(deal)


def milestone_of(result: Result, deal: str, invoice: Mapping[str, Any]) -> str:
    """Which one an invoice of the deal is: a deposit says so in its first line."""
    if not has_milestones(result, deal):
        return FULL
    return DEPOSIT if invoice["LineItems"][0].get("Description", "").startswith("Deposit") else FINAL


def by_milestone(result: Result, deal: str) -> dict[str, list[Mapping[str, Any]]]:
    """The invoices made for a deal, whatever became of them."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for invoice in invoices_of(result, deal):
        found[milestone_of(result, deal, invoice)].append(invoice)
    return dict(found)
