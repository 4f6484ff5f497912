"""The first match: both systems read and paired, for a person to look through."""

from __future__ import annotations

from collections import Counter

from stages import first_match as stages
from stages.opening import opened
from tasks import trail
from tasks.stage import stage


@stage(name="first match", task_run_name="first match of {pair}")
def first_match(pair: str) -> dict[str, int]:
    """How many customers are proven, unclear or new; a repeated run reads only what is left to read."""
    with opened(pair) as at_work:
        stages.look(at_work, trail.progress(f"{pair} first match"))
        found = [proposal for each in stages.proposals(at_work) for proposal in each]
    rows = [
        {"customer": p.customer, "contact": p.contact, "confidence": p.confidence, "by": p.by}
        for p in found
        if p.confidence != "new"
    ]
    trail.table(f"first match {pair}", rows[:1000], f"Customers of {pair} that are in both systems, as it seems")
    return dict(Counter(p.confidence for p in found))
