"""Customer details, both ways, and what was found different as a table of ids and names of details."""

from __future__ import annotations

from collections.abc import Sequence

from domain.twins import Twins
from stages import abns, rounds, twins
from stages.aligning import Aligned
from stages.opening import opened
from tasks import trail
from tasks.stage import stage


@stage(name="align details", task_run_name="align details of {pair}")
def align(pair: str) -> int:
    """Write what changed on one side to the other; how many customers that concerned."""
    with opened(pair) as at_work:
        return _shown(pair, rounds.contacts_both_ways(at_work), "changed since the last run")


@stage(name="compare details", task_run_name="compare details of {pair}")
def compare(pair: str) -> int:
    """Hold both sides of every link against each other and mend what differs; how many customers that concerned."""
    with opened(pair) as at_work:
        found = _shown(pair, rounds.compare_contacts(at_work), "differed though nobody had told of a change")
        abns.look_up(at_work)
        cancelled = [
            {"contact": each.contact, "what the register says": each.standing.words} for each in abns.marked(at_work)
        ]
        if cancelled:
            trail.table(f"abns {pair}", cancelled, f"Contacts of {pair} whose ABN is not as it should be")
        _list_twins(pair, "Xero", twins.in_xero(at_work))
        if twins.lists_crm(at_work):
            twins.read_crm(at_work)
            _list_twins(pair, "the CRM", twins.in_crm(at_work))
    return found


def _list_twins(pair: str, system: str, found: Sequence[Twins]) -> None:
    rows = [{"records": ", ".join(each.ids), "why": each.evidence} for each in found]
    if rows:
        trail.table(f"twins {pair} {system}", rows, f"Records of {pair} in {system} that may be one customer twice")


def _shown(pair: str, found: Sequence[Aligned], why: str) -> int:
    rows = [
        {"customer": each.customer, "contact": each.xero_id, "detail": name, "what": move}
        for each in found
        for name, move in each.moves.items()
    ]
    if rows:
        trail.table(f"details {pair}", rows, f"Customer details of {pair} that {why}")
    return len(found)
