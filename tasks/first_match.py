"""The first match: both systems read, their customers paired and invoices tied, for a person to look through."""

from __future__ import annotations

from collections import Counter

from stages import first_invoices
from stages import first_match as stages
from stages.opening import opened
from tasks import trail
from tasks.stage import stage


@stage(name="first match", task_run_name="first match of {pair}")
def first_match(pair: str) -> dict[str, int]:
    """How many customers are proven, unclear or new, and deals billed; repeated, it reads only what is left to read."""
    with opened(pair) as at_work:
        tell = trail.progress(f"{pair} first match")
        stages.look(at_work, tell)
        first_invoices.look(at_work, tell)
        found = [proposal for each in stages.proposals(at_work) for proposal in each]
        ties = first_invoices.proposals(at_work)
    rows = [
        {"customer": p.customer, "contact": p.contact, "confidence": p.confidence, "by": p.by}
        for p in found
        if p.confidence != "new"
    ]
    trail.table(f"first match {pair}", rows[:1000], f"Customers of {pair} that are in both systems, as it seems")
    tied = [{"deal": t.deal, "invoice": t.number, "confidence": t.confidence, "by": t.by} for t in ties]
    trail.table(f"first invoices {pair}", tied[:1000], f"Won deals of {pair} that are invoiced already, as it seems")
    came = Counter(p.confidence for p in found)
    return dict(came) | ({"invoiced already": len({t.deal for t in ties})} if ties else {})
